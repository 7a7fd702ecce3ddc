"""The list of sections as a file for a spreadsheet: one line each, with every field of the catalogue.

It is read in batches, so that memory does not grow with the term. A cell that a spreadsheet would take for a
formula gets a leading apostrophe; a workbook needs none (`sheets/workbook.py`).
"""

import csv
from collections.abc import Iterator

from django.db.models import QuerySet

from phases.policy import Permission
from scheduling.csv_cells import MARK, Line
from scheduling.domain.fields import Kind
from scheduling.models import Section
from scheduling.section_columns import BY_COURSE
from scheduling.section_teams import named_teams
from scheduling.selectors import catalogue, values_of_sections
from scheduling.sheets.cells import cell_of, harmless
from scheduling.sheets.reading import KEYS
from scheduling.visibility import Viewer

BATCH = 200


def exportable(sections: QuerySet[Section], viewer: Viewer) -> QuerySet[Section]:
    """Those of departments whose sections `viewer` may export, by code."""
    codes = viewer.departments(Permission.IMPORT_AND_EXPORT)
    allowed = sections if codes is None else sections.filter(course__department__in=codes)
    return allowed.order_by(*[key for key, _blank in BY_COURSE], "pk")


def lines_of(sections: QuerySet[Section]) -> Iterator[str]:
    """The sections as a CSV file, line by line."""
    writer = csv.writer(Line())
    mark = MARK
    for row in rows_of(sections):
        yield mark + writer.writerow(row)
        mark = ""


def rows_of(sections: QuerySet[Section]) -> Iterator[list[object]]:
    """The names of the columns, then each section. Of all sections only ids and codes are held at once."""
    fields = catalogue()
    yield [*KEYS, *fields.names]
    keys = ("pk", "course__subject", "course__number", "section_number")
    found = list(sections.values_list(*keys))
    for start in range(0, len(found), BATCH):
        codes = {pk: "-".join(parts) for pk, *parts in found[start : start + BATCH]}
        states = values_of_sections(list(codes))
        _teams, people = named_teams(list(codes))
        for pk, code in codes.items():
            if pk not in states:  # deleted while the file was written
                continue
            state = states[pk]
            cells = [cell_of(one, state.values.get(one.name), people) for one in fields]
            yield [pk, state.version, harmless(code), *cells]


def number_columns() -> frozenset[str]:
    """The columns that hold numbers to reckon with; every other one is text, a code like ``0010`` too."""
    of_fields = (one.name for one in catalogue() if one.kind in {Kind.INTEGER, Kind.CREDITS})
    return frozenset(["id", "version", *of_fields])
