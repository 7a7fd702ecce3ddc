"""The week of a building: a row for each room, its classes by day and time, and a table that says the same.

All days side by side have room for bars without names; one day has room for the names too.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from django.urls import reverse
from django.utils.html import format_html

from scheduling.domain.clashes import Lesson
from scheduling.domain.week import DAY_NAMES, HOUR, Block, Day, days_of, letters_of, time_used
from scheduling.models import Building, Room, Term
from scheduling.pills import Pill
from scheduling.place_texts import place_text
from scheduling.span_words import duration_words, hours_span
from scheduling.week import Lessons
from scheduling.week_page import ClashLine, clash_pill, on_at, week_shown
from scheduling.week_picture import (
    HOUR_WIDTH,
    LANE_HEIGHT,
    Drawn,
    Frame,
    Tick,
    drawn,
    frame_of,
    percent,
    ticks,
)
from scheduling.week_words import Subject, WeekWords

BAR_HEIGHT = 33
HOURS_BETWEEN_TICKS = 4
"""Where all days stand side by side."""
NO_ROOM = "No room yet"
MOST_LANES = 12
"""More classes at once without a room (an online campus) are counted, not drawn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """A class on one day without its name. `place`: SVG attributes; `slot`: when, for the script.

    `href`: its section, `move`: the form that moves it; blank where the reader may not.
    """

    place: str
    css: str
    sentence: str
    href: str
    move: str
    lock: str
    slot: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A room on one day: bars or, where one day is shown, blocks.

    `words`: the same, a line for each class.
    """

    letter: str
    day: str
    bars: Sequence[Bar]
    blocks: Sequence[Drawn]
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomRow:
    """A room. `pk` None: the classes that have the building and no room; `place`: as a form writes it."""

    pk: int | None
    name: str
    place: str
    seats: int | None
    is_open: bool
    time_used: str
    height: int
    cells: Sequence[Cell]
    anchor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownBuilding:
    """All that the page shows. `day`: the letter of the only day that is shown, or blank.

    `days`: those to choose from; `width` of a day, as an SVG length; `untimed`: meetings without a slot;
    `roomless`: those without a room that are too many to draw.
    """

    day: str
    days: Sequence[tuple[str, str]]
    shown_days: Sequence[tuple[str, str]]
    frame: Frame
    width: str
    ticks: Sequence[Tick]
    rows: Sequence[RoomRow]
    time_used: str
    classes: int
    hidden: int
    untimed: int
    roomless: int
    clash_pill: Pill
    clashes: Sequence[ClashLine]


def shown_building(
    subject: Subject, found: Lessons, rooms: Sequence[Room], term: Term, *, day: str = ""
) -> ShownBuilding:
    """What the page shows of these lessons, all in one building with these `rooms`. One query."""
    letters = letters_of(found.lessons)
    words = _words(subject, on_at(found, day, None), term, day=day)
    week, found = words.week, words.found
    rows = _Rows(
        words=words,
        frame=frame_of(week, is_across=True),
        is_one_day=bool(day),
        section=_address("section"),
        move=_address("section_move"),
        codes=frozenset(Building.objects.values_list("pk", flat=True)),
    )
    shown, roomless = rows.all_of(rooms)
    anchors = {one.name: one.anchor for one in shown}
    taken = {one.booking.section_id for one in found.lessons if not found.is_seen(one)}
    return ShownBuilding(
        day=day,
        days=[(letter, DAY_NAMES[letter]) for letter in letters],
        shown_days=[(one.letter, DAY_NAMES[one.letter]) for one in week.days],
        frame=rows.frame,
        width=str(HOUR_WIDTH * rows.frame.span // HOUR) if day else "100%",
        ticks=ticks(week, rows.frame, every=1 if day else HOURS_BETWEEN_TICKS),
        rows=shown,
        time_used=duration_words(time_used(week.blocks, apart=lambda one: one.meeting.room)),
        classes=len({one.booking.section_id for one in found.lessons if found.is_seen(one)}),
        hidden=len(taken),
        untimed=len(week.without_slot),
        roomless=roomless,
        clash_pill=clash_pill(len(week.clashes)),
        clashes=[
            ClashLine(sentence=words.pair(one), anchor=anchors.get(words.place(one.one), "table-heading"))
            for one in week.clashes
        ],
    )


def _words(subject: Subject, found: Lessons, term: Term, *, day: str) -> WeekWords:
    """The week in words. Who teaches a class that the reader may not see is not for them to know."""
    week = week_shown(found, day)
    known = [one for one in week.clashes if one.is_of_room or _are_seen(found, one.one, one.other)]
    return WeekWords(subject=subject, term=term, found=found, week=replace(week, clashes=tuple(known)))


def _address(name: str) -> tuple[str, str]:
    """What stands before and after the id in the addresses of a page: they are asked for by the hundred."""
    before, _id, after = reverse(name, args=[0]).rpartition("0")
    return before, after


@lru_cache(maxsize=10_000)
def _place(x: str, width: str, y: str, height: str) -> str:
    """As SVG attributes. Most classes of a building share their places: there are few usual times."""
    return format_html('x="{}" width="{}" y="{}" height="{}"', x, width, y, height)


def _are_seen(found: Lessons, *lessons: Lesson) -> bool:
    return all(map(found.is_seen, lessons))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rows:
    """Makes the rows of one page."""

    words: WeekWords
    frame: Frame
    is_one_day: bool
    section: tuple[str, str]
    move: tuple[str, str]
    codes: frozenset[str]

    def all_of(self, rooms: Sequence[Room]) -> tuple[list[RoomRow], int]:
        """A row for each room, then one for the classes without a room; how many those are if too many."""
        by_room: dict[str, list[Lesson]] = defaultdict(list)
        for lesson in self.words.week.lessons:
            by_room[lesson.meeting.room].append(lesson)
        shown = [self.row(room, by_room[room.number]) for room in rooms]
        roomless = by_room[""]
        if any(one.lanes > MOST_LANES for one in days_of(roomless)):
            return shown, len(roomless)
        return [*shown, *([self.row(None, roomless)] if roomless else [])], 0

    def row(self, room: Room | None, lessons: Sequence[Lesson]) -> RoomRow:
        """The row of a room; None: of the classes without one."""
        days = {one.letter: one for one in days_of(lessons)}
        mine = [days.get(one.letter, Day(letter=one.letter, blocks=())) for one in self.words.week.days]
        links = {one.key: self._links(one) for one in lessons}
        lanes = max(one.lanes for one in mine)
        building = self.words.subject.pk
        return RoomRow(
            pk=room.pk if room else None,
            name=str(room) if room else NO_ROOM,
            place=place_text(building, room.number if room else "", self.codes),
            seats=room.capacity if room else None,
            is_open=room.is_active if room else True,
            time_used=duration_words(time_used(block for one in mine for block in one.blocks)),
            height=lanes * (LANE_HEIGHT if self.is_one_day else BAR_HEIGHT),
            cells=[self._cell(one, links) for one in mine],
            anchor=f"room-{room.pk if room else 0}",
        )

    def _links(self, lesson: Lesson) -> tuple[str, str]:
        """Where its section is, and the form that moves it; once for all its days."""
        found, pk = self.words.found, lesson.booking.section_id
        href = str(pk).join(self.section) if found.is_seen(lesson) else ""
        move = f"{str(pk).join(self.move)}?meeting={lesson.key}" if found.may_move(lesson) else ""
        return href, move

    def _cell(self, day: Day, links: Mapping[int, tuple[str, str]]) -> Cell:
        return Cell(
            letter=day.letter,
            day=DAY_NAMES[day.letter],
            bars=[] if self.is_one_day else [self._bar(one, *links[one.lesson.key]) for one in day.blocks],
            blocks=[drawn(one, self.words, self.frame) for one in day.blocks] if self.is_one_day else [],
            words="\n".join(map(self._line, day.blocks)),
        )

    def _line(self, block: Block) -> str:
        meeting = block.lesson.meeting
        clash = " (clash)" if self.words.is_clash(block.lesson, block.day) else ""
        return f"{hours_span(meeting.start_time, meeting.end_time)} {block.lesson.booking.label}{clash}"

    def _bar(self, block: Block, href: str, move: str) -> Bar:
        is_clash = self.words.is_clash(block.lesson, block.day)
        return Bar(
            place=_place(
                self.frame.along(block.start - self.frame.start),
                self.frame.along(block.end - block.start),
                percent(block.lane, block.lanes),
                percent(1, block.lanes),
            ),
            css="week-bar-clash" if is_clash else "" if href else "week-bar-taken",
            sentence=self.words.sentence(block.lesson, block.day),
            href=href,
            move=move,
            lock=self.words.found.lock(block.lesson),
            slot=block.slot,
        )
