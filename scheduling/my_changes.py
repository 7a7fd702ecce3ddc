"""What somebody changed in a term lately, and how far the SIS has it, with the fix where it was refused."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scheduling import history_words
from scheduling.domain.fields import Catalogue
from scheduling.history import SavedRows, saved_rows_of_person
from scheduling.history_words import Save
from scheduling.integration_side import IntegrationSide, Status
from scheduling.models import Section, User
from scheduling.section_status import StatusShown, status_shown
from scheduling.selectors import catalogue
from scheduling.value_names import ValueNames, names_in
from scheduling.visibility import Viewer, can_see_integration_of, visible_sections

DAYS = {1: "Today and yesterday", 7: "The last 7 days", 30: "The last 30 days"}
TROUBLED = ("HELD", "REJECTED")


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """A section that somebody changed. `section` None: it is gone, or they may not see it any more.

    `status` None: the section's status is not for them, or nothing is merged in the term.
    """

    label: str
    section: Section | None
    saves: Sequence[Save]
    status: StatusShown | None = None
    can_undo: bool = False

    @property
    def is_troubled(self) -> bool:
        """Whether it waits for a person."""
        return self.status is not None and self.status.pill.tone in {"amber", "red"}


@dataclass(frozen=True, kw_only=True, slots=True)
class MyChanges:
    """A page of them: what needs the person first, then the newest."""

    sections: Sequence[Changed]
    newer: str = ""
    older: str = ""

    @property
    def troubled(self) -> int:
        """How many wait for a person."""
        return sum(one.is_troubled for one in self.sections)


def my_changes(
    term_code: str,
    user: User,
    viewer: Viewer,
    *,
    days: int,
    cursor: str,
    side: IntegrationSide | None,
    now: dt.datetime,
) -> MyChanges:
    """The changes of the last `days` at `cursor`. `side`: who tells the states, where they are to be shown.

    A constant number of queries. Raises `BadCursor`.
    """
    page = saved_rows_of_person(user.pk, term_code, since=now - dt.timedelta(days=days), cursor=cursor)
    ids = {int(save[0].record_id) for save in page.saves}
    sections = visible_sections(viewer).select_related("course").in_bulk(ids)
    fields = catalogue()
    names = names_in(history_words.values_in(page, fields), term_code=term_code)
    words = history_words.in_words(page, fields, names, rule_words=None)
    statuses = _statuses(sections, viewer, side=side, now=now)
    saves: dict[int, list[Save]] = {}
    for rows, save in zip(page.saves, words, strict=True):
        saves.setdefault(int(rows[0].record_id), []).append(save)
    found = [
        _changed(pk, sections.get(pk), mine, page, names, status=statuses.get(pk), fields=fields)
        for pk, mine in saves.items()
    ]
    found.sort(key=lambda one: not one.is_troubled)
    return MyChanges(sections=found, newer=page.newer, older=page.older)


def _statuses(
    sections: Mapping[int, Section],
    viewer: Viewer,
    *,
    side: IntegrationSide | None,
    now: dt.datetime,
) -> Mapping[int, Status]:
    """The states of the sections of which the person may be told."""
    if side is None:
        return {}
    told = [pk for pk, one in sections.items() if can_see_integration_of(viewer, one.course.department_id)]
    return side.statuses(told, now=now)


def _changed(
    pk: int,
    section: Section | None,
    saves: Sequence[Save],
    page: SavedRows,
    names: ValueNames,
    *,
    status: Status | None,
    fields: Catalogue,
) -> Changed:
    return Changed(
        label=str(section) if section is not None else _gone(pk, page, names),
        section=section,
        saves=saves,
        status=status_shown(status, fields) if status is not None else None,
        can_undo=section is not None and section.version == _newest(page, pk),
    )


def _gone(pk: int, page: SavedRows, names: ValueNames) -> str:
    """How a section that is gone was called, where the page tells of its making or its end."""
    rows = (row for save in page.saves for row in save if row.record_id == str(pk) and not row.field)
    whole: Mapping[str, Any] = next((row.before or row.after or {} for row in rows), {})
    course = names.courses.get(str(whole.get("course")))
    called = f"{course} {whole.get('section_number')}" if course else f"Section {pk}"
    return f"{called}, which is gone"


def _newest(page: SavedRows, section_id: int) -> int | None:
    """The version that the person's newest save of the section made."""
    made: Mapping[int, int | None] = {
        int(save[0].record_id): save[0].version for save in reversed(page.saves)
    }
    return made.get(section_id)
