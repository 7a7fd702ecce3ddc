"""Real time: what people save goes to the SIS at once, where the term's switch says so.

A worker looks after a hint, and again with every sweep of the scheduler: the rows of the queue say what is
due. One delivery a type and term at a time. While a merge of the same type and term runs, only what people
saved goes along; what the merge itself queued is the merge's to send.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from integration.advisory import key_of, try_lock
from integration.channels import load_channels
from integration.models import MergeRun, OutboundChange
from integration.outbound import ABANDONED, OWNER_CLASS
from integration.runs import AlreadyRunning, check_free
from integration.settings import active_version, read
from integration.sis.port import MergeType, SisAdapter
from integration.status_words import why_closed
from integration.sweep import Swept, deliver_queue
from scheduling.models import Term

QUEUE_CLASS = 7_363
"""First half of the advisory lock that allows one real-time delivery per type and term."""
INTERACTIVE = 1
"""The priority of what a person saved."""
ROUNDS = 3
"""So often a queue is looked at again after a delivery; the next sweep has the rest."""
FIRST_REST = dt.timedelta(seconds=20)
LONGEST_REST = dt.timedelta(minutes=5)
FAILURES_SEEN = 8
FAILURES = frozenset({"SIS_UNAVAILABLE", "CRASHED"})
"""How a delivery ends after which the next would most likely end so too."""

DUE = f"""
    SELECT DISTINCT o.term_id, o.merge_type FROM integration_outboundchange o
    WHERE (o.state = 'WAITING' AND o.next_attempt_at <= %(now)s)
       OR (o.state = 'SENDING' AND {ABANDONED.format(row="o")})
    ORDER BY o.term_id, o.merge_type
"""

Clock = Callable[[], dt.datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """The outbound rows of one type and term."""

    merge_type: MergeType
    term: str

    def due_ids(self, now: dt.datetime) -> list[int]:
        """The links of what people saved and is due."""
        rows = OutboundChange.objects.filter(
            merge_type=self.merge_type.value,
            term_id=self.term,
            state=OutboundChange.State.WAITING,
            priority=INTERACTIVE,
            next_attempt_at__lte=now,
        )
        return list(rows.order_by("id").values_list("link_id", flat=True))


def due_queues(*, now: dt.datetime) -> list[Queue]:
    """Where something is due that real time may send now. Constant in queries."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"now": now, "class": OWNER_CLASS})
        found = [Queue(merge_type=MergeType(kind), term=term) for term, kind in cursor.fetchall()]
    if not found:
        return []
    channels = load_channels({queue.term for queue in found}, read(active_version()), now=now)
    own = {queue: channels[queue.merge_type.value, queue.term] for queue in found}
    return [queue for queue in found if own[queue].is_real_time and not why_closed(own[queue])]


def rests_until(*, now: dt.datetime) -> dt.datetime | None:
    """Until when the SIS is left alone because deliveries failed; None: it is not.

    The rest doubles with each failure in a row. One delivery is the probe; if it goes through, all go on.
    """
    runs = MergeRun.objects.filter(trigger=MergeRun.Trigger.REAL_TIME, finished_at__isnull=False)
    failures = 0
    last: dt.datetime | None = None
    for error, ended in runs.order_by("-id").values_list("error", "finished_at")[:FAILURES_SEEN]:
        if not error or error.get("code") not in FAILURES:
            break
        failures, last = failures + 1, last or ended
    if last is None:
        return None
    until = last + min(LONGEST_REST, FIRST_REST * 2 ** (failures - 1))
    return until if until > now else None


def deliver_due(adapter: SisAdapter, *, clock: Clock = timezone.now) -> Swept:
    """Send what is due and may go in real time. Raises `ConfigurationError` for unreadable settings."""
    swept = Swept()
    if rests_until(now=clock()) is not None:
        return swept
    order = list(adapter.capabilities.order)
    queues = due_queues(now=clock())
    for queue in sorted(queues, key=lambda one: (one.term, order.index(one.merge_type))):
        _deliver(queue, adapter, clock, swept)
        if swept.unavailable is not None:
            break
    return swept


def _deliver(queue: Queue, adapter: SisAdapter, clock: Clock, swept: Swept) -> None:
    """Who comes while another delivers goes away: the other looks once more after it let go of the lock."""
    for _round in range(ROUNDS):
        if swept.unavailable is not None or queue not in due_queues(now=clock()):
            return
        with try_lock(QUEUE_CLASS, key_of(f"{queue.merge_type.value}:{queue.term}")) as is_ours:
            only = _allowed(queue, now=clock())
            if not is_ours or only == []:
                return
            delivery = deliver_queue(
                queue.merge_type,
                Term.objects.get(pk=queue.term),
                adapter=adapter,
                clock=clock,
                only=only,
            )
        swept.tally.update(delivery.tally)
        swept.unavailable = delivery.unavailable


def _allowed(queue: Queue, *, now: dt.datetime) -> list[int] | None:
    """The links that may go; None: all. A merge that runs sends what it queued itself."""
    try:
        check_free(queue.merge_type, queue.term)
    except AlreadyRunning:
        return queue.due_ids(now)
    return None
