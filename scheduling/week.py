"""Reading the week of a room, a building, a person or a department: the meetings of the term's live sections.

A room's, a building's or a person's week holds all that takes time there, so that somebody limited to a
department can find a free slot. Of a section that they may not see they learn the time and nothing else.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.db.models import Q

from scheduling.domain.checks import Booking
from scheduling.domain.clashes import Lesson
from scheduling.domain.values import Meeting as MeetingValue
from scheduling.models import Instructor, InstructorAssignment, RelationshipMember, Section, Term
from scheduling.selectors import LABEL_COLUMNS, MEETING_COLUMNS, meeting_value
from scheduling.visibility import Viewer, visible_departments

TAKEN = "Taken"
"""What a section of another department is called."""
FACT_COLUMNS = ("course__department_id", "sis_id", "title", "course__title", "capacity", "enrollment")


class Kind(StrEnum):
    """What a week may be of; also the parameter of the address that names it."""

    ROOM = "room"
    BUILDING = "building"
    INSTRUCTOR = "instructor"
    DEPARTMENT = "department"


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionFacts:
    """What the reader may know of a section."""

    section_id: int
    department: str | None
    sis_id: str | None
    label: str
    title: str
    capacity: int | None
    enrollment: int | None
    people: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lessons:
    """All lessons of a week; `sections`: those one may see, by id; `names` of instructors, by SIS id.

    `locks`: section id -> why its meetings may not be moved; None: nobody has asked.
    """

    lessons: tuple[Lesson, ...]
    sections: Mapping[int, SectionFacts]
    names: Mapping[str, str]
    locks: Mapping[int, str] | None = None

    def is_seen(self, lesson: Lesson) -> bool:
        """Whether the reader may know more of it than when it is."""
        return lesson.booking.section_id in self.sections

    def only(self, lessons: Iterable[Lesson]) -> "Lessons":
        """The same with fewer lessons."""
        return replace(self, lessons=tuple(lessons))

    def lock(self, lesson: Lesson) -> str:
        """Why a class that the reader sees may not be moved; blank where it may, or has no time to move."""
        return (self.locks or {}).get(lesson.booking.section_id, "") if lesson.has_slot else ""

    def may_move(self, lesson: Lesson) -> bool:
        """Whether the reader may move it: as far as the locks go, that is before any check."""
        is_known = self.locks is not None and self.is_seen(lesson)
        return is_known and lesson.has_slot and not self.lock(lesson)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    section_id: int
    label: str
    department: str | None
    sis_id: str | None
    title: str
    capacity: int | None
    enrollment: int | None
    meeting_id: int | None
    meeting: MeetingValue


def lessons_of(kind: Kind, pk: str | int, term: Term, actor: Viewer) -> Lessons:
    """The lessons of a room (id), a person (SIS id), a building or a department (code), in three queries."""
    rows = _rows(kind, pk, term)
    ids = {row.section_id for row in rows}
    teams, names = _teams(ids)
    groups = _crosslists(ids)
    departments = visible_departments(actor)
    seen = [row for row in rows if departments is None or row.department in departments]
    sections = {row.section_id: _facts(row, tuple(teams.get(row.section_id, ()))) for row in seen}
    lessons = (
        Lesson(
            # A section that has no meeting yet has a lesson all the same, with a key of its own.
            key=row.meeting_id or -row.section_id,
            booking=Booking(
                section_id=row.section_id,
                label=row.label if row.section_id in sections else TAKEN,
                meeting=row.meeting,
                instructors=frozenset(teams.get(row.section_id, ())),
            ),
            crosslist=groups.get(row.section_id),
        )
        for row in rows
    )
    return Lessons(lessons=tuple(lessons), sections=sections, names=names)


def _rows(kind: Kind, pk: str | int, term: Term) -> list[_Row]:
    condition = {
        Kind.ROOM: Q(meetings__room=pk),
        Kind.BUILDING: Q(meetings__room__building=pk) | Q(meetings__building=pk),
        Kind.INSTRUCTOR: Q(assignments__instructor=pk),
        Kind.DEPARTMENT: Q(course__department=pk),
    }[kind]
    live = Section.objects.filter(condition, term=term, status=Section.Status.ACTIVE)
    # The columns are of the same join as the condition: a room's week has the meetings in that room alone.
    meeting_columns = [f"meetings__{name}" for name in ("id", *MEETING_COLUMNS)]
    found = live.order_by("id", "meetings__id").values_list(
        *LABEL_COLUMNS, "id", *FACT_COLUMNS, *meeting_columns
    )
    return [_row(*columns) for columns in found]


def _row(subject: str, number: str, section_number: str, section_id: int, *columns: Any) -> _Row:
    department, sis_id, title, course_title, capacity, enrollment, meeting_id, days, *meeting = columns
    return _Row(
        section_id=section_id,
        label=f"{subject} {number} {section_number}",
        department=department,
        sis_id=sis_id,
        title=title or course_title,
        capacity=capacity,
        enrollment=enrollment,
        meeting_id=meeting_id,
        meeting=meeting_value([days or "", *meeting]),
    )


def _facts(row: _Row, people: tuple[str, ...]) -> SectionFacts:
    return SectionFacts(
        section_id=row.section_id,
        department=row.department,
        sis_id=row.sis_id,
        label=row.label,
        title=row.title,
        capacity=row.capacity,
        enrollment=row.enrollment,
        people=people,
    )


def _teams(section_ids: Iterable[int]) -> tuple[Mapping[int, Sequence[str]], Mapping[str, str]]:
    """Section id -> its instructors' SIS ids, the primary first; and their names; in one query."""
    teams: dict[int, list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    rows = InstructorAssignment.objects.filter(section__in=section_ids)
    columns = ("section_id", "instructor_id", "instructor__first_name", "instructor__last_name")
    in_order = rows.order_by("section_id", "-is_primary", "instructor_id")
    for pk, who, first_name, last_name in in_order.values_list(*columns):
        teams[pk].append(who)
        if who not in names:
            names[who] = str(Instructor(sis_id=who, first_name=first_name, last_name=last_name))
    return teams, names


def _crosslists(section_ids: Iterable[int]) -> Mapping[int, int]:
    """Section id -> its crosslist, in one query."""
    members = RelationshipMember.objects.filter(section__in=section_ids, kind="CROSSLIST")
    return dict(members.order_by("section_id").values_list("section_id", "relationship_id"))
