"""Fetching the record of a change: locked, of the version its author saw.

Rows are locked in one order everywhere, so that saves, merges and deliveries never deadlock: sections, what
they refer to (courses, rooms, instructors), relationships, then what integration keeps about them.
"""

from collections.abc import Collection, Mapping

from scheduling.domain.errors import NotFound, StaleVersion
from scheduling.models import Relationship, Section, Term


def term_of(code: str) -> Term:
    """The term. Raises `NotFound`."""
    term = Term.objects.filter(pk=code).first()
    if term is None:
        raise NotFound(f"There is no term {code!r}; check its code.")
    return term


def locked_section(section_id: int, *, version: int | None, to_delete: bool = False) -> Section:
    """The section with its term and course, locked. Raises `NotFound` or `StaleVersion`."""
    rows = Section.objects.select_for_update(of=("self",), no_key=not to_delete)
    found = rows.select_related("term", "course").filter(pk=section_id)
    return section_seen({one.pk: one for one in found}, section_id, version=version)


def section_seen(sections: Mapping[int, Section], section_id: int, *, version: int | None) -> Section:
    """The one of `sections` with this id. Raises `NotFound` or `StaleVersion`."""
    section = sections.get(section_id)
    if section is None:
        raise NotFound(f"There is no section with the id {section_id}; it may have been removed.")
    check_version(str(section), current=section.version, seen=version)
    return section


def locked_sections(section_ids: Collection[int]) -> dict[int, Section]:
    """Sections by id with their terms and courses, locked in id order; unknown ids are left out."""
    rows = Section.objects.select_for_update(of=("self",), no_key=True).select_related("term", "course")
    return {section.pk: section for section in rows.filter(pk__in=section_ids).order_by("id")}


def locked_relationship(relationship_id: int, *, version: int | None) -> Relationship:
    """The relationship with its term, locked. Raises `NotFound` or `StaleVersion`."""
    rows = Relationship.objects.select_for_update(of=("self",)).select_related("term")
    found = rows.filter(pk=relationship_id).first()
    if found is None:
        raise NotFound(f"There is no relationship with the id {relationship_id}; it may have been dissolved.")
    check_version("The relationship", current=found.version, seen=version)
    return found


def check_version(label: str, *, current: int, seen: int | None) -> None:
    """Raise `StaleVersion` unless `seen` (None: not asked) is the current version."""
    if seen is not None and seen != current:
        raise StaleVersion(
            f"{label} was changed meanwhile: it is at version {current}, you changed version {seen}. "
            "Load it again and repeat your change."
        )
