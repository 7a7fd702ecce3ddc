"""Conflicts about a record as a whole: removed on one side, created without an answer, numbers in a ring."""

import pytest

from integration.models import Conflict, Link, OutboundChange
from integration.resolving import CannotSettle, Choice, NotOpen
from scheduling.models import ChangeLog, Section
from tests.campus import TERM

OURS, THEIRS = Choice.OURS, Choice.THEIRS
CREATE = {"operation": "CREATE", "type": "sections"}


@pytest.fixture
def campus(campus):
    campus.enable()
    return campus


# ---- removed in the SIS, edited here


def removed_there(campus):
    campus.edit("S1", title="Mine")
    campus.adapter.remove("S1")
    campus.merge(sends=True)
    return campus.conflict()


def test_a_removal_of_the_sis_that_is_accepted_is_followed(campus):
    section = campus.id_of("S1")
    conflict = removed_there(campus)
    assert conflict.kind == Conflict.Kind.REMOVAL
    campus.resolve(conflict, THEIRS)
    campus.sweep()
    campus.assert_settled()
    assert not Section.objects.filter(pk=section).exists()
    removal = ChangeLog.objects.get(record_type="section", record_id=str(section), action="DELETE")
    assert removal.before["title"] == "Mine"
    assert campus.audit_of(conflict).actor == campus.registrar


def test_a_section_that_is_kept_is_created_anew_in_the_sis(campus):
    section = campus.id_of("S1")
    ref = Link.objects.get(section=section).client_ref
    campus.resolve(removed_there(campus), OURS)
    campus.sweep()
    campus.assert_settled()
    kept = Section.objects.get(pk=section)
    assert kept.sis_id not in {None, "S1"}
    assert campus.in_sis(kept.sis_id)["title"] == kept.title == "Mine"
    assert Link.objects.get(section=section).client_ref != ref
    assert Link.objects.get(sis_id="S1").state == "RETIRED"


def test_an_old_id_that_comes_back_is_a_section_of_its_own(campus):
    section = campus.id_of("S1")
    before = campus.in_sis("S1")
    campus.resolve(removed_there(campus), OURS)
    campus.sweep()
    campus.adapter.add("sections", TERM, "S1", **(before | {"section_number": "Q"}))
    campus.assert_settled()
    assert campus.id_of("S1") != section
    assert Section.objects.filter(pk=section, title="Mine").exists()


def test_a_crosslist_that_fell_with_its_member_is_not_made_up_again(campus):
    third = campus.id_of("S3")
    others = [{"section": name, "is_primary": "False"} for name in ("S1", "S2")]
    campus.adapter.add("relationships", TERM, "X2", kind="CROSSLIST", capacity="", members=others)
    campus.merge()
    campus.edit("S3", title="Mine")
    campus.adapter.remove("S3")
    campus.merge(sends=True)
    campus.resolve(campus.conflict(), OURS)
    campus.sweep()
    campus.assert_settled()
    assert campus.in_sis(Section.objects.get(pk=third).sis_id)["title"] == "Mine"
    assert {*campus.adapter.relationships(TERM)} == {"X2"}
    assert not Section.objects.get(pk=third).memberships.exists()


def test_an_edit_after_a_removal_was_found_is_no_victim_of_accepting_it(campus):
    section = campus.id_of("S1")
    conflict = removed_there(campus)
    campus.edit(section, title="Newer")
    with pytest.raises(NotOpen, match="changed here since"):
        campus.resolve(conflict, THEIRS)
    assert Section.objects.get(pk=section).title == "Newer"


# ---- removed here, edited or enrolled in the SIS


def removed_here(campus, **edits):
    section = campus.id_of("S1")
    campus.delete("S1")
    campus.adapter.edit("S1", **edits)
    campus.merge(sends=True)
    return section, campus.conflict()


def test_a_removal_of_ours_that_is_upheld_is_sent(campus):
    _section, conflict = removed_here(campus, title="Theirs")
    assert conflict.kind == Conflict.Kind.REMOVAL
    assert conflict.theirs["title"] == "Theirs"
    campus.resolve(conflict, OURS)
    campus.sweep()
    campus.assert_settled()
    assert "S1" not in campus.adapter.sections(TERM)


def test_a_removal_of_ours_that_is_given_up_brings_the_section_back_under_its_id(campus):
    section, conflict = removed_here(campus, title="Theirs")
    campus.resolve(conflict, THEIRS)
    campus.sweep()
    campus.assert_settled()
    assert campus.section("S1").pk == section
    assert campus.section("S1").title == campus.in_sis("S1")["title"] == "Theirs"


def test_a_section_that_comes_back_has_nothing_on_its_way(campus):
    campus.edit("S1", title="Mine")
    campus.merge(sends=True)
    section, conflict = removed_here(campus, title="Theirs")
    campus.resolve(conflict, THEIRS)
    campus.merge(sends=True)
    assert campus.section("S1").pk == section
    assert not OutboundChange.objects.exclude(state="DONE").exists()
    assert campus.codes(section) == ["VERIFIED"]


def test_a_further_edit_in_the_sis_is_asked_about_again(campus):
    _section, conflict = removed_here(campus, title="Theirs")
    campus.adapter.edit("S1", title="Newer")
    campus.resolve(conflict, OURS)
    campus.sweep()
    assert campus.conflict().theirs["title"] == "Newer"
    assert "S1" in campus.adapter.sections(TERM)


def test_a_section_with_students_is_never_removed_whatever_is_chosen(campus):
    section, conflict = removed_here(campus, enrollment="3")
    assert conflict.kind == Conflict.Kind.ENROLLED
    with pytest.raises(CannotSettle, match="Students are enrolled"):
        campus.resolve(conflict, OURS)
    assert campus.conflict() == conflict
    campus.resolve(conflict, THEIRS)
    campus.assert_settled()
    assert campus.section("S1").pk == section


def test_once_the_students_are_gone_the_removal_goes_through(campus):
    removed_here(campus, enrollment="3")
    campus.adapter.edit("S1", enrollment="0")
    campus.assert_settled()
    assert "S1" not in campus.adapter.sections(TERM)


# ---- a creation without an answer


def ambiguous(campus_with):
    """Two sections of the SIS could be the one whose creation got no answer."""
    campus = campus_with("unique=none&search=natural_key")
    campus.enable()
    made = campus.create(number="Z", title="New")
    campus.adapter.faults([{"when": CREATE, "then": "timeout_before_effect"}])
    campus.sweep()
    add_twins(campus)
    campus.sweep()
    return campus, made


def due_now(clock):
    clock.shift(120)  # the look-up is tried again after a minute


def test_a_creation_is_one_of_its_candidates(campus_with, clock):
    campus, made = ambiguous(campus_with)
    due_now(clock)
    campus.sweep()
    conflict = campus.conflict()
    assert (conflict.kind, conflict.theirs) == (Conflict.Kind.AMBIGUOUS, ["T1", "T2"])
    assert campus.codes(made) == ["CONFLICT"]
    with pytest.raises(CannotSettle, match="one of T1, T2"):
        campus.resolve(conflict, THEIRS)
    campus.resolve(conflict, THEIRS, sis_id="T2")
    campus.sweep()
    campus.assert_settled()
    assert Section.objects.get(pk=made).sis_id == "T2"
    assert campus.in_sis("T2")["title"] == Section.objects.get(pk=made).title
    assert campus.section("T1").pk != made
    assert campus.audit_of(conflict).after == {"resolution": "THEIRS", "sis_id": "T2"}


def test_a_creation_is_none_of_its_candidates(campus_with, clock):
    campus, made = ambiguous(campus_with)
    due_now(clock)
    campus.sweep()
    campus.resolve(campus.conflict(), OURS)
    campus.sweep()
    campus.assert_settled()
    ours = Section.objects.get(pk=made)
    assert ours.sis_id not in {None, "T1", "T2"}
    assert campus.in_sis(ours.sis_id)["title"] == ours.title == "New"
    assert campus.section("T1").title == "Title of T1"
    assert campus.section("T2").title == "Title of T2"


def test_a_candidate_that_was_linked_meanwhile_cannot_be_chosen(campus_with, clock):
    campus, _made = ambiguous(campus_with)
    due_now(clock)
    campus.sweep()
    conflict = campus.conflict()
    Link.objects.create(merge_type="sections", term_id=TERM, sis_id="T1", state="LINKED")
    with pytest.raises(NotOpen, match="T1 is linked to another record"):
        campus.resolve(conflict, THEIRS, sis_id="T1")


# ---- numbers that wait for each other


@pytest.fixture
def ring(campus_with):
    """S1 and S2 exchange their numbers in a SIS that does not let them."""
    campus = campus_with("unique=client_ref,natural_key")
    campus.enable()
    campus.edit("S1", section_number="T")
    campus.edit("S2", section_number="A", capacity=31)
    campus.edit("S1", section_number="B")
    return campus


def numbers(campus):
    return [campus.in_sis(name)["section_number"] for name in ("S1", "S2")]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_ring_of_numbers_is_held_on_every_section_of_it_and_named(ring, at_once):
    if at_once:
        ring.sweep()
    else:
        assert ring.merge(sends=True).exit_code == 1
    for name in ("S1", "S2"):
        status = ring.status(name)
        assert status["state"] == "HELD"
        assert status["reasons"][0]["code"] == "NUMBER_CYCLE"
        assert "BIO 101 A" in status["reasons"][0]["message"]
        assert "BIO 101 B" in status["reasons"][0]["message"]
        assert ring.explain(name, "section_number")["rule"] == "NUMBER"
    assert {*Conflict.objects.filter(status="OPEN").values_list("kind", "field")} == {
        ("NUMBER", "section_number")
    }


def test_a_ring_of_numbers_goes_through_once_one_has_a_free_number(ring):
    ring.sweep()
    ring.edit("S1", section_number="F")
    ring.sweep()
    ring.sweep()
    assert numbers(ring) == ["F", "A"]
    ring.assert_settled()


def test_a_ring_of_numbers_cannot_be_settled_by_insisting(ring):
    ring.sweep()
    with pytest.raises(CannotSettle, match="give one of them a free number"):
        ring.resolve(Conflict.objects.filter(status="OPEN").first(), OURS)


def test_a_ring_of_numbers_is_given_up_by_taking_the_sis_s_numbers(ring):
    ring.sweep()
    for conflict in Conflict.objects.filter(status="OPEN"):
        ring.resolve(conflict, THEIRS)
    ring.sweep()
    ring.assert_settled()
    assert numbers(ring) == ["A", "B"]
    assert [ring.section(name).section_number for name in ("S1", "S2")] == ["A", "B"]
    assert ring.in_sis("S2")["capacity"] == "31"


def add_twins(campus):
    for sis_id in ("T1", "T2"):
        values = campus.in_sis("S1") | {"section_number": "Z", "title": f"Title of {sis_id}"}
        campus.adapter.add("sections", TERM, sis_id, **(values | {"meetings": [], "instructors": []}))


@pytest.mark.parametrize("search", ["natural_key", "none"])
def test_an_import_that_finds_several_candidates_takes_none_and_asks(campus_with, clock, search):
    campus = campus_with(f"unique=none&search={search}&late=600")
    campus.enable()
    made = campus.create(number="Z", title="New")
    campus.adapter.faults([{"when": CREATE, "then": "timeout_before_effect"}])
    campus.sweep()
    add_twins(campus)
    campus.merge()
    conflict = campus.conflict()
    assert (conflict.kind, conflict.theirs) == (Conflict.Kind.AMBIGUOUS, ["T1", "T2"])
    assert not Section.objects.filter(sis_id__in=["T1", "T2"]).exists()
    clock.shift(3600)  # the lost request cannot land any more: yet it is not created a third time
    campus.sweep()
    campus.merge(sends=True)
    assert campus.conflict().pk == conflict.pk
    assert sum(values["section_number"] == "Z" for values in campus.adapter.sections().values()) == 2
    campus.resolve(conflict, THEIRS, sis_id="T2")
    campus.sweep()
    campus.merge(sends=True)
    campus.assert_settled()
    assert Section.objects.get(pk=made).sis_id == "T2"
    assert campus.section("T1").pk != made
