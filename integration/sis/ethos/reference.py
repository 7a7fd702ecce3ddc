"""From documents of reference data and courses to the port's values. Pure: each function is one type."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from integration.sis.ethos.codes import native_id
from integration.sis.ethos.lookup import Lookup
from integration.sis.ethos.sections import credits_of
from integration.sis.port import MergeType

Document = Mapping[str, Any]
Values = dict[str, Any]
RESOURCES: Mapping[MergeType, str] = {
    MergeType.TERMS: "academic-periods",
    MergeType.DEPARTMENTS: "educational-institution-units",
    MergeType.BUILDINGS: "buildings",
    MergeType.ROOMS: "rooms",
    MergeType.INSTRUCTORS: "instructors",
    MergeType.COURSES: "courses",
    MergeType.SECTIONS: "sections",
    MergeType.RELATIONSHIPS: "section-crosslists",
}
"""What a type is read from in the first place."""


def _day(document: Document, name: str) -> str:
    return str(document.get(name) or "")[:10]


def _code(look: Lookup, resource: str, reference: Document | None) -> str:
    return look.code(resource, reference["id"]) if reference else ""


def term(document: Document, _look: Lookup) -> Values | None:
    """A term; years and parts of term are none."""
    if (document.get("category") or {}).get("type") != "term":
        return None
    return {
        "code": document.get("code"),
        "name": document.get("title") or document.get("code"),
        "start_date": _day(document, "startOn"),
        "end_date": _day(document, "endOn"),
    }


def department(document: Document, _look: Lookup) -> Values | None:
    """A department; schools, offices and the like are none."""
    if str(document.get("type", "department")).lower() != "department":
        return None
    return {"code": document.get("code"), "name": document.get("title") or document.get("code")}


def building(document: Document, look: Lookup) -> Values | None:
    """A building at its campus."""
    code = document.get("code")
    return {
        "code": code,
        "name": document.get("title") or code,
        "campus": _code(look, "sites", document.get("site")),
    }


def room(document: Document, look: Lookup) -> Values | None:
    """A room; its capacity is the largest occupancy, its type the institution's own word if it has one."""
    occupancies = [one.get("maxOccupancy") or 0 for one in document.get("occupancies") or ()]
    kinds = document.get("roomTypes") or ()
    kind = ""
    if kinds:
        own = _code(look, "room-types", kinds[0].get("detail"))
        kind = own or str(kinds[0].get("type") or "").upper()
    return {
        "building": _code(look, "buildings", document.get("building")),
        "number": document.get("number"),
        "capacity": max(occupancies, default=None),
        "type": kind,
    }


def _chosen(listed: Sequence[Document] | None, name: str, value: str) -> Document:
    """The entry that is marked so, else the first; an empty one where there is none."""
    marked = [one for one in listed or () if one.get(name) == value]
    return next(iter([*marked, *(listed or ())]), {})


def instructor(document: Document, person: Document, look: Lookup) -> Values:
    """An instructor, by the native id of the person; the home department is the primary one."""
    name = _chosen(person.get("names"), "preference", "preferred")
    email = _chosen(person.get("emails"), "preference", "primary")
    unit = _chosen(document.get("institutionalUnits"), "administrativeUnit", "primary")
    return {
        "id": native_id(person),
        "first_name": name.get("firstName"),
        "last_name": name.get("lastName"),
        "email": email.get("address"),
        "department": _code(look, "educational-institution-units", unit.get("department")),
    }


def course(document: Document, look: Lookup) -> Values:
    """A course of the catalogue."""
    titles = document.get("titles") or ()
    return {
        "id": document["id"],
        "subject": _code(look, "subjects", document.get("subject")),
        "number": document.get("number"),
        "title": titles[0].get("value") if titles else None,
        "credits": credits_of(document.get("credits") or ()),
    }


def is_offered(document: Document, *, starts: str, ends: str) -> bool:
    """Whether a course can be scheduled in a term of these dates; one without dates always can."""
    first, last = _day(document, "schedulingStartOn"), _day(document, "schedulingEndOn")
    return not (first and ends and first > ends) and not (last and starts and last < starts)


SIMPLE: Mapping[MergeType, tuple[Callable[[Document, Lookup], Values | None], tuple[str, ...]]] = {
    MergeType.TERMS: (term, ("code",)),
    MergeType.DEPARTMENTS: (department, ("code",)),
    MergeType.BUILDINGS: (building, ("code",)),
    MergeType.ROOMS: (room, ("building", "number")),
}
"""Type -> what one document says (None: not of this type), and the values that are its SIS id."""
