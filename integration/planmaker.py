"""Writing a plan: rows and issues to the database in chunks, counts and digest as they pass."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from integration.merge.plan import Counts, Digest
from integration.merge.plan import PlanRow as EngineRow
from integration.merge.records import Rule
from integration.merge.safeguards import Tally
from integration.models import Plan, PlanRow
from integration.run_issues import HELD_RULES, held_field, held_record, write_issues
from integration.sis.port import Issue
from scheduling.services.copying import CHUNK, Json, copy_rows

COLUMNS = (
    "plan_id",
    "record_key",
    "label",
    "side",
    "action",
    "state",
    "link_id",
    "local_id",
    "local_version",
    "link_touched",
    "fields",
    "theirs",
    "source_hash",
    "note",
)
CHANGES = ("CREATE", "UPDATE", "CANCEL", "DELETE")
"""The actions that change a side; the others only note what was seen."""
UNDECIDED_RULES = HELD_RULES | {Rule.PENDING.value, Rule.IN_FLIGHT.value, Rule.DRIFT.value}
"""The rules that leave a field as it is on both sides."""
PROGRESS_EVERY = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of the plan to be (see `integration.models.PlanRow`). `values` are JSON-ready."""

    record_key: str
    label: str
    side: str
    action: str
    link_id: int | None = None
    local_id: int | None = None
    local_version: int | None = None
    link_touched: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    theirs: dict[str, Any] | None = None
    source_hash: bytes | None = None
    note: str = ""


def changed_fields(fields: Mapping[str, Any], side: str) -> list[str]:
    """Which of a row's shown fields change on `side`; the others are shown because they differ or wait."""
    now = "ours" if side == PlanRow.Side.LOCAL else "theirs"
    return [
        name
        for name, shown in fields.items()
        if shown["result"] != shown[now] and shown["rule"] not in UNDECIDED_RULES
    ]


@dataclass(kw_only=True)
class PlanMaker:
    """Collects one plan. `progress(done)` is called now and then with the number of records read.

    `always_sis`: fields whose changes no safeguard counts. `parked`: links of records that the SIS rejected;
    nothing is planned for them there until they are released. `on_create` is told of every record that the
    plan creates, on either side.
    """

    plan: Plan
    merge_type: str
    progress: Callable[[int], None]
    always_sis: frozenset[str] = frozenset()
    parked: Collection[int] = ()
    on_create: Callable[[Row], None] = lambda _row: None
    counts: Counts = field(default_factory=Counts)
    digest: Digest = field(default_factory=Digest)
    local: Tally = field(default_factory=Tally)
    sis: Tally = field(default_factory=Tally)
    _rows: list[Row] = field(default_factory=list)
    _issues: list[tuple[Issue, bool]] = field(default_factory=list)

    def count(self, name: str, by: int = 1) -> None:
        """Add to one of the counts of CONTRACT.md."""
        self.counts.add(name, by)

    def read(self) -> None:
        """One more record was read."""
        self.count("read")
        if self.counts.read % PROGRESS_EVERY == 0:
            self.progress(self.counts.read)

    def add(self, row: Row) -> None:
        """Plan one row."""
        is_local = row.side == PlanRow.Side.LOCAL
        if not is_local and row.link_id in self.parked:
            return
        self._rows.append(row)
        if is_local:
            self._note_held(row)
        if row.action in CHANGES:
            self.count(f"{'local' if is_local else 'sis'}_{row.action.lower()}")
            self._tally(self.local if is_local else self.sis, row)
        if row.action == PlanRow.Action.CREATE:
            self.on_create(row)
        if row.action not in {PlanRow.Action.AGREE, PlanRow.Action.MISSING}:
            self.digest.add(
                EngineRow(
                    record_key=row.record_key,
                    label=row.label,
                    merge_type=self.merge_type,
                    side=row.side,
                    action=row.action,
                    fields=row.fields or row.theirs or {},
                )
            )
        if len(self._rows) >= CHUNK:
            self.flush()

    def _tally(self, tally: Tally, row: Row) -> None:
        if row.action in {"DELETE", "CANCEL"}:
            tally.removals += 1
        elif row.action == "UPDATE":
            counted = set(changed_fields(row.fields, row.side)) - self.always_sis
            tally.updates += bool(counted)
            tally.fields.update(counted)

    def _note_held(self, row: Row) -> None:
        for name, shown in row.fields.items():
            if shown["rule"] in HELD_RULES:
                self.note(held_field(record=row.record_key, label=row.label, name=name, shown=shown))
        if row.action == PlanRow.Action.HOLD and row.note:
            self.note(held_record(record=row.record_key, label=row.label, rule="REMOVAL", note=row.note))

    def reject(self, issues: Iterable[Issue]) -> None:
        """Report a record that cannot be taken."""
        self.count("rejected")
        for issue in issues:
            self.note(issue)

    def note(self, issue: Issue, *, is_notice: bool = False) -> None:
        """Report something about a record; a notice does not make the run one with issues."""
        self._issues.append((issue, is_notice))
        if len(self._issues) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Write what was collected."""
        rows, self._rows = self._rows, []
        copy_rows(PlanRow._meta.db_table, COLUMNS, (self._columns(row) for row in rows))
        issues, self._issues = self._issues, []
        write_issues(self.plan.run_id, issues)

    def _columns(self, row: Row) -> tuple[Any, ...]:
        return (
            self.plan.pk,
            row.record_key,
            row.label[:120],
            row.side,
            row.action,
            PlanRow.State.PLANNED,
            row.link_id,
            row.local_id,
            row.local_version,
            row.link_touched,
            Json(row.fields),
            None if row.theirs is None else Json(row.theirs),
            row.source_hash,
            row.note,
        )
