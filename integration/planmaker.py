"""Writing a plan: rows and issues to the database in chunks, counts and digest as they pass."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from integration.merge.plan import Counts, Digest
from integration.merge.plan import PlanRow as EngineRow
from integration.merge.safeguards import Tally
from integration.models import Plan, PlanRow, RunIssue
from integration.sis.port import Issue
from scheduling.services.copying import CHUNK, Json, copy_rows

ROW_COLUMNS = (
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
ISSUE_COLUMNS = ("run_id", "record", "field", "code", "message", "file", "line", "column", "is_notice")
COUNTED = {"CREATE", "UPDATE", "CANCEL", "DELETE"}
PROGRESS_EVERY = 500


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


@dataclass(kw_only=True)
class PlanMaker:
    """Collects one plan. `progress(done)` is called now and then with the number of records read."""

    plan: Plan
    merge_type: str
    progress: Callable[[int], None]
    always_sis: frozenset[str] = frozenset()
    counts: Counts = field(default_factory=Counts)
    digest: Digest = field(default_factory=Digest)
    local: Tally = field(default_factory=Tally)
    sis: Tally = field(default_factory=Tally)
    issues: int = 0
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
        self._rows.append(row)
        if row.action in COUNTED:
            side = "local" if row.side == PlanRow.Side.LOCAL else "sis"
            self.count(f"{side}_{row.action.lower()}")
            self._tally(self.local if side == "local" else self.sis, row)
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
            counted = row.fields.keys() - self.always_sis
            tally.updates += bool(counted)
            tally.fields.update(counted)

    def reject(self, issues: Iterable[Issue]) -> None:
        """Report a record that cannot be taken."""
        self.count("rejected")
        for issue in issues:
            self.note(issue)

    def note(self, issue: Issue, *, is_notice: bool = False) -> None:
        """Report something about a record; a notice does not make the run one with issues."""
        self._issues.append((issue, is_notice))
        self.issues += not is_notice
        if len(self._issues) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Write what was collected."""
        rows, self._rows = self._rows, []
        copy_rows(
            PlanRow._meta.db_table,
            ROW_COLUMNS,
            (
                (
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
                for row in rows
            ),
        )
        issues, self._issues = self._issues, []
        write_issues(self.plan.run_id, issues)


def write_issues(run_id: int, issues: Iterable[tuple[Issue, bool]]) -> None:
    """Append issues (with whether each is a mere notice) to a run."""
    copy_rows(
        RunIssue._meta.db_table,
        ISSUE_COLUMNS,
        (
            (
                run_id,
                issue.record[:200],
                issue.field,
                issue.code,
                issue.message,
                issue.origin.file,
                issue.origin.line,
                issue.column,
                is_notice,
            )
            for issue, is_notice in issues
        ),
    )
