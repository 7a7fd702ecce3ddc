"""What every adapter does with a write, or refuses (see `sis_under_test`)."""

import itertools

import pytest

from integration.fieldsets import Member
from integration.sis.port import (
    Key,
    MergeType,
    Operation,
    SisAlreadyExists,
    SisConflict,
    SisNotFound,
    SisRejected,
)
from scheduling.domain.fields import CATALOGUE
from tandem_conformance.institution import TERM, ids
from tandem_conformance.sis_under_test import (
    CHANGES,
    NEW_GROUP,
    NEW_SECTION,
    OTHER_REF,
    REF,
    RELATIONSHIPS,
    SECTIONS,
    accepted,
    applies_later,
    can,
    create,
    need,
    not_asked,
    read_all,
    readable,
    update,
    values_of,
    write_anything,
    writing,
)


class WritingContract:
    """What every adapter does with a write, or refuses."""

    def test_a_new_section_shows_all_that_was_sent(self, sis):
        need(sis, Operation.CREATE)  # else refused, as test_what_is_not_declared_is_refused asserts
        made = create(sis)
        shown = values_of(read_all(sis.adapter).records[made])
        sent = accepted(sis, NEW_SECTION)
        assert {name: shown[name] for name in sent} == sent
        assert made not in ids("sections")

    def test_a_create_passes_our_reference_on(self, sis):
        need(sis, Operation.CREATE)
        made = create(sis)
        declared = sis.adapter.capabilities
        if Key.CLIENT_REF in declared.search_keys | declared.unique_keys:
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
        need(sis, Operation.CREATE)
        if key not in sis.adapter.capabilities.unique_keys:
            not_asked(f"it declares that it does not enforce {key.value}")
        made = create(sis)
        before = set(read_all(sis.adapter).records)
        values = {**accepted(sis, NEW_SECTION), **again}
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
        need(sis, Operation.UPDATE)
        changes = accepted(sis, CHANGES)
        before = values_of(read_all(sis.adapter).records["S002"])
        update(sis, "S002", changes)
        assert values_of(read_all(sis.adapter).records["S002"]) == {**before, **changes}

    def test_a_value_can_be_blanked(self, sis):
        need(sis, Operation.UPDATE)
        sis.change("S001", notes="Bring a ruler")
        changes = accepted(sis, {"notes": None, "meetings": (), "instructors": ()})
        update(sis, "S001", changes)
        shown = values_of(read_all(sis.adapter).records["S001"])
        assert {name: shown[name] for name in changes} == changes

    def test_counts_that_the_sis_owns_are_left_alone(self, sis):
        need(sis, Operation.UPDATE)
        update(sis, "S005", {"capacity": 19})
        shown = values_of(read_all(sis.adapter).records["S005"])
        expected = readable(sis, {"capacity": 19, "enrollment": 12, "waitlisted": 1})
        assert {name: shown[name] for name in expected} == expected

    def test_a_cancelled_section_stays_and_says_so(self, sis):
        need(sis, Operation.CANCEL)
        before = read_all(sis.adapter).records["S006"]
        with writing(sis) as writer:
            writer.cancel(SECTIONS, "S006", token=before.token, client_ref=REF)
        sis.let_time_pass()
        shown = values_of(read_all(sis.adapter).records["S006"])
        emptied = {"meetings": (), "instructors": (), "capacity": 0}
        clears = {name: emptied[name] for name in sis.adapter.capabilities.cancel_clears}
        assert shown == {**values_of(before), "status": "CANCELLED", **clears}

    def test_a_deleted_section_is_gone(self, sis):
        need(sis, Operation.DELETE)
        token = read_all(sis.adapter).records["S004"].token
        with writing(sis) as writer:
            writer.delete(SECTIONS, "S004", token=token, client_ref=REF)
        sis.let_time_pass()
        assert "S004" not in read_all(sis.adapter).records
        if sis.adapter.capabilities.can_read_by_id:
            assert sis.adapter.read(SECTIONS, ["S004"], term=TERM) == {"S004": None}

    def test_a_relationship_is_created_changed_and_deleted(self, sis):
        need(sis, Operation.CREATE, Operation.UPDATE, Operation.DELETE, merge_type=RELATIONSHIPS)
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
        need(sis, Operation.UPDATE)
        if writable is None:
            not_asked("it declares to take every field")
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
        need(sis, Operation.UPDATE)
        if not sis.adapter.capabilities.has_concurrency_token:
            not_asked("it declares no concurrency token")
        stale = read_all(sis.adapter).records["S002"].token
        sis.change("S002", title="Calculus One")
        with pytest.raises(SisConflict):
            update(sis, "S002", {"capacity": 1}, token=stale)
        shown = values_of(read_all(sis.adapter).records["S002"])
        assert (shown["title"], shown["capacity"]) == ("Calculus One", 30)

    def test_a_write_to_a_record_that_is_not_there_never_makes_one(self, sis):
        need(sis, Operation.UPDATE)
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
        need(sis, Operation.UPDATE)
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
        need(sis, Operation.CREATE)

        sent = accepted(sis, NEW_SECTION)

        def interrupted():
            with writing(sis) as writer:
                writer.create(SECTIONS, sent, client_ref=REF)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            interrupted()
        sis.let_time_pass()
        records = read_all(sis.adapter).records
        made = [values_of(records[key]) for key in records if key not in ids("sections")]
        whole = [{name: one[name] for name in sent} for one in made]
        assert whole in ([], [sent])
        assert whole or applies_later(sis)

    def test_a_session_with_nothing_to_write_hands_over_nothing(self, sis):
        with writing(sis):
            pass
        assert sis.writes() == []
