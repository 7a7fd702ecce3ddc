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
from integration.fieldsets import STRUCTS
from integration.incoming import Incoming
from integration.links import Known, add_missing_links, known_links, links_by_id, unlinked
from integration.linkstate import baseline_of, context_of, is_live, salted
from integration.merge.canonical import decode, encode, plain
from integration.merge.policy import Removal
from integration.merge.records import Decision, RecordMerge, Rule, Values
from integration.merge.removal import (
    AbsenceOutcome,
    ReturnOutcome,
    SnapshotEvidence,
    decide_absence,
    decide_return,
)
from integration.merge.threeway import merge_record
from integration.models import Link, LinkState, OutboundChange, PlanRow
from integration.planmaker import PlanMaker, Row
from integration.record_types import LocalState, RecordType
from integration.sis.port import (
    BadRecord,
    Capabilities,
    Evidence,
    Issue,
    MergeType,
    Operation,
    SisAdapter,
    SisRecord,
    Snapshot,
)

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


@dataclass(kw_only=True)
class Planner:
    """Plans one merge. `accepts`: whether what we have may also be sent (the run sends)."""

    kind: RecordType
    adapter: SisAdapter
    maker: PlanMaker
    is_sending: bool
    accepts_empty: bool = False
    now: dt.datetime
    watermark: int
    """Records touched after this tick were read or written since the snapshot began."""
    known: dict[str, Known] = field(init=False)
    waiting: list[Link] = field(init=False)
    """Links of ours that the SIS does not have, or not for certain."""

    def __post_init__(self) -> None:
        add_missing_links(self.kind.merge_type, self.kind.term)
        self.known = known_links(self.kind.merge_type, self.kind.term)
        self.waiting = unlinked(self.kind.merge_type, self.kind.term)

    @property
    def held_before(self) -> int:
        """How many records we hold that the SIS is expected to show."""
        return sum(not one.is_retired for one in self.known.values())

    def make(self, snapshot: Snapshot) -> Evidence:
        """Read the snapshot to its end and plan every record. Raises what the adapter raises."""
        matched: set[int] = set()
        for batch in batched(self._interesting(snapshot), BATCH):
            matched |= self._plan_batch(batch)
        evidence = snapshot.evidence()
        if self.accepts_empty and self.maker.counts.read == 0:
            evidence = dataclasses.replace(
                evidence, is_proven=evidence.is_complete
            )  # a person vouched for it
        self._plan_absences(evidence)
        self._plan_ours([link for link in self.waiting if link.pk not in matched])
        self.maker.flush()
        self.maker.progress(self.maker.counts.read)
        return evidence

    # ---- records the SIS shows

    def _interesting(self, snapshot: Snapshot) -> Iterator[tuple[SisRecord, Known | None]]:
        for item in snapshot:
            if isinstance(item, BadRecord):
                self._bad(item)
                continue
            self.maker.read()
            known = self.known.pop(item.sis_id, None)
            if known and known.source_hash is not None:
                if salted(item.fingerprint, self.kind.salt(item.sis_id)) == known.source_hash:
                    self.maker.count("unchanged")
                    continue
            yield item, known

    def _bad(self, bad: BadRecord) -> None:
        if bad.is_notice:
            for issue in bad.issues:
                self.maker.note(issue, is_notice=True)
            return
        self.maker.read()
        self.known.pop(bad.sis_id, None)  # seen: never taken for a removal
        self.maker.reject(bad.issues)

    def _plan_batch(self, batch: Iterable[tuple[SisRecord, Known | None]]) -> set[int]:
        """Plan some records; return the links of ours that were recognised among the new ones."""
        incoming: list[tuple[Incoming, Known | None]] = []
        for record, known in batch:
            found = self.kind.read(record)
            if found.issues:
                self.maker.reject(found.issues)
            else:
                incoming.append((found, known))
        links = links_by_id(known.link_id for _found, known in incoming if known)
        matched = {found.record.sis_id: self._recognise(found) for found, known in incoming if not known}
        links |= {link.pk: link for link in matched.values() if link}
        ours = self.kind.ours([pk for link in links.values() if (pk := self._local_id(link))])
        for found, known in incoming:
            link = links[known.link_id] if known else matched[found.record.sis_id]
            if link is None:
                self._plan_new(found)
            elif known and known.is_retired:
                self._plan_return(found, link)
            else:
                self._plan_known(found, link, ours.get(self._local_id(link) or 0))
        return {link.pk for link in matched.values() if link}

    def _local_id(self, link: Link) -> int | None:
        value: int | None = getattr(link, self.kind.id_column)
        return value

    def _recognise(self, found: Incoming) -> Link | None:
        """A record without a link may be the one whose creation we sent without hearing the end of it."""
        key = list(self.kind.natural_key(found.values))
        for link in self.waiting:
            if found.record.client_ref and str(link.client_ref) == found.record.client_ref:
                return link
        for link in self.waiting:
            if link.intent and link.state != LinkState.NEW and link.intent["natural_key"] == key:
                return link
        return None

    def _plan_new(self, found: Incoming, link: Link | None = None, *, note: str = "") -> None:
        values = encode(found.values)
        if found.subject:
            values["_course"] = [found.subject, found.number]
        self.maker.add(
            Row(
                record_key=found.record.sis_id,
                label=self.kind.label(found.values),
                side=LOCAL,
                action=Action.CREATE,
                link_id=link.pk if link else None,
                local_id=link.former_id if link else None,
                link_touched=link.touched if link else None,
                theirs=values,
                source_hash=salted(found.record.fingerprint, self.kind.salt(found.record.sis_id)),
                note=note,
            )
        )

    def _plan_return(self, found: Incoming, link: Link) -> None:
        outcome = decide_return(
            is_evidence_newer=link.touched < self.watermark,
            is_same_record=self._is_same(found, link),
        )
        if outcome is ReturnOutcome.IGNORED:
            self.maker.count("unchanged")
        elif outcome is ReturnOutcome.REVIVED:
            self._plan_new(found, link, note="It was removed and has come back.")
        else:
            self._plan_new(found, note="Its id belonged to another record before.")

    def _is_same(self, found: Incoming, link: Link) -> bool:
        if self.kind.merge_type is not MergeType.SECTIONS or link.baseline is None:
            return True
        return bool(link.baseline.get("course") == found.values.get("course"))

    def _plan_known(self, found: Incoming, link: Link, ours: LocalState | None) -> None:
        """A record that both sides have, or that we removed."""
        if ours is None:
            self._plan_our_removal(found, link)
            return
        base = baseline_of(link)
        if base is None and link.intent is not None:
            base = baseline_of(Link(baseline=link.intent["values"], baseline_theirs={}))
        merge = self.merge(link, ours.values, found.values, base_override=base)
        self._plan_merge(found, link, ours, merge)

    def merge(self, link: Link, ours: Values, theirs: Values, *, base_override: Any = None) -> RecordMerge:
        """The engine's answer for one record."""
        return merge_record(
            base=base_override if base_override is not None else baseline_of(link),
            ours=ours,
            theirs=theirs,
            policies=self.kind.policies(link.sis_id or ""),
            context=context_of(
                link,
                now=self.now,
                applies_later=self.adapter.capabilities.applies_later_seconds is not None,
            ),
        )

    def _plan_merge(self, found: Incoming, link: Link, ours: LocalState, merge: RecordMerge) -> None:
        pulls, pushes = merge.pulls, merge.pushes
        sends = bool(pushes) and self.is_sending and self._may_send(ours)
        common = {
            "record_key": found.record.sis_id,
            "label": self.kind.label(ours.values),
            "link_id": link.pk,
            "local_id": self._local_id(link),
            "local_version": ours.version,
            "link_touched": link.touched,
            "fields": shown_fields(merge),
            "theirs": encode(found.values),
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

    def _may_send(self, ours: LocalState) -> bool:
        return self.kind.is_sendable(ours.values) and not self.kind.waits_for(ours.values)

    def _plan_our_removal(self, found: Incoming, link: Link) -> None:
        """We removed it; the SIS still has it."""
        operation = removal_operation(self.kind, self.adapter.capabilities)
        in_flight = [
            entry for entry in link.sent if entry["operation"] == operation and is_live(entry, self.now)
        ]
        row: dict[str, Any] = {
            "record_key": found.record.sis_id,
            "label": link.label or self.kind.label(found.values),
            "link_id": link.pk,
            "local_id": link.former_id,
            "link_touched": link.touched,
            "theirs": encode(found.values),
        }
        if not link.removal:
            self._plan_new(found, link, note="It is gone here without a trace; it is imported again.")
        elif in_flight:
            self.maker.count("awaiting")
            self.maker.count("unchanged")
        elif problem := removal_problem(link, found.values, self.kind):
            self.maker.count("held")
            self.maker.add(Row(**row, side=LOCAL, action=Action.HOLD, note=problem))
        elif operation is None or not self.is_sending:
            self.maker.count("pending")
            self.maker.count("unchanged")
        else:
            self.maker.add(Row(**row, side=SIS, action=Action(operation.value)))

    # ---- records the SIS does not show

    def _plan_absences(self, evidence: Evidence) -> None:
        gone = [one.link_id for one in self.known.values() if not one.is_retired]
        self.known.clear()
        for batch in batched(gone, BATCH):
            links = links_by_id(batch)
            ours = self.kind.ours([pk for link in links.values() if (pk := self._local_id(link))])
            unproven = [link for link in links.values() if evidence.is_complete and not evidence.is_proven]
            seen = self._read_again(unproven)
            for link in links.values():
                self._plan_absence(link, ours.get(self._local_id(link) or 0), evidence, seen)

    def _read_again(self, links: list[Link]) -> Mapping[str, SisRecord | None]:
        if not links or not self.adapter.capabilities.can_read_by_id:
            return {}
        ids = [str(link.sis_id) for link in links]
        return self.adapter.read(self.kind.merge_type, ids, term=self.kind.term)

    def _plan_absence(
        self,
        link: Link,
        ours: LocalState | None,
        evidence: Evidence,
        seen: Mapping[str, SisRecord | None],
    ) -> None:
        sis_id = str(link.sis_id)
        if ours is not None and not self.kind.is_sendable(ours.values):
            return  # a kind this SIS does not hold: its absence says nothing
        decision = decide_absence(
            evidence=SnapshotEvidence(
                is_complete=evidence.is_complete, is_proven=evidence.is_proven, digest=evidence.digest
            ),
            missing_since_digest=link.missing_digest or None,
            is_touched_since=link.touched > self.watermark,
            seen_by_id=(seen[sis_id] is not None) if sis_id in seen else None,
            has_local_edits=ours is not None and self._has_edits(link, ours),
        )
        row: dict[str, Any] = {
            "record_key": sis_id,
            "label": link.label or (self.kind.label(ours.values) if ours else ""),
            "link_id": link.pk,
            "local_id": self._local_id(link),
            "local_version": ours.version if ours else None,
            "link_touched": link.touched,
        }
        match decision:
            case AbsenceOutcome.REMOVED:
                self._plan_removal(row, link, ours)
            case AbsenceOutcome.CONFLICT:
                self.maker.count("held")
                self.maker.add(Row(**row, side=LOCAL, action=Action.HOLD, note=REMOVED_BUT_EDITED))
            case AbsenceOutcome.FIRST_ABSENCE | AbsenceOutcome.STILL_MISSING:
                self.maker.count("missing", by=int(decision is AbsenceOutcome.FIRST_ABSENCE))
                self.maker.add(Row(**row, side=LOCAL, action=Action.MISSING, note=evidence.digest))
            case AbsenceOutcome.NOT_EVIDENCE | AbsenceOutcome.PRESENT:
                pass

    def _has_edits(self, link: Link, ours: LocalState) -> bool:
        """Whether people changed something that the SIS has not seen (values, not versions, decide)."""
        if link.baseline is None or ours.version == link.agreed_version:
            return False
        base = decode(link.baseline, structs=STRUCTS)
        names = [p.name for p in self.kind.policies(link.sis_id or "") if p.can_send]
        return any(ours.values.get(name) != base.get(name) for name in names if name in base)

    def _plan_removal(self, row: dict[str, Any], link: Link, ours: LocalState | None) -> None:
        if ours is None:  # gone on both sides
            self.maker.add(Row(**row, side=LOCAL, action=Action.AGREE, note=GONE_ON_BOTH_SIDES))
            return
        cancels = (
            self.kind.merge_type is MergeType.SECTIONS and self.kind.settings.removal is not Removal.DELETE
        )
        self.maker.add(Row(**row, side=LOCAL, action=Action.CANCEL if cancels else Action.DELETE))
        if ours.values.get("enrollment"):
            message = (
                f"The SIS removed it with {ours.values['enrollment']} students enrolled; it is followed."
            )
            issue = Issue(code="REMOVED_WITH_ENROLLMENT", message=message, record=str(link.sis_id))
            self.maker.note(issue, is_notice=True)

    # ---- records of ours that the SIS does not have

    def _plan_ours(self, links: list[Link]) -> None:
        parked = set(
            OutboundChange.objects.filter(link__in=links, state=OutboundChange.State.PARKED).values_list(
                "link_id", flat=True
            )
        )
        for batch in batched(links, BATCH):
            ours = self.kind.ours([pk for link in batch if (pk := self._local_id(link))])
            for link in batch:
                state = ours.get(self._local_id(link) or 0)
                if link.state != LinkState.NEW:
                    self.maker.count("awaiting")
                elif state is not None and self.kind.is_sendable(state.values) and link.pk not in parked:
                    self._plan_our_new(link, state)

    def _plan_our_new(self, link: Link, ours: LocalState) -> None:
        can_create = self.adapter.capabilities.can(self.kind.merge_type, Operation.CREATE)
        if ours.values.get("status") == "CANCELLED":
            return  # never there, and not wanted there
        if not self.is_sending or not can_create or not self._may_send(ours):
            self.maker.count("pending")
            return
        self.maker.add(
            Row(
                record_key=str(link.client_ref),
                label=self.kind.label(ours.values),
                side=SIS,
                action=Action.CREATE,
                link_id=link.pk,
                local_id=self._local_id(link),
                local_version=ours.version,
                link_touched=link.touched,
                fields={
                    name: {
                        "base": None,
                        "ours": value,
                        "theirs": None,
                        "result": value,
                        "rule": "TANDEM_ONLY",
                    }
                    for name, value in encode(ours.values).items()
                    if value not in (None, [])
                },
            )
        )


REMOVED_BUT_EDITED = "The SIS removed it, but it was edited here meanwhile."
GONE_ON_BOTH_SIDES = "Removed on both sides."
ENROLLED = (
    "It was removed here, but students are enrolled in the SIS; a section with students is never removed."
)
EDITED_IN_SIS = "It was removed here, but it was edited in the SIS meanwhile."


def removal_operation(kind: RecordType, capabilities: Capabilities) -> Operation | None:
    """How a removal made here is sent: as the settings say, as far as the SIS can."""
    wanted = Operation.DELETE if kind.settings.removal is Removal.DELETE else Operation.CANCEL
    for operation in (wanted, Operation.CANCEL, Operation.DELETE):
        if capabilities.can(kind.merge_type, operation):
            return operation
    return None


def removal_problem(link: Link, theirs: Values, kind: RecordType) -> str:
    """Why a removal made here must not be sent as it stands (blank: it may be)."""
    if theirs.get("enrollment"):
        return ENROLLED
    base = decode(link.baseline or {}, structs=STRUCTS)
    names = [p.name for p in kind.policies(link.sis_id or "") if p.can_send and p.name in base]
    is_edited = any(name in theirs and theirs[name] != base[name] for name in names)
    return EDITED_IN_SIS if is_edited else ""
