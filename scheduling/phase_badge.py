"""The badge in the top bar that says which phase the term is in, and until when."""

import datetime as dt
from dataclasses import dataclass

from phases.selectors import institution_zone, phase_now
from phases.wording import moment_words

NO_PHASE = "No phase"


@dataclass(frozen=True, kw_only=True, slots=True)
class Badge:
    """A phase's name and colour (`tone` of the style sheet); `until`: the moment in words, blank for good."""

    name: str
    tone: str
    until: str


def badge_of(term_code: str, *, now: dt.datetime) -> Badge | None:
    """The badge of a term; None where no phase holds and none will. One query."""
    found = phase_now(term_code, at=now)
    if found.phase is None and found.until is None:
        return None
    return Badge(
        name=NO_PHASE if found.phase is None else found.phase.name,
        tone="grey" if found.phase is None else found.phase.colour,
        until="" if found.until is None else moment_words(found.until, institution_zone()),
    )
