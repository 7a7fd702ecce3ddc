"""The outbound queue as the console shows it: what waits, since when, why, and what is tried next."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count

from integration.channels import Channels
from integration.group_labels import GroupLabel, labels_of_groups
from integration.models import OutboundChange
from integration.outbound_filter import OPEN_STATES, OutboundFilter
from integration.outbound_reasons import WhyWaiting, reasons_for, why_queue_waits
from integration.outbound_words import NEXT_OF_STATE, pill_of
from integration.sis.port import SENDABLE_TYPES
from integration.standing import Standing
from integration.status_rules import barred
from scheduling.models import Term
from scheduling.paging import Ordering, Page, page_of
from scheduling.pills import Pill
from scheduling.selectors import labels_of_sections

State = OutboundChange.State
COLUMNS: Mapping[State, str] = {
    State.WAITING: "Waiting",
    State.SENDING: "Being sent",
    State.AWAITING: "Sent, not confirmed",
    State.PARKED: "Rejected or given up",
}
"""The open states, and what the table of the queues calls them."""


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
    def cells(self) -> tuple[tuple[str, str, int], ...]:
        """(state, heading, number) of each of the table's columns."""
        return tuple(
            (state.value, heading, self.numbers.get(state.value, 0)) for state, heading in COLUMNS.items()
        )


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
    """The whole page's facts, read once. `channels`: of all terms."""

    standing: Standing
    channels: Channels
    queues: Sequence[Queue]

    @classmethod
    def load(cls, *, now: dt.datetime) -> "Board":
        """Counts and channels of everything open, in seven queries."""
        standing = Standing(now)
        rows = OutboundChange.objects.filter(state__in=OPEN_STATES).order_by()
        counted = list(rows.values_list("term", "merge_type", "state").annotate(number=Count("id")))
        terms = Term.objects.in_bulk({code for code, *_rest in counted})
        channels = standing.channels
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
        return cls(standing=standing, channels=channels, queues=queues)

    def page(self, chosen: OutboundFilter, cursor: str) -> Page[OutboundChange]:
        """One page, what waits longest first. Raises `BadCursor`."""
        rows = chosen.rows(self.channels).select_related("link", "term")
        return page_of(rows, Ordering(), cursor)

    def views(self, rows: Sequence[OutboundChange]) -> list[OutboundView]:
        """Rows (with their links and terms loaded) as the page shows them."""
        links = [row.link for row in rows]
        reasons = reasons_for(links, self.standing)
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
        return ("At once", None) if row.next_attempt_at <= self.standing.now else ("", row.next_attempt_at)
