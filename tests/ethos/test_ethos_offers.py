"""What the site offers to our key bounds what Tandem does: capabilities, `check_sis`, merges and pages."""

import datetime as dt
import io
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.models import OutboundChange, SiteOffer
from integration.offers import KEPT, known_capabilities, ready_adapter, refresh
from integration.sis.offers import Offering
from integration.sis.port import MergeType, Operation
from integration.standing import Standing
from integration.status import status_of_sections
from integration.terms import CannotEnable, why_not_sent
from scheduling.models import Section
from tests.ethos.http_campus import USUAL

SECTIONS, RELATIONSHIPS = MergeType.SECTIONS, MergeType.RELATIONSHIPS
UPDATES = {Operation.UPDATE, Operation.CANCEL}
WHO = "An administrator of Ethos can allow it to Tandem's application."


def check_sis():
    out, exit_code = io.StringIO(), 0
    try:
        call_command("check_sis", "--json", stdout=out)
    except SystemExit as end:
        exit_code = end.code
    return exit_code, json.loads(out.getvalue())


def capabilities(college, **denied):
    """Those of an adapter of this site once it has asked; keywords are resources, ``_`` for ``-``."""
    college.sis.denied = {name.replace("_", "-"): methods for name, methods in denied.items()}
    SiteOffer.objects.all().delete()
    adapter = ready_adapter(now=timezone.now())
    adapter.close()
    return adapter.by_profile, adapter.capabilities


# ---- what is left


def test_a_key_that_may_do_all_leaves_the_profile_as_it_is(college):
    able, cut = capabilities(college)
    assert cut == able
    assert isinstance(college.adapter, Offering)


@pytest.mark.parametrize(
    ("method", "gone"),
    [("post", {Operation.CREATE}), ("put", UPDATES), ("get", set(Operation))],
)
def test_a_method_that_is_denied_takes_its_operations(college, method, gone):
    able, cut = capabilities(college, sections=[method])
    assert cut.writes[SECTIONS] == able.writes[SECTIONS] - gone
    assert (SECTIONS in cut.reads) is (method != "get")
    assert cut.writes[RELATIONSHIPS] == able.writes[RELATIONSHIPS]


def test_crosslists_are_cut_on_their_own(college):
    able, cut = capabilities(college, section_crosslists=["post", "delete"])
    assert cut.writes[RELATIONSHIPS] == {Operation.UPDATE}
    assert cut.writes[SECTIONS] == able.writes[SECTIONS]


def test_parts_that_cannot_be_written_are_not_sent_and_keep_what_has_to_empty_them_first(college):
    able, cut = capabilities(college, instructional_events=["delete"])
    assert able.writable_fields - cut.writable_fields == {"meetings"}
    emptied = {Operation.CANCEL, Operation.DELETE} if college.profile == "banner" else set()
    assert cut.writes[SECTIONS] == able.writes[SECTIONS] - emptied


@pytest.mark.parametrize("resource", ["instructional_events", "section_instructors"])
def test_sections_are_not_read_without_their_parts(college, resource):
    _able, cut = capabilities(college, **{resource: ["get"]})
    assert SECTIONS not in cut.reads
    assert cut.writes[SECTIONS] == frozenset()


# ---- how it is kept


def test_nothing_is_known_of_a_new_site_so_its_profile_counts(college):
    assert known_capabilities() == college.adapter.by_profile


def test_who_asks_what_is_known_calls_nobody_and_takes_one_query(college, settings):
    _able, cut = capabilities(college, sections=["put"])
    SiteOffer.objects.update(site="http://127.0.0.1:9")
    settings.SIS_URL = f"ethos+http://127.0.0.1:9?profile={college.profile}"
    with CaptureQueriesContext(connection) as captured:
        found = known_capabilities()
    assert found.writes == cut.writes
    assert len(captured) == 1


def test_a_site_is_asked_again_when_what_it_said_is_old(college):
    now = timezone.now()
    refresh(college.adapter, now=now)
    college.sis.denied = {"sections": ["post"]}
    for later, is_asked in ((KEPT - dt.timedelta(seconds=1), False), (KEPT, True)):
        adapter = ready_adapter(now=now + later)
        adapter.close()
        assert (not adapter.capabilities.can(SECTIONS, Operation.CREATE)) is is_asked
    assert SiteOffer.objects.get().read_at == now + KEPT


def test_a_site_that_does_not_answer_is_taken_as_it_was(college):
    _able, cut = capabilities(college, sections=["put"])
    college.sis.faults.add([{"when": {"resource": "available-resources"}, "then": "maintenance", "times": 9}])
    adapter = ready_adapter(now=timezone.now() + 2 * KEPT)
    adapter.close()
    assert adapter.capabilities == cut


# ---- check_sis


def test_check_sis_says_what_is_denied_what_that_costs_and_who_can_allow_it(college):
    college.sis.denied = {"sections": ["put"], "section-instructors": ["get", "post", "put", "delete"]}
    exit_code, found = check_sis()
    assert exit_code == 2
    able = college.adapter.by_profile.writes[SECTIONS]
    operations = " or ".join(one.lower() for one in Operation if one in able)
    costs = f"sections are not imported, no {operations} of sections is sent"
    assert found["problems"] == [
        f"The key may not PUT sections: no update or cancel of sections is sent. {WHO}",
        f"The key may not use section-instructors: {costs}. {WHO}",
    ]
    assert found["capabilities"]["writes"]["sections"] == []
    assert "sections" not in found["capabilities"]["reads"]
    assert SiteOffer.objects.get(pk=college.adapter.site).offer["sections"] == sorted(
        set(college.sis.allowed()["sections"])
    )


def test_check_sis_tells_the_rules_that_are_known(college):
    exit_code, found = check_sis()
    assert (exit_code, found["problems"]) == (0, [])
    title = "Title: at most 30 characters"
    assert (title in found["capabilities"]["section_rules"]) is (college.profile == "banner")


# ---- what follows


def test_a_merge_sends_nothing_that_the_site_does_not_take_and_says_so(college):
    college.sis.denied = {"sections": ["put", "post"]}
    college.edit("S1", capacity=25)
    made = college.create("Z", course="BIO-101", **USUAL)
    for words in (["--dry-run"], []):
        answer = college.run("sections", "--send-updates", *words)
        assert answer.exit_code == 0
        assert {name: n for name, n in answer.counts.items() if name.startswith("sis_")} == {}
        assert answer.counts["pending"] == 2
    assert college.sis.journal == []
    said = {one["message"] for one in answer.run["issues"] if one["code"] == "SIS_CANNOT"}
    assert said == {
        "BIO 101 A: This SIS takes no changes of existing records.",
        "BIO 101 Z: This SIS takes no new records; make it there by hand, the next import links it.",
    }
    for pk in (college.id_of("S1"), made):
        (reason,) = status_of_sections([pk], Standing(timezone.now()))[pk]["reasons"]
        assert reason["code"] == "SIS_CANNOT"
        assert "This SIS takes no" in reason["message"]


def test_what_waited_goes_when_it_is_allowed(college):
    college.sis.denied = {"sections": ["put"]}
    college.edit("S1", capacity=25)
    college.run("sections", "--send-updates")
    college.sis.denied = {}
    check_sis()
    OutboundChange.objects.update(next_attempt_at=timezone.now())
    answer = college.run("sections", "--send-updates")
    assert (answer.counts["sis_update"], answer.notices) == (1, [])
    assert college.row("S1")["capacity"] == "25"


def test_a_part_that_is_not_sent_stays_here_and_the_rest_goes(college):
    college.sis.denied = {"section-instructors": ["put"]}
    college.edit("S3", capacity=25, instructors=[{"instructor": "I1"}])
    answer = college.run("sections", "--send-updates")
    assert answer.exit_code == 0
    assert college.row("S3")["capacity"] == "25"
    assert college.rows_of("S3", "section_instructors") == []
    assert Section.objects.get(pk=college.id_of("S3")).assignments.count() == 1
    assert college.written() == [("PUT", "sections")]


def test_a_removal_becomes_what_is_allowed(college):
    """Where nothing may be deleted, a section that goes here is cancelled there."""
    college.sis.denied = {"sections": ["delete"]}
    college.delete("S4")
    college.run("all", "--send-updates")
    assert college.row("S4")["status"] == "CANCELLED"
    assert ("DELETE", "sections") not in college.written()


def test_a_term_is_not_set_to_send_what_cannot_be_sent(college):
    college.sis.denied = {"sections": ["post", "put", "delete"]}
    check_sis()
    why = f"This SIS (ethos, {college.profile}) takes no sections, so none can be sent."
    assert why_not_sent() == {SECTIONS: why}
    with pytest.raises(CannotEnable, match="takes no sections, so none can be sent"):
        college.enable(types=[SECTIONS])


def test_what_is_not_offered_to_be_read_is_left_out_and_said(college):
    college.sis.denied = {"buildings": ["get"]}
    answer = college.run("buildings")
    assert (answer.exit_code, answer.runs) == (2, [])
    says = f"This SIS (ethos, {college.profile}) has no buildings to read."
    assert answer.document["error"]["message"] == says


def test_the_editor_foresees_nothing_of_what_is_not_sent(college):
    college.sis.denied = {"sections": ["put"]}
    check_sis()
    assert college.edit("S1", start_date="2027-01-15").findings == ()
