"""Whether the rows of a plan would still be decided as they were: asked before an approved plan is applied.

The local rows that change a record are checked again by `applying`, under the record's lock. What is checked
here is what sending would not ask: that the SIS gets what the person saw and nothing else.
"""

import datetime as dt

from integration.batching import batched
from integration.fieldsets import STRUCTS
from integration.links import links_by_id
from integration.linkstate import baseline_of, context_of
from integration.merge.canonical import decode
from integration.merge.policy import Removal
from integration.merge.threeway import merge_record
from integration.models import Link, Plan, PlanRow
from integration.planning import shown_fields
from integration.planning_absent import new_fields, removal_operation, removal_problem
from integration.record_types import LocalState, RecordType
from integration.sis.port import Capabilities, MergeType

BATCH = 500
Action = PlanRow.Action
REMOVALS = (Action.DELETE, Action.CANCEL)


def stale_rows(plan: Plan, kind: RecordType, capabilities: Capabilities, *, now: dt.datetime) -> set[int]:
    """The ids of the planned rows that would be decided otherwise `now`."""
    planned = plan.rows.filter(state=PlanRow.State.PLANNED)
    removals = planned.filter(side=PlanRow.Side.LOCAL, action__in=REMOVALS, theirs__isnull=True)
    stale = set(removals.exclude(action=_local_removal(kind)).values_list("pk", flat=True))
    ids = planned.filter(side=PlanRow.Side.SIS).order_by("id").values_list("pk", flat=True)
    for batch in batched(ids, BATCH):
        rows = list(PlanRow.objects.filter(pk__in=batch).order_by("id"))
        links = links_by_id(row.link_id for row in rows if row.link_id)
        ours = kind.ours([pk for link in links.values() if (pk := getattr(link, kind.id_column))])
        for row in rows:
            link = links.get(row.link_id or 0)
            state = ours.get(getattr(link, kind.id_column) or 0) if link else None
            if link is None or not _is_same(row, link, state, kind=kind, capabilities=capabilities, now=now):
                stale.add(row.pk)
    return stale


def _local_removal(kind: RecordType) -> str:
    """What a removal made in the SIS becomes here."""
    deletes = kind.merge_type is not MergeType.SECTIONS or kind.settings.removal is Removal.DELETE
    return Action.DELETE if deletes else Action.CANCEL


def _is_same(
    row: PlanRow,
    link: Link,
    state: LocalState | None,
    *,
    kind: RecordType,
    capabilities: Capabilities,
    now: dt.datetime,
) -> bool:
    if link.touched != row.link_touched:
        return False  # read or written since
    theirs = decode(row.theirs or {}, structs=STRUCTS)
    if state is None:
        operation = removal_operation(kind, capabilities)
        return bool(link.removal) and operation == row.action and not removal_problem(link, theirs, kind)
    if row.action == Action.CREATE:
        return bool(new_fields(state.values) == row.fields)
    merge = merge_record(
        base=baseline_of(link),
        ours=state.values,
        theirs=theirs,
        policies=kind.policies(link.sis_id or ""),
        context=context_of(link, now=now, applies_later=capabilities.applies_later_seconds is not None),
    )
    return bool(shown_fields(merge) == row.fields)
