"""Who teaches sections, and what they are called."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from scheduling.domain.values import Assignment
from scheduling.models import InstructorAssignment
from scheduling.selectors import assignment_value

Teams = Mapping[int, Sequence[Assignment]]
"""Section id -> its assignments, sorted."""


def named_teams(ids: Sequence[int]) -> tuple[Teams, Mapping[str, str]]:
    """The teams of these sections, and the names of all their instructors by SIS id; in one query."""
    teams: dict[int, list[Assignment]] = defaultdict(list)
    names: dict[str, str] = {}
    rows = InstructorAssignment.objects.filter(section_id__in=ids).select_related("instructor")
    for row in rows.order_by("section_id", "instructor_id"):
        teams[row.section_id].append(assignment_value(row.instructor_id, row.percent, row.is_primary))
        names[row.instructor_id] = str(row.instructor)
    return {pk: sorted(items) for pk, items in teams.items()}, names
