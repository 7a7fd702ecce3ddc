"""Giving the sections of a term their times, rooms, people and students, with no clash."""

from dataclasses import dataclass
from random import Random

from .faculty import Faculty
from .places import ONLINE_PLACE, Places
from .plan import Group, Kind, Meeting, Mode, Offering, Section
from .vocabulary import NOTES
from .week import DISCUSSIONS, LABS, LECTURES, SEMINARS, Slot

MENUS = {Kind.LECTURE: LECTURES, Kind.LAB: LABS, Kind.SEMINAR: SEMINARS}
DISCUSSION_SHARE = 0.06
NO_ROOM_SHARE = 0.02
ONLINE_WITH_TIMES_SHARE = 0.3
FULL_SHARE, OVERFULL_SHARE, NOTE_SHARE = 0.25, 0.02, 0.06
LIVELY = (7, 2.5)
"""Shape of the beta distribution of how full a class is."""


@dataclass(kw_only=True)
class Timetable:
    """Fills in offerings, one term after the other."""

    rng: Random
    places: Places
    faculty: Faculty

    def fill(self, offering: Offering) -> None:
        """Give every section of the term what `curriculum` left open."""
        self.places.begin_term()
        self.faculty.begin_term()
        together = {id(one): group for group in offering.crosslists for one in group}
        lecture_of = {id(lab): group[0] for group in offering.linked for lab in group[1:]}
        for section in offering.sections:
            group = together.get(id(section), (section,))
            if section.is_cancelled or section is not group[0]:
                continue
            lecture = lecture_of.get(id(section))
            self._schedule(group, taken=_bits(lecture.meetings) if lecture else 0)
        for section in offering.sections:
            self._enroll(section)

    def _schedule(self, group: Group, *, taken: int) -> None:
        """One class, of one section or of the sections crosslisted as one; not at the times of `taken`."""
        first = group[0]
        meetings = self._meetings(first, sum(one.capacity for one in group), taken)
        shares = self.faculty.assign(first.course.department.code, _bits(meetings))
        for section in group:
            section.part, section.meetings, section.shares = first.part, meetings, shares

    def _meetings(self, section: Section, seats: int, taken: int) -> tuple[Meeting, ...]:
        if section.kind is Kind.INDEPENDENT:
            return (Meeting(),)
        slots = tuple(slot for slot in MENUS[section.kind][section.part] if not slot.bits & taken)
        if section.mode is Mode.ONLINE:
            has_times = self.rng.random() < ONLINE_WITH_TIMES_SHARE
            slot = self._favourite(slots) if has_times else None
            return (Meeting(slot=slot, building=ONLINE_PLACE.code),)
        if self.rng.random() < NO_ROOM_SHARE:
            return (Meeting(slot=self._favourite(slots)),)
        slot, room = self.places.book(section.kind, seats, slots)
        meeting = Meeting(slot=slot, room=room)
        if section.kind is not Kind.LECTURE or self.rng.random() >= DISCUSSION_SHARE:
            return (meeting,)
        rest = tuple(one for one in DISCUSSIONS[section.part] if not one.bits & slot.bits)
        slot, room = self.places.book(section.kind, seats, rest)
        return meeting, Meeting(slot=slot, room=room)

    def _favourite(self, slots: tuple[Slot, ...]) -> Slot:
        return self.rng.choices(slots, [slot.weight for slot in slots])[0]

    def _enroll(self, section: Section) -> None:
        rng = self.rng
        section.waitlist_capacity = rng.choices((0, 5, 10, 20), (45, 25, 20, 10))[0]
        if rng.random() < NOTE_SHARE:
            section.notes = rng.choice(NOTES)
        if section.is_cancelled:
            return
        section.enrollment = int(section.capacity * rng.betavariate(*LIVELY))
        luck = rng.random()
        if luck < OVERFULL_SHARE:
            section.enrollment = section.capacity + rng.randint(1, 3)
        elif luck < FULL_SHARE:
            section.enrollment = section.capacity
        if section.enrollment >= section.capacity:
            section.waitlisted = rng.randint(0, section.waitlist_capacity)


def _bits(meetings: tuple[Meeting, ...]) -> int:
    bits = 0
    for meeting in meetings:
        if meeting.slot:
            bits |= meeting.slot.bits
    return bits
