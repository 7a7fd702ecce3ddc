"""When the SIS shows our value in its own way."""

from collections.abc import Sequence
from typing import Any

from .records import Value

SHORTEST_CUT = 8
"""Characters. A SIS cuts titles and notes, not codes: fewer left than this is another value."""
FILLED_IN = ("start_date", "end_date")
"""Parts of an item that a SIS fills in where we leave them blank: a meeting has its section's dates."""


def shows(*, sent: Value, seen: Value) -> bool:
    """Whether `seen` is `sent`, as it is or as a SIS may store it."""
    return bool(seen == sent) or is_rendering(sent=sent, seen=seen)


def is_rendering(*, sent: Value, seen: Value) -> bool:
    """Whether `seen` is `sent` as a SIS may store it: cut to a length, other letter case, spaces folded.

    Of meetings: with the dates filled in that were left blank. Deliberately narrow: anything else is a
    different value, an edit by somebody or a refusal in silence.
    """
    if isinstance(sent, tuple) and isinstance(seen, tuple):
        return len(sent) == len(seen) and _are_filled_in(sent, seen)
    if not isinstance(sent, str) or not isinstance(seen, str):
        return False
    folded_sent, folded_seen = (" ".join(text.split()).casefold() for text in (sent, seen))
    if len(folded_seen) < SHORTEST_CUT:
        return folded_sent == folded_seen
    return folded_sent.startswith(folded_seen)


def _are_filled_in(sent: Sequence[Any], seen: Sequence[Any]) -> bool:
    """Both are sorted, and what is filled in stands last in that order."""
    return all(
        one == other
        or (
            hasattr(one, FILLED_IN[0])
            and all(
                getattr(one, name) == getattr(other, name) or (name in FILLED_IN and not getattr(one, name))
                for name in one.__struct_fields__
            )
        )
        for one, other in zip(sent, seen, strict=True)
    )
