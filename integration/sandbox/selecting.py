"""Which records a query means, and which page of them is shown."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .books import Books
from .refusals import Refusal
from .resources import RESOURCES
from .section_documents import document_of

Selector = Callable[[Books, str], list[str]]


def select(books: Books, resource: str, criteria: Mapping[str, Any], named: Mapping[str, Any]) -> list[str]:
    """The keys of the records, in a stable order. Indexes narrow them, the documents decide the rest."""
    narrowed: list[list[str]] = []
    rest: dict[str, Any] = {}
    for name, wanted in criteria.items():
        selector = INDEXED.get((resource, name))
        identifier = id_in(wanted)
        if selector is None or identifier is None:
            rest[name] = wanted
        else:
            narrowed.append(selector(books, identifier))
    for name, wanted in named.items():
        selector = NAMED.get((resource, name))
        identifier = id_in(wanted.get(name, wanted) if isinstance(wanted, Mapping) else wanted)
        if selector is None or identifier is None:
            raise Refusal("Validation.Exception", f"The named query '{name}' cannot be read.")
        narrowed.append(selector(books, identifier))
    keys = _intersection(narrowed) if narrowed else list(books.tables[resource])
    if rest:
        keys = [key for key in keys if matches(rest, document_of(books, resource, key))]
    return keys


def _intersection(found: Sequence[list[str]]) -> list[str]:
    first, *others = sorted(found, key=len)
    sets = [set(one) for one in others]
    return [key for key in first if all(key in one for one in sets)]


def id_in(wanted: object) -> str | None:
    """The GUID of ``{"id": …}`` or of a bare text; None where there is something else."""
    if isinstance(wanted, str):
        return wanted
    if isinstance(wanted, Mapping) and set(wanted) == {"id"} and isinstance(wanted["id"], str):
        return wanted["id"]
    return None


def matches(wanted: object, found: object) -> bool:
    """Whether a document has all that the criteria name. Of a list, some member must fit each wanted one."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            name in found and matches(value, found[name]) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(found, list) and all(any(matches(one, it) for it in found) for one in wanted)
    if isinstance(found, list):
        return any(matches(wanted, it) for it in found)
    return wanted == found


def _by_index(index: str, resource: str) -> Selector:
    def selector(books: Books, identifier: str) -> list[str]:
        found = books.find(resource, identifier)
        return books.under(index, found[0]) if found else []

    return selector


def _sections_of_period(books: Books, identifier: str) -> list[str]:
    """Of a term, or of one part of it: a filter by the term finds both."""
    found = books.find("academic-periods", identifier)
    if found is None:
        return []
    return books.under("sections of part" if "/" in found[0] else "sections of term", found[0])


def _of_period(index: str) -> Selector:
    def selector(books: Books, identifier: str) -> list[str]:
        sections = _sections_of_period(books, identifier)
        return [key for section in sections for key in books.indexes[index].get(section, ())]

    return selector


def _sections_of_instructor(books: Books, identifier: str) -> list[str]:
    found = books.find("persons", identifier)
    assignments = books.under("sections of instructor", found[0]) if found else []
    return list(dict.fromkeys(books.get("section-instructors", key).row["section_id"] for key in assignments))


INDEXED: Mapping[tuple[str, str], Selector] = {
    ("sections", "academicPeriod"): _sections_of_period,
    ("sections", "course"): _by_index("sections of course", "courses"),
    ("instructional-events", "section"): _by_index("events of section", "sections"),
    ("section-instructors", "section"): _by_index("instructors of section", "sections"),
    ("section-instructors", "instructor"): _by_index("sections of instructor", "persons"),
}
NAMED: Mapping[tuple[str, str], Selector] = {
    ("sections", "instructor"): _sections_of_instructor,
    ("instructional-events", "academicPeriod"): _of_period("events of section"),
    ("section-instructors", "academicPeriod"): _of_period("instructors of section"),
    ("section-crosslists", "section"): _by_index("crosslists of section", "sections"),
}


def page_of(resource: str, query: Mapping[str, str]) -> tuple[int, int]:
    """(offset, limit) of a request; a limit above the maximum is the maximum."""
    largest = RESOURCES[resource].page
    try:
        offset, limit = int(query.get("offset", "0")), int(query.get("limit", largest))
    except ValueError as error:
        raise Refusal("Validation.Exception", "offset and limit must be whole numbers.") from error
    return max(0, offset), min(limit, largest) if limit > 0 else largest
