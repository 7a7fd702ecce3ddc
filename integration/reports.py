"""What `execute_merge` answers: the JSON of CONTRACT.md, and the same for people."""

from collections.abc import Iterator
from typing import Any

from integration.execution import Outcome
from integration.models import MergeRun, Plan, PlanRow
from integration.planmaker import CHANGES, changed_fields
from integration.wording import in_words

SHOWN = 20
"""So many issues and planned changes are printed; the JSON lists all issues, the plan keeps all rows."""


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The document of CONTRACT.md."""
    return {
        "error": outcome.error,
        "notes": outcome.notes,
        "runs": [run_as_json(run, term=outcome.asked_terms.get(run.pk)) for run in outcome.runs],
    }


def run_as_json(run: MergeRun, *, term: str | None = None) -> dict[str, Any]:
    """One run as JSON. `term`: the code it was asked for, where the run could not refer to it."""
    plan = plan_of(run)
    return {
        "id": run.pk,
        "type": run.merge_type,
        "term": run.term_id or term or None,
        "status": run.status,
        "dry_run": run.is_dry_run,
        "send_updates": run.is_sending,
        "plan": plan.pk if plan else None,
        "digest": plan.digest if plan else None,
        "started_at": run.started_at.isoformat(),
        "seconds": (run.finished_at - run.started_at).total_seconds() if run.finished_at else None,
        "error": run.error,
        "counts": run.counts,
        "steps": run.steps,
        "issues": [
            {
                "record": one.record,
                "field": one.field or None,
                "code": one.code,
                "message": one.message,
                "file": one.file or None,
                "line": one.line,
                "column": one.column or None,
                "notice": one.is_notice,
            }
            for one in run.issues.all()
        ],
    }


def plan_of(run: MergeRun) -> Plan | None:
    """The plan that a run made, or the one that it applied because a person approved it."""
    applied = [step["plan"] for step in run.steps if "plan" in step]
    return Plan.objects.filter(run=run).first() or Plan.objects.filter(pk__in=applied).first()


def as_lines(run: MergeRun, *, term: str = "") -> Iterator[str]:
    """One run for people."""
    title = f"{run.merge_type} {run.term_id or term}".strip()
    dry = " (dry run: nothing was changed)" if run.is_dry_run else ""
    yield f"{title}: {MergeRun.Status(run.status).label}{dry}"
    counts = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in run.counts.items() if n)
    if counts:
        yield f"  {counts}"
    if run.error:
        place = ":".join(str(run.error[key]) for key in ("file", "line", "column") if run.error[key])
        yield f"  {place + ' — ' if place else ''}{run.error['message']}"
    for issue in run.issues.all()[:SHOWN]:
        place = f"{issue.file}:{issue.line} " if issue.file else ""
        yield f"  {place}{issue.record} {issue.message}".rstrip()
    left = run.issues.count() - SHOWN
    if left > 0:
        yield f"  … and {left} more; --json lists them all."
    if run.is_dry_run or run.status == MergeRun.Status.NEEDS_APPROVAL:
        yield from _plan_lines(run)


def _plan_lines(run: MergeRun) -> Iterator[str]:
    """What would happen, row by row."""
    plan = plan_of(run)
    if plan is None:
        return
    rows = plan.rows.filter(action__in=CHANGES)
    yield f"  plan {plan.pk}, digest {plan.digest}"
    if run.status == MergeRun.Status.NEEDS_APPROVAL and not run.is_dry_run:
        yield f"  Here it is approved with --approve {plan.pk}."
    for row in rows.order_by("id")[:SHOWN]:
        what = f"{PlanRow.Action(row.action).label} {row.label} ({row.record_key})"
        changes = ", ".join(_changes(row)) if row.action == PlanRow.Action.UPDATE else ""
        yield f"    {PlanRow.Side(row.side).label}: {what}{': ' if changes else ''}{changes}"
    left = rows.count() - SHOWN
    if left > 0:
        yield f"    … and {left} more."


def _changes(row: PlanRow) -> Iterator[str]:
    before = "ours" if row.side == PlanRow.Side.LOCAL else "theirs"
    for name in changed_fields(row.fields, row.side):
        shown = row.fields[name]
        yield f"{name} {in_words(shown[before])} → {in_words(shown['result'])}"
