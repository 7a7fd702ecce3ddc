"""What has happened in the demo before anybody looks: a few days' work of a registrar's office.

Both systems are edited as people would, through the write services here and in the fake SIS there, and real
merges meet what they meet: conflicts, refusals of the SIS, a double booking, an answer that never came, and a
removal that is too large to pass without a person.
"""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from integration.sis.memory import MemoryAdapter
from scheduling.models import ChangeLog, Section, User
from scheduling.services.audit import Author
from scheduling.services.sections import update_section

STOPPED, UNREACHABLE = 3, 4
"""Exit statuses of `execute_merge` that belong to the story."""


class MergeFailed(Exception):
    """A merge of the demo did not go as it should; the message is what the merge said."""


def merge(*words: str, expected: Sequence[int] = (0, 1)) -> None:
    """`manage.py execute_merge …`; raises `MergeFailed` on an exit status that is not `expected`."""
    said, status = io.StringIO(), 0
    try:
        call_command("execute_merge", *words, "--no-progress", stdout=said, stderr=said)
    except SystemExit as end:
        status = int(end.code or 0)
    if status not in expected:
        raise MergeFailed(f"execute_merge {' '.join(words)} ended with {status}:\n{said.getvalue()}")


@dataclass(frozen=True, kw_only=True)
class Story:
    """`spring` is at work, `fall` has just been rolled and imported. `registrar` signs what people edit."""

    sis: MemoryAdapter
    spring: str
    fall: str
    registrar: User

    def tell(self) -> None:
        """All of it, in order."""
        taught = self._sections_with_meetings()
        self._edit_and_send(taught[:24])
        self._edit_both_sides(taught[24:84])
        self._close_a_room(taught)
        merge("sections", "--term", self.spring, "--send-updates")
        self._lose_an_answer()
        self._remove_too_many()

    def _sections_with_meetings(self) -> list[Section]:
        found = Section.objects.filter(
            term=self.spring,
            status=Section.Status.ACTIVE,
            meetings__room__isnull=False,
            meetings__start_time__isnull=False,
        )
        sections = list(found.order_by("id").distinct())
        Random(1).shuffle(sections)  # of all departments
        return sections

    def _edit(self, section: Section, reason: str = "", **changes: Any) -> None:
        author = Author(
            now=timezone.now(),
            source=ChangeLog.Source.FORM,
            user=self.registrar,
            reason=reason,
            confirmed_students=section.enrollment or 0,
        )
        update_section(section.pk, changes, author=author)

    def _edit_and_send(self, sections: Sequence[Section]) -> None:
        """Edits that only one side made: sent, and read again to be sure."""
        for number, section in enumerate(sections):
            if number % 3:
                self._edit(section, waitlist_capacity=5 + number % 7)
            else:
                self._edit(section, "Asked by the department", notes="Bring a laptop to the first class.")
        call_command("deliver_outbound", "--once", stdout=io.StringIO())

    def _edit_both_sides(self, sections: Sequence[Section]) -> None:
        """The SIS changes sixty sections; six of them were changed here too, and a person has to choose."""
        for number, section in enumerate(sections):
            key = section.sis_id or ""
            if number < len(TITLES):
                ours, theirs = TITLES[number]
                self._edit(section, title=ours)
                self.sis.edit(key, title=theirs)
            elif number % 2:
                self.sis.edit(key, enrollment=str((section.enrollment or 0) + 3))
            else:
                self.sis.edit(key, notes="Permission of the instructor required.")
        first, second = sections[-2:]
        taken = self.sis.sections(self.spring)[first.sis_id or ""]["meetings"]
        self.sis.edit(second.sis_id or "", meetings=taken)  # a double booking, made in the SIS

    def _close_a_room(self, sections: Sequence[Section]) -> None:
        """The SIS takes a room away while sections here are being moved into it."""
        *_others, guest = sections
        host = sections[100]
        meeting = host.meetings.select_related("room").first()
        if meeting is None or meeting.room is None:
            raise MergeFailed("The demo's sections have no rooms to play with.")
        room = meeting.room
        self.sis.remove(f"{room.building_id}/{room.number}", "rooms")
        early = {"days": "S", "start_time": "08:00", "end_time": "08:50"}
        place = {"building": room.building_id, "room": room.number}
        self._edit(guest, meetings=[{**early, **place}])
        self._edit(host, meetings=[{**early, **place, "start_time": "09:00", "end_time": "09:50"}])

    def _lose_an_answer(self) -> None:
        """One merge that failed, for the list of runs, and one that made it good."""
        fault = {"when": {"operation": "READ", "type": "relationships"}, "then": "unavailable_before"}
        self.sis.faults([{**fault, "times": 1}])
        merge("relationships", "--term", self.spring, expected=[UNREACHABLE])
        merge("relationships", "--term", self.spring)

    def _remove_too_many(self) -> None:
        """In the freshly rolled term a department's sections vanish: a plan waits for a person."""
        ids = sorted(self.sis.sections(self.fall))
        share = max(20, len(ids) // 35)
        for sis_id in ids[share : 2 * share]:
            with contextlib.suppress(KeyError):
                self.sis.remove(sis_id)
        merge("sections", "--term", self.fall, expected=[STOPPED])


TITLES = (
    ("Writing in the Disciplines", "Academic Writing"),
    ("Topics: Cities and Rivers", "Topics: Urban Rivers"),
    ("Introduction with Lab", "Introduction (with Lab)"),
    ("Senior Seminar: Memory", "Senior Seminar"),
    ("Methods and Models", "Methods & Models"),
    ("Reading the Archive", "Archival Research"),
)
"""Titles of sections that both sides changed: (here, in the SIS)."""
