"""What somebody wants of the meetings and instructors of many sections: one wish, worked out for each.

A section for which a wish makes no sense is refused with a sentence; the others are changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.http import QueryDict

from scheduling.domain.errors import DomainError, InvalidValue
from scheduling.domain.values import WHOLE, Assignment, Meeting, is_storable
from scheduling.models import Instructor
from scheduling.place_texts import places_meant
from scheduling.posted_values import people_written

ROOM, NO_ROOM, MINUTES, PATTERN, WHO, BY = (
    "room",
    "room.blank",
    "minutes",
    "pattern",
    "replaced",
    "replaced.by",
)
NAMES = (ROOM, NO_ROOM, MINUTES, PATTERN, WHO, BY)
"""The names of the inputs of the form."""
DAY = 24 * 60
"""Minutes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowWish:
    """`room`: building and number for all meetings. `minutes`: how much later they begin and end.

    `pattern`: days, start and end for the one meeting that has a time. `swap`: who teaches no more, and who
    does instead. None and 0: as they are.
    """

    room: tuple[str, str] | None = None
    minutes: int = 0
    pattern: tuple[str, str, str] | None = None
    swap: tuple[str, str] | None = None

    def __bool__(self) -> bool:
        """Whether anything is wanted."""
        return self != RowWish()

    def of_section(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Field -> raw value for a section with these values.

        Raises `InvalidValue` where the wish makes no sense for it.
        """
        changes: dict[str, Any] = {}
        if self.room is not None or self.minutes or self.pattern is not None:
            changes["meetings"] = self._meetings(values.get("meetings") or ())
        if self.swap is not None:
            changes["instructors"] = swapped(values.get("instructors") or (), *self.swap)
        return {name: msgspec.to_builtins(rows) for name, rows in changes.items()}

    def _meetings(self, meetings: Sequence[Meeting]) -> list[Meeting]:
        made = [_later(one, self.minutes) for one in meetings] if self.minutes else list(meetings)
        if self.pattern is not None:
            made = _in_pattern(made, self.pattern)
        if self.room is not None:
            building, room = self.room
            made = [msgspec.structs.replace(one, building=building, room=room) for one in made]
        return made


def read_row_wish(data: QueryDict) -> tuple[RowWish, list[DomainError]]:
    """The wish in a form, and what in it cannot be read."""
    errors: list[DomainError] = []
    minutes, pattern, swap = 0, _pattern(data.get(PATTERN, "")), None
    try:
        minutes = _minutes(data.get(MINUTES, "").strip())
    except InvalidValue as error:
        errors.append(error)
    if minutes and pattern:
        errors.append(
            InvalidValue("Times are moved by minutes or to usual times, not both; choose one.", "meetings")
        )
    try:
        swap = _swap(data.get(WHO, "").strip(), data.get(BY, "").strip())
    except InvalidValue as error:
        errors.append(error)
    room = None
    try:
        room = _room(data)
    except InvalidValue as error:
        errors.append(error)
    return RowWish(room=room, minutes=minutes, pattern=pattern, swap=swap), errors


def _room(data: QueryDict) -> tuple[str, str] | None:
    if data.get(NO_ROOM):
        return "", ""
    written = data.get(ROOM, "").strip()
    return places_meant([written])[written] if written else None


def _minutes(written: str) -> int:
    sign, digits = written[:1], written.lstrip("+-\u2212")
    if not written:
        return 0
    if (
        not (digits.isascii() and digits.isdigit())
        or len(written) - len(digits) > 1
        or len(digits) > len(str(DAY))
    ):
        raise InvalidValue(
            "Minutes must be a whole number; 10 is ten minutes later, -10 ten minutes earlier."
        )
    return int(digits) * (-1 if sign in {"-", "\u2212"} else 1)


def _pattern(written: str) -> tuple[str, str, str] | None:
    days, start, end = (*written.split("|"), "", "", "")[:3]
    return (days, start, end) if written else None


def _swap(who: str, by: str) -> tuple[str, str] | None:
    """The SIS ids of who goes and who comes. Raises `InvalidValue`."""
    if not (who or by):
        return None
    if not (who and by):
        raise InvalidValue("To replace an instructor, write who teaches no more and who does instead.")
    ids = people_written([who, by])
    known = Instructor.objects.filter(pk__in=list(filter(is_storable, ids.values())))
    missing = set(ids.values()) - set(known.values_list("pk", flat=True))
    unknown = [text for text in (who, by) if ids[text] in missing]
    if unknown:
        raise InvalidValue(f"There is no instructor “{unknown[0][:80]}”; write a name or an id.")
    if ids[who] == ids[by]:
        raise InvalidValue("Somebody cannot be replaced by the same person; write two people.")
    return ids[who], ids[by]


def swapped(team: Sequence[Assignment], who: str, by: str) -> list[Assignment]:
    """The team in which `by` has the place of `who`; where they teach it already, both shares."""
    old = next((one for one in team if one.instructor == who), None)
    if old is None:
        return list(team)
    own = next((one for one in team if one.instructor == by), Assignment(instructor=by, percent=0))
    new = Assignment(
        instructor=by,
        percent=min(WHOLE, old.percent + own.percent),
        is_primary=old.is_primary or own.is_primary,
    )
    return [new if one is old else one for one in team if one.instructor != by]


def _later(one: Meeting, minutes: int) -> Meeting:
    return msgspec.structs.replace(
        one, start_time=_moved(one.start_time, minutes), end_time=_moved(one.end_time, minutes)
    )


def _moved(time: str, minutes: int) -> str:
    if not time:
        return ""
    hours, _colon, rest = time.partition(":")
    moment = int(hours) * 60 + int(rest) + minutes
    if not 0 <= moment < DAY:
        raise InvalidValue(f"{time} moved by {minutes} minutes is not on the same day.", "meetings")
    return f"{moment // 60:02}:{moment % 60:02}"


def _in_pattern(meetings: Sequence[Meeting], pattern: tuple[str, str, str]) -> list[Meeting]:
    timed = [one for one in meetings if not one.is_arranged]
    if len(timed) != 1:
        have = f"{len(timed)} meetings with days or a time" if timed else "no meeting with days or a time"
        raise InvalidValue(
            f"It has {have}, so that the usual times have no one place to go; open the section.", "meetings"
        )
    days, start, end = pattern
    moved = msgspec.structs.replace(timed[0], days=days, start_time=start, end_time=end)
    return [moved if one is timed[0] else one for one in meetings]
