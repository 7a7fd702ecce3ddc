"""Writing the plan of an import-only merge: what the SIS shows, and what it no longer has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from integration.batching import batched
from integration.merge.records import Rule
from integration.models import Plan, PlanRow
from integration.reference_types import TYPES, Held, ReferenceType
from integration.sis.port import MergeType
from scheduling.models import Course
from scheduling.services.audit import Author
from scheduling.services.reference_data import SavedRecord, add_campuses, inactivate_records, save_records

BATCH = 1_000
Action = PlanRow.Action


@dataclass(kw_only=True)
class ReferenceApplier:
    """Applies the plan of a `ReferencePlanner`; rows whose record changed since are left, as stale."""

    plan: Plan
    merge_type: MergeType
    term: str
    author: Author
    progress: Callable[[int], None]

    @property
    def kind(self) -> ReferenceType:
        """The type's description."""
        return TYPES[self.merge_type]

    def apply(self) -> int:
        """Write all planned rows, in batches, each with its audit; return how many records changed."""
        rows = PlanRow.objects.filter(plan=self.plan, state=PlanRow.State.PLANNED)
        ids = list(rows.order_by("id").values_list("id", flat=True))
        ours = self.kind.held(self.term) if ids else {}
        changed = 0
        for number, batch_ids in enumerate(batched(ids, BATCH)):
            with transaction.atomic():
                batch = list(PlanRow.objects.filter(pk__in=batch_ids).order_by("id"))
                stale = {row.pk for row in batch if is_stale(row, ours.get(row.record_key))}
                fresh = [row for row in batch if row.pk not in stale]
                self._save([row for row in fresh if row.action in {Action.CREATE, Action.UPDATE}])
                self._inactivate([row for row in fresh if row.action == Action.DELETE])
                changed += sum(row.action != Action.MISSING for row in fresh)
                PlanRow.objects.filter(pk__in=stale).update(state=PlanRow.State.STALE)
                PlanRow.objects.filter(pk__in=[row.pk for row in fresh]).update(state=PlanRow.State.APPLIED)
            self.progress(number * BATCH + len(batch_ids))
        return changed

    def _save(self, rows: Sequence[PlanRow]) -> None:
        if self.merge_type is MergeType.BUILDINGS:
            add_campuses(str(row.theirs["campus"]) for row in rows if row.theirs and row.theirs["campus"])
        promised = self._placeholders(rows)
        keys = [self.kind.columns[name] for name in self.kind.key]
        save_records(
            self.kind.model,
            [self._saved(row, is_promised=row.record_key in promised) for row in rows],
            key=["term_id", *keys] if self.kind.is_of_term else keys,
            record_type=self.kind.record_name,
            term_code=self.term,
            author=self.author,
        )

    def _placeholders(self, rows: Sequence[PlanRow]) -> set[str]:
        """The courses among `rows` that sections have made already."""
        if not self.kind.is_of_term:
            return set()
        made = Course.objects.filter(term_id=self.term, is_placeholder=True)
        keys = [row.record_key for row in rows]
        return set(made.filter(sis_id__in=keys).order_by().values_list("sis_id", flat=True))

    def _saved(self, row: PlanRow, *, is_promised: bool) -> SavedRecord:
        before: dict[str, Any] | None = {"is_placeholder": True} if is_promised else None
        return SavedRecord(
            record_id=row.record_key,
            columns=self._columns(row.theirs or {}),
            before={name: shown["ours"] for name, shown in row.fields.items()} or before,
            after={name: shown["result"] for name, shown in row.fields.items()} or row.theirs or {},
            rule=Rule.ALWAYS_SIS.value,
        )

    def _columns(self, values: Mapping[str, Any]) -> dict[str, Any]:
        columns: dict[str, Any] = {"term_id": self.term} if self.kind.is_of_term else {}
        for name, column in self.kind.columns.items():
            is_text = isinstance(self.kind.model._meta.get_field(column), models.CharField)
            columns[column] = "" if values[name] is None and is_text else values[name]
        return columns

    def _inactivate(self, rows: Sequence[PlanRow]) -> None:
        if not rows:
            return
        wanted = {row.record_key for row in rows}
        here = self.kind.rows(self.term)
        found = here.values_list("pk", *(self.kind.columns[name] for name in self.kind.key))
        keys = {pk: "/".join(map(str, parts)) for pk, *parts in found}
        inactivate_records(
            here,
            {pk: key for pk, key in keys.items() if key in wanted},
            record_type=self.kind.record_name,
            term_code=self.term,
            rule=Rule.ALWAYS_SIS.value,
            author=self.author,
        )


def is_stale(row: PlanRow, held: Held | None) -> bool:
    """Whether the record is no longer what the plan saw."""
    if row.action == Action.CREATE:
        return held is not None
    if held is None:
        return True
    now = {**held.values, "is_active": held.is_active}
    if row.action == Action.UPDATE:
        return any(now[name] != shown["ours"] for name, shown in row.fields.items())
    return not held.is_active
