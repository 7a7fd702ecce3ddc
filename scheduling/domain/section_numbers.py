"""The next section number of a course, in the way its other sections are numbered. Pure."""

import re
from collections.abc import Collection
from string import ascii_uppercase

FIRST = "01"
LONGEST = 10
_NUMBERED = re.compile(r"(.*?)(\d+)\Z")
_LETTERED = re.compile(r"(.*?)([A-Z]+)\Z")


def next_number(taken: Collection[str]) -> str:
    """A number that none of `taken` has: 01, 02 → 03; A, B → C; L1, L2 → L3; ``01`` where there is none.

    It goes on from the greatest of those that are written in the way most of them are.
    """
    ways = [way for number in taken if (way := _way(number)) is not None]
    if not ways:
        return _free(FIRST, taken)
    kinds = [kind for kind, _place in ways]
    kind = max(sorted(set(kinds)), key=kinds.count)
    last = max(place for found, place in ways if found == kind)
    return _free(_written(kind, last + 1), taken)


_Kind = tuple[str, str, int]
"""What stands before the counted part, ``digits`` or ``letters``, and how wide digits are written."""


def _way(number: str) -> tuple[_Kind, int] | None:
    if found := _NUMBERED.fullmatch(number):
        width = len(found[2]) if found[2].startswith("0") or len(found[2]) > 1 else 1
        return (found[1], "digits", width), int(found[2])
    if found := _LETTERED.fullmatch(number):
        return (found[1], "letters", 0), _place(found[2])
    return None


def _place(letters: str) -> int:
    """A is 1, Z is 26, AA is 27."""
    place = 0
    for letter in letters:
        place = place * len(ascii_uppercase) + ascii_uppercase.index(letter) + 1
    return place


def _written(kind: _Kind, place: int) -> str:
    before, how, width = kind
    if how == "digits":
        return f"{before}{place:0{width}d}"
    letters = ""
    while place:
        place, rest = divmod(place - 1, len(ascii_uppercase))
        letters = ascii_uppercase[rest] + letters
    return f"{before}{letters}"


def _free(number: str, taken: Collection[str]) -> str:
    """`number`, or the next after it that is free and short enough."""
    while number in taken or len(number) > LONGEST:
        way = _way(number)
        if way is None or len(number) > LONGEST:
            number = FIRST if FIRST not in taken else _least(taken)
        else:
            number = _written(way[0], way[1] + 1)
    return number


def _least(taken: Collection[str]) -> str:
    """The least whole number that is free."""
    place = 1
    while str(place) in taken:
        place += 1
    return str(place)
