"""What one claimed record needs from the SIS, decided before anything is written."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from integration.conflicts import HeldField, ambiguous_conflict, removal_conflict
from integration.fieldsets import STRUCTS
from integration.incoming import Incoming
from integration.linkstate import adopt_intent, baseline_of, context_of, salted
from integration.merge.canonical import decode, encode
from integration.merge.identity import CreateOutcome, resolve_create
from integration.merge.records import Baseline, RecordMerge, Value, Values
from integration.merge.threeway import merge_record
from integration.models import AwaitedEcho, Link, LinkState, MergeState, PlanRow
from integration.outbound import Claim
from integration.planning import shown, shown_fields
from integration.planning_absent import (
    GONE_MEMBER,
    TOO_FEW,
    is_removal_in_flight,
    removal_operation,
    removal_problem,
)
from integration.record_types import LocalState, RecordType
from integration.sis.port import Capabilities, Key, Operation, SisAdapter, SisRecord


class Step(StrEnum):
    """What is done with a claimed record."""

    NOTHING = "NOTHING"  # both sides agree (or only a person can go on)
    PULL = "PULL"  # only our side changes
    WRITE = "WRITE"  # the SIS is written
    AWAIT = "AWAIT"  # sent before; not seen yet, horizon not passed
    WAIT = "WAIT"  # cannot go now: `reason` says why
    GONE = "GONE"  # the SIS does not have it (any more)
    REJECT = "REJECT"  # what the SIS holds, or what we would send, cannot be: `reason`


@dataclass(kw_only=True)
class Attempt:
    """One claimed record on its way. `theirs`: what the SIS shows; `changes`: what is written.

    `adopted`: the SIS id of a record found to be ours; `detour`: a temporary section number written first.
    `row`: where the decision was kept before it was sent; `is_again`: an earlier create may yet land;
    `echoes`: what the change feed has to tell of the write.
    """

    claim: Claim
    link: Link
    state: LocalState | None
    step: Step = Step.NOTHING
    operation: Operation | None = None
    changes: Mapping[str, Value] = field(default_factory=dict)
    merge: RecordMerge | None = None
    theirs: Values = field(default_factory=dict)
    token: str = ""
    source_hash: bytes | None = None
    adopted: str = ""
    detour: str = ""
    reason: str = ""
    code: str = ""
    held: list[HeldField] = field(default_factory=list)
    row: PlanRow | None = None
    is_again: bool = False
    echoes: list[AwaitedEcho] = field(default_factory=list)

    def covers_more_than(self, planned: Mapping[str, Any]) -> bool:
        """Whether a value of one side gives way that `planned` (a plan row's fields) does not tell of."""
        merge = self.merge
        return merge is not None and any(
            planned.get(name) != shown(decision)
            for name, decision in merge.decisions.items()
            if decision.is_logged
        )

    def decided(self, link: Link, *, plan_id: int, local_id: int | None) -> PlanRow | None:
        """What was decided, to be kept: the sides of every field that was not simply equal, and the rule."""
        merge = self.merge
        fields = shown_fields(merge) if merge else {}
        if merge is None or not fields:
            return None
        return PlanRow(
            plan_id=plan_id,
            record_key=str(link.sis_id),
            label=link.label,
            side=PlanRow.Side.SIS if merge.pushes else PlanRow.Side.LOCAL,
            action=PlanRow.Action.UPDATE if merge.pulls or merge.pushes else PlanRow.Action.AGREE,
            state=PlanRow.State.APPLIED,
            link=link,
            local_id=local_id,
            local_version=self.state.version if self.state else None,
            fields=fields,
        )


@dataclass(frozen=True, kw_only=True)
class Decider:
    """Decides attempts for one type, term and SIS. Reads the SIS, writes nothing."""

    kind: RecordType
    adapter: SisAdapter
    now: dt.datetime

    @property
    def capabilities(self) -> Capabilities:
        """What the SIS can do."""
        return self.adapter.capabilities

    def decide(self, attempts: Sequence[Attempt], held_fields: Mapping[int, set[str]]) -> None:
        """Fill in every attempt. `held_fields`: link -> fields in open conflicts, which are never pushed."""
        shown = self._read(attempts)
        for attempt in attempts:
            self._decide_one(attempt, shown, held_fields.get(attempt.link.pk, set()))

    def _read(self, attempts: Sequence[Attempt]) -> Mapping[str, SisRecord | None] | None:
        if not self.capabilities.can_read_by_id:
            return None
        ids = [attempt.link.sis_id for attempt in attempts if attempt.link.sis_id]
        if not ids:
            return {}
        return self.adapter.read(self.kind.merge_type, ids, term=self.kind.term)

    def _decide_one(
        self, attempt: Attempt, shown: Mapping[str, SisRecord | None] | None, held: set[str]
    ) -> None:
        link = attempt.link
        if link.state == LinkState.RETIRED or (attempt.state is None and not link.removal):
            attempt.step = Step.NOTHING
        elif link.sis_id is None:
            self._decide_create(attempt, is_held="" in held)
        else:
            incoming = self._incoming(attempt, shown)
            if incoming is None:
                return
            if link.removal and attempt.state is None:
                self._decide_removal(attempt, incoming)
            else:
                self._decide_update(attempt, incoming, held)

    def _incoming(self, attempt: Attempt, shown: Mapping[str, SisRecord | None] | None) -> Values | None:
        """What the SIS shows; where it cannot be asked, what it showed when both sides last agreed."""
        link = attempt.link
        if shown is None:
            agreed = baseline_of(link) or Baseline(values={})
            return {name: agreed.theirs_of(name) for name in agreed.values}
        record = shown[str(link.sis_id)]
        if record is None:
            attempt.step = Step.GONE
            return None
        return self._take(attempt, record)

    def _take(self, attempt: Attempt, record: SisRecord) -> Values | None:
        found: Incoming = self.kind.read(record)
        if found.issues:
            attempt.step, attempt.code = Step.REJECT, found.issues[0].code
            attempt.reason = f"What the SIS holds cannot be read: {found.issues[0].message}"
            return None
        attempt.token = record.token
        attempt.source_hash = salted(record.fingerprint, self.kind.salt(record.sis_id))
        attempt.theirs = found.values
        return found.values

    # ---- records the SIS has

    def _decide_update(self, attempt: Attempt, theirs: Values, held: set[str]) -> None:
        state, link = attempt.state, attempt.link
        if state is None:
            return
        attempt.theirs = theirs
        adopt_intent(link, theirs)
        merge = merge_record(
            base=baseline_of(link),
            ours=state.values,
            theirs=theirs,
            policies=self.kind.policies(link.sis_id or ""),
            context=context_of(
                link, now=self.now, applies_later=self.capabilities.applies_later_seconds is not None
            ),
        )
        attempt.merge = merge
        attempt.held = [HeldField.of(name, merge.decisions[name]) for name in merge.held]
        # What is pulled too goes once it stands here: after a crash in between, ours would look like an edit.
        pushes = {n: value for n, value in merge.pushes.items() if n not in held and n not in merge.pulls}
        if not self.kind.is_sendable(state.values):
            pushes = {}
        if pushes and self._waits(attempt, state.values):
            return
        if pushes:
            self._decide_write(attempt, pushes)
        elif any(decision.rule == "IN_FLIGHT" for decision in merge.decisions.values()):
            attempt.step = Step.AWAIT
        else:
            attempt.step = Step.PULL

    def _waits(self, attempt: Attempt, ours: Values) -> bool:
        """Whether it has to wait for its members; says so."""
        if self.kind.is_too_small(ours):
            attempt.step, attempt.code, attempt.reason = Step.WAIT, "TOO_FEW_MEMBERS", TOO_FEW
        elif missing := self.kind.waits_for(ours):
            attempt.step, attempt.code = Step.WAIT, "WAITING_FOR_MEMBER"
            attempt.reason = f"Waits for {len(missing)} section(s) that are not in the SIS yet."
        return attempt.step is Step.WAIT

    def _decide_write(self, attempt: Attempt, pushes: Mapping[str, Value]) -> None:
        can = self.capabilities.can
        kind = self.kind.merge_type
        attempt.changes = pushes
        attempt.step = Step.WRITE
        only_status = pushes.keys() == {"status"} and pushes["status"] == "CANCELLED"
        if only_status and can(kind, Operation.CANCEL):
            attempt.operation = Operation.CANCEL
        elif can(kind, Operation.UPDATE):
            attempt.operation = Operation.UPDATE
        else:
            attempt.step, attempt.code = Step.WAIT, "SIS_CANNOT"
            attempt.reason = "This SIS takes no changes of existing records."

    def _decide_removal(self, attempt: Attempt, theirs: Values) -> None:
        link = attempt.link
        problem = removal_problem(link, theirs, self.kind)
        operation = removal_operation(self.kind, self.capabilities)
        in_flight = is_removal_in_flight(link, operation, self.now)
        if problem:
            attempt.held = [removal_conflict(base=link.baseline, theirs=encode(theirs), note=problem)]
        elif in_flight and self.capabilities.applies_later_seconds is not None:
            attempt.step = Step.AWAIT
        elif operation is None:
            attempt.step, attempt.code = Step.WAIT, "SIS_CANNOT"
            attempt.reason = "This SIS neither cancels nor deletes; remove it there by hand."
        elif operation is Operation.CANCEL and theirs.get("status") == "CANCELLED":
            attempt.step = Step.GONE
        else:
            attempt.step, attempt.operation = Step.WRITE, operation

    # ---- records the SIS does not have, or not for certain

    def _decide_create(self, attempt: Attempt, *, is_held: bool) -> None:
        link, state = attempt.link, attempt.state
        if link.state in {LinkState.CREATING, LinkState.UNKNOWN_OUTCOME}:
            if not is_held or Key.NATURAL_KEY in self.capabilities.search_keys:
                self._resolve(attempt)
            return  # else an import found several records that it could be: a person chooses
        if state is None:  # removed here before it was ever sent
            attempt.step = Step.GONE
            return
        is_cancelled = state.values.get("status") == "CANCELLED"  # never there, and not wanted there
        if is_cancelled or not self.kind.is_sendable(state.values):
            attempt.step = Step.NOTHING
        elif self.kind.lost(state.values):
            attempt.step, attempt.code, attempt.reason = Step.WAIT, "MEMBER_GONE", GONE_MEMBER
        elif self._waits(attempt, state.values):
            return
        elif not self.capabilities.can(self.kind.merge_type, Operation.CREATE):
            attempt.step, attempt.code = Step.WAIT, "SIS_CANNOT"
            attempt.reason = "This SIS takes no new records; make it there by hand, the next import links it."
        else:
            self._create(attempt, state)

    def _create(self, attempt: Attempt, state: LocalState) -> None:
        attempt.step, attempt.operation = Step.WRITE, Operation.CREATE
        names = {policy.name for policy in self.kind.policies("") if policy.can_send or policy.name == "kind"}
        attempt.changes = {name: value for name, value in state.values.items() if name in names}

    def _resolve(self, attempt: Attempt) -> None:
        """A create whose outcome nobody knows: look it up, never create blindly again."""
        intent = attempt.link.intent or {}
        candidates = self._candidates(attempt.link, intent)
        is_over = self._is_over(intent)
        if self.capabilities.applies_later_seconds is not None and not candidates and not is_over:
            attempt.step = Step.AWAIT
            return
        is_wanted = attempt.state is not None  # else only the horizon tells that nothing is left to remove
        outcome = resolve_create(
            [record.sis_id for record in candidates],
            is_enforced=bool(self.capabilities.unique_keys) and is_wanted,
            is_horizon_passed=is_over,
        )
        match outcome:
            case CreateOutcome.ADOPT:
                self._adopt(attempt, candidates[0])
            case CreateOutcome.AMBIGUOUS:
                attempt.held = [ambiguous_conflict(attempt.link, [one.sis_id for one in candidates])]
            case CreateOutcome.CREATE_AGAIN if attempt.state is not None:
                self._create(attempt, attempt.state)
                attempt.is_again = True
                if not is_over:  # whichever request lands, the SIS gets the same; what changed since follows
                    attempt.changes = decode(intent["values"], structs=STRUCTS)
            case CreateOutcome.CREATE_AGAIN:
                attempt.step = Step.GONE
            case CreateOutcome.WAIT:
                attempt.step, attempt.code = Step.WAIT, "UNKNOWN_OUTCOME"
                attempt.reason = (
                    "Its creation was sent and the answer was lost; "
                    "it is looked up until it shows in the SIS."
                )

    def _is_over(self, intent: Mapping[str, Any]) -> bool:
        """Whether the create can no longer land, and would be known if it had.

        Where nothing can be looked up, only another snapshot, read after the horizon, tells that.
        """
        horizon = self.capabilities.applies_later_seconds
        if horizon is None:
            horizon = self.capabilities.late_request_seconds
        if horizon is None:
            return False
        over_at = dt.datetime.fromisoformat(intent["at"]) + dt.timedelta(seconds=horizon)
        if self.capabilities.search_keys:
            return self.now >= over_at
        state = MergeState.objects.filter(merge_type=self.kind.merge_type.value, term=self.kind.term).first()
        return (
            state is not None
            and state.last_at is not None
            and state.last_at >= over_at
            and state.last_digest != intent.get("digest", "")
        )

    def _adopt(self, attempt: Attempt, record: SisRecord) -> None:
        attempt.adopted = record.sis_id
        theirs = self._take(attempt, record)
        if theirs is not None and attempt.state is not None:
            self._decide_update(attempt, theirs, set())
        elif theirs is not None:
            adopt_intent(attempt.link, theirs)
            self._decide_removal(attempt, theirs)

    def _candidates(self, link: Link, intent: Mapping[str, Any]) -> list[SisRecord]:
        """Unlinked records of the SIS that could be the one we created."""
        found: list[SisRecord] = []
        keys: list[tuple[Key, str | tuple[str, ...]]] = [
            (Key.CLIENT_REF, str(link.client_ref)),
            (Key.NATURAL_KEY, tuple(intent.get("natural_key", ()))),
        ]
        for key, value in keys:
            if key not in self.capabilities.search_keys or not value or found:
                continue
            hits = self.adapter.find(self.kind.merge_type, term=self.kind.term, key=key, value=value)
            linked = set(
                Link.objects.filter(
                    merge_type=self.kind.merge_type.value,
                    term_id=self.kind.term,
                    sis_id__in=[record.sis_id for record in hits],
                )
                .exclude(state__in=[LinkState.RETIRED, LinkState.ARCHIVED])
                .values_list("sis_id", flat=True)
            )
            found = [record for record in hits if record.sis_id not in linked]
        return found
