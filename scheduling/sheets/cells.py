r"""One value in one cell: readable, read back exactly, and harmless to a spreadsheet.

Meetings read ``MWF 09:00-09:50 in HAL 101, 2027-02-01 to 2027-05-28; Arranged``, instructors
``Ada Yonath (I2) 60% primary; I1 40%``: what stands before the id in brackets is for the eye. A code with
anything but letters, digits and ``._/-``, or one of the words of these forms, stands in double quotes, with
``\`` before a quote or a backslash.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scheduling.csv_cells import DANGEROUS, guarded
from scheduling.domain.errors import InvalidValue
from scheduling.domain.fields import DAYS, Field, Kind
from scheduling.domain.values import Assignment, Meeting, Value

ARRANGED = "Arranged"
WORDS = frozenset({"in", "to", "from", "until", "primary", "arranged"})
_BARE = re.compile(r"[A-Za-z0-9._/-]+\Z")
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([;,()])|([^\s;,"()]+)|\s+', re.DOTALL)
_SPAN = re.compile(r"(\d{1,2}:\d\d)\s*[-\u2013]\s*(\d{1,2}:\d\d)\Z")
_GUARDED = (*DANGEROUS, "'")
MEETING_FORM = "write MWF 09:00-09:50 in HAL 101, 2027-02-01 to 2027-05-28; or Arranged; “;” between meetings"
TEAM_FORM = "write Ada Yonath (I2) 60% primary; I1 40%"

Token = tuple[str, bool]
"""A word and whether it stood in quotes."""


def harmless(text: str) -> str:
    """`text` with ``'`` before what a spreadsheet might take for a formula, and before a ``'``."""
    return f"'{text}" if text.startswith("'") else guarded(text)


def as_meant(text: str) -> str:
    """What was made `harmless`, as it was; other text stays."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_GUARDED) else text


def cell_of(field: Field, value: Value, people: Mapping[str, str] = {}) -> str:
    """A canonical value of `field` as text for a cell; blank for none. `people`: instructor's id -> name."""
    if value is None or value == ():
        return ""
    if field.kind is Kind.MEETINGS and isinstance(value, tuple):
        return harmless("; ".join(_meeting_text(one) for one in value if isinstance(one, Meeting)))
    if field.kind is Kind.INSTRUCTORS and isinstance(value, tuple):
        team = (_assignment_text(one, people) for one in value if isinstance(one, Assignment))
        return harmless("; ".join(team))
    return harmless(str(value))


def raw_of(field: Field, cell: str) -> Any:
    """What `cell` says, for `scheduling.domain.values.canonical`. Raises `InvalidValue`."""
    text = as_meant(cell).strip()
    match field.kind:
        case Kind.MEETINGS:
            return [_meeting(words, field) for words in _items(text, field, MEETING_FORM)]
        case Kind.INSTRUCTORS:
            return [_assignment(words, field) for words in _items(text, field, TEAM_FORM)]
        case Kind.BOOLEAN:
            return {"TRUE": "True", "FALSE": "False"}.get(text.upper(), text)
        case Kind.CHOICE:
            known = {one.casefold(): one for one in field.choices}
            return known.get(text.casefold(), text)
    return text


def _quoted(code: str) -> str:
    if _BARE.match(code) and code.casefold() not in WORDS:
        return code
    escaped = code.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _meeting_text(one: Meeting) -> str:
    span = f"{one.start_time}-{one.end_time}" if one.start_time else ""
    when = " ".join(part for part in (one.days, span) if part) or ARRANGED
    where = " ".join(_quoted(part) for part in (one.building, one.room) if part)
    text = f"{when} in {where}" if where else when
    dates = _dates_text(one.start_date, one.end_date)
    return f"{text}, {dates}" if dates else text


def _dates_text(first: str, last: str) -> str:
    if first and last:
        return f"{first} to {last}"
    return f"from {first}" if first else f"until {last}" if last else ""


def _assignment_text(one: Assignment, people: Mapping[str, str]) -> str:
    name = re.sub(r'[\s;,"()]+', " ", people.get(one.instructor, "")).strip()
    who = f"{name} ({_quoted(one.instructor)})" if name else _quoted(one.instructor)
    return f"{who} {one.percent:g}%{' primary' if one.is_primary else ''}"


def _items(text: str, field: Field, form: str) -> Iterator[list[Token]]:
    """The words of each item between semicolons; commas are left out, and what a bracket has before it."""
    item: list[Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise InvalidValue(f"{field.label}: a quote is not closed; {form}.", field.name)
        at = found.end()
        quoted, sign, bare = found.groups()
        if quoted is not None:
            item.append((re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL), True))
        elif bare is not None:
            item.append((bare, False))
        elif sign == "(":
            item = []
        elif sign == ";":
            if item:
                yield item
            item = []
    if item:
        yield item


def _meeting(words: Sequence[Token], field: Field) -> Mapping[str, str]:
    left = list(words)
    part: dict[str, str] = {}
    if _says(left, "arranged"):
        left.pop(0)
    if left and not left[0][1] and left[0][0].upper().strip(DAYS) == "":
        part["days"] = left.pop(0)[0]
    if left and (span := _SPAN.match(left[0][0])):
        part |= {"start_time": span[1], "end_time": span[2]}
        left.pop(0)
    if _says(left, "in"):
        left.pop(0)
        for name in ("building", "room"):
            if left and not _begins_dates(left):
                part[name] = left.pop(0)[0]
    part |= _dates(left)
    if left or not words:
        what = " ".join(text for text, _is_quoted in left)
        raise InvalidValue(f"{field.label}: “{what[:80]}” is not understood; {MEETING_FORM}.", field.name)
    return part


def _begins_dates(left: Sequence[Token]) -> bool:
    is_range = len(left) == 3 and left[1] == ("to", False)  # noqa: PLR2004  # first, "to", last
    return is_range or _says(left, "from") or _says(left, "until")


def _dates(left: list[Token]) -> dict[str, str]:
    """The dates at the beginning of `left`, which are taken from it."""
    match left:
        case [(first, _), ("to", False), (last, _)]:
            found = {"start_date": first, "end_date": last}
        case [("from", False), (first, _)]:
            found = {"start_date": first}
        case [("until", False), (last, _)]:
            found = {"end_date": last}
        case _:
            return {}
    left.clear()
    return found


def _says(left: Sequence[Token], word: str) -> bool:
    return bool(left) and not left[0][1] and left[0][0].casefold() == word


def _assignment(words: Sequence[Token], field: Field) -> Mapping[str, object]:
    who, *rest = words
    part: dict[str, object] = {"instructor": who[0]}
    for text, is_quoted in rest:
        if text.casefold() == "primary" and not is_quoted:
            part["is_primary"] = True
        elif text.endswith("%") and not is_quoted:
            part["percent"] = text[:-1]
        else:
            raise InvalidValue(f"{field.label}: “{text[:80]}” is not understood; {TEAM_FORM}.", field.name)
    return part
