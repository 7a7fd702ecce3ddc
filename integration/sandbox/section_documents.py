"""What is written as well as read, as documents: sections, events, assignments and crosslists."""

from collections.abc import Callable, Mapping
from typing import Any

from .books import Books, Entry, Row
from .documents import REFERENCE_DOCUMENTS, Document, code, credits_of, reference
from .identity import guid
from .meeting_times import as_recurrence
from .vocabulary import FIXED, OWN_IDS, STATUS_CODES

ONLINE = "online"
MEMBER = {"True": "primary", "False": "secondary"}


def section(books: Books, key: str, entry: Entry) -> Document:
    """A section without its meetings and instructors."""
    row = entry.row
    document: Document = {
        "titles": [{"type": reference("section-title-types", "SHORT"), "value": row["title"]}],
        "startOn": row["start_date"],
        "endOn": row["end_date"],
        "code": row["id"],
        "number": row["section_number"],
        "academicPeriod": reference("academic-periods", period_key(books, row)),
        "course": reference("courses", row["course_id"]),
        "academicLevels": [reference("academic-levels", "UG")],
        "credits": credits_of(row["credits"]),
        "status": _status(row["status"], entry.extra.get("status code", "")),
        "crossListed": "crossListed" if books.under("crosslists of section", key) else "notCrossListed",
        "alternateIds": [
            {"title": "CRN" if books.is_banner else "Source Key", "value": row["id"]},
            *(one for one in entry.extra.get("alternate ids", ()) if one.get("title") not in OWN_IDS),
        ],
        "enrollment": int(row["enrollment"] or 0),
        "waitlisted": int(row["waitlisted"] or 0),
    }
    document |= _codes(row) | _limits(row) | _own(entry)
    if row["notes"]:
        notes = {"type": reference("section-description-types", "NOTES"), "value": row["notes"]}
        document["descriptions"] = [notes, *document.get("descriptions", ())]
    return {name: value for name, value in document.items() if value not in ("", [])}


def _own(entry: Entry) -> Document:
    """The properties that no column holds, as they were written."""
    return {name: value for name, value in entry.extra.items() if " " not in name}


def period_key(books: Books, row: Row) -> str:
    """The academic period of a section: the term, in Banner the part of term if there is one."""
    if books.is_banner and row["part_of_term"]:
        return f"{row['term']}/{row['part_of_term']}"
    return str(row["term"])


def _status(status: str, chosen: str) -> Document:
    categories = {code: row["category"] for code, row in FIXED["section-statuses"].items()}
    is_cancelled = categories.get(chosen) == "cancelled"
    code = chosen if chosen and is_cancelled is (status == "CANCELLED") else STATUS_CODES[status]
    return {"category": categories[code], "detail": reference("section-statuses", code)}


def _codes(row: Row) -> Document:
    methods = [reference("instructional-methods", row["schedule_type"])] if row["schedule_type"] else []
    document: Document = {"instructionalMethods": methods}
    if row["instruction_mode"]:
        mode = reference("instructional-delivery-methods", row["instruction_mode"])
        document["instructionalDeliveryMethod"] = mode
    if row["campus"]:
        document["site"] = reference("sites", row["campus"])
    return document


def _limits(row: Row) -> Document:
    document: Document = {}
    if row["capacity"]:
        document["maxEnrollment"] = int(row["capacity"])
    if row["waitlist_capacity"]:
        places = int(row["waitlist_capacity"])
        eligible = "eligible" if places else "notEligible"
        document["waitlist"] = {"eligible": eligible, "waitlistMaximum": places}
    return document


def event(books: Books, _key: str, entry: Entry) -> Document:
    """One meeting of a section."""
    row = entry.row
    document: Document = {"section": reference("sections", row["section_id"])}
    if method := method_of(books, row["section_id"]):
        document["instructionalMethod"] = reference("instructional-methods", method)
    if recurrence := as_recurrence(row, books.zone):
        document["recurrence"] = recurrence
    if row["building"]:
        document["locations"] = [{"location": _place(row["building"], row["room"])}]
    return document | _own(entry)


def _place(building: str, room: str) -> Document:
    if room:
        return {"type": "room", "room": reference("rooms", f"{building}/{room}")}
    return {"type": ONLINE if building.lower() == ONLINE else "other", "title": building}


def method_of(books: Books, section_id: str) -> str:
    """The instructional method of a section."""
    found = books.tables["sections"].get(section_id)
    return str(found.row["schedule_type"]) if found else ""


def assignment(books: Books, _key: str, entry: Entry) -> Document:
    """One instructor of a section; for all of its meetings unless the assignment names some."""
    row = entry.row
    section_id = row["section_id"]
    document: Document = {
        "section": reference("sections", section_id),
        "instructor": reference("persons", row["instructor_id"]),
        "responsibilityPercentage": float(row["percent"] or 100),
        "instructionalEvents": [{"id": one} for one in events_of_assignment(books, entry)],
    }
    if row["is_primary"] == "True":
        document["instructorRole"] = "primary"
    if method := method_of(books, section_id):
        document["instructionalMethod"] = reference("instructional-methods", method)
    return document | _own(entry)


def events_of_assignment(books: Books, entry: Entry) -> list[str]:
    """The GUIDs of the meetings that an assignment is for."""
    section_id = entry.row["section_id"]
    there = [guid("instructional-events", key) for key in books.under("events of section", section_id)]
    named = entry.extra.get("named events")
    return there if named is None else [one for one in there if one in named]


def crosslist(_books: Books, key: str, entry: Entry) -> Document:
    """A group of sections that meet together."""
    row = entry.row
    members = [
        {"section": reference("sections", member), "type": MEMBER.get(is_primary, "secondary")}
        for member, is_primary in row["members"]
    ]
    document: Document = {"code": key, "sections": members}
    if row["capacity"]:
        document["maxEnrollment"] = int(row["capacity"])
    return document | _own(entry)


DOCUMENTS: Mapping[str, Callable[[Books, str, Entry], Document]] = {
    **REFERENCE_DOCUMENTS,
    "sections": section,
    "instructional-events": event,
    "section-instructors": assignment,
    "section-crosslists": crosslist,
}


def document_of(books: Books, resource: str, key: str) -> Document:
    """The document of a record that is there."""
    entry = books.get(resource, key)
    made: dict[str, Any] = DOCUMENTS.get(resource, code)(books, key, entry)
    return {"metadata": {"modifiedOn": entry.modified}, "id": guid(resource, key)} | made
