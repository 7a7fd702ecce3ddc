"""The phases, and the terms with the phase that each is in, in a constant number of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from phases.models import Phase
from phases.selectors import institution_zone, phases, timelines_of
from phases.timeline import Period
from phases.wording import moment_words
from scheduling.models import Term


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseLine:
    """A phase. `now`, `following`: the terms that are in it, and that come into it at their next switch."""

    phase: Phase
    now: Sequence[str]
    following: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class TermLine:
    """A term with its phase now, until when, and what follows. `phase` None: the roles' defaults."""

    term: Term
    phase: Phase | None
    until: str
    following: Phase | None
    has_following: bool
    is_over: bool


def phase_lines(*, now: dt.datetime, today: dt.date) -> list[PhaseLine]:
    """Every phase in its order. `today`: the institution's date; terms that are over count no more."""
    current: dict[int, list[str]] = defaultdict(list)
    following: dict[int, list[str]] = defaultdict(list)
    zone = institution_zone()
    for term, period, later in _periods(now):
        if term.is_over(today):
            continue
        if period.phase is not None:
            until = f" until {moment_words(period.end, zone)}" if period.end else ""
            current[period.phase.code].append(f"{term}{until}")
        if later is not None and later.phase is not None and later.start is not None:
            following[later.phase.code].append(f"{term} from {moment_words(later.start, zone)}")
    return [
        PhaseLine(phase=one, now=current.get(one.pk, ()), following=following.get(one.pk, ()))
        for one in phases()
    ]


def term_lines(*, now: dt.datetime, today: dt.date) -> list[TermLine]:
    """Every term, the newest first."""
    known = {one.pk: one for one in phases()}
    zone = institution_zone()
    return [
        TermLine(
            term=term,
            phase=known[period.phase.code] if period.phase else None,
            until=moment_words(period.end, zone) if period.end else "",
            following=known[later.phase.code] if later and later.phase else None,
            has_following=later is not None,
            is_over=term.is_over(today),
        )
        for term, period, later in _periods(now)
    ]


def _periods(now: dt.datetime) -> list[tuple[Term, Period, Period | None]]:
    terms = list(Term.objects.order_by("-start_date", "code"))
    timelines = timelines_of([one.pk for one in terms])
    return [
        (term, timelines[term.pk].at(now), next(iter(timelines[term.pk].after(now)), None)) for term in terms
    ]
