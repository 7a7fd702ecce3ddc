"""Paging through the rows of one plan along the index (plan, side, action, id).

A page costs the same wherever it is: PostgreSQL compares row values in the order of an index. That is why
this is no `scheduling.paging`, whose order stands for blanks too.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.lookups import GreaterThan, LessThan

from integration.models import PlanRow
from scheduling.paging import BadCursor

Action, Side = PlanRow.Action, PlanRow.Side
KEY = ("side", "action", "id")


@dataclass(frozen=True, kw_only=True, slots=True)
class RowsFound:
    """One page of rows as they are stored; `next` and `previous` are cursors, blank where there is none."""

    rows: list[PlanRow]
    next: str
    previous: str


def _row_value(*parts: Any) -> Func:
    """A row value, which PostgreSQL compares in the order of an index."""
    return Func(*parts, template="(%(expressions)s)", output_field=TextField())


def rows_at(rows: QuerySet[PlanRow], cursor: str, *, size: int) -> RowsFound:
    """The page of `rows` (of one plan) at `cursor` in one query. Raises `BadCursor`."""
    is_back, place = _decoded(cursor) if cursor else (False, None)
    if place is not None:
        compare = LessThan if is_back else GreaterThan
        rows = rows.filter(compare(_row_value(*map(F, KEY)), _row_value(*map(Value, place))))
    rows = rows.defer("source_hash").order_by(*(f"-{name}" if is_back else name for name in KEY))
    found = list(rows[: size + 1])
    has_more, found = len(found) > size, found[:size]
    if is_back:
        found.reverse()
    before, after = (has_more, True) if is_back else (place is not None, has_more)
    return RowsFound(
        rows=found,
        next=_encoded(found[-1], is_back=False) if found and after else "",
        previous=_encoded(found[0], is_back=True) if found and before else "",
    )


def _encoded(row: PlanRow, *, is_back: bool) -> str:
    text = json.dumps([is_back, row.side, row.action, row.pk], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(cursor: str) -> tuple[bool, tuple[str, str, int]]:
    try:
        is_back, side, action, pk = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, UnicodeDecodeError, ValueError, TypeError) as error:
        raise BadCursor(cursor) from error
    is_whole = isinstance(is_back, bool) and type(pk) is int and abs(pk) < 2**63
    if not is_whole or side not in Side.values or action not in Action.values:
        raise BadCursor(cursor)
    return is_back, (side, action, pk)
