"""A small world that runs the delivery protocol of MERGE.md on the real engine, with any fault at any moment.

People edit and remove on both sides, also between a read and the write that follows it. Requests and answers
get lost, requests land late, snapshots are stale, cut short or wrong about a record. After a schedule the
faults stop, the world heals, and the invariants must hold. Each `Guard` can be left out; then some schedule
breaks an invariant. Deciding, settling and judging is the product's own code (integration.merge,
integration.linkstate); only storage, the SIS and the order of steps are the model's.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from itertools import count

from integration.fieldsets import STRUCTS
from integration.linkstate import (
    Seen,
    adopt_intent,
    agreement_on,
    baseline_of,
    context_of,
    settle,
    write_ahead,
)
from integration.merge.canonical import decode, encode
from integration.merge.identity import CreateOutcome, resolve_create
from integration.merge.policy import Context, FieldPolicy, Source
from integration.merge.records import Shape
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

EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LATE_AFTER, HORIZON = 3, 4
"""In ticks: when a late request lands, and when it surely has."""
ROUNDS = 14
SEATS, NOTES, TITLE, TEAM = "capacity", "notes", "title", "instructors"
SCALARS = (SEATS, NOTES, TITLE)
POLICIES = (
    FieldPolicy(name=SEATS, source=Source.PREFER_TANDEM),
    FieldPolicy(name=NOTES, source=Source.PREFER_SIS),
    FieldPolicy(name=TITLE, source=Source.ASK),
    FieldPolicy(
        name=TEAM, source=Source.PREFER_TANDEM, shape=Shape.KEYED, key_of=lambda one: one.instructor
    ),
)


class Guard(StrEnum):
    """What the protocol does so that an invariant holds."""

    LOOK_UP = "an unknown create is looked up before it is sent again"
    WAIT_OUT = "it is sent again only when the lost request can no longer land, or the SIS refuses a second"
    SAME_CREATE = "what is sent again is what was sent"
    WRITE_AHEAD = "values are noted as sent before they are sent"
    LOG_FIRST = "what a write will cover is kept before it is sent"
    KEEP_UNSEEN = "a sent value stays noted until it is seen or its horizon has passed"
    AWAIT = "where the SIS applies later, nothing is sent twice before the horizon"
    TOKEN = "a write over an unseen change is refused"
    COMPARE_AND_SET = "a pull writes only over the value that was merged"
    PULL_FIRST = "a set merged from both sides is written here before it is sent"
    WATERMARK = "a snapshot is no news of a record touched since it began"
    TOUCH = "learning that a write landed touches the record"
    ONLY_COMPLETE = "absence is evidence only in a complete snapshot"
    SECOND_SIGHTING = "an unproven absence is confirmed before it is followed"
    UNTOUCHED_ABSENCE = "absence is no evidence of a record touched since the snapshot began"
    KEEP_OUR_EDITS = "a removal in the SIS does not remove what was edited here"
    KEEP_THEIR_EDITS = "a removal here does not remove what was edited in the SIS"
    OLD_EVIDENCE = "evidence older than a retirement brings nothing back"


class Fate(Enum):
    """What becomes of a request."""

    ARRIVES = auto()
    LOST = auto()
    ANSWER_LOST = auto()
    LATE = auto()


class Evidence(Enum):
    """What kind of snapshot is taken."""

    PROVEN = auto()
    UNPROVEN = auto()  # called complete, but it may miss a record
    CUT_SHORT = auto()  # known not to be complete


@dataclass(frozen=True, kw_only=True)
class SisKind:
    """What the SIS of a world can do."""

    refuses_second_create: bool = True
    has_token: bool = True
    applies_later: bool = False


class Violation(AssertionError):
    """An invariant does not hold."""


class AnswerLost(Exception):
    """Nobody knows what became of the request."""


class Refused(Exception):
    """The SIS did not take the write: the record changed, or is gone."""


@dataclass
class SisRow:
    ref: str
    values: dict
    token: int


@dataclass
class FakeSis:
    """The other side. `overwritten`: values that a write covered which had not seen them."""

    kind: SisKind
    serial: count
    now: int = 0
    rows: dict[str, SisRow] = field(default_factory=dict)
    in_flight: list = field(default_factory=list)
    created: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    overwritten: set = field(default_factory=set)
    writes: int = 0

    def request(self, fate, effect):
        """Carry out a write, now or later. Raises `AnswerLost`; returns None where it was only handed over."""
        if self.kind.applies_later:
            if fate is not Fate.LOST:
                self.in_flight.append((self.now + LATE_AFTER, effect))
            return None
        if fate is Fate.LATE:
            self.in_flight.append((self.now + LATE_AFTER, effect))
        if fate is Fate.ANSWER_LOST:
            self._land(effect)
        if fate is not Fate.ARRIVES:
            raise AnswerLost
        return effect()

    def tick(self):
        self.now += 1
        due = [effect for when, effect in self.in_flight if when <= self.now]
        self.in_flight = [one for one in self.in_flight if one[0] > self.now]
        for effect in due:
            self._land(effect)

    def _land(self, effect):
        try:
            effect()
        except Refused:
            pass

    def create(self, ref, values):
        self.writes += 1
        if self.kind.refuses_second_create and self.created[ref]:
            found = self.find(ref)
            if not found:
                raise Refused  # it was there, and people removed it
            return found[0]
        self.created[ref] += 1
        sis_id = f"{ref}-{self.created[ref]}"
        self.rows[sis_id] = SisRow(ref=ref, values=dict(values), token=next(self.serial))
        return sis_id

    def find(self, ref):
        return [sis_id for sis_id, row in self.rows.items() if row.ref == ref]

    def update(self, sis_id, changes, *, seen, token):
        row = self._row(sis_id, token)
        self.writes += 1
        self._note_overwritten(row, changes, seen)
        row.values.update(changes)
        row.token = next(self.serial)
        return sis_id

    def remove(self, sis_id, *, seen, token):
        row = self._row(sis_id, token)
        self.writes += 1
        self._note_overwritten(row, row.values, seen)
        del self.rows[sis_id]
        return sis_id

    def _note_overwritten(self, row, names, seen):
        for name in names:
            if name == TEAM:
                self.overwritten |= set(row.values[name]) - set(seen[name])
            else:
                self.overwritten |= {row.values[name]} - {seen[name]}

    def _row(self, sis_id, token):
        row = self.rows.get(sis_id)
        if row is None or (self.kind.has_token and row.token != token):
            raise Refused
        return row


@dataclass
class Row:
    """A record of ours."""

    values: dict
    version: int = 1


@dataclass(frozen=True)
class Snapshot:
    rows: dict
    evidence: SnapshotEvidence
    watermark: int
    taken_at: int


@dataclass(frozen=True)
class Write:
    """What somebody wrote: `at` orders all writes."""

    side: str
    key: int
    field: str
    value: object
    at: int


HERE, THERE = "here", "there"


@dataclass
class World:
    """Both sides, what links them, and all that people did."""

    kind: SisKind = SisKind()
    without: Guard | None = None
    serial: count = field(default_factory=lambda: count(1))
    ticks: count = field(default_factory=lambda: count(1))
    rows: dict[int, Row] = field(default_factory=dict)
    links: dict[int, Link] = field(default_factory=dict)
    snapshot: Snapshot | None = None
    last_complete_at: int = -1
    wrong_about: set = field(default_factory=set)
    history: list[Write] = field(default_factory=list)
    removed: dict = field(default_factory=dict)
    agreed: set = field(default_factory=set)
    logged: list = field(default_factory=list)
    held: defaultdict[int, set] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self):
        self.sis = FakeSis(kind=self.kind, serial=self.serial)

    def keeps(self, guard):
        return guard is not self.without

    @property
    def now(self):
        return EPOCH + dt.timedelta(seconds=self.sis.now)

    # ---- what people do

    def make(self):
        key = len(self.links)
        if key < 2:
            self.rows[key] = Row({name: None for name in SCALARS} | {TEAM: ()})
            self.links[key] = Link(client_ref=f"ref{key}", label=f"record {key}")
            for name in (*SCALARS, TEAM):
                self.edit_here(key, name)

    def edit_here(self, key, name):
        if row := self.rows.get(key):
            row.values[name] = self._new_value(HERE, key, name, row.values[name])
            row.version += 1

    def edit_there(self, key, name):
        if row := self._shown(key):
            row.values[name] = self._new_value(THERE, key, name, row.values[name])
            row.token = next(self.serial)

    def _new_value(self, side, key, name, before):
        at = next(self.serial)
        value = Assignment(instructor=f"p{at:04}") if name == TEAM else at
        self.history.append(Write(side, key, name, value, at))
        return tuple(sorted({*before, value})) if name == TEAM else value

    def remove_here(self, key):
        if self.rows.pop(key, None):
            self.links[key].removal = "DELETE"
            self.removed.setdefault((HERE, key), next(self.serial))

    def remove_there(self, key):
        if self._shown(key):
            del self.sis.rows[self.links[key].sis_id]
            self.removed[THERE, key] = next(self.serial)

    def _shown(self, key):
        link = self.links.get(key)
        return self.sis.rows.get(link.sis_id) if link else None

    def tick(self):
        self.sis.tick()

    # ---- delivery (MERGE.md, Create and Update)

    def deliver(self, key, fate=Fate.ARRIVES, meddle=None):
        """One attempt; `meddle`: (moment, side, field) of an edit that comes in between."""
        link = self.links.get(key)
        if link is None or link.state == LinkState.RETIRED:
            return
        try:
            if link.sis_id is None and not self._found_or_created(key, fate, meddle):
                return
            self._synchronise(key, fate, meddle)
        except (AnswerLost, Refused):
            return

    def _meddle(self, meddle, moment, key):
        if meddle and meddle[0] == moment:
            getattr(self, meddle[1])(key, *meddle[2:])

    def _found_or_created(self, key, fate, meddle):
        """True when an earlier create turned out to have landed."""
        link, row = self.links[key], self.rows.get(key)
        if link.state == LinkState.NEW:
            if row is None:
                self._retire(link)
            else:
                self._create(key, row.values, fate, meddle)
            return False
        candidates = self.sis.find(link.client_ref) if self._can_look_up else []
        outcome = resolve_create(
            candidates,
            is_enforced=self.kind.refuses_second_create and row is not None,
            is_horizon_passed=not self.keeps(Guard.WAIT_OUT) or self._is_horizon_passed(link),
        )
        match outcome:
            case CreateOutcome.ADOPT:
                self._adopt(key, candidates[0], self.sis.rows[candidates[0]].values)
                return True
            case CreateOutcome.CREATE_AGAIN if row is None:
                self._retire(link)
            case CreateOutcome.CREATE_AGAIN:
                first = decode(link.intent["values"], structs=STRUCTS)
                self._create(key, first if self.keeps(Guard.SAME_CREATE) else row.values, fate, meddle)
        return False

    @property
    def _can_look_up(self):
        return self.keeps(Guard.LOOK_UP) and not self.kind.applies_later

    def _is_horizon_passed(self, link):
        """Where nothing can be looked up, only a snapshot begun after the horizon says that it did not land."""
        looked_at = self.last_complete_at if self.kind.applies_later else self.sis.now
        return looked_at >= link.intent["at"] + HORIZON

    def _create(self, key, values, fate, meddle):
        link, values, ours = self.links[key], dict(values), dict(self.rows[key].values)
        link.state = LinkState.UNKNOWN_OUTCOME
        link.intent = {"values": encode(values), "at": self.sis.now}
        sis_id = self.sis.request(fate, lambda: self.sis.create(link.client_ref, values))
        self._meddle(meddle, "before finish", key)
        if sis_id is None:
            return
        shown = dict(self.sis.rows[sis_id].values)
        link.sis_id, link.intent = sis_id, None
        link.baseline, link.baseline_theirs = agreement_on(encode(values), shown)
        self._finish(key, self._merge(link, ours, shown), shown)
        link.touched = next(self.ticks)

    def _adopt(self, key, sis_id, shown):
        """A record that the SIS shows turned out to be the one we created."""
        link = self.links[key]
        adopt_intent(link, shown)
        self._note_agreed(key)
        link.sis_id, link.intent, link.state = sis_id, None, LinkState.LINKED
        if self.keeps(Guard.TOUCH):
            link.touched = next(self.ticks)

    def _merge(self, link, ours, theirs):
        context = context_of(link, now=self.now, applies_later=self.kind.applies_later)
        if not self.keeps(Guard.AWAIT):
            context = Context(sent=context.sent)
        if not self.keeps(Guard.WRITE_AHEAD):
            context = Context()
        return merge_record(
            base=baseline_of(link), ours=ours, theirs=theirs, policies=POLICIES, context=context
        )

    def _synchronise(self, key, fate, meddle):
        link, row = self.links[key], self.rows.get(key)
        shown = self._read(link)
        if shown is None:
            if row is None:
                self._retire(link)  # our removal landed, or people removed it there too
            return
        theirs, token = shown
        if row is None:
            self._send_removal(key, theirs, token, fate)
            return
        merge = self._merge(link, dict(row.values), theirs)
        self._meddle(meddle, "before write", key)
        pushes = merge.pushes
        if self.keeps(Guard.PULL_FIRST):
            pushes = {name: value for name, value in pushes.items() if name not in merge.pulls}
        if self.keeps(Guard.LOG_FIRST):
            self._log(key, merge)
        if pushes and not self._send(link, pushes, theirs, token, fate):
            return
        self._meddle(meddle, "before finish", key)
        self._finish(key, merge, theirs, pushed=pushes)

    def _read(self, link):
        """What the SIS shows; where it cannot be asked, what it showed when both sides last agreed."""
        if self.kind.applies_later:
            base = baseline_of(link)
            return {name: base.theirs_of(name) for name in base.values}, 0
        row = self.sis.rows.get(link.sis_id)
        return row and (dict(row.values), row.token)

    def _entry(self, operation, values):
        horizon = self.now + dt.timedelta(seconds=HORIZON)
        return {
            "operation": operation,
            "values": encode(values),
            "until": horizon.isoformat(),
            "is_ordered": self.kind.applies_later,
        }

    def _send(self, link, pushes, theirs, token, fate):
        """Write ahead, then send; True when the SIS answered that it is done."""
        entry = self._entry("UPDATE", pushes)
        if self.kind.applies_later and any(
            {**one, "until": None} == {**entry, "until": None} for one in link.sent
        ):
            raise Violation("sent twice before the horizon")
        link.sent = write_ahead(link.sent, entry)
        sis_id = link.sis_id
        try:
            answer = self.sis.request(
                fate, lambda: self.sis.update(sis_id, pushes, seen=theirs, token=token)
            )
        except Refused:
            link.sent = link.sent[:-1]
            raise
        if answer is not None:
            link.sent = link.sent[:-1]
        if not self.keeps(Guard.KEEP_UNSEEN):
            link.sent = []
        return answer is not None

    def _finish(self, key, merge, theirs, *, pushed=None):
        """Write here what is pulled, and settle what is agreed."""
        link, row = self.links[key], self.rows.get(key)
        pulls = {
            name: value
            for name, value in merge.pulls.items()
            if row is not None
            and (row.values[name] == merge.decisions[name].ours or not self.keeps(Guard.COMPARE_AND_SET))
        }
        if row is not None:
            row.values.update(pulls)
            row.version += bool(pulls)
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
        if not self.keeps(Guard.TOUCH) and not (pushed or merge.pulls):
            link.touched = touched
        self._note(key, merge)

    def _log(self, key, merge):
        for name, one in merge.decisions.items():
            if one.is_held or one.is_logged:
                self.logged.append((key, name, one.ours, one.theirs))

    def _note(self, key, merge):
        self.held[key] = set(merge.held)
        self._log(key, merge)
        self._note_agreed(key)

    def _note_agreed(self, key):
        self.agreed |= {(key, name, value) for name, value in baseline_of(self.links[key]).values.items()}

    def _send_removal(self, key, theirs, token, fate):
        link = self.links[key]
        context = context_of(link, now=self.now, applies_later=False)
        base = baseline_of(link).values
        is_edited = any(
            theirs[name] not in (base[name], *context.sent.get(name, ())) for name in base if name in theirs
        )
        if is_edited and self.keeps(Guard.KEEP_THEIR_EDITS):
            self.held[key] = {"the whole record"}
            return
        if any(entry["operation"] == "DELETE" for entry in link.sent) and self.kind.applies_later:
            return
        link.sent = [*link.sent, self._entry("DELETE", {})]
        sis_id = link.sis_id
        if self.sis.request(fate, lambda: self.sis.remove(sis_id, seen=theirs, token=token)):
            self._retire(link)

    def _retire(self, link):
        link.state = LinkState.RETIRED
        link.touched = next(self.ticks)
        link.sent, link.intent = [], None

    # ---- the night (MERGE.md, Removals and Nightly)

    def look(self, evidence=Evidence.PROVEN, missed=None):
        """Take a snapshot. One that is not proven may miss a record, though not the same one twice."""
        rows = {sis_id: (row.ref, dict(row.values)) for sis_id, row in self.sis.rows.items()}
        sis_id = self.links[missed].sis_id if missed in self.links else None
        if evidence is not Evidence.PROVEN and sis_id in rows:
            if evidence is Evidence.CUT_SHORT or sis_id not in self.wrong_about:
                del rows[sis_id]
            if evidence is Evidence.UNPROVEN:
                self.wrong_about.add(sis_id)
        self.snapshot = Snapshot(
            rows=rows,
            evidence=SnapshotEvidence(
                is_complete=evidence is not Evidence.CUT_SHORT or not self.keeps(Guard.ONLY_COMPLETE),
                is_proven=evidence is Evidence.PROVEN,
                digest=repr(sorted(rows.items())),
            ),
            watermark=next(self.ticks),
            taken_at=self.sis.now,
        )

    def night(self):
        """Import the last snapshot, however old."""
        if self.snapshot is None:
            return
        shown = self.snapshot.rows
        by_ref = {ref: sis_id for sis_id, (ref, _values) in shown.items()}
        for key, link in self.links.items():
            found = by_ref.get(link.client_ref)
            if found and link.state == LinkState.UNKNOWN_OUTCOME:
                self._adopt(key, found, shown[found][1])
                self._import_values(key, shown[found][1])
            elif link.sis_id in shown:
                self._import(key, shown[link.sis_id][1])
            elif link.sis_id is not None and link.state != LinkState.RETIRED:
                self._import_absence(key)
        if self.snapshot.evidence.is_complete:
            self.last_complete_at = max(self.last_complete_at, self.snapshot.taken_at)

    def _import(self, key, theirs):
        link = self.links[key]
        if link.state == LinkState.RETIRED:
            self._import_return(key, dict(theirs))
        elif link.touched <= self.snapshot.watermark or not self.keeps(Guard.WATERMARK):
            self._import_values(key, theirs)

    def _import_values(self, key, theirs):
        if row := self.rows.get(key):
            self._finish(key, self._merge(self.links[key], dict(row.values), theirs), dict(theirs))

    def _import_return(self, key, theirs):
        link = self.links[key]
        is_newer = link.touched < self.snapshot.watermark or not self.keeps(Guard.OLD_EVIDENCE)
        if decide_return(is_evidence_newer=is_newer, is_same_record=True) is ReturnOutcome.REVIVED:
            self.rows[key] = Row(theirs)
            link.state, link.removal, link.touched = LinkState.LINKED, "", next(self.ticks)
            link.baseline, link.baseline_theirs = encode(theirs), {}

    def _import_absence(self, key):
        link, row = self.links[key], self.rows.get(key)
        base = baseline_of(link).values
        has_edits = row is not None and any(row.values[name] != base[name] for name in base)
        evidence = self.snapshot.evidence
        if not self.keeps(Guard.SECOND_SIGHTING):
            evidence = SnapshotEvidence(
                is_complete=evidence.is_complete, is_proven=True, digest=evidence.digest
            )
        outcome = decide_absence(
            evidence=evidence,
            missing_since_digest=link.missing_digest or None,
            is_touched_since=link.touched > self.snapshot.watermark and self.keeps(Guard.UNTOUCHED_ABSENCE),
            seen_by_id=None,
            has_local_edits=has_edits and self.keeps(Guard.KEEP_OUR_EDITS),
        )
        match outcome:
            case AbsenceOutcome.REMOVED:
                if row is not None and (THERE, key) not in self.removed:
                    raise Violation("removed here, but nobody removed it there")
                self.rows.pop(key, None)
                self._retire(link)
            case AbsenceOutcome.CONFLICT:
                self.held[key] = {"the whole record"}
            case AbsenceOutcome.FIRST_ABSENCE:
                link.missing_digest = evidence.digest

    # ---- the end

    def heal(self):
        """No more edits, no more faults: everything that is due is done."""
        for _round in range(ROUNDS):
            self.tick()
            for key in self.links:
                self.deliver(key)
            self.look()
            self.night()
