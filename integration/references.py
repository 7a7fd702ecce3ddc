"""What sections refer to (courses, people, places), as maps from the SIS's keys, read once a run."""

from dataclasses import dataclass, field

from integration.merge.records import Value
from scheduling.models import Building, Campus, Course, Instructor, Room


@dataclass(frozen=True, kw_only=True, slots=True)
class CourseFacts:
    """What an import needs to know of a course."""

    id: int
    label: str


@dataclass(kw_only=True, slots=True)
class References:
    """Keys of the SIS -> our rows, for one term. Grows as an import makes placeholder courses."""

    courses: dict[str, CourseFacts] = field(default_factory=dict)
    rooms: dict[tuple[str, str], int] = field(default_factory=dict)
    buildings: set[str] = field(default_factory=set)
    campuses: set[str] = field(default_factory=set)
    instructors: set[str] = field(default_factory=set)
    met: dict[tuple[str, str], Value] = field(default_factory=dict)
    """Canonical values by field and text, of fields that repeat them."""


def load_references(term_code: str) -> References:
    """The references of a term, in five queries."""
    courses = Course.objects.filter(term_id=term_code).order_by()
    return References(
        courses={
            sis_id: CourseFacts(id=pk, label=f"{subject} {number}")
            for sis_id, pk, subject, number in courses.values_list("sis_id", "id", "subject", "number")
        },
        rooms={
            (building, number): pk
            for building, number, pk in Room.objects.order_by().values_list("building_id", "number", "id")
        },
        buildings=set(Building.objects.order_by().values_list("code", flat=True)),
        campuses=set(Campus.objects.order_by().values_list("code", flat=True)),
        instructors=set(Instructor.objects.order_by().values_list("sis_id", flat=True)),
    )
