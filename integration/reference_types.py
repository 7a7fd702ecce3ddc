"""Reference data and courses: one description a type. They are imported and never sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from integration.merge.records import Value
from integration.sis.port import MergeType
from scheduling.domain.fields import Field, Kind
from scheduling.models import Building, Course, Department, Instructor, Room, Term


def _text(name: str, label: str, length: int, *, is_required: bool = False) -> Field:
    return Field(name=name, label=label, kind=Kind.TEXT, max_length=length, is_required=is_required)


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """One record as it stands here; `is_active` False: the SIS no longer has it."""

    values: Mapping[str, Value]
    is_active: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferenceType:
    """How a type is read and kept.

    `columns` maps a field to the model's attribute; `key` are the fields that identify a record; `refers`
    maps a field to the type whose key it must name. A record that goes away becomes inactive.
    """

    merge_type: MergeType
    model: type[models.Model]
    fields: tuple[Field, ...]
    columns: Mapping[str, str]
    key: tuple[str, ...]
    refers: Mapping[str, MergeType]

    @property
    def is_of_term(self) -> bool:
        """Whether its records belong to a term."""
        return self.merge_type is MergeType.COURSES

    @property
    def record_name(self) -> str:
        """What the audit calls one of them."""
        return self.merge_type.value.removesuffix("s")

    def key_of(self, values: Mapping[str, Value]) -> str:
        """The record's key as one text."""
        return "/".join(str(values[name]) for name in self.key)

    def label(self, values: Mapping[str, Value]) -> str:
        """How people call it."""
        names = ("subject", "number") if self.is_of_term else self.key
        return " ".join(str(values[name]) for name in names)

    def rows(self, term: str) -> models.QuerySet[Any]:
        """The rows here (of `term`, for courses). A course that a section only promised is none of them."""
        rows = self.model._default_manager.order_by()
        return rows.filter(term_id=term, is_placeholder=False) if self.is_of_term else rows

    def held(self, term: str) -> dict[str, Held]:
        """Key -> record, for all that is here: small and flat."""
        found: dict[str, Held] = {}
        for *cells, is_active in self.rows(term).values_list(*self.columns.values(), "is_active"):
            values = {name: _plain(cell) for name, cell in zip(self.columns, cells, strict=True)}
            found[self.key_of(values)] = Held(values=values, is_active=is_active)
        return found


def _plain(value: object) -> Value:
    if value is None or value == "":
        return None
    return value if isinstance(value, int | str) else str(value)


CODE = _text("code", "Code", 40, is_required=True)
NAME = _text("name", "Name", 200, is_required=True)

TYPES: Mapping[MergeType, ReferenceType] = {
    one.merge_type: one
    for one in (
        ReferenceType(
            merge_type=MergeType.TERMS,
            model=Term,
            fields=(
                CODE,
                NAME,
                Field(name="start_date", label="Start date", kind=Kind.DATE, is_required=True),
                Field(name="end_date", label="End date", kind=Kind.DATE, is_required=True),
            ),
            columns={"code": "code", "name": "name", "start_date": "start_date", "end_date": "end_date"},
            key=("code",),
            refers={},
        ),
        ReferenceType(
            merge_type=MergeType.DEPARTMENTS,
            model=Department,
            fields=(CODE, NAME),
            columns={"code": "code", "name": "name"},
            key=("code",),
            refers={},
        ),
        ReferenceType(
            merge_type=MergeType.BUILDINGS,
            model=Building,
            fields=(CODE, NAME, _text("campus", "Campus", 40)),
            columns={"code": "code", "name": "name", "campus": "campus_id"},
            key=("code",),
            refers={},
        ),
        ReferenceType(
            merge_type=MergeType.ROOMS,
            model=Room,
            fields=(
                _text("building", "Building", 40, is_required=True),
                _text("number", "Number", 40, is_required=True),
                Field(name="capacity", label="Capacity", kind=Kind.INTEGER, minimum=0, maximum=99_999),
                _text("type", "Type", 40),
            ),
            columns={
                "building": "building_id",
                "number": "number",
                "capacity": "capacity",
                "type": "room_type",
            },
            key=("building", "number"),
            refers={"building": MergeType.BUILDINGS},
        ),
        ReferenceType(
            merge_type=MergeType.INSTRUCTORS,
            model=Instructor,
            fields=(
                _text("id", "Id", 64, is_required=True),
                _text("first_name", "First name", 100),
                _text("last_name", "Last name", 100),
                _text("email", "E-mail", 254),
                _text("department", "Department", 40),
            ),
            columns={
                "id": "sis_id",
                "first_name": "first_name",
                "last_name": "last_name",
                "email": "email",
                "department": "department_id",
            },
            key=("id",),
            refers={"department": MergeType.DEPARTMENTS},
        ),
        ReferenceType(
            merge_type=MergeType.COURSES,
            model=Course,
            fields=(
                _text("id", "Id", 64, is_required=True),
                _text("subject", "Subject", 40, is_required=True),
                _text("number", "Number", 40, is_required=True),
                _text("title", "Title", 200),
                Field(name="credits", label="Credits", kind=Kind.CREDITS),
                _text("department", "Department", 40),
            ),
            columns={
                "id": "sis_id",
                "subject": "subject",
                "number": "number",
                "title": "title",
                "credits": "credits",
                "department": "department_id",
            },
            key=("id",),
            refers={},
        ),
    )
}


def known_codes(merge_type: MergeType) -> frozenset[str]:
    """The codes of a type whose key is one code, the inactive ones too."""
    return frozenset(TYPES[merge_type].model._default_manager.order_by().values_list("pk", flat=True))


def department_of(
    subject: str, departments: frozenset[str], subject_departments: Mapping[str, str]
) -> str | None:
    """A course's department: its subject, unless the settings map it elsewhere; None where there is none."""
    code = subject_departments.get(subject, subject)
    return code if code in departments else None
