"""Reference data as documents: terms, codes, places, people and courses."""

from collections.abc import Callable, Mapping
from typing import Any

from .books import Books, Entry
from .identity import guid

Document = dict[str, Any]
ROOM_TYPES = {
    "CLASSROOM": "classroom",
    "LAB": "sciencelaboratory",
    "COMPUTER_LAB": "computerlaboratory",
    "HALL": "lecturehall",
    "SEMINAR": "seminarroom",
    "STUDIO": "artstudio",
    "OFFICE": "office",
}
CREDENTIALS = {"colleague": "colleaguePersonId", "banner": "bannerId"}
INSTITUTION = guid("institution", "sandbox")


def reference(resource: str, key: str) -> dict[str, str]:
    """A property that points at a record."""
    return {"id": guid(resource, key)}


def instructor_guid(books: Books, key: str) -> str:
    """In Colleague an instructor has the GUID of the person, in Banner one of its own."""
    return guid("instructors" if books.is_banner else "persons", key)


def credits_of(amount: str) -> list[Document]:
    """Fixed credit; nothing where it varies."""
    if not amount:
        return []
    category = {"creditType": "institution", "detail": reference("credit-categories", "INST")}
    return [{"creditCategory": category, "measure": "credit", "minimum": float(amount)}]


def academic_period(books: Books, _key: str, entry: Entry) -> Document:
    """A term, or a part of term below it."""
    row = entry.row
    term = books.get("academic-periods", row["term"]).row if "term" in row else row
    document = {
        "code": row["code"],
        "title": row["name"] or row["code"],
        "startOn": f"{term['start_date']}T00:00:00Z",
        "endOn": f"{term['end_date']}T00:00:00Z",
        "category": {"type": "term"},
    }
    if "term" in row:
        parent = reference("academic-periods", row["term"])
        document["category"] = {"type": "subterm", "parent": {**parent, "academicPeriod": parent}}
        document["title"] = f"{term['name']}, part {row['code']}"
    return document


def code(_books: Books, _key: str, entry: Entry) -> Document:
    """A code with its title."""
    return dict(entry.row)


def abbreviated(_books: Books, _key: str, entry: Entry) -> Document:
    """A code that its resource calls an abbreviation."""
    return {"abbreviation": entry.row["code"], "title": entry.row["title"] or entry.row["code"]}


def unit(_books: Books, _key: str, entry: Entry) -> Document:
    """A department."""
    row = entry.row
    parents = {"institution": {"id": INSTITUTION}}
    return {
        "code": row["code"],
        "title": row["name"] or row["code"],
        "type": "department",
        "parents": parents,
    }


def building(_books: Books, _key: str, entry: Entry) -> Document:
    """A building, at its site if it has one."""
    row = entry.row
    document: Document = {"code": row["code"], "title": row["name"] or row["code"]}
    if row["campus"]:
        document["site"] = reference("sites", row["campus"])
    return document


def room(books: Books, _key: str, entry: Entry) -> Document:
    """A room. Its type is the nearest that Ethos has; the institution's own is in the detail."""
    row = entry.row
    document: Document = {"number": row["number"], "title": f"{row['building']} {row['number']}"}
    document["building"] = reference("buildings", row["building"])
    home = books.tables["buildings"].get(row["building"])
    if home is not None and home.row["campus"]:
        document["site"] = reference("sites", home.row["campus"])
    if row["type"]:
        kind = ROOM_TYPES.get(row["type"].upper(), "other")
        document["roomTypes"] = [{"type": kind, "detail": reference("room-types", row["type"])}]
    if row["capacity"]:
        document["occupancies"] = [{"type": "default", "maxOccupancy": int(row["capacity"])}]
    return document


def person(books: Books, _key: str, entry: Entry) -> Document:
    """A person who teaches; the native id is a credential."""
    row = entry.row
    full = f"{row['first_name']} {row['last_name']}".strip()
    name = {"type": {"category": "personal"}, "preference": "preferred", "fullName": full}
    name |= {"firstName": row["first_name"], "lastName": row["last_name"]}
    document: Document = {
        "privacyStatus": {"privacyCategory": "unrestricted"},
        "names": [name],
        "roles": [{"role": "instructor"}],
        "credentials": [{"type": CREDENTIALS[books.profile], "value": row["id"]}],
    }
    if row["email"]:
        email = {"type": {"emailType": "school"}, "preference": "primary", "address": row["email"]}
        document["emails"] = [email]
    return document


def instructor(books: Books, key: str, entry: Entry) -> Document:
    """The instructor that a person is, with the department."""
    document: Document = {"id": instructor_guid(books, key), "instructor": reference("persons", key)}
    if home := entry.row["department"]:
        department = reference("educational-institution-units", home)
        document["institutionalUnits"] = [
            {"department": department, "percentage": 100, "administrativeUnit": "primary"}
        ]
    return document


def course(books: Books, _key: str, entry: Entry) -> Document:
    """A course of one term."""
    row = entry.row
    document: Document = {
        "titles": [{"type": reference("course-title-types", "SHORT"), "value": row["title"]}],
        "subject": reference("subjects", row["subject"]),
        "number": row["number"],
        "status": reference("course-statuses", "A"),
        "academicLevels": [reference("academic-levels", "UG")],
    }
    if row["subject"] in books.tables["educational-institution-units"]:
        owner = reference("educational-institution-units", row["subject"])
        document["owningInstitutionUnits"] = [{"institutionUnit": owner, "ownershipPercentage": 100}]
    if term := books.tables["academic-periods"].get(row["term"]):
        document["administrativePeriod"] = reference("academic-periods", row["term"])
        document |= {
            "schedulingStartOn": term.row["start_date"],
            "schedulingEndOn": term.row["end_date"],
        }
    if amounts := credits_of(row["credits"]):
        document["credits"] = amounts
    return document


REFERENCE_DOCUMENTS: Mapping[str, Callable[[Books, str, Entry], Document]] = {
    "academic-periods": academic_period,
    "subjects": abbreviated,
    "instructional-methods": abbreviated,
    "educational-institution-units": unit,
    "buildings": building,
    "rooms": room,
    "persons": person,
    "instructors": instructor,
    "courses": course,
}
"""How each is shown; the code resources are shown by `code`."""
