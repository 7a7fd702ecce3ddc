"""Planning the records that only one side has: gone from the SIS, removed here, or new here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from integration.batching import batched
from integration.fieldsets import STRUCTS
from integration.incoming import Incoming
from integration.links import links_by_id
from integration.linkstate import is_live
from integration.merge.canonical import decode, encode
from integration.merge.policy import Removal
from integration.merge.records import Rule, Values
from integration.merge.removal import AbsenceOutcome, SnapshotEvidence, decide_absence
from integration.models import Link, LinkState, OutboundChange, PlanRow
from integration.planmaker import PlanMaker, Row
from integration.record_types import LocalState, RecordType
from integration.sis.port import (
    Capabilities,
    Evidence,
    Issue,
    MergeType,
    Operation,
    SisAdapter,
    SisRecord,
)

BATCH = 500
LOCAL, SIS = PlanRow.Side.LOCAL, PlanRow.Side.SIS
Action = PlanRow.Action

REMOVED_BUT_EDITED = "The SIS removed it, but it was edited here meanwhile."
GONE_ON_BOTH_SIDES = "Removed on both sides."
ENROLLED = (
    "It was removed here, but students are enrolled in the SIS; a section with students is never removed."
)
TOO_FEW = (
    "A group needs two sections or more, and fewer are left in it; add a section to it or dissolve it. "
    "Until then nothing of it is sent."
)
GONE_MEMBER = (
    "A section of it is not in the SIS and will not be; take that one out of the group, or dissolve it. "
    "Until then nothing of it is sent."
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
    shown = decode(link.baseline_theirs, structs=STRUCTS)
    names = [p.name for p in kind.policies(link.sis_id or "") if p.can_send and p.name in base]
    sent = [decode(entry["values"], structs=STRUCTS) for entry in link.sent]
    known = {n: [base[n], shown.get(n), *(one[n] for one in sent if n in one)] for n in names}
    is_edited = any(name in theirs and theirs[name] not in known[name] for name in names)
    return EDITED_IN_SIS if is_edited else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AbsentPlanner:
    """Plans for one merge what stands on one side alone. `watermark`: the tick when the snapshot began."""

    kind: RecordType
    adapter: SisAdapter
    maker: PlanMaker
    is_sending: bool
    watermark: int

    # ---- removed here, still in the SIS

    def plan_our_removal(self, found: Incoming, link: Link, *, in_flight: bool) -> None:
        """We removed it; the SIS still has it. `in_flight`: the removal was sent and may yet be applied."""
        row: dict[str, Any] = {
            "record_key": found.record.sis_id,
            "label": link.label or self.kind.label(found.values),
            "link_id": link.pk,
            "local_id": link.former_id,
            "link_touched": link.touched,
            "theirs": encode(found.values),
        }
        operation = removal_operation(self.kind, self.adapter.capabilities)
        if in_flight:
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

    # ---- not shown by the SIS

    def plan_absences(self, gone: Iterable[int], evidence: Evidence) -> None:
        """`gone`: the links whose records the snapshot does not show."""
        for batch in batched(gone, BATCH):
            links = links_by_id(batch)
            ours = self.kind.ours([pk for link in links.values() if (pk := self._local_id(link))])
            unproven = [link for link in links.values() if evidence.is_complete and not evidence.is_proven]
            seen = self._read_again(unproven)
            for link in links.values():
                self._plan_absence(link, ours.get(self._local_id(link) or 0), evidence, seen)

    def _local_id(self, link: Link) -> int | None:
        value: int | None = getattr(link, self.kind.id_column)
        return value

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
        base = self.kind.still_possible(decode(link.baseline, structs=STRUCTS))
        names = [p.name for p in self.kind.policies(link.sis_id or "") if p.can_send]
        return any(ours.values.get(name) != base.get(name) for name in names if name in base)

    def _plan_removal(self, row: dict[str, Any], link: Link, ours: LocalState | None) -> None:
        if ours is None:
            self.maker.add(Row(**row, side=LOCAL, action=Action.AGREE, note=GONE_ON_BOTH_SIDES))
            return
        is_section = self.kind.merge_type is MergeType.SECTIONS
        cancels = is_section and self.kind.settings.removal is not Removal.DELETE
        self.maker.add(Row(**row, side=LOCAL, action=Action.CANCEL if cancels else Action.DELETE))
        if ours.values.get("enrollment"):
            message = (
                f"The SIS removed it with {ours.values['enrollment']} students enrolled; it is followed."
            )
            issue = Issue(code="REMOVED_WITH_ENROLLMENT", message=message, record=str(link.sis_id))
            self.maker.note(issue, is_notice=True)

    # ---- records of ours that the SIS does not have

    def plan_ours(self, links: list[Link]) -> None:
        """`links`: ours, not in the SIS yet or not for certain."""
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
        if self.kind.is_too_small(ours.values):
            self._note_kept(ours, "TOO_FEW_MEMBERS", TOO_FEW)
            return
        if self.kind.lost(ours.values):
            self._note_kept(ours, "MEMBER_GONE", GONE_MEMBER)
            return
        if not self.is_sending or not can_create or self.kind.waits_for(ours.values):
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
                fields=new_fields(ours.values),
            )
        )

    def _note_kept(self, ours: LocalState, code: str, why: str) -> None:
        """A group that cannot be made there as it stands."""
        label = self.kind.label(ours.values)
        self.maker.note(Issue(code=code, message=f"{label}: {why}", record=label), is_notice=True)
        self.maker.count("pending")


def new_fields(values: Values) -> dict[str, Any]:
    """The fields of a record of ours that the SIS does not have, as a plan shows them."""
    rule = Rule.TANDEM_ONLY.value
    return {
        name: {"base": None, "ours": value, "theirs": None, "result": value, "rule": rule}
        for name, value in encode(values).items()
        if value not in (None, [])
    }


def is_removal_in_flight(link: Link, operation: Operation | None, now: Any) -> bool:
    """Whether the removal was sent and the SIS may still carry it out."""
    return any(entry["operation"] == operation and is_live(entry, now) for entry in link.sent)
