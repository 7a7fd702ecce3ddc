"""A week in words: what a block, a row of the table and a clash say, as far as the reader may know.

Of a lesson that the reader may not see nothing comes out of here but its time.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from phases.wording import listed
from scheduling.domain.clashes import Clash, Lesson, clashes_by_block
from scheduling.domain.clock import time_span
from scheduling.domain.week import DAY_NAMES, Week
from scheduling.models import Term
from scheduling.span_words import days_words, is_whole_term, range_words
from scheduling.week import Kind, Lessons

A_STRANGER = "a section of another department"
ANOTHER_SECTION = "another section"
NO_MEETING = "No meeting yet"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What a week is of; `pk`: what the address calls it, `name`: what people do."""

    kind: Kind
    pk: str
    name: str


@dataclass(frozen=True, kw_only=True)
class WeekWords:
    """The words of one week."""

    subject: Subject
    term: Term
    found: Lessons
    week: Week
    _clashes: Mapping[tuple[int, str], Sequence[Clash]] = field(init=False)
    _groups: Mapping[int, Sequence[Lesson]] = field(init=False)

    def __post_init__(self) -> None:
        """Find the clashes and the crosslists once for all blocks."""
        groups: dict[int, list[Lesson]] = defaultdict(list)
        for lesson in self.found.lessons:
            if lesson.crosslist is not None:
                groups[lesson.crosslist].append(lesson)
        object.__setattr__(self, "_clashes", clashes_by_block(self.week.clashes))
        object.__setattr__(self, "_groups", groups)

    # ---- a lesson

    def name(self, lesson: Lesson) -> str:
        """The section in a sentence."""
        return lesson.booking.label if self.found.is_seen(lesson) else A_STRANGER

    def place(self, lesson: Lesson) -> str:
        """The room or building."""
        if not self.found.is_seen(lesson) and self.subject.kind not in {Kind.ROOM, Kind.BUILDING}:
            return ""
        return f"{lesson.meeting.building} {lesson.meeting.room}".strip()

    def people(self, lesson: Lesson) -> str:
        """Who teaches, the primary first."""
        facts = self.found.sections.get(lesson.booking.section_id)
        return ", ".join(self.found.names[who] for who in facts.people) if facts else ""

    def details(self, lesson: Lesson) -> list[str]:
        """What the picture says beside the section: the place and the people, but not those of the page."""
        place = "" if self.subject.kind in {Kind.ROOM, Kind.BUILDING} else self.place(lesson)
        people = "" if self.subject.kind is Kind.INSTRUCTOR else self.people(lesson)
        return [words for words in (place, people) if words]

    def seats(self, lesson: Lesson) -> str:
        """``24 of 30``; a dash for a number that is not known."""
        facts = self.found.sections.get(lesson.booking.section_id)
        if facts is None or (facts.enrollment is None and facts.capacity is None):
            return ""
        taken, places = ("—" if one is None else f"{one:,}" for one in (facts.enrollment, facts.capacity))
        return f"{taken} of {places}"

    def crosslisted(self, lesson: Lesson) -> str:
        """With which sections it shares its class, as far as they are in this week; blank for none."""
        if lesson.crosslist is None or not self.found.is_seen(lesson):
            return ""
        names = {
            self.name(one): None
            for one in self._groups[lesson.crosslist]
            if one.booking.section_id != lesson.booking.section_id
        }
        return listed(names, "and") if names else ANOTHER_SECTION

    def dates(self, lesson: Lesson) -> str:
        """Its dates in full, blank for the whole term."""
        if is_whole_term(lesson.meeting, self.term):
            return ""
        return range_words(lesson.meeting.start_date, lesson.meeting.end_date)

    def short_dates(self, lesson: Lesson) -> str:
        """Its dates without the year, for a small space: the term tells the year."""
        return "–".join(text.rsplit(" ", 1)[0] for text in self.dates(lesson).split(" to ") if text)

    # ---- a clash

    def clashes(self, lesson: Lesson, letters: str, *, with_days: bool = False) -> list[str]:
        """``Clashes with CHE 202 B over HAL 101``, one for each class it clashes with on these days."""
        found = dict.fromkeys(
            one for letter in letters for one in self._clashes.get((lesson.key, letter), ())
        )
        return [
            f"Clashes with {self._rival(clash, lesson)} over {self.over(clash)}"
            f"{f' on {days_words(clash.days)}' if with_days else ''}"
            for clash in found
        ]

    def _rival(self, clash: Clash, lesson: Lesson) -> str:
        rival = clash.other if clash.one.key == lesson.key else clash.one
        if rival.booking.section_id == lesson.booking.section_id:
            return "another meeting of its own"
        if not (self.found.is_seen(rival) or self.found.is_seen(lesson)):
            return "another class"
        return self.name(rival)

    def over(self, clash: Clash) -> str:
        """The room and the people that both want, as far as the reader may know."""
        if self.found.is_seen(clash.one) and self.found.is_seen(clash.other):
            names = [self.found.names[who] for who in sorted(clash.instructors)]
            return listed([*([self.place(clash.one)] if clash.is_of_room else []), *names], "and")
        return self.place(clash.one) if self.subject.kind is Kind.BUILDING else self.subject.name

    def is_clash(self, lesson: Lesson, letter: str) -> bool:
        """Whether it clashes with anything on that day."""
        return (lesson.key, letter) in self._clashes

    def pair(self, clash: Clash) -> str:
        """A clash as a sentence."""
        one, other = self.name(clash.one), self.name(clash.other)
        if clash.one.booking.section_id == clash.other.booking.section_id:
            who = f"Two meetings of {one}"
        elif one == other == A_STRANGER:
            who = "Two sections of other departments"
        else:
            who = f"{one} and {other}"
        who = who[0].upper() + who[1:]
        when = f"{days_words(clash.days)}, {time_span(clash.start_time, clash.end_time)}"
        return f"{who} both want {self.over(clash)} on {when}."

    # ---- a block

    def sentence(self, lesson: Lesson, letter: str) -> str:
        """All of a block in one line, for a reader who does not see the picture."""
        meeting = lesson.meeting
        parts = [
            f"{DAY_NAMES[letter]} {time_span(meeting.start_time, meeting.end_time)}",
            self.place(lesson),
            self.people(lesson),
            self.dates(lesson),
            f"crosslisted with {self.crosslisted(lesson)}" if self.crosslisted(lesson) else "",
            *(words[0].lower() + words[1:] for words in self.clashes(lesson, letter)),
        ]
        return ", ".join([lesson.booking.label, *filter(None, parts)])
