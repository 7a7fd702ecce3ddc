"""The rows of a plan as people read them: what happens to which record, and the three values behind it.

Used by the report of a run, by the page of a plan, and by the before/after file.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from integration.models import Plan, PlanRow
from integration.plan_row_paging import KEY, rows_at
from integration.plan_row_views import PlanRowView, views_of
from scheduling.domain.fields import Field
from scheduling.paging import PAGE_SIZE

Action, Side = PlanRow.Action, PlanRow.Side


@dataclass(frozen=True, kw_only=True, slots=True)
class RowPage:
    """One page of rows; `next` and `previous` are cursors for the address (see `scheduling/pager.html`)."""

    rows: Sequence[PlanRowView]
    next: str = ""
    previous: str = ""


def rows_of(
    plan: Plan,
    *,
    side: str = "",
    action: str = "",
    field: str = "",
    q: str = "",
    cursor: str = "",
    fields: Mapping[str, Field] | None = None,
    size: int = PAGE_SIZE,
) -> RowPage:
    """A page of what `plan` changes, holds or misses, in at most six queries. Raises `BadCursor`.

    `field`: only rows that show this field; `q`: part of the label, or the record's key. `fields`: the
    type's fields (`record_fields.fields_of`), where the caller has them already.
    """
    page = rows_at(selected(plan, side=side, action=action, field=field, q=q), cursor, size=size)
    return RowPage(rows=views_of(page.rows, plan=plan, fields=fields), next=page.next, previous=page.previous)


def selected(
    plan: Plan, *, side: str = "", action: str = "", field: str = "", q: str = ""
) -> QuerySet[PlanRow]:
    """The rows of `plan` that the filters leave; those that only note an agreement never."""
    rows = PlanRow.objects.filter(plan=plan)
    rows = rows.filter(side=side) if side in Side.values else rows
    rows = rows.filter(action=action) if action in SHOWN_ACTIONS else rows.exclude(action=Action.AGREE)
    if field:
        rows = rows.filter(fields__has_key=field)
    if q := q.strip().replace("\x00", ""):
        rows = rows.filter(Q(label__icontains=q) | Q(record_key=q))
    return rows.order_by(*KEY)


SHOWN_ACTIONS: Collection[str] = [one for one in Action.values if one != Action.AGREE]


def batches_of(plan: Plan, *, fields: Mapping[str, Field], size: int = 500) -> Iterator[list[PlanRowView]]:
    """All rows of `plan`, batch by batch, in constant memory; at most five queries a batch."""
    cursor = ""
    while True:
        page = rows_at(selected(plan), cursor, size=size)
        yield views_of(page.rows, plan=plan, fields=fields)
        cursor = page.next
        if not cursor:
            return
