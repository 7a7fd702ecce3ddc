"""A building and a room in one text, as forms hold them: ``HAL 101``, or ``OLD, HALL`` where that is needed.

A building's code may have spaces, so that ``OLD HALL`` may be a building, or the room HALL in OLD. A comma
between the two, or after a building, says which.
"""

from collections.abc import Collection, Iterable, Iterator

from django.db.models import Q

from scheduling.domain.errors import InvalidValue
from scheduling.domain.values import is_storable
from scheduling.models import Building, Room

MOST_WORDS = 4
"""A building's code has no more words."""


def place_text(building: str, room: str, codes: Collection[str]) -> str:
    """What is written for a place, so that `places_meant` finds it again. `codes`: of the buildings."""
    text = f"{building} {room}".strip()
    is_clear = all(start == building or start not in codes for start in _starts(text))
    return text if is_clear else f"{building}, {room}".strip()


def places_meant(texts: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Text -> building and room, whether they are there or not. One query, two where a text has two meanings.

    Raises `InvalidValue` for a text with two meanings.
    """
    texts = list(dict.fromkeys(texts))
    starts = {text: list(_starts(text)) if is_storable(text) else [] for text in texts}
    asked = {one.removesuffix(",") for found in starts.values() for one in found}
    codes = set(Building.objects.filter(pk__in=asked).values_list("pk", flat=True))
    return {text: _meant(text, starts[text], codes) for text in texts}


def _starts(text: str) -> Iterator[str]:
    words = text.split()
    for count in range(1, min(len(words), MOST_WORDS) + 1):
        yield " ".join(words[:count])


def _meant(text: str, starts: list[str], codes: Collection[str]) -> tuple[str, str]:
    whole = " ".join(text.split())
    for start in starts:
        if start.endswith(",") and start[:-1] in codes:
            return start[:-1], whole[len(start) :].strip()
    if not starts:
        return text, ""
    places = [(start, whole[len(start) :].strip()) for start in starts if start in codes]
    there = _there(places) if len(places) > 1 else places
    if len(there) > 1:
        ways = " or ".join(f"“{f'{building}, {room}'.strip()}”" for building, room in there)
        raise InvalidValue(f"“{whole}” may be more than one place; write {ways}.", "meetings", "room")
    return (there or places or [(starts[0], whole[len(starts[0]) :].strip())])[-1]


def _there(places: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of the places that are buildings or rooms that exist."""
    wanted = Q()
    for building, room in places:
        wanted |= Q(building=building, number=room)
    rooms = set(Room.objects.filter(wanted).values_list("building_id", "number"))
    return [(building, room) for building, room in places if not room or (building, room) in rooms]
