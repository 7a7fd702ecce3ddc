"""Between a meeting and an instructional event. Pure.

Clock times stand in the recurrence's time period: the first date with the start time, the last with the end
time, each with the offset of its own date. From midnight to midnight means no times, no repeat rule no days;
an arranged meeting has neither and is sent all the same, or its place would be lost.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from integration.sis.ethos.lookup import NIL, ROOM_MARK, Dialect, Lookup
from integration.sis.port import SisRejected
from scheduling.domain.fields import DAYS
from scheduling.domain.values import Meeting

NAMES = dict(
    zip(DAYS, ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), strict=True)
)
LETTERS = {name: letter for letter, name in NAMES.items()}
MIDNIGHT = "00:00"
ONLINE = "online"
APPROVALS = ("roomAvailability", "roomCapacity", "instructorAvailability", "instructorCapacity")
Document = Mapping[str, Any]


def meeting_of(event: Document, look: Lookup, zone: ZoneInfo) -> dict[str, str]:
    """The parts of a meeting as the port names them; times come back to the institution's clock.

    A repetition that is not weekly cannot be held: its days say what it is, and the engine rejects it.
    """
    recurrence = event.get("recurrence") or {}
    period = recurrence.get("timePeriod") or {}
    rule = recurrence.get("repeatRule") or {}
    starts, ends = (_local(period.get(name), zone) for name in ("startOn", "endOn"))
    last = str((rule.get("ends") or {}).get("date") or ends or "")[:10]
    times = [moment.strftime("%H:%M") if moment else MIDNIGHT for moment in (starts, ends)]
    has_times = times != [MIDNIGHT, MIDNIGHT]
    building, room = _place(event, look)
    return {
        "days": _days(rule),
        "start_time": times[0] if has_times else "",
        "end_time": times[1] if has_times else "",
        "building": building,
        "room": room,
        "start_date": starts.date().isoformat() if starts else "",
        "end_date": last,
    }


def _local(text: object, zone: ZoneInfo) -> dt.datetime | None:
    if not text:
        return None
    moment = dt.datetime.fromisoformat(str(text))
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)


def _days(rule: Document) -> str:
    if not rule:
        return ""
    kind, interval = str(rule.get("type", "")).lower(), rule.get("interval") or 1
    if kind == "daily" and interval == 1:
        return DAYS
    if kind != "weekly" or interval != 1:
        return f"every {interval} {kind}"
    named = [LETTERS.get(str(day).lower(), str(day)) for day in rule.get("daysOfWeek") or ()]
    return "".join(sorted(set(named), key=DAYS.find))


def _place(event: Document, look: Lookup) -> tuple[str, str]:
    """(building, room) of the first place that can be named."""
    for item in event.get("locations") or ():
        location = item.get("location", item)
        match str(location.get("type", "")).lower():
            case "room" if location.get("room"):
                building, _mark, room = look.code("rooms", location["room"]["id"]).partition(ROOM_MARK)
                return building, room
            case "online":
                return location.get("title") or "Online", ""
            case "other" if location.get("title"):
                return location["title"], ""
    return "", ""


def event_of(
    meeting: Meeting, *, event_id: str, section: str, method: str, look: Lookup, dialect: Dialect
) -> dict[str, Any]:
    """The event that holds a meeting; `event_id` is `NIL` for a new one. Raises `SisRejected`."""
    body: dict[str, Any] = {
        "id": event_id,
        "section": {"id": section},
        "instructionalMethod": {"id": method},
        "recurrence": _recurrence(meeting, dialect.zone),
        "locations": [{"location": place} for place in _places(meeting, look)],
    }
    if not dialect.address.judges_conflicts:
        body["approvals"] = [{"approvalType": name, "approvalEntity": "user"} for name in APPROVALS]
    if event_id == NIL:
        body = {name: value for name, value in body.items() if value}
    return body


def _recurrence(meeting: Meeting, zone: ZoneInfo) -> dict[str, Any] | None:
    if not (meeting.start_date and meeting.end_date):
        if meeting.is_arranged:
            return None
        raise SisRejected(
            "A meeting needs a first and a last date; give the section dates.", field="meetings"
        )
    recurrence: dict[str, Any] = {
        "timePeriod": {
            "startOn": _moment(meeting.start_date, meeting.start_time, zone),
            "endOn": _moment(meeting.end_date, meeting.end_time, zone),
        }
    }
    if meeting.days:
        recurrence["repeatRule"] = {
            "type": "weekly",
            "interval": 1,
            "daysOfWeek": [NAMES[day] for day in meeting.days],
            "ends": {"date": meeting.end_date},
        }
    return recurrence


def _moment(date: str, time: str, zone: ZoneInfo) -> str:
    return dt.datetime.fromisoformat(f"{date}T{time or MIDNIGHT}").replace(tzinfo=zone).isoformat()


def _places(meeting: Meeting, look: Lookup) -> list[dict[str, Any]]:
    if meeting.room:
        code = f"{meeting.building}{ROOM_MARK}{meeting.room}"
        return [{"type": "room", "room": {"id": look.guid("rooms", code, field="meetings")}}]
    if meeting.building:
        kind = ONLINE if meeting.building.lower() == ONLINE else "other"
        return [{"type": kind, "title": meeting.building}]
    return []
