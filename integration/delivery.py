"""Working the outbound queue: claim, read, merge, write, finish (MERGE.md, Update and Create).

No transaction and no lock is held across a call to the SIS. What is about to be sent is committed first
(`Link.sent`, `Link.intent`), so that a crash or a lost answer at any moment is understood by the next read.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import transaction

from integration import outbound
from integration.attempts import Attempt, Decider, Step
from integration.finishing import Finisher, Ledger
from integration.links import links_by_id, save_links, touch
from integration.linkstate import adopt_intent, salted, write_ahead
from integration.locking import lock_records
from integration.merge.canonical import encode
from integration.models import Conflict, Link, LinkState, MergeState, PlanRow
from integration.ordering import order_writes
from integration.outbound import Claim
from integration.record_types import LocalState, RecordType
from integration.sis.port import (
    Operation,
    SisAdapter,
    SisAlreadyExists,
    SisError,
    SisRecord,
    SisRejected,
    SisUnavailable,
    Writer,
    Written,
)
from integration.watching import Watch
from integration.write_results import Result
from scheduling.services.audit import Author

Clock = Callable[[], dt.datetime]


@dataclass(kw_only=True)
class Delivery:
    """Delivers one type of one term. `run` names the session at the SIS; `author` signs what is pulled.

    `plan_id`: where decisions are written down; None where the merge that sends has planned them: then
    `sent_plan_id` is its plan, to which conflicts are added that came up since.
    """

    kind: RecordType
    adapter: SisAdapter
    author: Author
    clock: Clock
    run: str
    plan_id: int | None = None
    sent_plan_id: int | None = None
    progress: Callable[[int], None] = lambda _done: None
    ledger: Ledger = field(default_factory=Ledger)
    watch: Watch | None = None
    """Over the batch at hand."""
    unavailable: SisError | None = None
    """Set when the SIS went away: delivery stopped, nothing consumed an attempt."""

    @property
    def tally(self) -> Counter[str]:
        """Records by outcome, with the names of CONTRACT.md's counts."""
        return self.ledger.tally

    @property
    def _applies_later(self) -> bool:
        return self.adapter.capabilities.applies_later_seconds is not None

    def deliver(self, *, only: Collection[int] | None = None, limit: int | None = None) -> Counter[str]:
        """Work due rows until none is left (or `limit` were worked); return counts by outcome."""
        done = 0
        size = self.adapter.capabilities.write_batch_size
        with outbound.delivering_process() as owner:
            while self.unavailable is None and (limit is None or done < limit):
                claims = outbound.claim(
                    self.kind.merge_type,
                    self.kind.term,
                    owner=owner,
                    limit=size if limit is None else min(size, limit - done),
                    now=self.clock(),
                    only=only,
                )
                if not claims:
                    break
                self._work(claims)
                done += len(claims)
                self.progress(done)
        if self.unavailable is not None:
            outbound.note_unavailable(self.kind.merge_type, self.kind.term, self.unavailable)
        return self.tally

    def _work(self, claims: Sequence[Claim]) -> None:
        links = links_by_id(claim.link_id for claim in claims)
        ids = [pk for link in links.values() if (pk := getattr(link, self.kind.id_column))]
        ours = self.kind.ours(ids)
        attempts = [self._attempt(claim, links[claim.link_id], ours) for claim in claims]
        held: dict[int, set[str]] = {}
        # A number that waits for others to move is tried again each time; the rest waits for a person.
        conflicts = Conflict.objects.filter(link_id__in=links, status=Conflict.Status.OPEN)
        asked = conflicts.exclude(kind=Conflict.Kind.NUMBER)
        for link_id, name in asked.values_list("link_id", "field"):
            held.setdefault(link_id, set()).add(name)
        decider = Decider(kind=self.kind, adapter=self.adapter, now=self.clock())
        self.watch = Watch.begin(self.adapter.capabilities)
        try:
            decider.decide(attempts, held)
        except SisUnavailable as error:
            self._stop(error, claims)
            return
        results = self._write(order_writes(attempts, self.kind, self.adapter.capabilities))
        self._finish(results)

    def _attempt(self, claim: Claim, link: Link, ours: dict[int, LocalState]) -> Attempt:
        return Attempt(claim=claim, link=link, state=ours.get(getattr(link, self.kind.id_column) or 0))

    def _stop(self, error: SisError, claims: Sequence[Claim]) -> None:
        self.unavailable = error
        delay = error.retry_after_seconds or 0
        outbound.release([claim.outbound_id for claim in claims], now=self.clock(), delay_seconds=delay)

    # ---- writing

    def _write(self, attempts: Sequence[Attempt]) -> list[Result]:
        results = [Result(attempt=attempt) for attempt in attempts]
        writes = [result for result in results if result.attempt.step is Step.WRITE]
        if writes:
            self._commit_intents(writes)
            self._session(writes)
            self._verify(writes)
        return results

    def _session(self, writes: Sequence[Result]) -> None:
        try:
            with self.adapter.writing(term=self.kind.term, run=self.run, now=self.clock()) as writer:
                for result in writes:
                    if result.attempt.detour and not result.is_untried:
                        self._write_detour(writer, result)
                for result in writes:
                    self._write_one(writer, result)
        except SisUnavailable as error:
            self.unavailable = error
            if self._applies_later:  # what was collected could not be handed over
                for result in writes:
                    result.written, result.is_untried = None, True

    def _commit_intents(self, results: Sequence[Result]) -> None:
        """Write-ahead: after this commit every outcome of the calls can be understood.

        What was decided before it was found that an earlier write covered an edit is decided once more.
        """
        now = self.clock()
        has_token = self.adapter.capabilities.has_concurrency_token
        with transaction.atomic():
            if self.watch is not None:
                self.watch.hold_place()
            links = links_by_id((result.attempt.link.pk for result in results), lock=True)
            writes = _still_to_go(results, links)
            for attempt in writes:
                link = links[attempt.link.pk]
                values = encode(attempt.changes)
                if attempt.adopted:
                    adopt_intent(link, attempt.theirs)
                    link.sis_id, link.state, link.intent = attempt.adopted, LinkState.LINKED, None
                if attempt.operation is Operation.CREATE:
                    link.state = LinkState.CREATING
                    link.intent = self._intent(attempt, values, now=now)
                else:
                    entry = self._sent(attempt, now=now)
                    if attempt.detour:
                        detour = {**entry, "values": {"section_number": attempt.detour}}
                        link.sent = write_ahead(link.sent, detour, has_token=has_token)
                    link.sent = write_ahead(link.sent, {**entry, "values": values}, has_token=has_token)
                attempt.link = link
            if self.watch is not None:
                self.watch.note(writes, now=now)
            save_links(list(links.values()))
            self._write_down(writes)

    def _sent(self, attempt: Attempt, *, now: dt.datetime) -> dict[str, Any]:
        """What is kept of a write that is no create until it is known to have landed; its values aside."""
        horizon = self.adapter.capabilities.applies_later_seconds
        if horizon is None:
            horizon = self.adapter.capabilities.late_request_seconds
        return {
            "operation": attempt.operation,
            "fence": attempt.claim.fence,
            "at": now.isoformat(),
            "until": None if horizon is None else (now + dt.timedelta(seconds=horizon)).isoformat(),
            "is_ordered": self._applies_later,
        }

    def _intent(self, attempt: Attempt, values: dict[str, Any], *, now: dt.datetime) -> dict[str, Any]:
        """What is kept of a create until its outcome is known. `parts`: lists that may land item by item."""
        return {
            "values": values,
            "natural_key": list(self.kind.natural_key(attempt.changes)),
            "at": now.isoformat(),
            "digest": self._last_digest,
            "parts": sorted(self.adapter.capabilities.written_in_parts),
        }

    @cached_property
    def _last_digest(self) -> str:
        """Of the last complete snapshot: only another one can tell what became of what is sent now."""
        states = MergeState.objects.filter(merge_type=self.kind.merge_type.value, term=self.kind.term)
        return states.values_list("last_digest", flat=True).first() or ""

    def _write_down(self, writes: Sequence[Attempt]) -> None:
        """Keep what is decided before it is sent: no value of the SIS is covered without a trace."""
        plan_id = self.plan_id or self.sent_plan_id
        if plan_id is None:
            return
        planned: dict[int, dict[str, Any]] = {}
        if self.plan_id is None:
            rows = PlanRow.objects.filter(plan_id=plan_id, link__in=[attempt.link for attempt in writes])
            planned = dict(rows.filter(side=PlanRow.Side.SIS).values_list("link_id", "fields"))
        for attempt in writes:
            local_id = getattr(attempt.link, self.kind.id_column)
            row = attempt.decided(attempt.link, plan_id=plan_id, local_id=local_id)
            is_planned = not attempt.covers_more_than(planned.get(attempt.link.pk, {}))
            attempt.row = row if self.plan_id is not None or not is_planned else None
        PlanRow.objects.bulk_create([attempt.row for attempt in writes if attempt.row])

    def _write_detour(self, writer: Writer, result: Result) -> None:
        """Free a section number that another one of a ring takes; its own number follows at its turn."""
        attempt = result.attempt
        changes = {"section_number": attempt.detour}
        try:
            written = writer.update(
                self.kind.merge_type,
                str(attempt.link.sis_id),
                changes,
                values={**attempt.theirs, **changes},
                token=attempt.token,
                client_ref=str(attempt.link.client_ref),
            )
            attempt.token, result.is_detoured = written.token, True
        except SisUnavailable as error:
            self.unavailable, result.is_untried = error, True
        except SisError as error:
            result.error = error

    def _write_one(self, writer: Writer, result: Result) -> None:
        if self.unavailable is not None:
            result.is_untried = True
        if result.is_untried or result.error is not None:
            return
        attempt = result.attempt
        link, kind = attempt.link, self.kind.merge_type
        ref, sis_id, token = str(link.client_ref), str(link.sis_id), attempt.token
        try:
            match attempt.operation:
                case Operation.CREATE:
                    result.written = writer.create(kind, attempt.changes, client_ref=ref)
                case Operation.UPDATE:
                    values = {**attempt.theirs, **attempt.changes}
                    result.written = writer.update(
                        kind, sis_id, attempt.changes, values=values, token=token, client_ref=ref
                    )
                case Operation.CANCEL:
                    result.written = writer.cancel(kind, sis_id, token=token, client_ref=ref)
                case Operation.DELETE:
                    result.written = writer.delete(kind, sis_id, token=token, client_ref=ref)
        except SisAlreadyExists as error:
            self._found_there(result, error)
        except SisUnavailable as error:
            self.unavailable, result.is_untried = error, True
        except SisError as error:
            result.error = error

    def _found_there(self, result: Result, error: SisAlreadyExists) -> None:
        """The SIS has it already: adopt it, unless it is another record of ours that has our key."""
        holder = Link.objects.filter(
            merge_type=self.kind.merge_type.value, term_id=self.kind.term, sis_id=error.sis_id
        ).exclude(state__in=[LinkState.RETIRED, LinkState.ARCHIVED])
        if other := holder.first():
            message = f"The SIS has a record with this key already: {other} ({error.sis_id})."
            result.error = SisRejected(message, words=error.words)
        else:
            result.written, result.is_found = Written(sis_id=error.sis_id), True

    def _verify(self, results: Sequence[Result]) -> None:
        """Read again where the answer does not tell: new records, and SISes that change values."""
        capabilities = self.adapter.capabilities
        pending = []
        for result in results:
            if result.written is None or result.attempt.operation is Operation.DELETE:
                continue
            if result.written.record is not None:
                self._take(result, result.written.record)
            elif capabilities.can_read_by_id and (
                capabilities.must_verify or result.attempt.operation is Operation.CREATE
            ):
                pending.append(result)
        if not pending or self.unavailable is not None:
            return
        ids = [result.written.sis_id for result in pending if result.written]
        try:
            shown = self.adapter.read(self.kind.merge_type, ids, term=self.kind.term)
        except SisUnavailable as error:
            self.unavailable = error
            return
        for result in pending:
            if result.written is not None:
                self._take(result, shown[result.written.sis_id])

    def _take(self, result: Result, record: SisRecord | None) -> None:
        if record is None:
            return
        found = self.kind.read(record)
        result.is_foreign = result.is_found and record.client_ref != str(result.attempt.link.client_ref)
        if not found.issues:
            result.shown = found.values
            result.attempt.source_hash = salted(record.fingerprint, self.kind.salt(record.sis_id))

    # ---- finishing

    def _finish(self, results: Sequence[Result]) -> None:
        now = self.clock()
        claims = [result.attempt.claim for result in results]
        with transaction.atomic():
            links, current = lock_records(self.kind, [claim.link_id for claim in claims])
            ours_still = outbound.still_ours(claims)
            finisher = Finisher(
                kind=self.kind,
                author=self.author,
                applies_later=self._applies_later,
                has_token=self.adapter.capabilities.has_concurrency_token,
                ledger=self.ledger,
                links=links,
                current=current,
                now=now,
                tick=touch(),
                plan_id=self.plan_id,
            )
            for result in results:
                if result.attempt.link.pk in ours_still:
                    finisher.finish(result)
            finisher.save()


def _still_to_go(results: Sequence[Result], links: Mapping[int, Link]) -> list[Attempt]:
    """What was decided with all that is known by now; the others are not tried."""
    for result in results:
        result.is_untried = links[result.attempt.link.pk].covered != result.attempt.link.covered
    return [result.attempt for result in results if not result.is_untried]
