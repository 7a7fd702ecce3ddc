"""Moving one meeting of a section: the rows that the section's editor would send, with one of them changed.

So that a move has the editor's checks, locks, question about students and prompt for two people at once.
A moved meeting keeps its length; whoever wants another one uses the editor.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.http import QueryDict

from scheduling.domain.errors import DomainError, InvalidValue
from scheduling.domain.moving import days_moved, end_of
from scheduling.domain.values import Meeting, is_storable, meeting
from scheduling.domain.week import minutes
from scheduling.free_rooms import free_rooms
from scheduling.models import Building
from scheduling.models import Meeting as MeetingRecord
from scheduling.posted_numbers import whole
from scheduling.posted_values import ARRANGED, PLACE, posted_values
from scheduling.section_editor import Checked, Editor
from scheduling.section_inputs import MeetingRow, meeting_row
from scheduling.selectors import MEETING_COLUMNS, meeting_value
from scheduling.showing import meeting_words

NO_TIME = "Choose at least one day and a start time; a class without them is made in the editor."
PARTS = ("start_time", "end_time", PLACE, "start_date", "end_date")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """Where somebody dragged a class: from one day to another, a start time, a place; blank: as it is."""

    origin: str = ""
    target: str = ""
    start_time: str = ""
    place: str = ""

    @property
    def is_any(self) -> bool:
        """Whether it asks for anything."""
        return bool(self.target or self.start_time or self.place)


@dataclass(kw_only=True)
class Move:
    """The form of a move. `data`: all meetings as the editor posts them; `number`: the row that moves."""

    editor: Editor
    data: QueryDict
    number: int
    length: int

    @property
    def _prefix(self) -> str:
        return f"meetings.{self.number}."

    @property
    def row(self) -> MeetingRow:
        """What its inputs show."""
        return MeetingRow(
            number=self.number,
            days="".join(self.data.getlist(f"{self._prefix}days")),
            start_time=self.data.get(f"{self._prefix}start_time", ""),
            place=self.data.get(self._prefix + PLACE, ""),
        )

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the form sends beside its inputs: the other meetings, and the dates of this one."""
        shown = {f"{self._prefix}{part}" for part in ("days", "start_time", "end_time", PLACE)}
        return [
            (name, value)
            for name in self.data
            if name.startswith("meetings.") and name not in shown
            for value in self.data.getlist(name)
        ]

    @cached_property
    def wanted(self) -> Meeting | None:
        """The meeting as it would be; None where what is written is no meeting."""
        one_row = QueryDict(mutable=True)
        one_row["meetings.form"] = "1"
        for name in self.data:
            if name.startswith(self._prefix) and is_storable(self.data.getlist(name)):
                one_row.setlist(name, self.data.getlist(name))
        try:
            made = posted_values(one_row, [self.editor.fields["meetings"]])["meetings"]
            return meeting(made[0]) if made else None
        except DomainError:
            return None

    @property
    def _seen(self) -> Sequence[Meeting]:
        """The meetings that the form was made from; none where somebody saved others meanwhile."""
        is_current = self.data.get("version") == str(self.editor.state.version)
        return meetings_of(self.editor) if is_current else ()

    @property
    def now(self) -> str:
        """``MWF 9:00–9:50 am · HAL 101``, as it stands."""
        return "".join(meeting_words(one) for at, one in enumerate(self._seen) if at == self.number)

    @property
    def others(self) -> list[str]:
        """The other meetings of the section, which stay."""
        return [meeting_words(one) for at, one in enumerate(self._seen) if at != self.number]

    @property
    def then(self) -> str:
        """``TR 10:00–10:50 am · HAL 102``."""
        return meeting_words(self.wanted) if self.wanted else ""

    def set_end(self) -> None:
        """Give the meeting the end that keeps its length. Raises `InvalidValue` without a day and a start."""
        row = self.row
        if not (row.days and _CLOCK.fullmatch(row.start_time)):
            raise InvalidValue(NO_TIME, "meetings", "days")
        self.data[f"{self._prefix}end_time"] = end_of(row.start_time, self.length)

    def check(self) -> Checked:
        """What saving it would say; the rooms that are free are those for the meeting that moves."""
        checked = self.editor.check(self.data)
        if self.wanted is None:
            return checked
        seats = self.editor.state.values.get("capacity")
        rooms = free_rooms(
            self.editor.section.term,
            self.wanted,
            seats=seats if isinstance(seats, int) else None,
            section_id=self.editor.section.pk,
        )
        return replace(checked, rooms=rooms)


def move_of(editor: Editor, meeting_id: int | None, wish: Wish) -> Move | None:
    """The move of a meeting (its id) as somebody wishes it; None where it is gone, or has no time to move.

    Without an id the only meeting of the section is meant.
    """
    meetings = meetings_of(editor)
    found = _stored(editor, meeting_id) if meeting_id else meetings[0] if len(meetings) == 1 else None
    if found not in meetings or not (found.days and found.start_time < found.end_time):
        return None
    number = meetings.index(found)
    data = _as_it_stands(editor, meetings)
    prefix = f"meetings.{number}."
    data[f"{prefix}days"] = days_moved(found.days, origin=wish.origin, target=wish.target)
    if _CLOCK.fullmatch(wish.start_time):
        data[f"{prefix}start_time"] = wish.start_time
    if wish.place:
        data[prefix + PLACE] = wish.place
    length = minutes(found.end_time) - minutes(found.start_time)
    return Move(editor=editor, data=data, number=number, length=length)


def move_posted(editor: Editor, posted: QueryDict) -> Move:
    """The move as the form sends it."""
    return Move(
        editor=editor,
        data=posted.copy(),
        number=whole(posted.get("row")) or 0,
        length=whole(posted.get("length")) or 0,
    )


def meetings_of(editor: Editor) -> tuple[Meeting, ...]:
    """The meetings of the section as it stands."""
    return editor.state.values.get("meetings") or ()  # type: ignore[return-value]  # the field's own kind


def _stored(editor: Editor, meeting_id: int) -> Meeting | None:
    rows = MeetingRecord.objects.filter(pk=meeting_id, section=editor.section)
    columns = rows.values_list(*MEETING_COLUMNS).first()
    return meeting_value(columns) if columns else None


def _as_it_stands(editor: Editor, meetings: Sequence[Meeting]) -> QueryDict:
    """What the editor's form would send if nobody touched it."""
    data = QueryDict(mutable=True)
    data["version"], data["meetings.form"] = str(editor.state.version), "1"
    first, last = (str(editor.state.values.get(name) or "") for name in ("start_date", "end_date"))
    codes = frozenset(Building.objects.values_list("pk", flat=True))
    for number, one in enumerate(meetings):
        row = meeting_row(number, one, (first, last), codes)
        data[f"meetings.{number}.days"] = row.days
        for part in PARTS:
            data[f"meetings.{number}.{part}"] = getattr(row, part)
        if row.is_arranged:
            data[f"meetings.{number}.{ARRANGED}"] = "1"
    return data
