"""How a meeting of a section is written, and when a room can be had."""

from collections.abc import Mapping
from typing import Any

from .books import Books, Entry, Row
from .identity import guid
from .kinds import LIST, NUMBER, TEXT, Change, Columns, Kind, fixed
from .meeting_times import BadRecurrence, as_columns
from .properties import invalid, items_of, key_in, malformed, optional_key, text_of
from .section_documents import events_of_assignment

NO_CLASSROOM = frozenset({"OFFICE", "STORAGE", "INACTIVE"})
WHEN = ("days", "start_time", "end_time", "start_date", "end_date")


def _recurrence(books: Books, value: Any) -> Columns:
    if value is not None and not isinstance(value, Mapping):
        raise malformed("recurrence", "an object")
    try:
        return {**as_columns(value, books.zone)}
    except BadRecurrence as error:
        raise invalid(str(error)) from error


def method(books: Books, value: Any) -> Columns:
    """The method of a meeting or an assignment; the section's unless it is told."""
    optional_key(books, "instructional-methods", value, "instructionalMethod")
    return {"extra": {"instructionalMethod": value}}


def _locations(books: Books, value: Any) -> Columns:
    places = items_of(value, "locations")
    if not places:
        return {"building": "", "room": ""}
    if len(places) > 1:
        raise invalid("A meeting has one location.")
    place = places[0].get("location")
    if not isinstance(place, Mapping):
        raise malformed("locations.location", "an object")
    match place.get("type"):
        case "room":
            row = books.get("rooms", key_in(books, "rooms", place.get("room"), "location.room")).row
            return {"building": row["building"], "room": row["number"]}
        case "online":
            return {"building": text_of(place.get("title"), "location.title") or "Online", "room": ""}
        case "other":
            building = text_of(place.get("title"), "location.title")
            if building not in books.tables["buildings"]:
                raise invalid(f"There is no building '{building}'.")
            return {"building": building, "room": ""}
    raise malformed("location.type", "room, online or other")


def _blank(books: Books, said: Columns) -> tuple[str, Columns]:
    """A number, and the section's dates for a meeting that has none."""
    section = books.get("sections", said["section_id"]).row
    number = books.fresh()
    row = dict.fromkeys((*WHEN, "building", "room"), "") | {"id": number}
    for name in ("start_date", "end_date"):
        if not said.get(name):
            said[name] = section[name]
    return f"{said['section_id']}/{number}", row


def check(change: Change) -> None:
    """Refuse a place that cannot be had, unless an approval says that it shall be."""
    fixed(change, "section_id")
    row, books = change.row, change.books
    if not row["room"] or not change.touches(*WHEN, "building", "room"):
        return
    entry = books.tables["rooms"].get(f"{row['building']}/{row['room']}")
    room = entry.row if entry else {"type": "", "capacity": ""}
    if books.is_banner and room["type"].upper() in NO_CLASSROOM:
        raise invalid("Room is not an active classroom.")
    approved = {one.get("approvalType") for one in change.after.extra.get("approvals") or ()}
    section = books.get("sections", row["section_id"]).row
    if "roomCapacity" not in approved and int(room["capacity"] or 0) < int(section["capacity"] or 0):
        code = "InstructionalEvent.Location.InsufficientRoomCapacity"
        raise invalid("The room has too few places for the section.", code=code)
    if "roomAvailability" not in approved:
        _check_room_is_free(change)


def _check_room_is_free(change: Change) -> None:
    row, books = change.row, change.books
    for key in books.under("events in room", f"{row['building']}/{row['room']}"):
        other = books.get("instructional-events", key).row
        if key != change.key and overlap(row, other) and not _is_shared(books, row, other):
            code = "InstructionalEvent.Location.RoomScheduleConflict"
            raise invalid("The room is taken at this time.", code=code)


def overlap(one: Row, other: Row) -> bool:
    """Whether two meetings are ever at the same time."""
    return bool(
        one["start_time"]
        and other["start_time"]
        and set(one["days"]) & set(other["days"])
        and one["start_time"] < other["end_time"]
        and other["start_time"] < one["end_time"]
        and one["start_date"] <= other["end_date"]
        and other["start_date"] <= one["end_date"]
    )


def _is_shared(books: Books, one: Row, other: Row) -> bool:
    """Whether the two are of one section, or of sections that meet together, or one is cancelled."""
    sections = [one["section_id"], other["section_id"]]
    groups = [set(books.under("crosslists of section", section)) for section in sections]
    is_cancelled = books.get("sections", sections[1]).row["status"] == "CANCELLED"
    return is_cancelled or sections[0] == sections[1] or bool(groups[0] & groups[1])


def check_delete(books: Books, key: str, entry: Entry) -> None:
    """In Banner the instructors of a meeting go before it."""
    if not books.is_banner:
        return
    for assignment in books.under("instructors of section", entry.row["section_id"]):
        named = events_of_assignment(books, books.get("section-instructors", assignment))
        if guid("instructional-events", key) in named:
            raise invalid("Instructor is assigned to the meeting time, it cannot be deleted.")


EVENTS = Kind(
    columns={
        "section": lambda books, value: {"section_id": key_in(books, "sections", value, "section")},
        "recurrence": _recurrence,
        "locations": _locations,
        "instructionalMethod": method,
    },
    kept={"approvals": LIST, "description": TEXT, "title": TEXT, "workLoad": NUMBER},
    read_only=frozenset(),
    required=("section", "instructionalMethod"),
    blank=_blank,
    check=check,
    check_delete=check_delete,
)
