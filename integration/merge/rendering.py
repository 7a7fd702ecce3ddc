"""When the SIS shows our value in its own way."""

from .records import Value

SHORTEST_CUT = 8
"""Characters. A SIS cuts titles and notes, not codes: fewer left than this is another value."""


def is_rendering(*, sent: Value, seen: Value) -> bool:
    """Whether `seen` is `sent` as a SIS may store it: cut to a length, other letter case, spaces folded.

    Deliberately narrow: anything else is a different value, an edit by somebody or a refusal in silence.
    """
    if not isinstance(sent, str) or not isinstance(seen, str):
        return False
    folded_sent, folded_seen = (" ".join(text.split()).casefold() for text in (sent, seen))
    if len(folded_seen) < SHORTEST_CUT:
        return folded_sent == folded_seen
    return folded_sent.startswith(folded_seen)
