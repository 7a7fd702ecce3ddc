"""A create whose outcome nobody knows: adopted, asked about, sent again or waited for."""

from itertools import product

import pytest

from integration.merge.identity import CreateOutcome, resolve_create

BOOLEANS = (False, True)


@pytest.mark.parametrize(("is_enforced", "is_passed"), list(product(BOOLEANS, BOOLEANS)))
def test_what_is_found_is_never_created_again(is_enforced, is_passed):
    guards = {"is_enforced": is_enforced, "is_horizon_passed": is_passed}
    assert resolve_create(["x"], **guards) is CreateOutcome.ADOPT
    assert resolve_create(["x", "y"], **guards) is CreateOutcome.AMBIGUOUS


@pytest.mark.parametrize(
    ("is_enforced", "is_passed", "outcome"),
    [
        (False, False, CreateOutcome.WAIT),
        (True, False, CreateOutcome.CREATE_AGAIN),
        (False, True, CreateOutcome.CREATE_AGAIN),
        (True, True, CreateOutcome.CREATE_AGAIN),
    ],
)
def test_it_is_created_again_only_where_it_cannot_come_twice(is_enforced, is_passed, outcome):
    assert resolve_create([], is_enforced=is_enforced, is_horizon_passed=is_passed) is outcome
