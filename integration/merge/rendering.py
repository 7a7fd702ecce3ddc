"""When the SIS shows our value in its own way."""

from .records import Value


def is_rendering(*, sent: Value, seen: Value) -> bool:
    """Whether `seen` is `sent` as a SIS may store it: cut to a length, other letter case, spaces folded.

    Deliberately narrow: anything else is a different value, an edit by somebody or a refusal in silence.
    """
    if not isinstance(sent, str) or not isinstance(seen, str) or not seen:
        return False
    folded_sent = " ".join(sent.split()).casefold()
    folded_seen = " ".join(seen.split()).casefold()
    return folded_sent.startswith(folded_seen)
