"""Reading what the scheduling checks need to know around sections, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from scheduling.domain.checks import Booking, Namesake, Partner, RoomFacts, Surroundings, Values
from scheduling.domain.values import Assignment
from scheduling.domain.values import Meeting as MeetingValue
from scheduling.models import (
    Course,
    Instructor,
    InstructorAssignment,
    Meeting,
    RelationshipMember,
    Room,
    Section,
    Term,
)
from scheduling.selectors import LABEL_COLUMNS, MEETING_COLUMNS, meeting_value, meetings_of

LABEL = tuple(f"section__{name}" for name in LABEL_COLUMNS)
Place = tuple[str, str]
"""Building and room."""


class Neighbourhood:
    """What stands around the sections that are about to be saved in one transaction, read once for all.

    `states`: the values of each before and after, as far as they stand. `moved` keeps it true while they are
    saved one after the other.
    """

    def __init__(self, term: Term, section_ids: Collection[int], states: Sequence[Values]) -> None:
        self._term = term
        meetings: list[MeetingValue] = [one for state in states for one in _items(state, "meetings")]
        people: set[str] = {one.instructor for state in states for one in _items(state, "instructors")}
        courses = {str(state.get("course")) for state in states}
        offered = Course.objects.filter(term=term, sis_id__in=courses).order_by()
        self._courses = {
            sis_id: (None if offered_credits is None else str(offered_credits), f"{subject} {number}")
            for sis_id, offered_credits, subject, number in offered.values_list(
                "sis_id", "credits", "subject", "number"
            )
        }
        wanted = {(one.building, one.room) for one in meetings if one.room}
        self._rooms = {place: room for place, room in _rooms(wanted) if place in wanted}
        self._in_room: dict[Place, dict[int, list[Booking]]] = defaultdict(lambda: defaultdict(list))
        for one in _room_bookings([room.pk for room in self._rooms.values()], term):
            self._in_room[one.meeting.building, one.meeting.room][one.section_id].append(one)
        self._of_person: dict[str, dict[int, list[Booking]]] = defaultdict(lambda: defaultdict(list))
        self._people = people
        for one in _people_bookings(people, term):
            for who in one.instructors:
                self._of_person[who][one.section_id].append(one)
        self._named: dict[tuple[str, str], dict[int, Namesake]] = defaultdict(dict)
        for name in _namesakes(courses, {str(state.get("section_number")) for state in states}, term):
            self._named[name.course, name.number][name.section_id] = name
        self._partners = _partners(section_ids)

    def around(self, section_id: int | None, states: Sequence[Values]) -> Surroundings:
        """What stands around a section in any of `states` (before and after a change; None: a new one)."""
        meetings: list[MeetingValue] = [one for state in states for one in _items(state, "meetings")]
        team: list[Assignment] = [one for state in states for one in _items(state, "instructors")]
        people = sorted({one.instructor for one in team})
        places = dict.fromkeys((one.building, one.room) for one in meetings if one.room)
        names = {(str(state.get("course")), str(state.get("section_number"))) for state in states}
        return Surroundings(
            term_start=str(self._term.start_date),
            term_end=str(self._term.end_date),
            course_credits={sis_id: offered for sis_id, (offered, _name) in self._courses.items()},
            rooms={
                place: RoomFacts(capacity=room.capacity, is_active=room.is_active)
                for place in places
                if (room := self._rooms.get(place))
            },
            bookings=(
                *_others(section_id, [self._in_room[place] for place in places]),
                *_others(section_id, [self._of_person[who] for who in people]),
            ),
            namesakes=tuple(
                found for name in sorted(names) for pk, found in self._named[name].items() if pk != section_id
            ),
            partners=tuple(one for one in self._partners.get(section_id or 0, {}).values() if one),
            name_of=self._name_of,
        )

    def _name_of(self, who: str) -> str:
        return self._names.get(who, who)

    @cached_property
    def _names(self) -> dict[str, str]:
        """What the people are called; only asked for where somebody is in two places at once."""
        return {one.pk: str(one) for one in Instructor.objects.filter(pk__in=self._people)}

    def moved(self, section_id: int, after: Values) -> None:
        """A section is saved with these values: the others see it where it stands now."""
        for table in (self._in_room, self._of_person):
            for bookings in table.values():
                bookings.pop(section_id, None)
        for named in self._named.values():
            named.pop(section_id, None)
        course, number = str(after.get("course")), str(after.get("section_number"))
        label = f"{self._courses[course][1]} {number}" if course in self._courses else number
        is_live = after.get("status") == Section.Status.ACTIVE
        meetings = tuple(_items(after, "meetings"))
        as_partner = Partner(section_id=section_id, label=label, meetings=meetings) if is_live else None
        for partners in self._partners.values():
            if section_id in partners:
                partners[section_id] = as_partner
        if not is_live:
            return
        self._named[course, number][section_id] = Namesake(
            section_id=section_id, label=label, course=course, number=number
        )
        people = [one.instructor for one in _items(after, "instructors")]
        for meeting in meetings:
            if not meeting.start_time:
                continue
            booking = Booking(section_id=section_id, label=label, meeting=meeting)
            self._in_room[meeting.building, meeting.room][section_id].append(booking)
            for who in people:
                theirs = replace(booking, instructors=frozenset({who}))
                self._of_person[who][section_id].append(theirs)


def _others(section_id: int | None, tables: Iterable[Mapping[int, Sequence[Booking]]]) -> Iterator[Booking]:
    """What other sections have booked, by their ids."""
    for table in tables:
        for pk in sorted(table):
            if pk != section_id:
                yield from table[pk]


def _items(state: Values, name: str) -> Any:
    return state.get(name) or ()


def _rooms(wanted: Collection[Place]) -> Iterator[tuple[Place, Room]]:
    rows = Room.objects.filter(
        building__in={building for building, _room in wanted}, number__in={room for _building, room in wanted}
    )
    for room in rows.order_by("id"):
        yield (room.building_id, room.number), room


def _room_bookings(room_ids: Sequence[int], term: Term) -> Iterator[Booking]:
    timed = Meeting.objects.filter(
        section__term=term, section__status=Section.Status.ACTIVE, start_time__isnull=False
    )
    rows = timed.filter(room_id__in=room_ids).order_by("section_id", "id")
    for pk, subject, number, section_number, *columns in rows.values_list(
        "section_id", *LABEL, *MEETING_COLUMNS
    ):
        yield Booking(
            section_id=pk, label=f"{subject} {number} {section_number}", meeting=meeting_value(columns)
        )


def _people_bookings(people: Iterable[str], term: Term) -> Iterator[Booking]:
    # From the assignments, so that the search begins at the few sections these people teach.
    teaching = InstructorAssignment.objects.filter(instructor__in=people).order_by("section_id", "id")
    rows = teaching.filter(
        section__term=term,
        section__status=Section.Status.ACTIVE,
        section__meetings__start_time__isnull=False,
    )
    columns = [f"section__meetings__{name}" for name in MEETING_COLUMNS]
    found = rows.values_list("section_id", "instructor_id", *LABEL, *columns)
    for pk, who, subject, number, section_number, *parts in found:
        yield Booking(
            section_id=pk,
            label=f"{subject} {number} {section_number}",
            meeting=meeting_value(parts),
            instructors=frozenset({who}),
        )


def _namesakes(courses: Iterable[str], numbers: Iterable[str], term: Term) -> Iterator[Namesake]:
    rows = Section.objects.filter(
        course__term=term,
        course__sis_id__in=courses,
        section_number__in=numbers,
        status=Section.Status.ACTIVE,
    ).order_by("id")
    for pk, sis_id, subject, number, section_number in rows.values_list(
        "id", "course__sis_id", "course__subject", "course__number", "section_number"
    ):
        yield Namesake(
            section_id=pk, label=f"{subject} {number} {section_number}", course=sis_id, number=section_number
        )


def partners_of(section_id: int) -> tuple[Partner, ...]:
    """The other live members of the section's crosslist."""
    return tuple(one for one in _partners([section_id]).get(section_id, {}).values() if one)


def _partners(section_ids: Collection[int]) -> dict[int, dict[int, Partner | None]]:
    """Section id -> the other members of its crosslist by id, None for one that is not live. Two queries."""
    crosslisted = RelationshipMember.objects.filter(kind="CROSSLIST")
    mine = crosslisted.filter(section_id__in=section_ids).values("relationship_id")
    rows = crosslisted.filter(relationship_id__in=mine).order_by("section_id")
    groups: dict[int, list[int]] = defaultdict(list)
    labels: dict[int, str] = {}
    for group, pk, status, *label in rows.values_list(
        "relationship_id", "section_id", "section__status", *LABEL
    ):
        groups[group].append(pk)
        if status == Section.Status.ACTIVE:
            labels[pk] = " ".join(label)
    meetings = meetings_of(list(labels)) if labels else {}
    live = {
        pk: Partner(section_id=pk, label=label, meetings=meetings.get(pk, ())) for pk, label in labels.items()
    }
    return {
        pk: {other: live.get(other) for other in members if other != pk}
        for members in groups.values()
        for pk in members
    }
