"""Reference data and courses: one description a type. They are imported and never sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import models

from integration.merge.records import Value
from integration.sis.port import MergeType
from scheduling.domain.fields import Field, Kind
from scheduling.models import Building, Campus, Course, Department, Instructor, Room, Term

Known = Mapping[str, frozenset[str]]
"""Codes that a record may refer to, by the name of its field."""


def _text(name: str, label: str, length: int, *, is_required: bool = False) -> Field:
    return Field(name=name, label=label, kind=Kind.TEXT, max_length=length, is_required=is_required)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferenceType:
    """How a type is read and kept.

    `columns` maps a field to the model's attribute; `key` are the fields that identify a record; `refers`
    maps a field to the model whose key it must name. A record that goes away becomes inactive.
    """

    merge_type: MergeType
    model: type[models.Model]
    fields: tuple[Field, ...]
    columns: Mapping[str, str]
    key: tuple[str, ...]
    refers: Mapping[str, type[models.Model]]

    def key_of(self, values: Mapping[str, Value]) -> str:
        """The record's key as one text."""
        return "/".join(str(values[name]) for name in self.key)

    def label(self, values: Mapping[str, Value]) -> str:
        """How people call it."""
        names = ("subject", "number") if self.merge_type is MergeType.COURSES else self.key
        return " ".join(str(values[name]) for name in names)


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
            refers={"building": Building},
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
            refers={"department": Department},
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


def known_codes(kind: ReferenceType) -> Known:
    """What the records of `kind` may refer to."""
    return {
        name: frozenset(model._default_manager.order_by().values_list("pk", flat=True))
        for name, model in kind.refers.items()
    }


def add_campuses(codes: Iterable[str]) -> None:
    """Campuses come with the buildings that stand on them."""
    wanted = set(codes) - set(Campus.objects.order_by().values_list("code", flat=True))
    Campus.objects.bulk_create(
        [Campus(code=code, name=code) for code in sorted(wanted)], ignore_conflicts=True
    )


def department_of(
    subject: str, departments: frozenset[str], subject_departments: Mapping[str, str]
) -> str | None:
    """A course's department: its subject, unless the settings map it elsewhere; None where there is none."""
    code = subject_departments.get(subject, subject)
    return code if code in departments else None
