"""What the inputs of a form suggest: the values in use in the term, rooms, people, patterns of times.

Suggestions only: whoever knows better writes another value, and the write service decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q

from scheduling.domain.clock import time_span
from scheduling.domain.fields import Field, Kind
from scheduling.models import (
    Building,
    Campus,
    Course,
    Instructor,
    InstructorAssignment,
    Meeting,
    Section,
    Term,
)
from scheduling.place_texts import place_text

IN_USE = ("schedule_type", "instruction_mode", "part_of_term")
MOST_PATTERNS, MOST_PEOPLE, MOST_COURSES = 16, 400, 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """`patterns`: (value of the option, words), the most used first. `course_codes`: SIS id -> code.

    `buildings`: the codes of all of them; `rooms`: (what is written for it, its seats).
    """

    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    buildings: frozenset[str] = frozenset()
    rooms: Sequence[tuple[str, str]] = ()
    people: Sequence[str] = ()
    patterns: Sequence[tuple[str, str]] = ()
    course_codes: Mapping[str, str] = field(default_factory=dict)

    def suggestions(self, shown: Field) -> Sequence[str]:
        """What is suggested for a field that holds text."""
        if shown.kind is Kind.COURSE:
            return list(self.course_codes.values())
        return self.texts.get(shown.name, ())


def choices_of(term: Term, departments: Iterable[str | None]) -> Choices:
    """The suggestions for a section of `departments`, in six queries whatever the size of the term."""
    codes = [one for one in departments if one]
    buildings, rooms = places_offered()
    return Choices(
        texts={**_in_use(term), "campus": list(Campus.objects.order_by("pk").values_list("pk", flat=True))},
        buildings=buildings,
        rooms=rooms,
        people=_people(codes),
        patterns=patterns_of(term),
        course_codes=_courses(term, codes),
    )


def _in_use(term: Term) -> dict[str, list[str]]:
    rows = Section.objects.filter(term=term).order_by().values_list(*IN_USE).distinct()
    found = list(rows)
    return {name: sorted({row[at] for row in found if row[at]}) for at, name in enumerate(IN_USE)}


def places_offered() -> tuple[frozenset[str], list[tuple[str, str]]]:
    """The codes of all buildings, and every room in use: what is written for it, its seats in words."""
    rows = Building.objects.order_by("pk", "rooms__number").values_list(
        "pk", "rooms__number", "rooms__capacity", "rooms__is_active"
    )
    found = list(rows)
    codes = frozenset(building for building, *_room in found)
    return codes, [
        (place_text(building, number, codes), f"{seats} seats" if seats is not None else "")
        for building, number, seats, is_active in found
        if is_active
    ]


def _people(departments: Sequence[str]) -> list[str]:
    """Who belongs to the departments or teaches there: the first of them, as the form writes people."""
    teaching = InstructorAssignment.objects.filter(section__course__department__in=departments)
    theirs = Q(department__in=departments) | Q(pk__in=teaching.values("instructor"))
    rows = Instructor.objects.filter(theirs, is_active=True).order_by("last_name", "first_name", "pk")
    return [f"{one} ({one.pk})" for one in rows[:MOST_PEOPLE]]


def patterns_of(term: Term) -> list[tuple[str, str]]:
    """The patterns of days and times that most meetings of the term have."""
    timed = Meeting.objects.filter(section__term=term, start_time__isnull=False).exclude(days="")
    used = timed.order_by().values_list("days", "start_time", "end_time").annotate(times=Count("pk"))
    most = sorted(used, key=lambda row: (-row[3], row[:3]))[:MOST_PATTERNS]
    return [
        (f"{days}|{start:%H:%M}|{end:%H:%M}", f"{days} {time_span(start, end)}")
        for days, start, end, _times in sorted(most)
    ]


def _courses(term: Term, departments: Sequence[str]) -> dict[str, str]:
    rows = Course.objects.filter(term=term, department__in=departments, is_active=True).order_by(
        "subject", "number", "pk"
    )
    found = rows.values_list("sis_id", "subject", "number")[:MOST_COURSES]
    return {sis_id: f"{subject}-{number}" for sis_id, subject, number in found}
