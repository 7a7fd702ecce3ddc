"""Canonical values: what a field holds, as JSON, the same in files, API, audit, plans and baselines.

Text is trimmed and never empty (blank is ``None``), credits have two decimals as text ("1.00"), dates are
ISO text, meetings and instructors are sorted tuples of the two structs below. Two values are equal exactly
if their canonical forms are.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

import msgspec

from .errors import InvalidValue
from .fields import DAYS, Field, Kind


class Meeting(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """One meeting pattern. Blank parts are ``""``; no days and no time means *arranged*.

    Times are ``HH:MM`` (24 h, local to the institution), dates ISO. `room` is a number within `building`.
    """

    days: str = ""
    start_time: str = ""
    end_time: str = ""
    building: str = ""
    room: str = ""
    start_date: str = ""
    end_date: str = ""

    @property
    def is_arranged(self) -> bool:
        """Whether neither days nor a time are set."""
        return not (self.days or self.start_time or self.end_time)


NO_START = "24:00"
"""In the place of a time that is not there: behind all times, however a database sorts text."""


class Assignment(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """Who teaches: the instructor's SIS id, responsibility in percent (0-100), primary or not."""

    instructor: str
    percent: int | float = 100
    is_primary: bool = False


Value = str | int | float | bool | None | tuple[Meeting, ...] | tuple[Assignment, ...] | tuple[str, ...]
"""What one field may hold."""

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(:00)?\Z")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CENT = Decimal("0.01")
MOST_CREDITS = Decimal("999.99")
WHOLE = 100
"""Percent."""
LONGEST_NUMBER = 9
"""Digits of a whole number; the database holds no more."""


def is_storable(raw: object) -> bool:
    """Whether the database can hold every text in `raw`: no NUL, no half of a surrogate pair."""
    match raw:
        case str():
            return not _UNSTORABLE.search(raw)
        case list() | tuple():
            return all(map(is_storable, raw))
        case Mapping():
            return all(is_storable(key) and is_storable(value) for key, value in raw.items())
    return True


def canonical(field: Field, raw: object) -> Value:
    """The canonical form of `raw` for `field`; raises `InvalidValue` with the sentence for people."""
    if isinstance(raw, str):
        if "\x00" in raw:
            raise InvalidValue(f"{field.label} contains a NUL byte; remove it.", field.name)
        raw = raw.strip()
    if raw is None or raw == "":
        raw = None
    match field.kind:
        case Kind.MEETINGS:
            return meetings(raw, field=field)
        case Kind.INSTRUCTORS:
            return instructors(raw, field=field)
    if raw is None:
        if field.is_required:
            raise InvalidValue(f"{field.label} must not be blank.", field.name)
        return None
    return _scalar(field, raw)


def _scalar(field: Field, raw: object) -> Value:
    match field.kind:
        case Kind.INTEGER:
            return _integer(field, raw)
        case Kind.CREDITS:
            return _credits(field, raw)
        case Kind.DATE:
            return _date(field.label, raw, field.name)
        case Kind.BOOLEAN:
            return boolean(raw, label=field.label, name=field.name)
    if not isinstance(raw, str):
        raise InvalidValue(f"{field.label} must be text, not {raw!r}.", field.name)
    if field.choices and raw not in field.choices:
        choices = ", ".join(field.choices)
        raise InvalidValue(f"{field.label} {field.are} {raw!r}; it must be one of {choices}.", field.name)
    if field.max_length and len(raw) > field.max_length:
        raise InvalidValue(
            f"{field.label}: {len(raw)} characters; {field.max_length} are allowed.", field.name
        )
    return raw


def whole_number(field: Field, raw: object) -> int | None:
    """The canonical form of `raw` for an INTEGER field; None for a blank."""
    value = canonical(field, raw)
    return value if isinstance(value, int) else None


def _integer(field: Field, raw: object) -> int:
    text = str(raw)
    if isinstance(raw, bool) or not re.fullmatch(r"-?\d+", text):
        raise InvalidValue(f"{field.label} {field.are} {raw!r}; it must be a whole number.", field.name)
    if len(text.lstrip("-")) > LONGEST_NUMBER:
        shown = f"a number of {len(text.lstrip('-'))} digits"
        raise InvalidValue(
            f"{field.label} {field.are} {shown}; it must be of {LONGEST_NUMBER} digits at most.", field.name
        )
    number = int(text)
    if field.minimum is not None and number < field.minimum:
        raise InvalidValue(
            f"{field.label} {field.are} {number}; it must be {field.minimum} or more.", field.name
        )
    if field.maximum is not None and number > field.maximum:
        raise InvalidValue(
            f"{field.label} {field.are} {number}; it must be {field.maximum} or less.", field.name
        )
    return number


def _credits(field: Field, raw: object) -> str:
    try:
        number = Decimal(str(raw))
        scaled = number.quantize(_CENT)
    except InvalidOperation:
        raise InvalidValue(
            f"{field.label} {field.are} {raw!r}; it must be a number like 1.00.", field.name
        ) from None
    if scaled != number or not 0 <= scaled <= MOST_CREDITS:
        raise InvalidValue(
            f"{field.label} {field.are} {raw!r}; it must be 0 to 999.99 with at most two decimals.",
            field.name,
        )
    return str(abs(scaled))


def _date(label: str, raw: object, name: str, part: str = "") -> str:
    if isinstance(raw, dt.date) and not isinstance(raw, dt.datetime):
        return raw.isoformat()
    text = str(raw)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise InvalidValue(f"{label} is {raw!r}; write the date as YYYY-MM-DD.", name, part)
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise InvalidValue(f"{label} is {raw!r}; there is no such day.", name, part) from None


def boolean(raw: object, *, label: str, name: str) -> bool:
    """`raw` as a truth value; files say ``True`` and ``False``."""
    if isinstance(raw, bool):
        return raw
    if raw in {"True", "true"}:
        return True
    if raw in {"False", "false"}:
        return False
    raise InvalidValue(f"{label} is {raw!r}; it must be True or False.", name)


def _text(raw: object) -> str:
    if raw is None:
        return ""
    if isinstance(raw, dt.date):
        return raw.isoformat()
    if isinstance(raw, dt.time):
        return raw.strftime("%H:%M")
    return str(raw).strip()


def _time(raw: object, label: str, name: str, part: str) -> str:
    text = _text(raw)
    if not text:
        return ""
    found = _TIME.match(text)
    if not found:
        raise InvalidValue(f"{label} is {text!r}; write the time as HH:MM (24 hours).", name, part)
    return f"{int(found[1]):02d}:{found[2]}"


def meeting(raw: Mapping[str, object], *, field_name: str = "meetings") -> Meeting:
    """One meeting from its parts; raises `InvalidValue` where a part is not what it must be."""
    days = _text(raw.get("days")).upper()
    if any(day not in DAYS for day in days) or len(set(days)) != len(days):
        raise InvalidValue(
            f"Days are {days!r}; use each of the letters {DAYS} at most once.", field_name, "days"
        )
    start, end = _text(raw.get("start_date")), _text(raw.get("end_date"))
    made = Meeting(
        days="".join(day for day in DAYS if day in days),
        start_time=_time(raw.get("start_time"), "Start time", field_name, "start_time"),
        end_time=_time(raw.get("end_time"), "End time", field_name, "end_time"),
        building=_text(raw.get("building")),
        room=_text(raw.get("room")),
        start_date=_date("Meeting start date", start, field_name, "start_date") if start else "",
        end_date=_date("Meeting end date", end, field_name, "end_date") if end else "",
    )
    if bool(made.start_time) != bool(made.end_time):
        raise InvalidValue("A meeting has a start and an end time, or neither.", field_name, "start_time")
    if made.room and not made.building:
        raise InvalidValue(
            f"Room {made.room!r} has no building; name the building too.", field_name, "building"
        )
    if made.start_date and made.end_date and made.end_date < made.start_date:
        raise InvalidValue(
            f"A meeting ends on {made.end_date}, before it starts on {made.start_date}.",
            field_name,
            "end_date",
        )
    return made


def meetings(raw: object, *, field: Field) -> tuple[Meeting, ...]:
    """A sorted tuple of meetings from a list of mappings or `Meeting`s; two equal ones are one."""
    if raw is None:
        return ()
    if not isinstance(raw, list | tuple):
        raise InvalidValue(f"{field.label} must be a list.", field.name)
    found = set()
    for item in raw:
        if isinstance(item, Meeting):
            found.add(item)
        elif isinstance(item, Mapping):
            found.add(meeting(item, field_name=field.name))
        else:
            raise InvalidValue(f"{field.label}: {item!r} is not a meeting.", field.name)
    return tuple(sorted(found))


def first_start(found: Iterable[Meeting]) -> str:
    """The earliest start of these meetings, ``HH:MM``; `NO_START` where none has a time."""
    return min((one.start_time for one in found if one.start_time), default=NO_START)


def assignment(raw: Mapping[str, object], *, field_name: str = "instructors") -> Assignment:
    """One instructor assignment from its parts."""
    who = _text(raw.get("instructor"))
    if not who:
        raise InvalidValue("An instructor assignment names no instructor.", field_name, "instructor")
    given = raw.get("percent")
    try:
        percent = Decimal(str(100 if given is None or given == "" else given))
        scaled = percent.quantize(_CENT)
    except InvalidOperation:
        raise InvalidValue(
            f"Percent of {who} is {given!r}; it must be a number.", field_name, "percent"
        ) from None
    if scaled != percent or not 0 <= percent <= WHOLE:
        raise InvalidValue(
            f"Percent of {who} is {given!r}; it must be 0 to 100 with at most two decimals.",
            field_name,
            "percent",
        )
    whole = int(percent) if percent == int(percent) else float(percent)
    primary = boolean(raw.get("is_primary") or False, label=f"Primary of {who}", name=field_name)
    return Assignment(instructor=who, percent=whole, is_primary=primary)


def instructors(raw: object, *, field: Field) -> tuple[Assignment, ...]:
    """A sorted tuple of assignments; raises `InvalidValue` for a person twice or two primaries."""
    if raw is None:
        return ()
    if not isinstance(raw, list | tuple):
        raise InvalidValue(f"{field.label} must be a list.", field.name)
    found: list[Assignment] = []
    for item in raw:
        if isinstance(item, Assignment):
            found.append(item)
        elif isinstance(item, Mapping):
            found.append(assignment(item, field_name=field.name))
        else:
            raise InvalidValue(f"{field.label}: {item!r} is not an instructor assignment.", field.name)
    people = [one.instructor for one in found]
    twice = sorted({who for who in people if people.count(who) > 1})
    if twice:
        raise InvalidValue(f"Instructor {', '.join(twice)} is assigned twice.", field.name)
    if sum(one.is_primary for one in found) > 1:
        raise InvalidValue("More than one instructor is marked primary; mark one.", field.name)
    return tuple(sorted(found))


def fill_meeting_dates(found: Iterable[Meeting], *, start_date: str, end_date: str) -> tuple[Meeting, ...]:
    """The meetings with blank dates filled from the section's (CONTRACT.md, changes file)."""
    return tuple(
        sorted(
            msgspec.structs.replace(
                one, start_date=one.start_date or start_date, end_date=one.end_date or end_date
            )
            for one in found
        )
    )
