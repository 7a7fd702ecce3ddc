"""Each safeguard at its limit and one past it (MERGE.md, Plan, safeguards, apply)."""

from collections import Counter

import pytest

from integration.merge.safeguards import Tally, check


def trips(*, local=None, sis=None, held=1000, read=1000, last_read=1000, rejected=0):
    found = check(
        local=local or Tally(),
        sis=sis or Tally(),
        held_records=held,
        read=read,
        last_read=last_read,
        rejected=rejected,
    )
    return [trip.code for trip in found]


@pytest.mark.parametrize(
    ("held", "most"), [(1, 5), (250, 5), (299, 5), (300, 6), (349, 6), (350, 7), (1000, 20), (100_000, 2000)]
)
def test_removals_over_the_larger_of_5_and_2_percent_trip(held, most):
    shown = {"held": held, "read": held, "last_read": held}
    assert trips(local=Tally(removals=most), **shown) == []
    assert trips(local=Tally(removals=most + 1), **shown) == ["MANY_LOCAL_REMOVALS"]
    assert trips(sis=Tally(removals=most), **shown) == []
    assert trips(sis=Tally(removals=most + 1), **shown) == ["MANY_SIS_REMOVALS"]


@pytest.mark.parametrize(("held", "most"), [(1, 25), (125, 25), (130, 26), (134, 26), (1000, 200)])
def test_updates_over_the_larger_of_25_and_20_percent_trip(held, most):
    shown = {"held": held, "read": held, "last_read": held}
    assert trips(local=Tally(updates=most), **shown) == []
    assert trips(local=Tally(updates=most + 1), **shown) == ["MANY_LOCAL_UPDATES"]
    assert trips(sis=Tally(updates=most + 1), **shown) == ["MANY_SIS_UPDATES"]


def test_the_two_sides_are_counted_apart():
    assert trips(local=Tally(removals=20, updates=200), sis=Tally(removals=20, updates=200)) == []


@pytest.mark.parametrize(("held", "most"), [(1, 5), (299, 5), (300, 6), (1000, 20)])
def test_rejected_records_over_the_larger_of_5_and_2_percent_trip(held, most):
    shown = {"held": held, "read": held, "last_read": held}
    assert trips(rejected=most, **shown) == []
    assert trips(rejected=most + 1, **shown) == ["MANY_REJECTED"]


@pytest.mark.parametrize(
    ("last_read", "read", "is_tripped"),
    [
        (49, 0, False),
        (50, 45, False),
        (50, 44, True),
        (1000, 900, False),
        (1000, 899, True),
        (1001, 901, False),
        (1001, 900, True),
    ],
)
def test_from_50_sections_on_an_answer_under_90_percent_of_the_last_one_trips(last_read, read, is_tripped):
    assert trips(read=read, last_read=last_read) == ["SHORT_ANSWER"] * is_tripped


@pytest.mark.parametrize(
    ("held", "times", "is_tripped"), [(49, 49, False), (50, 25, False), (50, 26, True), (51, 26, True)]
)
def test_from_50_sections_on_one_field_on_more_than_half_of_them_trips(held, times, is_tripped):
    tally = Tally(fields=Counter(room=times))
    for side, code in (("local", "LOCAL"), ("sis", "SIS")):
        found = trips(**{side: tally}, held=held, read=held, last_read=held)
        assert found == [f"ONE_FIELD_EVERYWHERE_{code}"] * is_tripped


def test_different_fields_on_half_of_the_sections_each_do_not_add_up():
    assert trips(local=Tally(fields=Counter(room=500, title=500))) == []


def test_the_message_says_in_one_line_how_many_of_how_many():
    (trip,) = check(
        local=Tally(removals=168), sis=Tally(), held_records=951, read=951, last_read=951, rejected=0
    )
    assert "168 of 951" in trip.message
    assert "19" in trip.message
    assert "\n" not in trip.message
