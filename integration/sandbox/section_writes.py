"""How a section is written."""

from collections.abc import Mapping
from typing import Any

from .books import Books
from .identity import next_number
from .kinds import LIST, NUMBER, OBJECT, TEXT, Columns, Kind
from .properties import (
    amount_of,
    count_of,
    date_of,
    invalid,
    items_of,
    key_in,
    malformed,
    optional_key,
    text_of,
)
from .section_rules import check, check_delete
from .vocabulary import FIXED


def _titles(books: Books, value: Any) -> Columns:
    titles = items_of(value, "titles")
    for title in titles:
        key_in(books, "section-title-types", title.get("type"), "titles.type")
    return {"title": text_of(titles[0].get("value"), "titles.value") if titles else ""}


def _descriptions(books: Books, value: Any) -> Columns:
    notes, others = "", []
    for one in items_of(value, "descriptions"):
        if key_in(books, "section-description-types", one.get("type"), "descriptions.type") == "NOTES":
            notes = text_of(one.get("value"), "descriptions.value")
        else:
            others.append(one)
    return {"notes": notes, "extra": {"descriptions": others or None}}


def _period(books: Books, value: Any) -> Columns:
    term, _slash, part = key_in(books, "academic-periods", value, "academicPeriod").partition("/")
    return {"term": term} | ({"part_of_term": part} if books.is_banner else {})


def _credits(_books: Books, value: Any) -> Columns:
    amounts = items_of(value, "credits")
    if not amounts:
        return {"credits": ""}
    least = amount_of(amounts[0].get("minimum"), "credits.minimum")
    most = amount_of(amounts[0].get("maximum"), "credits.maximum")
    if not least:
        raise malformed("credits.minimum", "a number from 0")
    return {"credits": "" if most not in {"", least} else f"{float(least):.2f}"}


def _methods(books: Books, value: Any) -> Columns:
    methods = items_of(value, "instructionalMethods")
    if not methods:
        raise malformed("instructionalMethods", "a list with at least one method")
    return {"schedule_type": key_in(books, "instructional-methods", methods[0], "instructionalMethods")}


def _status(books: Books, value: Any) -> Columns:
    if not isinstance(value, Mapping):
        raise malformed("status", "an object with a category")
    category = value.get("category")
    codes = {code: row["category"] for code, row in FIXED["section-statuses"].items()}
    if value.get("detail") is not None:
        code = key_in(books, "section-statuses", value["detail"], "status.detail")
        if category not in {None, codes[code]}:
            raise invalid(f"Status {code} is not of the category {category}.")
    elif category in codes.values():
        code = next(code for code, named in codes.items() if named == category)
    else:
        raise malformed("status.category", "open, closed, pending or cancelled")
    status = "CANCELLED" if codes[code] == "cancelled" else "ACTIVE"
    return {"status": status, "extra": {"status code": code}}


def _waitlist(_books: Books, value: Any) -> Columns:
    if value is None:
        return {"waitlist_capacity": ""}
    if not isinstance(value, Mapping):
        raise malformed("waitlist", "an object")
    places = count_of(value.get("waitlistMaximum"), "waitlist.waitlistMaximum")
    is_off = value.get("eligible") == "notEligible"
    return {"waitlist_capacity": "0" if is_off and places else places}


def _alternate_ids(_books: Books, value: Any) -> Columns:
    """Ids of others may be added; the rules see to it that the SIS's own is what it is."""
    return {"extra": {"alternate ids": items_of(value, "alternateIds") or None}}


def _blank(books: Books, said: Columns) -> tuple[str, Columns]:
    """The number that the SIS gives, and a row with what was not said."""
    key = next_number(books.tables["sections"])
    row = dict.fromkeys(("part_of_term", "campus", "instruction_mode", "credits", "notes"), "")
    row |= {"capacity": "", "waitlist_capacity": "", "status": "ACTIVE", "enrollment": "0"}
    row |= {"id": key, "waitlisted": "0", "end_date": ""}
    if not said.get("section_number"):
        mates = books.under("sections of course", said["course_id"])
        taken = [books.get("sections", mate).row["section_number"] for mate in mates]
        row["section_number"] = next_number([*taken, "00"])
        said.pop("section_number", None)
    if not said.get("end_date"):
        row["end_date"] = books.get("academic-periods", said["term"]).row["end_date"]
        said.pop("end_date", None)
    return key, row


SECTIONS = Kind(
    columns={
        "titles": _titles,
        "descriptions": _descriptions,
        "startOn": lambda _books, value: {"start_date": date_of(value, "startOn")},
        "endOn": lambda _books, value: {"end_date": date_of(value, "endOn")},
        "number": lambda _books, value: {"section_number": text_of(value, "number")},
        "academicPeriod": _period,
        "course": lambda books, value: {"course_id": key_in(books, "courses", value, "course")},
        "credits": _credits,
        "site": lambda books, value: {"campus": optional_key(books, "sites", value, "site")},
        "instructionalMethods": _methods,
        "instructionalDeliveryMethod": lambda books, value: {
            "instruction_mode": optional_key(
                books, "instructional-delivery-methods", value, "instructionalDeliveryMethod"
            )
        },
        "status": _status,
        "maxEnrollment": lambda _books, value: {"capacity": count_of(value, "maxEnrollment")},
        "waitlist": _waitlist,
        "alternateIds": _alternate_ids,
    },
    kept={
        **dict.fromkeys(("academicLevels", "courseCategories", "courseLevels", "gradeSchemes"), LIST),
        **dict.fromkeys(("censusDates", "hours", "owningInstitutionUnits"), LIST),
        **dict.fromkeys(("chargeAssessmentMethod", "duration", "instructionalPlatform"), OBJECT),
        "reportingAcademicPeriod": OBJECT,
        **dict.fromkeys(("billing", "reservedSeatsMaximum"), NUMBER),
        "catalogDisplay": TEXT,
    },
    read_only=frozenset({"code", "crossListed", "enrollment", "waitlisted"}),
    required=("titles", "startOn", "course", "instructionalMethods", "academicPeriod"),
    blank=_blank,
    check=check,
    check_delete=check_delete,
)
