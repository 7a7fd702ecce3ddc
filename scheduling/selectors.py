"""Reading the schedule. Everything here is ordered and takes a constant number of queries."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from phases.json_rows import json_rows
from phases.policy import Actor
from scheduling.domain.errors import Ambiguous, NotFound
from scheduling.domain.fields import CATALOGUE, Catalogue
from scheduling.domain.values import Assignment, Value
from scheduling.domain.values import Meeting as MeetingValue
from scheduling.models import (
    Course,
    CustomField,
    InstructorAssignment,
    Meeting,
    Relationship,
    RelationshipMember,
    RoleAssignment,
    Section,
    Term,
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
MEETING_COLUMNS = (
    "days",
    "start_time",
    "end_time",
    "building_id",
    "room__building_id",
    "room__number",
    "start_date",
    "end_date",
)
TEAM_COLUMNS = ("instructor_id", "percent", "is_primary")
NAMES = {"course__sis_id": "course", "campus_id": "campus"}
LABEL_COLUMNS = ("course__subject", "course__number", "section_number")
MOST_HYPHENS = 8
Json = Mapping[str, Any]
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
    return catalogue_with(CustomField.objects.all())


def catalogue_with(fields: Iterable[CustomField]) -> Catalogue:
    """The section fields and these of the institution's own."""
    return CATALOGUE.with_custom(field.as_field() for field in fields)


def is_at_work(user: User) -> bool:
    """Whether the roles of `user` count: for who is active and has the Scheduling product."""
    return user.is_active and user.has_scheduling


def actor_for(user: User) -> Actor:
    """`user` as the phase policy sees somebody: roles with their departments."""
    if not is_at_work(user):
        return Actor(name=user.get_username(), user_id=user.pk)
    rows = RoleAssignment.objects.filter(user=user).order_by("role_id")
    held = rows.values_list("role_id", "is_for_all_departments", "departments")
    return Actor(name=user.get_username(), user_id=user.pk, roles=roles_held(held))


def roles_held(rows: Iterable[tuple[str, bool, str | None]]) -> tuple[tuple[str, frozenset[str] | None], ...]:
    """Roles with their departments; a row for each department of an assignment: role, is for all, code."""
    held: dict[tuple[str, bool], set[str]] = {}
    for role, is_for_all, code in rows:
        held.setdefault((role, is_for_all), set()).update([code] if code else [])
    return tuple(
        (role, None if is_for_all else frozenset(codes)) for (role, is_for_all), codes in held.items()
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
    for row in rows:
        pk, version, sis_id = row[:3]
        values = _section_values(row, meetings.get(pk, ()), teams.get(pk, ()))
        found[pk] = SectionState(version=version, sis_id=sis_id, values=values)
    return found


def section_state(section_id: int) -> SectionState:
    """One section, which is there, in canonical form, in one query."""
    rows = Section.objects.filter(pk=section_id).values_list(
        *SECTION_COLUMNS, meetings_column(), team_column()
    )
    *columns, meetings, team = rows.get()
    _pk, version, sis_id = columns[:3]
    return SectionState(version=version, sis_id=sis_id, values=section_values(columns, meetings, team))


def _section_values(
    row: Sequence[Any], meetings: tuple[MeetingValue, ...], team: tuple[Assignment, ...]
) -> dict[str, Value]:
    """The canonical values of a row's `SECTION_COLUMNS`, its meetings and its team."""
    _pk, _version, _sis_id, custom, *columns = row
    values: dict[str, Value] = {name: _plain(value) for name, value in zip(FIELD_NAMES, columns, strict=True)}
    values["meetings"], values["instructors"] = meetings, team
    return values | {f"custom.{name}": value for name, value in custom.items()}


def section_values(row: Sequence[Any], meetings: Sequence[Json], team: Sequence[Json]) -> dict[str, Value]:
    """The canonical values of a row's `SECTION_COLUMNS`, `meetings_column` and `team_column`."""
    return _section_values(row, meetings_told(meetings), team_told(team))


def _time(value: object) -> str:
    return str(value)[:5] if value is not None else ""


def meeting_value(row: Sequence[Any]) -> MeetingValue:
    """The canonical meeting of a row's `MEETING_COLUMNS`."""
    days, start_time, end_time, building, room_building, room, start_date, end_date = row
    return MeetingValue(
        days=days,
        start_time=_time(start_time),
        end_time=_time(end_time),
        building=room_building or building or "",
        room=room or "",
        start_date=str(start_date or ""),
        end_date=str(end_date or ""),
    )


def assignment_value(instructor: str, percent: Decimal | float, is_primary: bool) -> Assignment:  # noqa: FBT001  # as the columns stand
    """The canonical assignment of a row's columns."""
    whole = int(percent) if percent == int(percent) else float(percent)
    return Assignment(instructor=instructor, percent=whole, is_primary=is_primary)


def meetings_of(ids: Sequence[int]) -> Mapping[int, tuple[MeetingValue, ...]]:
    """Section id -> its meetings, sorted, in one query."""
    found: dict[int, list[MeetingValue]] = defaultdict(list)
    rows = Meeting.objects.filter(section_id__in=ids).order_by("section_id", "id")
    for pk, *columns in rows.values_list("section_id", *MEETING_COLUMNS):
        found[pk].append(meeting_value(columns))
    return {pk: tuple(sorted(items)) for pk, items in found.items()}


def meetings_column(section: str = "pk") -> Subquery:
    """The meetings of the outer query's `section`, as `meetings_told` reads them."""
    return json_rows(Meeting.objects.filter(section=OuterRef(section)).order_by("id"), *MEETING_COLUMNS)


def meetings_told(rows: Sequence[Json]) -> tuple[MeetingValue, ...]:
    """The meetings of a `meetings_column`, sorted."""
    return tuple(sorted(meeting_value([row[name] for name in MEETING_COLUMNS]) for row in rows))


def team_column() -> Subquery:
    """The instructor assignments of the outer query's section, as `team_told` reads them."""
    rows = InstructorAssignment.objects.filter(section=OuterRef("pk")).order_by("instructor_id")
    return json_rows(rows, *TEAM_COLUMNS)


def team_told(rows: Sequence[Json]) -> tuple[Assignment, ...]:
    """The assignments of a `team_column`, sorted."""
    return tuple(sorted(assignment_value(*(row[name] for name in TEAM_COLUMNS)) for row in rows))


def teams_of(ids: Sequence[int]) -> Mapping[int, tuple[Assignment, ...]]:
    """Section id -> its instructor assignments, sorted, in one query."""
    found: dict[int, list[Assignment]] = defaultdict(list)
    rows = (
        InstructorAssignment.objects.filter(section_id__in=ids)
        .order_by("section_id", "instructor_id")
        .values_list("section_id", *TEAM_COLUMNS)
    )
    for pk, instructor, percent, is_primary in rows:
        found[pk].append(assignment_value(instructor, percent, is_primary))
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
    if not code:
        return []
    in_term = Section.objects.filter(term_id=term_code).order_by("id")
    by_code = [
        Q(course__subject=subject, course__number=number, section_number=section_number)
        for subject, number, section_number in _splits(code, 3)
    ]
    for candidates in (Q(crn=code), Q(sis_id=code), *([reduce(or_, by_code)] if by_code else [])):
        found = list(in_term.filter(candidates).values_list("id", flat=True))
        if found:
            return found
    return []


def section_named(term_code: str, code: str) -> int:
    """The one section that `code` names (see `sections_by_code`).

    Raises `NotFound`, or `Ambiguous` with the candidates.
    """
    found = sections_by_code(term_code, code)
    if not found and not Term.objects.filter(pk=term_code).exists():
        raise NotFound(f"There is no term {term_code!r}; check its code.")
    if not found:
        raise NotFound(
            f"There is no section {code!r} in term {term_code}; "
            "give a crn, a SIS id, or SUBJECT-NUMBER-SECTIONNUMBER."
        )
    if len(found) > 1:
        rows = Section.objects.filter(pk__in=found).select_related("course").order_by("id")
        candidates = "; ".join(
            f"{one} (crn {one.crn or 'none yet'}, SIS id {one.sis_id or 'none yet'}, {one.status.lower()})"
            for one in rows
        )
        raise Ambiguous(f"{code} may be any of: {candidates}. Give the crn or the SIS id of one of them.")
    return found[0]


def courses_by_code(term_code: str, code: str) -> list[str]:
    """The SIS ids of the courses that `code` may name: a SIS id, else SUBJECT-NUMBER."""
    in_term = Course.objects.filter(term_id=term_code).order_by("id")
    by_code = [Q(subject=subject, number=number) for subject, number in _splits(code, 2)]
    for candidates in (Q(sis_id=code), *([reduce(or_, by_code)] if by_code else [])):
        found = list(in_term.filter(candidates).values_list("sis_id", flat=True))
        if found:
            return found
    return []


def _splits(code: str, count: int) -> list[tuple[str, ...]]:
    """`code` cut at hyphens into `count` parts, in every way: a subject or a number may have hyphens too."""
    words = code.split("-")
    cuts = itertools.combinations(range(1, len(words)), count - 1) if len(words) <= MOST_HYPHENS else ()
    return [tuple("-".join(words[a:b]) for a, b in itertools.pairwise((0, *cut, len(words)))) for cut in cuts]


def label_of_relationship(relationship_id: int) -> str:
    """How people call a relationship: its kind and its members, the primary first."""
    kind = Relationship.objects.values_list("kind", flat=True).get(pk=relationship_id)
    members = RelationshipMember.objects.filter(relationship_id=relationship_id)
    labels = members.values_list(*(f"section__{name}" for name in LABEL_COLUMNS))
    return f"{kind.capitalize()} of {', '.join(' '.join(label) for label in labels)}"


def labels_of_sections(ids: Iterable[int]) -> dict[int, str]:
    """Section id -> how people call it."""
    rows = Section.objects.filter(pk__in=list(ids)).order_by("id")
    return {pk: " ".join(label) for pk, *label in rows.values_list("id", *LABEL_COLUMNS)}
