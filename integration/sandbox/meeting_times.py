"""Between a meeting's days and clock times and the recurrence of an instructional event.

Clock times are local to the institution, told with the offset of their date. A meeting without times runs
from midnight to midnight, one without days has no repeat rule.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

DAYS = {
    "M": "monday",
    "T": "tuesday",
    "W": "wednesday",
    "R": "thursday",
    "F": "friday",
    "S": "saturday",
    "U": "sunday",
}
LETTERS = {name: letter for letter, name in DAYS.items()}
MIDNIGHT = "00:00"


class BadRecurrence(ValueError):
    """A recurrence that the SIS cannot hold; the text says why."""


def as_recurrence(row: Mapping[str, str], zone: str) -> dict[str, Any] | None:
    """The recurrence of a meeting; None if it has no dates."""
    if not row["start_date"] or not row["end_date"]:
        return None
    recurrence: dict[str, Any] = {
        "timePeriod": {
            "startOn": _moment(row["start_date"], row["start_time"], zone),
            "endOn": _moment(row["end_date"], row["end_time"], zone),
        }
    }
    if row["days"]:
        recurrence["repeatRule"] = {
            "type": "weekly",
            "interval": 1,
            "daysOfWeek": [DAYS[letter] for letter in row["days"]],
            "ends": {"date": row["end_date"]},
        }
    return recurrence


def _moment(date: str, time: str, zone: str) -> str:
    naive = dt.datetime.fromisoformat(f"{date}T{time or MIDNIGHT}")
    return naive.replace(tzinfo=ZoneInfo(zone)).isoformat()


def as_columns(recurrence: Mapping[str, Any] | None, zone: str) -> dict[str, str]:
    """The columns of a meeting from a recurrence. Raises `BadRecurrence`."""
    columns = dict.fromkeys(("start_date", "end_date", "start_time", "end_time", "days"), "")
    if not recurrence:
        return columns
    try:
        period = recurrence["timePeriod"]
        starts, ends = (_local(period[name], zone) for name in ("startOn", "endOn"))
        rule = recurrence.get("repeatRule") or {}
        last = rule.get("ends", {}).get("date") or ends.date().isoformat()
        columns |= {"start_date": starts.date().isoformat(), "end_date": _date(last)}
        columns["days"] = "".join(sorted(map(_letter, rule.get("daysOfWeek", ())), key="MTWRFSU".index))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadRecurrence(f"The recurrence cannot be read: {error}.") from error
    if rule and (rule.get("type") != "weekly" or rule.get("interval", 1) != 1 or not columns["days"]):
        raise BadRecurrence("A meeting repeats every week on certain days.")
    times = {"start_time": f"{starts:%H:%M}", "end_time": f"{ends:%H:%M}"}
    if set(times.values()) != {MIDNIGHT}:
        columns |= times
    if columns["end_date"] < columns["start_date"] or columns["end_time"] < columns["start_time"]:
        raise BadRecurrence("A meeting ends after it begins.")
    return columns


def _local(text: str, zone: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(zone))


def _date(text: str) -> str:
    return dt.date.fromisoformat(text[:10]).isoformat()


def _letter(day: str) -> str:
    return LETTERS[day.lower()]
