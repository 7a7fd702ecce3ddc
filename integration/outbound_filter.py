"""Which rows of the outbound queue a page lists: by term, type, state, and what the last attempt met."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from integration.channels import Channels
from integration.models import Conflict, OutboundChange
from integration.sis.port import ErrorClass
from integration.status_rules import Hindrance, barred

State = OutboundChange.State
OPEN_STATES = (State.WAITING, State.SENDING, State.AWAITING, State.PARKED)
AWAY = (ErrorClass.TRANSIENT.value, ErrorClass.RATE_LIMITED.value, ErrorClass.AUTH.value)
MET: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "nothing": ("Nothing yet", (Hindrance.NONE.value,)),
    "away": ("The SIS could not be reached", AWAY),
    "rejected": ("Rejected by the SIS", (ErrorClass.VALIDATION.value,)),
    "open-there": ("Open in the SIS", (ErrorClass.LOCKED.value,)),
    "changed": ("Changed in the SIS meanwhile", (ErrorClass.CONFLICT.value,)),
    "unknown": ("Sent, outcome unknown", (ErrorClass.UNKNOWN_OUTCOME.value,)),
    "member": ("Waiting for a crosslist member", (Hindrance.WAITING_FOR_MEMBER.value,)),
    "gone": ("A section of the group will not be in the SIS", (Hindrance.MEMBER_GONE.value,)),
    "few": ("A group of fewer than two sections", (Hindrance.TOO_FEW_MEMBERS.value,)),
    "numbers": ("Section numbers wait for each other", (Hindrance.NUMBER_CYCLE.value,)),
    "cannot": ("The SIS does not take it", (Hindrance.SIS_CANNOT.value,)),
    "missing": ("Not found in the SIS", (ErrorClass.NOT_FOUND.value,)),
}
"""What the last attempt met: filter value -> words and the error classes that it stands for."""
REASONS: Mapping[str, str] = {
    "conflict": "Held by a conflict",
    "closed": "Switched off or paused",
    **{name: words for name, (words, _classes) in MET.items()},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboundFilter:
    """Which rows; blank: any that is not done. `reason`: one of `REASONS`."""

    term: str = ""
    merge_type: str = ""
    state: str = ""
    reason: str = ""
    q: str = ""

    def rows(self, channels: Channels) -> QuerySet[OutboundChange]:
        """The rows, unordered."""
        found = OutboundChange.objects.filter(state__in=OPEN_STATES)
        if self.state in State.values:
            found = OutboundChange.objects.filter(state=self.state)
        found = found.filter(term=self.term) if self.term else found
        found = found.filter(merge_type=self.merge_type) if self.merge_type else found
        if self.q:
            found = found.filter(Q(link__label__icontains=self.q) | Q(link__sis_id=self.q))
        return self._for_a_reason(found, channels).order_by()

    def _for_a_reason(self, rows: QuerySet[OutboundChange], channels: Channels) -> QuerySet[OutboundChange]:
        held = Exists(Conflict.objects.filter(link=OuterRef("link"), status=Conflict.Status.OPEN))
        if self.reason == "conflict":
            return rows.filter(held)
        if self.reason == "closed":
            closed = [key for key, channel in channels.items() if barred(channel) is not None]
            places = [Q(merge_type=merge_type, term=term) for merge_type, term in closed]
            return rows.filter(Q(*places, _connector=Q.OR)) if places else rows.none()
        if self.reason in MET:
            return rows.filter(error_class__in=MET[self.reason][1])
        return rows
