"""Between instructor assignments and section-instructors. Pure.

The SIS wants percentages that add up to 100. A rest that rounding leaves, at most one percent, goes to the
primary instructor (the largest share where there is none); anything else is refused before it is sent.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import structs

from integration.sis.ethos.lookup import NIL, Lookup
from integration.sis.port import SisRejected
from scheduling.domain.values import WHOLE, Assignment

ROUNDING = Decimal(1)
"""Percent that three thirds and the like may lack."""
Document = Mapping[str, Any]


def team_of(documents: Sequence[Document], look: Lookup) -> list[dict[str, Any]]:
    """The assignments of a section, one a person; where the SIS has several rows for one, their sum."""
    found: dict[str, dict[str, Any]] = {}
    for one in documents:
        person = look.code("persons", one["instructor"]["id"])
        percent = one.get("responsibilityPercentage")
        share = Decimal(str(WHOLE if percent is None else percent))
        entry = found.setdefault(person, {"instructor": person, "percent": Decimal(0), "is_primary": False})
        entry["percent"] = entry["percent"] + share
        entry["is_primary"] = entry["is_primary"] or one.get("instructorRole") == "primary"
    return [{**one, "percent": format(one["percent"].normalize(), "f")} for one in found.values()]


def whole(team: Sequence[Assignment]) -> tuple[Assignment, ...]:
    """The team as it is sent. Raises `SisRejected` where the percentages do not add up to 100."""
    if not team:
        return ()
    total = sum((Decimal(str(one.percent)) for one in team), Decimal(0))
    rest = WHOLE - total
    if abs(rest) > ROUNDING:
        raise SisRejected(
            f"The percentages of the instructors add up to {total.normalize():f}; this SIS needs 100.",
            field="instructors",
        )
    if not rest:
        return tuple(team)
    bearer = max(team, key=lambda one: (one.is_primary, one.percent, one.instructor))
    share = float(Decimal(str(bearer.percent)) + rest)
    rounded = structs.replace(bearer, percent=int(share) if share == int(share) else share)
    return tuple(rounded if one is bearer else one for one in team)


def assignment_body(one: Assignment, *, assignment_id: str, section: str, look: Lookup) -> dict[str, Any]:
    """A section-instructor; `assignment_id` is `NIL` for a new one. Raises `SisRejected`."""
    body: dict[str, Any] = {
        "id": assignment_id,
        "section": {"id": section},
        "instructor": {"id": look.guid("persons", one.instructor, field="instructors")},
        "responsibilityPercentage": one.percent,
        "instructorRole": "primary" if one.is_primary else None,
    }
    if assignment_id == NIL and not one.is_primary:
        del body["instructorRole"]
    return body
