"""A week with too many classes to draw: how many there are at each hour, and the way to the classes of one.

The same table is the picture and its words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.domain.week import DAY_NAMES, Week
from scheduling.domain.week_density import clashes_by_hour, classes_by_hour
from scheduling.span_words import hour_words
from scheduling.week import Lessons

MOST_DRAWN = 400
"""Meetings; more take long to draw, and nobody finds one among them."""
SHADES = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """An hour of a day: its classes, its clashes, and a shade from 0 (none) to `SHADES` (the fullest)."""

    day: str
    name: str
    hour: int
    classes: int
    clashes: int
    shade: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DenseWeek:
    """The table: the names of its days, and for each hour its words and a spot a day."""

    days: Sequence[str]
    hours: Sequence[tuple[str, Sequence[Spot]]]
    meetings: str
    untimed: int


def is_too_full(found: Lessons) -> bool:
    """Whether there are more meetings than a picture can show."""
    return len(found.lessons) > MOST_DRAWN


def dense_week(week: Week, found: Lessons) -> DenseWeek:
    """The days of a week by hours."""
    counts, clashes = classes_by_hour(week.lessons), clashes_by_hour(week.clashes)
    days = [one.letter for one in week.days]
    most = max((counts[spot] for spot in counts if spot[0] in days), default=1)

    def spot(letter: str, hour: int) -> Spot:
        count = counts[letter, hour]
        return Spot(
            day=letter,
            name=DAY_NAMES[letter],
            hour=hour,
            classes=count,
            clashes=clashes[letter, hour],
            shade=-(-SHADES * count // most),
        )

    hours = range(week.first_hour, week.last_hour)
    return DenseWeek(
        days=[DAY_NAMES[letter] for letter in days],
        hours=[(hour_words(hour), [spot(letter, hour) for letter in days]) for hour in hours],
        meetings=f"{len(found.lessons):,}",
        untimed=len(week.without_slot),
    )
