"""What the ids inside the values of records are called: the schedule's names, and the members of groups."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from integration.fieldsets import LOCAL_MEMBER
from integration.models import PlanRow
from integration.sis.port import SENDABLE_TYPES, MergeType
from scheduling import value_names
from scheduling.domain.fields import Field
from scheduling.models import Section
from scheduling.selectors import LABEL_COLUMNS
from scheduling.value_names import ValueNames

Held = tuple[str, Field | None, Any]
"""A JSON-ready value with the code of its term and its field."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordNames:
    """The names for the values of one term.

    Sections stand under their SIS id, and under ours as a member without one is written:
    `labels`: what people call it; `sections`: our id.
    """

    values: ValueNames = field(default_factory=ValueNames)
    labels: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, int] = field(default_factory=dict)

    def of(self, shown: Field | None) -> Mapping[str, str]:
        """The names that may stand in values of a field."""
        return self.labels if shown is not None and shown.name == "members" else self.values.of(shown)

    def section_of(self, row: PlanRow) -> int | None:
        """The section that a row is about, if it is here."""
        return self.sections.get(row.record_key) or self.sections.get(f"{LOCAL_MEMBER}{row.local_id}")

    def label_of(self, row: PlanRow, merge_type: str) -> str:
        """What people call the record; the members of a relationship by their names."""
        kind, word, members = row.label.partition(" of ")
        if merge_type != MergeType.RELATIONSHIPS or not word:
            return row.label or row.record_key
        return f"{kind} of {', '.join(self.labels.get(one, one) for one in members.split(', '))}"


def names_by_term(held: Iterable[Held]) -> Mapping[str, RecordNames]:
    """Term code -> names, in at most four queries."""
    found = list(held)
    return _named(found, {(term, key) for term, shown, value in found for key in _members(shown, value)})


def names_of_rows(
    rows: Sequence[PlanRow], *, merge_type: str, term_code: str | None, fields: Mapping[str, Field]
) -> RecordNames:
    """The names of everything that `rows` of a plan mention; four queries, none for reference data."""
    if not rows or merge_type not in SENDABLE_TYPES or term_code is None:
        return RecordNames()
    held: list[Held] = [(term_code, fields.get(name), value) for row in rows for name, value in _values(row)]
    if merge_type == MergeType.SECTIONS:
        keys = {key for row in rows for key in (row.record_key, f"{LOCAL_MEMBER}{row.local_id}")}
    else:
        keys = {key for _term, shown, value in held for key in _members(shown, value)}
        keys.update(name for row in rows for name in row.label.partition(" of ")[2].split(", "))
    return _named(held, {(term_code, key) for key in keys}).get(term_code, RecordNames())


def _values(row: PlanRow) -> Iterator[tuple[str, Any]]:
    yield from (row.theirs or {}).items()
    for name, shown in row.fields.items():
        yield from ((name, shown.get(side)) for side in ("base", "ours", "theirs", "result"))


def _members(shown: Field | None, value: Any) -> Iterator[str]:
    if shown is not None and shown.name == "members" and isinstance(value, list):
        yield from (str(item["section"]) for item in value if "section" in item)


def _named(held: Collection[Held], keys: Collection[tuple[str, str]]) -> Mapping[str, RecordNames]:
    values = value_names.names_by_term(held)
    labels: dict[str, dict[str, str]] = {}
    sections: dict[str, dict[str, int]] = {}
    for term, pk, sis_id, label in _sections(keys):
        for key in filter(None, (sis_id, f"{LOCAL_MEMBER}{pk}")):
            labels.setdefault(term, {})[key] = label
            sections.setdefault(term, {})[key] = pk
    return {
        term: RecordNames(
            values=values.get(term, ValueNames()),
            labels=labels.get(term, {}),
            sections=sections.get(term, {}),
        )
        for term in {*values, *labels}
    }


def _sections(keys: Collection[tuple[str, str]]) -> Iterator[tuple[str, int, str | None, str]]:
    """(term code, our id, SIS id, label) of the sections that `keys` (term code, key) name."""
    own = {key.removeprefix(LOCAL_MEMBER) for _term, key in keys if key.startswith(LOCAL_MEMBER)}
    linked = {(term, key) for term, key in keys if not key.startswith(LOCAL_MEMBER)}
    by_sis_id = Q(term__in={term for term, _key in linked}, sis_id__in={key for _term, key in linked})
    by_id = Q(pk__in={int(number) for number in own if number.isdigit()})
    rows = Section.objects.filter(by_sis_id | by_id).order_by("id")
    for term, pk, sis_id, *label in rows.values_list("term_id", "id", "sis_id", *LABEL_COLUMNS):
        yield term, pk, sis_id, " ".join(label)
