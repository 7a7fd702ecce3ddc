"""What every adapter shows of any SIS, whatever is in it, with nobody to lead it: nothing is written."""

import pytest

from integration.sis.port import (
    SENDABLE_TYPES,
    TERM_TYPES,
    Key,
    MergeType,
    Operation,
    SisRejected,
)
from scheduling.domain.fields import CATALOGUE
from tandem_conformance.institution import TERM
from tandem_conformance.sis_under_test import (
    NOW,
    RELATIONSHIPS,
    SECTIONS,
    SisUnderTest,
    need_type,
    not_asked,
    read_all,
    values_of,
    write_anything,
)

NOBODY = "no-such-record"


def term_of(sis: SisUnderTest) -> str:
    """The term that is read: the institution's unless the SIS under test has another."""
    return getattr(sis, "term", TERM)


class AtRestContract:
    """What can be asked of every SIS."""

    def test_what_is_declared_makes_sense_and_is_the_same_everywhere(self, sis):
        declared = sis.adapter.capabilities
        assert sorted(declared.order) == sorted(TERM_TYPES)
        assert set(declared.writes) <= set(SENDABLE_TYPES)
        assert declared.name
        assert declared.write_batch_size > 0
        for fields in (declared.readable_fields, declared.writable_fields):
            assert fields is None or fields <= set(CATALOGUE.names)
        assert sis.again().capabilities == declared

    @pytest.mark.parametrize("merge_type", MergeType)
    def test_a_type_is_read_or_not_offered_as_declared(self, sis, merge_type):
        declared = sis.adapter.capabilities
        if merge_type not in declared.reads:
            with pytest.raises(NotImplementedError):
                sis.adapter.read_all(merge_type, term=term_of(sis))
            return
        read = read_all(sis.adapter, merge_type, term=term_of(sis))
        assert all(read.records), "a record came without its id"
        assert all(one.issues for one in read.bad), "a bad record says what is wrong"
        if merge_type in TERM_TYPES:
            evidence = read.evidence
            assert evidence.is_complete is declared.has_complete_snapshots
            assert evidence.is_complete or not evidence.is_proven
            assert evidence.is_complete or evidence.reason
            assert evidence.digest

    def test_the_fields_of_a_section_are_the_declared_ones(self, sis):
        shown = set()
        for record in list(read_all(sis.adapter, term=term_of(sis)).records.values())[:500]:
            shown |= record.load().keys() & set(CATALOGUE.names)
        if not shown:
            not_asked("there are no sections in this term")
        declared = sis.adapter.capabilities.readable_fields
        assert shown | {"crn"} == (declared or set(CATALOGUE.names)) | {"crn"}

    def test_sections_before_courses_carry_subject_and_number(self, sis):
        if sis.adapter.capabilities.order[0] is not SECTIONS:
            not_asked("it declares courses before sections")
        for record in read_all(sis.adapter, term=term_of(sis)).records.values():
            assert {"subject", "number"} <= record.load().keys()

    def test_values_need_not_be_looked_at(self, sis):
        snapshot = sis.adapter.read_all(SECTIONS, term=term_of(sis))
        fingerprints = {one.sis_id: one.fingerprint for one in snapshot if hasattr(one, "fingerprint")}
        assert all(0 < len(one) <= 32 for one in fingerprints.values())
        again = read_all(sis.again(), term=term_of(sis))
        assert {key: one.fingerprint for key, one in again.records.items()} == fingerprints
        assert snapshot.evidence().digest == again.evidence.digest

    def test_a_term_that_the_sis_does_not_have_is_empty(self, sis):
        assert not read_all(sis.adapter, term=NOBODY).records

    def test_a_record_read_by_id_is_that_of_the_list(self, sis):
        if not sis.adapter.capabilities.can_read_by_id:
            with pytest.raises(NotImplementedError):
                sis.adapter.read(SECTIONS, [NOBODY], term=term_of(sis))
            return
        assert sis.adapter.read(SECTIONS, [], term=term_of(sis)) == {}
        for merge_type in set(TERM_TYPES) & sis.adapter.capabilities.reads:
            shown = read_all(sis.adapter, merge_type, term=term_of(sis)).records
            asked = [*list(shown)[:2], NOBODY]
            found = sis.adapter.read(merge_type, asked, term=term_of(sis))
            assert found.keys() == set(asked)
            assert found.pop(NOBODY) is None
            for key, one in found.items():
                assert (one.sis_id, one.fingerprint, one.token) == (
                    key,
                    shown[key].fingerprint,
                    shown[key].token,
                )

    def test_a_section_is_found_by_its_natural_key_as_declared(self, sis):
        if Key.NATURAL_KEY not in sis.adapter.capabilities.search_keys:
            with pytest.raises(NotImplementedError):
                sis.adapter.find(SECTIONS, term=term_of(sis), key=Key.NATURAL_KEY, value=(NOBODY, "A"))
            return
        for key, record in list(read_all(sis.adapter, term=term_of(sis)).records.items())[:2]:
            shown = values_of(record)
            value = (shown["course"], shown["section_number"])
            found = sis.adapter.find(SECTIONS, term=term_of(sis), key=Key.NATURAL_KEY, value=value)
            assert key in {one.sis_id for one in found}

    def test_a_token_is_there_as_declared(self, sis):
        for record in read_all(sis.adapter, term=term_of(sis)).records.values():
            assert bool(record.token) is sis.adapter.capabilities.has_concurrency_token

    def test_relationships_are_of_the_declared_kinds(self, sis):
        need_type(sis, RELATIONSHIPS)
        for record in read_all(sis.adapter, RELATIONSHIPS, term=term_of(sis)).records.values():
            assert record.load()["kind"] in sis.adapter.capabilities.relationship_kinds

    def test_a_sis_that_takes_no_writes_refuses_each(self, sis):
        if any(sis.adapter.capabilities.writes.values()):
            not_asked("it declares writes; those that it does not are asked by the writing contract")
        with sis.adapter.writing(term=term_of(sis), run="7", now=NOW) as writer:
            for merge_type in SENDABLE_TYPES:
                for operation in Operation:
                    with pytest.raises(SisRejected):
                        write_anything(writer, merge_type, operation, sis_id=NOBODY)

    def test_check_finds_nothing_wrong(self, sis):
        assert sis.adapter.check().problems == ()

    def test_closing_twice_is_no_error(self, sis):
        sis.adapter.close()
        sis.adapter.close()
