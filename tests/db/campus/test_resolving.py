"""Every kind of conflict settled by a person: both sides converge, nothing is lost, who is on record."""

import pytest
from django.core.management import CommandError, call_command

from integration.models import Conflict, Link, MergeRun
from integration.resolving import CannotSettle, Choice, NotOpen
from integration.sis.port import MergeType
from scheduling.models import ChangeLog, Section
from scheduling.services import relationships
from tests.campus import TERM

OURS, THEIRS = Choice.OURS, Choice.THEIRS
CREATE = {"operation": "CREATE", "type": "sections"}


@pytest.fixture
def campus(campus):
    campus.enable()
    return campus


def disputed(campus, *, name="title", ours="Mine", theirs="Theirs"):
    campus.edit("S1", **{name: ours})
    campus.adapter.edit("S1", **{name: theirs})
    campus.merge(sends=True)
    return campus.conflict()


def assert_settled(campus):
    """Nothing is open, and once a merge has followed the choice another one has nothing to do."""
    assert campus.merge(sends=True).exit_code == 0
    writes = len(campus.adapter.journal())
    for run in campus.merge(sends=True).runs:
        assert run.counts["unchanged"] == run.counts["read"]
    assert len(campus.adapter.journal()) == writes
    assert not Conflict.objects.filter(status=Conflict.Status.OPEN).exists()


def audit_of(conflict):
    return ChangeLog.objects.get(record_type="conflict", record_id=str(conflict.pk))


# ---- a field


@pytest.mark.parametrize(("choice", "value"), [(OURS, "Mine"), (THEIRS, "Theirs")])
@pytest.mark.parametrize("at_once", [True, False])
def test_the_chosen_value_stands_on_both_sides(campus, choice, value, at_once):
    campus.resolve(disputed(campus), choice)
    if at_once:
        campus.sweep()
    assert_settled(campus)
    assert campus.section("S1").title == campus.in_sis("S1")["title"] == value


@pytest.mark.parametrize("choice", [OURS, THEIRS])
def test_both_values_and_the_person_stay_on_record(campus, choice):
    conflict = disputed(campus)
    campus.resolve(conflict, choice)
    conflict.refresh_from_db()
    assert (conflict.base, conflict.ours, conflict.theirs) == ("Title of S1", "Mine", "Theirs")
    assert (conflict.status, conflict.resolution, conflict.resolved_by) == (
        "RESOLVED",
        choice.value,
        campus.registrar,
    )
    row = audit_of(conflict)
    assert (row.actor, row.field, row.rule) == (campus.registrar, "title", "ASK")
    assert row.before == {"base": "Title of S1", "ours": "Mine", "theirs": "Theirs"}
    assert row.after["resolution"] == choice.value


def test_taking_the_sis_s_value_is_audited_as_a_change_by_the_person(campus):
    campus.resolve(disputed(campus), THEIRS)
    row = ChangeLog.objects.filter(record_type="section", field="title").first()
    assert (row.before, row.after, row.actor, row.rule) == ("Mine", "Theirs", campus.registrar, "RESOLVED")


@pytest.mark.parametrize("choice", [OURS, THEIRS])
def test_the_other_fields_went_on_meanwhile(campus, choice):
    campus.edit("S1", capacity=31)
    conflict = disputed(campus)
    assert campus.in_sis("S1")["capacity"] == "31"
    campus.resolve(conflict, choice)
    assert_settled(campus)


def test_a_further_edit_in_the_sis_is_no_victim_of_the_choice(campus):
    conflict = disputed(campus)
    campus.adapter.edit("S1", title="Newer")
    campus.resolve(conflict, OURS)
    campus.sweep()
    again = campus.conflict()
    assert (again.base, again.ours, again.theirs) == ("Theirs", "Mine", "Newer")
    assert campus.in_sis("S1")["title"] == "Newer"


def test_a_further_edit_here_is_no_victim_of_the_choice(campus):
    conflict = disputed(campus)
    campus.edit("S1", title="Newer")
    with pytest.raises(NotOpen, match="changed here since"):
        campus.resolve(conflict, THEIRS)
    assert campus.section("S1").title == "Newer"
    campus.resolve(conflict, OURS)
    assert_settled(campus)
    assert campus.in_sis("S1")["title"] == "Newer"


def test_nobody_settles_a_conflict_twice(campus):
    conflict = disputed(campus)
    campus.resolve(conflict, OURS)
    with pytest.raises(NotOpen, match="settled already"):
        campus.resolve(conflict, THEIRS)


@pytest.mark.parametrize("choice", [OURS, THEIRS])
def test_a_set_is_settled_as_a_whole(campus, choice):
    campus.settings(sections={"sources": {"instructors": "ASK"}})
    conflict = disputed(
        campus,
        name="instructors",
        ours=[{"instructor": "I2", "percent": 40, "is_primary": True}],
        theirs=[{"instructor": "I2", "percent": "60", "is_primary": "True"}],
    )
    campus.resolve(conflict, choice)
    assert_settled(campus)
    percent = 40 if choice is OURS else 60
    assert campus.section("S1").assignments.get().percent == percent
    assert campus.in_sis("S1")["instructors"][0]["percent"] == str(percent)


def fight(campus):
    campus.settings(sections={"sources": {"title": "ALWAYS_TANDEM"}})
    campus.edit("S1", title="Mine")
    for _night in range(4):
        campus.adapter.edit("S1", title="Theirs")
        campus.merge([MergeType.SECTIONS], sends=True)


@pytest.mark.parametrize(("choice", "value"), [(OURS, "Mine"), (THEIRS, "Theirs")])
def test_a_fight_ends_with_the_choice(campus, choice, value):
    fight(campus)
    assert campus.conflict().kind == Conflict.Kind.FIGHT
    campus.resolve(campus.conflict(), choice)
    assert_settled(campus)
    assert campus.section("S1").title == campus.in_sis("S1")["title"] == value


def test_after_a_person_insisted_a_value_is_rewritten_again_before_anybody_is_asked(campus):
    fight(campus)
    campus.resolve(campus.conflict(), OURS)
    campus.adapter.edit("S1", title="Again")
    assert_settled(campus)
    assert campus.in_sis("S1")["title"] == "Mine"


@pytest.mark.parametrize("choice", [OURS, THEIRS])
def test_a_field_that_is_not_sent_can_be_settled_too(campus, choice):
    campus.settings(sections={"sent_fields": ("capacity",)})
    conflict = disputed(campus)
    campus.resolve(conflict, choice)
    campus.merge(sends=True)
    assert not Conflict.objects.filter(status="OPEN").exists()
    assert campus.in_sis("S1")["title"] == "Theirs"
    assert campus.section("S1").title == ("Mine" if choice is OURS else "Theirs")


# ---- a crosslist


@pytest.mark.parametrize(("choice", "members"), [(OURS, ["S1", "S3"]), (THEIRS, ["S3", "S4"])])
def test_members_of_a_crosslist_are_settled(campus, choice, members):
    campus.settings(relationships={"sources": {"members": "ASK"}})
    group = campus.group()
    third = campus.id_of("S3")
    campus.edit("S1", meetings=[])
    campus.edit("S3", meetings=[])
    campus.edit("S4", meetings=[])
    campus.sweep()
    campus.merge(sends=True)
    relationships.update_relationship(
        group.pk, members=[third, campus.id_of("S1")], primary=third, author=campus.author()
    )
    campus.adapter.edit(
        "X1",
        members=[{"section": "S3", "is_primary": "False"}, {"section": "S4", "is_primary": "True"}],
    )
    campus.merge(sends=True)
    conflict = campus.conflict()
    assert (conflict.field, conflict.link.merge_type) == ("members", "relationships")
    campus.resolve(conflict, choice)
    assert_settled(campus)
    assert [one["section"] for one in campus.adapter.relationships(TERM)["X1"]["members"]] == members
    here = group.members.order_by("section__sis_id").values_list("section__sis_id", flat=True)
    assert list(here) == members


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
    assert_settled(campus)
    assert not Section.objects.filter(pk=section).exists()
    removal = ChangeLog.objects.get(record_type="section", record_id=str(section), action="DELETE")
    assert removal.before["title"] == "Mine"
    assert audit_of(conflict).actor == campus.registrar


def test_a_section_that_is_kept_is_created_anew_in_the_sis(campus):
    section = campus.id_of("S1")
    ref = Link.objects.get(section=section).client_ref
    campus.resolve(removed_there(campus), OURS)
    campus.sweep()
    assert_settled(campus)
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
    assert_settled(campus)
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
    assert_settled(campus)
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
    assert_settled(campus)
    assert "S1" not in campus.adapter.sections(TERM)


def test_a_removal_of_ours_that_is_given_up_brings_the_section_back_under_its_id(campus):
    section, conflict = removed_here(campus, title="Theirs")
    campus.resolve(conflict, THEIRS)
    campus.sweep()
    assert_settled(campus)
    assert campus.section("S1").pk == section
    assert campus.section("S1").title == campus.in_sis("S1")["title"] == "Theirs"


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
    assert_settled(campus)
    assert campus.section("S1").pk == section


def test_once_the_students_are_gone_the_removal_goes_through(campus):
    removed_here(campus, enrollment="3")
    campus.adapter.edit("S1", enrollment="0")
    assert_settled(campus)
    assert "S1" not in campus.adapter.sections(TERM)


# ---- a creation without an answer


def ambiguous(campus_with):
    """Two sections of the SIS could be the one whose creation got no answer."""
    campus = campus_with("unique=none&search=natural_key")
    campus.enable()
    made = campus.create(number="Z", title="New")
    campus.adapter.faults([{"when": CREATE, "then": "timeout_before_effect"}])
    campus.sweep()
    for sis_id in ("T1", "T2"):
        values = campus.in_sis("S1") | {"section_number": "Z", "title": f"Title of {sis_id}"}
        campus.adapter.add("sections", TERM, sis_id, **(values | {"meetings": [], "instructors": []}))
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
    assert_settled(campus)
    assert Section.objects.get(pk=made).sis_id == "T2"
    assert campus.in_sis("T2")["title"] == Section.objects.get(pk=made).title
    assert campus.section("T1").pk != made
    assert audit_of(conflict).after == {"resolution": "THEIRS", "sis_id": "T2"}


def test_a_creation_is_none_of_its_candidates(campus_with, clock):
    campus, made = ambiguous(campus_with)
    due_now(clock)
    campus.sweep()
    campus.resolve(campus.conflict(), OURS)
    campus.sweep()
    assert_settled(campus)
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
    assert_settled(ring)


def test_a_ring_of_numbers_cannot_be_settled_by_insisting(ring):
    ring.sweep()
    with pytest.raises(CannotSettle, match="give one of them a free number"):
        ring.resolve(Conflict.objects.filter(status="OPEN").first(), OURS)


def test_a_ring_of_numbers_is_given_up_by_taking_the_sis_s_numbers(ring):
    ring.sweep()
    for conflict in Conflict.objects.filter(status="OPEN"):
        ring.resolve(conflict, THEIRS)
    ring.sweep()
    assert_settled(ring)
    assert numbers(ring) == ["A", "B"]
    assert [ring.section(name).section_number for name in ("S1", "S2")] == ["A", "B"]
    assert ring.in_sis("S2")["capacity"] == "31"


# ---- the command


def command(campus, *given, user="kim"):
    call_command("resolve_conflict", *(str(one) for one in given), "--user", user)


def test_the_command_settles_a_conflict(campus, settings, capsys):
    settings.SIS_URL = campus.url
    conflict = disputed(campus)
    command(campus, conflict.pk, "theirs")
    assert capsys.readouterr().out == ("BIO 101 A: title is Theirs. The next delivery or merge follows.\n")
    conflict.refresh_from_db()
    assert (conflict.status, conflict.resolved_by) == ("RESOLVED", campus.registrar)
    assert campus.section("S1").title == "Theirs"


@pytest.mark.parametrize("user", ["nobody", "guest"])
def test_the_command_lets_only_those_in_charge_settle(campus, settings, django_user_model, user):
    settings.SIS_URL = campus.url
    django_user_model.objects.create_user("guest", has_scheduling=True)
    conflict = disputed(campus)
    with pytest.raises(CommandError, match="may not settle conflicts") as error:
        command(campus, conflict.pk, "ours", user=user)
    assert error.value.returncode == 2
    assert campus.conflict() == conflict


def test_the_command_says_why_something_cannot_be_settled(campus, settings):
    settings.SIS_URL = campus.url
    conflict = disputed(campus)
    campus.resolve(conflict, OURS)
    for number, sentence in ((conflict.pk, "settled already"), (10**6, "There is no conflict")):
        with pytest.raises(CommandError, match=sentence) as error:
            command(campus, number, "ours")
        assert error.value.returncode == 2


def test_settling_makes_no_run(campus):
    conflict = disputed(campus)
    before = MergeRun.objects.count()
    campus.resolve(conflict, THEIRS)
    assert MergeRun.objects.count() == before
