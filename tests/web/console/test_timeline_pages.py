"""Console, Timelines: the picture, the lines, the difference first, and the nights the clock changes."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from adminconsole.timeline_choices import clock_note
from phases.models import Phase, TimelineEntry
from phases.services.timelines import set_timeline
from scheduling.models import ChangeLog
from tests.phase_policies import CHICAGO
from tests.web.console.page_forms import post, sent_by, words_of

PATH = "/console/timelines/20271/"


@pytest.fixture
def chicago(settings):
    settings.TIME_ZONE = "America/Chicago"
    timezone.get_default_timezone.cache_clear()
    yield CHICAGO
    timezone.get_default_timezone.cache_clear()


@pytest.fixture
def term(term_of, chicago):
    return term_of("20271")


@pytest.fixture
def phase(db):
    return {one.name: str(one.pk) for one in Phase.objects.all()}


def send(client, *, page=None, step="preview", **options):
    return post(client, PATH, page or client.get(PATH), holds="seen", step=step, **options)


def save(client, **options):
    return send(client, page=send(client, **options), step="save")


def line(number, date, phase, time="00:00"):
    return {
        f"entry:{number}:date": date,
        f"entry:{number}:time": time,
        f"entry:{number}:phase": phase,
    }


def stands():
    return [
        (one.starts_at.astimezone(CHICAGO).strftime("%Y-%m-%d %H:%M"), one.phase.name if one.phase else None)
        for one in TimelineEntry.objects.order_by("starts_at")
    ]


def set_two(phase):
    switches = [
        (dt.datetime(2027, 1, 12, tzinfo=CHICAGO), int(phase["Draft"])),
        (dt.datetime(2027, 3, 1, tzinfo=CHICAGO), int(phase["Closed"])),
    ]
    set_timeline("20271", switches, record=lambda _all: None)


def test_a_switch_is_added_after_its_difference_was_shown(admin, term, phase):
    page = send(admin, fields=line(0, "2027-01-12", phase["Registration"], "09:00"))
    words = words_of(page)
    assert "From 12 Jan 2027, 09:00 no switch Registration Registration then holds for good" in words
    assert stands() == []
    assert not ChangeLog.objects.exists()
    assert send(admin, page=page, step="save").status_code == 302
    assert stands() == [("2027-01-12 09:00", "Registration")]
    found = ChangeLog.objects.get()
    assert (found.record_type, found.field, found.term_code) == ("term", "timeline", "20271")
    assert found.actor == admin.user


def test_a_switch_that_moves_is_told_once(admin, term, phase):
    set_two(phase)
    page = send(admin, fields={"entry:0:date": "2027-01-20"})
    words = words_of(page)
    assert "1 change. Nothing is saved yet." in words
    assert "Draft begins 12 Jan 2027 20 Jan 2027 Draft then holds until 1 Mar 2027." in words
    send(admin, page=page, step="save")
    assert stands() == [("2027-01-20 00:00", "Draft"), ("2027-03-01 00:00", "Closed")]


def test_a_switch_is_removed_and_what_goes_on_is_said(admin, term, phase):
    set_two(phase)
    page = send(admin, fields={"entry:1:remove": "on"})
    assert "From 1 Mar 2027 Closed no switch Draft then holds for good" in words_of(page)
    send(admin, page=page, step="save")
    assert stands() == [("2027-01-12 00:00", "Draft")]


def test_the_roles_defaults_can_begin_too(admin, term, phase):
    set_two(phase)
    save(admin, fields=line(2, "2027-06-01", "default"))
    assert stands()[-1] == ("2027-06-01 00:00", None)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            line(2, "2027-13-01", "default"),
            "Line 3: write the day as 2027-01-12, in a year from 1950 to 2199",
        ),
        (line(2, "", "default"), "Line 3: choose the day on which the phase begins."),
        (line(2, "2027-06-01", ""), "Line 3: choose the phase that begins then."),
        (line(2, "2027-06-01", "999999"), "Line 3: choose the phase that begins then."),
        (line(2, "2027-03-01", "default"), "Two phases begin at 1 Mar 2027; keep one of them."),
        (line(2, "0001-01-01", "default"), "Line 3"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(admin, term, phase, fields, sentence):
    set_two(phase)
    assert sentence in words_of(send(admin, fields=fields), status=422)
    assert len(stands()) == 2


def test_what_was_typed_stands_in_the_form_until_it_can_be_understood(admin, term, phase):
    set_two(phase)
    twice = line(2, "2027-03-01", phase["Closed"], "00:00") | {"entry:0:remove": "on"}
    answer = send(admin, fields=twice | line(3, "12 Jan", phase["Draft"], "9"))
    form = sent_by(answer, holds="seen")
    assert [form[f"entry:{number}:date"] for number in (1, 2, 3)] == [
        ["2027-03-01"],
        ["2027-03-01"],
        ["12 Jan"],
    ]
    assert (form["entry:2:phase"], form["entry:3:time"]) == ([phase["Closed"]], ["9"])
    assert form["entry:0:remove"] == ["on"]
    assert form["entry:4:date"] == [""], "and there is room for another one"
    mended = line(2, "2027-04-01", phase["Published"]) | line(3, "2027-05-01", phase["Draft"], "09:00")
    send(admin, page=send(admin, page=answer, fields=mended), step="save")
    assert stands() == [
        ("2027-03-01 00:00", "Closed"),
        ("2027-04-01 00:00", "Published"),
        ("2027-05-01 09:00", "Draft"),
    ]


def test_a_switch_in_the_past_says_what_holds_at_once(admin, term, phase):
    page = send(admin, fields=line(0, "2020-01-12", phase["Closed"]))
    assert "Once saved, Term 20271 is in Closed at once, no longer in Roles' defaults." in words_of(
        page
    ).replace("&#x27;", "'")
    page = send(admin, fields=line(0, "2190-01-12", phase["Closed"]))
    assert "Once saved" not in words_of(page)


def test_a_time_that_the_clock_skips_means_the_jump_and_says_so(admin, term, phase):
    page = send(admin, fields=line(0, "2027-03-14", phase["Draft"], "02:30"))
    assert "That night the clock goes from 02:00 to 03:00" in words_of(page)
    send(admin, page=page, step="save")
    assert stands() == [("2027-03-14 03:00", "Draft")]


def test_a_time_that_comes_twice_means_the_first_and_stays_what_it_was(admin, term, phase):
    second = dt.datetime(2027, 11, 7, 1, 30, fold=1, tzinfo=CHICAGO)
    TimelineEntry.objects.create(term=term, phase_id=phase["Draft"], starts_at=second)
    assert "the clock shows 01:30 twice; the second is meant" in words_of(admin.get(PATH))
    assert "there is nothing to save" in words_of(send(admin))
    save(admin, fields=line(1, "2027-11-07", phase["Closed"], "01:30"))
    first, then = TimelineEntry.objects.order_by("starts_at")
    assert then.starts_at - first.starts_at == dt.timedelta(hours=1)
    assert clock_note(first.starts_at.astimezone(CHICAGO)).endswith("the first is meant.")


def test_an_ordinary_moment_has_no_note():
    assert clock_note(dt.datetime(2027, 6, 1, 2, 30, tzinfo=CHICAGO)) == ""


def test_a_timeline_saved_meanwhile_is_kept(admin, term, phase):
    page = send(admin, fields=line(0, "2027-01-20", phase["Published"]))
    set_two(phase)
    answer = send(admin, page=page, step="save")
    assert "Nothing of yours was saved or lost" in words_of(answer, status=409)
    save(admin, page=answer)
    assert [name for _at, name in stands()] == ["Draft", "Published", "Closed"]


def test_a_page_without_lines_removes_nothing(admin, term, phase):
    set_two(phase)
    admin.post(PATH, {"step": "save"})
    admin.post(PATH, {"step": "save", "wanted": '{"yesterday": "default", "2027-05-01": "default"}'})
    assert len(stands()) == 2


def test_the_picture_says_the_same_as_the_table(admin, term, phase):
    set_two(phase)
    page = admin.get(PATH).content.decode()
    assert "Draft from 12 Jan 2027 until 1 Mar 2027; Closed from 1 Mar 2027" in page
    assert "style=" not in page.partition("<main")[2]


def test_a_term_that_is_not_there_is_not_found(admin):
    assert admin.get("/console/timelines/nothing/").status_code == 404


def test_queries_do_not_grow_with_switches_and_terms(admin, term, term_of, phase):
    paths = [PATH, reverse("timelines")]
    set_two(phase)

    def count(path):
        admin.get(path)
        with CaptureQueriesContext(connection) as found:
            assert admin.get(path).status_code == 200
        return len(found)

    before = [count(one) for one in paths]
    for number, pk in enumerate(phase.values()):
        other = term_of(f"2028{number}", starts=-20 + number)
        TimelineEntry.objects.create(term=other, phase_id=pk, starts_at=timezone.now())
        when = dt.datetime(2027, 4, 1 + number, tzinfo=CHICAGO)
        TimelineEntry.objects.create(term=term, phase_id=pk, starts_at=when)
    assert [count(one) for one in paths] == before
