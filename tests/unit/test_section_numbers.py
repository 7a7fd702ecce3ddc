"""Proposing the next section number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.section_numbers import LONGEST, next_number


@pytest.mark.parametrize(
    ("taken", "proposed"),
    [
        ([], "01"),
        (["01"], "02"),
        (["01", "02", "04"], "05"),
        (["09"], "10"),
        (["99"], "100"),
        (["1"], "2"),
        (["101", "102"], "103"),
        (["A"], "B"),
        (["A", "B", "Z"], "AA"),
        (["01", "02", "L1"], "03"),
        (["L1", "L2", "01"], "L3"),
        (["01L", "02L"], "01M"),
        (["?"], "01"),
        (["?", "01"], "02"),
        (["9" * LONGEST], "01"),
        (["9" * LONGEST, "9" * (LONGEST - 1) + "8", "01"], "1"),
        (["A", "B", "C", "01"], "D"),
    ],
)
def test_it_goes_on_in_the_way_of_the_others(taken, proposed):
    assert next_number(taken) == proposed


NUMBERS = st.lists(st.text(alphabet="019AZL-.?", min_size=1, max_size=LONGEST), max_size=12)


@given(NUMBERS)
def test_a_proposed_number_is_free_and_fits(taken):
    proposed = next_number(taken)
    assert proposed not in taken
    assert 0 < len(proposed) <= LONGEST


@given(NUMBERS)
def test_the_order_of_the_others_does_not_matter(taken):
    assert next_number(taken) == next_number(taken[::-1])
