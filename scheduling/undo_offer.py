"""The offer to take a save back that stands in the message which tells of it."""

from django.contrib import messages
from django.http import HttpRequest

_BEGINS = "undo"


def tell_saved(request: HttpRequest, words: str, *, section_id: int, version: int) -> None:
    """Tell that somebody's save made `version` of the section, and offer to take that save back."""
    messages.success(request, words, extra_tags=f"{_BEGINS}:{section_id}:{version}")


def offered(tags: str) -> tuple[int, int] | None:
    """(section id, version) of the save that a message with these extra tags offers to take back."""
    begins, _colon, rest = (tags or "").partition(":")
    section_id, _colon, version = rest.partition(":")
    return (int(section_id), int(version)) if begins == _BEGINS else None
