"""What the contract suite needs of a SIS under test, and the records it writes to it.

The contract of `integration.sis.port` is told as tests in `at_rest_contract`, `reading_contract`,
`paging_contract`, `writing_contract` and `fault_contract`. A test module for an adapter subclasses their
classes and gives the fixture ``sis``: a `SisUnderTest` that serves the institution of `institution.py`.
Where a capability is not declared, it is asserted that it is refused or not offered, so a declaration is
proven either way; what then cannot be asked is told as such (`not_asked`).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import pytest

from integration.fieldsets import Member
from integration.sis.port import (
    TERM_TYPES,
    BadRecord,
    Evidence,
    MergeType,
    Operation,
    SisAdapter,
    SisRecord,
    Writer,
)
from scheduling.domain.fields import CATALOGUE
from scheduling.domain.values import Assignment, Meeting, canonical
from tandem_conformance.institution import ENDS, NOTE, STARTS, TERM

NOW = dt.datetime(2024, 7, 1, 12, 0, tzinfo=dt.UTC)
REF = "5b0c1e9c-8a39-4c55-a3a4-0e2f5a0f7a11"
OTHER_REF = "0d7e7b0e-31e9-4c0b-9f0e-7f3a4d1b6c22"
SECTIONS, RELATIONSHIPS = MergeType.SECTIONS, MergeType.RELATIONSHIPS
NEW_SECTION: Mapping[str, Any] = {
    "course": "MATH120",
    "section_number": "D",
    "title": 'Calculus I, "evening" — naïve',
    "status": "ACTIVE",
    "schedule_type": "LEC",
    "instruction_mode": "P",
    "campus": "MAIN",
    "part_of_term": "1",
    "start_date": STARTS,
    "end_date": ENDS,
    "credits": "1.50",
    "capacity": 25,
    "waitlist_capacity": 0,
    "notes": NOTE,
    "meetings": (
        Meeting(building="Online", start_date=STARTS, end_date=ENDS),
        Meeting(
            days="TR",
            start_time="18:00",
            end_time="19:20",
            building="RNS",
            room="204",
            start_date=STARTS,
            end_date=ENDS,
        ),
    ),
    "instructors": (
        Assignment(instructor="I1", percent=33.5),
        Assignment(instructor="I2", percent=66.5, is_primary=True),
    ),
}
NEW_GROUP: Mapping[str, Any] = {
    "kind": "CROSSLIST",
    "capacity": 60,
    "members": (Member(section="S002", is_primary=True), Member(section="S006")),
}
CHANGES: Mapping[str, Any] = {
    "title": 'Drawing, "life"\nand death',
    "capacity": 31,
    "credits": None,
    "notes": "Ω",
    "meetings": (Meeting(days="F", start_time="10:00", end_time="11:00", start_date=STARTS, end_date=ENDS),),
    "instructors": (Assignment(instructor="I2", percent=100),),
}


RAW_CHANGES: Mapping[str, Any] = {
    "title": "Calculus One",
    "capacity": "31",
    "notes": "Bring a ruler",
    "credits": "",
    "status": "CANCELLED",
    "enrollment": "3",
    "meetings": [],
    "instructors": [{"instructor": "I1", "percent": "99", "is_primary": "True"}],
}


class SisUnderTest(Protocol):
    """The SIS behind the adapter, as far as the suite has to lead it.

    A method that this SIS has no way to do calls `not_asked`. ``close()`` is called at the end where there
    is one; `FaultySis` and `PagingSis` add what not every SIS can do. ``fixed_fields``, where it is there,
    names the fields that are shown and never change in this kind of SIS.
    """

    adapter: SisAdapter

    def again(self) -> SisAdapter:
        """A second adapter onto the same SIS, as another process would open it."""
        ...

    def change(self, sis_id: str, **fields: Any) -> None:
        """Somebody changes fields of a section in the SIS (text, as in the exchange folder)."""
        ...

    def remove(self, sis_id: str) -> None:
        """Somebody removes a section in the SIS."""
        ...

    def let_time_pass(self) -> None:
        """The adapter's horizon passes: what was handed over takes effect and is shown."""
        ...

    def writes(self) -> list[tuple[str, str, str, str]]:
        """(operation, type, SIS id or blank, client_ref) of every write that arrived, in order."""
        ...

    def take_away(self) -> None:
        """The SIS cannot be reached any more."""
        ...

    def spoil(self) -> None:
        """What the SIS answers about sections is not what it claims to be."""
        ...

    def cut_short(self) -> None:
        """The next answer about sections has fewer records than it should have."""
        ...


@dataclass(frozen=True)
class Read:
    """A snapshot read to its end."""

    records: Mapping[str, SisRecord]
    bad: tuple[BadRecord, ...]
    evidence: Evidence


def not_asked(reason: str) -> NoReturn:
    """This part of the contract is not asked of this SIS, and the report says so."""
    pytest.skip(f"not asked: {reason}")


def need(sis: SisUnderTest, *operations: Operation, merge_type: MergeType = SECTIONS) -> None:
    """Go on only where the adapter declares these writes."""
    for operation in operations:
        if not can(sis, operation, merge_type):
            not_asked(f"it declares no {operation.value} of {merge_type.value}")


def need_type(sis: SisUnderTest, merge_type: MergeType) -> None:
    """Go on only where the adapter declares to read this type."""
    if merge_type not in sis.adapter.capabilities.reads:
        not_asked(f"it declares to read no {merge_type.value}")


def read_all(adapter: SisAdapter, merge_type: MergeType = SECTIONS, *, term: str = TERM) -> Read:
    snapshot = adapter.read_all(merge_type, term=term if merge_type in TERM_TYPES else "")
    items = list(snapshot)
    records = [item for item in items if isinstance(item, SisRecord)]
    found = {record.sis_id: record for record in records}
    assert len(found) == len(records), "a record came twice"
    bad = tuple(item for item in items if isinstance(item, BadRecord))
    return Read(records=found, bad=bad, evidence=snapshot.evidence())


def values_of(record: SisRecord) -> dict[str, Any]:
    """A section's or relationship's values in canonical form, as the engine compares them."""
    raw = record.load()
    if "members" not in raw:
        return {field.name: canonical(field, raw[field.name]) for field in CATALOGUE if field.name in raw}
    return {
        "kind": raw["kind"],
        "capacity": canonical(CATALOGUE["capacity"], raw["capacity"]),
        "members": tuple(
            sorted(
                Member(section=one["section"], is_primary=one["is_primary"] in {True, "True"})
                for one in raw["members"]
            )
        ),
    }


def writing(sis: SisUnderTest, adapter: SisAdapter | None = None):
    return (adapter or sis.adapter).writing(term=TERM, run="7", now=NOW)


def create(sis: SisUnderTest, merge_type: MergeType = SECTIONS, *, ref: str = REF, **changes: Any) -> str:
    """Create a record and let it take effect; its SIS id."""
    before = set(read_all(sis.adapter, merge_type).records)
    values = {**(accepted(sis, NEW_SECTION) if merge_type is SECTIONS else NEW_GROUP), **changes}
    with writing(sis) as writer:
        written = writer.create(merge_type, values, client_ref=ref)
    sis.let_time_pass()
    (made,) = set(read_all(sis.adapter, merge_type).records) - before
    assert written.sis_id in {
        made,
        "" if sis.adapter.capabilities.applies_later_seconds is not None else made,
    }
    return made


def update(sis: SisUnderTest, sis_id: str, changes: Mapping[str, Any], *, token: str | None = None) -> None:
    """Update a section (or a relationship) with its present token, and let it take effect."""
    merge_type = SECTIONS if sis_id in read_all(sis.adapter).records else RELATIONSHIPS
    record = read_all(sis.adapter, merge_type).records[sis_id]
    values = {**values_of(record), **changes}
    given = record.token if token is None else token
    with writing(sis) as writer:
        writer.update(merge_type, sis_id, changes, values=values, token=given, client_ref=REF)
    sis.let_time_pass()


def accepted(sis: SisUnderTest, changes: Mapping[str, Any]) -> dict[str, Any]:
    writable = sis.adapter.capabilities.writable_fields
    return {name: value for name, value in changes.items() if writable is None or name in writable}


def readable(sis: SisUnderTest, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that this SIS declares to show."""
    declared = sis.adapter.capabilities.readable_fields
    return {name: value for name, value in values.items() if declared is None or name in declared}


def applies_later(sis: SisUnderTest) -> bool:
    return sis.adapter.capabilities.applies_later_seconds is not None


def can(sis: SisUnderTest, operation: Operation, merge_type: MergeType = SECTIONS) -> bool:
    return sis.adapter.capabilities.can(merge_type, operation)


def write_anything(
    writer: Writer, merge_type: MergeType, operation: Operation, *, sis_id: str = "S001"
) -> None:
    """Some write of this kind, for a SIS that is to refuse it."""
    match operation:
        case Operation.CREATE:
            writer.create(merge_type, NEW_SECTION, client_ref=REF)
        case Operation.UPDATE:
            values = {"title": "x"}
            writer.update(merge_type, sis_id, values, values=values, token="", client_ref=REF)
        case Operation.CANCEL:
            writer.cancel(merge_type, sis_id, token="", client_ref=REF)
        case Operation.DELETE:
            writer.delete(merge_type, sis_id, token="", client_ref=REF)
