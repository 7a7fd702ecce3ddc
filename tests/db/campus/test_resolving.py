"""Every kind of conflict settled by a person: both sides converge, nothing is lost, who is on record."""

import pytest
from django.core.management import CommandError, call_command

from integration.models import Conflict, MergeRun
from integration.resolving import Choice, NotOpen
from integration.sis.port import MergeType
from scheduling.models import ChangeLog
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


# ---- a field


@pytest.mark.parametrize(("choice", "value"), [(OURS, "Mine"), (THEIRS, "Theirs")])
@pytest.mark.parametrize("at_once", [True, False])
def test_the_chosen_value_stands_on_both_sides(campus, choice, value, at_once):
    campus.resolve(disputed(campus), choice)
    if at_once:
        campus.sweep()
    campus.assert_settled()
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
    row = campus.audit_of(conflict)
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
    campus.assert_settled()


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
    campus.assert_settled()
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
    campus.assert_settled()
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
    campus.assert_settled()
    assert campus.section("S1").title == campus.in_sis("S1")["title"] == value


def test_after_a_person_insisted_a_value_is_rewritten_again_before_anybody_is_asked(campus):
    fight(campus)
    campus.resolve(campus.conflict(), OURS)
    campus.adapter.edit("S1", title="Again")
    campus.assert_settled()
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
    campus.assert_settled()
    assert [one["section"] for one in campus.adapter.relationships(TERM)["X1"]["members"]] == members
    here = group.members.order_by("section__sis_id").values_list("section__sis_id", flat=True)
    assert list(here) == members


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


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ("nobody", "There is no user 'nobody'"),
        ("guest", "'guest' may not settle conflicts.* your account has no role; the Registrar may"),
    ],
)
def test_the_command_lets_only_those_in_charge_settle(campus, settings, django_user_model, user, told):
    settings.SIS_URL = campus.url
    django_user_model.objects.create_user("guest", has_scheduling=True, has_admin=True)
    conflict = disputed(campus)
    with pytest.raises(CommandError, match=told) as error:
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
