"""The console's overview: what needs a person, worst first; that all is well; how the last merges went."""

import datetime as dt

import pytest
from django.utils import timezone

from integration.models import (
    Link,
    MergeRequest,
    MergeRun,
    MergeState,
    OutboundChange,
    Plan,
    RunIssue,
    TermSwitch,
)
from tests.web.console.waiting_campus import REFUSED, queries_of, words_of

PATH = "/console/"


@pytest.fixture
def term(term_of):
    return term_of(name="Spring 2027")


@pytest.fixture
def run(run_of, term):
    def make(merge_type="sections", **values):
        now = timezone.now()
        return run_of(merge_type, term, **({"started_at": now, "finished_at": now} | values))

    return make


def switch(term, merge_type="sections", **values):
    return TermSwitch.objects.create(term=term, merge_type=merge_type, **values)


def waiting(term, number=1, **values):
    for one in range(number):
        link = Link.objects.create(merge_type="sections", term=term, label=f"BIO {one}")
        given = {"merge_type": "sections", "term": term, "next_attempt_at": timezone.now()} | values
        OutboundChange.objects.create(link=link, **given)


def conflict(term):
    link = Link.objects.create(merge_type="sections", term=term)
    link.conflicts.create(field="title", opened_at=timezone.now(), rule="ASK")


def held(run, **values):
    given = {
        "run": run,
        "merge_type": run.merge_type,
        "term": run.term,
        "status": Plan.Status.NEEDS_APPROVAL,
        "trips": ["20 records would be removed."],
        "created_at": timezone.now(),
    }
    return Plan.objects.create(**(given | values))


@pytest.mark.parametrize("kind", REFUSED)
def test_only_the_admin_product_sees_the_console(person, kind):
    assert person(kind).get(PATH).status_code == 403


def test_whoever_is_not_signed_in_is_asked_to(person):
    assert person("anonymous").get(PATH)["Location"].startswith("/sign-in/")


def test_the_page_takes_no_post(admin):
    assert admin.post(PATH).status_code == 405


def test_where_nothing_is_wrong_the_page_says_that_all_is_well(admin, term, run):
    switch(term)
    run(counts={"read": 9, "unchanged": 9})
    page = words_of(admin.get(PATH))
    assert "All is well." in page
    assert "Sections of Spring 2027 Done" in page
    assert "9 read, nothing changed" in page


def test_without_a_term_the_page_says_what_to_do_first(admin):
    assert "No term is on" in words_of(admin.get(PATH))


def test_a_plan_that_waits_is_named_with_its_reason(admin, term, run):
    plan = held(run(status=MergeRun.Status.NEEDS_APPROVAL))
    answer = admin.get(PATH)
    assert "1 Waits for you See the plans 1 plan goes further than" in words_of(answer)
    assert "Sections of Spring 2027: 20 records would be removed." in words_of(answer)
    assert f"/console/plans/{plan.pk}/" in answer.content.decode()
    assert "All is well" not in words_of(answer)


def test_what_to_type_at_a_terminal_is_not_said_of_a_stopped_merge(admin, term, run):
    switch(term)
    run(status=MergeRun.Status.NEEDS_APPROVAL, error={"message": "Approve it with --approve 18."})
    assert "--approve" not in words_of(admin.get(PATH))


def test_open_conflicts_are_counted(admin, term):
    conflict(term)
    conflict(term)
    assert "2 Held Settle them 2 conflicts wait for somebody" in words_of(admin.get(PATH))


def test_rejected_changes_are_counted(admin, term):
    waiting(term, 3, state="PARKED", error_class="VALIDATION")
    page = words_of(admin.get(PATH))
    assert "3 Rejected See what was rejected The SIS did not take 3 changes" in page


def test_records_that_an_import_could_not_take_are_counted_once_each(admin, term, run):
    made = run(status=MergeRun.Status.FINISHED_WITH_ISSUES, counts={"read": 9, "rejected": 2})
    for record, code in (("S1", "BAD"), ("S1", "BAD"), ("S2", "BAD"), ("S3", "SIS_REJECTED")):
        RunIssue.objects.create(run=made, record=record, code=code, message="No.")
    RunIssue.objects.create(run=made, record="S4", code="NOTE", message="Look.", is_notice=True)
    assert "2 Not imported" in words_of(admin.get(PATH))


@pytest.mark.parametrize("status", [MergeRun.Status.FAILED, MergeRun.Status.NO_DATA])
def test_a_last_merge_that_failed_is_named_and_one_that_was_mended_is_not(admin, run, status):
    run(status=status, error={"message": "The SIS is away."})
    assert "1 Failed See the runs" in words_of(admin.get(PATH))
    assert "Sections of Spring 2027: The SIS is away." in words_of(admin.get(PATH))
    run()
    assert "All is well." in words_of(admin.get(PATH))


def test_previews_and_real_time_are_no_last_merges(admin, run):
    run(status=MergeRun.Status.FAILED, is_dry_run=True)
    run(status=MergeRun.Status.FAILED, trigger=MergeRun.Trigger.REAL_TIME)
    assert "All is well." in words_of(admin.get(PATH))


@pytest.mark.parametrize(
    ("error", "why"), [("TRANSIENT", "cannot be reached"), ("AUTH", "does not accept Tandem's sign-in")]
)
def test_that_the_sis_is_away_is_said_with_what_waits_for_it(admin, term, error, why):
    waiting(term, 2, error_class=error)
    assert f"The SIS {why}; 2 changes wait" in words_of(admin.get(PATH))


def test_a_pause_is_told_with_its_reason(admin, term):
    MergeState.objects.create(merge_type="sections", term=term, pause_reason="Plan 3 waits.")
    assert "Sections of Spring 2027: Plan 3 waits." in words_of(admin.get(PATH))


@pytest.mark.parametrize(
    ("ends", "words"),
    [(14, "goes off by itself after"), (-1, "went off by itself after"), (15, None), (-31, None)],
)
def test_a_term_that_ends_soon_or_ended_lately_is_told(admin, term_of, ends, words):
    term = term_of(starts=-100, ends=ends, name="Fall 2026")
    switch(term)
    switch(term, "courses")
    page = words_of(admin.get(PATH))
    assert ("All is well." in page) is (words is None)
    if words:
        assert page.count(f"Fall 2026 {words}") == 1


@pytest.mark.parametrize(("hours", "is_late"), [(25, False), (27, True)])
def test_a_night_without_a_merge_is_told(admin, term, run, hours, is_late):
    switch(term, is_nightly=True)
    run(started_at=timezone.now() - dt.timedelta(hours=hours))
    assert ("Not last night" in words_of(admin.get(PATH))) is is_late


def test_what_is_under_way_is_told_and_is_no_trouble(admin, term):
    MergeRequest.objects.create(
        types=["sections"], terms=[term.pk], actor=admin.user, requested_at=timezone.now(), is_dry_run=True
    )
    page = words_of(admin.get(PATH))
    assert "Preview of sections, asked for by full-admin" in page
    assert "All is well." in page


def test_a_request_that_could_not_begin_is_told_for_a_day(admin):
    now = timezone.now()
    for at, text in ((now, "No profile is active."), (now - dt.timedelta(days=2), "Long ago.")):
        MergeRequest.objects.create(
            types=["rooms"], requested_at=at, finished_at=at, state="FAILED", error={"message": text}
        )
    page = words_of(admin.get(PATH))
    assert "No profile is active." in page
    assert "Long ago." not in page


def test_the_worst_comes_first(admin, term, run):
    conflict(term)
    held(run(status=MergeRun.Status.NEEDS_APPROVAL))
    run("courses", status=MergeRun.Status.FAILED, error={"message": "Away."})
    words = [item.pill.word for item in admin.get(PATH).context["overview"].items]
    assert words == ["Failed", "Waits for you", "Held"]


def test_only_the_first_ones_are_named(admin, term_of, run_of):
    for number in range(7):
        run_of("sections", term_of(f"T{number}"), status=MergeRun.Status.FAILED)
    assert "… and 2 more" in words_of(admin.get(PATH))


def test_the_page_costs_the_same_queries_for_one_term_and_for_twenty(admin, term_of, run_of):
    counts = []
    for number in range(20):
        term = term_of(f"T{number}")
        switch(term, is_nightly=True)
        made = run_of("sections", term, counts={"rejected": 1})
        RunIssue.objects.create(run=made, record="S1", code="BAD", message="No.")
        held(made)
        conflict(term)
        waiting(term, state="PARKED")
        if number in {0, 19}:
            counts.append(queries_of(admin, PATH))
    (one, _sql), (many, sql) = counts
    assert many == one == QUERIES, "\n".join(sql)


QUERIES = 13
"""Session, user with rights; settings, runs, switches, queue; issues, plans, pauses, conflicts, requests
twice; terms."""
