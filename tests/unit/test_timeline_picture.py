"""The picture of a timeline: months at even steps, and names only where there is room for them."""

import datetime as dt
import itertools

import pytest

from phases.rules import PhaseRules
from phases.timeline import Switch, periods_of
from scheduling.models import Term
from scheduling.timeline_picture import picture_of

TERM = Term(code="20271", name="Spring 2027", start_date=dt.date(2027, 1, 11), end_date=dt.date(2027, 5, 7))


def picture(*switches, term=TERM):
    """`switches`: (date, name of the phase)."""
    given = [
        Switch(
            starts_at=dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), tzinfo=dt.UTC),
            phase=PhaseRules(code=number, name=name),
        )
        for number, (day, name) in enumerate(switches, 1)
    ]
    now = dt.datetime(2027, 2, 1, tzinfo=dt.UTC)
    return picture_of(periods_of(given), {}, term, at=now, zone=dt.UTC)


def test_every_month_of_a_term_is_named():
    words = [one.word for one in picture().ticks]
    assert words == ["Feb 2027", "Mar 2027", "Apr 2027", "May 2027"]


def test_a_name_that_the_edge_would_cut_is_left_out():
    term = Term(code="1", name="A", start_date=dt.date(2027, 1, 11), end_date=dt.date(2027, 4, 22))
    assert [one.word for one in picture(term=term).ticks][-1] == ""


@pytest.mark.parametrize(
    ("first", "step"), [("2026-06-01", 1), ("2025-06-01", 2), ("2024-01-01", 6), ("1990-01-01", 60)]
)
def test_over_a_longer_time_months_stand_at_even_steps(first, step):
    ticks = picture((first, "Draft")).ticks
    dates = [dt.datetime.strptime(one.word, "%b %Y").replace(tzinfo=dt.UTC) for one in ticks if one.word]
    numbers = [12 * one.year + one.month for one in dates]
    assert {after - before for before, after in itertools.pairwise(numbers)} == {step}
    assert len(ticks) <= 14


def test_a_bar_without_room_has_its_number_on_a_narrow_screen_sooner():
    switches = [("2027-01-20", "Registration"), ("2027-02-20", "Draft"), ("2027-02-22", "Closed")]
    before, registration, draft, closed = picture(*switches).bars
    assert (before.word, before.narrow_word) == ("", "")
    assert (registration.word, registration.narrow_word) == ("Registration", "1")
    assert (draft.word, draft.narrow_word) == ("2", "")
    assert (closed.word, closed.narrow_word) == ("Closed", "Closed")
