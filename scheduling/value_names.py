"""What the ids inside values are called: people, courses and campuses, in three queries for any number."""

from collections.abc import Iterable, Iterator, Mapping
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
    found = names_by_term((term_code, shown, value) for shown, value in held)
    return found.get(term_code, ValueNames())


def names_by_term(held: Iterable[tuple[str, Field | None, Any]]) -> Mapping[str, ValueNames]:
    """Term code -> names, for values that stand in several terms: (term code, field, value)."""
    people: set[str] = set()
    campuses: set[str] = set()
    courses: dict[str, set[str]] = {}
    for term, shown, value in held:
        of_term = courses.setdefault(term, set())
        if shown is None or value in (None, "", [], ()):
            continue
        if shown.kind is Kind.INSTRUCTORS:
            people.update(map(_person, value))
        elif shown.kind is Kind.COURSE:
            of_term.add(str(value))
        elif shown.name == "campus":
            campuses.add(str(value))
    sites = {one.pk: str(one) for one in Campus.objects.filter(pk__in=campuses).order_by("pk")}
    called = names_of_people(people)
    offered: dict[str, dict[str, str]] = {term: {} for term in courses}
    for term, sis_id, name in _courses(courses):
        offered[term][sis_id] = name
    return {term: ValueNames(people=called, courses=offered[term], campuses=sites) for term in courses}


def _courses(wanted: Mapping[str, set[str]]) -> Iterator[tuple[str, str, str]]:
    """(term code, SIS id, name) of the courses that are wanted in each term, and maybe of some more."""
    rows = Course.objects.filter(
        term__in=[term for term, ids in wanted.items() if ids], sis_id__in=set().union(*wanted.values())
    )
    for one in rows.order_by("id"):
        yield one.term_id, one.sis_id, str(one)


def _person(item: Assignment | Mapping[str, Any]) -> str:
    return item.instructor if isinstance(item, Assignment) else str(item["instructor"])
