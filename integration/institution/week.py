"""When classes meet: the usual weekly patterns in the parts of a term, as bits that clash or do not.

A slot's bits stand for the five-minute blocks from 08:00 to 22:00 of the seven days, once for each half of
the term: two slots clash exactly if their bits do.
"""

import datetime as dt
from dataclasses import dataclass
from enum import Enum

DAYS = "MTWRFSU"
BLOCK_MINUTES = 5
FIRST_MINUTE, LAST_MINUTE = 8 * 60, 22 * 60
DAY_BLOCKS = (LAST_MINUTE - FIRST_MINUTE) // BLOCK_MINUTES
WEEK_BLOCKS = len(DAYS) * DAY_BLOCKS


class Part(Enum):
    """Parts of term by their code and the halves that they last."""

    FULL = ("1", (0, 1))
    FIRST_HALF = ("H1", (0,))
    SECOND_HALF = ("H2", (1,))

    def __init__(self, code: str, halves: tuple[int, ...]) -> None:
        self.code = code
        self.halves = halves


@dataclass(frozen=True, kw_only=True, slots=True)
class TermDates:
    """A term and its dates."""

    code: str
    name: str
    start_date: dt.date
    end_date: dt.date

    def span(self, part: Part) -> tuple[dt.date, dt.date]:
        """First and last day of a part."""
        middle = self.start_date + (self.end_date - self.start_date) // 2
        begins = self.start_date if 0 in part.halves else middle + dt.timedelta(days=1)
        return begins, self.end_date if 1 in part.halves else middle


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Slot:
    """A weekly pattern in a part of the term; `weight` is how much it is liked."""

    days: str
    start_time: str
    end_time: str
    bits: int
    weight: float


Menu = dict[Part, tuple[Slot, ...]]
"""The patterns on offer for one kind of class, in each part."""


def _slot(days: str, start_time: str, minutes: int, weight: float, part: Part) -> Slot:
    hour, minute = map(int, start_time.split(":"))
    start = hour * 60 + minute
    end = start + minutes
    if not FIRST_MINUTE <= start < end <= LAST_MINUTE:
        raise ValueError(f"{start_time} and {minutes} minutes do not fit between 08:00 and 22:00")
    block = (1 << minutes // BLOCK_MINUTES) - 1 << (start - FIRST_MINUTE) // BLOCK_MINUTES
    week = sum(block << DAYS.index(day) * DAY_BLOCKS for day in days)
    return Slot(
        days=days,
        start_time=start_time,
        end_time=f"{end // 60:02d}:{end % 60:02d}",
        bits=sum(week << half * WEEK_BLOCKS for half in part.halves),
        weight=weight,
    )


def _menu(*lines: tuple[str, str, int, float]) -> Menu:
    """Lines of days (several patterns divided by blanks), start times, minutes, weight of each."""
    return {
        part: tuple(
            _slot(days, start, minutes, weight, part)
            for patterns, starts, minutes, weight in lines
            for days in patterns.split()
            for start in starts.split()
        )
        for part in Part
    }


LECTURES = _menu(
    ("MWF", "09:05 10:10 11:15 12:20 13:25", 50, 9),
    ("MWF", "08:00 14:30 15:35", 50, 4),
    ("TR", "09:35 11:10 12:45 14:20", 80, 9),
    ("TR", "08:00 15:55", 80, 4),
    ("MW", "15:35", 80, 3),
    ("MW TR", "18:00", 80, 1.5),
    ("M T W R", "18:30", 165, 1),
)
LABS = _menu(
    ("M W F", "13:25", 170, 4),
    ("T R", "12:45 15:55", 170, 4),
    ("T R", "08:00 09:35", 170, 2),
    ("M W", "18:30", 170, 1),
)
SEMINARS = _menu(
    ("MW TR", "12:45 14:20", 80, 4),
    ("M T W R F", "14:20", 150, 2),
    ("T W R", "18:30", 150, 1.5),
)
DISCUSSIONS = _menu(("M T W R F", "09:05 10:10 11:15 12:20 13:25 14:30 15:35", 50, 1))
