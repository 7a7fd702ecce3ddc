"""Values in words: times by the 12-hour clock, dates that cannot be misread, names in the place of ids."""

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.merge.canonical import plain
from scheduling.domain.clock import clock, time_span
from scheduling.domain.fields import CATALOGUE, Field, Kind
from scheduling.domain.values import Assignment, Meeting
from scheduling.showing import (
    BLANK,
    assignment_words,
    day,
    meeting_words,
    value_words,
)

quickly = settings(max_examples=150, derandomize=True, deadline=None, database=None)
times = st.times().map(lambda one: one.replace(second=0, microsecond=0))


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ("00:00", "12:00 am"),
        ("00:05", "12:05 am"),
        ("09:00", "9:00 am"),
        ("11:59", "11:59 am"),
        ("12:00", "12:00 pm"),
        ("12:30:00", "12:30 pm"),
        ("13:05", "1:05 pm"),
        ("23:59", "11:59 pm"),
        (dt.time(9, 5), "9:05 am"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_time_is_told_by_the_12_hour_clock(time, said):
    assert clock(time) == said


@quickly
@given(time=times)
def test_no_two_times_are_told_alike_and_each_can_be_read_back(time):
    assert dt.datetime.strptime(clock(time), "%I:%M %p").time() == time  # noqa: DTZ007  # no date in it
    assert clock(time) == clock(f"{time:%H:%M}") == clock(f"{time:%H:%M:%S}")


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("09:00", "09:50", "9:00–9:50 am"),
        ("11:30", "12:20", "11:30 am–12:20 pm"),
        ("13:00", "14:15", "1:00–2:15 pm"),
        ("00:00", "12:00", "12:00 am–12:00 pm"),
        ("", "", ""),
        (None, None, ""),
    ],
)
def test_two_times_share_the_half_of_the_day_they_share(start, end, said):
    assert time_span(start, end) == said


@quickly
@given(start=times, end=times)
def test_a_span_names_both_times_and_the_half_of_the_day_of_each(start, end):
    said = time_span(start, end)
    first, last = said.split("–")
    assert last == clock(end)
    assert clock(start) in {first, f"{first} {last[-2:]}"}


@pytest.mark.parametrize(
    ("date", "said"),
    [("2027-01-12", "12 Jan 2027"), (dt.date(2027, 12, 1), "1 Dec 2027"), ("", ""), (None, "")],
)
def test_a_date_cannot_be_misread(date, said):
    assert day(date) == said


@quickly
@given(date=st.dates(min_value=dt.date(1900, 1, 1)))
def test_no_two_dates_are_told_alike(date):
    assert re.fullmatch(r"[1-9]\d? [A-Z][a-z]{2} \d{4}", day(date))
    assert dt.datetime.strptime(day(date), "%d %b %Y").date() == date  # noqa: DTZ007  # a date alone
    assert day(date.isoformat()) == day(date)


MWF = Meeting(days="MWF", start_time="09:00", end_time="09:50", building="HAL", room="101")


@pytest.mark.parametrize(
    ("meeting", "said"),
    [
        (MWF, "MWF 9:00–9:50 am · HAL 101"),
        (Meeting(), "Arranged"),
        (Meeting(building="WEB"), "Arranged · WEB"),
        (Meeting(days="T", start_time="18:00", end_time="20:45"), "T 6:00–8:45 pm"),
        (Meeting(start_time="18:00", end_time="20:45"), "6:00–8:45 pm"),
        (Meeting(days="S"), "S"),
    ],
)
def test_a_meeting_is_told_as_when_and_where(meeting, said):
    assert meeting_words(meeting) == said


def test_a_meeting_s_dates_are_told_where_they_matter():
    dated = Meeting(days="M", start_date="2027-02-01", end_date="2027-05-28")
    assert meeting_words(dated) == "M"
    assert meeting_words(dated, with_dates=True) == "M · 1 Feb 2027 to 28 May 2027"


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        (Assignment(instructor="I1"), "Ada Yonath"),
        (Assignment(instructor="I1", percent=50), "Ada Yonath 50 %"),
        (Assignment(instructor="I1", percent=33.5, is_primary=True), "Ada Yonath 33.5 % (primary)"),
        (Assignment(instructor="I1", is_primary=True), "Ada Yonath (primary)"),
        (Assignment(instructor="I1", percent=0), "Ada Yonath 0 %"),
        (Assignment(instructor="I9"), "I9"),
    ],
)
def test_who_teaches_is_told_with_the_share_where_it_is_not_all(assignment, said):
    assert assignment_words(assignment, {"I1": "Ada Yonath"}) == said


START = CATALOGUE["start_date"]
COURSE = CATALOGUE["course"]
NAMES = {"C1": "BIO 101", "I1": "Ada Yonath", "S1": "BIO 101 A"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (None, None, BLANK),
        (CATALOGUE["title"], "", BLANK),
        (CATALOGUE["meetings"], (), BLANK),
        (CATALOGUE["meetings"], [], BLANK),
        (CATALOGUE["capacity"], 0, "0"),
        (CATALOGUE["credits"], "3.00", "3.00"),
        (CATALOGUE["status"], "CANCELLED", "Cancelled"),
        (CATALOGUE["title"], "Cells", "Cells"),
        (START, "2027-02-01", "1 Feb 2027"),
        (COURSE, "C1", "BIO 101"),
        (COURSE, "C9", "C9"),
        (CATALOGUE["instructors"], (Assignment(instructor="I1", percent=50),), "Ada Yonath 50 %"),
        (CATALOGUE["meetings"], (MWF, Meeting()), "MWF 9:00–9:50 am · HAL 101; Arranged"),
        (None, [{"section": "S1", "is_primary": True}, {"section": "S2"}], "BIO 101 A (primary); S2"),
        (None, "CROSSLIST", "Crosslist"),
        (None, 60, "60"),
        (Field(name="custom.fee", label="Fee", kind=Kind.BOOLEAN), True, "Yes"),
        (Field(name="custom.fee", label="Fee", kind=Kind.BOOLEAN), False, "No"),
    ],
)
def test_any_value_has_words(field, value, said):
    assert value_words(field, value, names=NAMES) == said


meetings = st.builds(
    Meeting,
    days=st.sampled_from(["", "MWF", "TR"]),
    start_time=st.sampled_from(["", "09:00"]),
    end_time=st.sampled_from(["", "09:50"]),
    building=st.sampled_from(["", "HAL"]),
    room=st.sampled_from(["", "101"]),
    start_date=st.sampled_from(["", "2027-02-01"]),
    end_date=st.sampled_from(["", "2027-05-28"]),
)
teams = st.builds(
    Assignment,
    instructor=st.sampled_from(["I1", "I2"]),
    percent=st.sampled_from([0, 33.33, 50, 100]),
    is_primary=st.booleans(),
)


@quickly
@given(value=st.lists(meetings, max_size=3).map(tuple) | st.lists(teams, max_size=3).map(tuple))
def test_a_value_and_its_json_read_the_same(value):
    name = "meetings" if value and isinstance(value[0], Meeting) else "instructors"
    said = value_words(CATALOGUE[name], value, names=NAMES)
    assert value_words(CATALOGUE[name], plain(value), names=NAMES) == said
    assert said
