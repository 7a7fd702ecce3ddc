"""A small world that runs the delivery protocol of MERGE.md on the real engine, with any fault at any moment.

One record. People edit and remove it on both sides, also between a read and the write that follows it.
Requests and answers get lost, requests land late, snapshots are stale, cut short or wrong. After a schedule
the faults stop, the world heals, and the invariants (`delivery_invariants`) must hold. Each `Guard` can be
left out; then some schedule breaks an invariant. Deciding, settling and judging is the product's own code
(integration.merge, integration.linkstate); storage, the SIS and the order of the steps are the model's.
"""

import datetime as dt
from dataclasses import dataclass, field
from itertools import count

from integration.fieldsets import STRUCTS
from integration.linkstate import (
    Seen,
    adopt_intent,
    agreement_on,
    baseline_of,
    context_of,
    is_live,
    settle,
    write_ahead,
)
from integration.merge.canonical import decode, encode
from integration.merge.identity import CreateOutcome, resolve_create
from integration.merge.policy import Context
from integration.merge.removal import (
    AbsenceOutcome,
    ReturnOutcome,
    SnapshotEvidence,
    decide_absence,
    decide_return,
)
from integration.merge.threeway import merge_record
from integration.models import Link, LinkState
from scheduling.domain.values import Assignment
from tests.property.delivery_guards import (
    EPOCH,
    HERE,
    HORIZON,
    NAMES,
    POLICIES,
    ROUNDS,
    SCALARS,
    TEAM,
    THERE,
    WHOLE,
    Evidence,
    Guard,
    Row,
    Snapshot,
    Violation,
    Write,
)
from tests.property.delivery_sis import AnswerLost, FakeSis, Fate, Refused, SisKind


@dataclass
class World:
    """Both sides, the link between them, and all that people did."""

    kind: SisKind
    without: Guard | None = None
    serial: count = field(default_factory=lambda: count(1))
    ticks: count = field(default_factory=lambda: count(1))
    snapshot: Snapshot | None = None
    proven_at: int = -1
    is_wrong_used: bool = False
    history: list[Write] = field(default_factory=list)
    removed: set = field(default_factory=set)
    agreed: set = field(default_factory=set)
    logged: set = field(default_factory=set)
    held: set = field(default_factory=set)

    def __post_init__(self):
        self.sis = FakeSis(kind=self.kind, serial=self.serial)
        self.row = Row(dict.fromkeys(SCALARS) | {TEAM: ()})
        self.link = Link(label="the record")
        for name in NAMES:
            self.edit_here(name)

    def keeps(self, guard):
        return guard is not self.without

    @property
    def now(self):
        return EPOCH + dt.timedelta(seconds=self.sis.now)

    # What people do.

    def edit_here(self, name):
        if self.row:
            self.row.values[name] = self._new_value(HERE, name, self.row.values[name])
            self.row.version += 1

    def edit_there(self, name):
        for row in self.sis.rows.values():
            row.values[name] = self._new_value(THERE, name, row.values[name])
            row.token = next(self.serial)

    def _new_value(self, side, name, before):
        at = next(self.serial)
        value = Assignment(instructor=f"p{at:04}") if name == TEAM else at
        self.history.append(Write(side, name, value, at))
        return tuple(sorted({*before, value})) if name == TEAM else value

    def remove_here(self):
        if self.row:
            self.row, self.link.removal = None, "DELETE"
            self.removed.add(HERE)

    def remove_there(self):
        if self.sis.rows.pop(self.link.sis_id, None):
            self.removed.add(THERE)

    def tick(self):
        self.sis.tick()

    # Delivery (MERGE.md, Create and Update).

    def deliver(self, fate=Fate.ARRIVES, meddle=None):
        """One attempt. `meddle`: the moment, and what somebody does in it."""
        link = self.link
        if link.state == LinkState.RETIRED or (link.sis_id is None and not self._is_found(fate, meddle)):
            return
        try:
            self._synchronise(fate, meddle)
        except (AnswerLost, Refused):
            return

    def _meddle(self, meddle, moment):
        if meddle and meddle[0] == moment:
            getattr(self, meddle[1])(*meddle[2:])

    def _is_found(self, fate, meddle):
        """Create it, unless an earlier create turned out to have landed."""
        link = self.link
        if link.state == LinkState.NEW:
            return self._create(self.row and self.row.values, fate, meddle)
        can_look_up = self.keeps(Guard.LOOK_UP) and not self.kind.applies_later
        candidates = list(self.sis.rows) if can_look_up else []
        match resolve_create(
            candidates,
            is_enforced=self.kind.refuses_second_create and self.row is not None,
            is_horizon_passed=not self.keeps(Guard.WAIT_OUT) or self._is_horizon_passed(),
        ):
            case CreateOutcome.ADOPT:
                self._adopt(candidates[0], self.sis.rows[candidates[0]].values)
                return True
            case CreateOutcome.CREATE_AGAIN:
                values = decode(link.intent["values"], structs=STRUCTS)
                if self.row and not self.keeps(Guard.SAME_CREATE):
                    values = self.row.values
                return self._create(self.row and values, fate, meddle)
        return False

    def _is_horizon_passed(self):
        """Where nothing can be looked up, only a proven snapshot begun after it tells what never landed."""
        looked_at = self.proven_at if self.kind.applies_later else self.sis.now
        return looked_at >= self.link.intent["at"] + HORIZON

    def _create(self, values, fate, meddle):
        link = self.link
        if values is None:  # removed here before it was ever there
            self._retire()
            return False
        values, ours = dict(values), dict(self.row.values)
        link.state, link.intent = LinkState.UNKNOWN_OUTCOME, {"values": encode(values), "at": self.sis.now}
        try:
            sis_id = self.sis.request(fate, lambda: self.sis.create(values))
        except (AnswerLost, Refused):
            return False
        self._meddle(meddle, "before finish")
        if sis_id is not None and (row := self.sis.rows.get(sis_id)):
            shown = dict(row.values)
            link.sis_id, link.intent = sis_id, None
            link.baseline, link.baseline_theirs = agreement_on(encode(values), shown)
            self._finish(self._merge(ours, shown), shown)
            link.touched = next(self.ticks)
        return False

    def _adopt(self, sis_id, shown):
        """A record that the SIS shows turned out to be the one we created."""
        link = self.link
        adopt_intent(link, shown)
        link.sis_id, link.intent, link.state = sis_id, None, LinkState.LINKED
        self._note_agreed()
        if self.keeps(Guard.TOUCH):
            link.touched = next(self.ticks)

    def _merge(self, ours, theirs):
        context = context_of(self.link, now=self.now, applies_later=self.kind.applies_later)
        if not self.keeps(Guard.AWAIT):
            context = Context(sent=context.sent)
        if not self.keeps(Guard.WRITE_AHEAD):
            context = Context()
        base = baseline_of(self.link)
        return merge_record(base=base, ours=ours, theirs=theirs, policies=POLICIES, context=context)

    def _synchronise(self, fate, meddle):
        shown = self._read()
        if self.row is None:
            self._remove(shown, fate)
        elif shown is not None:
            self._update(*shown, fate, meddle)

    def _read(self):
        """What the SIS shows; where it cannot be asked, what it showed when both sides last agreed."""
        if self.kind.applies_later:
            base = baseline_of(self.link)
            return {name: base.theirs_of(name) for name in base.values}, 0
        row = self.sis.rows.get(self.link.sis_id)
        return row and (dict(row.values), row.token)

    def _update(self, theirs, token, fate, meddle):
        merge = self._merge(dict(self.row.values), theirs)
        self._meddle(meddle, "before write")
        pushes = merge.pushes
        if self.keeps(Guard.PULL_FIRST):
            pushes = {name: value for name, value in pushes.items() if name not in merge.pulls}
        if pushes:
            if self.keeps(Guard.LOG_FIRST):
                self._log(merge)
            self._send("UPDATE", pushes, fate, lambda i: self.sis.update(i, pushes, seen=theirs, token=token))
        self._meddle(meddle, "before finish")
        if not pushes or not self.kind.applies_later:
            self._finish(merge, theirs, pushed=pushes)

    def _send(self, operation, values, fate, effect):
        """Write ahead, then send. A write that the SIS surely did, or surely did not, is taken off again."""
        link, before = self.link, self.link.sent
        entry = self._entry(operation, values)
        if self.kind.applies_later and any(
            is_live(one, self.now) and {**one, "until": ""} == {**entry, "until": ""} for one in before
        ):
            raise Violation("sent twice before the horizon")
        noted = write_ahead(before, entry, has_token=self.kind.has_token)
        link.sent = noted if self.keeps(Guard.TELL_APART) else [*before, entry]
        sis_id = link.sis_id
        try:
            answer = self.sis.request(fate, lambda: effect(sis_id))
        except Refused:
            link.sent = link.sent[:-1]
            raise
        if answer is not None:  # where there is a token, earlier writes that were lost cannot land any more
            is_told = self.kind.has_token or not self.keeps(Guard.KEEP_UNSEEN)
            link.sent = [] if is_told else link.sent[:-1]
        return answer

    def _entry(self, operation, values):
        until = self.now + dt.timedelta(seconds=HORIZON)
        is_ordered = self.kind.applies_later
        return {
            "operation": operation,
            "values": encode(values),
            "until": until.isoformat(),
            "is_ordered": is_ordered,
        }

    def _finish(self, merge, theirs, *, pushed=None):
        """Write here what is pulled, and settle what is agreed."""
        link, row = self.link, self.row
        here = row.values if row else {}
        is_set = not self.keeps(Guard.COMPARE_AND_SET)
        pulls = {
            name: value
            for name, value in merge.pulls.items()
            if name in here and (is_set or here[name] == merge.decisions[name].ours)
        }
        here.update(pulls)
        touched = link.touched
        settle(
            link,
            merge,
            seen=Seen(values=theirs, source_hash=None, tick=next(self.ticks), now=self.now),
            version=row.version if row else 0,
            pushed=pushed,
            after_write={**theirs, **pushed} if pushed else None,
            unpulled=merge.pulls.keys() - pulls.keys(),
        )
        if not self.keeps(Guard.TOUCH) and not (pushed or pulls):
            link.touched = touched
        self.held = set(merge.held)
        self._log(merge)
        self._note_agreed()

    def _log(self, merge):
        for name, one in merge.decisions.items():
            if one.is_held or one.is_logged:
                self.logged.add((name, one.ours, one.theirs))

    def _note_agreed(self):
        self.agreed |= set(baseline_of(self.link).values.items())

    def _remove(self, shown, fate):
        """The SIS has to follow a removal of ours, unless somebody edited the record there."""
        if shown is None:
            self._retire()  # our removal landed, or people removed it there too
            return
        theirs, token = shown
        base, sent = baseline_of(self.link), context_of(self.link, now=self.now, applies_later=False).sent
        is_edited = any(theirs[n] not in (base.theirs_of(n), *sent.get(n, ())) for n in base.values)
        if is_edited and self.keeps(Guard.KEEP_THEIR_EDITS):
            self.held = {WHOLE}
            return
        if self.kind.applies_later and any(one["operation"] == "DELETE" for one in self.link.sent):
            return
        if self._send("DELETE", {}, fate, lambda i: self.sis.remove(i, seen=theirs, token=token)):
            self._retire()

    def _retire(self):
        link = self.link
        link.state, link.touched = LinkState.RETIRED, next(self.ticks)
        link.sent, link.intent = [], None
        self.held = set()

    # The night (MERGE.md, Removals and Nightly).

    def look(self, evidence=Evidence.PROVEN):
        """Take a snapshot."""
        rows = {sis_id: dict(row.values) for sis_id, row in self.sis.rows.items()}
        is_wrong = evidence is Evidence.UNPROVEN and not self.is_wrong_used
        self.is_wrong_used = self.is_wrong_used or is_wrong
        self.snapshot = Snapshot(
            rows={} if is_wrong or evidence is Evidence.CUT_SHORT else rows,
            evidence=SnapshotEvidence(
                is_complete=evidence is not Evidence.CUT_SHORT or not self.keeps(Guard.ONLY_COMPLETE),
                is_proven=evidence is Evidence.PROVEN or not self.keeps(Guard.SECOND_SIGHTING),
                digest=f"{rows} {is_wrong}",
            ),
            watermark=next(self.ticks),
            taken_at=self.sis.now,
        )

    def night(self):
        """Import the last snapshot, however old it is."""
        link, snapshot = self.link, self.snapshot
        if snapshot is None:
            return
        if snapshot.evidence.is_proven:
            self.proven_at = max(self.proven_at, snapshot.taken_at)
        is_old = link.touched > snapshot.watermark
        if snapshot.rows and link.state == LinkState.UNKNOWN_OUTCOME:
            sis_id, theirs = next(iter(snapshot.rows.items()))
            self._adopt(sis_id, theirs)
            self._import(theirs)
        elif link.sis_id in snapshot.rows and link.state == LinkState.RETIRED:
            self._import_return(snapshot.rows[link.sis_id])
        elif link.sis_id in snapshot.rows and not (is_old and self.keeps(Guard.WATERMARK)):
            self._import(snapshot.rows[link.sis_id])
        elif link.sis_id not in snapshot.rows and link.sis_id and link.state != LinkState.RETIRED:
            self._import_absence(is_touched=is_old and self.keeps(Guard.UNTOUCHED_ABSENCE))

    def _import(self, theirs):
        if self.row:
            self._finish(self._merge(dict(self.row.values), theirs), dict(theirs))

    def _import_return(self, theirs):
        link = self.link
        is_newer = link.touched < self.snapshot.watermark or not self.keeps(Guard.OLD_EVIDENCE)
        if decide_return(is_evidence_newer=is_newer, is_same_record=True) is ReturnOutcome.REVIVED:
            if link.sis_id not in self.sis.rows:
                raise Violation("brought back, but it is gone")
            self.row = Row(dict(theirs))
            link.state, link.removal, link.touched = LinkState.LINKED, "", next(self.ticks)
            link.baseline, link.baseline_theirs = encode(theirs), {}

    def _import_absence(self, *, is_touched):
        link, base, evidence = self.link, baseline_of(self.link).values, self.snapshot.evidence
        has_edits = self.row is not None and any(self.row.values[name] != base[name] for name in base)
        match decide_absence(
            evidence=evidence,
            missing_since_digest=link.missing_digest or None,
            is_touched_since=is_touched,
            seen_by_id=None,
            has_local_edits=has_edits and self.keeps(Guard.KEEP_OUR_EDITS),
        ):
            case AbsenceOutcome.REMOVED:
                if self.row and THERE not in self.removed:
                    raise Violation("removed here, but nobody removed it there")
                self.row = None
                self._retire()
            case AbsenceOutcome.CONFLICT:
                self.held = {WHOLE}
            case AbsenceOutcome.FIRST_ABSENCE:
                link.missing_digest = evidence.digest

    # The end.

    def heal(self):
        """No more edits, no more faults: everything that is due is done."""
        for _round in range(ROUNDS):
            self.tick()
            self.deliver()
            self.look()
            self.night()
