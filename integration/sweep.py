"""Working all outbound rows that are due, whatever type and term: what a worker or an operator does.

Switches and pauses are read again at every sweep: a term that was switched off simply waits. Files that
nobody saved go with it.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from integration.channels import load_channels
from integration.delivery import Delivery
from integration.models import MergeProfileVersion, MergeRun, OutboundChange, Plan
from integration.runs import record_type_of
from integration.settings import active_version, read
from integration.sis.port import MergeType, SisAdapter, SisError
from integration.status_words import why_closed
from phases.selectors import phase_name
from scheduling.models import ChangeLog, Term
from scheduling.services.audit import Author
from scheduling.services.uploads import drop_old_uploads

Clock = Callable[[], dt.datetime]


@dataclass(kw_only=True)
class Swept:
    """What one sweep did: counts by outcome, what it passed over and why, and why it stopped."""

    tally: Counter[str] = field(default_factory=Counter)
    waiting: list[str] = field(default_factory=list)
    unavailable: SisError | None = None


def sweep(adapter: SisAdapter, *, clock: Clock = timezone.now) -> Swept:
    """Deliver everything that is due and allowed to go."""
    drop_old_uploads(now=clock())
    swept = Swept()
    for merge_type, term in _open_queues(adapter):
        reason = why_waiting(merge_type, term, now=clock())
        if reason:
            swept.waiting.append(reason)
            continue
        delivery = deliver_queue(merge_type, term, adapter=adapter, clock=clock)
        swept.tally.update(delivery.tally)
        if delivery.unavailable is not None:
            swept.unavailable = delivery.unavailable
            break
    return swept


def _open_queues(adapter: SisAdapter) -> Iterator[tuple[MergeType, Term]]:
    """Types and terms with something open, in the adapter's order."""
    states = [OutboundChange.State.WAITING, OutboundChange.State.SENDING]
    rows = OutboundChange.objects.filter(state__in=states).order_by("term_id", "merge_type")
    found = set(rows.values_list("term_id", "merge_type").distinct())
    terms = Term.objects.in_bulk({code for code, _type in found})
    for code in sorted(terms):
        for merge_type in adapter.capabilities.order:
            if (code, merge_type.value) in found:
                yield merge_type, terms[code]


def why_waiting(merge_type: MergeType, term: Term, *, now: dt.datetime) -> str:
    """Why rows of this type and term may not go now (blank: they may)."""
    channels = load_channels({term.pk}, read(active_version()), now=now)
    return why_closed(channels[merge_type.value, term.pk])


@transaction.atomic
def _open_run(
    merge_type: MergeType, term: Term, version: MergeProfileVersion, *, now: dt.datetime
) -> tuple[MergeRun, int]:
    """The run of a delivery, and the id of the plan where its decisions are written down."""
    run = MergeRun.objects.create(
        merge_type=merge_type.value,
        term=term,
        asked_term=term.pk,
        phase=phase_name(term.pk, at=now),
        trigger=MergeRun.Trigger.REAL_TIME,
        is_sending=True,
        settings_version=version,
        started_at=now,
    )
    plan = Plan.objects.create(
        run=run,
        merge_type=merge_type.value,
        term=term,
        status=Plan.Status.APPLIED,  # a real-time merge approves itself, record by record
        is_sending=True,
        created_at=now,
    )
    return run, plan.pk


def deliver_queue(
    merge_type: MergeType,
    term: Term,
    *,
    adapter: SisAdapter,
    clock: Clock,
    only: Collection[int] | None = None,
) -> Delivery:
    """Deliver what is due of one type and term (of the links `only`, if given), as a run of its own."""
    version = active_version()
    run, plan_id = _open_run(merge_type, term, version, now=clock())
    delivery = Delivery(
        kind=record_type_of(merge_type, term.pk, settings=read(version), adapter=adapter),
        adapter=adapter,
        author=Author(now=clock(), source=ChangeLog.Source.IMPORT, name="SIS import", run_id=run.pk),
        clock=clock,
        run=str(run.pk),
        plan_id=plan_id,
    )
    try:
        delivery.deliver(only=only)
    except BaseException:
        message = "Tandem itself failed; the log has the details. What was not sent still waits."
        _close_run(run, delivery, error={"code": "CRASHED", "message": message}, now=clock())
        raise
    away = delivery.unavailable
    error = {"code": "SIS_UNAVAILABLE", "message": away.message} if away is not None else None
    _close_run(run, delivery, error=error, now=clock())
    return delivery


def _close_run(run: MergeRun, delivery: Delivery, *, error: dict[str, str] | None, now: dt.datetime) -> None:
    tally = delivery.tally
    has_issues = bool(tally.get("held") or tally.get("rejected"))
    run.status = MergeRun.Status.FINISHED_WITH_ISSUES if has_issues else MergeRun.Status.SUCCEEDED
    if error is not None:
        run.status, run.error = MergeRun.Status.FAILED, error
    run.counts, run.finished_at = dict(tally), now
    run.save()
