"""The badge in the top bar that says which phase the term is in, and until when."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phases.selectors import institution_zone, phase_told
from phases.wording import moment_words

NO_PHASE = "No phase"


@dataclass(frozen=True, kw_only=True, slots=True)
class Badge:
    """A phase's name and colour (`tone` of the style sheet); `until`: the moment in words, blank for good."""

    name: str
    tone: str
    until: str


def badge_of(switches: Sequence[Mapping[str, Any]], *, now: dt.datetime) -> Badge | None:
    """The badge of a term with these `switches_column`; None where no phase holds and none will."""
    found = phase_told(switches, at=now)
    if found.phase is None and found.until is None:
        return None
    return Badge(
        name=NO_PHASE if found.phase is None else found.phase.name,
        tone="grey" if found.phase is None else found.phase.colour,
        until="" if found.until is None else moment_words(found.until, institution_zone()),
    )
