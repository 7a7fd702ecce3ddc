"""In which order records whose keys move are written (MERGE.md, Order when keys move)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Key = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A record that leaves one key and takes another."""

    record: str
    leaves: Key
    takes: Key


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """`sequence`: every moving record once, whoever frees a key before whoever takes it.

    `cycles`: the records of each cycle in that sequence; the first frees its key only by a detour.
    """

    sequence: tuple[str, ...]
    cycles: tuple[tuple[str, ...], ...]


def order_moves(moves: Sequence[Move]) -> Order:
    """Order `moves`. Each record takes at most one key and each key is left by at most one record here."""
    holder: Mapping[Key, Move] = {move.leaves: move for move in moves if move.leaves != move.takes}
    sequence: list[str] = []
    placed: set[str] = set()
    cycles: list[tuple[str, ...]] = []
    for move in moves:
        path: dict[str, int] = {}  # record -> its place; each waits for the next
        current: Move | None = move
        while current is not None and current.record not in placed and current.record not in path:
            path[current.record] = len(path)
            current = holder.get(current.takes)
        if current is not None and current.record in path:  # the path came back on itself
            cycles.append(tuple(path)[path[current.record] :])
        sequence.extend(reversed(path))
        placed.update(path)
    return Order(sequence=tuple(sequence), cycles=tuple(cycles))
