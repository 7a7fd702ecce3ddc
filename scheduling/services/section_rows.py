"""Writing the rows of sections: the columns of each, then the meetings and assignments of all."""

from collections.abc import Mapping
from typing import Any

from scheduling.domain.values import Assignment, Meeting, first_start
from scheduling.models import Course, InstructorAssignment, Section
from scheduling.models import Meeting as MeetingRow

from .section_values import Values, room_ids

BLANK_TEXTS = frozenset({"crn", "title", "schedule_type", "instruction_mode", "part_of_term", "notes"})
"""Columns that hold "" where the value is blank."""
COLUMNS = {"course": "course_id", "campus": "campus_id"}
CUSTOM = "custom."
REST = frozenset({"meetings", "instructors"})


def insert(term_code: str, values: Values) -> int:
    """Make the section with these values, its parts left out; return its id. Its number is reserved."""
    section = Section(term_id=term_code, **_columns(values, values, term_code), version=1)
    section.reserved_number = reserved(values)
    section.save(force_insert=True)
    return section.pk


def update(section: Section, changed: Values, after: Values) -> int:
    """Write the changed columns, its parts left out; return the new version. `after`: all values."""
    columns = _columns(changed, after, section.term_id)
    if changed.keys() & {"course", "section_number", "status"}:
        columns["reserved_number"] = reserved(after)
    version = section.version + 1
    Section.objects.filter(pk=section.pk).update(**columns, version=version)
    return version


def write_parts(parts: Mapping[int, Values]) -> None:
    """Write the meetings and assignments that the values of these sections (id -> values) hold."""
    meetings = {pk: values["meetings"] or () for pk, values in parts.items() if "meetings" in values}
    teams = {pk: values["instructors"] or () for pk, values in parts.items() if "instructors" in values}
    if meetings:
        MeetingRow.objects.filter(section__in=meetings).delete()
        write_meetings(meetings)
    if teams:
        InstructorAssignment.objects.filter(section__in=teams).delete()
        write_teams(teams)


def reserved(values: Values) -> str | None:
    """The number a section chosen here keeps from others: a cancelled one gives it free."""
    return str(values["section_number"]) if values.get("status") == "ACTIVE" else None


def _columns(changed: Values, after: Values, term_code: str) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, value in changed.items():
        if name in REST or name.startswith(CUSTOM):
            continue
        columns[COLUMNS.get(name, name)] = value if value is not None or name not in BLANK_TEXTS else ""
    if "meetings" in changed:
        columns["first_start"] = first_start(changed["meetings"] or ())
    if "course" in changed:
        columns["course_id"] = Course.objects.only("id").get(term_id=term_code, sis_id=changed["course"]).pk
    if any(name.startswith(CUSTOM) for name in changed):
        columns["custom"] = {
            name.removeprefix(CUSTOM): value
            for name, value in after.items()
            if name.startswith(CUSTOM) and value is not None
        }
    return columns


def write_meetings(meetings: Mapping[int, tuple[Meeting, ...]]) -> None:
    """Make the meeting rows of sections (by id) that have none."""
    rooms = room_ids(one for held in meetings.values() for one in held)
    MeetingRow.objects.bulk_create(
        MeetingRow(
            section_id=pk,
            days=one.days,
            start_time=one.start_time or None,
            end_time=one.end_time or None,
            building_id=(one.building or None) if not one.room else None,
            room_id=rooms[one.building, one.room] if one.room else None,
            start_date=one.start_date or None,
            end_date=one.end_date or None,
        )
        for pk, held in meetings.items()
        for one in held
    )


def write_teams(teams: Mapping[int, tuple[Assignment, ...]]) -> None:
    """Make the assignment rows of sections (by id) that have none."""
    InstructorAssignment.objects.bulk_create(
        InstructorAssignment(
            section_id=pk, instructor_id=one.instructor, percent=one.percent, is_primary=one.is_primary
        )
        for pk, held in teams.items()
        for one in held
    )
