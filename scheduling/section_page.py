"""What the page of a section shows: its facts by group, meetings, people, seats, and locks with reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phases.policy import Actor, SectionFacts
from scheduling.domain.clock import time_span
from scheduling.domain.fields import Field, Group
from scheduling.domain.values import Assignment
from scheduling.domain.values import Meeting as MeetingValue
from scheduling.models import Room, Section
from scheduling.pills import Pill, section_pill
from scheduling.section_locks import Lock, grouped_locks
from scheduling.section_seats import Seats, seats_of
from scheduling.section_status import why_anchor
from scheduling.services.field_locks import FieldLocks
from scheduling.showing import day
from scheduling.value_names import ValueNames

IN_A_LIST = (Group.GENERAL, Group.CREDITS, Group.CUSTOM)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """A field and its value in words; `lock`: why the reader may not change it, blank where they may."""

    field: Field
    text: str = ""
    lock: str = ""

    @property
    def anchor(self) -> str:
        """The id of the place where the answer to *why?* is shown."""
        return why_anchor(self.field.name)


@dataclass(frozen=True, kw_only=True, slots=True)
class MeetingLine:
    """One meeting in words. `room`: the room's id, None for a place without rooms or none at all."""

    days: str
    time: str
    place: str
    dates: str
    room: int | None = None
    capacity: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Teacher:
    """Who teaches the section."""

    sis_id: str
    name: str
    percent: float
    is_primary: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A section as its page shows it."""

    label: str
    title: str
    pill: Pill
    lists: Sequence[tuple[str, Sequence[Fact]]]
    meetings: Sequence[MeetingLine]
    team: Sequence[Teacher]
    meetings_fact: Fact
    team_fact: Fact
    seats: Seats
    locks: Sequence[Lock]
    can_edit: bool


def shown_section(
    section: Section, values: Mapping[str, Any], locks: FieldLocks, names: ValueNames, *, actor: Actor
) -> Shown:
    """The section with its canonical `values`, as `actor` may see and edit it. One query."""
    fields = locks.fields
    locked = locks.of_section(
        actor=actor,
        term_code=section.term_id,
        facts=SectionFacts(section_id=section.pk, departments=frozenset([section.course.department_id])),
        sis_id=section.sis_id,
    )
    facts = {
        field.name: Fact(
            field=field,
            text=names.words(field, values.get(field.name)),
            lock=locked.get(field.name, ""),
        )
        for field in fields
    }
    lists = [
        (str(group), [fact for fact in facts.values() if fact.field.group is group]) for group in IN_A_LIST
    ]
    return Shown(
        label=str(section),
        title=section.title or section.course.title,
        pill=section_pill(section.status),
        lists=[(title, found) for title, found in lists if found],
        meetings=_meetings(values.get("meetings") or ()),
        team=[_teacher(one, names) for one in values.get("instructors") or ()],
        meetings_fact=facts["meetings"],
        team_fact=facts["instructors"],
        seats=seats_of(section),
        locks=grouped_locks(fields, locked),
        can_edit=any(one.name not in locked for one in fields if one.name != "status"),
    )


def _teacher(one: Assignment, names: ValueNames) -> Teacher:
    return Teacher(
        sis_id=one.instructor,
        name=names.people.get(one.instructor, one.instructor),
        percent=one.percent,
        is_primary=one.is_primary,
    )


def _meetings(meetings: Sequence[MeetingValue]) -> list[MeetingLine]:
    rooms = {
        (room.building_id, room.number): room
        for room in Room.objects.filter(
            building__in={one.building for one in meetings}, number__in={one.room for one in meetings}
        ).order_by("pk")
    }
    lines = []
    for one in meetings:
        room = rooms.get((one.building, one.room))
        dates = " to ".join(filter(None, (day(one.start_date), day(one.end_date))))
        lines.append(
            MeetingLine(
                days="Arranged" if one.is_arranged else one.days,
                time=time_span(one.start_time, one.end_time),
                place=f"{one.building} {one.room}".strip(),
                dates=dates,
                room=room.pk if room else None,
                capacity=room.capacity if room else None,
            )
        )
    return lines
