"""What an address asks for, made safe to look up. What cannot be understood is said and left out."""

import re
from collections.abc import Callable, Collection
from typing import TypeVar

from django.contrib import messages
from django.http import HttpRequest

from scheduling.paging import BadCursor

Found = TypeVar("Found")
LONGEST = 200
NO_SUCH_PAGE = "That page of the list is not there; this is its beginning."


def asked(request: HttpRequest, name: str) -> str:
    """The parameter `name` of the address, trimmed and cut; without NUL, which the database does not hold."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:LONGEST]


def asked_choice(request: HttpRequest, name: str, allowed: Collection[str], *, what: str) -> str:
    """One of `allowed`, or blank. `what`: what the parameter is called on the page."""
    value = asked(request, name)
    if not value or value in allowed:
        return value
    messages.warning(request, f"{what} “{value}” is not in this list, so it was left out.")
    return ""


def asked_number(request: HttpRequest, name: str, *, what: str) -> int | None:
    """A whole number, or None. `what`: what the parameter is called on the page."""
    value = asked(request, name)
    if not value:
        return None
    if re.fullmatch(r"[0-9]{1,9}", value):
        return int(value)
    messages.warning(request, f"{what} “{value}” is not a whole number, so it was left out.")
    return None


def asked_page(request: HttpRequest, load: Callable[[str], Found]) -> Found:
    """What `load` finds at the cursor of the address; the beginning, and a warning, where there is none."""
    try:
        return load(request.GET.get("cursor", ""))
    except BadCursor:
        messages.warning(request, NO_SUCH_PAGE)
        return load("")
