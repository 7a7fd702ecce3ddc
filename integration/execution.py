"""Several merges one after the other: order, prerequisites, and the answer of `execute_merge`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from integration.models import MergeRun, Plan
from integration.runs import NO_PLACE, AlreadyRunning, Clock, Options, Progress, Runner
from integration.settings import ConfigurationError, switch_of
from integration.sis.port import REFERENCE_TYPES, SENDABLE_TYPES, MergeType, SisAdapter, SisError
from integration.terms import TermNotOffered, ensure_term, offered_term
from scheduling.models import Term

NEEDS: dict[MergeType, tuple[MergeType, ...]] = {
    MergeType.ROOMS: (MergeType.BUILDINGS,),
    MergeType.INSTRUCTORS: (MergeType.DEPARTMENTS,),
    MergeType.COURSES: (MergeType.TERMS, MergeType.DEPARTMENTS),
    MergeType.SECTIONS: (MergeType.TERMS, MergeType.ROOMS, MergeType.INSTRUCTORS, MergeType.COURSES),
    MergeType.RELATIONSHIPS: (MergeType.TERMS, MergeType.SECTIONS),
}
UNREACHABLE = {"SIS_UNAVAILABLE", "SIS_DENIED"}
Status = MergeRun.Status


@dataclass(kw_only=True)
class Outcome:
    """What an execution did. `error` is set where nothing was run at all; `exit_code` as CONTRACT.md has it."""

    runs: list[MergeRun] = field(default_factory=list)
    error: dict[str, Any] | None = None
    error_exit: int = 0

    @property
    def exit_code(self) -> int:
        """4 unreachable; 5 already running; 2 wrong use or unreadable; 3 stopped; 1 issues; 0 done."""
        codes = {self.error_exit, *(self._code(run) for run in self.runs)}
        return next(code for code in (4, 5, 2, 3, 1, 0) if code in codes)

    @staticmethod
    def _code(run: MergeRun) -> int:
        code = (run.error or {}).get("code")
        match run.status:
            case Status.FAILED:
                if code == "PREREQUISITE":
                    return 0  # what it waited for has its own code
                return 4 if code in UNREACHABLE else 2
            case Status.NEEDS_APPROVAL | Status.NO_DATA:
                return 3
            case Status.FINISHED_WITH_ISSUES:
                return 1
            case _:
                return 0

    def refuse(self, code: str, message: str, *, exit_code: int) -> "Outcome":
        """End without (more) runs."""
        self.error = {**NO_PLACE, "code": code, "message": message}
        self.error_exit = exit_code
        return self


def ordered_types(types: Sequence[MergeType], adapter: SisAdapter) -> list[MergeType]:
    """Reference data first, then the term-bound types in the adapter's order."""
    return [one for one in (*REFERENCE_TYPES, *adapter.capabilities.order) if one in types]


def execute(
    types: Sequence[MergeType],
    *,
    terms: Sequence[str],
    adapter: SisAdapter,
    options: Options = Options(),
    clock: Clock = timezone.now,
    progress: Progress = lambda _step, _done: None,
) -> Outcome:
    """Run the merges of `types`, the term-bound ones for each of `terms`. Nothing runs if something is amiss."""
    outcome = Outcome()
    ordered = ordered_types(types, adapter)
    bound = [one for one in ordered if one not in REFERENCE_TYPES]
    try:
        for code in terms:
            offered_term(code, adapter=adapter)
        if options.sends:
            _check_may_send(bound, terms, clock)
        if MergeType.TERMS not in ordered and not options.is_dry_run:
            for code in terms:
                ensure_term(code, adapter=adapter, now=clock())
        elif options.is_dry_run and (unknown := [c for c in terms if not Term.objects.filter(pk=c).exists()]):
            raise ConfigurationError(
                f"Term {unknown[0]} is not here yet, so a dry run has nothing to compare with; "
                "import the terms first: execute_merge terms"
            )
    except (TermNotOffered, ConfigurationError) as error:
        return outcome.refuse("CONFIGURATION", str(error), exit_code=2)
    except SisError as error:
        is_away = error.error_class in {"TRANSIENT", "AUTH", "RATE_LIMITED"}
        code = "SIS_UNAVAILABLE" if is_away else "UNREADABLE"
        return outcome.refuse(code, error.message, exit_code=4 if is_away else 2)
    jobs = [(one, "") for one in ordered if one in REFERENCE_TYPES]
    jobs += [(one, term) for term in terms for one in bound]
    failed: set[tuple[MergeType, str]] = set()
    for merge_type, term in jobs:
        runner = Runner(
            merge_type=merge_type, term=term, adapter=adapter, options=options, clock=clock, progress=progress
        )
        missing = [
            need for need in NEEDS.get(merge_type, ()) if (need, "") in failed or (need, term) in failed
        ]
        try:
            run = runner.skip(missing) if missing else runner.execute()
        except AlreadyRunning as error:
            return outcome.refuse("ALREADY_RUNNING", str(error), exit_code=5)
        outcome.runs.append(run)
        if run.status == Status.FAILED:
            failed.add((merge_type, term))
    return outcome


def _check_may_send(types: Sequence[MergeType], terms: Sequence[str], clock: Clock) -> None:
    today = timezone.localdate(clock())
    for code in terms:
        term = Term.objects.filter(pk=code).first()
        for merge_type in types:
            if merge_type not in SENDABLE_TYPES:
                continue
            switch = switch_of(merge_type, term, today=today) if term else None
            if switch is None or not switch.is_sending:
                raise ConfigurationError(
                    f"{merge_type.value.capitalize()} of {code} are not set to be sent; "
                    f"switch it on with: enable_term {code} --send"
                )


def approve(
    plan_id: int,
    *,
    merge_type: MergeType,
    terms: Sequence[str],
    adapter: SisAdapter,
    options: Options,
    clock: Clock = timezone.now,
    progress: Progress = lambda _step, _done: None,
) -> Outcome:
    """Apply a held plan of this type (and term)."""
    outcome = Outcome()
    plan = Plan.objects.select_related("run").filter(pk=plan_id, merge_type=merge_type.value).first()
    if plan is None or (plan.term_id and list(terms) != [plan.term_id]):
        where = f" of {', '.join(terms)}" if terms else ""
        return outcome.refuse(
            "NO_SUCH_PLAN", f"There is no plan {plan_id} for {merge_type.value}{where}.", exit_code=2
        )
    if plan.status != Plan.Status.NEEDS_APPROVAL:
        words = Plan.Status(plan.status).label.lower()
        return outcome.refuse(
            "PLAN_NOT_WAITING", f"Plan {plan_id} does not wait for approval: {words}.", exit_code=2
        )
    if plan.is_sending:
        try:
            _check_may_send([merge_type], terms, clock)
        except ConfigurationError as error:
            return outcome.refuse("CONFIGURATION", str(error), exit_code=2)
    runner = Runner(
        merge_type=merge_type,
        term=plan.term_id or "",
        adapter=adapter,
        options=options,
        clock=clock,
        progress=progress,
    )
    try:
        outcome.runs.append(runner.approve(plan))
    except AlreadyRunning as error:
        return outcome.refuse("ALREADY_RUNNING", str(error), exit_code=5)
    return outcome


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The document of CONTRACT.md."""
    return {"error": outcome.error, "runs": [run_as_json(run) for run in outcome.runs]}


def run_as_json(run: MergeRun) -> dict[str, Any]:
    """One run as JSON."""
    plan = Plan.objects.filter(run=run).first()
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at else None
    return {
        "id": run.pk,
        "type": run.merge_type,
        "term": run.term_id,
        "status": run.status,
        "dry_run": run.is_dry_run,
        "send_updates": run.is_sending,
        "plan": plan.pk if plan else None,
        "digest": plan.digest if plan else None,
        "started_at": run.started_at.isoformat(),
        "seconds": seconds,
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
