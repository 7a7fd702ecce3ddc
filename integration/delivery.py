"""Working the outbound queue: claim, read, merge, write, finish (MERGE.md, Update and Create).

No transaction and no lock is held across a call to the SIS. What is about to be sent is committed first
(`Link.sent`, `Link.intent`), so that a crash or a lost answer at any moment is understood by the next read.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from integration import outbound
from integration.attempts import Attempt, Decider, Step
from integration.conflicts import HeldField, note_conflicts
from integration.links import links_by_id, save_links, touch
from integration.linkstate import Seen, count_fights, salted, settle
from integration.merge.canonical import encode
from integration.merge.records import RecordMerge, Value, Values
from integration.models import Conflict, Link, LinkState
from integration.ordering import order_writes
from integration.outbound import Claim
from integration.record_types import LocalState, LocalUpdate, RecordType
from integration.sis.port import (
    Operation,
    SisAdapter,
    SisAlreadyExists,
    SisError,
    SisNotFound,
    SisOutcomeUnknown,
    SisRejected,
    SisUnavailable,
    Writer,
    Written,
)
from scheduling.services.audit import Author

Clock = Callable[[], dt.datetime]


@dataclass(kw_only=True)
class Result:
    """What came of one attempt: what the SIS answered, or why it did not."""

    attempt: Attempt
    written: Written | None = None
    error: SisError | None = None
    is_untried: bool = False
    shown: Values | None = None


@dataclass(kw_only=True)
class Delivery:
    """Delivers one type of one term. `run` names the session at the SIS; `author` signs what is pulled."""

    kind: RecordType
    adapter: SisAdapter
    author: Author
    clock: Clock
    run: str
    progress: Callable[[int], None] = lambda _done: None
    outcomes: dict[int, str] = field(default_factory=dict)
    """Link -> what became of it last: one outcome a record, however many attempts it took."""
    pulled: set[int] = field(default_factory=set)
    unconfirmed: set[int] = field(default_factory=set)
    unavailable: SisError | None = None
    """Set when the SIS went away: delivery stopped, nothing consumed an attempt."""

    @property
    def tally(self) -> Counter[str]:
        """Records by outcome, with the names of CONTRACT.md's counts."""
        tally = Counter(self.outcomes.values())
        tally["awaiting"] += len(self.unconfirmed)
        tally["local_update"] += len(self.pulled)
        return tally

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
        return self.tally

    def _work(self, claims: Sequence[Claim]) -> None:
        links = links_by_id(claim.link_id for claim in claims)
        ids = [pk for link in links.values() if (pk := getattr(link, self.kind.id_column))]
        ours = self.kind.ours(ids)
        attempts = [self._attempt(claim, links[claim.link_id], ours) for claim in claims]
        held: dict[int, set[str]] = {}
        for link_id, name in Conflict.objects.filter(
            link_id__in=links, status=Conflict.Status.OPEN
        ).values_list("link_id", "field"):
            held.setdefault(link_id, set()).add(name)
        decider = Decider(kind=self.kind, adapter=self.adapter, now=self.clock())
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
        writes = [attempt for attempt in attempts if attempt.step is Step.WRITE]
        results = {id(a): Result(attempt=a) for a in attempts}
        if writes:
            self._commit_intents(writes)
            now = self.clock()
            with self.adapter.writing(term=self.kind.term, run=self.run, now=now) as writer:
                for attempt in writes:
                    if attempt.detour:
                        self._write_detour(writer, results[id(attempt)])
                for attempt in writes:
                    self._write_one(writer, results[id(attempt)])
            self._verify([results[id(attempt)] for attempt in writes])
        return list(results.values())

    def _commit_intents(self, writes: Sequence[Attempt]) -> None:
        """Write-ahead: after this commit every outcome of the calls can be understood."""
        now = self.clock()
        capabilities = self.adapter.capabilities
        horizon = capabilities.applies_later_seconds
        if horizon is None:
            horizon = capabilities.late_request_seconds
        until = None if horizon is None else (now + dt.timedelta(seconds=horizon)).isoformat()
        with transaction.atomic():
            links = links_by_id((attempt.link.pk for attempt in writes), lock=True)
            for attempt in writes:
                link = links[attempt.link.pk]
                values = encode(attempt.changes)
                if attempt.adopted:
                    link.sis_id, link.state = attempt.adopted, LinkState.LINKED
                    link.baseline, link.intent = (link.intent or {}).get("values"), None
                if attempt.operation is Operation.CREATE:
                    link.state = LinkState.CREATING
                    link.intent = {
                        "values": values,
                        "natural_key": list(self.kind.natural_key(attempt.changes)),
                        "at": now.isoformat(),
                    }
                else:
                    entry = {"operation": attempt.operation, "at": now.isoformat(), "until": until}
                    if attempt.detour:
                        link.sent = [*link.sent, {**entry, "values": {"section_number": attempt.detour}}]
                    link.sent = [*link.sent, {**entry, "values": values}]
                attempt.link, attempt.sent_at = link, now.isoformat()
            save_links(list(links.values()))

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
            attempt.token = written.token
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
            result.written = Written(sis_id=error.sis_id)
        except SisUnavailable as error:
            self.unavailable, result.is_untried = error, True
        except SisError as error:
            result.error = error

    def _verify(self, results: Sequence[Result]) -> None:
        """Read again what was written where the answer does not tell: new records, and SISes that change values."""
        capabilities = self.adapter.capabilities
        pending = []
        for result in results:
            if result.written is None or result.attempt.operation is Operation.DELETE:
                continue
            if result.written.record is not None:
                self._take(
                    result, result.written.record.sis_id, {result.written.sis_id: result.written.record}
                )
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
                self._take(result, result.written.sis_id, shown)

    def _take(self, result: Result, sis_id: str, shown: object) -> None:
        record = shown[sis_id]  # type: ignore[index]  # a mapping of SisRecord
        if record is None:
            return
        found = self.kind.read(record)
        if not found.issues:
            result.shown = found.values
            result.attempt.source_hash = salted(record.fingerprint, self.kind.salt(sis_id))

    # ---- finishing

    def _finish(self, results: Sequence[Result]) -> None:
        now = self.clock()
        claims = [result.attempt.claim for result in results]
        with transaction.atomic():
            ours_still = outbound.still_ours(claims)
            mine = [result for result in results if result.attempt.link.pk in ours_still]
            links = links_by_id((result.attempt.link.pk for result in mine), lock=True)
            ids = [pk for link in links.values() if (pk := getattr(link, self.kind.id_column))]
            current = self.kind.ours(ids, lock=True)
            finisher = Finisher(delivery=self, links=links, current=current, now=now, tick=touch())
            for result in mine:
                finisher.finish(result)
            finisher.save()


def forget_sent(link: Link, attempt: Attempt) -> None:
    """Take this attempt's write-ahead entries off: what became of them is known."""
    link.sent = [entry for entry in link.sent if entry["at"] != attempt.sent_at]


@dataclass(kw_only=True)
class Finisher:
    """Settles a batch of results in one transaction, with links and records locked."""

    delivery: Delivery
    links: dict[int, Link]
    current: dict[int, LocalState]
    now: dt.datetime
    tick: int
    updates: list[LocalUpdate] = field(default_factory=list)
    held: list[tuple[Link, HeldField]] = field(default_factory=list)
    examined: list[Link] = field(default_factory=list)
    new_ids: list[tuple[int, str]] = field(default_factory=list)
    retired: list[Link] = field(default_factory=list)

    @property
    def kind(self) -> RecordType:
        """The type being delivered."""
        return self.delivery.kind

    def note(self, link: Link, outcome: str) -> None:
        """What became of a record; a later attempt in the same delivery overwrites it."""
        self.delivery.outcomes[link.pk] = outcome

    def finish(self, result: Result) -> None:
        """Settle one result."""
        attempt = result.attempt
        link = self.links[attempt.link.pk]
        if attempt.adopted:
            self._adopt(link, attempt)
        if result.is_untried:
            self._untried(link, attempt)
        elif result.error is not None:
            self._failed(link, attempt, result.error)
        elif attempt.step is Step.WRITE:
            self._written(link, result)
        elif attempt.held and attempt.step is Step.NOTHING:
            self.held.extend((link, one) for one in attempt.held)
            self.note(link, "held")
            outbound.finish(attempt.claim.outbound_id, state=outbound.State.DONE, now=self.now)
        elif attempt.step is Step.PULL:
            self._settle(link, attempt, pushed={}, shown=None)
            if self.delivery.outcomes.get(link.pk) == "awaiting":  # its answer was lost, but it had landed
                self.note(link, "sis_create" if attempt.adopted else "sis_update")
            outbound.finish(attempt.claim.outbound_id, state=outbound.State.DONE, now=self.now)
        elif attempt.step is Step.GONE:
            self._gone(link, attempt)
        else:
            self._later(link, attempt)

    def _adopt(self, link: Link, attempt: Attempt) -> None:
        """A record found in the SIS is the one whose creation had an unknown outcome."""
        if link.intent is not None:
            link.baseline, link.baseline_theirs = link.intent["values"], {}
        link.sis_id, link.state, link.intent = attempt.adopted, LinkState.LINKED, None
        local_id = getattr(link, self.kind.id_column)
        if local_id is not None:
            self.new_ids.append((local_id, attempt.adopted))
        self.examined.append(link)

    def _untried(self, link: Link, attempt: Attempt) -> None:
        """Nothing was sent: take the write-ahead note back."""
        if attempt.operation is Operation.CREATE:
            link.state, link.intent = LinkState.NEW, None
        else:
            forget_sent(link, attempt)
        self.examined.append(link)
        outbound.release([attempt.claim.outbound_id], now=self.now)
        self.note(link, "pending")

    def _failed(self, link: Link, attempt: Attempt, error: SisError) -> None:
        is_unknown = isinstance(error, SisOutcomeUnknown)
        if isinstance(error, SisNotFound) and attempt.operation in {Operation.DELETE, Operation.CANCEL}:
            self._gone(link, attempt)
            return
        if is_unknown and attempt.operation is Operation.CREATE:
            link.state = LinkState.UNKNOWN_OUTCOME
        elif attempt.operation is Operation.CREATE:
            link.state, link.intent = LinkState.NEW, None
        elif not is_unknown:
            forget_sent(link, attempt)
        self.examined.append(link)
        parked = outbound.fail(attempt.claim, error, now=self.now)
        self.note(link, "rejected" if parked else "awaiting" if is_unknown else "pending")

    def _written(self, link: Link, result: Result) -> None:
        attempt, written = result.attempt, result.written
        if written is None:
            raise RuntimeError("a write ended with neither answer nor error")
        if self.delivery.adapter.capabilities.applies_later_seconds is not None:
            self.examined.append(link)
            outbound.finish(attempt.claim.outbound_id, state=outbound.State.AWAITING, now=self.now)
            self.note(link, f"sis_{str(attempt.operation).lower()}")
            self.delivery.unconfirmed.add(link.pk)
            return
        self.note(link, f"sis_{str(attempt.operation).lower()}")
        if attempt.operation is Operation.CREATE:
            self._created(link, result, written)
        elif link.removal and attempt.state is None:
            self._gone(link, attempt)
        else:
            forget_sent(link, attempt)
            self._settle(link, attempt, pushed=attempt.changes, shown=result.shown)
            self._close(link, attempt, result)

    def _created(self, link: Link, result: Result, written: Written) -> None:
        attempt = result.attempt
        link.sis_id, link.state = written.sis_id, LinkState.LINKED
        link.baseline, link.baseline_theirs = encode(attempt.changes), {}
        link.touched, link.synced_at = self.tick, self.now
        link.intent = None
        local_id = getattr(link, self.kind.id_column)
        if local_id is None:  # removed here while it was being created: the removal goes next
            self.examined.append(link)
            outbound.finish(attempt.claim.outbound_id, state=outbound.State.WAITING, now=self.now)
            return
        self.new_ids.append((local_id, written.sis_id))
        shown = result.shown if result.shown is not None else attempt.changes
        attempt.theirs = shown
        state = attempt.state or self.current[local_id]
        attempt.merge = self._merge(link, state.values, shown)
        self._settle(link, attempt, pushed={}, shown=None)
        self._close(link, attempt, result)

    def _merge(self, link: Link, ours: Values, theirs: Values) -> RecordMerge:
        from integration.linkstate import baseline_of
        from integration.merge.threeway import merge_record

        return merge_record(
            base=baseline_of(link), ours=ours, theirs=theirs, policies=self.kind.policies(link.sis_id or "")
        )

    def _settle(self, link: Link, attempt: Attempt, *, pushed: Values, shown: Values | None) -> None:
        """Agree on what was written, and write here what was pulled where ours is still what we merged."""
        merge, local_id = attempt.merge, getattr(link, self.kind.id_column)
        if merge is None or attempt.state is None:
            return
        now_here = self.current.get(local_id or 0)
        if now_here is None:  # removed here meanwhile
            link.touched = self.tick
            self.examined.append(link)
            return
        pulls = self._still_pullable(merge, now_here)
        is_same = now_here.version == attempt.state.version
        version = now_here.version + bool(pulls)
        if pulls:
            self.updates.append(
                LocalUpdate(
                    record_id=local_id,
                    version=now_here.version,
                    before=now_here.values,
                    after=pulls,
                    rules={name: merge.decisions[name].rule.value for name in pulls},
                )
            )
            self.delivery.pulled.add(link.pk)
        count_fights(link, merge)
        seen = Seen(values=attempt.theirs, source_hash=attempt.source_hash, tick=self.tick, now=self.now)
        settle(
            link,
            merge,
            seen=seen,
            version=version if is_same else 0,
            pushed={name: value for name, value in pushed.items() if name in merge.pushes},
            after_write=self._after(attempt, pushed, shown),
        )
        if pushed and shown is None:
            link.source_hash = None  # what the SIS shows now was not read
        self.held.extend((link, one) for one in attempt.held)
        self.examined.append(link)

    def _after(self, attempt: Attempt, pushed: Values, shown: Values | None) -> Values | None:
        if not pushed:
            return None
        return shown if shown is not None else {**attempt.theirs, **pushed}

    def _still_pullable(self, merge: RecordMerge, here: LocalState) -> dict[str, Value]:
        """Per-field compare-and-set: only where ours is still what the merge saw."""
        return {
            name: value
            for name, value in merge.pulls.items()
            if here.values.get(name) == merge.decisions[name].ours
        }

    def _close(self, link: Link, attempt: Attempt, result: Result) -> None:
        """Acknowledge; due again if the wanted version moved meanwhile; park what the SIS silently ignored."""
        ignored = self._ignored(attempt, result.shown)
        if ignored:
            error = SisRejected(
                f"The SIS accepted the change of {', '.join(ignored)} but kept its own value.",
                field=ignored[0],
            )
            outbound.fail(attempt.claim, error, now=self.now)
            self.note(link, "rejected")
        elif link.agreed_version or attempt.held:
            state = attempt.state
            version = state.version if state else attempt.claim.wanted_version
            outbound.finish(
                attempt.claim.outbound_id, state=outbound.State.DONE, now=self.now, version=version
            )
        else:
            outbound.finish(attempt.claim.outbound_id, state=outbound.State.WAITING, now=self.now)

    def _ignored(self, attempt: Attempt, shown: Values | None) -> list[str]:
        if shown is None or attempt.operation is not Operation.UPDATE:
            return []
        return [
            name
            for name, value in attempt.changes.items()
            if name in shown and shown[name] != value and shown[name] == attempt.theirs.get(name)
        ]

    def _gone(self, link: Link, attempt: Attempt) -> None:
        """The SIS does not have it: a removal of ours is done; else the next import decides."""
        if attempt.state is not None and not link.removal:
            outbound.finish(
                attempt.claim.outbound_id, state=outbound.State.WAITING, now=self.now, delay_seconds=600
            )
            self.note(link, "pending")
            return
        link.state = LinkState.RETIRED
        link.retired_at, link.touched, link.sent, link.intent = self.now, self.tick, [], None
        self.retired.append(link)
        self.examined.append(link)
        outbound.finish(attempt.claim.outbound_id, state=outbound.State.DONE, now=self.now)

    def _later(self, link: Link, attempt: Attempt) -> None:
        outbound_id = attempt.claim.outbound_id
        match attempt.step:
            case Step.AWAIT:
                outbound.finish(outbound_id, state=outbound.State.AWAITING, now=self.now)
                self.note(link, "awaiting")
            case Step.REJECT:
                outbound.fail(attempt.claim, SisRejected(attempt.reason), now=self.now)
                self.note(link, "rejected")
            case Step.WAIT:
                outbound.postpone(outbound_id, code=attempt.code, reason=attempt.reason, now=self.now)
                self.note(link, "awaiting" if attempt.code == "UNKNOWN_OUTCOME" else "pending")
            case _:
                outbound.finish(outbound_id, state=outbound.State.DONE, now=self.now)
        if attempt.code == "UNKNOWN_OUTCOME":
            link.state = LinkState.UNKNOWN_OUTCOME
            self.examined.append(link)

    def save(self) -> None:
        """Write everything that was collected."""
        author = self.delivery.author
        self.kind.update(self.updates, author)
        if self.new_ids:
            self.kind.set_sis_ids(self.new_ids, author)
        save_links(list({link.pk: link for link in self.examined}.values()))
        if self.retired:
            Link.objects.bulk_update(self.retired, ["retired_at"])
        run_id = author.run_id
        note_conflicts(self.held, examined=self.examined, run_id=run_id, now=self.now)
