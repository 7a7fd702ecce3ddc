"""Values as people here read them: class times by the 12-hour clock, dates unambiguous, names for ids.

The canonical values of `scheduling.domain.values`, or their JSON, go in; one line of text comes out.
`integration.wording` writes the same values for the terminal, as the exchange files have them.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from scheduling.domain.clock import time_span
from scheduling.domain.fields import Field, Kind
from scheduling.domain.values import WHOLE, Assignment, Meeting

BLANK = "—"
CHOICES = {"ACTIVE": "Active", "CANCELLED": "Cancelled", "CROSSLIST": "Crosslist", "LINKED": "Linked"}


def day(value: dt.date | str | None) -> str:
    """A date that cannot be misread: ``12 Jan 2027``; blank for none."""
    if value is None or value == "":
        return ""
    date = dt.date.fromisoformat(value) if isinstance(value, str) else value
    return f"{date.day} {date:%b %Y}"


def meeting_words(meeting: Meeting, *, with_dates: bool = False) -> str:
    """``MWF 9:00–9:50 am · HAL 101``; *Arranged* where there is neither day nor time."""
    when = f"{meeting.days} {time_span(meeting.start_time, meeting.end_time)}".strip() or "Arranged"
    where = f"{meeting.building} {meeting.room}".strip()
    dates = (
        f"{day(meeting.start_date)} to {day(meeting.end_date)}" if with_dates and meeting.start_date else ""
    )
    return " · ".join(part for part in (when, where, dates) if part)


def assignment_words(assignment: Assignment, names: Mapping[str, str] = {}) -> str:
    """``Ada Yonath``, with the percentage where it is not all, and who is primary."""
    who = names.get(assignment.instructor, assignment.instructor)
    percent = "" if assignment.percent == WHOLE else f" {assignment.percent:g} %"
    return f"{who}{percent}{' (primary)' if assignment.is_primary else ''}"


def value_words(field: Field | None, value: Any, *, names: Mapping[str, str] = {}) -> str:
    """Any value of a field in words; `names`: what ids of instructors, courses and sections are called.

    `field` None: a value of something that is no section field (a relationship's members, a capacity).
    """
    if value in (None, "", [], ()):
        return BLANK
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list | tuple):
        return "; ".join(_item(item, names) for item in value)
    if field is not None and field.kind is Kind.DATE:
        return day(value)
    text = str(value)
    return names.get(text, CHOICES.get(text, text))


def _item(item: Any, names: Mapping[str, str]) -> str:
    if isinstance(item, Meeting):
        return meeting_words(item, with_dates=True)
    if isinstance(item, Assignment):
        return assignment_words(item, names)
    if isinstance(item, Mapping):
        if "instructor" in item:
            return assignment_words(msgspec.convert(item, Assignment), names)
        if "section" in item:
            primary = " (primary)" if item.get("is_primary") else ""
            return f"{names.get(str(item['section']), item['section'])}{primary}"
        return meeting_words(msgspec.convert(item, Meeting), with_dates=True)
    return names.get(str(item), str(item))
