"""From what a form of section fields posts to raw values, as the write services take them.

Names in the form: ``value.<field>`` for one value; ``meetings.<n>.<part>`` and ``instructors.<n>.<part>`` for
rows, ``n`` counting from 0. A field that the form does not hold is not changed. Nothing here decides whether
a value may be saved.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.http import QueryDict

from scheduling.domain.errors import InvalidValue
from scheduling.domain.fields import Field, Kind
from scheduling.domain.values import is_storable
from scheduling.models import Instructor
from scheduling.place_texts import places_meant

VALUE = "value."
MOST_ROWS = 60
_ROW = re.compile(r"(meetings|instructors)\.(\d{1,3})\.")
PLACE, PATTERN, REMOVED, ARRANGED = "place", "pattern", "removed", "arranged"
TEXTS = ("start_time", "end_time", "start_date", "end_date")


def posted_values(data: QueryDict, fields: Iterable[Field]) -> dict[str, Any]:
    """Field name -> raw value, for those of `fields` that the form holds.

    Raises `InvalidValue` where a row names what cannot be told apart, or there are too many.
    """
    rows = _rows(data)
    found: dict[str, Any] = {}
    for field in fields:
        if field.kind is Kind.MEETINGS:
            if f"{field.name}.form" in data:
                found[field.name] = _meetings(_bounded(rows["meetings"], "meetings"))
        elif field.kind is Kind.INSTRUCTORS:
            if f"{field.name}.form" in data:
                team = _bounded(rows["instructors"], "instructors")
                found[field.name] = _team(team, primary=data.get("instructors.primary", ""))
        elif VALUE + field.name in data:
            found[field.name] = data.get(VALUE + field.name, "").replace("\r\n", "\n").replace("\r", "\n")
    return found


def rows_posted(data: QueryDict, name: str) -> Sequence[Mapping[str, Any]]:
    """The rows of `name` as they were typed, for showing the form again."""
    return [row for _number, row in sorted(_rows(data)[name].items())][:MOST_ROWS]


def _rows(data: QueryDict) -> Mapping[str, dict[int, dict[str, Any]]]:
    found: dict[str, dict[int, dict[str, Any]]] = {"meetings": {}, "instructors": {}}
    for key in data:
        match = _ROW.match(key)
        if match is None:
            continue
        row = found[match[1]].setdefault(int(match[2]), {"number": int(match[2])})
        part = key[match.end() :]
        row[part] = "".join(data.getlist(key)) if part == "days" else data.get(key, "").strip()
    return found


def _bounded(rows: Mapping[int, Mapping[str, Any]], name: str) -> Mapping[int, Mapping[str, Any]]:
    if len(rows) > MOST_ROWS:
        raise InvalidValue(f"A section has up to {MOST_ROWS} {name}; there are {len(rows)}.", name)
    return rows


def _meetings(rows: Mapping[int, Mapping[str, Any]]) -> list[dict[str, str]]:
    kept = [row for _number, row in sorted(rows.items()) if not row.get(REMOVED)]
    places = places_meant(row.get(PLACE, "") for row in kept)
    return [made for row in kept if (made := _meeting(row, places)) is not None]


def _meeting(row: Mapping[str, Any], places: Mapping[str, tuple[str, str]]) -> dict[str, str] | None:
    """A meeting from its row; None for a row in which nothing is written. Raises `InvalidValue`."""
    made = {"days": str(row.get("days", "")), **{name: row.get(name, "") for name in TEXTS}}
    if not (made["days"] or made["start_time"] or made["end_time"]) and row.get(PATTERN):
        made["days"], made["start_time"], made["end_time"] = (*row[PATTERN].split("|"), "", "")[:3]
    if row.get(ARRANGED) and (made["days"] or made["start_time"] or made["end_time"]):
        raise InvalidValue(
            f"Meeting {row['number'] + 1} is arranged and has days or a time as well; "
            "clear them, or untick Arranged.",
            "meetings",
        )
    made["building"], made["room"] = places[row.get(PLACE, "")]
    is_written = any(made.values()) or bool(row.get(ARRANGED))
    return made if is_written else None


def _team(rows: Mapping[int, Mapping[str, Any]], *, primary: str) -> list[dict[str, Any]]:
    written = [row for _number, row in sorted(rows.items()) if not row.get(REMOVED)]
    kept = [row for row in written if row.get("instructor")]
    for row in written:
        is_primary = bool(kept) and str(row["number"]) == primary
        if row not in kept and (row.get("percent") or is_primary):
            what = "a share" if row.get("percent") else "the primary mark"
            raise InvalidValue(
                f"Instructor {row['number'] + 1} has {what} and no name; "
                "write who it is, or give it to somebody else.",
                "instructors",
                "instructor",
            )
    ids = people_written(row["instructor"] for row in kept)
    return [
        {
            "instructor": ids[row["instructor"]],
            "percent": row.get("percent", ""),
            "is_primary": str(row["number"]) == primary,
        }
        for row in kept
    ]


def people_written(written: Iterable[str]) -> dict[str, str]:
    """What is written -> the SIS id: ``Ada Yonath (I2)``, the bare id, or a name that one person has.

    Raises `InvalidValue` where several people have it.
    """
    candidates = {text: [one for one in _ids_in(text) if is_storable(one)] for text in written}
    asked = {one for found in candidates.values() for one in found}
    known = set(Instructor.objects.filter(pk__in=asked).values_list("pk", flat=True))
    ids = {text: next((one for one in found if one in known), "") for text, found in candidates.items()}
    names = _by_name(text for text, who in ids.items() if not who and is_storable(text))
    return {text: who or names.get(text, text) for text, who in ids.items()}


def _ids_in(text: str) -> Iterator[str]:
    """What may be the id in ``Ada Yonath (I2)``; an id may have brackets too."""
    yield text
    if text.endswith(")"):
        yield from (text[at + 1 : -1].strip() for at, letter in enumerate(text) if letter == "(")


def _by_name(written: Iterable[str]) -> dict[str, str]:
    """Name -> SIS id, for those whom one person alone is called. Raises `InvalidValue` for several."""
    names = list(written)
    if not names:
        return {}
    last_words = {name.split()[-1] for name in names if name.split()}
    found: dict[str, list[str]] = {}
    for one in Instructor.objects.filter(last_name__in=last_words).order_by("pk"):
        found.setdefault(str(one), []).append(one.pk)
    for name in names:
        if len(found.get(name, ())) > 1:
            raise InvalidValue(
                f"Several people are called {name}; write the id of one of them: {', '.join(found[name])}.",
                "instructors",
                "instructor",
            )
    return {name: found[name][0] for name in names if name in found}
