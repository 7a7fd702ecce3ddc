"""The scheduling checks (DOMAIN.md): what is wrong with a section as it would stand. Pure.

An *error* blocks a save that introduces it; what stood before is flagged and does not block. A *warning*
saves and is flagged. `introduced` tells the two apart by comparing the findings before and after.
Disagreement inside a crosslist only warns: its members are moved one after the other.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from .clock import time_span
from .errors import DomainError
from .values import Meeting

Values = Mapping[str, Any]
"""Field name -> canonical value (`values.Value`) of one section."""

FAR = "9999-12-31"


class Severity(StrEnum):
    """Whether a finding stops the save that introduces it."""

    ERROR = "ERROR"
    WARNING = "WARNING"


class Check(StrEnum):
    """The codes of the findings."""

    ROOM_DOUBLE_BOOKED = "ROOM_DOUBLE_BOOKED"
    INSTRUCTOR_DOUBLE_BOOKED = "INSTRUCTOR_DOUBLE_BOOKED"
    CAPACITY_OVER_ROOM = "CAPACITY_OVER_ROOM"
    MEETING_OUTSIDE_TERM = "MEETING_OUTSIDE_TERM"
    END_BEFORE_START = "END_BEFORE_START"
    ROOM_INACTIVE = "ROOM_INACTIVE"
    NUMBER_TAKEN = "NUMBER_TAKEN"
    CREDITS_OUTSIDE_COURSE = "CREDITS_OUTSIDE_COURSE"
    CANCELLED_WITH_MEETINGS = "CANCELLED_WITH_MEETINGS"
    CROSSLIST_DISAGREES = "CROSSLIST_DISAGREES"
    SIS_WILL_REFUSE = "SIS_WILL_REFUSE"


WARNINGS = frozenset(
    {
        Check.CAPACITY_OVER_ROOM,
        Check.CREDITS_OUTSIDE_COURSE,
        Check.CANCELLED_WITH_MEETINGS,
        Check.CROSSLIST_DISAGREES,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that a check found. `other` names what it is about: a section, a room, a person, a date."""

    code: str
    severity: Severity
    message: str
    field: str
    other: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        """Two findings with one identity are the same thing, before and after a change."""
        return self.code, self.other


@dataclass(eq=False)
class CheckFailed(DomainError):
    """The change would introduce an error of the scheduling checks (DOMAIN.md).

    `findings`: all that the checks find, the warnings and what stood before among them; `introduced`: those
    that refuse it.
    """

    findings: Sequence[Finding] = ()
    introduced: Sequence[Finding] = ()

    code = "CHECK_FAILED"


class NumberTaken(CheckFailed):
    """Another live section of the course has this section number."""

    code = "NUMBER_TAKEN"


@dataclass(frozen=True, kw_only=True, slots=True)
class Booking:
    """A meeting of another live section of the term, and who teaches it."""

    section_id: int
    label: str
    meeting: Meeting
    instructors: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomFacts:
    """What the checks know of a room; `capacity` in seats, None where the SIS does not say."""

    capacity: int | None
    is_active: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Namesake:
    """Another live section, by course (SIS id) and number."""

    section_id: int
    label: str
    course: str
    number: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Partner:
    """Another member of the section's crosslist, with its meetings."""

    section_id: int
    label: str
    meetings: tuple[Meeting, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What stands around a section. Dates are ISO text; `course_credits`: blank for variable credit.

    `name_of`: what an instructor is called, by SIS id.
    """

    term_start: str = ""
    term_end: str = FAR
    course_credits: Mapping[str, str | None] = field(default_factory=dict)
    rooms: Mapping[tuple[str, str], RoomFacts] = field(default_factory=dict)
    bookings: tuple[Booking, ...] = ()
    namesakes: tuple[Namesake, ...] = ()
    partners: tuple[Partner, ...] = ()
    name_of: Callable[[str], str] = "Instructor {}".format

    @property
    def partner_ids(self) -> frozenset[int]:
        """The sections of the same crosslist, exempt from double-booking with this one."""
        return frozenset(one.section_id for one in self.partners)


def findings(values: Values, around: Surroundings) -> tuple[Finding, ...]:
    """All that the checks find in a section with these values, each identity once."""
    found: dict[tuple[str, str], Finding] = {}
    for check in LIVE_CHECKS if values.get("status") == "ACTIVE" else CANCELLED_CHECKS:
        for one in check(values, around):
            found.setdefault(one.identity, one)
    return tuple(found.values())


def introduced(before: Iterable[Finding], after: Iterable[Finding]) -> tuple[Finding, ...]:
    """The errors of `after` that did not stand before."""
    stood = {one.identity for one in before}
    return tuple(one for one in after if one.severity is Severity.ERROR and one.identity not in stood)


def overlap(one: Meeting, other: Meeting) -> bool:
    """Whether two meetings share a weekday, a moment of the day and a day of their date ranges.

    Touching times do not overlap; a blank date is open-ended; an arranged meeting overlaps nothing.
    """
    return bool(
        set(one.days) & set(other.days)
        and one.start_time
        and other.start_time
        and one.start_time < other.end_time
        and other.start_time < one.end_time
        and one.start_date <= (other.end_date or FAR)
        and other.start_date <= (one.end_date or FAR)
    )


def pattern(meeting: Meeting) -> str:
    """When a meeting is: ``MWF 9:00–9:50 am``."""
    return f"{meeting.days} {time_span(meeting.start_time, meeting.end_time)}".strip() or "arranged"


def _place(meeting: Meeting) -> str:
    return f"{meeting.building} {meeting.room}"


def _meetings(values: Values) -> tuple[Meeting, ...]:
    return values.get("meetings") or ()


def _finding(check: Check, message: str, *, field: str, other: object = "") -> Finding:
    severity = Severity.WARNING if check in WARNINGS else Severity.ERROR
    return Finding(code=check.value, severity=severity, message=message, field=field, other=str(other))


# ---- one function a check


def _room_double_booked(values: Values, around: Surroundings) -> Iterator[Finding]:
    mine = [one for one in _meetings(values) if one.room]
    for meeting in mine:
        for booking in around.bookings:
            theirs = booking.meeting
            is_same_room = (theirs.building, theirs.room) == (meeting.building, meeting.room)
            if is_same_room and overlap(meeting, theirs) and booking.section_id not in around.partner_ids:
                yield _finding(
                    Check.ROOM_DOUBLE_BOOKED,
                    f"{_place(meeting)} is taken {pattern(theirs)} by {booking.label}; "
                    "choose another room or time.",
                    field="meetings",
                    other=booking.section_id,
                )
    for index, meeting in enumerate(mine):
        for second in mine[index + 1 :]:
            if _place(meeting) == _place(second) and overlap(meeting, second):
                yield _finding(
                    Check.ROOM_DOUBLE_BOOKED,
                    f"Two meetings of this section are in {_place(meeting)} at one time "
                    f"({pattern(meeting)} and {pattern(second)}); keep one.",
                    field="meetings",
                    other="itself",
                )


def _instructor_double_booked(values: Values, around: Surroundings) -> Iterator[Finding]:
    people = {one.instructor for one in values.get("instructors") or ()}
    for booking in around.bookings:
        if booking.section_id in around.partner_ids:
            continue
        for who in sorted(booking.instructors & people):
            if any(overlap(meeting, booking.meeting) for meeting in _meetings(values)):
                yield _finding(
                    Check.INSTRUCTOR_DOUBLE_BOOKED,
                    f"{around.name_of(who)} teaches {booking.label} {pattern(booking.meeting)}; "
                    "choose another instructor or time.",
                    field="instructors",
                    other=f"{booking.section_id} {who}",
                )


def _capacity_over_room(values: Values, around: Surroundings) -> Iterator[Finding]:
    capacity = values.get("capacity")
    for meeting in _meetings(values):
        room = around.rooms.get((meeting.building, meeting.room))
        if room and room.capacity is not None and capacity is not None and capacity > room.capacity:
            yield _finding(
                Check.CAPACITY_OVER_ROOM,
                f"Capacity {capacity} is more than the {room.capacity} seats of {_place(meeting)}.",
                field="capacity",
                other=_place(meeting),
            )


def _meeting_outside_term(values: Values, around: Surroundings) -> Iterator[Finding]:
    for meeting in _meetings(values):
        first, last = meeting.start_date or around.term_start, meeting.end_date or around.term_end
        if first < around.term_start or last > around.term_end:
            yield _finding(
                Check.MEETING_OUTSIDE_TERM,
                f"The meeting {pattern(meeting)} runs from {first} to {last}, outside the term "
                f"({around.term_start} to {around.term_end}); correct its dates.",
                field="meetings",
                other=f"{pattern(meeting)} {first} {last}",
            )


def _end_before_start(values: Values, _around: Surroundings) -> Iterator[Finding]:
    start, end = values.get("start_date"), values.get("end_date")
    if start and end and end < start:
        message = f"The section ends on {end}, before it starts on {start}; correct one of the dates."
        yield _finding(Check.END_BEFORE_START, message, field="end_date", other=f"{start} {end}")
    for one in _meetings(values):
        if one.start_date and one.end_date and one.end_date < one.start_date:
            yield _finding(
                Check.END_BEFORE_START,
                f"The meeting {pattern(one)} ends on {one.end_date}, before it starts on {one.start_date}; "
                "correct one of the dates.",
                field="meetings",
                other=f"{pattern(one)} {one.start_date} {one.end_date}",
            )
        if one.start_time and one.end_time <= one.start_time:
            yield _finding(
                Check.END_BEFORE_START,
                f"The meeting {pattern(one)} does not end after it starts; correct one of the times.",
                field="meetings",
                other=pattern(one),
            )


def _room_inactive(values: Values, around: Surroundings) -> Iterator[Finding]:
    for meeting in _meetings(values):
        room = around.rooms.get((meeting.building, meeting.room))
        if room and not room.is_active:
            message = f"Room {_place(meeting)} is not in use any more; choose another room."
            yield _finding(Check.ROOM_INACTIVE, message, field="meetings", other=_place(meeting))


def _number_taken(values: Values, around: Surroundings) -> Iterator[Finding]:
    key = values.get("course"), values.get("section_number")
    for one in around.namesakes:
        if (one.course, one.number) == key:
            yield _finding(
                Check.NUMBER_TAKEN,
                f"There is a live section {one.label} already; choose another section number.",
                field="section_number",
                other=one.section_id,
            )


def _credits_outside_course(values: Values, around: Surroundings) -> Iterator[Finding]:
    mine, offered = values.get("credits"), around.course_credits.get(str(values.get("course")))
    if mine is not None and offered is not None and Decimal(mine) != Decimal(offered):
        yield _finding(
            Check.CREDITS_OUTSIDE_COURSE,
            f"Credits are {mine}; the course is offered for {offered}.",
            field="credits",
            other=f"{values.get('course')} {mine}",
        )


def _cancelled_with_meetings(values: Values, _around: Surroundings) -> Iterator[Finding]:
    if _meetings(values):
        message = "The section is cancelled but still has meetings; take them off to free its rooms."
        yield _finding(Check.CANCELLED_WITH_MEETINGS, message, field="meetings")


def _crosslist_disagrees(values: Values, around: Surroundings) -> Iterator[Finding]:
    yield from disagreements(_meetings(values), around.partners)


def disagreements(meetings: Iterable[Meeting], partners: Iterable[Partner]) -> Iterator[Finding]:
    """The members of a crosslist that do not meet when and where one of them meets."""
    mine = _times_and_places(meetings)
    for partner in partners:
        if _times_and_places(partner.meetings) != mine:
            yield _finding(
                Check.CROSSLIST_DISAGREES,
                f"It is crosslisted with {partner.label}, which meets at another time or place; "
                "make their meetings the same.",
                field="meetings",
                other=partner.section_id,
            )


def _times_and_places(meetings: Iterable[Meeting]) -> set[tuple[str, ...]]:
    return {(one.days, one.start_time, one.end_time, one.building, one.room) for one in meetings}


Judge = Callable[[Values, Surroundings], Iterator[Finding]]
LIVE_CHECKS: tuple[Judge, ...] = (
    _end_before_start,
    _number_taken,
    _room_double_booked,
    _instructor_double_booked,
    _meeting_outside_term,
    _room_inactive,
    _capacity_over_room,
    _credits_outside_course,
    _crosslist_disagrees,
)
CANCELLED_CHECKS: tuple[Judge, ...] = (_end_before_start, _cancelled_with_meetings)
