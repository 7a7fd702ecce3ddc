"""Lists page by page, by key: the cursor is the last row's place in the order, not a count of rows.

A page costs the same wherever it is, and stays right while rows come and go. `Ordering` names the columns;
the primary key makes the order total. Blank values sort as the `blank` given with the column.
"""

import base64
import binascii
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import F, FloatField, Func, IntegerField, Model, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.fields.tuple_lookups import (  # type: ignore[import-untyped]  # the stubs lack it
    Tuple,
    TupleGreaterThan,
    TupleLessThan,
)
from django.db.models.functions import Cast, Coalesce

from scheduling.domain.values import is_storable

Row = TypeVar("Row", bound=Model)
PAGE_SIZE = 50
_TYPES = (str, int, float)


class BadCursor(ValueError):
    """The cursor in the address is none of ours; the first page is the way out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ordering:
    """A way to sort: (column or expression, value that stands for a blank). The primary key comes last."""

    keys: tuple[tuple[str | Combinable, str | int], ...] = ()
    is_descending: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[Row]):
    """One page. `next` and `previous` are cursors for the address, blank where there is no such page.

    `total`: rows on all pages, where they were to be counted.
    """

    rows: Sequence[Row]
    next: str = ""
    previous: str = ""
    total: int = 0


def page_of(
    rows: QuerySet[Row],
    ordering: Ordering,
    cursor: str = "",
    *,
    size: int = PAGE_SIZE,
    whole: QuerySet[Row] | None = None,
) -> Page[Row]:
    """The page of `rows` at `cursor` in one query. Raises `BadCursor`.

    `whole`: count these along; the same rows, or fewer joins to the same number.
    """
    names = [f"_key{number}" for number in range(len(ordering.keys))]
    columns = [_filled(rows.model, key, blank) for key, blank in ordering.keys]
    keyed = rows.annotate(**dict(zip(names, columns, strict=True)))
    names.append("pk")
    if whole is not None:
        keyed = keyed.annotate(total_told=_number_of(whole))
    is_back, place = _decoded(cursor, len(names)) if cursor else (False, None)
    is_descending = ordering.is_descending != is_back
    signs = [f"-{name}" if is_descending else name for name in names]
    try:
        if place is not None:
            leads = isinstance(columns[0], F) if columns else True
            keyed = keyed.filter(_beyond(names, place, is_descending=is_descending, leads=leads))
        found = list(keyed.order_by(*signs)[: size + 1])
    except (TypeError, ValueError, ArithmeticError, ValidationError) as error:
        raise BadCursor(cursor) from error
    has_more, found = len(found) > size, found[:size]
    if is_back:
        found.reverse()
    before, after = (has_more, True) if is_back else (place is not None, has_more)
    return Page(
        rows=found,
        next=_encoded(found[-1], names, is_back=False) if found and after else "",
        previous=_encoded(found[0], names, is_back=True) if found and before else "",
        total=_total(found, whole, is_first=place is None),
    )


def _number_of(rows: QuerySet[Any]) -> Subquery:
    """How many they are, as a column: the database counts them once."""
    count = Func(F("pk"), function="COUNT", output_field=IntegerField())
    return Subquery(rows.order_by().annotate(_count=count).values("_count"))


def _total(found: Sequence[Any], whole: QuerySet[Any] | None, *, is_first: bool) -> int:
    if whole is None or (is_first and not found):
        return 0
    return int(found[0].total_told) if found else whole.count()


def _filled(model: type[Model], key: str | Combinable, blank: str | int) -> Combinable:
    """The column with `blank` in the place of nothing; as it is where it holds no nothing.

    A bare column can be read in order from an index, so that a page costs the same in a term of any size.
    """
    if isinstance(key, str) and not _may_be_blank(model, key):
        return F(key)
    column = F(key) if isinstance(key, str) else key
    if isinstance(blank, str):
        return Coalesce(column, Value(blank))
    # As a column of counts it could not be compared with a negative blank: Django knows that none is below 0.
    return Coalesce(Cast(column, FloatField()), Value(float(blank)))


def _may_be_blank(model: type[Model], path: str) -> bool:
    for name in path.split("__"):
        field: Any = model._meta.get_field(name)  # a column, or a way to other rows
        if field.null:
            return True
        model = field.related_model or model
    return False


def _beyond(names: Sequence[str], place: Sequence[Any], *, is_descending: bool, leads: bool) -> Q:
    """The rows behind `place` in the order, by the whole key; each part of it is worked out once a row.

    `leads`: state it once more for the first key alone, so that an index on it can be used.
    """
    whole = Tuple(*map(F, names))
    found = Q(TupleLessThan(whole, place) if is_descending else TupleGreaterThan(whole, place))
    return Q(**{f"{names[0]}__{'lt' if is_descending else 'gt'}e": place[0]}) & found if leads else found


def _encoded(row: Model, names: Sequence[str], *, is_back: bool) -> str:
    place = [_plain(getattr(row, name)) for name in names]
    text = json.dumps([is_back, place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _plain(value: Any) -> str | int | float:
    return value if isinstance(value, _TYPES) else str(value)


def _is_plain(value: object) -> bool:
    is_endless = isinstance(value, float) and not math.isfinite(value)
    return isinstance(value, _TYPES) and is_storable(value) and not is_endless


def _decoded(cursor: str, length: int) -> tuple[bool, list[Any]]:
    try:
        is_back, place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, UnicodeDecodeError, ValueError, TypeError, RecursionError) as error:
        raise BadCursor(cursor) from error
    is_whole = isinstance(place, list) and len(place) == length and isinstance(is_back, bool)
    if not is_whole or not all(map(_is_plain, place)):
        raise BadCursor(cursor)
    return is_back, place
