"""Merging set fields item by item: meetings (no identity) and keyed items (instructors, members).

A merge never makes an item that nobody chose: each item of a result stands, as it is, on one of the sides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .records import Value

Items = tuple[Value, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Triple:
    """One item as each side has it; None where a side does not."""

    base: Value | None
    ours: Value | None
    theirs: Value | None

    @property
    def is_conflict(self) -> bool:
        """Whether both sides changed it, differently."""
        return self.ours != self.theirs and self.ours != self.base and self.theirs != self.base

    def merged(self, *, prefer_ours: bool) -> Value | None:
        """The item after the merge; a conflict goes to the preferred side."""
        if self.ours == self.theirs or self.theirs == self.base:
            return self.ours
        if self.ours == self.base:
            return self.theirs
        return self.ours if prefer_ours else self.theirs


def triples_by_key(
    base: Items, ours: Items, theirs: Items, *, key_of: Callable[[Value], str]
) -> list[Triple]:
    """Items paired by their key."""
    sides = [{key_of(item): item for item in side} for side in (base, ours, theirs)]
    keys = sorted(set().union(*sides))
    return [Triple(base=sides[0].get(k), ours=sides[1].get(k), theirs=sides[2].get(k)) for k in keys]


def triples_by_nearness(base: Items, ours: Items, theirs: Items) -> list[Triple]:
    """Items paired with the base by content, then by nearness; what is left on a side was added there."""
    our_match, our_new = pair(base, ours)
    their_match, their_new = pair(base, theirs)
    found = [
        Triple(base=item, ours=our_match.get(index), theirs=their_match.get(index))
        for index, item in enumerate(base)
    ]
    found.extend(Triple(base=None, ours=item, theirs=None) for item in our_new)
    found.extend(Triple(base=None, ours=None, theirs=item) for item in their_new)
    return found


def pair(base: Items, side: Items) -> tuple[dict[int, Value], list[Value]]:
    """Match the items of `side` to those of `base`: (index in base -> item, items without a match).

    Equal items first; then the nearest pairs, ties broken by order, so that the answer is one and the same
    for one and the same input. Items with nothing in common are not a pair.
    """
    matched = {index: item for index, item in enumerate(base) if item in side}
    rest = [item for item in side if item not in base]
    open_base = [index for index in range(len(base)) if index not in matched]
    scored = sorted(
        (-_nearness(base[index], item), index, position)
        for index in open_base
        for position, item in enumerate(rest)
    )
    used: set[int] = set()
    for score, index, position in scored:
        if score < 0 and index not in matched and position not in used:
            matched[index] = rest[position]
            used.add(position)
    return matched, [item for position, item in enumerate(rest) if position not in used]


def _nearness(one: Any, other: Any) -> int:
    """How many attributes two items share, blanks aside."""
    names: Sequence[str] = one.__struct_fields__
    return sum(getattr(one, name) == getattr(other, name) != "" for name in names)
