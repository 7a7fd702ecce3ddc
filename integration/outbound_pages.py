"""The outbound queue as the console shows it: what waits, since when, why, and what is tried next."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from integration.channels import Channels, load_channels
from integration.group_labels import GroupLabel, labels_of_groups
from integration.models import Conflict, OutboundChange
from integration.outbound_reasons import WhyWaiting, reasons_for, why_queue_waits
from integration.settings import MergeSettings
from integration.sis.port import SENDABLE_TYPES, Capabilities, ErrorClass
from integration.status import configured_capabilities, usable_settings
from integration.status_rules import Hindrance, barred
from scheduling.models import Term
from scheduling.paging import Ordering, Page, page_of
from scheduling.pills import Pill
from scheduling.selectors import labels_of_sections

State = OutboundChange.State
OPEN_STATES = (State.WAITING, State.SENDING, State.AWAITING, State.PARKED)
STATE_WORDS: Mapping[str, str] = {
    State.WAITING: "Waiting",
    State.SENDING: "Being sent",
    State.AWAITING: "Sent, not confirmed",
    State.PARKED: "Rejected or given up",
    State.DONE: "Nothing to send",
}
AWAY = (ErrorClass.TRANSIENT.value, ErrorClass.RATE_LIMITED.value, ErrorClass.AUTH.value)
MET: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "nothing": ("Nothing yet", (Hindrance.NONE.value,)),
    "away": ("The SIS could not be reached", AWAY),
    "rejected": ("Rejected by the SIS", (ErrorClass.VALIDATION.value,)),
    "open-there": ("Open in the SIS", (ErrorClass.LOCKED.value,)),
    "changed": ("Changed in the SIS meanwhile", (ErrorClass.CONFLICT.value,)),
    "unknown": ("Sent, outcome unknown", (ErrorClass.UNKNOWN_OUTCOME.value,)),
    "member": ("Waiting for a crosslist member", (Hindrance.WAITING_FOR_MEMBER.value,)),
    "numbers": ("Section numbers wait for each other", (Hindrance.NUMBER_CYCLE.value,)),
    "cannot": ("The SIS does not take it", (Hindrance.SIS_CANNOT.value,)),
    "missing": ("Not found in the SIS", (ErrorClass.NOT_FOUND.value,)),
}
"""What the last attempt met: filter value -> words and the error classes that it stands for."""
NEXT_OF_STATE: Mapping[str, str] = {
    State.PARKED: "Not by itself: when the section, the settings or what it lacks changes",
    State.SENDING: "Being sent now",
    State.AWAITING: "When an import shows it in the SIS",
    State.DONE: "Nothing to do",
}
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """What waits of one type in one term, by state, and why nothing of it goes by itself (None: it does)."""

    merge_type: str
    term: Term
    numbers: Mapping[str, int]
    why: WhyWaiting | None

    @property
    def total(self) -> int:
        """How many rows are open."""
        return sum(self.numbers.values())

    @property
    def cells(self) -> tuple[tuple[str, int], ...]:
        """(state, number) in the order of the table's columns."""
        return tuple((state.value, self.numbers.get(state.value, 0)) for state in OPEN_STATES)


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboundView:
    """One row, ready to be shown. `next_words`: what happens next, where no moment (`next_at`) is known."""

    pk: int
    label: str
    section_id: int | None
    term: str
    type_word: str
    pill: Pill
    wanted: int
    acknowledged: int
    since: dt.datetime
    is_failing: bool
    attempts: int
    next_words: str
    next_at: dt.datetime | None
    words: str
    is_parked: bool
    reasons: Sequence[WhyWaiting] = field(default_factory=tuple)


@dataclass(kw_only=True)
class Board:
    """The whole page's facts, read once. `now`: the moment of the request."""

    now: dt.datetime
    settings: MergeSettings
    able: Capabilities
    channels: Channels
    queues: Sequence[Queue]

    @classmethod
    def load(cls, *, now: dt.datetime) -> "Board":
        """Counts and channels of everything open, in seven queries."""
        settings = usable_settings()
        rows = OutboundChange.objects.filter(state__in=OPEN_STATES).order_by()
        counted = list(rows.values_list("term", "merge_type", "state").annotate(number=Count("id")))
        terms = Term.objects.in_bulk({code for code, *_rest in counted})
        channels = load_channels(list(terms), settings, now=now)
        numbers: dict[tuple[str, str], dict[str, int]] = {}
        for code, merge_type, state, number in counted:
            numbers.setdefault((merge_type, code), {})[state] = number
        queues = [
            Queue(
                merge_type=merge_type.value,
                term=terms[code],
                numbers=numbers[merge_type.value, code],
                why=why_queue_waits(channels[merge_type.value, code]),
            )
            for code in sorted(terms)
            for merge_type in SENDABLE_TYPES
            if (merge_type.value, code) in numbers
        ]
        return cls(
            now=now, settings=settings, able=configured_capabilities(), channels=channels, queues=queues
        )

    def page(self, chosen: OutboundFilter, cursor: str) -> Page[OutboundChange]:
        """One page, what waits longest first. Raises `BadCursor`."""
        rows = chosen.rows(self.channels).select_related("link", "term")
        return page_of(rows, Ordering(), cursor)

    def views(self, rows: Sequence[OutboundChange]) -> list[OutboundView]:
        """Rows (with their links and terms loaded) as the page shows them."""
        links = [row.link for row in rows]
        reasons = reasons_for(
            links, settings=self.settings, able=self.able, channels=self._channels_of(rows), now=self.now
        )
        labels = labels_of_sections({link.section_id for link in links if link.section_id})
        groups = labels_of_groups({link.relationship_id for link in links if link.relationship_id})
        return [
            self._view(
                row,
                label=labels.get(row.link.section_id or 0),
                group=groups.get(row.link.relationship_id or 0),
                reasons=reasons[row.link_id],
            )
            for row in rows
        ]

    def _channels_of(self, rows: Sequence[OutboundChange]) -> Channels:
        """Done rows may be of terms where nothing waits any more."""
        missing = {row.term_id for row in rows} - {term for _type, term in self.channels}
        return (
            {**self.channels, **load_channels(missing, self.settings, now=self.now)}
            if missing
            else self.channels
        )

    def _view(
        self,
        row: OutboundChange,
        *,
        label: str | None,
        group: GroupLabel | None,
        reasons: Sequence[WhyWaiting],
    ) -> OutboundView:
        next_words, next_at = self._next(row, is_held=any(one.conflict for one in reasons))
        return OutboundView(
            pk=row.pk,
            label=label or (group.text if group else str(row.link)),
            section_id=row.link.section_id or (group.section_id if group else None),
            term=str(row.term),
            type_word=row.merge_type.capitalize(),
            pill=pill_of(row),
            wanted=row.wanted_version,
            acknowledged=row.acknowledged_version,
            since=row.failing_since or row.updated_at,
            is_failing=row.failing_since is not None,
            attempts=row.attempts,
            next_words=next_words,
            next_at=next_at,
            words=row.error_words,
            is_parked=row.state == State.PARKED,
            reasons=reasons,
        )

    def _next(self, row: OutboundChange, *, is_held: bool) -> tuple[str, dt.datetime | None]:
        """What happens next, in words; a moment where it is known."""
        if row.state in NEXT_OF_STATE:
            return NEXT_OF_STATE[row.state], None
        channel = self.channels.get((row.merge_type, row.term_id))
        if is_held:
            return "When the conflict is settled", None
        if channel is not None and barred(channel) is not None:
            return "When it may go", None
        if channel is not None and not channel.is_real_time:
            return "With the next merge that sends", None
        return ("At once", None) if row.next_attempt_at <= self.now else ("", row.next_attempt_at)


def pill_of(row: OutboundChange) -> Pill:
    """The pill of an outbound row."""
    match State(row.state):
        case State.WAITING:
            return Pill(tone="grey", icon="circle", word="Waiting")
        case State.SENDING:
            return Pill(tone="blue", icon="running", word="Being sent")
        case State.AWAITING:
            return Pill(tone="blue", icon="running", word="Sent, not confirmed")
        case State.PARKED:
            is_refused = row.error_class == ErrorClass.VALIDATION.value
            return Pill(tone="red", icon="cross", word="Rejected" if is_refused else "Given up")
        case State.DONE:
            return Pill(tone="green", icon="check", word="Nothing to send")
