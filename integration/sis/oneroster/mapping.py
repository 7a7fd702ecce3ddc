"""From OneRoster's records to values as the port names them. What is not there is left out, not made up."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from .records import Class, Course, Enrollment, Org, Session, User

SHOWN = frozenset({"crn", "course", "section_number", "title", "status", "instructors"})
"""The fields of a section that OneRoster has."""
TEACHER = "teacher"
DEPARTMENT = "department"
_PARTS = re.compile(r"(?P<subject>.*[^\s._-])[\s._-]+(?P<number>\S+)|(?P<letters>[^\d\s]+)(?P<rest>\d\S*)")
_BREAK = " \t._-"
_CENT = Decimal("0.01")
WHOLE = Decimal(100)


def term(one: Session) -> dict[str, Any]:
    """A term. Its code is the SIS's id: OneRoster has no other."""
    return {
        "code": one.sourcedId,
        "name": one.title,
        "start_date": one.startDate,
        "end_date": one.endDate,
    }


def department(one: Org) -> dict[str, Any]:
    """A department."""
    return {"code": one.identifier, "name": one.name}


def instructor(one: User, departments: Mapping[str, str]) -> dict[str, Any]:
    """A teacher. `departments`: id of an organisation -> its code, for those that are departments."""
    values = {
        "id": one.sourcedId,
        "first_name": one.givenName,
        "last_name": one.familyName,
        "email": one.email,
    }
    own = one.primaryOrg.sourcedId if one.primaryOrg else ""
    return values | ({"department": departments[own]} if own in departments else {})


def subject_and_number(code: str) -> tuple[str, str] | None:
    """``MATH 120``, ``MATH-120`` and ``MATH120`` as ("MATH", "120"); None where it shows no two parts."""
    found = _PARTS.fullmatch(code.strip())
    if found is None:
        return None
    return found["subject"] or found["letters"], found["number"] or found["rest"]


def course(one: Course, term_code: str, parts: tuple[str, str]) -> dict[str, Any]:
    """A course as offered in a term."""
    return {"term": term_code, "subject": parts[0], "number": parts[1], "title": one.title}


def section(one: Class, course_code: str, team: Sequence[Enrollment]) -> dict[str, Any]:
    """A section with who teaches it."""
    return {
        "course": one.course.sourcedId,
        "section_number": section_number(one.classCode, course_code),
        "title": one.title,
        "status": "ACTIVE",
        "instructors": shares(team),
    }


def section_number(class_code: str, course_code: str) -> str:
    """The class's code; where it begins with its course's code and a break, what comes after."""
    code, begin = class_code.strip(), course_code.strip()
    if begin and code.startswith(begin) and code[len(begin) :][:1] in tuple(_BREAK):
        return code[len(begin) :].strip(_BREAK)
    return code


def shares(team: Sequence[Enrollment]) -> list[dict[str, Any]]:
    """Who teaches, in equal shares of 100 percent: OneRoster knows no others. The first takes the rest."""
    people = {one.user.sourcedId: False for one in team}
    for one in team:
        people[one.user.sourcedId] |= one.primary == "true"
    ordered = sorted(people, key=lambda who: (not people[who], who))
    if not ordered:
        return []
    share = (WHOLE / len(ordered)).quantize(_CENT, rounding="ROUND_DOWN")
    first = WHOLE - share * (len(ordered) - 1)
    return [
        {
            "instructor": who,
            "percent": str(share if index else first),
            "is_primary": people[who] and not index,
        }
        for index, who in enumerate(ordered)
    ]
