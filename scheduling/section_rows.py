"""The rows of the schedule's list: what is told of the sections of a page."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.integration_side import IntegrationSide, Status
from scheduling.models import Section
from scheduling.section_classes import meetings_along, team_along
from scheduling.section_columns import Cell, Column, Shown, cell, title_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One section as the list shows it. `title`, `crn` and `seats` stand in the first cell on a phone."""

    pk: int
    label: str
    title: str
    crn: str
    is_cancelled: bool
    seats: str
    cells: Sequence[Cell]


def rows_of(
    sections: Sequence[Section],
    columns: Sequence[Column],
    *,
    side: IntegrationSide | None,
    now: dt.datetime,
) -> list[Row]:
    """The rows of these sections (`with_classes`, courses and campuses); only `side` is asked for more."""
    has_states = side is not None and any(one.name == "sis" for one in columns)
    ids = [one.pk for one in sections]
    statuses = side.statuses(ids, now=now) if side is not None and has_states else {}
    return [
        Row(
            pk=one.pk,
            label=str(one),
            title=title_of(one),
            crn=one.crn,
            is_cancelled=one.status == Section.Status.CANCELLED,
            seats=_seats(one),
            cells=_cells(one, columns, statuses.get(one.pk)),
        )
        for one in sections
    ]


def _cells(section: Section, columns: Sequence[Column], status: Status | None) -> list[Cell]:
    team, names = team_along(section)
    meetings = meetings_along(section)
    shown = Shown(section=section, meetings=meetings, team=team, names=names, status=status)
    return [cell(column, shown) for column in columns]


def _seats(section: Section) -> str:
    if section.enrollment is None and section.capacity is None:
        return ""
    enrolled = "?" if section.enrollment is None else f"{section.enrollment:,}"
    return f"{enrolled} enrolled" if section.capacity is None else f"{enrolled} of {section.capacity:,}"
