"""What somebody wants of many sections at once, as the form of the bulk edit posts it.

A field is changed where something is written for it, or where it is to be made blank; every other stays.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.http import QueryDict

from scheduling.domain.errors import DomainError, InvalidValue
from scheduling.domain.fields import Catalogue, Field, Kind
from scheduling.models import Term
from scheduling.place_texts import places_meant
from scheduling.posted_numbers import whole
from scheduling.posted_values import VALUE, posted_values
from scheduling.services.bulk import MOST_SECTIONS
from scheduling.services.section_values import read_changes

IDS, SEEN, MADE_BLANK, ROOM, NO_ROOM, CANCEL = "ids", "seen", "blank.", "room", "room.blank", "cancel"
OF_ONE = frozenset({"course", "section_number", "status"})
"""What sections do not share, or what has a button of its own."""
OF_ROWS = (Kind.MEETINGS, Kind.INSTRUCTORS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """`changes`: field -> raw value; `room`: building and number for all meetings; `errors`: unreadable."""

    changes: Mapping[str, Any]
    room: tuple[str, str] | None = None
    errors: Sequence[DomainError] = ()

    def of_section(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What it means for a section with these values."""
        if self.room is None:
            return dict(self.changes)
        building, room = self.room
        meetings = [
            {**msgspec.to_builtins(one), "building": building, "room": room}
            for one in values.get("meetings") or ()
        ]
        return {**self.changes, "meetings": meetings}


def fields_offered(fields: Catalogue) -> list[Field]:
    """The fields that many sections can be given one value of."""
    return [
        one for one in fields if not one.is_from_sis and one.name not in OF_ONE and one.kind not in OF_ROWS
    ]


def read_wish(data: QueryDict, fields: Catalogue, term: Term) -> Wish:
    """The wish in a form; every value that cannot be read is told."""
    changes: dict[str, Any] = {}
    errors: list[DomainError] = []
    for one in fields_offered(fields):
        is_blank, raw = bool(data.get(MADE_BLANK + one.name)), posted_values(data, [one]).get(one.name, "")
        if not (is_blank or raw.strip()):
            continue
        changes[one.name] = raw
        try:
            if is_blank and raw.strip():
                raise InvalidValue(f"{one.label} has a value and is to be made blank; choose one.", one.name)
            read_changes({one.name: raw}, fields=fields, term=term, before={})
        except DomainError as error:
            errors.append(error)
    if data.get(CANCEL):
        changes["status"] = "CANCELLED"
    room = None
    try:
        room = _room(data)
    except InvalidValue as error:
        errors.append(error)
    if not (changes or room or errors):
        errors.append(InvalidValue("Nothing is written yet; say what is to change."))
    return Wish(changes=changes, room=room, errors=errors)


def _room(data: QueryDict) -> tuple[str, str] | None:
    if data.get(NO_ROOM):
        return "", ""
    written = data.get(ROOM, "").strip()
    return places_meant([written])[written] if written else None


def posted_ids(data: QueryDict) -> list[int]:
    """The ids that were ticked, or stand in one field with commas; one more than is allowed at most."""
    numbers = (whole(text.strip()) for given in data.getlist(IDS) for text in given.split(","))
    return list(dict.fromkeys(one for one in numbers if one))[: MOST_SECTIONS + 1]


def posted_versions(data: QueryDict) -> dict[int, int]:
    """Section id -> the version that the preview showed."""
    pairs = (text.partition(":") for text in data.get(SEEN, "").split(","))
    return {whole(pk) or 0: whole(version) or 0 for pk, _colon, version in pairs}


def carried(data: QueryDict, fields: Iterable[Field]) -> Iterator[tuple[str, str]]:
    """The wish as hidden fields of the next form: (name, value)."""
    names = [name for one in fields for name in (VALUE + one.name, MADE_BLANK + one.name)]
    for name in (*names, ROOM, NO_ROOM, CANCEL):
        if value := data.get(name):
            yield name, value
