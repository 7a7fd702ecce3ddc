"""What somebody changed in a term lately, and how far the SIS has it, with the fix where it was refused."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduling import history_words
from scheduling.history import SavedRows, saved_rows_of_person
from scheduling.history_words import Save
from scheduling.integration_side import IntegrationSide
from scheduling.models import Section, User
from scheduling.section_status import StatusShown, status_shown
from scheduling.selectors import catalogue
from scheduling.value_names import names_in
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
    told = [
        pk
        for pk, one in sections.items()
        if side is not None and can_see_integration_of(user, viewer, one.course.department_id)
    ]
    statuses = side.statuses(told, now=now) if side is not None else {}
    saves: dict[int, list[Save]] = {}
    for rows, save in zip(page.saves, words, strict=True):
        saves.setdefault(int(rows[0].record_id), []).append(save)
    found = [
        Changed(
            label=str(sections[pk]) if pk in sections else f"Section {pk}, which is gone",
            section=sections.get(pk),
            saves=mine,
            status=status_shown(statuses[pk], fields) if pk in statuses else None,
            can_undo=pk in sections and sections[pk].version == _newest(page, pk),
        )
        for pk, mine in saves.items()
    ]
    found.sort(key=lambda one: not one.is_troubled)
    return MyChanges(sections=found, newer=page.newer, older=page.older)


def _newest(page: SavedRows, section_id: int) -> int | None:
    """The version that the person's newest save of the section made."""
    made: Mapping[int, int | None] = {
        int(save[0].record_id): save[0].version for save in reversed(page.saves)
    }
    return made.get(section_id)
