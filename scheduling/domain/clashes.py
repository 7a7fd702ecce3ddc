"""Which classes clash: two that want one room or one person at one time. Pure.

Whether two meetings overlap is the house's rule, `checks.overlap`.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from .checks import Booking, overlap
from .values import Meeting


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """A meeting of a live section. `key` tells it from the week's others; `crosslist`: its group, if any."""

    key: int
    booking: Booking
    crosslist: int | None = None

    @property
    def meeting(self) -> Meeting:
        """When and where."""
        return self.booking.meeting

    @property
    def has_slot(self) -> bool:
        """Whether it can be drawn: on a day, from a time to a later one."""
        return bool(self.meeting.days and self.meeting.start_time < self.meeting.end_time)


@dataclass(frozen=True, kw_only=True, slots=True)
class Clash:
    """Two lessons that want one room, or one person, at one time; what they share of the week."""

    one: Lesson
    other: Lesson
    is_of_room: bool
    instructors: frozenset[str]
    days: str
    start_time: str
    end_time: str


def clash_of(one: Lesson, other: Lesson) -> Clash | None:
    """What two lessons contend for, None for nothing; the rule of `checks` for double-booking.

    Members of one crosslist share their room and people. Two meetings of one section contend for a room
    only: a team may divide itself.
    """
    is_one_section = one.booking.section_id == other.booking.section_id
    if one.key == other.key or not overlap(one.meeting, other.meeting):
        return None
    if one.crosslist is not None and one.crosslist == other.crosslist and not is_one_section:
        return None
    places = [(lesson.meeting.building, lesson.meeting.room) for lesson in (one, other)]
    is_of_room = bool(one.meeting.room) and places[0] == places[1]
    people = frozenset() if is_one_section else one.booking.instructors & other.booking.instructors
    if not (is_of_room or people):
        return None
    return Clash(
        one=one,
        other=other,
        is_of_room=is_of_room,
        instructors=people,
        days="".join(day for day in one.meeting.days if day in other.meeting.days),
        start_time=max(one.meeting.start_time, other.meeting.start_time),
        end_time=min(one.meeting.end_time, other.meeting.end_time),
    )


def clashes_of(lessons: Sequence[Lesson]) -> tuple[Clash, ...]:
    """Every clash among lessons, each pair once, in the order of the lessons."""
    contenders: dict[Hashable, list[int]] = defaultdict(list)
    for index, lesson in enumerate(lessons):
        meeting = lesson.meeting
        if meeting.room:
            contenders[meeting.building, meeting.room].append(index)
        for who in lesson.booking.instructors:
            contenders[who].append(index)
    pairs = {pair for rivals in contenders.values() for pair in combinations(rivals, 2)}
    found = (clash_of(lessons[first], lessons[second]) for first, second in sorted(pairs))
    return tuple(one for one in found if one is not None)


def clashes_by_block(clashes: Iterable[Clash]) -> Mapping[tuple[int, str], tuple[Clash, ...]]:
    """Key of a lesson and day -> its clashes then; blocks without any are left out.

    A lesson without a slot may clash too (a class that ends before it starts); its days are there as well.
    """
    found: dict[tuple[int, str], list[Clash]] = defaultdict(list)
    for clash in clashes:
        for day in clash.days:
            found[clash.one.key, day].append(clash)
            found[clash.other.key, day].append(clash)
    return {block: tuple(contended) for block, contended in found.items()}
