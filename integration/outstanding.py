"""What stays open after a run and is told on every run while it does: rejected, held and untaken records."""

from collections.abc import Collection

from integration.models import Conflict, MergeRun, OutboundChange
from integration.run_issues import held_field, held_record, write_issues
from integration.sis.port import ErrorClass, Issue, MergeType
from integration.status_rules import Hindrance

FOUND_WHILE_SENDING = (Conflict.Kind.AMBIGUOUS, Conflict.Kind.NUMBER)
"""Conflicts that planning does not find again: they stand until a person or a delivery ends them."""
TOLD_ANEW = ("HELD_", "SIS_")
"""How the codes of what is told on every run begin."""


def tell_rejected(run: MergeRun, merge_type: MergeType, term: str) -> int:
    """Report the records of ours that the SIS does not take; how many they are."""
    parked = OutboundChange.objects.filter(
        merge_type=merge_type.value, term_id=term, state=OutboundChange.State.PARKED
    ).select_related("link")
    issues = [
        Issue(
            code="SIS_REJECTED" if row.error_class == ErrorClass.VALIDATION else "SIS_FAILED",
            message=f"{row.link}: {row.error_text}",
            record=row.link.sis_id or str(row.link),
            field=row.error_field,
        )
        for row in parked.order_by("link_id")
    ]
    write_issues(run.pk, [(issue, False) for issue in issues])
    return len(issues)


def tell_untaken(run: MergeRun, merge_type: MergeType, term: str) -> None:
    """Note the records of ours for which the SIS has no such operation: they wait."""
    rows = OutboundChange.objects.filter(
        merge_type=merge_type.value,
        term_id=term,
        state=OutboundChange.State.WAITING,
        error_class=Hindrance.SIS_CANNOT.value,
    ).select_related("link")
    issues = [
        Issue(
            code="SIS_CANNOT",
            message=f"{row.link}: {row.error_text}",
            record=row.link.sis_id or str(row.link),
        )
        for row in rows.order_by("link_id")
    ]
    write_issues(run.pk, [(issue, True) for issue in issues])


def tell_held(
    run: MergeRun, merge_type: MergeType, term: str, *, kinds: Collection[str] = tuple(Conflict.Kind)
) -> int:
    """Report the open conflicts (of these kinds) that this run's plan did not report itself.

    Returns how many records they hold.
    """
    told = set(run.issues.filter(code__startswith="HELD_").order_by().values_list("record", "field"))
    conflicts = Conflict.objects.filter(
        link__merge_type=merge_type.value,
        link__term_id=term,
        status=Conflict.Status.OPEN,
        kind__in=kinds,
    ).select_related("link")
    issues, held = [], set()
    for one in conflicts.order_by("link_id", "field"):
        record = one.link.sis_id or str(one.link)
        held.add(one.link_id)
        if (record, one.field) not in told:
            issues.append(_issue(one, record))
    write_issues(run.pk, [(issue, False) for issue in issues])
    return len(held)


def _issue(conflict: Conflict, record: str) -> Issue:
    label = str(conflict.link)
    if not conflict.field:
        return held_record(record=record, label=label, rule=conflict.rule, note=conflict.note)
    shown = {
        "base": conflict.base,
        "ours": conflict.ours,
        "theirs": conflict.theirs,
        "rule": conflict.rule,
    }
    return held_field(record=record, label=label, name=conflict.field, shown=shown)
