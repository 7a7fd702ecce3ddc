"""The contract of `integration.sis.port` as tests that every adapter passes.

A test module for an adapter subclasses the classes below and gives the fixture ``sis``: a `SisUnderTest`
that serves the institution of `institution.py`. Where a capability is not declared, it is asserted that it is
refused or not offered, so a declaration is proven either way. `FaultContract` is for adapters whose SIS can
be made to fail at will (`FaultySis`).
"""

import datetime as dt
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from integration.fieldsets import Member
from integration.sis.port import (
    SENDABLE_TYPES,
    TERM_TYPES,
    BadRecord,
    Evidence,
    Key,
    MergeType,
    Operation,
    SisAdapter,
    SisAlreadyExists,
    SisConflict,
    SisDenied,
    SisLocked,
    SisNotFound,
    SisOutcomeUnknown,
    SisRateLimited,
    SisRecord,
    SisRejected,
    SisUnavailable,
    SisUnreadable,
    Writer,
)
from scheduling.domain.fields import CATALOGUE
from scheduling.domain.values import Assignment, Meeting, canonical
from tests.contract.institution import ENDS, NOTE, OTHER_TERM, STARTS, TABLES, TERM, ids

NOW = dt.datetime(2024, 7, 1, 12, 0, tzinfo=dt.UTC)
REF = "5b0c1e9c-8a39-4c55-a3a4-0e2f5a0f7a11"
OTHER_REF = "0d7e7b0e-31e9-4c0b-9f0e-7f3a4d1b6c22"
SECTIONS, RELATIONSHIPS = MergeType.SECTIONS, MergeType.RELATIONSHIPS
BOTH_SIDES_CHANGE = frozenset({"crn", "enrollment", "waitlisted"})
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
    "instructors": [{"instructor": "I2", "percent": "99", "is_primary": "True"}],
}


class SisUnderTest(Protocol):
    """The SIS behind the adapter, as far as the suite has to lead it."""

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
    values = {**(NEW_SECTION if merge_type is SECTIONS else NEW_GROUP), **changes}
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


def applies_later(sis: SisUnderTest) -> bool:
    return sis.adapter.capabilities.applies_later_seconds is not None


def can(sis: SisUnderTest, operation: Operation, merge_type: MergeType = SECTIONS) -> bool:
    return sis.adapter.capabilities.can(merge_type, operation)


def write_anything(writer: Writer, merge_type: MergeType, operation: Operation) -> None:
    match operation:
        case Operation.CREATE:
            writer.create(merge_type, NEW_SECTION, client_ref=REF)
        case Operation.UPDATE:
            values = {"title": "x"}
            writer.update(merge_type, "S001", values, values=values, token="", client_ref=REF)
        case Operation.CANCEL:
            writer.cancel(merge_type, "S001", token="", client_ref=REF)
        case Operation.DELETE:
            writer.delete(merge_type, "S001", token="", client_ref=REF)


class ReadingContract:
    """What every adapter shows."""

    @pytest.mark.parametrize("merge_type", MergeType)
    def test_every_record_of_a_type_and_term_comes_once(self, sis, merge_type):
        if merge_type not in sis.adapter.capabilities.reads:
            with pytest.raises(NotImplementedError):
                sis.adapter.read_all(merge_type, term=TERM)
            return
        read = read_all(sis.adapter, merge_type)
        kinds = sis.adapter.capabilities.relationship_kinds
        expected = ids(merge_type.value, TERM if merge_type in TERM_TYPES else "")
        if merge_type is RELATIONSHIPS:
            expected = [row[0] for row in TABLES["relationships"] if row[2] in kinds]
        assert sorted(read.records) == sorted(expected)
        assert read.bad == ()

    def test_only_the_asked_term_comes(self, sis):
        assert list(read_all(sis.adapter, term=OTHER_TERM).records) == ["T001"]
        assert not read_all(sis.adapter, term="19991").records

    def test_values_have_the_names_and_the_content_that_the_port_says(self, sis):
        shown = values_of(read_all(sis.adapter).records["S004"])
        assert {
            name: shown[name] for name in ("course", "section_number", "credits", "capacity", "notes")
        } == {
            "course": "MATH126",
            "section_number": "A",
            "credits": None,
            "capacity": 0,
            "notes": NOTE,
        }
        shown = values_of(read_all(sis.adapter).records["S001"])
        assert shown["meetings"] == (
            Meeting(
                days="TR",
                start_time="08:00",
                end_time="09:20",
                building="TOH",
                room="300",
                start_date=STARTS,
                end_date=ENDS,
            ),
        )
        assert shown["instructors"] == (
            Assignment(instructor="I1", percent=50, is_primary=True),
            Assignment(instructor="I3", percent=50),
        )

    def test_an_arranged_meeting_comes_with_its_place(self, sis):
        (arranged,) = values_of(read_all(sis.adapter).records["S003"])["meetings"]
        assert arranged.is_arranged
        assert arranged.building == "Online"

    def test_a_relationship_names_its_members_by_sis_id(self, sis):
        shown = values_of(read_all(sis.adapter, RELATIONSHIPS).records["X001"])
        members = (Member(section="S001", is_primary=True), Member(section="S005"))
        assert shown == {"kind": "CROSSLIST", "capacity": 40, "members": members}

    def test_sections_before_courses_carry_subject_and_number(self, sis):
        if sis.adapter.capabilities.order[0] is SECTIONS:
            raw = read_all(sis.adapter).records["S002"].load()
            assert (raw["subject"], raw["number"]) == ("MATH", "120")

    def test_evidence_is_what_is_declared(self, sis):
        for merge_type in TERM_TYPES:
            evidence = read_all(sis.adapter, merge_type).evidence
            assert evidence.is_complete is sis.adapter.capabilities.has_complete_snapshots
            assert evidence.is_complete or not evidence.is_proven
            assert evidence.is_complete or evidence.reason
            assert evidence.digest

    def test_equal_content_has_equal_digests_and_other_content_another(self, sis):
        first = read_all(sis.adapter).evidence.digest
        assert read_all(sis.again()).evidence.digest == first
        sis.change("S002", title="Calculus One")
        assert read_all(sis.adapter).evidence.digest != first

    def test_a_removed_section_is_absent_and_the_digest_tells(self, sis):
        first = read_all(sis.adapter)
        sis.remove("S006")
        second = read_all(sis.adapter)
        assert set(first.records) - set(second.records) == {"S006"}
        assert first.evidence.digest != second.evidence.digest

    def test_values_need_not_be_looked_at(self, sis):
        snapshot = sis.adapter.read_all(SECTIONS, term=TERM)
        fingerprints = {record.sis_id: record.fingerprint for record in snapshot}
        assert all(0 < len(one) <= 32 for one in fingerprints.values())
        assert snapshot.evidence().digest == read_all(sis.adapter).evidence.digest

    def test_a_fingerprint_changes_with_the_content_and_comes_back_with_it(self, sis):
        first = read_all(sis.adapter).records
        before = {key: one.fingerprint for key, one in first.items()}
        raw = first["S002"].load()
        for name, value in RAW_CHANGES.items():
            sis.change("S002", **{name: value})
            changed = read_all(sis.adapter).records
            assert {key for key in before if before[key] != changed[key].fingerprint} == {"S002"}, name
            sis.change("S002", **{name: raw[name]})
            again = read_all(sis.again()).records
            assert {key: one.fingerprint for key, one in again.items()} == before, name

    def test_the_order_of_a_records_parts_is_not_content(self, sis):
        before = read_all(sis.adapter).records["S002"]
        raw = before.load()
        sis.change("S002", meetings=list(reversed(raw["meetings"])))
        assert values_of(read_all(sis.adapter).records["S002"]) == values_of(before)

    def test_a_snapshot_is_of_one_moment(self, sis):
        """A change during the reading does not show, or the reading says that it cannot go on."""
        snapshot = iter(sis.adapter.read_all(SECTIONS, term=TERM))
        records = [next(snapshot)]
        sis.change("S001", title="Changed")
        sis.change("S006", title="Changed")
        problem = ""
        try:
            records.extend(snapshot)
        except SisUnreadable as error:
            problem = error.code
        titles = {one.load()["title"] for one in records}
        assert problem == "CHANGED_WHILE_READ" or "Changed" not in titles

    def test_an_answer_that_is_cut_short_is_never_complete(self, sis):
        sis.cut_short()
        try:
            evidence = read_all(sis.adapter).evidence
        except SisUnreadable:
            return
        assert not evidence.is_complete
        assert evidence.reason

    def test_records_are_read_by_id_as_they_are_now(self, sis):
        if not sis.adapter.capabilities.can_read_by_id:
            with pytest.raises(NotImplementedError):
                sis.adapter.read(SECTIONS, ["S001"], term=TERM)
            return
        sis.change("S002", title="Calculus One")
        found = sis.adapter.read(SECTIONS, ["S002", "S404"], term=TERM)
        assert found.keys() == {"S002", "S404"}
        assert found["S404"] is None
        assert found["S002"].load()["title"] == "Calculus One"
        shown = read_all(sis.adapter).records["S002"]
        assert (found["S002"].fingerprint, found["S002"].token) == (shown.fingerprint, shown.token)
        assert sis.adapter.read(SECTIONS, [], term=TERM) == {}
        group = sis.adapter.read(RELATIONSHIPS, ["X001"], term=TERM)["X001"]
        assert values_of(group)["capacity"] == 40

    def test_sections_are_found_by_their_natural_key(self, sis):
        value = ("MATH120", "B")
        if Key.NATURAL_KEY not in sis.adapter.capabilities.search_keys:
            with pytest.raises(NotImplementedError):
                sis.adapter.find(SECTIONS, term=TERM, key=Key.NATURAL_KEY, value=value)
            return
        found = sis.adapter.find(SECTIONS, term=TERM, key=Key.NATURAL_KEY, value=value)
        assert [record.sis_id for record in found] == ["S003"]
        nobody = sis.adapter.find(SECTIONS, term=TERM, key=Key.NATURAL_KEY, value=("MATH120", "Z"))
        assert list(nobody) == []

    def test_relationships_are_found_by_their_members_in_any_order(self, sis):
        if Key.NATURAL_KEY not in sis.adapter.capabilities.search_keys:
            return  # refused, as the test above asserts
        for members in (("S001", "S005"), ("S005", "S001")):
            value = ("CROSSLIST", *members)
            found = sis.adapter.find(RELATIONSHIPS, term=TERM, key=Key.NATURAL_KEY, value=value)
            assert [record.sis_id for record in found] == ["X001"]

    def test_a_token_is_there_as_declared_and_changes_with_the_record(self, sis):
        before = read_all(sis.adapter).records["S002"].token
        assert bool(before) is sis.adapter.capabilities.has_concurrency_token
        sis.change("S002", title="Calculus One")
        after = read_all(sis.adapter).records["S002"].token
        assert (before != after) is sis.adapter.capabilities.has_concurrency_token

    def test_what_is_declared_makes_sense_and_is_the_same_everywhere(self, sis):
        declared = sis.adapter.capabilities
        assert sorted(declared.order) == sorted(TERM_TYPES)
        assert set(declared.writes) <= set(SENDABLE_TYPES)
        assert declared.name
        assert declared.write_batch_size > 0
        assert sis.again().capabilities == declared

    def test_check_finds_nothing_wrong_and_writes_nothing(self, sis):
        before = read_all(sis.adapter).evidence.digest
        assert sis.adapter.check().problems == ()
        assert sis.writes() == []
        assert read_all(sis.adapter).evidence.digest == before

    def test_a_sis_that_is_away_is_unavailable(self, sis):
        sis.take_away()
        with pytest.raises(SisUnavailable):
            read_all(sis.adapter)
        with pytest.raises(SisUnavailable):
            sis.again().check()

    def test_what_cannot_be_read_is_told_apart_from_a_sis_that_is_away(self, sis):
        sis.spoil()
        with pytest.raises(SisUnreadable):
            read_all(sis.adapter)

    def test_closing_twice_is_no_error(self, sis):
        sis.adapter.close()
        sis.adapter.close()


class WritingContract:
    """What every adapter does with a write, or refuses."""

    def test_a_new_section_shows_all_that_was_sent(self, sis):
        if not can(sis, Operation.CREATE):
            return  # refused, as test_what_is_not_declared_is_refused asserts
        made = create(sis)
        shown = values_of(read_all(sis.adapter).records[made])
        assert {name: shown[name] for name in NEW_SECTION} == NEW_SECTION
        assert made not in ids("sections")

    def test_a_create_passes_our_reference_on(self, sis):
        if not can(sis, Operation.CREATE):
            return
        made = create(sis)
        assert [entry[::3] for entry in sis.writes()] == [("CREATE", REF)]
        if Key.CLIENT_REF not in sis.adapter.capabilities.search_keys:
            with pytest.raises(NotImplementedError):
                sis.adapter.find(SECTIONS, term=TERM, key=Key.CLIENT_REF, value=REF)
            return
        (found,) = sis.adapter.find(SECTIONS, term=TERM, key=Key.CLIENT_REF, value=REF)
        assert (found.sis_id, found.client_ref) == (made, REF)
        assert list(sis.adapter.find(SECTIONS, term=TERM, key=Key.CLIENT_REF, value=OTHER_REF)) == []
        assert read_all(sis.adapter).records[made].client_ref == REF

    @pytest.mark.parametrize(
        ("key", "again"),
        [
            (Key.CLIENT_REF, {"ref": REF, "section_number": "E"}),
            (Key.NATURAL_KEY, {"ref": OTHER_REF}),
        ],
    )
    def test_a_second_create_makes_no_second_record_where_a_key_is_enforced(self, sis, key, again):
        if not can(sis, Operation.CREATE) or key not in sis.adapter.capabilities.unique_keys:
            return
        made = create(sis)
        before = set(read_all(sis.adapter).records)
        values = {**NEW_SECTION, **again}
        ref = values.pop("ref")
        try:
            with writing(sis) as writer:
                answered = writer.create(SECTIONS, values, client_ref=ref).sis_id
        except SisAlreadyExists as error:
            answered = error.sis_id
        assert answered == made or (not answered and applies_later(sis))
        sis.let_time_pass()
        assert set(read_all(sis.adapter).records) == before

    def test_an_update_changes_the_given_fields_and_no_other(self, sis):
        if not can(sis, Operation.UPDATE):
            return
        changes = accepted(sis, CHANGES)
        before = values_of(read_all(sis.adapter).records["S002"])
        update(sis, "S002", changes)
        assert values_of(read_all(sis.adapter).records["S002"]) == {**before, **changes}

    def test_a_value_can_be_blanked(self, sis):
        if not can(sis, Operation.UPDATE):
            return
        sis.change("S001", notes="Bring a ruler")
        changes = accepted(sis, {"notes": None, "meetings": (), "instructors": ()})
        update(sis, "S001", changes)
        shown = values_of(read_all(sis.adapter).records["S001"])
        assert {name: shown[name] for name in changes} == changes

    def test_counts_that_the_sis_owns_are_left_alone(self, sis):
        if not can(sis, Operation.UPDATE):
            return
        update(sis, "S005", {"capacity": 19})
        shown = values_of(read_all(sis.adapter).records["S005"])
        assert (shown["capacity"], shown["enrollment"], shown["waitlisted"]) == (19, 12, 1)

    def test_a_cancelled_section_stays_and_says_so(self, sis):
        if not can(sis, Operation.CANCEL):
            return
        before = read_all(sis.adapter).records["S006"]
        with writing(sis) as writer:
            writer.cancel(SECTIONS, "S006", token=before.token, client_ref=REF)
        sis.let_time_pass()
        shown = values_of(read_all(sis.adapter).records["S006"])
        assert shown == {**values_of(before), "status": "CANCELLED"}

    def test_a_deleted_section_is_gone(self, sis):
        if not can(sis, Operation.DELETE):
            return
        token = read_all(sis.adapter).records["S004"].token
        with writing(sis) as writer:
            writer.delete(SECTIONS, "S004", token=token, client_ref=REF)
        sis.let_time_pass()
        assert "S004" not in read_all(sis.adapter).records
        if sis.adapter.capabilities.can_read_by_id:
            assert sis.adapter.read(SECTIONS, ["S004"], term=TERM) == {"S004": None}

    def test_a_relationship_is_created_changed_and_deleted(self, sis):
        if not all(can(sis, one, RELATIONSHIPS) for one in set(Operation) - {Operation.CANCEL}):
            return
        made = create(sis, RELATIONSHIPS)
        assert values_of(read_all(sis.adapter, RELATIONSHIPS).records[made]) == NEW_GROUP
        changes = {
            "capacity": None,
            "members": (Member(section="S003"), *NEW_GROUP["members"][:1]),
        }
        changes["members"] = tuple(sorted(changes["members"]))
        update(sis, made, changes)
        shown = read_all(sis.adapter, RELATIONSHIPS).records[made]
        assert values_of(shown) == {**NEW_GROUP, **changes}
        with writing(sis) as writer:
            writer.delete(RELATIONSHIPS, made, token=shown.token, client_ref=REF)
        sis.let_time_pass()
        assert made not in read_all(sis.adapter, RELATIONSHIPS).records

    def test_what_is_not_declared_is_refused_and_changes_nothing(self, sis):
        before = read_all(sis.adapter).evidence.digest
        for merge_type, operation in itertools.product(MergeType, Operation):
            if not can(sis, operation, merge_type):
                with pytest.raises(SisRejected), writing(sis) as writer:
                    write_anything(writer, merge_type, operation)
        sis.let_time_pass()
        assert read_all(sis.adapter).evidence.digest == before

    def test_a_field_that_is_not_declared_is_refused(self, sis):
        writable = sis.adapter.capabilities.writable_fields
        if writable is None or not can(sis, Operation.UPDATE):
            return
        names = sorted(set(CATALOGUE.names) - writable)
        assert names, "everything is writable: declare None"
        for name in names:
            with pytest.raises(SisRejected) as refused:
                update(sis, "S001", {name: None})
            assert refused.value.field == name

    def test_a_kind_of_relationship_that_is_not_declared_is_refused(self, sis):
        for kind in {"CROSSLIST", "LINKED"} - sis.adapter.capabilities.relationship_kinds:
            with pytest.raises(SisRejected), writing(sis) as writer:
                writer.create(RELATIONSHIPS, {**NEW_GROUP, "kind": kind}, client_ref=REF)

    def test_a_stale_token_is_refused_and_changes_nothing(self, sis):
        if not sis.adapter.capabilities.has_concurrency_token or not can(sis, Operation.UPDATE):
            return
        stale = read_all(sis.adapter).records["S002"].token
        sis.change("S002", title="Calculus One")
        with pytest.raises(SisConflict):
            update(sis, "S002", {"capacity": 1}, token=stale)
        shown = values_of(read_all(sis.adapter).records["S002"])
        assert (shown["title"], shown["capacity"]) == ("Calculus One", 30)

    def test_a_write_to_a_record_that_is_not_there_never_makes_one(self, sis):
        if not can(sis, Operation.UPDATE):
            return
        before = set(read_all(sis.adapter).records)
        values = {"capacity": 1}
        try:
            with writing(sis) as writer:
                writer.update(SECTIONS, "S404", values, values=values, token="", client_ref=REF)
        except SisNotFound:
            pass
        else:
            assert applies_later(sis)
        sis.let_time_pass()
        assert set(read_all(sis.adapter).records) == before

    def test_a_write_has_taken_effect_at_once_unless_a_horizon_is_declared(self, sis):
        if not can(sis, Operation.UPDATE):
            return
        token = read_all(sis.adapter).records["S001"].token
        values = {**values_of(read_all(sis.adapter).records["S001"]), "capacity": 77}
        with writing(sis) as writer:
            writer.update(SECTIONS, "S001", {"capacity": 77}, values=values, token=token, client_ref=REF)
        other = sis.again()
        shown = values_of(read_all(other).records["S001"])["capacity"]
        assert shown == (77 if other.capabilities.applies_later_seconds is None else 30)
        sis.let_time_pass()
        assert values_of(read_all(other).records["S001"])["capacity"] == 77

    def test_leaving_a_session_by_an_error_leaves_whole_records_only(self, sis):
        if not can(sis, Operation.CREATE):
            return

        def interrupted():
            with writing(sis) as writer:
                writer.create(SECTIONS, NEW_SECTION, client_ref=REF)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            interrupted()
        sis.let_time_pass()
        records = read_all(sis.adapter).records
        made = [values_of(records[key]) for key in records if key not in ids("sections")]
        whole = [{name: one[name] for name in NEW_SECTION} for one in made]
        assert whole in ([], [NEW_SECTION])
        assert whole or applies_later(sis)

    def test_a_session_with_nothing_to_write_hands_over_nothing(self, sis):
        with writing(sis):
            pass
        assert sis.writes() == []


class FaultySis(SisUnderTest, Protocol):
    """A SIS that can be made to fail."""

    def fail(self, fault: str, operation: str) -> None:
        """The next write (or read) of this operation on sections meets the fault."""
        ...


BEFORE: Mapping[str, type[Exception]] = {
    "unavailable_before": SisUnavailable,
    "denied": SisDenied,
    "rate_limited": SisRateLimited,
    "locked": SisLocked,
    "refuse": SisRejected,
    "timeout_before_effect": SisOutcomeUnknown,
}
"""Faults without effect."""


class FaultContract:
    """Each failure has the error that says what it means, and the effect that the error says."""

    def write(self, sis: FaultySis, operation: Operation) -> None:
        tokens = {key: one.token for key, one in read_all(sis.adapter).records.items()}
        with writing(sis) as writer:
            match operation:
                case Operation.CREATE:
                    writer.create(SECTIONS, NEW_SECTION, client_ref=REF)
                case Operation.UPDATE:
                    values = {"capacity": 77}
                    writer.update(
                        SECTIONS, "S001", values, values=values, token=tokens["S001"], client_ref=REF
                    )
                case Operation.CANCEL:
                    writer.cancel(SECTIONS, "S006", token=tokens["S006"], client_ref=REF)
                case Operation.DELETE:
                    writer.delete(SECTIONS, "S004", token=tokens["S004"], client_ref=REF)

    def has_taken_effect(self, sis: FaultySis, operation: Operation) -> bool:
        shown = {key: values_of(one) for key, one in read_all(sis.adapter).records.items()}
        match operation:
            case Operation.CREATE:
                return any(one["section_number"] == "D" for one in shown.values())
            case Operation.UPDATE:
                return bool(shown["S001"]["capacity"] == 77)
            case Operation.CANCEL:
                return bool(shown["S006"]["status"] == "CANCELLED")
            case Operation.DELETE:
                return "S004" not in shown
        raise AssertionError

    @pytest.mark.parametrize("operation", Operation)
    @pytest.mark.parametrize("fault", BEFORE)
    def test_a_failure_before_the_effect_changes_nothing(self, sis, fault, operation):
        sis.fail(fault, operation.value)
        with pytest.raises(BEFORE[fault]) as failed:
            self.write(sis, operation)
        assert type(failed.value) is BEFORE[fault]
        assert failed.value.message.endswith(".")
        sis.let_time_pass()
        assert not self.has_taken_effect(sis, operation)
        self.write(sis, operation)  # the fault is used up
        sis.let_time_pass()
        assert self.has_taken_effect(sis, operation)

    @pytest.mark.parametrize("operation", Operation)
    def test_a_lost_answer_is_an_unknown_outcome_even_if_it_took_effect(self, sis, operation):
        sis.fail("timeout_after_effect", operation.value)
        with pytest.raises(SisOutcomeUnknown):
            self.write(sis, operation)
        assert self.has_taken_effect(sis, operation)

    @pytest.mark.parametrize("operation", Operation)
    def test_a_late_request_takes_effect_after_its_answer_was_lost(self, sis, operation):
        sis.fail("late", operation.value)
        with pytest.raises(SisOutcomeUnknown):
            self.write(sis, operation)
        assert not self.has_taken_effect(sis, operation)
        sis.let_time_pass()
        assert self.has_taken_effect(sis, operation)

    def test_a_refusal_keeps_the_words_of_the_sis_apart_from_the_plain_ones(self, sis):
        sis.fail("refuse", "UPDATE")
        with pytest.raises(SisRejected) as refused:
            self.write(sis, Operation.UPDATE)
        assert refused.value.words != refused.value.message
        assert refused.value.field in CATALOGUE

    def test_too_many_requests_say_how_long_to_wait(self, sis):
        sis.fail("rate_limited", "UPDATE")
        with pytest.raises(SisRateLimited) as limited:
            self.write(sis, Operation.UPDATE)
        assert limited.value.retry_after_seconds > 0

    @pytest.mark.parametrize("fault", ["unavailable_before", "denied", "rate_limited"])
    def test_a_failing_read_raises_what_it_is(self, sis, fault):
        sis.fail(fault, "READ")
        with pytest.raises(BEFORE[fault]):
            read_all(sis.adapter)
        assert len(read_all(sis.adapter).records) == 6
        sis.fail(fault, "READ_BY_ID")
        with pytest.raises(BEFORE[fault]):
            sis.adapter.read(SECTIONS, ["S001"], term=TERM)

    def test_an_empty_answer_looks_whole(self, sis):
        """A SIS that lost its data says so with a straight face; the engine's safeguards are for that."""
        sis.fail("empty_read", "READ")
        read = read_all(sis.adapter)
        assert not read.records
        assert read.evidence.is_complete
