"""What the fake SIS refuses and does, at once or later, and its options."""

import pytest

from integration.fieldsets import Member
from integration.sis.exchange_writing import write_folder
from integration.sis.memory_options import Options
from integration.sis.port import (
    BadSisUrl,
    Key,
    MergeType,
    SisAlreadyExists,
    SisConflict,
    SisNotFound,
    SisOutcomeUnknown,
    SisRejected,
)
from scheduling.domain.values import Assignment, Meeting
from tandem_conformance.institution import TABLES, TERM, section, write_institution
from tandem_conformance.sis_under_test import NEW_SECTION, NOW, OTHER_REF, REF, read_all
from tests.contract.memory_desk import create_in, update_in, write

SECTIONS, RELATIONSHIPS = MergeType.SECTIONS, MergeType.RELATIONSHIPS


# ---- what it refuses and does


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"course": "NONE1"}, "course"),
        ({"meetings": (Meeting(building="XXX"),)}, "meetings"),
        ({"meetings": (Meeting(building="TOH", room="999"),)}, "meetings"),
        ({"instructors": (Assignment(instructor="I9"),)}, "instructors"),
    ],
    ids=["course", "building", "room", "instructor"],
)
def test_what_refers_to_nothing_is_refused_with_its_field(sis, changes, field):
    before = read_all(sis).evidence.digest
    with pytest.raises(SisRejected) as on_create:
        create_in(sis, **changes)
    with pytest.raises(SisRejected) as on_update:
        update_in(sis, "S001", **changes)
    assert (on_create.value.field, on_update.value.field) == (field, field)
    assert "ORA-20100" in on_create.value.words
    assert "ORA-20100" not in on_create.value.message
    assert read_all(sis).evidence.digest == before


def test_old_faults_do_not_bar_other_changes(sis):
    sis.edit("S001", meetings=[{"days": "M", "building": "GONE", "room": "1"}])
    update_in(sis, "S001", capacity=12)
    assert sis.sections()["S001"]["capacity"] == "12"


def test_a_section_with_students_is_not_deleted(sis):
    with pytest.raises(SisRejected):
        write(sis, lambda w: w.delete(SECTIONS, "S005", token="", client_ref=REF))
    assert "S005" in sis.sections()


def test_a_section_is_in_one_crosslist_group_only(sis):
    members = (Member(section="S001"), Member(section="S002", is_primary=True))
    group = {"kind": "CROSSLIST", "capacity": None, "members": members}
    with pytest.raises(SisRejected, match="X001"):
        write(sis, lambda w: w.create(RELATIONSHIPS, group, client_ref=REF))
    write(sis, lambda w: w.create(RELATIONSHIPS, {**group, "kind": "LINKED"}, client_ref=REF))
    update_in(sis, "X001", RELATIONSHIPS, members=(Member(section="S005"), Member(section="S006")))
    assert write(sis, lambda w: w.create(RELATIONSHIPS, group, client_ref=OTHER_REF)).sis_id


def test_a_group_needs_two_members_that_exist(sis):
    for members in ((Member(section="S001"),), (Member(section="S001"), Member(section="S404"))):
        with pytest.raises(SisRejected) as refused:
            update_in(sis, "X001", RELATIONSHIPS, members=members)
        assert refused.value.field == "members"


def test_a_removed_section_leaves_its_groups_and_a_group_of_one_dissolves(sis):
    sis.add("relationships", TERM, "X002", kind="LINKED", capacity="", members=[
        {"section": one, "is_primary": "False"} for one in ("S001", "S002", "S003")
    ])  # fmt: skip
    sis.remove("S001")
    groups = sis.relationships()
    assert "X001" not in groups
    assert [one["section"] for one in groups["X002"]["members"]] == ["S002", "S003"]


def test_an_enforced_number_is_refused_to_a_second_section(sis_folder, opened):
    sis = opened(sis_folder, unique="natural_key")
    with pytest.raises(SisAlreadyExists) as exists:
        create_in(sis, section_number="A")
    assert exists.value.sis_id == "S002"
    with pytest.raises(SisRejected) as refused:
        update_in(sis, "S006", section_number="A")
    assert refused.value.field == "section_number"
    update_in(sis, "S006", section_number="C")  # its own


def test_without_uniqueness_a_second_create_makes_a_second_record(sis_folder, opened):
    sis = opened(sis_folder, unique="none")
    assert create_in(sis).sis_id != create_in(sis).sis_id


def test_two_sections_with_one_number_load_as_a_real_sis_has_them(tmp_path, opened):
    rows = [*TABLES["sections"], section("S007", "MATH120", "A", "Calculus I")]
    sis = opened(write_institution(tmp_path / "sis", sections=rows), unique="natural_key")
    found = sis.find(SECTIONS, term=TERM, key=Key.NATURAL_KEY, value=("MATH120", "A"))
    assert [record.sis_id for record in found] == ["S002", "S007"]


def test_an_update_leaves_what_the_sis_changed_meanwhile(sis_folder, opened):
    sis = opened(sis_folder, token="no")
    sis.edit("S001", title="Changed there")
    update_in(sis, "S001", capacity=12)
    shown = sis.sections()["S001"]
    assert (shown["title"], shown["capacity"]) == ("Changed there", "12")


def test_a_record_that_is_not_there_is_not_found(sis):
    with pytest.raises(SisNotFound):
        update_in(sis, "S404", capacity=1)


def test_a_title_is_rendered_as_the_options_say(sis_folder, opened):
    sis = opened(sis_folder, renders="title:7", drops="notes")
    assert sis.capabilities.must_verify
    made = create_in(sis, title="Calculus and more", notes="ignored").sis_id
    update_in(sis, "S001", title="Drawing for all", notes="ignored")
    for sis_id, title in ((made, "Calculu"), ("S001", "Drawing")):
        shown = sis.read(SECTIONS, [sis_id], term=TERM)[sis_id].load()
        assert (shown["title"], shown["notes"]) == (title, "")


def test_a_session_takes_no_more_records_than_declared(sis_folder, opened):
    sis = opened(sis_folder, batch="1")

    def two_records():
        with sis.writing(term=TERM, run="1", now=NOW) as writer:
            writer.create(SECTIONS, NEW_SECTION, client_ref=REF)
            writer.create(SECTIONS, NEW_SECTION, client_ref=OTHER_REF)

    with pytest.raises(RuntimeError, match="at most 1"):
        two_records()


# ---- later


def test_what_is_handed_over_waits_for_its_moment_and_keeps_its_order(sis_folder, opened):
    sis = opened(sis_folder, applies_later="3600", token="no")
    for capacity in (11, 12):
        update_in(sis, "S001", capacity=capacity)
    sis.tick(3_599)
    assert sis.sections()["S001"]["capacity"] == "30"
    sis.tick(1)
    assert sis.sections()["S001"]["capacity"] == "12"
    answers = [(entry["answer"], entry["took_effect"]) for entry in sis.journal()]
    assert answers == [("accepted", False)] * 2 + [("applied", True)] * 2


def test_what_is_refused_later_is_seen_in_the_journal_only(sis_folder, opened):
    sis = opened(sis_folder, applies_later="60")
    update_in(sis, "S001", course="NONE1")
    sis.tick(60)
    assert sis.sections()["S001"]["course"] == "ART101"
    assert [entry["answer"] for entry in sis.journal()] == ["accepted", "SisRejected"]


def test_a_late_update_is_refused_if_the_record_changed_since(sis):
    token = read_all(sis).records["S001"].token
    sis.faults([{"then": "late"}])
    with pytest.raises(SisOutcomeUnknown):
        write(
            sis,
            lambda w: w.update(SECTIONS, "S001", {"capacity": 1}, values={}, token=token, client_ref=REF),
        )
    sis.edit("S001", title="Changed there")
    sis.tick(60)
    assert sis.sections()["S001"]["capacity"] == "30"
    assert sis.journal()[-1]["answer"] == SisConflict.__name__


def test_a_promised_time_for_late_requests_is_kept(sis_folder, opened):
    sis = opened(sis_folder, late="5")
    sis.faults([{"then": "late"}])
    with pytest.raises(SisOutcomeUnknown):
        create_in(sis)
    sis.tick(5)
    assert len(sis.sections(TERM)) == 7


# ---- options


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"colour": "red"}, "memory knows order, deletes"),
        ({"deletes": "maybe"}, "must be one of yes, no"),
        ({"unique": "title"}, "client_ref, natural_key"),
        ({"late": "soon"}, "must be a whole number"),
        ({"renders": "title"}, "FIELD:LENGTH"),
        ({"reads": "sections,students"}, "names 'students'"),
        ({"refuses": "rooms.CREATE"}, "names 'rooms.CREATE'"),
    ],
)
def test_a_wrong_option_says_what_may_be_written(given, says):
    with pytest.raises(BadSisUrl, match=says):
        Options.parse(given)


def test_a_folder_of_one_column_too_few_is_named_by_check(tmp_path, opened):
    folder = tmp_path / "sis"
    write_folder(folder, TABLES)
    (folder / "rooms.csv").write_text("building,number,capacity\n")
    assert opened(folder).check().problems == (
        "rooms.csv has no column 'type'; add it, the header must name building,number,capacity,type.",
    )
