"""The columns of the schedule's list: what they are called, how they sort, what a section shows in them."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Lower, NullIf

from scheduling.domain.values import Assignment
from scheduling.domain.values import Meeting as MeetingValue
from scheduling.integration_side import Status
from scheduling.models import Section
from scheduling.paging import Ordering
from scheduling.pills import Pill, integration_pill, section_pill
from scheduling.showing import assignment_words, meeting_words

Key = tuple[str | Combinable, str | int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column. `sort`: its name in the address, blank if it does not sort. `is_wide`: not for a phone."""

    name: str
    label: str
    sort: str = ""
    is_number: bool = False
    is_wide: bool = True

    @property
    def classes(self) -> str:
        """The classes of its cells: what they hold, and whether a phone leaves them out."""
        kind = "number" if self.is_number else self.name
        return f"{kind} wide" if self.is_wide else kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """What a section shows in a column: a pill, lines of words, the moment of the last agreement."""

    column: Column
    lines: Sequence[str] = ()
    pill: Pill | None = None
    at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One section with what its row needs."""

    section: Section
    meetings: Sequence[MeetingValue]
    team: Sequence[Assignment]
    names: Mapping[str, str]
    status: Status | None


USUAL_SORT = "course"
SECTION = Column(name="section", label="Section", sort=USUAL_SORT, is_wide=False)
COLUMNS = (
    Column(name="crn", label="CRN", sort="crn"),
    Column(name="title", label="Title", sort="title"),
    Column(name="status", label="Status", sort="status"),
    Column(name="meetings", label="Meetings", sort="time", is_wide=False),
    Column(name="instructors", label="Instructors"),
    Column(name="enrolled", label="Enrolled", sort="enrolled", is_number=True),
    Column(name="capacity", label="Capacity", sort="capacity", is_number=True),
    Column(name="waitlisted", label="Waitlisted", is_number=True),
    Column(name="type", label="Type"),
    Column(name="mode", label="Mode"),
    Column(name="campus", label="Campus"),
    Column(name="part", label="Part of term"),
    Column(name="credits", label="Credits", sort="credits", is_number=True),
    Column(name="sis", label="SIS", is_wide=False),
)
USUAL = ("crn", "title", "status", "meetings", "instructors", "enrolled", "capacity", "sis")

BY_COURSE: tuple[Key, ...] = (("course__subject", ""), ("course__number", ""), ("section_number", ""))
_KEYS: Mapping[str, tuple[Key, ...]] = {
    USUAL_SORT: (),
    "crn": (("crn", ""),),
    "title": ((Lower(Coalesce(NullIf(F("title"), Value("")), F("course__title"))), ""),),
    "status": (("status", ""),),
    "time": (("first_start", ""),),
    "enrolled": (("enrollment", -1),),
    "capacity": (("capacity", -1),),
    "credits": (("credits", -1),),
}
SORTS = frozenset(_KEYS)


def ordering_of(sort: str) -> Ordering:
    """The order that the address names: ``title``, ``-title``; blank: by course."""
    keys = (*_KEYS[sort.removeprefix("-") or USUAL_SORT], *BY_COURSE)
    return Ordering(keys=keys, is_descending=sort.startswith("-"))


def columns_shown(chosen: Sequence[str], *, shows_integration: bool) -> tuple[Column, ...]:
    """The chosen columns (blank: the usual ones), in their order."""
    return tuple(
        one for one in COLUMNS if one.name in (chosen or USUAL) and (one.name != "sis" or shows_integration)
    )


def cell(column: Column, shown: Shown) -> Cell:
    """What a section shows in `column`."""
    if column.name == "status":
        return Cell(column=column, pill=section_pill(shown.section.status))
    if column.name == "sis":
        return _integration_cell(column, shown.status)
    lines = _LINES[column.name](shown)
    return Cell(column=column, lines=[line for line in lines if line])


def _integration_cell(column: Column, status: Status | None) -> Cell:
    if status is None:
        return Cell(column=column)
    pill = integration_pill(status["state"])
    if status["state"] == "SYNCED" and status["at"]:
        return Cell(column=column, pill=pill, at=dt.datetime.fromisoformat(status["at"]))
    return Cell(column=column, pill=pill, lines=[status["headline"]])


def title_of(section: Section) -> str:
    """The section's title, or its course's where it has none of its own."""
    return section.title or section.course.title


def _team(shown: Shown) -> list[str]:
    """Who teaches; that somebody alone is primary goes without saying."""
    words = [assignment_words(each, shown.names) for each in shown.team]
    return [words[0].removesuffix(" (primary)")] if len(words) == 1 else words


def _count(number: int | None) -> list[str]:
    return [] if number is None else [f"{number:,}"]


_LINES: Mapping[str, Callable[[Shown], Sequence[str]]] = {
    "crn": lambda one: [one.section.crn],
    "title": lambda one: [title_of(one.section)],
    "meetings": lambda one: [meeting_words(each) for each in one.meetings],
    "instructors": _team,
    "enrolled": lambda one: _count(one.section.enrollment),
    "capacity": lambda one: _count(one.section.capacity),
    "waitlisted": lambda one: _count(one.section.waitlisted),
    "type": lambda one: [one.section.schedule_type],
    "mode": lambda one: [one.section.instruction_mode],
    "campus": lambda one: [str(one.section.campus or "")],
    "part": lambda one: [one.section.part_of_term],
    "credits": lambda one: [] if one.section.credits is None else [str(one.section.credits)],
}
