"""Terms on and off by command, and what waits meanwhile."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command

from integration.models import OutboundChange, TermSwitch
from scheduling.models import ChangeLog, Term
from tests.campus import TERM

OFF = {"is_importing": True, "is_sending": False, "is_nightly": False, "is_real_time": False, "until": None}


def enable(*options, term=TERM):
    call_command("enable_term", term, *options)


def switches(term=TERM):
    """Type -> what is on."""
    return {
        one.merge_type: {name: getattr(one, name) for name in OFF}
        for one in TermSwitch.objects.filter(term=term)
    }


def refused(*options, term=TERM, command="enable_term"):
    with pytest.raises(CommandError) as error:
        call_command(command, term, *options)
    assert switches(term) == {}
    return error.value.returncode, str(error.value)


def audit():
    rows = ChangeLog.objects.filter(record_type="term_switch").order_by("id")
    return [(row.action, row.record_id, row.actor_name) for row in rows]


# ---- on


def test_a_term_is_on_for_all_three_types_and_only_imported_unless_more_is_asked(campus, capsys):
    enable()
    assert switches() == {"courses": OFF, "sections": OFF, "relationships": OFF}
    assert capsys.readouterr().out == "Spring 2027 is on for courses, sections, relationships.\n"


def test_each_switch_goes_on_as_asked_and_courses_are_never_sent(campus):
    enable("--send", "--nightly", "--real-time", "--until", "2027-03-01")
    asked = {"is_nightly": True, "until": dt.date(2027, 3, 1)}
    sent = OFF | asked | {"is_sending": True, "is_real_time": True}
    assert switches() == {"courses": OFF | asked, "sections": sent, "relationships": sent}


def test_only_the_named_types_go_on(campus):
    enable("--types", "relationships,sections", "--send")
    assert {*switches()} == {"sections", "relationships"}


def test_turning_it_on_again_the_same_way_changes_and_audits_nothing(campus):
    enable("--send")
    before = audit()
    enable("--send")
    assert audit() == before
    assert len(before) == 3
    assert before[0] == ("CREATE", f"{TERM}:courses", "operator")


def test_turning_it_on_without_sending_says_that_sending_is_off_now(campus, capsys):
    enable("--send")
    capsys.readouterr()
    enable()
    assert switches()["sections"] == OFF
    assert "Sending of sections is off now; add --send to keep it on." in capsys.readouterr().err
    assert audit()[-1][0] == "UPDATE"


def test_an_ended_term_stays_on_for_seven_days_with_a_warning(campus, capsys):
    enable(term="20263")
    assert {one["until"] for one in switches("20263").values()} == {dt.date(2027, 1, 19)}
    warning = capsys.readouterr().err
    assert "ended on 2026-12-18; it stays on until 2027-01-19 and then ends by itself" in warning


def test_an_ended_term_stays_on_until_the_date_that_is_given(campus, capsys):
    enable("--until", "2027-06-30", term="20263")
    assert {one["until"] for one in switches("20263").values()} == {dt.date(2027, 6, 30)}
    assert "beyond that, until 2027-06-30" in capsys.readouterr().err


def test_today_is_a_date_that_can_be_given(campus):
    enable("--until", "2027-01-12")
    assert switches()["sections"]["until"] == dt.date(2027, 1, 12)


def test_a_term_that_only_the_sis_knows_is_brought_in(campus, settings):
    settings.SIS_URL = campus.url
    campus.adapter.add(
        "terms", "", "20273", code="20273", name="Fall 2027", start_date="2027-09-01", end_date="2027-12-17"
    )
    enable(term="20273")
    assert Term.objects.get(pk="20273").name == "Fall 2027"
    assert {*switches("20273")} == {"courses", "sections", "relationships"}
    assert ChangeLog.objects.filter(record_type="term", record_id="20273").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--real-time"], "needs sending; add --send"),
        (["--send", "--types", "courses"], "Courses are only imported, never sent"),
        (["--until", "2027-01-11"], "2027-01-11 is past"),
        (["--until", "soon"], "write it as YYYY-MM-DD"),
        (["--types", "rooms"], "'rooms' is no type of a term; there are courses, sections, relationships"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_way_out(campus, options, sentence):
    code, message = refused(*options)
    assert code == 2
    assert sentence in message


def test_a_term_that_the_sis_does_not_offer_is_refused(campus, settings):
    settings.SIS_URL = campus.url
    code, message = refused(term="2O271")
    assert (code, message) == (2, "The SIS does not offer a term '2O271'; check the code.")
    assert not Term.objects.filter(pk="2O271").exists()


def test_a_term_whose_dates_cannot_be_is_refused(campus, settings):
    settings.SIS_URL = campus.url
    campus.adapter.add(
        "terms", "", "20273", code="20273", name="Fall", start_date="2027-09-01", end_date="2027-01-01"
    )
    code, message = refused(term="20273")
    assert code == 2
    assert "it ends on 2027-01-01, before it starts" in message


def test_an_unknown_term_cannot_be_asked_about_while_the_sis_is_away(campus, settings, tmp_path):
    settings.SIS_URL = f"memory://{tmp_path}/nowhere"
    code, message = refused(term="20273")
    assert code == 4
    assert "is not there" in message


def test_an_unknown_term_needs_a_configured_sis(campus, settings):
    settings.SIS_URL = ""
    code, message = refused(term="20273")
    assert code == 2
    assert "SIS_URL is not set" in message


def test_a_known_term_needs_no_sis(campus, settings):
    settings.SIS_URL = ""
    enable()
    assert {*switches()} == {"courses", "sections", "relationships"}


def test_a_term_that_the_sis_no_longer_has_cannot_be_turned_on(campus):
    Term.objects.filter(pk=TERM).update(is_active=False)
    code, message = refused()
    assert code == 2
    assert "The SIS no longer has Spring 2027" in message


# ---- off


def test_a_term_goes_off_and_off_again_without_a_second_trace(campus, capsys):
    enable()
    before = len(audit())
    call_command("disable_term", TERM)
    assert switches() == {}
    assert [action for action, _record, _who in audit()[before:]] == ["DELETE"] * 3
    call_command("disable_term", TERM)
    assert len(audit()) == before + 3
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "Spring 2027 is off for courses, sections, relationships.",
        "Spring 2027 was off for courses, sections, relationships already.",
    ]


def test_only_the_named_types_go_off(campus):
    enable()
    call_command("disable_term", TERM, "--types", "courses,relationships")
    assert {*switches()} == {"sections"}


def test_an_unknown_type_cannot_go_off(campus):
    code, message = refused("--types", "rooms", command="disable_term")
    assert code == 2
    assert "'rooms' is no type of a term" in message


def test_an_unknown_term_cannot_go_off(campus):
    assert refused(term="2O271", command="disable_term")[0] == 2


# ---- what waits meanwhile


def test_what_is_queued_waits_while_the_term_is_off_and_goes_when_it_is_on_again(campus, capsys):
    enable("--send", "--real-time")
    campus.edit("S1", title="Mine")
    call_command("disable_term", TERM)
    assert "Waiting until it is on again: 1 of its records." in capsys.readouterr().out

    swept = campus.sweep()
    place = "in Merge Settings, under Terms (enable_term 20271)"
    assert swept.waiting == [f"Sections of Spring 2027 are not enabled. Turn them on {place}."]
    assert campus.row("S1").state == OutboundChange.State.WAITING
    assert campus.codes("S1") == ["TERM_OFF"]
    assert campus.adapter.journal() == []

    enable("--send", "--real-time")
    assert "free to go now: 1 of its records" in capsys.readouterr().err
    assert campus.sweep().tally["sis_update"] == 1
    assert campus.in_sis("S1")["title"] == "Mine"


def test_switches_are_read_again_each_time(campus):
    enable("--send")
    campus.edit("S1", title="Mine")
    enable()
    assert "only imported" in campus.sweep().waiting[0]
    assert campus.adapter.journal() == []
    enable("--send")
    campus.sweep()
    assert campus.in_sis("S1")["title"] == "Mine"


def test_a_term_ends_by_itself_after_its_last_day(campus, clock):
    enable("--send", "--until", "2027-01-13")
    campus.edit("S1", title="Mine")
    clock.move_to(dt.datetime(2027, 1, 14, 0, 1, tzinfo=dt.UTC))
    assert "after 2027-01-13" in campus.sweep().waiting[0]
    assert campus.adapter.journal() == []


def test_a_term_is_on_throughout_its_last_day(campus, clock):
    enable("--send", "--until", "2027-01-13")
    campus.edit("S1", title="Mine")
    clock.move_to(dt.datetime(2027, 1, 13, 23, 59, tzinfo=dt.UTC))
    assert campus.sweep().waiting == []
    assert campus.in_sis("S1")["title"] == "Mine"


def test_a_type_that_is_switched_off_in_the_settings_is_not_sent(campus):
    enable("--send")
    campus.edit("S1", title="Mine")
    campus.settings(sections={"is_enabled": False})
    assert campus.sweep().waiting == ["Merges of sections are switched off in Merge Settings."]
    assert campus.adapter.journal() == []


def test_sending_a_merge_for_a_term_that_is_off_is_refused_before_anything_runs(campus):
    outcome = campus.try_merge(sends=True)
    assert (outcome.exit_code, outcome.runs) == (2, [])
    assert "enable_term 20271 --send" in outcome.error["message"]
