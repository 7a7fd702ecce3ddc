"""The order in which a batch of sections is written when section numbers move between them."""

from collections.abc import Sequence

from integration.attempts import Attempt, Step
from integration.conflicts import HeldField
from integration.merge.order import Move, order_moves
from integration.models import Conflict
from integration.record_types import RecordType
from integration.sis.port import Capabilities, Key, MergeType, Operation


def order_writes(attempts: Sequence[Attempt], kind: RecordType, capabilities: Capabilities) -> list[Attempt]:
    """The attempts with whoever frees a number, or a member, before whoever takes it.

    Only a SIS that enforces the natural key minds about numbers. There a cycle needs a temporary number
    (`Attempt.detour`) or, where the SIS allows none, waits with its members named.
    """
    if kind.merge_type is MergeType.RELATIONSHIPS:
        return sorted(attempts, key=_takes_members)
    if kind.merge_type is not MergeType.SECTIONS or Key.NATURAL_KEY not in capabilities.unique_keys:
        return list(attempts)
    moves = [_move(attempt, kind) for attempt in attempts if _moves(attempt)]
    if not moves:
        return list(attempts)
    order = order_moves(moves)
    by_record = {str(attempt.link.pk): attempt for attempt in attempts}
    for cycle in order.cycles:
        _break(cycle, by_record, capabilities)
    moving = [by_record[record] for record in order.sequence]
    return [*moving, *(attempt for attempt in attempts if not _moves(attempt))]


def _takes_members(attempt: Attempt) -> bool:
    """Whether the write adds a member to a group: it may have to leave another one first."""
    before = {one.section for one in attempt.theirs.get("members") or ()}
    return any(one.section not in before for one in attempt.changes.get("members") or ())


def _moves(attempt: Attempt) -> bool:
    return attempt.operation is Operation.UPDATE and bool(
        {"section_number", "course"} & attempt.changes.keys()
    )


def _move(attempt: Attempt, kind: RecordType) -> Move:
    return Move(
        record=str(attempt.link.pk),
        leaves=kind.natural_key(attempt.theirs),
        takes=kind.natural_key({**attempt.theirs, **attempt.changes}),
    )


def _break(cycle: Sequence[str], by_record: dict[str, Attempt], capabilities: Capabilities) -> None:
    members = [by_record[record] for record in cycle]
    if capabilities.allows_temporary_number:
        # The first of the ring is written last; its detour frees the key that the last one needs.
        members[0].detour = f"~{members[0].link.pk % 10**8}"
        return
    names = ", ".join(attempt.link.label for attempt in members)
    for attempt in members:
        attempt.step, attempt.code = Step.WAIT, "NUMBER_CYCLE"
        attempt.reason = (
            f"{names} exchange their section numbers in a ring; give one of them a free number first."
        )
        attempt.held.append(_held_number(attempt))


def _held_number(attempt: Attempt) -> HeldField:
    """The move as a conflict: it is told on every run and in the status until the ring is broken."""
    name = "section_number" if "section_number" in attempt.changes else "course"
    return HeldField(
        field=name,
        kind=Conflict.Kind.NUMBER,
        base=attempt.theirs.get(name),
        ours=attempt.changes[name],
        theirs=attempt.theirs.get(name),
        rule="NUMBER",
        note=attempt.reason,
    )
