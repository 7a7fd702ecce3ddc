"""Creating without duplicates: what to do about a create whose outcome nobody knows."""

from collections.abc import Sequence
from enum import Enum, auto


class CreateOutcome(Enum):
    """How an unknown outcome is resolved."""

    ADOPT = auto()
    AMBIGUOUS = auto()
    CREATE_AGAIN = auto()
    WAIT = auto()


def resolve_create(candidates: Sequence[str], *, is_enforced: bool, is_horizon_passed: bool) -> CreateOutcome:
    """`candidates`: unlinked records that a look-up by our keys found.

    `is_enforced`: the SIS itself refuses a second record with one of the keys; `is_horizon_passed`: the lost
    request can no longer take effect. Only then may it be created again (MERGE.md, Create).
    """
    if len(candidates) > 1:
        return CreateOutcome.AMBIGUOUS
    if candidates:
        return CreateOutcome.ADOPT
    return CreateOutcome.CREATE_AGAIN if is_enforced or is_horizon_passed else CreateOutcome.WAIT
