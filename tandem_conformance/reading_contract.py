"""What every adapter shows of the institution while somebody works in the SIS (see `sis_under_test`)."""

import pytest

from integration.fieldsets import Member
from integration.sis.port import TERM_TYPES, Key, MergeType, SisUnavailable, SisUnreadable
from scheduling.domain.values import Assignment, Meeting
from tandem_conformance.at_rest_contract import AtRestContract
from tandem_conformance.institution import ENDS, NOTE, OTHER_TERM, STARTS, TABLES, TERM, ids
from tandem_conformance.sis_under_test import (
    RAW_CHANGES,
    RELATIONSHIPS,
    SECTIONS,
    need_type,
    not_asked,
    read_all,
    readable,
    values_of,
)

SHOWN = {
    "S004": {
        "course": "MATH126",
        "section_number": "A",
        "credits": None,
        "capacity": 0,
        "notes": NOTE,
    },
    "S001": {
        "meetings": (
            Meeting(
                days="TR",
                start_time="08:00",
                end_time="09:20",
                building="TOH",
                room="300",
                start_date=STARTS,
                end_date=ENDS,
            ),
        ),
        "instructors": (
            Assignment(instructor="I1", percent=50, is_primary=True),
            Assignment(instructor="I3", percent=50),
        ),
    },
}


class ReadingContract(AtRestContract):
    """What every adapter shows, and how it tells that the SIS changed."""

    @pytest.mark.parametrize("merge_type", MergeType)
    def test_a_type_is_read_or_not_offered_as_declared(self, sis, merge_type):
        super().test_a_type_is_read_or_not_offered_as_declared(sis, merge_type)
        if merge_type not in sis.adapter.capabilities.reads:
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
        records = read_all(sis.adapter).records
        for sis_id, expected in SHOWN.items():
            shown = values_of(records[sis_id])
            assert {name: shown[name] for name in readable(sis, expected)} == readable(sis, expected)

    def test_an_arranged_meeting_comes_with_its_place(self, sis):
        if not readable(sis, {"meetings": ()}):
            not_asked("it declares to show no meetings")
        (arranged,) = values_of(read_all(sis.adapter).records["S003"])["meetings"]
        assert arranged.is_arranged
        assert arranged.building == "Online"

    def test_a_relationship_names_its_members_by_sis_id(self, sis):
        need_type(sis, RELATIONSHIPS)
        shown = values_of(read_all(sis.adapter, RELATIONSHIPS).records["X001"])
        members = (Member(section="S001", is_primary=True), Member(section="S005"))
        assert shown == {"kind": "CROSSLIST", "capacity": 40, "members": members}

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

    def test_a_fingerprint_changes_with_the_content_and_comes_back_with_it(self, sis):
        first = read_all(sis.adapter).records
        before = {key: one.fingerprint for key, one in first.items()}
        raw = first["S002"].load()
        fixed = getattr(sis, "fixed_fields", frozenset())
        for name, value in readable(sis, RAW_CHANGES).items():
            if name in fixed:
                continue
            sis.change("S002", **{name: value})
            changed = read_all(sis.adapter).records
            assert {key for key in before if before[key] != changed[key].fingerprint} == {"S002"}, name
            sis.change("S002", **{name: raw[name]})
            again = read_all(sis.again()).records
            assert {key: one.fingerprint for key, one in again.items()} == before, name

    def test_the_order_of_a_records_parts_is_not_content(self, sis):
        if not readable(sis, {"meetings": ()}):
            not_asked("it declares to show no meetings")
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
            read = read_all(sis.adapter)
        except SisUnreadable:
            return
        if read.evidence.is_complete:  # it noticed, and asked for the rest
            assert set(read.records) == set(ids("sections", TERM))
        else:
            assert read.evidence.reason

    def test_records_are_read_by_id_as_they_are_now(self, sis):
        if not sis.adapter.capabilities.can_read_by_id:
            not_asked("it declares no reading by id, and refuses it")
        sis.change("S002", title="Calculus One")
        found = sis.adapter.read(SECTIONS, ["S002"], term=TERM)
        assert found["S002"].load()["title"] == "Calculus One"

    def test_a_section_is_found_by_its_natural_key_as_declared(self, sis):
        super().test_a_section_is_found_by_its_natural_key_as_declared(sis)
        if Key.NATURAL_KEY in sis.adapter.capabilities.search_keys:
            value = ("MATH120", "B")
            found = sis.adapter.find(SECTIONS, term=TERM, key=Key.NATURAL_KEY, value=value)
            assert [record.sis_id for record in found] == ["S003"]
            nobody = sis.adapter.find(SECTIONS, term=TERM, key=Key.NATURAL_KEY, value=("MATH120", "Z"))
            assert list(nobody) == []

    def test_relationships_are_found_by_their_members_in_any_order(self, sis):
        if Key.NATURAL_KEY not in sis.adapter.capabilities.search_keys:
            not_asked("it declares no search by natural key, and refuses it")
        need_type(sis, RELATIONSHIPS)
        for members in (("S001", "S005"), ("S005", "S001")):
            value = ("CROSSLIST", *members)
            found = sis.adapter.find(RELATIONSHIPS, term=TERM, key=Key.NATURAL_KEY, value=value)
            assert [record.sis_id for record in found] == ["X001"]

    def test_a_token_is_there_as_declared(self, sis):
        super().test_a_token_is_there_as_declared(sis)
        before = read_all(sis.adapter).records["S002"].token
        sis.change("S002", title="Calculus One")
        after = read_all(sis.adapter).records["S002"].token
        assert (before != after) is sis.adapter.capabilities.has_concurrency_token

    def test_check_finds_nothing_wrong(self, sis):
        """And it writes nothing."""
        before = read_all(sis.adapter).evidence.digest
        super().test_check_finds_nothing_wrong(sis)
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
