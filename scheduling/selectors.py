"""Reading the schedule. Everything here is ordered and takes a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from phases.policy import Actor
from scheduling.domain.fields import CATALOGUE, Catalogue
from scheduling.domain.values import Assignment, Value
from scheduling.domain.values import Meeting as MeetingValue
from scheduling.models import (
    CustomField,
    InstructorAssignment,
    Meeting,
    Relationship,
    RelationshipMember,
    RoleAssignment,
    Section,
    User,
)

SECTION_COLUMNS = (
    "id",
    "version",
    "sis_id",
    "custom",
    "crn",
    "course__sis_id",
    "section_number",
    "title",
    "status",
    "schedule_type",
    "instruction_mode",
    "campus_id",
    "part_of_term",
    "start_date",
    "end_date",
    "credits",
    "capacity",
    "waitlist_capacity",
    "enrollment",
    "waitlisted",
    "notes",
)
NAMES = {"course__sis_id": "course", "campus_id": "campus"}
FIELD_NAMES = tuple(NAMES.get(column, column) for column in SECTION_COLUMNS[4:])


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionState:
    """One section as it stands: canonical values by field name."""

    version: int
    sis_id: str | None
    values: dict[str, Value]


@dataclass(frozen=True, kw_only=True, slots=True)
class RelationshipState:
    """One relationship as it stands; `members`: (section id, is primary), sorted."""

    version: int
    sis_id: str | None
    kind: str
    capacity: int | None
    members: tuple[tuple[int, bool], ...]


def catalogue() -> Catalogue:
    """The section fields, the institution's own included."""
    return CATALOGUE.with_custom(field.as_field() for field in CustomField.objects.all())


def actor_for(user: User) -> Actor:
    """`user` as the phase policy sees somebody: roles with their departments."""
    if not user.is_active or not user.has_scheduling:
        return Actor(name=user.get_username())
    held = RoleAssignment.objects.filter(user=user).prefetch_related("departments").order_by("role_id")
    return Actor(
        name=user.get_username(),
        roles=tuple(
            (
                one.role_id,
                None if one.is_for_all_departments else frozenset(d.pk for d in one.departments.all()),
            )
            for one in held
        ),
    )


def _plain(value: object) -> Value:
    """A column's value in canonical form."""
    if value is None or value == "":
        return None
    if isinstance(value, int | str):
        return value
    return str(value)  # Decimal with its two decimals, date in ISO


def values_of_sections(ids: Sequence[int]) -> dict[int, SectionState]:
    """The sections with these ids in canonical form, in three queries; unknown ids are left out."""
    meetings = meetings_of(ids)
    teams = teams_of(ids)
    found: dict[int, SectionState] = {}
    rows = Section.objects.filter(pk__in=ids).order_by("id").values_list(*SECTION_COLUMNS)
    for pk, version, sis_id, custom, *columns in rows:
        values: dict[str, Value] = {
            name: _plain(value) for name, value in zip(FIELD_NAMES, columns, strict=True)
        }
        values["meetings"] = meetings.get(pk, ())
        values["instructors"] = teams.get(pk, ())
        for name, value in custom.items():
            values[f"custom.{name}"] = value
        found[pk] = SectionState(version=version, sis_id=sis_id, values=values)
    return found


def _time(value: object) -> str:
    return str(value)[:5] if value is not None else ""


def meetings_of(ids: Sequence[int]) -> Mapping[int, tuple[MeetingValue, ...]]:
    """Section id -> its meetings, sorted, in one query."""
    found: dict[int, list[MeetingValue]] = defaultdict(list)
    rows = (
        Meeting.objects.filter(section_id__in=ids)
        .order_by("section_id", "id")
        .values_list(
            "section_id",
            "days",
            "start_time",
            "end_time",
            "building_id",
            "room__building_id",
            "room__number",
            "start_date",
            "end_date",
        )
    )
    for pk, days, start, end, building, room_building, number, first, last in rows:
        found[pk].append(
            MeetingValue(
                days=days,
                start_time=_time(start),
                end_time=_time(end),
                building=room_building or building or "",
                room=number or "",
                start_date=str(first or ""),
                end_date=str(last or ""),
            )
        )
    return {pk: tuple(sorted(items)) for pk, items in found.items()}


def teams_of(ids: Sequence[int]) -> Mapping[int, tuple[Assignment, ...]]:
    """Section id -> its instructor assignments, sorted, in one query."""
    found: dict[int, list[Assignment]] = defaultdict(list)
    rows = (
        InstructorAssignment.objects.filter(section_id__in=ids)
        .order_by("section_id", "instructor_id")
        .values_list("section_id", "instructor_id", "percent", "is_primary")
    )
    for pk, instructor, percent, is_primary in rows:
        whole = int(percent) if percent == int(percent) else float(percent)
        found[pk].append(Assignment(instructor=instructor, percent=whole, is_primary=is_primary))
    return {pk: tuple(sorted(items)) for pk, items in found.items()}


def values_of_relationships(ids: Sequence[int]) -> dict[int, RelationshipState]:
    """The relationships with these ids, in two queries; unknown ids are left out."""
    members: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    rows = RelationshipMember.objects.filter(relationship_id__in=ids).order_by(
        "relationship_id", "section_id"
    )
    for pk, section_id, is_primary in rows.values_list("relationship_id", "section_id", "is_primary"):
        members[pk].append((section_id, is_primary))
    found = Relationship.objects.filter(pk__in=ids).order_by("id")
    return {
        pk: RelationshipState(
            version=version, sis_id=sis_id, kind=kind, capacity=capacity, members=tuple(sorted(members[pk]))
        )
        for pk, version, sis_id, kind, capacity in found.values_list(
            "id", "version", "sis_id", "kind", "capacity"
        )
    }


def sections_by_code(term_code: str, code: str) -> list[int]:
    """The sections that `code` may name: a crn, else a SIS id, else SUBJECT-NUMBER-SECTIONNUMBER."""
    in_term = Section.objects.filter(term_id=term_code).order_by("id")
    for candidates in ({"crn": code}, {"sis_id": code}):
        found = list(in_term.filter(**candidates).values_list("id", flat=True))
        if found:
            return found
    parts = code.rsplit("-", 2)
    if len(parts) != 3:
        return []
    return list(
        in_term.filter(
            course__subject=parts[0], course__number=parts[1], section_number=parts[2]
        ).values_list("id", flat=True)
    )


def labels_of_sections(ids: Iterable[int]) -> dict[int, str]:
    """Section id -> how people call it."""
    rows = Section.objects.filter(pk__in=list(ids)).order_by("id")
    return {
        pk: f"{subject} {number} {section}"
        for pk, subject, number, section in rows.values_list(
            "id", "course__subject", "course__number", "section_number"
        )
    }
