"""What the ids inside values are called: instructors, courses, members of groups."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from integration.fieldsets import LOCAL_MEMBER
from scheduling.models import Course, Instructor, Section
from scheduling.selectors import LABEL_COLUMNS

Names = Mapping[str, str]
"""Id as it stands in a value -> what people call it."""


@dataclass(kw_only=True)
class Mentioned:
    """The ids that some values name. `sections` and `courses` are (term code, SIS id)."""

    instructors: set[str] = field(default_factory=set)
    sections: set[tuple[str, str]] = field(default_factory=set)
    courses: set[tuple[str, str]] = field(default_factory=set)

    def add(self, term: str, name: str, value: Any) -> None:
        """Collect from a JSON-ready value of the field `name`."""
        if name == "course" and isinstance(value, str):
            self.courses.add((term, value))
        for item in value if isinstance(value, list) else ():
            if isinstance(item, Mapping) and "instructor" in item:
                self.instructors.add(item["instructor"])
            elif isinstance(item, Mapping) and "section" in item:
                self.sections.add((term, item["section"]))


def names_by_term(shown: Iterable[tuple[str, str, Any]]) -> Mapping[str, Names]:
    """Term code -> names, for `shown`: (term code, field, JSON-ready value). At most four queries."""
    mentioned, terms = Mentioned(), set()
    for term, name, value in shown:
        mentioned.add(term, name, value)
        terms.add(term)
    people = _instructors(mentioned.instructors)
    names = {term: dict(people) for term in terms}
    for term, one, called in (*_sections(mentioned.sections), *_courses(mentioned.courses)):
        names[term][one] = called
    return names


def _instructors(ids: set[str]) -> dict[str, str]:
    if not ids:
        return {}
    return {one.sis_id: str(one) for one in Instructor.objects.filter(sis_id__in=ids).order_by("sis_id")}


def _sections(pairs: set[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """(term, id in a value, label), of sections the SIS has and of those it has not."""
    local = {int(one.removeprefix(LOCAL_MEMBER)) for _term, one in pairs if one.startswith(LOCAL_MEMBER)}
    columns = ("id", "term_id", "sis_id", *LABEL_COLUMNS)
    if local:
        for pk, term, _sis_id, *label in (
            Section.objects.filter(pk__in=local).order_by().values_list(*columns)
        ):
            yield term, f"{LOCAL_MEMBER}{pk}", " ".join(label)
    linked = {one for _term, one in pairs if not one.startswith(LOCAL_MEMBER)}
    if linked:
        rows = Section.objects.filter(term__in={term for term, _one in pairs}, sis_id__in=linked)
        for _pk, term, sis_id, *label in rows.order_by().values_list(*columns):
            yield term, sis_id, " ".join(label)


def _courses(pairs: set[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    if not pairs:
        return
    rows = Course.objects.filter(
        term__in={term for term, _one in pairs}, sis_id__in={one for _term, one in pairs}
    )
    for term, sis_id, subject, number in rows.order_by().values_list(
        "term_id", "sis_id", "subject", "number"
    ):
        yield term, sis_id, f"{subject} {number}"
