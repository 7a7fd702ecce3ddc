"""Whole numbers in forms: versions and counts, hidden there and therefore not to be trusted."""

DIGITS = 9
"""So many fit every column that such a number is compared with."""


def whole(text: str | None) -> int | None:
    """The number that is written; None for anything else."""
    if text and text.isascii() and text.isdigit() and len(text) <= DIGITS:
        return int(text)
    return None
