"""What the SIS writes here: sections in bulk, with the same audit as a person's edits.

Imports are exempt from phases (phases limit people, DOMAIN.md) and send no signal: what came from the SIS
does not go back. The callers hold the transaction and, for updates and removals, the row locks.
References (course, room, people, places) are resolved by the caller's maps; a missing one is a bug there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from scheduling.domain.values import Meeting as MeetingValue
from scheduling.domain.values import Value, first_start
from scheduling.models import (
    Campus,
    ChangeLog,
    InstructorAssignment,
    Meeting,
    Section,
)

from .audit import Author, Change, write_changes
from .copying import Json, copy_rows, reserve_ids, update_rows
from .import_audit import Removal, removal_changes
from .relationship_imports import leave_relationships

TEXTS = ("crn", "title", "schedule_type", "instruction_mode", "part_of_term", "notes")
PLAIN = (
    "section_number",
    "status",
    "start_date",
    "end_date",
    "credits",
    "capacity",
    "waitlist_capacity",
    "enrollment",
    "waitlisted",
)
SCALARS = (*TEXTS, *PLAIN)
MADE = ("course_id", "campus_id", "reserved_number", "custom", "version", "first_start")
SECTION_COLUMNS = (*SCALARS, *MADE)


class CourseRow(Protocol):
    """What `Places.courses` holds for a course."""

    @property
    def id(self) -> int: ...


class Places(Protocol):
    """The maps from the SIS's keys to our rows (integration keeps them)."""

    @property
    def courses(self) -> Mapping[str, Any]: ...

    @property
    def rooms(self) -> Mapping[tuple[str, str], int]: ...

    @property
    def campuses(self) -> set[str]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSection:
    """A section to create with these canonical values; `section_id`: the id it had before, if it returns."""

    sis_id: str
    values: Mapping[str, Value]
    section_id: int | None = None
    rule: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionUpdate:
    """Fields of one section to change. `before` is its whole state as locked; `version` the current one."""

    section_id: int
    version: int
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    rules: Mapping[str, str] = field(default_factory=dict)
    action: str = ChangeLog.Action.UPDATE


def _custom(values: Mapping[str, Value]) -> dict[str, Value]:
    prefix = "custom."
    return {
        name.removeprefix(prefix): value
        for name, value in values.items()
        if name.startswith(prefix) and value is not None
    }


def _columns(values: Mapping[str, Value], places: Places, *, version: int) -> list[Any]:
    """The row of `SECTION_COLUMNS`. A number that an import writes is not reserved here."""
    row: list[Any] = [values.get(name) or "" for name in TEXTS]
    row.extend(values.get(name) for name in PLAIN)
    row.append(places.courses[str(values["course"])].id)
    row.append(values.get("campus"))
    row.append(None)
    row.append(Json(_custom(values)))
    row.append(version)
    meetings: Any = values.get("meetings") or ()
    row.append(first_start(meetings))
    return row


def _add_campuses(all_values: Iterable[Mapping[str, Value]], places: Places) -> None:
    """Campuses have no file of their own: they come with what stands on them."""
    codes = {str(values["campus"]) for values in all_values if values.get("campus")} - places.campuses
    Campus.objects.bulk_create(
        [Campus(code=code, name=code) for code in sorted(codes)], ignore_conflicts=True
    )
    places.campuses.update(codes)


def create_sections(
    new: Sequence[NewSection], *, term_code: str, places: Places, author: Author
) -> list[int]:
    """Create sections with their meetings and instructors; return their ids in order."""
    _add_campuses((one.values for one in new), places)
    fresh = iter(reserve_ids(Section._meta.db_table, sum(one.section_id is None for one in new)))
    ids = [one.section_id or next(fresh) for one in new]
    copy_rows(
        Section._meta.db_table,
        ("id", "term_id", "sis_id", *SECTION_COLUMNS),
        (
            (pk, term_code, one.sis_id, *_columns(one.values, places, version=1))
            for pk, one in zip(ids, new, strict=True)
        ),
    )
    _copy_meetings(((pk, one.values.get("meetings") or ()) for pk, one in zip(ids, new, strict=True)), places)
    _copy_assignments((pk, one.values.get("instructors") or ()) for pk, one in zip(ids, new, strict=True))
    write_changes(
        (
            Change(
                action=ChangeLog.Action.CREATE,
                record_type="section",
                record_id=str(pk),
                term_code=term_code,
                version=1,
                after=one.values,
                rule=one.rule,
            )
            for pk, one in zip(ids, new, strict=True)
        ),
        author=author,
    )
    return ids


def _copy_meetings(found: Iterable[tuple[int, Any]], places: Places) -> None:
    copy_rows(
        Meeting._meta.db_table,
        ("section_id", "days", "start_time", "end_time", "building_id", "room_id", "start_date", "end_date"),
        (_meeting_row(section_id, one, places) for section_id, meetings in found for one in meetings),
    )


def _meeting_row(section_id: int, one: MeetingValue, places: Places) -> tuple[Any, ...]:
    return (
        section_id,
        one.days,
        one.start_time or None,
        one.end_time or None,
        (one.building or None) if not one.room else None,
        places.rooms[one.building, one.room] if one.room else None,
        one.start_date or None,
        one.end_date or None,
    )


def _copy_assignments(found: Iterable[tuple[int, Any]]) -> None:
    copy_rows(
        InstructorAssignment._meta.db_table,
        ("section_id", "instructor_id", "percent", "is_primary"),
        (
            (section_id, one.instructor, one.percent, one.is_primary)
            for section_id, team in found
            for one in team
        ),
    )


def update_sections(
    updates: Sequence[SectionUpdate], *, term_code: str, places: Places, author: Author
) -> None:
    """Write the changed fields; each section's version grows by one."""
    if not updates:
        return
    _add_campuses((one.after for one in updates), places)
    rows = []
    for one in updates:
        row = _columns({**one.before, **one.after}, places, version=one.version + 1)
        rows.append((one.section_id, *row))
    frees = {"section_number", "course", "status"}
    keeps_number = {one.section_id for one in updates if not frees & one.after.keys()}
    _update_columns(rows, keeps_number)
    moved = [one for one in updates if "meetings" in one.after]
    Meeting.objects.filter(section_id__in=[one.section_id for one in moved]).delete()
    _copy_meetings(((one.section_id, one.after["meetings"]) for one in moved), places)
    staffed = [one for one in updates if "instructors" in one.after]
    InstructorAssignment.objects.filter(section_id__in=[one.section_id for one in staffed]).delete()
    _copy_assignments((one.section_id, one.after["instructors"]) for one in staffed)
    write_changes(_update_changes(updates, term_code), author=author)


def _update_columns(rows: Sequence[Sequence[Any]], keeps_number: set[int]) -> None:
    """A number that people reserved here stays reserved unless the SIS changed it or cancels the section."""
    kept = [index for index, name in enumerate(("id", *SECTION_COLUMNS)) if name != "reserved_number"]
    columns = [name for name in SECTION_COLUMNS if name != "reserved_number"]
    table = Section._meta.db_table
    update_rows(table, columns, [[row[index] for index in kept] for row in rows if row[0] in keeps_number])
    update_rows(table, SECTION_COLUMNS, [row for row in rows if row[0] not in keeps_number])


def _update_changes(updates: Sequence[SectionUpdate], term_code: str) -> Iterator[Change]:
    for one in updates:
        for name, after in one.after.items():
            yield Change(
                action=one.action,
                record_type="section",
                record_id=str(one.section_id),
                term_code=term_code,
                version=one.version + 1,
                field=name,
                before=one.before.get(name),
                after=after,
                rule=one.rules.get(name, ""),
            )


def remove_sections(removals: Sequence[Removal], *, term_code: str, author: Author, rule: str) -> None:
    """Remove sections that the SIS removed; they leave their relationships too, which the audit tells."""
    ids = [one.record_id for one in removals]
    leave_relationships(ids, term_code=term_code, author=author, rule=rule)
    write_changes(removal_changes(removals, "section", term_code, rule), author=author)
    Section.objects.filter(pk__in=ids).delete()
