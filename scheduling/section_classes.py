"""When sections meet and who teaches them, read along with a page of sections."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import OuterRef, QuerySet

from phases.json_rows import json_rows
from scheduling.domain.values import Assignment, Meeting
from scheduling.models import Instructor, InstructorAssignment, Section
from scheduling.selectors import TEAM_COLUMNS, meetings_column, meetings_told, team_told

NAMES = ("instructor_id", "instructor__first_name", "instructor__last_name")


def with_classes(sections: QuerySet[Section]) -> QuerySet[Section]:
    """The sections with what `meetings_along` and `team_along` tell; for a page, not for a whole term."""
    team = InstructorAssignment.objects.filter(section=OuterRef("pk")).order_by("instructor_id")
    people = json_rows(team, *TEAM_COLUMNS, *NAMES)
    return sections.annotate(meetings_told=meetings_column(), team_told=people)


def meetings_along(section: Any) -> tuple[Meeting, ...]:  # type checkers know no annotations
    """The meetings of a section of `with_classes`, sorted."""
    return meetings_told(section.meetings_told)


def team_along(section: Any) -> tuple[Sequence[Assignment], Mapping[str, str]]:
    """The team of a section of `with_classes`, sorted, and the names of its people by SIS id."""
    names = {
        pk: str(Instructor(sis_id=pk, first_name=first, last_name=last))
        for pk, first, last in ([one[name] for name in NAMES] for one in section.team_told)
    }
    return team_told(section.team_told), names
