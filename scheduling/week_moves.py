"""Which classes of a week the reader may move, and why not the others: the lock of their meetings."""

import datetime as dt
from dataclasses import replace

from phases.policy import SectionFacts
from scheduling.models import Term
from scheduling.services.field_locks import FieldLocks
from scheduling.visibility import Viewer
from scheduling.week import Lessons

FIELD = "meetings"


def with_locks(found: Lessons, term: Term, viewer: Viewer, *, at: dt.datetime) -> Lessons:
    """The same lessons with the locks of those that the reader may know. The queries do not grow."""
    locks = FieldLocks(terms=[term.pk], at=at, user_id=viewer.user_id, roles=viewer.rights.roles)
    drawn = {one.booking.section_id for one in found.lessons}
    refused: dict[int, str] = {}
    for pk in drawn & found.sections.keys():
        known = found.sections[pk]
        facts = SectionFacts(section_id=pk, departments=frozenset([known.department]))
        locked = locks.of_section(actor=viewer, term_code=term.pk, facts=facts, sis_id=known.sis_id)
        if FIELD in locked:
            refused[pk] = locked[FIELD]
    return replace(found, locks=refused)
