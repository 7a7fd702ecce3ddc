"""What has to happen for each reason of the integration status; each way gives the section to ask about."""

import datetime as dt
from contextlib import contextmanager

from django.utils import timezone

from integration import outbound
from integration.sis.memory import MemoryAdapter
from integration.sis.port import MergeType
from integration.status_rules import Code
from scheduling.services import sections
from tests.campus import TERM

UPDATE = {"operation": "UPDATE", "type": "sections"}


def fault(campus, then, when=UPDATE, **times):
    campus.adapter.faults([{"when": when, "then": then, **times}])


def verified(campus, clock):
    return "S1"


def agreed(campus, clock):
    campus.enable()
    campus.edit("S1", title="Mine")
    campus.sweep()
    return "S1"


def queued(campus, clock):
    campus.enable()
    campus.edit("S1", title="Mine")
    return "S1"


def sending(campus, clock):
    queued(campus, clock)
    with outbound.delivering_process() as owner:
        outbound.claim(MergeType.SECTIONS, TERM, owner=owner, limit=5, now=timezone.now())
    return "S1"


def unknown_outcome(campus, clock):
    campus.enable()
    made = campus.create()
    fault(campus, "timeout_before_effect", {"operation": "CREATE"})
    campus.sweep()
    return made


def sis_unreachable(campus, clock):
    queued(campus, clock)
    fault(campus, "unavailable_before")
    campus.sweep()
    return "S1"


def record_locked(campus, clock):
    queued(campus, clock)
    fault(campus, "locked")
    campus.sweep()
    return "S1"


class Restless(MemoryAdapter):
    """Somebody edits S1 in the SIS between our read and our write, every time."""

    edits = 0

    @contextmanager
    def writing(self, **named):
        self.edits += 1
        self.edit("S1", notes=f"Note {self.edits}")
        with super().writing(**named) as writer:
            yield writer


def changed_meanwhile(campus, clock):
    queued(campus, clock)
    campus.adapter = Restless(path=campus.folder, options=campus.adapter.options)
    campus.sweep()
    return "S1"


def waiting_for_member(campus, clock):
    made = campus.create("Y"), campus.create("Z")
    campus.crosslist(*made)
    campus.enable([MergeType.RELATIONSHIPS])
    campus.sweep()
    return made[0]


def too_few_members(campus, clock):
    """The SIS removes a section of a group that it never had."""
    campus.enable()
    campus.crosslist(campus.id_of("S1"), campus.id_of("S2"))
    campus.adapter.remove("S2")
    campus.merge()
    campus.sweep()
    return "S1"


def member_gone(campus, clock):
    campus.enable()
    made = campus.create("Y")
    campus.crosslist(campus.id_of("S1"), made)
    sections.cancel_section(made, author=campus.author())
    campus.sweep()
    return "S1"


def type_off(campus, clock):
    campus.settings(sections={"is_enabled": False})
    return queued(campus, clock)


def term_off(campus, clock):
    campus.edit("S1", title="Mine")
    return "S1"


def term_over(campus, clock):
    campus.enable(until=dt.date(2027, 1, 13))
    campus.edit("S1", title="Mine")
    clock.shift(dt.timedelta(days=2))
    return "S1"


def term_gone(campus, clock):
    queued(campus, clock)
    campus.adapter.remove(TERM, "terms")
    campus.merge([MergeType.TERMS])
    return "S1"


def sending_off(campus, clock):
    campus.enable(send=False, real_time=False)
    campus.edit("S1", title="Mine")
    return "S1"


def real_time_off(campus, clock):
    campus.enable(real_time=False)
    campus.edit("S1", title="Mine")
    return "S1"


def paused(campus, clock):
    campus.grow(30)
    campus.merge()
    campus.enable()
    for number in range(30):
        campus.adapter.edit(f"G{number:02d}", capacity="55")
    outcome = campus.merge()
    assert outcome.exit_code == 3
    campus.edit("S1", title="Mine")
    return "S1"


def conflict(campus, clock):
    queued(campus, clock)
    campus.adapter.edit("S1", title="Theirs")
    campus.merge()
    return "S1"


def number_cycle(campus, clock):
    campus.enable()
    campus.edit("S1", section_number="T")
    campus.edit("S2", section_number="A")
    campus.edit("S1", section_number="B")
    campus.sweep()
    return "S1"


def swept(campus, clock):
    """Edited and worked by the queue."""
    queued(campus, clock)
    campus.sweep()
    return "S1"


def sis_rejected(campus, clock):
    queued(campus, clock)
    fault(campus, "refuse")
    campus.sweep()
    return "S1"


def given_up(campus, clock):
    queued(campus, clock)
    fault(campus, "locked", p=1.0, seed=1)
    campus.sweep()
    clock.shift(dt.timedelta(hours=25))
    campus.sweep()
    return "S1"


def import_rejected(campus, clock):
    campus.adapter.edit("S1", capacity="-3")
    campus.merge()
    return "S1"


def missing_in_sis(campus, clock):
    section = campus.id_of("S1")
    campus.adapter.remove("S1")
    campus.merge()
    return section


def removed_in_sis(campus, clock):
    campus.settings(sections={"removal": "CANCEL"})
    return missing_in_sis(campus, clock)


def cancelled_unsent(campus, clock):
    made = campus.create()
    sections.cancel_section(made, author=campus.author())
    return made


def nothing_to_send(campus, clock):
    campus.settings(sections={"sent_fields": ("capacity",)})
    return queued(campus, clock)


WAYS = {
    Code.VERIFIED: (verified, ""),
    Code.AGREED: (agreed, ""),
    Code.QUEUED: (queued, ""),
    Code.SENDING: (sending, ""),
    Code.AWAITING: (swept, "applies_later=3600"),
    Code.UNKNOWN_OUTCOME: (unknown_outcome, "unique=none"),
    Code.SIS_UNREACHABLE: (sis_unreachable, ""),
    Code.RECORD_LOCKED: (record_locked, ""),
    Code.CHANGED_MEANWHILE: (changed_meanwhile, ""),
    Code.WAITING_FOR_MEMBER: (waiting_for_member, ""),
    Code.TOO_FEW_MEMBERS: (too_few_members, ""),
    Code.MEMBER_GONE: (member_gone, ""),
    Code.TYPE_OFF: (type_off, ""),
    Code.TERM_OFF: (term_off, ""),
    Code.TERM_OVER: (term_over, ""),
    Code.TERM_GONE: (term_gone, ""),
    Code.SENDING_OFF: (sending_off, ""),
    Code.REAL_TIME_OFF: (real_time_off, ""),
    Code.PAUSED: (paused, ""),
    Code.CONFLICT: (conflict, ""),
    Code.NUMBER_CYCLE: (number_cycle, "unique=client_ref,natural_key"),
    Code.SIS_CANNOT: (swept, "read_only=yes"),
    Code.SIS_REJECTED: (sis_rejected, ""),
    Code.GIVEN_UP: (given_up, ""),
    Code.IMPORT_REJECTED: (import_rejected, ""),
    Code.MISSING_IN_SIS: (missing_in_sis, "complete=yes&read_by_id=no"),
    Code.REMOVED_IN_SIS: (removed_in_sis, ""),
    Code.CANCELLED_UNSENT: (cancelled_unsent, ""),
    Code.NOTHING_TO_SEND: (nothing_to_send, ""),
}
