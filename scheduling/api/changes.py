"""What a body asks for: a section's fields by name, and the version that they were changed on."""

import re
from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from scheduling.domain.errors import InvalidValue, StaleVersion, UnknownField

from .errors import VersionRequired

READ_ONLY = ("id", "version", "term", "sis_id", "locked", "integration", "warnings")


def version_named(request: Request) -> int:
    """The version in `If-Match`. Raises `VersionRequired` without one, `StaleVersion` for none of ours.

    A proxy that compresses an answer makes its ETag a weak one (``W/"3"``), and clients send it back so.
    """
    header = request.headers.get("If-Match", "").strip()
    if header in {"", "*"}:
        raise VersionRequired
    found = re.fullmatch(r'(?:W/)?"?([0-9]{1,9})"?', header)
    if found is None:
        raise StaleVersion(f"{header} is no version; read the record again and use its version.")
    return int(found[1])


def new_section_in(body: Any) -> tuple[str, dict[str, object]]:
    """The code of the term, and field name -> value, of a section to be made. Raises as `changes_in`."""
    if not isinstance(body, dict):
        raise ParseError('Send a JSON object with the code of the term, for example {"term": "20271", …}.')
    rest = {name: value for name, value in body.items() if name != "term"}
    return text_in(body, "term", "20271"), changes_in(rest)


def text_in(body: Mapping[str, Any], name: str, example: str) -> str:
    """What must be there and be text. Raises `InvalidValue`."""
    value = body.get(name)
    if not isinstance(value, str):
        what = "is missing" if value is None else f"is {value!r}"
        raise InvalidValue(f'{name.capitalize()} {what}; give it as text, for example "{example}".', name)
    return value


def changes_in(body: Any) -> dict[str, object]:
    """Field name -> asked value, from a section document that holds only what shall change.

    `course` may be its id or the object that answers hold. Raises `ParseError` for no object and
    `UnknownField` for what only answers hold; whether a field exists and a value fits is the write
    service's answer.
    """
    if not isinstance(body, dict):
        raise ParseError('Send a JSON object with the fields to change, for example {"capacity": 30}.')
    for name in READ_ONLY:
        if name in body:
            raise UnknownField(f"{name} cannot be changed through the API; leave it out.", name)
    course = body.get("course")
    return {**body, "course": course.get("id")} if isinstance(course, dict) else dict(body)
