"""Which section a row of a file is about: by its id, else its CRN, else its code, of those one may import."""

from collections import defaultdict
from dataclasses import dataclass, field

from scheduling.domain.errors import Ambiguous, NotFound
from scheduling.domain.fields import Catalogue
from scheduling.models import Term
from scheduling.visibility import Viewer, visible_sections

from .cells import as_meant
from .reading import Line

LONGEST_SHOWN = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Who reads a file into a term. `departments`: where they may import (None: everywhere)."""

    term: Term
    viewer: Viewer
    fields: Catalogue
    departments: frozenset[str] | None


@dataclass(slots=True)
class Names:
    """The sections of the term that somebody may import, by what a row may call them, read in one query."""

    term: Term
    by_id: dict[str, list[int]] = field(default_factory=dict)
    by_crn: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_code: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, reader: Reader) -> "Names":
        """The names as they stand."""
        names = cls(reader.term)
        sections = visible_sections(reader.viewer).filter(term=reader.term)
        if reader.departments is not None:
            sections = sections.filter(course__department__in=reader.departments)
        for pk, crn, *code in sections.values_list(
            "pk", "crn", "course__subject", "course__number", "section_number"
        ).iterator():
            names.by_id[str(pk)] = [pk]
            names.by_crn[crn].append(pk)
            names.by_code["-".join(code)].append(pk)
        return names

    def section_of(self, line: Line) -> int | None:
        """The section that `line` is about; None: one to be made. Raises `NotFound` or `Ambiguous`."""
        for column, what, known in (
            ("id", "the id", self.by_id),
            ("crn", "the CRN", self.by_crn),
            ("code", "the code", self.by_code),
        ):
            given = as_meant(line.cells.get(column, "").strip())
            if not given:
                continue
            found = known.get(given.replace(" ", "-") if column == "code" else given, [])
            if len(found) == 1:
                return found[0]
            if found:
                ids = ", ".join(map(str, sorted(found)))
                raise Ambiguous(f"Several sections have {what} {given}; give the id of one: {ids}.")
            raise NotFound(
                f"There is no section with {what} {given[:LONGEST_SHOWN]} in {self.term} that you may import."
            )
        return None
