"""The drawing of a week: where each block stands, in percent and pixels, as SVG attributes.

A room's or a person's week has its days side by side and time going down. Where many classes meet at once (a
department), days stand below one another and time goes across, so that each class keeps room for its name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.domain.week import DAY_NAMES, HOUR, Block, Day, Week
from scheduling.span_words import hour_words, hours_span
from scheduling.week_words import WeekWords

MOST_LANES_DOWN = 4
"""With more classes at once than this, time goes across."""
PIXELS_A_MINUTE = 1.1
"""Going down; fifty minutes have three lines of text."""
LANE_WIDTH, LANE_HEIGHT = 88, 42
"""Pixels of one lane at least, going down; exactly, going across."""
HOUR_WIDTH = 124
"""Pixels of an hour at least, going across: fifty minutes have the name of a section."""
MOST_HOURS_ON_A_SHEET = 10
"""With more, a printed week is drawn smaller."""
WHOLE = 100
"""Percent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """A block: its place (SVG lengths), its text, its slot for the script.

    `section_id` None: not for the reader to open; `meeting_id` None: not to move, `lock` says why.
    """

    x: str
    y: str
    width: str
    height: str
    label: str
    time: str
    lines: Sequence[str]
    sentence: str
    is_clash: bool
    slot: str
    section_id: int | None
    meeting_id: int | None
    lock: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """A full hour, at `at` (an SVG length) from the beginning."""

    word: str
    at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnDay:
    """One day; `height` and the least `width` in pixels."""

    letter: str
    name: str
    width: int
    height: int
    blocks: Sequence[Drawn]


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """The days of a week; `is_across`: time goes across and days stand below one another.

    `start` and `span` of the time that is shown, in minutes.
    """

    start: int
    span: int
    is_across: bool
    is_tall: bool
    ticks: Sequence[Tick]
    days: Sequence[DrawnDay]


def picture_of(week: Week, words: WeekWords, *, is_across: bool) -> Picture:
    """The drawing of a week."""
    frame = frame_of(week, is_across=is_across)
    return Picture(
        start=frame.start,
        span=frame.span,
        is_across=is_across,
        is_tall=week.last_hour - week.first_hour > MOST_HOURS_ON_A_SHEET,
        ticks=ticks(week, frame),
        days=[_day(day, words, frame) for day in week.days],
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """Minutes that are shown, and which way they go."""

    start: int
    span: int
    is_across: bool

    def along(self, minutes: int) -> str:
        """A stretch of time as an SVG length."""
        return percent(minutes, self.span) if self.is_across else f"{minutes * PIXELS_A_MINUTE:g}"


def frame_of(week: Week, *, is_across: bool) -> Frame:
    """The hours of a week, in which way they go."""
    hours = week.last_hour - week.first_hour
    return Frame(start=week.first_hour * HOUR, span=hours * HOUR, is_across=is_across)


def ticks(week: Week, frame: Frame, *, every: int = 1) -> list[Tick]:
    """The full hours of a week that can be divided by `every`, but for one with no room for its name."""
    return [
        Tick(word=hour_words(hour), at=frame.along(hour * HOUR - frame.start))
        for hour in range(week.first_hour, week.last_hour)
        if hour % every == 0 and hour + every <= week.last_hour + 1
    ]


def percent(part: int, whole: int) -> str:
    """A part as an SVG length."""
    return f"{WHOLE * part / whole:.4g}%"


def _day(day: Day, words: WeekWords, frame: Frame) -> DrawnDay:
    if frame.is_across:
        width, height = HOUR_WIDTH * frame.span // HOUR, LANE_HEIGHT * day.lanes
    else:
        width, height = LANE_WIDTH * day.lanes, round(frame.span * PIXELS_A_MINUTE)
    return DrawnDay(
        letter=day.letter,
        name=DAY_NAMES[day.letter],
        width=width,
        height=height,
        blocks=[drawn(one, words, frame) for one in day.blocks],
    )


def drawn(block: Block, words: WeekWords, frame: Frame) -> Drawn:
    """A block with its text."""
    at, length = frame.along(block.start - frame.start), frame.along(block.end - block.start)
    if frame.is_across:
        x, width, y, height = at, length, str(block.lane * LANE_HEIGHT), str(LANE_HEIGHT)
    else:
        y, height = at, length
        x, width = percent(block.lane, block.lanes), percent(1, block.lanes)
    lesson = block.lesson
    is_seen = words.found.is_seen(lesson)
    lines = [
        words.short_dates(lesson),
        "Crosslisted" if words.crosslisted(lesson) else "",
        *words.details(lesson),
    ]
    return Drawn(
        x=x,
        y=y,
        width=width,
        height=height,
        label=lesson.booking.label,
        time=hours_span(lesson.meeting.start_time, lesson.meeting.end_time),
        lines=[line for line in lines if line],
        sentence=words.sentence(lesson, block.day),
        is_clash=bool(words.clashes(lesson, block.day)),
        slot=block.slot,
        section_id=lesson.booking.section_id if is_seen else None,
        meeting_id=lesson.key if words.found.may_move(lesson) else None,
        lock=words.found.lock(lesson),
    )
