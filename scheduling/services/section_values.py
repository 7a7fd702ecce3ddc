"""From what somebody wrote to canonical values of a section."""

from collections.abc import Iterable, Mapping
from typing import Any

from scheduling.domain.errors import Ambiguous, InvalidValue, UnknownField
from scheduling.domain.fields import Catalogue, Field, Kind
from scheduling.domain.values import Assignment, Meeting, canonical, fill_meeting_dates, is_storable
from scheduling.models import Room, Term
from scheduling.selectors import courses_by_code

Values = Mapping[str, Any]
"""Field name -> canonical value."""
PARTS = {
    Kind.MEETINGS: frozenset({*Meeting.__struct_fields__, "id"}),
    Kind.INSTRUCTORS: frozenset(Assignment.__struct_fields__),
}


def blank_values(fields: Catalogue) -> dict[str, Any]:
    """A section of which nothing is known yet."""
    return {field.name: () if field.kind in PARTS else None for field in fields}


def read_changes(
    given: Mapping[str, object], *, fields: Catalogue, term: Term, before: Values
) -> dict[str, Any]:
    """The fields of `given` in canonical form that differ from `before`.

    ``custom`` may hold the institution's fields by their bare names. A course is its SIS id, or its code
    (``SUBJECT-NUMBER``) where only one has it. Raises `UnknownField`, `InvalidValue`, `Ambiguous`.
    """
    read: dict[str, Any] = {}
    for name, raw in _flat(given).items():
        if name not in fields:
            raise UnknownField(
                f"There is no section field {name!r}; the fields are {', '.join(fields.names)}.", field=name
            )
        field = fields[name]
        if not is_storable(raw):
            raise InvalidValue(f"{field.label} contains a NUL or half of a character; remove it.", name)
        _check_parts(field, raw)
        value = canonical(field, raw)
        read[name] = _course_id(str(value), term) if field.kind is Kind.COURSE else value
    if "meetings" in read:
        after = {**before, **read}
        read["meetings"] = fill_meeting_dates(
            read["meetings"], start_date=after.get("start_date") or "", end_date=after.get("end_date") or ""
        )
    return {name: value for name, value in read.items() if (value or None) != (before.get(name) or None)}


def _flat(given: Mapping[str, object]) -> dict[str, object]:
    custom = given.get("custom", {})
    if not isinstance(custom, Mapping):
        raise InvalidValue(
            f"Custom is {custom!r}; it must be an object of the institution's own fields by name.", "custom"
        )
    rest = {name: raw for name, raw in given.items() if name != "custom"}
    return rest | {f"custom.{name}": raw for name, raw in custom.items()}


def _check_parts(field: Field, raw: object) -> None:
    """A misspelt part of a meeting or an assignment must not be lost in silence."""
    known = PARTS.get(field.kind, frozenset())
    for item in raw if known and isinstance(raw, list | tuple) else ():
        unknown = sorted(map(str, item.keys() - known)) if isinstance(item, Mapping) else []
        if unknown:
            raise InvalidValue(
                f"{unknown[0]!r} is no part of {field.name}; the parts are {', '.join(sorted(known))}.",
                field.name,
                unknown[0],
            )


def _course_id(text: str, term: Term) -> str:
    """The SIS id of the course that `text` names."""
    found = courses_by_code(term.pk, text)
    if len(found) > 1:
        raise Ambiguous(f"Several courses are {text}: {', '.join(found)}; give one of these ids.", "course")
    if not found:
        raise InvalidValue(
            f"Course {text!r} is not known in {term}; give the id or the code of one of its courses.",
            "course",
        )
    return found[0]


def room_ids(meetings: Iterable[Meeting]) -> dict[tuple[str, str], int]:
    """(building, room number) -> the room's id, for the rooms of these meetings, in one query."""
    wanted = {(one.building, one.room) for one in meetings if one.room}
    rooms = Room.objects.filter(
        building__in={building for building, _number in wanted},
        number__in={number for _building, number in wanted},
    ).order_by("id")
    return {
        (building, number): pk
        for building, number, pk in rooms.values_list("building_id", "number", "id")
        if (building, number) in wanted
    }
