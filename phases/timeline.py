"""Which phase a term is in at which moment. Pure.

A timeline is a set of switches: from this moment this phase. The periods between them are half-open and cover
all time, so there is no gap to leave and no overlap to make. Before the first switch there is no phase.

Moments are kept and compared in UTC: Python compares two moments of one zone by their clocks, which is wrong
in the night the clock goes back.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from phases.rules import PhaseRules


@dataclass(frozen=True, kw_only=True, slots=True)
class Switch:
    """From `starts_at` (an aware moment) the term is in `phase` (None: the roles' defaults)."""

    starts_at: dt.datetime
    phase: PhaseRules | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A phase from `start` (included; None: always) to `end` (excluded; None: for good), in UTC."""

    phase: PhaseRules | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None

    def has(self, moment: dt.datetime) -> bool:
        """Whether `moment` lies in the period."""
        at = moment.astimezone(dt.UTC)
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


ALWAYS = Period()
"""No phase, for good: a term without a timeline."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The periods of a term in order; there is at least one."""

    periods: tuple[Period, ...] = (ALWAYS,)

    def at(self, moment: dt.datetime) -> Period:
        """The one period that `moment` lies in."""
        return self.periods[self._index(moment)]

    def after(self, moment: dt.datetime) -> tuple[Period, ...]:
        """The periods that begin after `moment`; the first of them begins at the next switch."""
        return self.periods[self._index(moment) + 1 :]

    def _index(self, moment: dt.datetime) -> int:
        starts = [one.start for one in self.periods if one.start is not None]
        return bisect_right(starts, moment.astimezone(dt.UTC))


def periods_of(switches: Iterable[Switch]) -> Timeline:
    """The timeline that these switches make, in whatever order they are given.

    A switch to the phase that holds already is none. Raises `ValueError` if two are at the same moment.
    """
    given = [(one.starts_at.astimezone(dt.UTC), one.phase) for one in switches]
    if len({at for at, _phase in given}) != len(given):
        raise ValueError("Two phases begin at the same moment.")
    turns: list[tuple[dt.datetime | None, PhaseRules | None]] = [(None, None)]
    for at, phase in sorted(given, key=lambda one: one[0]):
        if phase != turns[-1][1]:
            turns.append((at, phase))
    ends = [*(at for at, _phase in turns[1:]), None]
    return Timeline(
        tuple(
            Period(phase=phase, start=start, end=end) for (start, phase), end in zip(turns, ends, strict=True)
        )
    )


def local_moment(local: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The moment, in UTC, at which the clock in `zone` first shows `local` (a date and time without a zone).

    A time that comes twice, as in the night the clock goes back, means the first time. A time that the clock
    skips, as in the night it goes forward, means the moment of the jump. So switches stay in the order of
    their local times. Raises `ValueError` if `local` has a zone.
    """
    if local.tzinfo is not None:
        raise ValueError("A local time has no zone.")
    first = local.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)
    if first.astimezone(zone).replace(tzinfo=None, fold=0) == local:
        return first
    second = local.replace(tzinfo=zone, fold=1).astimezone(dt.UTC)
    return _jump(min(first, second), max(first, second), zone)


def _jump(before: dt.datetime, after: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The first whole second after `before` with another offset; both are in UTC."""
    offset = before.astimezone(zone).utcoffset()
    low, high = before.replace(microsecond=0), after.replace(microsecond=0) + dt.timedelta(seconds=1)
    while high - low > dt.timedelta(seconds=1):
        middle = low + dt.timedelta(seconds=(high - low) // dt.timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high
