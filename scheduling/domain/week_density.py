"""How many classes are on at each hour of a week, for a week with too many to draw. Pure."""

from collections import Counter
from collections.abc import Iterable

from .clashes import Clash, Lesson
from .week import HOUR, minutes

Hour = tuple[str, int]
"""A day's letter, and the hour from which it counts."""


def hours_on(days: str, start_time: str, end_time: str) -> list[Hour]:
    """The hours of the week that this stretch of time touches on these days."""
    first, last = minutes(start_time) // HOUR, -(-minutes(end_time) // HOUR)
    return [(day, hour) for day in days for hour in range(first, last)]


def classes_by_hour(lessons: Iterable[Lesson]) -> Counter[Hour]:
    """Hour -> classes on then."""
    slots = (one.meeting for one in lessons if one.has_slot)
    return Counter(hour for one in slots for hour in hours_on(one.days, one.start_time, one.end_time))


def clashes_by_hour(clashes: Iterable[Clash]) -> Counter[Hour]:
    """Hour -> clashes then. A clash of classes that end before they start has no hour."""
    return Counter(hour for one in clashes for hour in hours_on(one.days, one.start_time, one.end_time))


def is_at(lesson: Lesson, day: str, hour: int | None) -> bool:
    """Whether a class is on at that hour of that day; hour None: on that day at all."""
    if not lesson.has_slot or day not in lesson.meeting.days:
        return False
    one = lesson.meeting
    return hour is None or (day, hour) in hours_on(day, one.start_time, one.end_time)
