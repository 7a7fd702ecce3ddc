"""Every reason of the status, reached by what people and the SIS do, and what is said of it."""

import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration import outbound
from integration.models import Conflict, MergeProfile, OutboundChange
from integration.sis.port import MergeType
from integration.standing import Standing
from integration.status import status_of_sections
from integration.status_rules import Code, state_of
from scheduling.models import ChangeLog
from scheduling.services import relationships
from tests.campus import TERM
from tests.status_ways import (
    WAYS,
    conflict,
    fault,
    import_rejected,
    nothing_to_send,
    paused,
    queued,
    real_time_off,
    sending,
    sis_rejected,
    sis_unreachable,
    swept,
    waiting_for_member,
)

SECTIONS = (MergeType.SECTIONS,)


def test_every_reason_has_a_way_to_reach_it():
    assert {*WAYS} == {*Code}


@pytest.mark.parametrize("code", list(WAYS))
def test_each_reason_is_reached_and_gives_its_state(code, campus_with, clock):
    happens, options = WAYS[code]
    campus = campus_with(options)
    status = campus.status(happens(campus, clock))
    codes = [reason["code"] for reason in status["reasons"]]
    assert code in codes
    assert status["state"] == state_of(Code(codes[0]))


# ---- what is said


def test_a_synced_section_says_when(campus):
    status = campus.status("S1")
    assert (status["section"], status["state"]) == (campus.id_of("S1"), "SYNCED")
    assert status["headline"] == "Synced 12 Jan 2027, 17:00"
    assert status["at"].startswith("2027-01-12T17:00")
    assert {*status["reasons"][0]} >= {"code", "message", "field", "who"}


def test_a_rejection_gives_the_plain_words_the_sis_s_own_the_field_and_who(campus, clock):
    status = campus.status(sis_rejected(campus, clock))
    assert status["state"] == "REJECTED"
    [reason] = status["reasons"]
    assert reason["message"] == (
        "The SIS rejected it: The SIS refuses this record. The SIS said: “ORA-20100: ::Invalid title::”"
    )
    assert (reason["field"], reason["who"]) == ("title", "whoever may edit it here")


def test_a_conflict_shows_the_three_values_and_the_other_fields_go_on(campus, clock):
    conflict(campus, clock)
    campus.edit("S1", capacity=31)
    status = campus.status("S1")
    assert status["state"] == "HELD"
    held, waiting = status["reasons"]
    assert held["field"] == "title"
    assert held["conflict"] == Conflict.objects.get().pk
    assert "before Title of S1, Tandem Mine, SIS Theirs" in held["message"]
    assert waiting["code"] == "QUEUED"
    assert "changed: Capacity" in waiting["message"]


def test_an_unreachable_sis_says_when_it_is_tried_next_and_then_it_is_synced(campus, clock):
    status = campus.status(sis_unreachable(campus, clock))
    assert status["headline"] == "The SIS cannot be reached; next try 12 Jan 2027, 17:00"
    campus.sweep()
    assert campus.codes("S1") == ["AGREED"]


def test_a_rate_limit_counts_as_unreachable_and_holds_the_next_try_back(campus, clock):
    queued(campus, clock)
    fault(campus, "rate_limited", {"operation": "READ_BY_ID"})
    campus.sweep()
    assert campus.codes("S1") == ["SIS_UNREACHABLE"]
    assert campus.row("S1").attempts == 0


def test_what_waits_for_its_own_reason_keeps_it_when_the_sis_goes_away(campus, clock):
    made = waiting_for_member(campus, clock)
    relationships.update_relationship(campus.group().pk, capacity=61, author=campus.author())
    fault(campus, "unavailable_before", {"type": "relationships"})
    campus.sweep()
    assert "WAITING_FOR_MEMBER" in campus.codes(made)
    [waiting] = OutboundChange.objects.filter(merge_type="relationships", link__sis_id=None)
    assert waiting.error_class == "WAITING_FOR_MEMBER"
    assert campus.codes("S3")[0] == "SIS_UNREACHABLE"


def test_a_claim_of_a_process_that_is_gone_counts_as_queued(campus, clock):
    sending(campus, clock)
    clock.shift(outbound.LEASE + dt.timedelta(seconds=1))
    assert campus.codes("S1") == ["QUEUED"]


def test_a_member_that_is_not_there_is_named_on_every_member(campus, clock):
    made = waiting_for_member(campus, clock)
    reason = next(one for one in campus.status(made)["reasons"] if one["code"] == "WAITING_FOR_MEMBER")
    assert reason["message"] == (
        "Crosslist of BIO 101 Y, BIO 101 Z waits for BIO 101 Y and BIO 101 Z, not in the SIS yet; "
        "it goes right after."
    )


def test_a_rejected_crosslist_shows_on_every_member_and_nowhere_else(campus):
    campus.enable()
    relationships.update_relationship(campus.group().pk, capacity=61, author=campus.author())
    fault(campus, "refuse", {"operation": "UPDATE", "type": "relationships"})
    campus.sweep()
    for member in ("S3", "S4"):
        status = campus.status(member)
        assert status["state"] == "REJECTED"
        assert status["headline"] == "Crosslist of CHE 202 A, CHE 202 B: rejected by the SIS"
    assert campus.status("S1")["state"] == "SYNCED"


def test_a_crosslist_that_the_import_did_not_take_shows_on_every_member(campus):
    campus.adapter.edit("X1", capacity="-1")
    campus.merge()
    for member in ("S3", "S4"):
        first, own = campus.status(member)["reasons"]
        assert (first["code"], first["field"]) == ("IMPORT_REJECTED", "capacity")
        assert own["code"] == "VERIFIED"


def test_an_import_s_error_stays_until_an_import_takes_the_record(campus, clock):
    import_rejected(campus, clock)
    campus.enable()
    campus.edit("S2", title="Mine")
    campus.sweep()
    assert campus.codes("S1") == ["IMPORT_REJECTED"]
    campus.merge(is_dry_run=True)
    assert campus.codes("S1") == ["IMPORT_REJECTED"]
    campus.adapter.edit("S1", capacity="33")
    campus.merge()
    assert campus.codes("S1") == ["VERIFIED"]


def test_held_and_rejected_records_of_ours_are_no_errors_of_the_import(campus, clock):
    sis_rejected(campus, clock)
    campus.merge()
    assert campus.codes("S1") == ["SIS_REJECTED"]


def test_a_plan_that_waits_shows_on_the_sections_it_would_change(campus, clock):
    paused(campus, clock)
    assert campus.codes("G07") == ["PAUSED"]
    assert campus.codes("S2") == ["VERIFIED"]


def test_a_value_that_is_changed_back_leaves_nothing_to_send(campus, clock):
    queued(campus, clock)
    campus.edit("S1", title="Title of S1")
    assert campus.codes("S1") == ["VERIFIED"]


def test_kept_fields_are_named_before_and_after_the_queue_looked(campus, clock):
    nothing_to_send(campus, clock)
    before = campus.status("S1")
    campus.sweep()
    after = campus.status("S1")
    assert before["headline"] == after["headline"] == "Synced 12 Jan 2027, 17:00; Title only here"
    assert after["state"] == "SYNCED"


def test_a_sis_that_applies_later_is_synced_once_an_import_shows_it(campus_with, clock):
    campus = campus_with("applies_later=3600")
    swept(campus, clock)
    campus.adapter.tick(3600)
    campus.merge()
    assert campus.codes("S1") == ["VERIFIED"]
    assert campus.row("S1").state == OutboundChange.State.DONE


def test_a_sis_that_is_not_configured_still_gets_an_answer(campus, settings):
    settings.SIS_URL = "nowhere://"
    pk = campus.id_of("S1")
    assert status_of_sections([pk], Standing(timezone.now()))[pk]["state"] == "SYNCED"


def test_settings_that_cannot_be_read_still_get_an_answer(campus, clock):
    queued(campus, clock)
    MergeProfile.objects.update(is_active=False)
    assert campus.codes("S1") == ["QUEUED"]


def test_unknown_sections_are_left_out(campus):
    assert status_of_sections([10**9], Standing(timezone.now())) == {}


def test_any_number_of_sections_takes_the_same_number_of_queries(campus, clock):
    paused(campus, clock)
    conflict_free = [campus.id_of(f"G{number:02d}") for number in range(20)]
    for name in ("S3", "S4", "G00", "G01"):
        campus.edit(name, title="Mine")
    one, many = [campus.id_of("S3")], [campus.id_of("S3"), campus.id_of("S4"), *conflict_free]
    counts = []
    for ids in (one, many):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            status_of_sections(ids, Standing(timezone.now(), capabilities=campus.adapter.capabilities))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25


# ---- the command


def test_the_command_finds_a_section_by_crn_sis_id_and_code(campus, capsys, settings):
    settings.SIS_URL = campus.url
    for name in ("S1", "BIO-101-A"):
        call_command("section_status", TERM, name, "--json")
        found = json.loads(capsys.readouterr().out)
        assert found["section"] == campus.id_of("S1")
        assert found["state"] == "SYNCED"


def test_the_command_says_it_in_plain_words(campus, clock, capsys, settings):
    settings.SIS_URL = campus.url
    real_time_off(campus, clock)
    call_command("section_status", TERM, "S1")
    headline, reason = capsys.readouterr().out.splitlines()
    assert headline == "BIO 101 A: Not sent yet — real time is off for Spring 2027"
    assert reason == (
        "  Real time is off for sections of Spring 2027; the next merge that sends takes it along "
        "(changed: Title). (up to the registrar)"
    )


@pytest.mark.parametrize("name", ["S9", "BIO-101-Q", ""])
def test_the_command_refuses_an_unknown_section(name, campus):
    with pytest.raises(CommandError, match="no section") as error:
        call_command("section_status", TERM, name)
    assert error.value.returncode == 2


def test_the_command_lists_the_candidates_of_an_ambiguous_name(campus):
    campus.adapter.edit("S2", section_number="A")
    campus.merge(SECTIONS)
    with pytest.raises(CommandError, match=r"S1.*S2") as error:
        call_command("section_status", TERM, "BIO-101-A")
    assert error.value.returncode == 2


def test_asking_changes_nothing(campus, clock):
    queued(campus, clock)
    before = ChangeLog.objects.count(), OutboundChange.objects.values_list("updated_at", flat=True)[0]
    campus.status("S1")
    assert before == (
        ChangeLog.objects.count(),
        OutboundChange.objects.values_list("updated_at", flat=True)[0],
    )
