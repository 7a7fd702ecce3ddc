"""A SIS that can only be read is merged like any other: no part of the engine knows its name."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integration.models import OutboundChange, TermSwitch
from integration.sis.port import MergeType
from integration.switch_values import OFF, Switch, SwitchChange
from integration.term_switches import refusals
from scheduling.models import Course, Instructor, Section, Term
from tandem_conformance.institution import TERM
from tests.merge_desk import counts_of, execute_merge
from tests.oneroster.oneroster_server import KEY
from tests.oneroster.oneroster_sis import OneRosterSis


@pytest.fixture
def sis(settings, db):
    made = OneRosterSis()
    settings.SIS_URL, settings.SIS_API_KEY = made.server.url, KEY
    settings.SIS_MAX_REQUESTS_PER_SECOND = 100_000
    yield made
    made.close()


@pytest.fixture
def loaded(sis):
    first = execute_merge("all", "--term", TERM)
    assert first.exit_code == 0
    assert [one["type"] for one in first.runs] == [
        "terms",
        "departments",
        "instructors",
        "courses",
        "sections",
    ]
    left_out = ["buildings", "rooms", "relationships"]
    assert first.document["notes"] == [
        f"{one} left out: This SIS (oneroster) has no {one} to read." for one in left_out
    ]
    return sis


def said(capsys, command, *words):
    call_command(command, TERM, *words, "--json")
    return json.loads(capsys.readouterr().out)


def test_what_it_shows_comes_in_once(loaded):
    section = Section.objects.get(sis_id="S001")
    assert (section.title, section.section_number, str(section.course)) == ("Drawing", "A", "ART 101")
    team = section.assignments.order_by("instructor_id").values_list("instructor_id", "percent", "is_primary")
    assert [tuple(map(str, row)) for row in team] == [("I1", "50.00", "True"), ("I3", "50.00", "False")]
    assert Course.objects.get(sis_id="ART101").department_id == "ART"
    assert Instructor.objects.get(pk="I2").department_id == "MATH"

    second = execute_merge("all", "--term", TERM)
    assert all(counts_of(run).keys() == {"read", "unchanged"} for run in second.runs)


def test_what_changes_there_comes_in_and_what_goes_there_goes_here(loaded):
    loaded.change("S002", title="Calculus One")
    loaded.remove("S006")
    merged = execute_merge("sections", "--term", TERM)
    assert merged.counts == {"read": 5, "unchanged": 4, "local_update": 1, "local_delete": 1}
    assert Section.objects.get(sis_id="S002").title == "Calculus One"


def test_it_cannot_be_turned_on_for_sending(loaded):
    with pytest.raises(CommandError, match=r"takes no sections, so none can be sent\. Leave --send out"):
        call_command("enable_term", TERM, "--send")
    assert not TermSwitch.objects.exists()
    wish = SwitchChange(
        term=Term.objects.get(pk=TERM),
        merge_type=MergeType.SECTIONS,
        before=OFF,
        after=Switch(is_importing=True, is_sending=True),
    )
    assert ("is_sending", "Sections in Fall 2024: This SIS (oneroster) takes no sections") in [
        (flag, sentence.partition(",")[0]) for flag, sentence in refusals(wish, today=timezone.localdate())
    ]


def test_what_is_changed_here_stays_here_and_says_so(loaded, capsys, tmp_path):
    call_command("enable_term", TERM)
    call_command("make_user", "reg", "--role", "REGISTRAR")
    edits = [
        {"op": "update", "section": "S001", "set": {"capacity": 44, "title": "Painting"}},
        {"op": "create", "set": {"course": "MATH120", "section_number": "Z"}},
    ]
    lines = tmp_path / "edits.jsonl"
    lines.write_text("\n".join(map(json.dumps, edits)))
    call_command("apply_edits", lines, "--term", TERM, "--user", "reg")
    capsys.readouterr()

    merged = execute_merge("all", "--term", TERM)
    assert merged.exit_code == 0
    assert counts_of(merged.of("sections")) == {"read": 6, "unchanged": 6, "pending": 2}
    section = Section.objects.get(sis_id="S001")
    assert (section.title, section.capacity) == ("Painting", 44)
    assert "this SIS does not take it" in said(capsys, "section_status", "S001")["reasons"][0]["message"]
    assert said(capsys, "explain", "S001", "capacity")["rule"] == "TANDEM_ONLY"
    assert said(capsys, "section_status", "MATH-120-Z")["reasons"][0]["code"] == "SENDING_OFF"
    assert not OutboundChange.objects.exclude(attempts=0).exists()
    assert loaded.writes() == []
