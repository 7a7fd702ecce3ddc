"""The picture of a week: which class stands on which day in which lane. Pure. Times are in minutes."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from .checks import FAR
from .clashes import Clash, Lesson, clashes_of
from .fields import DAYS
from .values import Meeting

DAY_NAMES = {
    "M": "Monday",
    "T": "Tuesday",
    "W": "Wednesday",
    "R": "Thursday",
    "F": "Friday",
    "S": "Saturday",
    "U": "Sunday",
}
SCHOOL_DAYS = "MTWRF"
"""The days that are shown even if they are empty."""
FIRST_HOUR, LAST_HOUR = 8, 18
"""The hours that are shown even if they are empty."""
HOUR = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A lesson on one day. `lane` counts from 0 among the `lanes` of the blocks that hang together."""

    lesson: Lesson
    day: str
    start: int
    end: int
    lane: int
    lanes: int

    @property
    def slot(self) -> str:
        """Start and length in minutes, as the script of the picture reads them."""
        return f"{self.start}+{self.end - self.start}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """One day of the week, its blocks by time; `lanes`: how many it needs side by side, at least one."""

    letter: str
    blocks: tuple[Block, ...]

    @property
    def lanes(self) -> int:
        return max((one.lanes for one in self.blocks), default=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """The week. `lessons`: those with a slot, by day and time; `days`: their blocks; `clashes`: of all."""

    lessons: tuple[Lesson, ...]
    days: tuple[Day, ...]
    first_hour: int
    last_hour: int
    without_slot: tuple[Lesson, ...]
    clashes: tuple[Clash, ...]

    @property
    def blocks(self) -> list[Block]:
        """All blocks, by day and time."""
        return [block for day in self.days for block in day.blocks]

    @property
    def lanes(self) -> int:
        """How many lanes the fullest day needs."""
        return max(day.lanes for day in self.days)


def week_of(lessons: Iterable[Lesson]) -> Week:
    """The week of these lessons."""
    lessons = sorted(lessons, key=_by_day_and_time)
    placed = tuple(one for one in lessons if one.has_slot)
    return Week(
        lessons=placed,
        days=days_of(placed),
        first_hour=min([FIRST_HOUR, *(minutes(one.meeting.start_time) // HOUR for one in placed)]),
        last_hour=max([LAST_HOUR, *(-(-minutes(one.meeting.end_time) // HOUR) for one in placed)]),
        without_slot=tuple(one for one in lessons if not one.has_slot),
        clashes=clashes_of(lessons),
    )


def days_of(lessons: Sequence[Lesson]) -> tuple[Day, ...]:
    """The days of lessons that have a slot, with their lanes."""
    return tuple(_day(letter, lessons) for letter in letters_of(lessons))


def letters_of(lessons: Iterable[Lesson]) -> list[str]:
    """The days that a week of these lessons shows."""
    used = {day for one in lessons if one.has_slot for day in one.meeting.days}
    return [letter for letter in DAYS if letter in SCHOOL_DAYS or letter in used]


def _by_day_and_time(lesson: Lesson) -> tuple[object, ...]:
    days = [DAYS.index(day) for day in lesson.meeting.days]
    return (
        days[:1],
        lesson.meeting.start_time,
        lesson.meeting.end_time,
        days,
        lesson.booking.label,
        lesson.key,
    )


def minutes(time: str) -> int:
    """Minutes since midnight of an ``HH:MM``."""
    hour, minute = time.split(":")
    return int(hour) * HOUR + int(minute)


# ---- lanes


def _day(letter: str, lessons: Iterable[Lesson]) -> Day:
    spans = sorted(
        (
            (minutes(one.meeting.start_time), minutes(one.meeting.end_time), one)
            for one in lessons
            if letter in one.meeting.days
        ),
        key=lambda span: (span[0], -span[1], span[2].booking.label, span[2].key),
    )
    blocks: list[Block] = []
    for knot in _knots(spans):
        lanes = _lanes(knot)
        count = 1 + max(lanes)
        blocks += [
            Block(lesson=lesson, day=letter, start=start, end=end, lane=lane, lanes=count)
            for (start, end, lesson), lane in zip(knot, lanes, strict=True)
        ]
    return Day(letter=letter, blocks=tuple(blocks))


Span = tuple[int, int, Lesson]


def _knots(spans: Iterable[Span]) -> list[list[Span]]:
    """Spans (by start) in groups: those that overlap, directly or through others, stand in one."""
    knots: list[list[Span]] = []
    busy_until = 0
    for span in spans:
        if not knots or span[0] >= busy_until:
            knots.append([])
        knots[-1].append(span)
        busy_until = max(busy_until, span[1])
    return knots


def _lanes(spans: Sequence[Span]) -> list[int]:
    """For each span (by start) the first lane that is free again."""
    free_at: list[int] = []
    found = []
    for start, end, _lesson in spans:
        lane = next((lane for lane, free in enumerate(free_at) if free <= start), len(free_at))
        free_at[lane : lane + 1] = [end]
        found.append(lane)
    return found


# ---- time spent, and the weeks of the term


def time_used(blocks: Iterable[Block], *, apart: Callable[[Lesson], Hashable] | None = None) -> int:
    """Minutes of a week in which something is on; blocks that `apart` tells apart count each for itself."""
    spans: dict[Hashable, list[tuple[int, int]]] = defaultdict(list)
    for block in blocks:
        spans[block.day, apart(block.lesson) if apart else None].append((block.start, block.end))
    total = 0
    for found in spans.values():
        busy_until = 0
        for start, end in sorted(found):
            total += max(0, end - max(start, busy_until))
            busy_until = max(busy_until, end)
    return total


def is_on(meeting: Meeting, *, first: str, last: str) -> bool:
    """Whether a meeting's dates touch those from `first` to `last` (ISO); a blank date is open-ended."""
    return meeting.start_date <= last and first <= (meeting.end_date or FAR)
