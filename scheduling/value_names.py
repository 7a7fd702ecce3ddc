"""What the ids inside values are called: people, courses and campuses, in three queries for any number."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scheduling.domain.fields import Field, Kind
from scheduling.domain.values import Assignment
from scheduling.models import Campus, Course, Instructor
from scheduling.showing import value_words


@dataclass(frozen=True, kw_only=True, slots=True)
class ValueNames:
    """Id -> name, kept apart by what the id is of: a note that reads ``I1`` is no instructor."""

    people: Mapping[str, str] = field(default_factory=dict)
    courses: Mapping[str, str] = field(default_factory=dict)
    campuses: Mapping[str, str] = field(default_factory=dict)

    def of(self, shown: Field | None) -> Mapping[str, str]:
        """The names that may stand in values of a field."""
        if shown is None:
            return {}
        if shown.name == "campus":
            return self.campuses
        return {Kind.INSTRUCTORS: self.people, Kind.COURSE: self.courses}.get(shown.kind, {})

    def words(self, shown: Field | None, value: Any) -> str:
        """A value of a field in words."""
        return value_words(shown, value, names=self.of(shown))


def names_of_people(ids: Iterable[str]) -> dict[str, str]:
    """Instructor's SIS id -> name, in one query; unknown ids are left out."""
    people = Instructor.objects.filter(pk__in=set(ids)).order_by("pk")
    return {one.pk: str(one) for one in people}


def names_in(held: Iterable[tuple[Field | None, Any]], *, term_code: str) -> ValueNames:
    """The names for all that these values (each with its field) of one term's sections hold."""
    people: set[str] = set()
    courses: set[str] = set()
    campuses: set[str] = set()
    for shown, value in held:
        if shown is None or value in (None, "", [], ()):
            continue
        if shown.kind is Kind.INSTRUCTORS:
            people.update(map(_person, value))
        elif shown.kind is Kind.COURSE:
            courses.add(str(value))
        elif shown.name == "campus":
            campuses.add(str(value))
    offered = Course.objects.filter(term=term_code, sis_id__in=courses).order_by("id")
    sites = Campus.objects.filter(pk__in=campuses).order_by("pk")
    return ValueNames(
        people=names_of_people(people),
        courses={one.sis_id: str(one) for one in offered},
        campuses={one.pk: str(one) for one in sites},
    )


def _person(item: Assignment | Mapping[str, Any]) -> str:
    return item.instructor if isinstance(item, Assignment) else str(item["instructor"])
