"""The timeline of a term as a picture: its phases side by side, and a mark at the moment looked at."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from phases.timeline import Period, Timeline
from phases.wording import MONTHS, moment_words
from scheduling.models import Term

DEFAULTS = "Roles' defaults"
"""What holds where the term is in no phase."""
YEARS = range(1950, 2200)
"""Those that a schedule may be of; a moment in another one is a slip of the pen."""
MARGIN = dt.timedelta(days=7)
LEAST_BETWEEN_MONTHS = 7.0
"""In hundredths of the width; more months are told by fewer words."""
STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 300, 600)
SHORTEST_MONTH = dt.timedelta(days=28)
HUNDREDTHS_A_LETTER, ROOM_BESIDE = 0.72, 1.0
NARROW_A_LETTER, NARROW_BESIDE = 2.2, 3.0
"""How wide a name is on a wide and a narrow screen; a bar without room has its number, as the table does."""
NARROW_EVERY, NARROW_WORD, NARROW_NUMBER = 3, 20.0, 3.5
"""On a narrow screen: every third month has its name; so wide is that, and the number of a bar."""
TURN = 75.0
"""Right of this, the word of the mark stands left of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """A period. `x`, `width`: in hundredths of the picture's width; `start`, `end`: in words, blank: open.

    `number`: of the switch that begins it, 0 before the first; `word`: what stands in the picture,
    `narrow_word`: on a narrow screen.
    """

    number: int
    name: str
    word: str
    narrow_word: str
    colour: str
    x: str
    width: str
    start: str
    end: str
    is_marked: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """The beginning of a month. `is_main`: a narrow screen has room for its name, too."""

    x: str
    word: str
    is_main: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """All of it. `sentence` says the same in words, for those who cannot see it."""

    bars: Sequence[Bar]
    ticks: Sequence[Tick]
    mark: str
    mark_word: str
    is_mark_left: bool
    sentence: str


def picture_of(
    timeline: Timeline,
    colours: Mapping[int, str],
    term: Term,
    *,
    at: dt.datetime,
    zone: dt.tzinfo,
    mark_word: str = "now",
) -> Picture:
    """The periods from before the term (or the first switch) to after it; `colours`: by the phase's id."""
    scale = _Scale(timeline, term, at=at, zone=zone)
    bars = [
        scale.bar(number, one, "grey" if one.phase is None else colours.get(one.phase.code, "grey"))
        for number, one in enumerate(timeline.periods)
    ]
    place = scale.place(at)
    return Picture(
        bars=bars,
        ticks=list(scale.months()),
        mark=_percent(place),
        mark_word=mark_word,
        is_mark_left=place > TURN,
        sentence="; ".join(f"{one.name}{_span(one)}" for one in bars),
    )


def _span(bar: Bar) -> str:
    start = f" from {bar.start}" if bar.start else ""
    return f"{start} until {bar.end}" if bar.end else start or " at all times"


def _narrow_word(name: str, number: str, width: float) -> str:
    if width >= NARROW_A_LETTER * len(name) + NARROW_BESIDE:
        return name
    return number if width >= NARROW_NUMBER else ""


def _percent(value: float) -> str:
    return f"{value:.2f}%"


class _Scale:
    """From moments to places."""

    def __init__(self, timeline: Timeline, term: Term, *, at: dt.datetime, zone: dt.tzinfo) -> None:
        self.zone, self.at = zone, at
        switches = [one.start for one in timeline.periods if one.start is not None]
        known = [_midnight(term.start_date, zone), _midnight(term.end_date, zone), at, *switches]
        self.first = min(known).astimezone(dt.UTC) - MARGIN
        self.last = max(known).astimezone(dt.UTC) + 2 * MARGIN

    def place(self, moment: dt.datetime) -> float:
        return 100 * ((moment.astimezone(dt.UTC) - self.first) / (self.last - self.first))

    def bar(self, number: int, period: Period, colour: str) -> Bar:
        start = 0.0 if period.start is None else self.place(period.start)
        end = 100.0 if period.end is None else self.place(period.end)
        name = DEFAULTS if period.phase is None else period.phase.name
        short, width = str(number or ""), end - start
        return Bar(
            number=number,
            name=name,
            word=name if width >= HUNDREDTHS_A_LETTER * len(name) + ROOM_BESIDE else short,
            narrow_word=_narrow_word(name, short, width),
            colour=colour,
            x=_percent(start),
            width=_percent(width),
            start="" if period.start is None else moment_words(period.start, self.zone),
            end="" if period.end is None else moment_words(period.end, self.zone),
            is_marked=period.has(self.at),
        )

    def months(self) -> Iterator[Tick]:
        """Every month, or every second, third …, so that there is room for their names."""
        least = LEAST_BETWEEN_MONTHS / (100 * (SHORTEST_MONTH / (self.last - self.first)))
        step = next((one for one in STEPS if one >= least), STEPS[-1])
        month = self.first.astimezone(self.zone).date().replace(day=1)
        number = 0
        while True:
            month = (month + dt.timedelta(days=32)).replace(day=1)
            moment = _midnight(month, self.zone)
            if moment.astimezone(dt.UTC) >= self.last:
                return
            if (12 * month.year + month.month - 1) % step == 0:
                place, word = self.place(moment), f"{MONTHS[month.month - 1]} {month.year}"
                is_main = number % NARROW_EVERY == 0 and place <= 100 - NARROW_WORD
                has_room = place <= 100 - LEAST_BETWEEN_MONTHS
                yield Tick(x=_percent(place), word=word if has_room else "", is_main=is_main)
                number += 1


def _midnight(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=zone)
