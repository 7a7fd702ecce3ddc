"""A section as the API shows it (CONTRACT.md, REST API).

Values are canonical (`scheduling.domain.values`): a blank is null, credits are text with two decimals, dates
are ISO, a meeting's blank parts are "". Records that the SIS knows are named by its ids and codes.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.db.models import Prefetch, QuerySet

from scheduling.domain.fields import CATALOGUE, Kind
from scheduling.domain.values import assignment, meeting
from scheduling.models import InstructorAssignment, Meeting, Section

_NESTED = {Kind.COURSE, Kind.MEETINGS, Kind.INSTRUCTORS}
_COLUMNS = {"campus": "campus_id"}
SCALARS = tuple(field.name for field in CATALOGUE if field.kind not in _NESTED)


def with_parts(sections: QuerySet[Section]) -> QuerySet[Section]:
    """`sections` with all that their documents show, in three queries however many."""
    return sections.select_related("course", "term").prefetch_related(
        Prefetch("meetings", Meeting.objects.select_related("room").order_by("id")), "assignments"
    )


def section_document(
    section: Section, *, locked: Mapping[str, str], integration: Mapping[str, Any] | None
) -> dict[str, Any]:
    """One section of `with_parts`, with the reader's locks and the integration status."""
    course = section.course
    return {
        "id": section.pk,
        "version": section.version,
        "term": section.term_id,
        "sis_id": section.sis_id,
        "course": {"id": course.sis_id, "subject": course.subject, "number": course.number},
        **{name: _plain(getattr(section, _COLUMNS.get(name, name))) for name in SCALARS},
        "custom": section.custom,
        "meetings": [_meeting(one) for one in section.meetings.all()],
        "instructors": [_assignment(one) for one in section.assignments.all()],
        "locked": dict(locked),
        "integration": integration,
    }


def _plain(value: object) -> str | int | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, int) else str(value)


def _meeting(row: Meeting) -> dict[str, Any]:
    raw = {
        "days": row.days,
        "start_time": row.start_time,
        "end_time": row.end_time,
        "building": row.room.building_id if row.room else row.building_id,
        "room": row.room.number if row.room else None,
        "start_date": row.start_date,
        "end_date": row.end_date,
    }
    return {"id": row.pk, **msgspec.structs.asdict(meeting(raw))}


def _assignment(row: InstructorAssignment) -> dict[str, Any]:
    raw = {"instructor": row.instructor_id, "percent": row.percent, "is_primary": row.is_primary}
    return msgspec.structs.asdict(assignment(raw))
