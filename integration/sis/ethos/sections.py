"""Between a section's own values and a sections document; meetings and instructors stand elsewhere. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integration.sis.ethos.lookup import NIL, PART_MARK, Dialect, Lookup
from integration.sis.port import SisRejected

Document = Mapping[str, Any]
NOTES = "NOTES"
TITLE_TYPES = ("SHORT", "short")
OWN_FIELDS = (
    "section_number",
    "title",
    "status",
    "schedule_type",
    "instruction_mode",
    "campus",
    "start_date",
    "end_date",
    "credits",
    "capacity",
    "waitlist_capacity",
    "notes",
    "course",
)
"""Fields that a write may set on the section itself, in every profile; Banner adds the part of term."""

REQUIRED = {"startOn": "start_date", "titles": "title", "instructionalMethods": "schedule_type"}
"""What a new section must have -> our field."""


def section_values(document: Document, look: Lookup, dialect: Dialect) -> dict[str, Any]:
    """The values that the document holds, named as the port says; meetings and instructors are not here."""
    waitlist = document.get("waitlist") or {}
    values: dict[str, Any] = {
        "crn": document.get("code") or _alternate(document, "CRN"),
        "course": (document.get("course") or {}).get("id"),
        "section_number": document.get("number"),
        "title": _title(document, look),
        "status": status_of(document, look, dialect),
        "schedule_type": _code(look, "instructional-methods", _first(document, "instructionalMethods")),
        "instruction_mode": _code(
            look, "instructional-delivery-methods", document.get("instructionalDeliveryMethod")
        ),
        "campus": _code(look, "sites", document.get("site")),
        "start_date": _date(document.get("startOn")),
        "end_date": _date(document.get("endOn")),
        "credits": credits_of(_list(document, "credits")),
        "capacity": document.get("maxEnrollment"),
        "waitlist_capacity": waitlist.get("waitlistMaximum"),
        "notes": _notes(document, look),
    }
    if dialect.is_banner:
        period = _code(look, "academic-periods", document.get("academicPeriod"))
        values["part_of_term"] = str(period or "").partition(PART_MARK)[2] or None
    counts = {"enrollment": "enrollment", "waitlisted": "waitlisted"}
    return values | {name: document[key] for name, key in counts.items() if key in document}


def _list(document: Document, name: str) -> Sequence[Any]:
    return document.get(name) or ()


def _first(document: Document, name: str) -> Document | None:
    return next(iter(_list(document, name)), None)


def _code(look: Lookup, resource: str, reference: Document | None) -> str | None:
    return look.code(resource, reference["id"]) if reference else None


def _date(text: object) -> str | None:
    return str(text)[:10] if text else None


def _alternate(document: Document, title: str) -> str | None:
    for one in _list(document, "alternateIds"):
        if one.get("title") == title:
            return str(one.get("value"))
    return None


def _of_type(items: Sequence[Document], resource: str, codes: Sequence[str], look: Lookup) -> int | None:
    """Where the item of a type stands."""
    for position, one in enumerate(items):
        if "type" in one and look.code(resource, one["type"]["id"]) in codes:
            return position
    return None


def _title(document: Document, look: Lookup) -> str | None:
    titles = _list(document, "titles")
    if not titles:
        return None
    position = _of_type(titles, "section-title-types", TITLE_TYPES, look) if len(titles) > 1 else 0
    return str(titles[position or 0]["value"])


def _notes(document: Document, look: Lookup) -> str | None:
    texts = _list(document, "descriptions")
    position = _of_type(texts, "section-description-types", (NOTES,), look)
    return None if position is None else str(texts[position]["value"])


def credits_of(listed: Sequence[Document]) -> str | None:
    """The fixed number of credits; a range, or none at all, is variable credit."""
    counted = [one for one in listed if one.get("measure", "credit") == "credit"] or list(listed)
    if not counted:
        return None
    low, high = counted[0].get("minimum"), counted[0].get("maximum")
    return None if low is None or high not in {None, low} else str(Decimal(str(low)))


def status_of(document: Document, look: Lookup, dialect: Dialect) -> str:
    """ACTIVE or CANCELLED: by the institution's map where it knows the code, else by the category."""
    status = document.get("status") or {}
    detail = _code(look, "section-statuses", status.get("detail"))
    known = dialect.address.statuses.get(detail or "")
    return known or ("CANCELLED" if status.get("category") == "cancelled" else "ACTIVE")


# ---- what is written


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One value on its way into a document: of which term, onto what (empty for a new one)."""

    value: Any
    term: str
    current: Document
    look: Lookup
    dialect: Dialect


WRITERS: Mapping[str, Callable[[Change], dict[str, Any]]] = {
    "section_number": lambda one: {"number": one.value},
    "title": lambda one: {"titles": _titles(one.value, one.current, one.look)},
    "status": lambda one: {"status": _status(one.value, one.look, one.dialect)},
    "schedule_type": lambda one: {"instructionalMethods": _method(one.value, one.look)},
    "instruction_mode": lambda one: {
        "instructionalDeliveryMethod": _reference(one, "instructional-delivery-methods", "instruction_mode")
    },
    "campus": lambda one: {"site": _reference(one, "sites", "campus")},
    "part_of_term": lambda one: {"academicPeriod": period(one.term, one.value, one.look)},
    "start_date": lambda one: {"startOn": one.value},
    "end_date": lambda one: {"endOn": one.value},
    "credits": lambda one: {"credits": _credit_list(one.value, one.current, one.look)},
    "capacity": lambda one: {"maxEnrollment": one.value},
    "waitlist_capacity": lambda one: {"waitlist": _waitlist(one.value)},
    "notes": lambda one: {"descriptions": _descriptions(one.value, one.current, one.look)},
    "course": lambda one: {"course": {"id": one.value}},
}
"""Field -> the properties that carry its value."""


def section_body(
    changes: Mapping[str, Any], *, term: str, current: Document, look: Lookup, dialect: Dialect
) -> dict[str, Any]:
    """The properties that carry `changes`. `current`: the document as it stands (empty for a new one).

    Of titles, descriptions and credits only our own entry is touched; None clears. Raises `SisRejected`.
    """
    body: dict[str, Any] = {}
    for name, value in changes.items():
        if name in WRITERS:
            change = Change(value=value, term=term, current=current, look=look, dialect=dialect)
            body |= WRITERS[name](change)
    return body


def new_section(values: Mapping[str, Any], *, term: str, look: Lookup, dialect: Dialect) -> dict[str, Any]:
    """The document that creates a section: all that is not blank, in its term or part of term."""
    body = section_body(values, term=term, current={}, look=look, dialect=dialect)
    body = {name: value for name, value in body.items() if value is not None and value != []}
    part = values.get("part_of_term") if dialect.is_banner else None
    for name, label in REQUIRED.items():
        if name not in body:
            raise SisRejected(f"This SIS needs a {label.replace('_', ' ')} for a new section.", field=label)
    return {"id": NIL} | body | {"academicPeriod": period(term, part, look)}


def period(term: str, part: str | None, look: Lookup) -> dict[str, str]:
    """The academic period of a term, or of a part of it."""
    code = f"{term}{PART_MARK}{part}" if part else term
    return {"id": look.guid("academic-periods", code, field="part_of_term")}


def _reference(change: Change, resource: str, field: str) -> dict[str, str] | None:
    return {"id": change.look.guid(resource, change.value, field=field)} if change.value else None


def _method(code: str | None, look: Lookup) -> list[dict[str, str]]:
    if not code:
        raise SisRejected("This SIS needs a schedule type; choose one.", field="schedule_type")
    return [{"id": look.guid("instructional-methods", code, field="schedule_type")}]


def _status(value: str, look: Lookup, dialect: Dialect) -> dict[str, Any]:
    category = "cancelled" if value == "CANCELLED" else "open"
    codes = [code for code, meaning in dialect.address.statuses.items() if meaning == value]
    if not codes:
        return {"category": category}
    return {"category": category, "detail": {"id": look.guid("section-statuses", codes[0], field="status")}}


def _titles(value: str | None, current: Document, look: Lookup) -> list[dict[str, Any]]:
    if value is None:
        raise SisRejected("This SIS needs a title.", field="title")
    titles = [dict(one) for one in _list(current, "titles")]
    if not titles:
        return [{"type": {"id": look.first("section-title-types", *TITLE_TYPES)}, "value": value}]
    position = _of_type(titles, "section-title-types", TITLE_TYPES, look) if len(titles) > 1 else 0
    titles[position or 0]["value"] = value
    return titles


def _descriptions(value: str | None, current: Document, look: Lookup) -> list[dict[str, Any]]:
    texts = [dict(one) for one in _list(current, "descriptions")]
    position = _of_type(texts, "section-description-types", (NOTES,), look)
    if position is not None:
        texts.pop(position)
    if value is not None:
        kind = look.guid("section-description-types", NOTES, field="notes")
        texts.insert(position or 0, {"type": {"id": kind}, "value": value})
    return texts


def _credit_list(value: str | None, current: Document, look: Lookup) -> list[dict[str, Any]]:
    if value is None:
        return []
    number = Decimal(value)
    amount = int(number) if number == int(number) else float(number)
    listed = [dict(one) for one in _list(current, "credits")]
    if listed:
        kept = {name: entry for name, entry in listed[0].items() if name not in {"maximum", "increment"}}
        return [kept | {"minimum": amount}]
    category: dict[str, Any] = {"creditType": "institution"}
    if detail := look.first("credit-categories"):
        category["detail"] = {"id": detail}
    return [{"creditCategory": category, "measure": "credit", "minimum": amount}]


def _waitlist(value: int | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return {"eligible": "eligible" if value else "notEligible", "waitlistMaximum": value}
