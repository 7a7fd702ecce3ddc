"""The list of sections as a file for a spreadsheet: one line each, with every field of the catalogue.

It streams in batches, so that memory does not grow with the term. A cell that a spreadsheet would take for a
formula gets a leading apostrophe.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from phases.policy import Permission
from scheduling.csv_cells import MARK, Line, guarded
from scheduling.domain.fields import Field, Kind
from scheduling.domain.values import Assignment, Meeting
from scheduling.models import Section
from scheduling.section_columns import BY_COURSE
from scheduling.section_teams import named_teams
from scheduling.selectors import catalogue, values_of_sections
from scheduling.visibility import Viewer

BATCH = 200
OWN = ("id", "version", "code")


def exportable(sections: QuerySet[Section], viewer: Viewer) -> QuerySet[Section]:
    """Those of departments whose sections `viewer` may export, by code."""
    codes = viewer.departments(Permission.IMPORT_AND_EXPORT)
    allowed = sections if codes is None else sections.filter(course__department__in=codes)
    return allowed.order_by(*[key for key, _blank in BY_COURSE], "pk")


def lines_of(sections: QuerySet[Section]) -> Iterator[str]:
    """The file, line by line. Of all sections only the ids and codes are held at once."""
    writer = csv.writer(Line())
    fields = catalogue()
    yield MARK + writer.writerow([*OWN, *fields.names])
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
            cells = [_cell(one, state.values.get(one.name), people) for one in fields]
            yield writer.writerow([pk, state.version, *map(guarded, (code, *cells))])


def _cell(field: Field, value: Any, people: Mapping[str, str]) -> str:
    if value is None:
        return ""
    if field.kind is Kind.MEETINGS:
        return "; ".join(map(_meeting, value))
    if field.kind is Kind.INSTRUCTORS:
        return _team(value, people)
    return str(value)


def _meeting(one: Meeting) -> str:
    """``MWF 09:00-09:50 HAL 101 2027-02-01..2027-05-28``; ``ARR`` where there is neither day nor time."""
    times = f"{one.start_time}-{one.end_time}".strip("-")
    when = " ".join(part for part in (one.days, times) if part) or "ARR"
    dates = f"{one.start_date}..{one.end_date}".strip(".")
    return " ".join(part for part in (when, one.building, one.room, dates) if part)


def _team(team: Sequence[Assignment], people: Mapping[str, str]) -> str:
    """``Ada Yonath (I2) 60% primary; Marie Curie (I1) 40%``."""
    return "; ".join(
        f"{people.get(one.instructor, '')} ({one.instructor}) {one.percent:g}%".strip()
        + (" primary" if one.is_primary else "")
        for one in team
    )
