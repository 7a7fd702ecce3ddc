"""Which courses a term offers, and with how many sections of which kind."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

from .plan import Course, Department, Group, Kind, Mode, Offering, Section
from .vocabulary import BRANCHES, LABORATORY_SUBJECTS, SUBJECTS, TITLE_BEGINNINGS, TITLE_ENDS
from .week import Part, TermDates

LEVELS = (1, 2, 3, 4)
LEVEL_WEIGHTS = (30, 28, 26, 16)
TAIL = {1: (1.1, 40), 2: (1.5, 15), 3: (2.5, 5), 4: (3.0, 3)}
"""Level -> how heavy the tail of sections in a course is (exponent of Pareto's law), and the most it has."""

LECTURE_SEATS = {
    1: ((24, 30, 35, 40, 60, 120, 240), (20, 25, 20, 15, 10, 7, 3)),
    2: ((20, 24, 30, 35, 48), (20, 30, 25, 15, 10)),
    3: ((15, 18, 20, 25, 30), (15, 25, 30, 20, 10)),
    4: ((12, 15, 18, 20), (25, 30, 25, 20)),
}
ONLINE_SHARE = 0.11  # of the classes that may be: with labs, and independent study aside, 8 % of a term
CANCELLED_SHARE = 0.02
HALF_TERM_SHARE = 0.16
VARIABLE_CREDIT_SHARE = 0.03
CROSSLISTED_SHARE = 0.08
CROSSLIST_SEATS = 40


def departments(sections: int) -> tuple[Department, ...]:
    """The departments of an institution with so many sections in a term, the largest first."""
    named = [(code, name, code in LABORATORY_SUBJECTS) for code, name in SUBJECTS]
    named += [
        (prefix + code, f"{word} {name}", code in LABORATORY_SUBJECTS)
        for prefix, word in BRANCHES
        for code, name in SUBJECTS
    ]
    wanted = round(8 * sections**0.25)
    return tuple(Department(code=code, name=name, has_labs=labs) for code, name, labs in named[:wanted])


def zipf_sizes(total: int, places: int) -> list[int]:
    """`total` divided by Zipf's law: the second has half of the first, the third a third, and so on."""
    harmonic = sum(1 / rank for rank in range(1, places + 1))
    exact = [total / (rank * harmonic) for rank in range(1, places + 1)]
    sizes = [math.floor(one) for one in exact]
    by_fraction = sorted(range(places), key=lambda place: (sizes[place] - exact[place], place))
    for place in by_fraction[: total - sum(sizes)]:
        sizes[place] += 1
    return sizes


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogueEntry:
    """What stays the same about a course from term to term."""

    title: str
    credits: str
    kind: Kind
    has_labs: bool


@dataclass(kw_only=True)
class Curriculum:
    """Offers terms out of one catalogue, which grows with what the terms need."""

    rng: Random
    departments: tuple[Department, ...]
    _entries: dict[tuple[str, str], CatalogueEntry] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: count(29))

    def offer(self, term: TermDates, sections: int) -> Offering:
        """A term of so many sections, without times, places and people."""
        offering = Offering(term=term)
        sizes = zipf_sizes(sections, len(self.departments))
        for department, size in zip(self.departments, sizes, strict=True):
            self._offer_department(offering, department, size)
        offering.crosslists = self._crosslist(offering)
        return offering

    def _offer_department(self, offering: Offering, department: Department, size: int) -> None:
        places = {level: count(1) for level in LEVELS}
        end = len(offering.sections) + size
        while (left := end - len(offering.sections)) > 0:
            level = self.rng.choices(LEVELS, LEVEL_WEIGHTS)[0]
            number = f"{level}{next(places[level]):02d}"
            entry = self._entry(department, level, number)
            course = Course(
                id=f"{next(self._ids):010d}",
                department=department,
                number=number,
                title=entry.title,
                credits=entry.credits,
            )
            offering.courses.append(course)
            exponent, most = TAIL[level]
            wanted = min(left, most, int(self.rng.paretovariate(exponent)))
            if entry.has_labs:
                self._add_lectures_with_labs(offering, course, wanted, left)
            else:
                offering.sections += self._plain_sections(course, entry.kind, level, wanted)

    def _entry(self, department: Department, level: int, number: str) -> CatalogueEntry:
        key = department.code, number
        if key not in self._entries:
            kind = Kind.LECTURE
            if level >= 3:  # noqa: PLR2004  # upper-level courses have numbers from 300
                weights = (60, 40, 0) if level == 3 else (40, 35, 25)  # noqa: PLR2004  # the same
                kind = self.rng.choices((Kind.LECTURE, Kind.SEMINAR, Kind.INDEPENDENT), weights)[0]
            has_labs = (
                department.has_labs
                and level < 3  # noqa: PLR2004  # the same
                and self.rng.random() < 0.6  # noqa: PLR2004  # of the lower-level courses of such a subject
            )
            self._entries[key] = CatalogueEntry(
                title=self._title(department, kind),
                credits=self._credits(kind, has_labs=has_labs),
                kind=kind,
                has_labs=has_labs,
            )
        return self._entries[key]

    def _title(self, department: Department, kind: Kind) -> str:
        if kind is Kind.INDEPENDENT:
            return f"Independent Study in {department.name}"
        end = self.rng.choice((*TITLE_ENDS, department.name))
        return f"{self.rng.choice(TITLE_BEGINNINGS)} {end}"

    def _credits(self, kind: Kind, *, has_labs: bool) -> str:
        """Blank: the student chooses."""
        if kind is Kind.INDEPENDENT:
            return self.rng.choice(("", "1.00"))
        if self.rng.random() < VARIABLE_CREDIT_SHARE:
            return ""
        return "4.00" if has_labs else self.rng.choices(("3.00", "4.00", "1.00", "0.50"), (80, 10, 7, 3))[0]

    def _plain_sections(self, course: Course, kind: Kind, level: int, wanted: int) -> Iterator[Section]:
        for number in range(1, wanted + 1):
            section = Section(
                course=course,
                number=f"{number:02d}",
                kind=kind,
                mode=Mode.IN_PERSON,
                capacity=self._seats(kind, level),
                is_cancelled=self.rng.random() < CANCELLED_SHARE,
            )
            if kind is not Kind.INDEPENDENT:
                if self.rng.random() < ONLINE_SHARE:
                    section.mode = Mode.ONLINE
                if self.rng.random() < HALF_TERM_SHARE:
                    section.part = self.rng.choice((Part.FIRST_HALF, Part.SECOND_HALF))
            yield section

    def _seats(self, kind: Kind, level: int) -> int:
        match kind:
            case Kind.INDEPENDENT:
                return self.rng.randint(1, 5)
            case Kind.SEMINAR:
                return self.rng.choice((12, 15, 16, 18))
            case Kind.LAB:
                return self.rng.choice((16, 20, 24))
        return self.rng.choices(*LECTURE_SEATS[level])[0]

    def _add_lectures_with_labs(self, offering: Offering, course: Course, wanted: int, left: int) -> None:
        """`wanted` sections or a few more, never more than `left`: each lecture followed by its labs."""
        labs_so_far = made = 0
        for number in count(1):
            if made >= wanted:
                return
            labs = min(self.rng.choices((1, 2, 3), (30, 45, 25))[0], left - made - 1)
            group = [self._attended(course, f"{number:02d}", Kind.LECTURE, self._seats(Kind.LAB, 1) * labs)]
            group += [
                self._attended(course, f"L{labs_so_far + lab:02d}", Kind.LAB, group[0].capacity // labs)
                for lab in range(1, labs + 1)
            ]
            labs_so_far += labs
            made += len(group)
            offering.sections += group
            if labs:
                offering.linked.append(tuple(group))

    def _attended(self, course: Course, number: str, kind: Kind, capacity: int) -> Section:
        return Section(course=course, number=number, kind=kind, mode=Mode.IN_PERSON, capacity=capacity or 24)

    def _crosslist(self, offering: Offering) -> list[Group]:
        """Groups of two or three small classes of different courses, each section in one at most."""
        linked = {id(section) for group in offering.linked for section in group}
        open_to_it = [
            one
            for one in offering.sections
            if one.kind in {Kind.LECTURE, Kind.SEMINAR}
            and one.mode is Mode.IN_PERSON
            and one.capacity <= CROSSLIST_SEATS
            and not one.is_cancelled
            and id(one) not in linked
        ]
        self.rng.shuffle(open_to_it)
        left = round(CROSSLISTED_SHARE * len(offering.sections))
        groups: list[Group] = []
        while left > 1 and len(open_to_it) > 1:
            size = min(left, self.rng.choices((2, 3), (80, 20))[0])
            size += left - size == 1  # nobody is left over alone
            group = {one.course.id: one for one in open_to_it[-size:]}
            del open_to_it[-size:]
            if len(group) > 1:
                groups.append(tuple(group.values()))
                left -= len(group)
        return groups
