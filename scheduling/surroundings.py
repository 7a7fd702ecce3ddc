"""Reading what the scheduling checks need to know around a section, in a constant number of queries."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from scheduling.domain.checks import Booking, Namesake, Partner, RoomFacts, Surroundings, Values
from scheduling.domain.values import Assignment
from scheduling.domain.values import Meeting as MeetingValue
from scheduling.models import Course, InstructorAssignment, Meeting, RelationshipMember, Room, Section, Term
from scheduling.selectors import LABEL_COLUMNS, MEETING_COLUMNS, meeting_value, meetings_of

LABEL = tuple(f"section__{name}" for name in LABEL_COLUMNS)


def surroundings(section_id: int | None, states: Sequence[Values], *, term: Term) -> Surroundings:
    """What stands around a section in any of `states` (before and after a change; None: a new one)."""
    meetings: list[MeetingValue] = [one for state in states for one in _items(state, "meetings")]
    team: list[Assignment] = [one for state in states for one in _items(state, "instructors")]
    courses = {str(state.get("course")) for state in states}
    numbers = {str(state.get("section_number")) for state in states}
    rooms = {
        (room.building_id, room.number): room
        for room in Room.objects.filter(
            building__in={one.building for one in meetings if one.room},
            number__in={one.room for one in meetings},
        ).order_by("id")
    }
    wanted = {(one.building, one.room) for one in meetings}
    offered = Course.objects.filter(term=term, sis_id__in=courses).order_by().values_list("sis_id", "credits")
    return Surroundings(
        term_start=str(term.start_date),
        term_end=str(term.end_date),
        course_credits={sis_id: None if value is None else str(value) for sis_id, value in offered},
        rooms={
            key: RoomFacts(capacity=room.capacity, is_active=room.is_active) for key, room in rooms.items()
        },
        bookings=(
            *_room_bookings([room.pk for key, room in rooms.items() if key in wanted], section_id, term),
            *_people_bookings({one.instructor for one in team}, section_id, term),
        ),
        namesakes=tuple(_namesakes(courses, numbers, section_id, term)),
        partners=partners_of(section_id),
    )


def _items(state: Values, name: str) -> Any:
    return state.get(name) or ()


def _timed(section_id: int | None, term: Term) -> QuerySet[Meeting]:
    """The meetings of the term's other live sections that have a time."""
    timed = Meeting.objects.filter(
        section__term=term, section__status=Section.Status.ACTIVE, start_time__isnull=False
    )
    return timed.exclude(section_id=section_id or 0).order_by("section_id", "id")


def _room_bookings(room_ids: Sequence[int], section_id: int | None, term: Term) -> Iterator[Booking]:
    rows = _timed(section_id, term).filter(room_id__in=room_ids)
    for pk, subject, number, section_number, *columns in rows.values_list(
        "section_id", *LABEL, *MEETING_COLUMNS
    ):
        yield Booking(
            section_id=pk, label=f"{subject} {number} {section_number}", meeting=meeting_value(columns)
        )


def _people_bookings(people: Iterable[str], section_id: int | None, term: Term) -> Iterator[Booking]:
    # From the assignments, so that the search begins at the few sections these people teach.
    teaching = InstructorAssignment.objects.filter(instructor__in=people).order_by("section_id", "id")
    rows = teaching.filter(
        section__term=term,
        section__status=Section.Status.ACTIVE,
        section__meetings__start_time__isnull=False,
    ).exclude(section_id=section_id or 0)
    columns = [f"section__meetings__{name}" for name in MEETING_COLUMNS]
    found = rows.values_list("section_id", "instructor_id", *LABEL, *columns)
    for pk, who, subject, number, section_number, *parts in found:
        yield Booking(
            section_id=pk,
            label=f"{subject} {number} {section_number}",
            meeting=meeting_value(parts),
            instructors=frozenset({who}),
        )


def _namesakes(
    courses: Iterable[str], numbers: Iterable[str], section_id: int | None, term: Term
) -> Iterator[Namesake]:
    rows = Section.objects.filter(
        course__term=term,
        course__sis_id__in=courses,
        section_number__in=numbers,
        status=Section.Status.ACTIVE,
    )
    for pk, sis_id, subject, number, section_number in (
        rows.exclude(pk=section_id or 0)
        .order_by("id")
        .values_list("id", "course__sis_id", "course__subject", "course__number", "section_number")
    ):
        yield Namesake(
            section_id=pk, label=f"{subject} {number} {section_number}", course=sis_id, number=section_number
        )


def partners_of(section_id: int | None) -> tuple[Partner, ...]:
    """The other live members of the section's crosslist."""
    mine = RelationshipMember.objects.filter(section_id=section_id or 0, kind="CROSSLIST").values(
        "relationship_id"
    )
    others = RelationshipMember.objects.filter(
        relationship_id__in=mine, section__status=Section.Status.ACTIVE
    ).exclude(section_id=section_id or 0)
    rows = list(others.order_by("section_id").values_list("section_id", *LABEL))
    meetings = meetings_of([pk for pk, *_label in rows])
    return tuple(
        Partner(section_id=pk, label=" ".join(label), meetings=meetings.get(pk, ())) for pk, *label in rows
    )
