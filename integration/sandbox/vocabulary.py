"""The code tables of the sandbox: those that it always has, and those that the institution's rows use."""

from collections.abc import Iterator, Mapping

Code = dict[str, str]

FIXED: Mapping[str, Mapping[str, Code]] = {
    "academic-levels": {"UG": {"title": "Undergraduate"}},
    "section-title-types": {"SHORT": {"title": "Short title"}},
    "course-title-types": {"SHORT": {"title": "Short title"}},
    "section-description-types": {"NOTES": {"title": "Notes"}, "LONG": {"title": "Long description"}},
    "course-statuses": {"A": {"title": "Active"}},
    "credit-categories": {"INST": {"title": "Institutional"}},
    "section-statuses": {
        "A": {"title": "Active", "category": "open"},
        "P": {"title": "Pending", "category": "pending"},
        "I": {"title": "Closed for registration", "category": "closed"},
        "C": {"title": "Cancelled", "category": "cancelled"},
    },
}
OWN_IDS = frozenset({"CRN", "Source Key"})
"""Titles of the alternate ids that are the SIS's own."""
STATUS_CODES = {"ACTIVE": "A", "CANCELLED": "C"}


def fixed_codes() -> Iterator[tuple[str, str, Code]]:
    """(resource, code, row) of what every institution has."""
    for resource, codes in FIXED.items():
        for code, row in codes.items():
            yield resource, code, {"code": code, **row}


def codes_of_section(row: Mapping[str, str], *, is_banner: bool) -> Iterator[tuple[str, str, Code]]:
    """(resource, key, row) of the codes that a section uses."""
    for resource, column in (
        ("instructional-methods", "schedule_type"),
        ("instructional-delivery-methods", "instruction_mode"),
        ("sites", "campus"),
    ):
        if code := row[column]:
            yield resource, code, {"code": code, "title": code}
    part = row["part_of_term"]
    if is_banner and part:
        yield "academic-periods", f"{row['term']}/{part}", {"code": part, "term": row["term"], "name": part}
