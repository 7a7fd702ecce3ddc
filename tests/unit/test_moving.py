"""Where a dragged class goes: which days it has then, and when it ends."""

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.errors import InvalidValue
from scheduling.domain.fields import DAYS
from scheduling.domain.moving import days_moved, end_of
from scheduling.domain.week import minutes


@pytest.mark.parametrize(
    ("days", "origin", "target", "expected"),
    [
        ("MWF", "W", "R", "MRF"),
        ("MWF", "F", "T", "MTW"),
        ("M", "M", "U", "U"),
        ("MWF", "W", "F", "MWF"),
        ("MWF", "T", "R", "MWF"),
        ("MWF", "M", "", "MWF"),
        ("MWF", "M", "X", "MWF"),
    ],
)
def test_one_day_goes_and_the_others_stay(days, origin, target, expected):
    assert days_moved(days, origin=origin, target=target) == expected


def test_a_class_never_loses_a_day():
    for count in range(1, len(DAYS) + 1):
        for days, origin, target in product(map("".join, combinations(DAYS, count)), DAYS, DAYS):
            after = days_moved(days, origin=origin, target=target)
            assert len(after) == len(days)
            assert list(after) == sorted(set(after), key=DAYS.index)


@given(st.integers(0, 1439), st.integers(1, 300))
def test_a_class_keeps_its_length_or_is_refused(start, length):
    begins = f"{start // 60:02}:{start % 60:02}"
    if start + length >= 1440:
        with pytest.raises(InvalidValue, match="after midnight"):
            end_of(begins, length)
    else:
        assert minutes(end_of(begins, length)) - start == length
