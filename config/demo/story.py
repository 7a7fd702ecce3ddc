"""What has happened in the demo before anybody looks: a few days' work of a registrar's office.

Both systems are edited as people would, through the write services here and as a registrar in the SIS, and
real merges meet what they meet: conflicts, refusals of the SIS, a double booking, a SIS in maintenance, and a
removal that is too large to pass without a person.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from config.demo.registrar import Registrar
from integration.sis.ethos.client import READ_TRIES
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

    sis: Registrar
    spring: str
    fall: str
    registrar: User

    def tell(self) -> None:
        """All of it, in order."""
        taught = self._sections_with_meetings()
        self._edit_and_send(taught[:24])
        self._edit_both_sides(taught[24:84])
        self._call_it_a_studio(taught[100:102])
        merge("sections", "--term", self.spring, "--send-updates")
        self._meet_maintenance()
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
            key = self._key(section)
            if number < len(TITLES):
                ours, theirs = TITLES[number]
                self._edit(section, title=ours)
                self.sis.edit(key, title=theirs)
            elif number % 2:
                self.sis.edit(key, enrollment=str((section.enrollment or 0) + 3))
            else:
                self.sis.edit(key, notes="Permission of the instructor required.")
        first, second = sections[-2:]
        taken = self.sis.sections[self._key(first)]["meetings"]
        self.sis.edit(self._key(second), meetings=taken)  # a double booking, made in the SIS

    def _key(self, section: Section) -> str:
        """What the SIS's own people call it."""
        return self.sis.ids[section.sis_id or ""]

    def _call_it_a_studio(self, sections: Sequence[Section]) -> None:
        """Two sections get a schedule type that only the SIS could know it does not have: it refuses."""
        for section in sections:
            self._edit(section, "The department calls it a studio", schedule_type="STUDIO")

    def _meet_maintenance(self) -> None:
        """One merge that failed, for the list of runs, and one that made it good."""
        crosslists = {"method": "GET", "resource": "section-crosslists"}
        self.sis.order_fault({"when": crosslists, "then": "maintenance", "times": READ_TRIES})
        merge("relationships", "--term", self.spring, expected=[UNREACHABLE])
        merge("relationships", "--term", self.spring)

    def _remove_too_many(self) -> None:
        """In the freshly rolled term a department's sections vanish: a plan waits for a person."""
        ids = self.sis.of_term(self.fall)
        share = max(20, len(ids) // 35)
        self.sis.remove(ids[share : 2 * share])
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
