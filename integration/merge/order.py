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
    holder: Mapping[Key, Move] = {move.leaves: move for move in moves}
    sequence: list[str] = []
    placed: set[str] = set()
    cycles: list[tuple[str, ...]] = []
    for move in moves:
        path: list[Move] = []
        current: Move | None = move
        while current is not None and current.record not in placed and current not in path:
            path.append(current)
            current = holder.get(current.takes)
        if current is not None and current in path:  # the path came back on itself
            ring = path[path.index(current) :]
            cycles.append(tuple(one.record for one in ring))
        for one in reversed(path):
            placed.add(one.record)
            sequence.append(one.record)
    return Order(sequence=tuple(sequence), cycles=tuple(cycles))
