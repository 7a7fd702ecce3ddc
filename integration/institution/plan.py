"""The values a synthetic institution is planned in."""

from dataclasses import dataclass, field
from enum import Enum

from .week import Part, Slot, TermDates


class Kind(Enum):
    """What sort of class a section is, by the code of its schedule type."""

    LECTURE = "LEC"
    LAB = "LAB"
    SEMINAR = "SEM"
    INDEPENDENT = "IND"


class Mode(Enum):
    """How a section is taught, by its code."""

    IN_PERSON = "P"
    ONLINE = "O"


@dataclass(frozen=True, kw_only=True, slots=True)
class Department:
    """A department; its code is its courses' subject. `has_labs`: some of its lectures come with labs."""

    code: str
    name: str
    has_labs: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """A course of a term. Blank credits: variable."""

    id: str
    department: Department
    number: str
    title: str
    credits: str


@dataclass(kw_only=True, slots=True, eq=False)
class Room:
    """A room; `busy` are the bits of the slots that are taken in the term at hand."""

    building: str
    number: str
    capacity: int
    kind: str
    busy: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Building:
    """A building with rooms, or a place with none."""

    code: str
    name: str
    campus: str


@dataclass(kw_only=True, slots=True, eq=False)
class Teacher:
    """An instructor; `busy` as for a room, `load` is how many classes are still to be given this term."""

    id: str
    first_name: str
    last_name: str
    email: str
    department: str
    load: int = 0
    busy: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Meeting:
    """When and where; no slot: arranged. The place is a room, or a building with none, or unknown."""

    slot: Slot | None = None
    room: Room | None = None
    building: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """One teacher's share of a class, in percent."""

    teacher: Teacher
    percent: int
    is_primary: bool


@dataclass(kw_only=True, slots=True, eq=False)
class Section:
    """A section in the making. Seats are counted in students."""

    course: Course
    number: str
    kind: Kind
    mode: Mode
    capacity: int
    part: Part = Part.FULL
    is_cancelled: bool = False
    meetings: tuple[Meeting, ...] = ()
    shares: tuple[Share, ...] = ()
    waitlist_capacity: int = 0
    enrollment: int = 0
    waitlisted: int = 0
    notes: str = ""
    id: str = ""


Group = tuple[Section, ...]
"""Related sections, the primary one first."""


@dataclass(kw_only=True, slots=True)
class Offering:
    """What is offered in one term: the courses in order, their sections, each lecture with its labs."""

    term: TermDates
    courses: list[Course] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    linked: list[Group] = field(default_factory=list)
    crosslists: list[Group] = field(default_factory=list)
