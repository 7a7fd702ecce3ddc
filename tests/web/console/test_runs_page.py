"""The list of runs: what each did, who asked for it, and which of them are shown."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integration.models import MergeRun
from integration.run_words import duration
from scheduling.models import User
from tests.web.console.page_forms import words_of

PATH = "/console/runs/"
NOON = dt.datetime(2027, 1, 12, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def term(term_of):
    return term_of("20271", name="Spring 2027")


def listed(client, query="", **headers):
    """The rows of the list: the text of each."""
    body = (
        client.get(PATH + query, **headers).content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    )
    return body.split("<tr>")[1:]


def led_to(page, rel):
    """Where the link to the next or previous page leads; blank: there is none."""
    return page.partition(f'rel="{rel}" href="')[2].partition('"')[0].replace("&amp;", "&")


def test_a_run_says_what_it_did_how_long_it_took_and_who_asked(admin, term, run_of):
    run = run_of(
        "sections", term, actor=User.objects.create_user("ann"), counts={"read": 951, "local_update": 3}
    )

    page = words_of(admin.get(PATH))

    assert f"Sections of Spring 2027 #{run.pk} Done 951 read, 3 changed here" in page
    assert "12 Jan 2027, 11:59 1 min 0 s ann" in page


@pytest.mark.parametrize(
    ("trigger", "who"),
    [("NIGHTLY", "The night's merge"), ("REAL_TIME", "Real time"), ("AD_HOC", "An operator")],
)
def test_what_started_a_run_that_nobody_asked_for_is_said(admin, term, run_of, trigger, who):
    run_of("sections", term, trigger=trigger)

    assert who in words_of(admin.get(PATH)).replace("&#x27;", "'")


def test_a_failed_run_says_why(admin, run_of):
    run_of("rooms", status="FAILED", error={"message": "The SIS is away."})

    assert "Rooms" in words_of(admin.get(PATH))
    assert "The SIS is away." in words_of(admin.get(PATH))


def test_previews_are_left_out_until_they_are_asked_for(admin, run_of):
    run_of("rooms", is_dry_run=True, counts={"read": 5, "local_create": 2})

    assert "No merge has run yet" in words_of(admin.get(PATH))
    assert "Preview: 5 read, 2 to change here" in words_of(admin.get(f"{PATH}?dry=on"))


def test_a_run_at_work_says_how_far_it_is(admin, term, run_of):
    progress = {"step": "apply", "done": 1500}
    run_of("sections", term, status="RUNNING", finished_at=None, progress=progress)

    assert "Running Writing to Tandem: 1,500 records" in words_of(admin.get(PATH))


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("", {"courses", "sections", "rooms"}),
        ("?type=rooms", {"rooms"}),
        ("?term=20271", {"courses", "sections"}),
        ("?status=FAILED", {"courses"}),
        ("?trigger=NIGHTLY", {"sections"}),
        ("?since=2027-01-12", {"sections", "courses"}),
        ("?until=2027-01-11", {"rooms"}),
        ("?since=2027-01-12&until=2027-01-12", {"sections"}),
        ("?term=20271&status=FAILED", {"courses"}),
        ("?type=buildings", set()),
    ],
)
def test_filters_leave_what_they_say(admin, term, run_of, query, types):
    run_of("rooms", started_at=NOON - dt.timedelta(days=1))
    run_of("sections", term, trigger="NIGHTLY", started_at=NOON)
    run_of("courses", term, status="FAILED", error={"message": "x"}, started_at=NOON + dt.timedelta(days=1))

    rows = listed(admin, query)

    shown = {
        name for name in ("rooms", "sections", "courses") if any(name.capitalize() in row for row in rows)
    }
    assert shown == types


def test_days_are_those_of_the_institution(admin, run_of, settings):
    settings.TIME_ZONE = "America/Chicago"
    run_of("rooms", started_at=dt.datetime(2027, 1, 13, 3, 0, tzinfo=dt.UTC))

    assert len(listed(admin, "?since=2027-01-12&until=2027-01-12")) == 1
    assert listed(admin, "?since=2027-01-13") == []


def test_a_filter_that_is_not_understood_is_said_and_filters_nothing(admin, run_of):
    run_of("rooms")

    page = words_of(admin.get(f"{PATH}?type=moons&since=soon"))

    assert "A filter was not understood and left out." in page
    assert "Rooms" in page.partition("What it did")[2]


def test_a_filter_that_nothing_fits_leads_back_to_all(admin, run_of):
    run_of("rooms")

    assert "No run fits these filters. Show all runs" in words_of(admin.get(f"{PATH}?type=terms"))


def test_pages_go_on_and_back_and_keep_the_filter(admin, term, run_of):
    for _one in range(120):
        run_of("sections", term)
    run_of("rooms")

    seen, address = [], "?type=sections"
    for _page in range(3):
        seen.append(len(listed(admin, address)))
        last = admin.get(PATH + address).content.decode()
        address = led_to(last, "next")

    assert seen == [50, 50, 20]
    assert 'rel="prev"' in last
    assert 'rel="next"' not in last
    assert len(listed(admin, led_to(last, "prev"))) == 50


def test_a_page_that_is_not_there_shows_the_first_one(admin, run_of):
    run_of("rooms")

    page = words_of(admin.get(f"{PATH}?cursor=nonsense"))

    assert "That page of the list could not be found" in page
    assert "Rooms" in page.partition("What it did")[2]


def test_the_list_takes_as_many_queries_for_many_runs_as_for_one(admin, term, run_of):
    counts = []
    for number in (1, 40):
        for one in range(number):
            run_of("sections", term, actor=User.objects.create_user(f"user{number}-{one}"))
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(PATH).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 9


def test_an_empty_list_says_what_will_be_here(admin, db):
    assert "Every merge that runs will be listed here" in words_of(admin.get(PATH))
    assert not MergeRun.objects.exists()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (10, "10 s"), (59.4, "59 s"), (65, "1 min 5 s"), (7805, "2 h 10 min")],
)
def test_durations_are_said_as_people_say_them(seconds, words):
    assert duration(seconds) == words
