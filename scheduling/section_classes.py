"""When sections meet and who teaches them, read along with a page of sections."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import Model, OuterRef, QuerySet

from phases.json_rows import json_rows
from scheduling.domain.values import Assignment, Meeting
from scheduling.models import Instructor, InstructorAssignment
from scheduling.selectors import TEAM_COLUMNS, meetings_column, meetings_told, team_told

Row = TypeVar("Row", bound=Model)
NAMES = ("instructor_id", "instructor__first_name", "instructor__last_name")


def with_classes(rows: QuerySet[Row], section: str = "pk") -> QuerySet[Row]:
    """The rows with what `meetings_along` and `team_along` tell; for a page, not for a whole term.

    `section`: the column that names the section of a row.
    """
    team = InstructorAssignment.objects.filter(section=OuterRef(section)).order_by("instructor_id")
    people = json_rows(team, *TEAM_COLUMNS, *NAMES)
    told: QuerySet[Row] = rows.annotate(meetings_told=meetings_column(section), team_told=people)
    return told


def meetings_along(row: Any) -> tuple[Meeting, ...]:  # type checkers know no annotations
    """The meetings of a row of `with_classes`, sorted."""
    return meetings_told(row.meetings_told)


def team_along(row: Any) -> tuple[Sequence[Assignment], Mapping[str, str]]:
    """The team of a row of `with_classes`, sorted, and the names of its people by SIS id."""
    names = {
        pk: str(Instructor(sis_id=pk, first_name=first, last_name=last))
        for pk, first, last in ([one[name] for name in NAMES] for one in row.team_told)
    }
    return team_told(row.team_told), names
