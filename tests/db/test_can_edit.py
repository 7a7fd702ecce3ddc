"""`manage.py can_edit`: what may this person edit in this term, at that moment, and why (CONTRACT.md)."""

import datetime as dt
import io
import json

import pytest
from django.core.management import CommandError, call_command

from phases.models import Exemption, Phase, TimelineEntry
from phases.policy import Action
from scheduling.domain.errors import FieldLocked
from scheduling.domain.fields import CATALOGUE
from scheduling.models import ChangeLog
from scheduling.services import sections

NOON = dt.datetime(2027, 1, 12, 12, tzinfo=dt.UTC)
AT = "2027-01-12T12:00"
LATER = "2027-01-20T12:00"


def asked(*words):
    out = io.StringIO()
    call_command("can_edit", *words, stdout=out)
    return out.getvalue()


def answer(*words):
    return json.loads(asked(*words, "--json"))


@pytest.fixture
def term(schedule):
    """In Draft, from 10 January in Registration, from the 20th in Closed."""
    for name, day in (("Draft", 1), ("Registration", 10), ("Closed", 20)):
        TimelineEntry.objects.create(
            term=schedule.term,
            phase=Phase.objects.get(name=name),
            starts_at=dt.datetime(2027, 1, day, tzinfo=dt.UTC),
        )
    schedule.course("BIO")
    schedule.course("CHE")
    schedule.user("SCHEDULER", departments=["BIO"], name="bob")
    return schedule.term


def test_every_field_and_action_is_answered_with_the_phase_and_its_end(term):
    found = answer("bob", term.pk, "--at", AT)
    assert (found["phase"], found["until"]) == ("Registration", "2027-01-20T00:00:00Z")
    assert list(found["fields"]) == list(CATALOGUE.names)
    assert found["actions"].keys() == {str(one) for one in Action}
    allowed = {name for name, one in found["fields"].items() if one["allowed"]}
    assert allowed == {"capacity", "waitlist_capacity", "notes", "instructors"}
    assert found["fields"]["title"] == {
        "allowed": False,
        "reason": "Title is locked in Registration, which lasts until 20 Jan 2027; "
        "the Registrar may change it.",
    }
    assert found["fields"]["capacity"] == {"allowed": True, "reason": "You may change it as Scheduler."}
    assert not found["actions"]["delete_section"]["allowed"]


@pytest.mark.parametrize(
    ("at", "phase"),
    [
        ("2026-12-31", None),
        ("2027-01-10", "Registration"),
        ("2027-01-19T23:59", "Registration"),
        (LATER, "Closed"),
    ],
)
def test_the_moment_decides_and_without_a_zone_it_is_the_institutions(term, at, phase):
    assert answer("bob", term.pk, "--at", at)["phase"] == phase


def test_a_moment_may_name_its_own_zone(term):
    assert answer("bob", term.pk, "--at", "2027-01-10T00:30+01:00")["phase"] == "Draft"


def test_without_a_moment_it_is_now(term):
    TimelineEntry.objects.all().delete()
    found = answer("bob", term.pk)
    assert (found["phase"], found["until"]) == (None, None)
    assert found["fields"]["title"]["allowed"]


def test_a_section_of_another_department_is_not_theirs(schedule, term):
    schedule.imported(schedule.course("CHE", "200"), crn="20002")
    found = answer("bob", term.pk, "--section", "20002", "--at", AT)
    assert not any(one["allowed"] for one in (*found["fields"].values(), *found["actions"].values()))
    assert "in CHE: your role Scheduler is for BIO" in found["fields"]["notes"]["reason"]


def test_an_exemption_of_a_section_is_told_for_it_alone(schedule, term):
    pk = schedule.imported(crn="10001")
    bob = schedule.user("SCHEDULER", departments=["BIO"], name="bobby")
    Exemption.objects.create(
        term=term,
        user=bob,
        section_id=pk,
        fields=["title"],
        since=NOON,
        until=NOON.replace(day=13),
        reason="A typo",
    )
    of_section = answer("bobby", term.pk, "--section", "10001", "--at", AT)["fields"]["title"]
    assert of_section == {
        "allowed": True,
        "reason": "You may change it until 13 Jan 2027, 12:00 by exemption: A typo",
    }
    assert not answer("bobby", term.pk, "--at", AT)["fields"]["title"]["allowed"]


def test_what_is_answered_is_what_the_service_does(schedule, term):
    pk = schedule.imported(crn="10001", title="Cells", capacity=9)
    found = answer("bob", term.pk, "--section", "10001", "--at", AT)["fields"]
    bob = type(schedule.registrar).objects.get(username="bob")
    author = schedule.author(bob, now=NOON, source=ChangeLog.Source.COMMAND)
    for name, value in {"title": "Genes", "capacity": 10, "notes": "x", "credits": "2.00"}.items():
        told = ""
        try:
            sections.update_section(pk, {name: value}, author=author)
        except FieldLocked as error:
            told = error.message
        assert told == ("" if found[name]["allowed"] else found[name]["reason"])


@pytest.mark.parametrize("flags", [{"is_active": False}, {"has_scheduling": False}])
def test_a_closed_account_may_nothing(schedule, term, flags):
    schedule.user("REGISTRAR", is_for_all=True, name="gone", **flags)
    found = answer("gone", term.pk, "--at", AT)
    assert not any(one["allowed"] for one in (*found["fields"].values(), *found["actions"].values()))


def test_people_read_it_without_json(term):
    shown = asked("bob", term.pk, "--at", AT)
    assert shown.startswith("Spring 2027 is in Registration until 20 Jan 2027.\n")
    assert "  yes  Capacity: You may change it as Scheduler.\n" in shown
    assert "  no   CRN is kept by the SIS; it is changed there.\n" in shown
    assert "  no   You may not create sections in Registration" in shown


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nobody", "20271"], "There is no user 'nobody'"),
        (["bob", "20999"], "There is no term '20999'"),
        (["bob", "20271", "--section", "77777"], "There is no section '77777' in term 20271"),
        (["bob", "20271", "--at", "tomorrow"], "'tomorrow' is no date and time; write it like"),
        (["bob", "20271", "--at", "0001-01-01T00:00+14:00"], "is no date and time"),
    ],
)
def test_what_is_not_there_is_wrong_use_with_a_sentence(term, words, says):
    with pytest.raises(CommandError, match=says) as refusal:
        asked(*words)
    assert refusal.value.returncode == 2
