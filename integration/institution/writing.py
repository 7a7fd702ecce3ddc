"""Writing a synthetic institution as an exchange folder: the same bytes for the same arguments."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

from integration.sis.exchange_writing import Table, write_folder

from .curriculum import Curriculum, departments
from .faculty import Faculty
from .places import MAIN, ONLINE, Places
from .plan import Meeting, Mode, Offering, Section
from .timetable import Timetable
from .week import TermDates

FIRST_YEAR = 2027
SEASONS = (("10", "Spring", (1, 11), (5, 7)), ("30", "Fall", (8, 23), (12, 10)))
FIRST_SECTION_ID = 155_882


class FolderInUse(Exception):
    """The folder has something in it. The text says what to do."""


def terms(number: int) -> Iterator[TermDates]:
    """So many terms, one after the other from the spring of 2027 on."""
    for place in range(number):
        year, season = divmod(place, len(SEASONS))
        code, name, start, end = SEASONS[season]
        year += FIRST_YEAR
        yield TermDates(
            code=f"{year}{code}",
            name=f"{name} {year}",
            start_date=dt.date(year, *start),
            end_date=dt.date(year, *end),
        )


def write_institution(directory: Path, *, sections: int, term_count: int = 1, seed: int = 1) -> list[str]:
    """Write `term_count` terms of `sections` sections each; return the terms' codes.

    The folder is complete with its manifest, or not there. Raises `FolderInUse` if it has something in it.
    """
    if directory.exists():
        if not directory.is_dir() or any(directory.iterdir()):
            raise FolderInUse(f"{directory} is there and not empty; name a new folder, or empty this one.")
        directory.rmdir()
    rng = Random(seed)
    places, faculty = Places(rng=rng), Faculty(rng=rng)
    curriculum = Curriculum(rng=rng, departments=departments(sections))
    timetable = Timetable(rng=rng, places=places, faculty=faculty)
    offerings = []
    for term in terms(term_count):
        offering = curriculum.offer(term, sections)
        timetable.fill(offering)
        offerings.append(offering)
    institution = Institution(
        curriculum=curriculum, places=places, faculty=faculty, offerings=offerings, rng=rng
    )
    write_folder(directory, institution.tables(), has_manifest=True)
    return [offering.term.code for offering in offerings]


@dataclass(kw_only=True)
class Institution:
    """A planned institution, as the rows of its exchange folder."""

    curriculum: Curriculum
    places: Places
    faculty: Faculty
    offerings: Sequence[Offering]
    rng: Random

    def tables(self) -> dict[str, Table]:
        """The rows of every file. Sections are numbered here."""
        number = FIRST_SECTION_ID
        for offering in self.offerings:
            for section in offering.sections:
                section.id = f"{number:010d}"
                number += self.rng.randint(1, 4)
        return {
            "terms": ((o.term.code, o.term.name, o.term.start_date, o.term.end_date) for o in self.offerings),
            "departments": ((one.code, one.name) for one in self.curriculum.departments),
            "buildings": ((one.code, one.name, one.campus) for one in self.places.buildings),
            "rooms": ((one.building, one.number, one.capacity, one.kind) for one in self.places.rooms),
            "instructors": (
                (one.id, one.first_name, one.last_name, one.email, one.department)
                for one in self.faculty.teachers
            ),
            "courses": self._courses(),
            "sections": self._sections(),
            "meetings": self._meetings(),
            "section_instructors": self._shares(),
            "relationships": self._relationships(),
            "relationship_members": self._members(),
        }

    def _courses(self) -> Table:
        for offering in self.offerings:
            for one in offering.courses:
                yield (
                    one.id,
                    offering.term.code,
                    one.department.code,
                    one.number,
                    one.title,
                    one.credits,
                )

    def _sections(self) -> Table:
        for offering in self.offerings:
            for one in offering.sections:
                yield (
                    one.id,
                    offering.term.code,
                    one.course.id,
                    one.number,
                    one.course.title,
                    "CANCELLED" if one.is_cancelled else "ACTIVE",
                    one.kind.value,
                    one.mode.value,
                    self._campus(one),
                    one.part.code,
                    *offering.term.span(one.part),
                    one.course.credits,
                    one.capacity,
                    one.waitlist_capacity,
                    one.enrollment,
                    one.waitlisted,
                    one.notes,
                )

    def _campus(self, section: Section) -> str:
        if section.mode is Mode.ONLINE:
            return ONLINE
        room = section.meetings[0].room if section.meetings else None
        return self.places.campus_of(room) if room else MAIN

    def _meetings(self) -> Table:
        for offering in self.offerings:
            for section in offering.sections:
                for number, meeting in enumerate(section.meetings, 1):
                    yield (
                        section.id,
                        number,
                        *_when_and_where(meeting),
                        *offering.term.span(section.part),
                    )

    def _shares(self) -> Table:
        for offering in self.offerings:
            for section in offering.sections:
                for one in section.shares:
                    yield section.id, one.teacher.id, one.percent, one.is_primary

    def _groups(self) -> Iterator[tuple[str, str, str, tuple[Section, ...]]]:
        """Id, term, kind and members of every relationship."""
        for offering in self.offerings:
            numbers = count(1)
            for kind, groups in (("CROSSLIST", offering.crosslists), ("LINKED", offering.linked)):
                for group in groups:
                    yield (
                        f"{offering.term.code}-{kind[0]}{next(numbers):05d}",
                        offering.term.code,
                        kind,
                        group,
                    )

    def _relationships(self) -> Table:
        for group_id, term, kind, members in self._groups():
            seats = sum(one.capacity for one in members) if kind == "CROSSLIST" else ""
            yield group_id, term, kind, seats

    def _members(self) -> Table:
        for group_id, _term, _kind, members in self._groups():
            for one in members:
                yield group_id, one.id, one is members[0]


def _when_and_where(meeting: Meeting) -> tuple[str, str, str, str, str]:
    slot, room = meeting.slot, meeting.room
    days, start, end = (slot.days, slot.start_time, slot.end_time) if slot else ("", "", "")
    building, number = (room.building, room.number) if room else (meeting.building, "")
    return days, start, end, building, number
