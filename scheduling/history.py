"""What happened to a section, or to a group of sections: the audit save by save, newest first.

Rows of one save stand together: one person, one moment, one new version. Pages are cut by key, so that the
first page of a section with thousands of changes costs what any other costs.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Q, QuerySet

from scheduling.models import ChangeLog
from scheduling.paging import BadCursor

SAVES_SHOWN = 20
ROWS_READ = 400
"""Saves of many fields fill a page before it has `SAVES_SHOWN` of them."""

_CURSOR = re.compile(r"(older|newer)-([0-9]{1,18})\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedRows:
    """A page of the audit: the rows of each save, newest save first. Cursors are blank where it ends."""

    saves: Sequence[Sequence[ChangeLog]]
    newer: str = ""
    older: str = ""


def saved_rows(section_id: int, *, name: str = "", cursor: str = "") -> SavedRows:
    """The saves of a section at `cursor`, in two queries; `name`: only those that wrote this field.

    Without `name`, its ways into crosslists and other groups and out of them are among them. Raises
    `BadCursor`.
    """
    of_section = Q(record_type="section", record_id=str(section_id))
    if name:
        wrote = Q(field=name) | Q(field="", after__has_key=name) | Q(field="", before__has_key=name)
        return _page(ChangeLog.objects.filter(of_section & wrote), cursor)
    # Asked for first and by key, so that both parts are read from an index.
    moves = list(_moves(section_id).values_list("pk", flat=True))
    return _page(ChangeLog.objects.filter(of_section | Q(pk__in=moves)), cursor)


def saved_rows_of_group(relationship_id: int, *, cursor: str = "") -> SavedRows:
    """The saves of a relationship at `cursor`, in one query. Raises `BadCursor`."""
    rows = ChangeLog.objects.filter(record_type="relationship", record_id=str(relationship_id))
    return _page(rows, cursor)


def saved_rows_of_person(user_id: int, term_code: str, *, since: dt.datetime, cursor: str = "") -> SavedRows:
    """What somebody saved of sections of a term since a moment, in one query. Raises `BadCursor`."""
    rows = ChangeLog.objects.filter(actor=user_id, record_type="section", term_code=term_code, at__gte=since)
    return _page(rows, cursor)


def _moves(section_id: int) -> QuerySet[ChangeLog]:
    """The rows in which a section joined a group, left it, or began or ceased to be its primary.

    Every condition holds a "contains" of a whole column: that is what the indexes of `ChangeLog` answer.
    """
    found = Q()
    for is_primary in (False, True):
        member = [[section_id, is_primary]]
        was, became = Q(before__contains=member), Q(after__contains=member)
        found |= Q(field="members") & ((was & ~became) | (became & ~was))
        # A row of a whole group tells that it was made or dissolved: it has one side only.
        whole = {"members": member}
        made_or_gone = Q(before__contains=whole) | Q(after__contains=whole)
        found |= Q(field="") & made_or_gone
    return ChangeLog.objects.filter(found, record_type="relationship").order_by()


def _page(rows: QuerySet[ChangeLog], cursor: str) -> SavedRows:
    is_back, place = _place(cursor)
    if place is not None:
        rows = rows.filter(pk__gt=place) if is_back else rows.filter(pk__lt=place)
    ordered = rows.select_related("actor").order_by("pk" if is_back else "-pk")
    found = list(ordered[: ROWS_READ + 1])
    saves = [list(save) for _key, save in groupby(found, key=_save_of)]
    is_cut = len(found) > ROWS_READ
    if is_cut and len(saves) > 1:
        saves.pop()  # the rest of it was not read
    has_more = is_cut or len(saves) > SAVES_SHOWN
    saves = saves[:SAVES_SHOWN]
    if is_back:
        saves = [save[::-1] for save in reversed(saves)]
    has_newer, has_older = (has_more, True) if is_back else (place is not None, has_more)
    return SavedRows(
        saves=saves,
        newer=f"newer-{saves[0][0].pk}" if saves and has_newer else "",
        older=f"older-{saves[-1][-1].pk}" if saves and has_older else "",
    )


def _save_of(row: ChangeLog) -> tuple[object, ...]:
    return (row.record_type, row.record_id, row.at, row.actor_name, row.source, row.version, row.run_id)


def _place(cursor: str) -> tuple[bool, int | None]:
    if not cursor:
        return False, None
    found = _CURSOR.match(cursor)
    if found is None:
        raise BadCursor(cursor)
    return found[1] == "newer", int(found[2])
