"""Settling what came of a batch of writes, in one transaction (MERGE.md, Update: finish)."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from integration import outbound
from integration.attempts import Attempt, Step
from integration.conflicts import HeldField, note_conflicts
from integration.links import save_links
from integration.linkstate import (
    Seen,
    adopt_intent,
    agreement_on,
    baseline_of,
    count_fights,
    has_news,
    settle,
)
from integration.merge.canonical import encode
from integration.merge.records import RecordMerge, Value, Values
from integration.merge.threeway import merge_record
from integration.models import AwaitedEcho, Link, LinkState, PlanRow
from integration.record_types import LocalState, LocalUpdate, RecordType
from integration.sis.port import Operation, SisError, SisNotFound, SisOutcomeUnknown, SisRejected, Written
from integration.watching import as_shown
from integration.write_results import Result, shown_after
from scheduling.services.audit import Author


@dataclass(kw_only=True)
class Ledger:
    """What became of the records of one delivery: one outcome a record, however many attempts it took."""

    outcomes: dict[int, str] = field(default_factory=dict)
    pulled: set[int] = field(default_factory=set)
    unconfirmed: set[int] = field(default_factory=set)

    @property
    def tally(self) -> Counter[str]:
        """Records by outcome, with the names of CONTRACT.md's counts."""
        tally = Counter(self.outcomes.values())
        tally["awaiting"] += len(self.unconfirmed)
        tally["local_update"] += len(self.pulled)
        return tally


@dataclass(kw_only=True)
class Finisher:
    """Settles a batch of results; the caller holds the transaction and the locks."""

    kind: RecordType
    author: Author
    applies_later: bool
    has_token: bool
    ledger: Ledger
    links: Mapping[int, Link]
    current: Mapping[int, LocalState]
    now: dt.datetime
    tick: int
    plan_id: int | None = None
    """Where decisions are written down; None: they stand in the plan of the merge that sends."""
    decided: list[PlanRow] = field(default_factory=list)
    unsent: list[PlanRow] = field(default_factory=list)
    updates: list[LocalUpdate] = field(default_factory=list)
    held: list[tuple[Link, HeldField]] = field(default_factory=list)
    finished: list[outbound.Finished] = field(default_factory=list)
    examined: dict[int, Link] = field(default_factory=dict)
    new_ids: list[tuple[int, str]] = field(default_factory=list)
    freed: list[tuple[str, ...]] = field(default_factory=list)
    """Natural keys that somebody may have been waiting for."""
    rendered: list[AwaitedEcho] = field(default_factory=list)
    silent: list[AwaitedEcho] = field(default_factory=list)

    def _note(self, link: Link, outcome: str) -> None:
        """What became of a record; a later attempt in the same delivery overwrites it."""
        self.ledger.outcomes[link.pk] = outcome

    def _examine(self, link: Link) -> None:
        self.examined[link.pk] = link

    def _give_back(
        self, claim: outbound.Claim, state: str, *, version: int | None = None, delay_seconds: int = 0
    ) -> None:
        self.finished.append(
            outbound.Finished(claim=claim, state=state, version=version, delay_seconds=delay_seconds)
        )

    def _stay_held(self, link: Link, attempt: Attempt) -> None:
        """Save the link though nothing was settled: what a person has to decide stands as before."""
        self._examine(link)
        self.held.extend((link, one) for one in attempt.held)

    def _local_id(self, link: Link) -> int | None:
        value: int | None = getattr(link, self.kind.id_column)
        return value

    def finish(self, result: Result) -> None:
        """Settle one result."""
        attempt = result.attempt
        link = self.links[attempt.link.pk]
        if attempt.adopted:
            self._adopt(link, attempt)
        if result.is_untried:
            self._untried(link, result)
        elif result.error is not None:
            self._failed(link, result, result.error)
        elif attempt.step is Step.WRITE:
            self._written(link, result)
        elif attempt.step is Step.PULL:
            self._pulled(link, attempt)
        elif attempt.step is Step.GONE:
            self._gone(link, attempt)
        else:
            self._later(link, attempt)

    def _adopt(self, link: Link, attempt: Attempt) -> None:
        """A record found in the SIS is the one whose creation had an unknown outcome."""
        adopt_intent(link, attempt.theirs)
        link.sis_id, link.state, link.intent = attempt.adopted, LinkState.LINKED, None
        link.touched = self.tick
        local_id = self._local_id(link)
        if local_id is not None:
            self.new_ids.append((local_id, attempt.adopted))
        self._examine(link)

    def _forget_sent(self, link: Link, result: Result) -> None:
        """Take this attempt's write-ahead entries off: what became of them is known.

        Where writes carry a token, earlier ones that were lost have a stale one by now: they cannot land.
        """
        if result.written is not None and self.has_token:
            link.sent = []
            return
        fence = result.attempt.claim.fence
        mine = [entry for entry in link.sent if entry["fence"] == fence]
        landed = mine[:1] if result.is_detoured and result.written is None else []
        link.sent = [entry for entry in link.sent if entry["fence"] != fence] + landed

    def _take_back(self, link: Link, result: Result) -> None:
        """The attempt surely had no effect: its notes go. An earlier create may yet land."""
        attempt = result.attempt
        self.silent += attempt.echoes
        if attempt.operation is not Operation.CREATE:
            self._forget_sent(link, result)
        elif attempt.is_again:
            link.state = LinkState.UNKNOWN_OUTCOME
        else:
            link.state, link.intent = LinkState.NEW, None
        if attempt.row is not None:
            attempt.row.state = PlanRow.State.STALE
            self.unsent.append(attempt.row)

    def _untried(self, link: Link, result: Result) -> None:
        """Nothing was sent: take the write-ahead note back."""
        self._take_back(link, result)
        self._stay_held(link, result.attempt)
        outbound.release([result.attempt.claim.outbound_id], now=self.now)
        self._note(link, "pending")

    def _failed(self, link: Link, result: Result, error: SisError) -> None:
        attempt = result.attempt
        is_unknown = isinstance(error, SisOutcomeUnknown)
        is_refused = isinstance(error, SisRejected)
        is_done = isinstance(error, SisNotFound) and attempt.operation in {Operation.DELETE, Operation.CANCEL}
        if is_done or (link.removal and attempt.operation is Operation.CREATE and is_refused):
            self._gone(link, attempt, is_removed=True)  # or removed here while the SIS refused it
            return
        if is_unknown and attempt.operation is Operation.CREATE:
            link.state = LinkState.UNKNOWN_OUTCOME
        elif not is_unknown:
            self._take_back(link, result)
        self._stay_held(link, attempt)
        parked = outbound.fail(attempt.claim, error, now=self.now)
        self._note(link, "rejected" if parked else "awaiting" if is_unknown else "pending")

    def _written(self, link: Link, result: Result) -> None:
        attempt, written = result.attempt, result.written
        if written is None:
            raise RuntimeError("a write ended with neither answer nor error")
        self._note(link, f"sis_{str(attempt.operation).lower()}")
        if self.applies_later:
            self._stay_held(link, attempt)
            self._give_back(attempt.claim, outbound.State.AWAITING)
            self.ledger.unconfirmed.add(link.pk)
        elif attempt.operation is Operation.CREATE:
            self._created(link, result, written)
        elif link.removal and attempt.state is None:
            self._gone(link, attempt)
        else:
            self._free_key(attempt)
            self._forget_sent(link, result)
            self.rendered += as_shown(attempt, result.shown or {})
            self._settle(link, attempt, pushed=attempt.changes, shown=result.shown)
            self._close(link, attempt, result)

    def _free_key(self, attempt: Attempt) -> None:
        """A record that left its number, or was cancelled, may free the way for one that was refused."""
        after = {**attempt.theirs, **attempt.changes}
        if attempt.theirs and (self.kind.natural_key(after) != self.kind.natural_key(attempt.theirs)):
            self.freed.append(self.kind.natural_key(attempt.theirs))

    def _created(self, link: Link, result: Result, written: Written) -> None:
        attempt = result.attempt
        link.sis_id, link.state, link.intent = written.sis_id, LinkState.LINKED, None
        shown = result.shown if result.shown is not None else attempt.changes
        # What was there before was never agreed on.
        agreed = (None, {}) if result.is_foreign else agreement_on(encode(attempt.changes), shown)
        link.agree(*agreed)
        link.touched, link.synced_at = self.tick, self.now
        local_id = self._local_id(link)
        if local_id is None:  # removed here while it was being created: the removal goes next
            self._examine(link)
            self._give_back(attempt.claim, outbound.State.WAITING)
            return
        self.new_ids.append((local_id, written.sis_id))
        attempt.theirs = shown
        state = attempt.state or self.current[local_id]
        attempt.merge = merge_record(
            base=baseline_of(link),
            ours=state.values,
            theirs=shown,
            policies=self.kind.policies(link.sis_id or ""),
        )
        attempt.held = [HeldField.of(name, attempt.merge.decisions[name]) for name in attempt.merge.held]
        self._settle(link, attempt, pushed={}, shown=None)
        self._close(link, attempt, result)

    def _pulled(self, link: Link, attempt: Attempt) -> None:
        """Nothing to write in the SIS: what it shows is settled here."""
        self._settle(link, attempt, pushed={}, shown=None)
        if attempt.held:
            self._note(link, "held")
        elif self.ledger.outcomes.get(link.pk) == "awaiting":  # its answer was lost, but it had landed
            self._note(link, "sis_create" if attempt.adopted else "sis_update")
        is_two_way = attempt.merge is not None and attempt.merge.is_two_way
        is_done = not (is_two_way or has_news(link, attempt.link.covered))
        self._give_back(attempt.claim, outbound.State.DONE if is_done else outbound.State.WAITING)

    def _settle(self, link: Link, attempt: Attempt, *, pushed: Values, shown: Values | None) -> None:
        """Agree on what was written, and write here what was pulled where ours is still what we merged."""
        merge, local_id = attempt.merge, self._local_id(link)
        if merge is None or attempt.state is None:
            return
        self._examine(link)
        now_here = self.current.get(local_id or 0)
        pulls = _still_pullable(merge, now_here) if now_here else {}  # else it was removed here meanwhile
        if now_here and pulls:
            self._pull(link, now_here, merge, pulls)
        count_fights(link, merge)
        version = now_here.version + bool(pulls) if now_here else 0
        is_same = now_here is not None and now_here.version == attempt.state.version
        settle(
            link,
            merge,
            seen=Seen(
                values=attempt.theirs,
                source_hash=attempt.source_hash,
                tick=self.tick,
                now=self.now,
                covered=attempt.link.covered,
            ),
            version=version if is_same else 0,
            pushed={name: value for name, value in pushed.items() if name in merge.pushes},
            after_write=shown_after(attempt, pushed, shown),
            unpulled=merge.pulls.keys() - pulls.keys(),
        )
        if pushed and shown is None:
            link.source_hash = None  # what the SIS shows now was not read
        self.held.extend((link, one) for one in attempt.held)
        if attempt.row is None and self.plan_id is not None:  # what was sent was kept before
            row = attempt.decided(link, plan_id=self.plan_id, local_id=local_id)
            self.decided.extend([row] if row else [])

    def _pull(self, link: Link, here: LocalState, merge: RecordMerge, pulls: dict[str, Value]) -> None:
        self.updates.append(
            LocalUpdate(
                record_id=int(self._local_id(link) or 0),
                version=here.version,
                before=here.values,
                after=pulls,
                rules={name: merge.decisions[name].rule.value for name in pulls},
            )
        )
        self.ledger.pulled.add(link.pk)

    def _close(self, link: Link, attempt: Attempt, result: Result) -> None:
        """Acknowledge; due again if somebody saved meanwhile; park what the SIS silently ignored."""
        if ignored := result.ignored:
            error = SisRejected(
                f"The SIS accepted the change of {', '.join(ignored)} but kept its own value.",
                field=ignored[0],
            )
            outbound.fail(attempt.claim, error, now=self.now)
            self._note(link, "rejected")
        elif result.has_side_effects or has_news(
            link, attempt.link.covered
        ):  # looked at again at once, and pulled
            link.source_hash = None
            self._give_back(attempt.claim, outbound.State.WAITING)
        elif link.agreed_version or attempt.held:
            version = attempt.state.version if attempt.state else attempt.claim.wanted_version
            self._give_back(attempt.claim, outbound.State.DONE, version=version)
        else:
            self._give_back(attempt.claim, outbound.State.WAITING)

    def _gone(self, link: Link, attempt: Attempt, *, is_removed: bool = False) -> None:
        """The SIS does not have it: a removal of ours is done; else the next import decides."""
        if attempt.state is not None and not link.removal and not is_removed:
            self._give_back(attempt.claim, outbound.State.WAITING, delay_seconds=600)
            self._note(link, "pending")
            return
        if attempt.theirs:
            self.freed.append(self.kind.natural_key(attempt.theirs))
        link.state = LinkState.RETIRED
        link.retired_at, link.touched, link.sent, link.intent = self.now, self.tick, [], None
        self._examine(link)
        self._give_back(attempt.claim, outbound.State.DONE)

    def _later(self, link: Link, attempt: Attempt) -> None:
        outbound_id = attempt.claim.outbound_id
        if attempt.held:
            self.held.extend((link, one) for one in attempt.held)
            self._note(link, "held")
        match attempt.step:
            case Step.AWAIT:
                self._give_back(attempt.claim, outbound.State.AWAITING)
                self._note(link, "awaiting")
            case Step.REJECT:
                outbound.fail(attempt.claim, SisRejected(attempt.reason), now=self.now)
                self._note(link, "rejected")
            case Step.WAIT:
                outbound.postpone(outbound_id, code=attempt.code, reason=attempt.reason, now=self.now)
                if not attempt.held:
                    self._note(link, "awaiting" if attempt.code == "UNKNOWN_OUTCOME" else "pending")
            case _:
                self._give_back(attempt.claim, outbound.State.DONE)
        if attempt.code == "UNKNOWN_OUTCOME":
            link.state = LinkState.UNKNOWN_OUTCOME
            self._examine(link)

    def save(self) -> None:
        """Write everything that was collected."""
        outbound.finish(self.finished, now=self.now)
        PlanRow.objects.bulk_create(self.decided)
        PlanRow.objects.bulk_update(self.unsent, ["state"])
        self.kind.update(self.updates, self.author)
        if self.new_ids:
            self.kind.set_sis_ids(self.new_ids, self.author)
        save_links(list(self.examined.values()))
        AwaitedEcho.objects.bulk_update(self.rendered, ["written"])
        AwaitedEcho.objects.filter(pk__in=[echo.pk for echo in self.silent]).delete()
        note_conflicts(self.held, examined=self.examined.values(), run_id=self.author.run_id, now=self.now)
        outbound.release_waiting_for(self.freed, self.kind.merge_type, self.kind.term, now=self.now)


def _still_pullable(merge: RecordMerge, here: LocalState) -> dict[str, Value]:
    """Per-field compare-and-set: only where ours is still what the merge saw."""
    return {
        name: value
        for name, value in merge.pulls.items()
        if here.values.get(name, merge.decisions[name].ours) == merge.decisions[name].ours
    }
