"""How full a section is, in words and as a bar."""

from dataclasses import dataclass

from scheduling.models import Section

BAR = 1000
"""The width of the picture of seats."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seats:
    """Enrolment against capacity, in words and as a bar of `BAR` units; `width` None where none is known."""

    words: str
    waitlist: str
    width: int | None
    tone: str


def seats_of(section: Section) -> Seats:
    """How full a section is, in words and as a bar."""
    taken, places = section.enrollment, section.capacity
    width, tone = None, "blue"
    if taken is None:
        words = "The SIS has not said how many are enrolled."
        if places is not None:
            words = f"{places:,} seats. {words}"
    elif places is None:
        words = f"{taken:,} enrolled; no capacity is set."
    else:
        words = f"{taken:,} of {places:,} seats taken, {_left(places - taken)}."
        width = BAR if taken >= places else BAR * taken // places
        tone = "amber" if taken > places else "blue"
    return Seats(words=words, waitlist=_waitlist(section), width=width, tone=tone)


def _left(left: int) -> str:
    if left < 0:
        return f"{-left:,} more than there are"
    return f"{left:,} free" if left else "full"


def _waitlist(section: Section) -> str:
    waiting, places = section.waitlisted or 0, section.waitlist_capacity
    if not waiting and not places:
        return ""
    limit = f" of {places:,}" if places else ""
    return f"{waiting:,}{limit} on the waitlist."
