"""The page of a week: its facts, picture, clashes, and the table that says the same."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from scheduling.domain.clashes import Clash, Lesson
from scheduling.domain.clock import time_span
from scheduling.domain.week import Day, Week, is_on, time_used, week_of
from scheduling.domain.week_density import is_at
from scheduling.models import Term
from scheduling.pills import Pill
from scheduling.span_words import duration_words, is_whole_term, range_words, short_days, when_words
from scheduling.week import Kind, Lessons
from scheduling.week_picture import MOST_LANES_DOWN, Picture, picture_of
from scheduling.week_words import NO_MEETING, Subject, WeekWords

BETWEEN = "_"
"""Between two dates in the address."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A line of the table: a meeting; `days` blank for one that has no slot.

    `meeting_id`: for the link that moves it, None where the reader may not; `lock` says why.
    """

    label: str
    section_id: int | None
    title: str
    days: str
    time: str
    place: str
    people: str
    dates: str
    seats: str
    crosslisted: str
    clashes: Sequence[str]
    anchor: str
    meeting_id: int | None
    lock: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ClashLine:
    """A clash as a sentence, and the row of the table where it is."""

    sentence: str
    anchor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownWeek:
    """All that the page of a week shows. `hidden`: classes of other departments among them."""

    subject: Subject
    time_used: str
    classes: int
    hidden: int
    clash_pill: Pill
    clashes: Sequence[ClashLine]
    picture: Picture
    rows: Sequence[Row]
    without_slot: Sequence[Row]

    @property
    def is_empty(self) -> bool:
        """Whether no class takes any time or place."""
        return not (self.rows or self.without_slot)

    @property
    def shows_place(self) -> bool:
        return self.subject.kind is not Kind.ROOM

    @property
    def shows_people(self) -> bool:
        return self.subject.kind is not Kind.INSTRUCTOR

    @property
    def shows_dates(self) -> bool:
        """Whether any class is on for a part of the term only."""
        return any(row.dates for row in (*self.rows, *self.without_slot))


def parts_of_term(found: Lessons, term: Term) -> dict[str, str]:
    """The stretches of the term for which some class is on, and others may not be: address -> words."""
    ranges = {
        (one.meeting.start_date or str(term.start_date), one.meeting.end_date or str(term.end_date))
        for one in found.lessons
        if not is_whole_term(one.meeting, term)
    }
    return {f"{first}{BETWEEN}{last}": range_words(first, last) for first, last in sorted(ranges)}


def on_in(found: Lessons, part: str) -> Lessons:
    """The lessons that are on in a part of the term (a key of `parts_of_term`; blank: all of it)."""
    if not part:
        return found
    first, last = part.split(BETWEEN)
    return found.only(one for one in found.lessons if is_on(one.meeting, first=first, last=last))


def on_at(found: Lessons, day: str, hour: int | None) -> Lessons:
    """The lessons of one day, or of one hour of it; all of them where `day` is blank."""
    return found.only(one for one in found.lessons if is_at(one, day, hour)) if day else found


def week_shown(found: Lessons, day: str) -> Week:
    """The week of these lessons; where `day` is a letter, that day only."""
    week = week_of(found.lessons)
    if not day:
        return week
    only = next((one for one in week.days if one.letter == day), Day(letter=day, blocks=()))
    return replace(week, days=(only,))


def shown_week(subject: Subject, found: Lessons, term: Term, *, day: str = "") -> ShownWeek:
    """What the page shows of these lessons; `day`: the letter of the only day to draw."""
    week = week_shown(found, day)
    words = WeekWords(subject=subject, term=term, found=found, week=week)
    is_department = subject.kind is Kind.DEPARTMENT
    without_slot = [one for one in week.without_slot if found.is_seen(one)]
    seen = {one.booking.section_id for one in found.lessons if found.is_seen(one)}
    taken = {one.booking.section_id for one in week.lessons if not found.is_seen(one)}
    return ShownWeek(
        subject=subject,
        time_used=duration_words(time_used(week.blocks, apart=_class_of if is_department else None)),
        classes=len(seen),
        hidden=len(taken),
        clash_pill=clash_pill(len(week.clashes)),
        clashes=[
            ClashLine(sentence=words.pair(one), anchor=_anchor_of_clash(one, words)) for one in week.clashes
        ],
        picture=picture_of(week, words, is_across=is_department or week.lanes > MOST_LANES_DOWN),
        rows=[_row(words, one) for one in week.lessons],
        without_slot=[_row(words, one) for one in without_slot],
    )


def clash_pill(count: int) -> Pill:
    """How many clashes there are."""
    if not count:
        return Pill(tone="green", icon="check", word="No clashes")
    return Pill(tone="red", icon="alert", word=f"{count} clash{'es' if count > 1 else ''}")


def _class_of(lesson: Lesson) -> Hashable:
    """What counts as one class: the members of a crosslist together."""
    return lesson.crosslist or f"{lesson.key} alone"


def _anchor(lesson: Lesson) -> str:
    return f"class-{lesson.key}"


def _anchor_of_clash(clash: Clash, words: WeekWords) -> str:
    """Where the table has it: of two lessons one at least has a row."""
    shown = next(
        (one for one in (clash.one, clash.other) if one.has_slot or words.found.is_seen(one)), clash.one
    )
    return _anchor(shown)


def _row(words: WeekWords, lesson: Lesson) -> Row:
    facts = words.found.sections.get(lesson.booking.section_id)
    meeting = lesson.meeting
    time = time_span(meeting.start_time, meeting.end_time) if lesson.has_slot else when_words(meeting)
    return Row(
        label=lesson.booking.label,
        section_id=facts.section_id if facts else None,
        title=facts.title if facts else "",
        days=short_days(meeting.days) if lesson.has_slot else "",
        time=NO_MEETING if lesson.key < 0 else time,
        place=words.place(lesson),
        people=words.people(lesson),
        dates=words.dates(lesson),
        seats=words.seats(lesson),
        crosslisted=words.crosslisted(lesson),
        clashes=words.clashes(lesson, meeting.days, with_days=len(meeting.days) > 1),
        anchor=_anchor(lesson),
        meeting_id=lesson.key if words.found.may_move(lesson) else None,
        lock=words.found.lock(lesson),
    )
