"""Safeguards: what stops a plan until a person has looked (MERGE.md, Plan, safeguards, apply)."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much passes without a person. The shares are of the records held before."""

    removals: int = 5
    removal_share: float = 0.02
    updates: int = 25
    update_share: float = 0.20
    rejected: int = 5
    rejected_share: float = 0.02
    size_for_shares: int = 50
    smallest_answer_share: float = 0.90
    one_field_share: float = 0.50


@dataclass(kw_only=True, slots=True)
class Tally:
    """What a plan does on one side. Changes of fields that are Always SIS are not counted."""

    removals: int = 0
    updates: int = 0
    fields: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trip:
    """One tripped safeguard: a fixed code and one plain sentence."""

    code: str
    message: str


LIMITS = Limits()
SIDES = {"local": "Tandem", "sis": "the SIS"}


def check(
    *,
    local: Tally,
    sis: Tally,
    held_records: int,
    read: int,
    last_read: int,
    rejected: int,
    limits: Limits = LIMITS,
) -> tuple[Trip, ...]:
    """The safeguards that this plan trips. `held_records` is 0 on a first load, which never trips.

    `read`: records in this answer; `last_read`: in the last complete one; `rejected`: records not taken.
    """
    if held_records == 0:
        return ()
    trips = [*_side("local", local, held_records, limits), *_side("sis", sis, held_records, limits)]
    if last_read >= limits.size_for_shares and read < limits.smallest_answer_share * last_read:
        trips.append(
            Trip(
                code="SHORT_ANSWER",
                message=f"The SIS sent {read} records; last time it sent {last_read}. "
                f"Fewer than {limits.smallest_answer_share:.0%} of that needs a person.",
            )
        )
    most = max(limits.rejected, int(limits.rejected_share * held_records))
    if rejected > most:
        trips.append(
            Trip(
                code="MANY_REJECTED",
                message=f"{rejected} records cannot be taken as they are; {most} is the most that passes "
                "without a person.",
            )
        )
    return tuple(trips)


def _side(side: str, tally: Tally, held: int, limits: Limits) -> list[Trip]:
    where = SIDES[side]
    trips = []
    most = max(limits.removals, int(limits.removal_share * held))
    if tally.removals > most:
        trips.append(
            Trip(
                code=f"MANY_{side.upper()}_REMOVALS",
                message=f"{tally.removals:,} of {held:,} records would be removed in {where}; {most:,} is "
                "the most that passes without a person.",
            )
        )
    most = max(limits.updates, int(limits.update_share * held))
    if tally.updates > most:
        trips.append(
            Trip(
                code=f"MANY_{side.upper()}_UPDATES",
                message=f"{tally.updates:,} of {held:,} records would change in {where}; {most:,} is the "
                "most that passes without a person.",
            )
        )
    for name, times in sorted(tally.fields.items()):
        if held >= limits.size_for_shares and times > limits.one_field_share * held:
            trips.append(
                Trip(
                    code=f"ONE_FIELD_EVERYWHERE_{side.upper()}",
                    message=f"{name} would change in {where} on {times} of {held} records; more than "
                    f"{limits.one_field_share:.0%} needs a person.",
                )
            )
    return trips
