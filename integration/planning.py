"""Making the plan of a sections or relationships merge: what would happen to each record, on which side.

Only records that changed on one side or the other are looked at: an unchanged one is recognised by its
fingerprint and our version, and only counted (MERGE.md, Nightly).
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from integration.batching import batched
from integration.conflicts import ambiguous_conflict
from integration.incoming import Incoming
from integration.links import Known, add_missing_links, known_links, links_by_id, unlinked
from integration.linkstate import adopt_intent, baseline_of, context_of, salted
from integration.merge.canonical import encode, plain
from integration.merge.records import Decision, RecordMerge, Rule, Values
from integration.merge.removal import ReturnOutcome, decide_return
from integration.merge.threeway import merge_record
from integration.models import Link, LinkState, PlanRow
from integration.planmaker import PlanMaker, Row
from integration.planning_absent import AbsentPlanner, is_removal_in_flight, removal_operation
from integration.record_types import LocalState, RecordType
from integration.sis.port import (
    BadRecord,
    Evidence,
    Issue,
    MergeType,
    Operation,
    SisAdapter,
    SisRecord,
    Snapshot,
)
from integration.unconfirmed import overdue_changes, overdue_creation

BATCH = 500
LOCAL, SIS = PlanRow.Side.LOCAL, PlanRow.Side.SIS
Action = PlanRow.Action


def shown_fields(merge: RecordMerge) -> dict[str, Any]:
    """The fields of a merge worth showing: those that change, are held, drift or wait."""
    return {
        name: shown(decision)
        for name, decision in merge.decisions.items()
        if decision.is_pulled
        or decision.is_pushed
        or decision.is_held
        or decision.is_logged
        or decision.rule in {Rule.DRIFT, Rule.PENDING, Rule.IN_FLIGHT}
    }


def shown(decision: Decision) -> dict[str, Any]:
    """One decision as JSON: base, ours, theirs, result and the rule's id."""
    return {
        "base": plain(decision.base),
        "ours": plain(decision.ours),
        "theirs": plain(decision.theirs),
        "result": plain(decision.result),
        "rule": decision.rule.value,
    }


def stored(found: Incoming) -> dict[str, Any]:
    """All that the SIS showed, as a plan's row keeps it; `_course`: what to call a course not told of yet."""
    course = {"_course": [found.subject, found.number]} if found.subject else {}
    return {**encode(found.values), **course}


class Waiting:
    """Our records that the SIS does not have, or not for certain, by what they can be recognised by."""

    def __init__(self, links: Iterable[Link]) -> None:
        self._links = {link.pk: link for link in links}
        self._by_ref = {str(link.client_ref): link.pk for link in self._links.values()}
        self._by_key = {
            tuple(link.intent["natural_key"]): link.pk
            for link in self._links.values()
            if link.intent and link.state != LinkState.NEW
        }

    @property
    def links(self) -> list[Link]:
        """Those that nothing was recognised as."""
        return list(self._links.values())

    def by_ref(self, client_ref: str) -> Link | None:
        """The link of ours with this reference, taken out; None if there is none."""
        return self.take(self._by_ref.get(client_ref))

    def like(self, natural_key: tuple[str, ...]) -> int | None:
        """The id of the link that a record with this key may be: others may have the key too."""
        return self._by_key.get(natural_key)

    def take(self, link_id: int | None) -> Link | None:
        """The link with this id, taken out; None if it is not here (any more)."""
        return self._links.pop(link_id, None) if link_id is not None else None


@dataclass(kw_only=True)
class Planner:
    """Plans one merge. `is_sending`: whether what we have may also be sent (the run sends).

    `watermark`: records touched after this tick were read or written since the snapshot began.
    """

    kind: RecordType
    adapter: SisAdapter
    maker: PlanMaker
    is_sending: bool
    accepts_empty: bool = False
    now: dt.datetime
    watermark: int
    known: dict[str, Known] = field(init=False)
    waiting: Waiting = field(init=False)
    absent: AbsentPlanner = field(init=False)
    candidates: dict[int, list[Incoming]] = field(default_factory=dict)
    """Link -> records without a link that it could be, by their key alone."""

    def __post_init__(self) -> None:
        add_missing_links(self.kind.merge_type, self.kind.term)
        self.known = known_links(self.kind.merge_type, self.kind.term)
        self.waiting = Waiting(unlinked(self.kind.merge_type, self.kind.term))
        self.absent = AbsentPlanner(
            kind=self.kind,
            adapter=self.adapter,
            maker=self.maker,
            is_sending=self.is_sending,
            watermark=self.watermark,
        )

    @property
    def held_before(self) -> int:
        """How many records we hold that the SIS is expected to show."""
        return sum(not one.is_retired for one in self.known.values())

    def make(self, snapshot: Snapshot) -> Evidence:
        """Read the snapshot to its end and plan every record. Raises what the adapter raises."""
        for batch in batched(self._interesting(snapshot), BATCH):
            self._plan_batch(batch)
        self._plan_candidates()
        evidence = snapshot.evidence()
        if self.accepts_empty and self.maker.counts.read == 0:  # a person vouched for it
            evidence = dataclasses.replace(evidence, is_proven=evidence.is_complete)
        gone = [one.link_id for one in self.known.values() if not one.is_retired]
        self.known.clear()
        self.absent.plan_absences(gone, evidence)
        self.absent.plan_ours(self.waiting.links)
        if (horizon := self.adapter.capabilities.applies_later_seconds) is not None:
            for link in self.waiting.links:
                self._say(overdue_creation(link, horizon_seconds=horizon, now=self.now))
        self.maker.flush()
        self.maker.progress(self.maker.counts.read)
        return evidence

    def _say(self, issues: Iterable[Issue]) -> None:
        for issue in issues:
            self.maker.note(issue, is_notice=True)

    # ---- records the SIS shows

    def _interesting(self, snapshot: Snapshot) -> Iterator[tuple[SisRecord, Known | None]]:
        for item in snapshot:
            if isinstance(item, BadRecord):
                self._bad(item)
                continue
            self.maker.read()
            known = self.known.pop(item.sis_id, None)
            is_unchanged = (
                known is not None
                and known.source_hash is not None
                and salted(item.fingerprint, self.kind.salt(item.sis_id)) == known.source_hash
            )
            if is_unchanged:
                self.maker.count("unchanged")
            else:
                yield item, known

    def _bad(self, bad: BadRecord) -> None:
        # parts of a record that went away are no fault of their own: the record's absence is judged below
        if bad.is_notice or (bad.is_stray and bad.sis_id in self.known):
            self._say(bad.issues)
            return
        if bad.is_stray:
            self.maker.reject(bad.issues)
            return
        self.maker.read()
        self.known.pop(bad.sis_id, None)  # seen: never taken for a removal
        self.maker.reject(bad.issues)

    def _plan_batch(self, batch: list[tuple[SisRecord, Known | None]]) -> None:
        links = links_by_id(known.link_id for _record, known in batch if known)
        incoming: list[tuple[Incoming, Link | None]] = []
        for record, known in self._read_again(batch, links):
            found = self.kind.read(record)
            if found.issues:
                self.maker.reject(found.issues)
                continue
            link = links[known.link_id] if known else self.waiting.by_ref(record.client_ref)
            if link is None and (like := self.waiting.like(self.kind.natural_key(found.values))):
                self.candidates.setdefault(like, []).append(found)
            else:
                incoming.append((found, link))
        ours = self.kind.ours([pk for _found, link in incoming if link and (pk := self._local_id(link))])
        for found, link in incoming:
            if link is None:
                self._plan_new(found)
                continue
            state = ours.get(self._local_id(link) or 0)
            if link.state == LinkState.RETIRED:
                self._plan_return(found, link, state)
            else:
                self._plan_known(found, link, state)

    def _read_again(
        self, batch: list[tuple[SisRecord, Known | None]], links: Mapping[int, Link]
    ) -> Iterator[tuple[SisRecord, Known | None]]:
        """What the snapshot says of a record written since it began is out of date: it is read by itself.

        Where that cannot be, the record is left to the next run.
        """
        touched = {
            record.sis_id
            for record, known in batch
            if known and links[known.link_id].touched > self.watermark
        }
        fresh: Mapping[str, SisRecord | None] = {}
        if touched and self.adapter.capabilities.can_read_by_id:
            fresh = self.adapter.read(self.kind.merge_type, sorted(touched), term=self.kind.term)
        for record, known in batch:
            current = fresh.get(record.sis_id) if record.sis_id in touched else record
            if current is None:
                self.maker.count("unchanged")
            else:
                yield current, known

    def _local_id(self, link: Link) -> int | None:
        value: int | None = getattr(link, self.kind.id_column)
        return value

    def _plan_candidates(self) -> None:
        """A record without a link may be the one whose creation we sent without hearing the end of it.

        Of several a person chooses; until then none of them comes in (MERGE.md, Create without duplicates).
        """
        for link_id, found in self.candidates.items():
            link = self.waiting.take(link_id)
            if link is None:  # it was recognised by its reference: these are others
                for one in found:
                    self._plan_new(one)
                continue
            local_id = self._local_id(link)
            state = self.kind.ours([local_id] if local_id else []).get(local_id or 0)
            if len(found) == 1:
                self._plan_known(found[0], link, state)
            else:
                self._hold_ambiguous(found, link, state)

    def _hold_ambiguous(self, found: list[Incoming], link: Link, ours: LocalState | None) -> None:
        held = ambiguous_conflict(link, [one.record.sis_id for one in found])
        self.maker.count("held")
        self.maker.add(
            Row(
                record_key=str(link.client_ref),
                label=link.label or (self.kind.label(ours.values) if ours else ""),
                side=LOCAL,
                action=Action.HOLD,
                link_id=link.pk,
                local_id=self._local_id(link),
                local_version=ours.version if ours else None,
                link_touched=link.touched,
                fields={"": {"base": None, "ours": held.ours, "theirs": held.theirs, "rule": held.rule}},
                note=held.note,
            )
        )

    def _plan_new(self, found: Incoming, link: Link | None = None, *, note: str = "") -> None:
        self.maker.add(
            Row(
                record_key=found.record.sis_id,
                label=self.kind.label(found.values),
                side=LOCAL,
                action=Action.CREATE,
                link_id=link.pk if link else None,
                local_id=link.former_id if link else None,
                link_touched=link.touched if link else None,
                theirs=stored(found),
                source_hash=salted(found.record.fingerprint, self.kind.salt(found.record.sis_id)),
                note=note,
            )
        )

    def _plan_return(self, found: Incoming, link: Link, ours: LocalState | None) -> None:
        outcome = decide_return(
            is_evidence_newer=link.touched < self.watermark,
            is_same_record=self._is_same(found, link),
        )
        if outcome is ReturnOutcome.IGNORED:
            self.maker.count("unchanged")
        elif outcome is ReturnOutcome.ARCHIVED:
            self._plan_new(found, note="Its id belonged to another record before.")
        elif ours is not None:  # it was cancelled here when the SIS removed it
            self._plan_known(found, link, ours)
        else:
            self._plan_new(found, link, note="It was removed and has come back.")

    def _is_same(self, found: Incoming, link: Link) -> bool:
        if self.kind.merge_type is not MergeType.SECTIONS or link.baseline is None:
            return True
        return bool(link.baseline.get("course") == found.values.get("course"))

    def _plan_known(self, found: Incoming, link: Link, ours: LocalState | None) -> None:
        """A record that both sides have, or that we removed."""
        if self.adapter.capabilities.applies_later_seconds is not None:
            label = self.kind.label(found.values)
            self._say(overdue_changes(link, found.values, label=label, now=self.now))
        if ours is None and not link.removal:
            self._plan_new(found, link, note="It is gone here without a trace; it is imported again.")
        elif ours is None:
            operation = removal_operation(self.kind, self.adapter.capabilities)
            in_flight = is_removal_in_flight(link, operation, self.now)
            self.absent.plan_our_removal(found, link, in_flight=in_flight)
        else:
            adopt_intent(link, found.values)
            merge = merge_record(
                base=baseline_of(link),
                ours=ours.values,
                theirs=found.values,
                policies=self.kind.policies(link.sis_id or ""),
                context=context_of(
                    link,
                    now=self.now,
                    applies_later=self.adapter.capabilities.applies_later_seconds is not None,
                ),
            )
            self._plan_merge(found, link, ours, merge)

    def _plan_merge(self, found: Incoming, link: Link, ours: LocalState, merge: RecordMerge) -> None:
        pulls, pushes = merge.pulls, merge.pushes
        sends = bool(pushes) and self.is_sending and self._may_send(ours) and self._is_taken(pushes)
        common: dict[str, Any] = {
            "record_key": found.record.sis_id,
            "label": self.kind.label(ours.values),
            "link_id": link.pk,
            "local_id": self._local_id(link),
            "local_version": ours.version,
            "link_touched": link.touched,
            "fields": shown_fields(merge),
            "theirs": stored(found),
            "source_hash": salted(found.record.fingerprint, self.kind.salt(found.record.sis_id)),
        }
        if merge.held:
            self.maker.count("held")
        if pulls:
            is_cancelled = pulls.get("status") == "CANCELLED"
            self.maker.add(Row(**common, side=LOCAL, action=Action.CANCEL if is_cancelled else Action.UPDATE))
        elif merge.held:
            self.maker.add(Row(**common, side=LOCAL, action=Action.HOLD))
        else:
            self.maker.add(Row(**common, side=LOCAL, action=Action.AGREE))
        if sends:
            is_cancelled = pushes.get("status") == "CANCELLED"
            self.maker.add(Row(**common, side=SIS, action=Action.CANCEL if is_cancelled else Action.UPDATE))
        elif pushes or any(d.rule is Rule.PENDING for d in merge.decisions.values()):
            self.maker.count("pending")
        if any(d.rule is Rule.IN_FLIGHT for d in merge.decisions.values()):
            self.maker.count("awaiting")
        if not pulls and not sends and not merge.held:
            self.maker.count("unchanged")

    def _is_taken(self, pushes: Values) -> bool:
        """Whether the SIS takes such a change of a record that it has."""
        can, kind = self.adapter.capabilities.can, self.kind.merge_type
        is_cancel = pushes == {"status": "CANCELLED"}
        return can(kind, Operation.UPDATE) or (is_cancel and can(kind, Operation.CANCEL))

    def _may_send(self, ours: LocalState) -> bool:
        kind, values = self.kind, ours.values
        return kind.is_sendable(values) and not (kind.is_too_small(values) or kind.waits_for(values))
