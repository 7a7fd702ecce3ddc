"""The terms: what is merged in each, how the last run went, and what to do next."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.models import MergeProfile, MergeRun, TermSwitch
from integration.run_summary import pill_of, sentence_of
from integration.settings import MergeSettings, TypeSettings, save_settings


def text_of(answer):
    """The page's words, with white space made one."""
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main.partition(">")[2]))


@pytest.fixture
def registrar(person):
    return person("registrar")


def switch(term, merge_type="sections", **values):
    return TermSwitch.objects.create(term=term, merge_type=merge_type, **values)


def test_a_term_is_shown_with_its_code_and_dates(registrar, term_of):
    term = term_of("20271", name="Spring 2027")
    term.start_date, term.end_date = "2027-02-01", "2027-05-28"
    term.save()
    assert "Spring 2027 20271 1 Feb 2027 to 28 May 2027" in text_of(registrar.get("/"))


def test_what_is_on_is_said_in_words(registrar, term_of):
    switch(term_of(), is_sending=True, is_nightly=True, is_real_time=True)
    assert "Import, Send, Nightly, Real time" in text_of(registrar.get("/"))


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        ({}, "Off Never merged"),
        ({"is_active": False}, "Off: the SIS no longer has this term"),
        ({"starts": -90, "ends": -1}, "Off since "),
    ],
)
def test_why_a_term_is_off_is_said(registrar, term_of, dates, words):
    term = term_of(**dates)
    if dates:
        switch(term)
    page = text_of(registrar.get("/"))
    assert words in page
    assert "Import" not in page.partition("Reference data")[0]


def test_a_switch_with_a_date_of_its_own_outlives_the_term_until_then(registrar, term_of):
    term = term_of(starts=-90, ends=-1)
    switch(term, until=timezone.localdate())
    assert "Import Never merged" in text_of(registrar.get("/"))


def test_a_type_that_the_settings_turn_off_is_off_in_every_term(registrar, term_of):
    switch(term_of())
    off = TypeSettings(is_enabled=False)
    settings = MergeSettings(types={"sections": off, "rooms": off})
    save_settings(settings, actor=registrar.user, reason="", now=timezone.now())
    assert text_of(registrar.get("/")).count("Off in Merge Settings") == 2


def test_settings_that_cannot_be_used_are_said_and_the_terms_still_shown(registrar, term_of):
    term_of()
    MergeProfile.objects.update(is_active=False)
    page = text_of(registrar.get("/"))
    assert "No merge profile is active" in page
    assert "Term 20271" in page


def test_the_newest_real_run_of_each_type_is_shown(registrar, term_of, run_of):
    term = term_of()
    run_of("sections", term, status=MergeRun.Status.FAILED, error={"message": "The SIS is away."})
    run_of("sections", term, counts={"read": 1951, "local_create": 4, "local_update": 3, "sis_update": 2})
    run_of("sections", term, status=MergeRun.Status.NO_DATA, is_dry_run=True)
    run_of("courses", term, status=MergeRun.Status.FAILED, error={"message": "The SIS is away."})
    run_of("rooms", counts={"read": 30})
    page = text_of(registrar.get("/"))
    assert "Done 12 Jan 2027, 12:00 1,951 read, 7 changed here, 2 sent" in page
    assert "Failed 12 Jan 2027, 12:00 The SIS is away." in page
    assert page.count("The SIS is away.") == 1
    assert "30 read, nothing changed" in page.partition("Reference data")[2]
    assert "Stopped" not in page


def test_times_are_the_institutions(registrar, term_of, run_of, settings):
    settings.TIME_ZONE = "America/Chicago"
    run_of("sections", term_of())
    page = registrar.get("/").content.decode()
    assert '<time datetime="2027-01-12T06:00:00-06:00">12 Jan 2027, 06:00</time>' in page
    assert "Times are those of America/Chicago." in page


@pytest.mark.parametrize("status", MergeRun.Status)
def test_every_status_of_a_run_has_a_pill_of_its_own_words(status):
    pill = pill_of(status)
    assert pill.tone in {"blue", "green", "amber", "red"}
    assert pill.icon in {"running", "check", "alert", "pause", "cross"}
    assert [other for other in MergeRun.Status if pill_of(other).word == pill.word] == [status]


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({}, ""),
        ({"read": 0}, "0 read, nothing changed"),
        ({"read": 9, "unchanged": 9}, "9 read, nothing changed"),
        ({"read": 9, "held": 2, "rejected": 1}, "9 read, 2 held, 1 rejected, nothing changed"),
        ({"read": 9, "local_cancel": 1, "local_delete": 1}, "9 read, 2 changed here"),
        ({"read": 9, "sis_create": 1, "sis_cancel": 1, "sis_delete": 1}, "9 read, 3 sent"),
    ],
)
def test_a_run_says_what_it_did(counts, sentence):
    assert sentence_of(MergeRun(counts=counts)) == sentence


def test_where_no_term_is_on_the_page_says_what_comes_next(registrar, term_of):
    term = term_of()
    assert "Next: an administrator turns one on in Merge Settings" in text_of(registrar.get("/"))
    switch(term)
    assert "Next:" not in text_of(registrar.get("/"))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("registrar", "an administrator brings one in from the SIS"),
        ("viewer", "once the registrar's office has added one"),
    ],
)
def test_without_terms_the_page_says_what_comes_next(person, kind, words):
    page = text_of(person(kind).get("/"))
    assert "No term yet" in page
    assert words in page


@pytest.mark.parametrize("count", [1, 20])
def test_the_page_costs_the_same_number_of_queries_however_many_terms(registrar, term_of, run_of, count):
    for number in range(count):
        term = term_of(f"T{number}")
        switch(term)
        run_of("sections", term)
        run_of("courses", term)
    with CaptureQueriesContext(connection) as queries:
        text_of(registrar.get("/"))
    assert len(queries) == QUERIES, "\n".join(one["sql"] for one in queries)


QUERIES = 9
"""Session, user with roles, departments and rules; terms twice, and for the frame with the phase;
settings; switches; runs twice."""


def test_a_demonstration_says_that_it_is_one(registrar, settings):
    settings.SIS_URL = "memory:///tmp/institution"
    assert "Demonstration" in registrar.get("/").content.decode()
    settings.SIS_URL = "csv:///srv/exchange"
    assert "Demonstration" not in registrar.get("/").content.decode()
