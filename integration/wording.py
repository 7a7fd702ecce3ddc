"""Values and moments in words, for the sentences of status and explanations."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

BLANK = "blank"
UNDER_TERMS = "in Merge Settings, under Terms"
"""Where the console switches terms on and off."""


def in_words(value: Any) -> str:
    """A JSON-ready value of any field."""
    match value:
        case None | "" | [] | ():
            return BLANK
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return "; ".join(_item(item) for item in value)
        case _:
            return str(value)


def _item(item: Any) -> str:
    match item:
        case {"instructor": who}:
            return f"{who} {item.get('percent', 100)} %{_primary(item)}"
        case {"section": section}:
            return f"{section}{_primary(item)}"
        case Mapping():
            return _meeting(item)
        case _:
            return str(item)


def _primary(item: Mapping[str, Any]) -> str:
    return " (primary)" if item.get("is_primary") else ""


def _meeting(item: Mapping[str, Any]) -> str:
    parts = {name: str(value or "") for name, value in item.items()}
    time = f"{parts.get('days', '')} {_span(parts, 'time', '-')}".strip() or "arranged"
    place = f"{parts.get('building', '')} {parts.get('room', '')}".strip()
    dates = _span(parts, "date", " to ")
    return time + (f" in {place}" if place else "") + (f" ({dates})" if dates else "")


def _span(parts: Mapping[str, str], name: str, between: str) -> str:
    start, end = parts.get(f"start_{name}", ""), parts.get(f"end_{name}", "")
    return f"{start}{between}{end}" if start or end else ""


def moment(at: dt.datetime, zone: dt.tzinfo) -> str:
    """A moment as people here write it: ``12 Jan 2027, 17:00``."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"


def listed(names: tuple[str, ...]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last


def how_to_settle(conflict: int) -> str:
    """Where a conflict is settled: in the console, or by the command."""
    return f"Settle it under Conflicts (resolve_conflict {conflict})."
