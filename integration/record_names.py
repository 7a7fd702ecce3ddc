"""What the ids inside planned values are called: courses, instructors and sections, a page at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from integration.fieldsets import LOCAL_MEMBER
from integration.models import PlanRow
from integration.reference_types import TYPES
from integration.settings_rules import RELATIONSHIP_FIELDS
from integration.sis.port import MergeType
from scheduling.domain.fields import Field, Kind
from scheduling.models import Course, Instructor, Section
from scheduling.selectors import LABEL_COLUMNS, catalogue

ACTIVE = Field(name="is_active", label="Active", kind=Kind.BOOLEAN)
"""What reference data shows beside its own fields: a record that the SIS dropped is inactive."""


def fields_of(merge_type: str) -> Mapping[str, Field]:
    """The fields of a type's records, by name, in the order that people know. One query for sections."""
    if merge_type == MergeType.SECTIONS:
        fields: Iterable[Field] = catalogue()
    elif merge_type == MergeType.RELATIONSHIPS:
        fields = RELATIONSHIP_FIELDS
    else:
        fields = (*TYPES[MergeType(merge_type)].fields, ACTIVE)
    return {one.name: one for one in fields}


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordNames:
    """`names`: id in a value -> what people say. `sections`: SIS id or our id (as text) -> our id."""

    names: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, int] = field(default_factory=dict)

    def section_of(self, row: PlanRow) -> int | None:
        """The section that a row is about, if it is here."""
        return self.sections.get(row.record_key) or self.sections.get(f"{LOCAL_MEMBER}{row.local_id}")

    def label_of(self, row: PlanRow, merge_type: str) -> str:
        """What people call the record; the members of a relationship by their names."""
        kind, word, members = row.label.partition(" of ")
        if merge_type != MergeType.RELATIONSHIPS or not word:
            return row.label or row.record_key
        return f"{kind} of {', '.join(self.names.get(one, one) for one in members.split(', '))}"


def names_in(rows: Sequence[PlanRow], *, merge_type: str, term_code: str | None) -> RecordNames:
    """The names of everything that `rows` mention: at most three queries, none for reference data."""
    if not rows or merge_type not in {MergeType.SECTIONS, MergeType.RELATIONSHIPS}:
        return RecordNames()
    found: dict[str, set[str]] = {"course": set(), "instructor": set(), "section": set()}
    for row in rows:
        for kind, mentioned in _mentioned(row):
            found[kind].add(mentioned)
    if merge_type == MergeType.SECTIONS:
        keys = {row.record_key for row in rows} | {f"{LOCAL_MEMBER}{row.local_id}" for row in rows}
    else:
        keys = found["section"] | {name for row in rows for name in _members_of(row)}
    labels, sections = _sections(keys, term_code)
    return RecordNames(
        names=labels | _courses(found["course"], term_code) | _instructors(found["instructor"]),
        sections=sections,
    )


def _members_of(row: PlanRow) -> Iterable[str]:
    return row.label.partition(" of ")[2].split(", ")


def _mentioned(row: PlanRow) -> Iterator[tuple[str, str]]:
    values = list((row.theirs or {}).items())
    for name, shown in row.fields.items():
        values += [(name, shown.get(side)) for side in ("base", "ours", "theirs", "result")]
    for name, value in values:
        if name == "course" and isinstance(value, str):
            yield "course", value
        elif name in {"instructors", "members"} and isinstance(value, list):
            yield from _of_items(value)


def _of_items(items: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for item in items:
        if isinstance(item, Mapping):
            yield from ((kind, str(item[kind])) for kind in ("instructor", "section") if kind in item)


def _courses(ids: Iterable[str], term_code: str | None) -> dict[str, str]:
    wanted = set(ids)
    if not wanted:
        return {}
    rows = Course.objects.filter(term=term_code, sis_id__in=wanted).order_by("id")
    columns = rows.values_list("sis_id", "subject", "number")
    return {sis_id: f"{subject} {number}" for sis_id, subject, number in columns}


def _instructors(ids: Iterable[str]) -> dict[str, str]:
    wanted = set(ids)
    if not wanted:
        return {}
    return {one.pk: str(one) for one in Instructor.objects.filter(pk__in=wanted).order_by("pk")}


def _sections(keys: Iterable[str], term_code: str | None) -> tuple[dict[str, str], dict[str, int]]:
    """By SIS id, and by our id written as a member that has none: what they are called, and our id."""
    wanted = set(keys)
    local = [key.removeprefix(LOCAL_MEMBER) for key in wanted if key.startswith(LOCAL_MEMBER)]
    by_sis_id = Q(term=term_code, sis_id__in=wanted)
    rows = Section.objects.filter(
        by_sis_id | Q(pk__in=[number for number in local if number.isdigit()])
    ).order_by("id")
    labels: dict[str, str] = {}
    sections: dict[str, int] = {}
    for pk, sis_id, *label in rows.values_list("id", "sis_id", *LABEL_COLUMNS):
        for key in filter(None, (sis_id, f"{LOCAL_MEMBER}{pk}")):
            labels[key] = " ".join(label)
            sections[key] = pk
    return labels, sections
