"""From what a SIS says to canonical values, or to the sentences that say what is wrong with it.

Nothing is guessed: a value that the catalogue cannot hold and a reference that is unknown here reject the
record (not the run), with file, line and column where the adapter knows them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integration.fieldsets import Member
from integration.merge.records import Value
from integration.references import References
from integration.sis.port import Issue, Origin, RawValues, SisRecord
from scheduling.domain.errors import InvalidValue
from scheduling.domain.fields import RELATIONSHIP_KINDS, Catalogue, Field, Kind
from scheduling.domain.values import (
    Assignment,
    Meeting,
    assignment,
    boolean,
    canonical,
    fill_meeting_dates,
    meeting,
)

COLUMNS = {"course": "course_id", "instructor": "instructor_id"}
"""Field -> column of the exchange folder, where the two differ."""
LONGEST_ID = 64
LONGEST_REPEATED = 40
"""Fields that may hold more characters rarely hold the same in two records."""
CAPACITY = Field(name="capacity", label="Capacity", kind=Kind.INTEGER, minimum=0, maximum=99_999)


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """One record of the SIS in canonical form, or the issues that reject it."""

    record: SisRecord
    values: Mapping[str, Value]
    issues: tuple[Issue, ...] = ()
    subject: str = ""
    number: str = ""


def _issue(
    record: SisRecord, code: str, message: str, *, field: str, column: str = "", origin: Origin | None = None
) -> Issue:
    return Issue(
        code=code,
        message=message,
        record=record.sis_id,
        field=field,
        origin=origin or record.origin,
        column=COLUMNS.get(column or field, column or field),
    )


def _id_too_long(record: SisRecord) -> Iterator[Issue]:
    length = len(record.sis_id)
    if length > LONGEST_ID:
        message = f"Id {record.sis_id[:20]!r}… has {length} characters; {LONGEST_ID} are allowed. Shorten it."
        yield _issue(record, "ID_TOO_LONG", message, field="id")


def _origin(raw: RawValues, record: SisRecord) -> Origin:
    found = raw.get("_origin")
    return found if isinstance(found, Origin) else record.origin


def read_section(
    record: SisRecord, catalogue: Catalogue, references: References, *, placeholders: bool = False
) -> Incoming:
    """A section of the SIS. With `placeholders` an unknown course is no fault (it will be made)."""
    raw = record.load()
    issues = list(_id_too_long(record))
    values: dict[str, Value] = {}
    for field in catalogue:
        is_needed = field.is_required and not field.is_custom
        is_list = field.kind is Kind.MEETINGS or field.kind is Kind.INSTRUCTORS
        if is_list or not (is_needed or field.name in raw):
            continue
        try:
            values[field.name] = _canonical(field, raw.get(field.name), references)
        except InvalidValue as error:
            issues.append(_issue(record, error.code, error.message, field=field.name))
    if "crn" not in raw:
        values["crn"] = record.sis_id
    if "meetings" in raw:
        found = tuple(_meetings(record, raw["meetings"], references, issues))
        values["meetings"] = fill_meeting_dates(
            set(found), start_date=values.get("start_date") or "", end_date=values.get("end_date") or ""
        )
    if "instructors" in raw:
        values["instructors"] = _team(record, raw["instructors"], references, issues)
    issues.extend(_across_fields(record, values, references, placeholders=placeholders))
    return Incoming(
        record=record,
        values=values,
        issues=tuple(issues),
        subject=str(raw.get("subject") or ""),
        number=str(raw.get("number") or ""),
    )


def _canonical(field: Field, raw: object, references: References) -> Value:
    """`canonical`, remembered where records repeat the values: that is a third of a first load's reading."""
    if type(raw) is not str or field.kind is Kind.COURSE or field.max_length > LONGEST_REPEATED:
        return canonical(field, raw)
    key = field.name, raw
    if key not in references.met:
        references.met[key] = canonical(field, raw)
    return references.met[key]


def _meetings(
    record: SisRecord, raws: Sequence[RawValues], references: References, issues: list[Issue]
) -> Iterator[Meeting]:
    for raw in raws:
        origin = _origin(raw, record)
        try:
            made = meeting(raw)
        except InvalidValue as error:
            issues.append(
                _issue(record, error.code, error.message, field="meetings", column=error.part, origin=origin)
            )
            continue
        problem = ""
        if made.building and made.building not in references.buildings:
            problem = f"Building {made.building!r} is not known here; import buildings first or correct it."
            code, column = "UNKNOWN_BUILDING", "building"
        elif made.room and (made.building, made.room) not in references.rooms:
            problem = f"Room {made.building} {made.room} is not known here; import rooms first or correct it."
            code, column = "UNKNOWN_ROOM", "room"
        if problem:
            issues.append(_issue(record, code, problem, field="meetings", column=column, origin=origin))
        yield made


def _team(
    record: SisRecord, raws: Sequence[RawValues], references: References, issues: list[Issue]
) -> tuple[Assignment, ...]:
    found: dict[str, Assignment] = {}
    for raw in raws:
        origin = _origin(raw, record)
        try:
            made = assignment(raw)
        except InvalidValue as error:
            column = error.part or "is_primary"
            issues.append(
                _issue(record, error.code, error.message, field="instructors", column=column, origin=origin)
            )
            continue
        code, problem, column = "", "", "instructor_id"
        if made.instructor not in references.instructors:
            code = "UNKNOWN_INSTRUCTOR"
            problem = (
                f"Instructor {made.instructor!r} is not known here; import instructors first or correct it."
            )
        elif made.instructor in found:
            code = "DUPLICATE_INSTRUCTOR"
            problem = f"Instructor {made.instructor!r} is listed twice for this section; keep one row."
        elif made.is_primary and any(one.is_primary for one in found.values()):
            code, column = "TWO_PRIMARIES", "is_primary"
            problem = "More than one instructor is marked primary; mark one."
        if problem:
            issues.append(_issue(record, code, problem, field="instructors", column=column, origin=origin))
        found[made.instructor] = made
    return tuple(sorted(found.values()))


def _across_fields(
    record: SisRecord, values: Mapping[str, Value], references: References, *, placeholders: bool
) -> Iterator[Issue]:
    course = values.get("course")
    if course and course not in references.courses and not placeholders:
        message = f"Course {course!r} is not known in this term; import courses first or correct course_id."
        yield _issue(record, "UNKNOWN_COURSE", message, field="course")
    start, end = values.get("start_date"), values.get("end_date")
    if start and end and end < start:
        message = f"The section ends on {end}, before it starts on {start}; correct one of the dates."
        yield _issue(record, "INVALID_VALUE", message, field="end_date")


def read_relationship(record: SisRecord, known_sections: Mapping[str, int]) -> Incoming:
    """A relationship of the SIS; its members must be sections we know."""
    raw: Mapping[str, Any] = record.load()
    issues = list(_id_too_long(record))
    values: dict[str, Value] = {"kind": str(raw.get("kind") or "").strip()}
    if values["kind"] not in RELATIONSHIP_KINDS:
        message = f"Kind is {values['kind']!r}; it must be one of {', '.join(RELATIONSHIP_KINDS)}."
        issues.append(_issue(record, "INVALID_VALUE", message, field="kind"))
    try:
        values["capacity"] = canonical(CAPACITY, raw.get("capacity"))
    except InvalidValue as error:
        issues.append(_issue(record, error.code, error.message, field="capacity"))
    values["members"] = _members(record, raw.get("members", ()), known_sections, issues)
    return Incoming(record=record, values=values, issues=tuple(issues))


def _members(
    record: SisRecord, raws: Sequence[RawValues], known_sections: Mapping[str, int], issues: list[Issue]
) -> tuple[Member, ...]:
    members: dict[str, Member] = {}
    for raw in raws:
        origin = _origin(raw, record)

        def refuse(code: str, message: str, column: str, origin: Origin = origin) -> None:
            issues.append(_issue(record, code, message, field="members", column=column, origin=origin))

        section = str(raw.get("section") or "").strip()
        if section not in known_sections:
            message = (
                f"Section {section!r} of this group is not known in this term; import sections first or "
            )
            refuse("UNKNOWN_SECTION", message + "correct section_id.", "section_id")
        elif section in members:
            message = f"Section {section!r} is listed twice in this group; keep one row."
            refuse("DUPLICATE_MEMBER", message, "section_id")
        is_primary = False
        try:
            is_primary = boolean(raw.get("is_primary") or False, label="Primary", name="members")
        except InvalidValue as error:
            refuse(error.code, error.message, "is_primary")
        if is_primary and any(one.is_primary for one in members.values()):
            refuse("TWO_PRIMARIES", "More than one member is marked primary; mark one.", "is_primary")
        members[section] = Member(section=section, is_primary=is_primary)
    return tuple(sorted(members.values()))
