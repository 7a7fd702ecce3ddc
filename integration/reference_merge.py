"""Planning import-only merges: terms, departments, buildings, rooms, instructors, courses.

The SIS owns them, so there is no base and no conflict: what it shows replaces what we have, and what it no
longer has becomes inactive, never deleted (MERGE.md, Records that come in). An absence is judged as for
sections. There is no link to note a first absence on: the last applied plan's MISSING rows remember it.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integration.batching import batched
from integration.merge.records import Rule, Value
from integration.merge.removal import AbsenceOutcome, SnapshotEvidence, decide_absence
from integration.models import Plan, PlanRow
from integration.planmaker import PlanMaker, Row
from integration.promised import Promised
from integration.reference_types import TYPES, Held, ReferenceType, department_of, known_codes
from integration.settings import MergeSettings
from integration.sis.port import BadRecord, Evidence, Issue, MergeType, SisAdapter, SisRecord, Snapshot
from scheduling.domain.errors import InvalidValue
from scheduling.domain.values import canonical

LONGEST_KEY = 64
"""As long as a plan's row and the audit can name a record (a room: its building and number)."""
BATCH = 500
Action = PlanRow.Action


@dataclass(kw_only=True)
class ReferencePlanner:
    """Plans one type (of one term, for courses)."""

    merge_type: MergeType
    term: str
    adapter: SisAdapter
    maker: PlanMaker
    settings: MergeSettings
    promised: Promised
    accepts_empty: bool = False
    ours: dict[str, Held] = field(init=False)
    """What is here and was not seen yet."""
    held_before: int = field(init=False)

    def __post_init__(self) -> None:
        self.ours = self.kind.held(self.term)
        self.held_before = sum(held.is_active for held in self.ours.values())
        self._known = {name: self._codes(of) for name, of in self.kind.refers.items()}
        self._departments = self._codes(MergeType.DEPARTMENTS) if self.kind.is_of_term else frozenset()

    @property
    def kind(self) -> ReferenceType:
        """The type's description."""
        return TYPES[self.merge_type]

    def _codes(self, merge_type: MergeType) -> frozenset[str]:
        return known_codes(merge_type) | self.promised.codes(merge_type)

    def make(self, snapshot: Snapshot) -> Evidence:
        """Read the snapshot to its end and plan every record that differs."""
        for item in snapshot:
            if isinstance(item, BadRecord):
                self._bad(item)
                continue
            self.maker.read()
            values, issues = self._read(item)
            if issues:
                self.ours.pop(item.sis_id, None)  # seen: never taken for a removal
                self.maker.reject(issues)
            else:
                self._plan(values)
        evidence = snapshot.evidence()
        if self.accepts_empty and self.maker.counts.read == 0:  # a person vouched for it
            evidence = dataclasses.replace(evidence, is_proven=evidence.is_complete)
        self._plan_absences(evidence)
        self.maker.flush()
        self.maker.progress(self.maker.counts.read)
        return evidence

    # ---- records the SIS shows

    def _bad(self, bad: BadRecord) -> None:
        if bad.is_notice:
            for issue in bad.issues:
                self.maker.note(issue, is_notice=True)
            return
        self.maker.read()
        self.ours.pop(bad.sis_id, None)
        self.maker.reject(bad.issues)

    def _read(self, record: SisRecord) -> tuple[dict[str, Value], list[Issue]]:
        raw = record.load()
        values: dict[str, Value] = {}
        issues: list[Issue] = []
        for one in self.kind.fields:
            try:
                values[one.name] = canonical(one, record.sis_id if one.name == "id" else raw.get(one.name))
            except InvalidValue as error:
                issues.append(_issue(record, error.code, error.message, one.name))
        issues += self._across_fields(record, values)
        if self.kind.is_of_term and "subject" in values:
            values["department"] = department_of(
                str(values["subject"]), self._departments, self.settings.subject_departments
            )
        return values, issues

    def _across_fields(self, record: SisRecord, values: Mapping[str, Value]) -> Iterator[Issue]:
        for one in self.kind.fields:
            code = values.get(one.name)
            if one.name in self._known and code is not None and code not in self._known[one.name]:
                message = f"{one.label} {code!r} is not known here; import it first or correct it."
                yield _issue(record, f"UNKNOWN_{one.name.upper()}", message, one.name)
        start, end = values.get("start_date"), values.get("end_date")
        if start and end and str(end) < str(start):
            message = f"It ends on {end}, before it starts on {start}; correct a date."
            yield _issue(record, "INVALID_VALUE", message, "end_date")
        if all(name in values for name in self.kind.key) and len(self.kind.key_of(values)) > LONGEST_KEY:
            names = " and ".join(self.kind.key)
            message = f"Its {names} have more than {LONGEST_KEY - 1} characters together; shorten one."
            yield _issue(record, "INVALID_VALUE", message, self.kind.key[-1])

    def _plan(self, values: Mapping[str, Value]) -> None:
        key = self.kind.key_of(values)
        before = self.ours.pop(key, None)
        label = self.kind.label(values)
        row: dict[str, Any] = {"record_key": key, "label": label, "side": PlanRow.Side.LOCAL}
        if before is None:
            self.maker.add(Row(**row, action=Action.CREATE, theirs=dict(values)))
            return
        changed = {
            name: _shown(before.values[name], value)
            for name, value in values.items()
            if before.values[name] != value
        }
        if not before.is_active:
            changed["is_active"] = _shown(ours=False, theirs=True)
        if changed:
            self.maker.add(Row(**row, action=Action.UPDATE, fields=changed, theirs=dict(values)))
        else:
            self.maker.count("unchanged")

    # ---- records the SIS does not show

    def _plan_absences(self, evidence: Evidence) -> None:
        gone = [key for key, held in self.ours.items() if held.is_active]
        noted = self._noted_absences() if gone else {}
        for batch in batched(gone, BATCH):
            seen = self._read_again(batch) if evidence.is_complete and not evidence.is_proven else {}
            for key in batch:
                self._plan_absence(key, noted.get(key), evidence, seen)

    def _noted_absences(self) -> Mapping[str, str]:
        """Key -> digest of the snapshot that first did not show it."""
        last = Plan.objects.filter(
            merge_type=self.merge_type.value, term_id=self.term or None, status=Plan.Status.APPLIED
        ).first()
        rows = PlanRow.objects.filter(plan=last, action=Action.MISSING).order_by()
        return dict(rows.values_list("record_key", "note")) if last else {}

    def _read_again(self, keys: Sequence[str]) -> Mapping[str, SisRecord | None]:
        if not self.adapter.capabilities.can_read_by_id:
            return {}
        return self.adapter.read(self.merge_type, keys, term=self.term)

    def _plan_absence(
        self, key: str, noted: str | None, evidence: Evidence, seen: Mapping[str, SisRecord | None]
    ) -> None:
        outcome = decide_absence(
            evidence=SnapshotEvidence(
                is_complete=evidence.is_complete, is_proven=evidence.is_proven, digest=evidence.digest
            ),
            missing_since_digest=noted,
            is_touched_since=False,
            seen_by_id=(seen[key] is not None) if key in seen else None,
            has_local_edits=False,
        )
        label = self.kind.label(self.ours[key].values)
        row: dict[str, Any] = {"record_key": key, "label": label, "side": PlanRow.Side.LOCAL}
        match outcome:
            case AbsenceOutcome.REMOVED:
                note = "The SIS no longer has it; it becomes inactive."
                self.maker.add(Row(**row, action=Action.DELETE, note=note))
            case AbsenceOutcome.FIRST_ABSENCE | AbsenceOutcome.STILL_MISSING:
                self.maker.count("missing", by=int(outcome is AbsenceOutcome.FIRST_ABSENCE))
                self.maker.add(Row(**row, action=Action.MISSING, note=noted or evidence.digest))
            case AbsenceOutcome.NOT_EVIDENCE if noted is not None:  # nor does it forget what was seen
                self.maker.add(Row(**row, action=Action.MISSING, note=noted))
            case _:
                pass


def _shown(ours: Value, theirs: Value) -> dict[str, Value]:
    return {"base": None, "ours": ours, "theirs": theirs, "result": theirs, "rule": Rule.ALWAYS_SIS.value}


def _issue(record: SisRecord, code: str, message: str, name: str) -> Issue:
    return Issue(
        code=code, message=message, record=record.sis_id, field=name, origin=record.origin, column=name
    )
