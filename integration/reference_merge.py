"""Import-only merges: terms, departments, buildings, rooms, instructors, courses.

The SIS owns them, so there is no base and no conflict: what it shows replaces what we have, and what it no
longer has becomes inactive, never deleted (MERGE.md, Records that come in).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from integration.batching import batched
from integration.merge.records import Value
from integration.models import Plan, PlanRow
from integration.planmaker import PlanMaker, Row
from integration.reference_types import (
    TYPES,
    ReferenceType,
    add_campuses,
    department_of,
    known_codes,
)
from integration.settings import MergeSettings
from integration.sis.port import BadRecord, Evidence, Issue, MergeType, SisRecord, Snapshot
from scheduling.domain.errors import InvalidValue
from scheduling.domain.values import canonical
from scheduling.models import ChangeLog, Department
from scheduling.services.audit import Author, Change, write_changes

BATCH = 1_000
Action = PlanRow.Action


def _plain(value: object) -> Value:
    if value is None or value == "":
        return None
    return value if isinstance(value, int | str) else str(value)


@dataclass(kw_only=True)
class ReferencePlanner:
    """Plans one type (of one term, for courses)."""

    merge_type: MergeType
    term: str
    maker: PlanMaker
    settings: MergeSettings

    @property
    def kind(self) -> ReferenceType:
        """The type's description."""
        return TYPES[self.merge_type]

    def make(self, snapshot: Snapshot) -> Evidence:
        """Read the snapshot to its end and plan every record that differs."""
        self.ours = self._load_ours()
        self.held_before = sum(is_active for _values, is_active in self.ours.values())
        known = known_codes(self.kind)
        departments = frozenset(Department.objects.order_by().values_list("code", flat=True))
        for item in snapshot:
            if isinstance(item, BadRecord):
                self._bad(item)
                continue
            self.maker.read()
            values, issues = self._read(item, known)
            if issues:
                self.ours.pop(item.sis_id, None)
                self.maker.reject(issues)
                continue
            if self.merge_type is MergeType.COURSES:
                mapped = self.settings.subject_departments
                values["department"] = department_of(str(values["subject"]), departments, mapped)
            self._plan(values)
        evidence = snapshot.evidence()
        if evidence.is_complete:
            self._plan_absent()
        self.maker.flush()
        return evidence

    def _load_ours(self) -> dict[str, tuple[dict[str, Value], bool]]:
        """Key -> (values, active): the type's own rows, small and flat."""
        kind = self.kind
        rows = kind.model._default_manager.order_by()
        if self.merge_type is MergeType.COURSES:
            rows = rows.filter(term_id=self.term)
        extra = ("is_active", "is_placeholder") if self.merge_type is MergeType.COURSES else ("is_active",)
        ours = {}
        for *cells, is_active, is_placeholder in _padded(
            rows.values_list(*kind.columns.values(), *extra), len(extra)
        ):
            values = {name: _plain(cell) for name, cell in zip(kind.columns, cells, strict=True)}
            ours[kind.key_of(values)] = (
                values if not is_placeholder else {**values, "title": "?"},
                is_active,
            )
        return ours

    def _bad(self, bad: BadRecord) -> None:
        if bad.is_notice:
            for issue in bad.issues:
                self.maker.note(issue, is_notice=True)
            return
        self.maker.read()
        self.ours.pop(bad.sis_id, None)
        self.maker.reject(bad.issues)

    def _read(
        self, record: SisRecord, known: Mapping[str, frozenset[str]]
    ) -> tuple[dict[str, Value], list[Issue]]:
        raw = record.load()
        values: dict[str, Value] = {}
        issues: list[Issue] = []

        def refuse(code: str, message: str, name: str) -> None:
            issues.append(
                Issue(
                    code=code,
                    message=message,
                    record=record.sis_id,
                    field=name,
                    origin=record.origin,
                    column=name,
                )
            )

        for field in self.kind.fields:
            raw_value = record.sis_id if field.name == "id" else raw.get(field.name)
            try:
                values[field.name] = canonical(field, raw_value)
            except InvalidValue as error:
                refuse(error.code, error.message, field.name)
                continue
            code = values[field.name]
            if field.name in known and code is not None and code not in known[field.name]:
                message = f"{field.label} {code!r} is not known here; import it first or correct it."
                refuse(f"UNKNOWN_{field.name.upper()}", message, field.name)
        start, end = values.get("start_date"), values.get("end_date")
        if start and end and end < start:
            refuse(
                "INVALID_VALUE", f"It ends on {end}, before it starts on {start}; correct a date.", "end_date"
            )
        return values, issues

    def _plan(self, values: dict[str, Value]) -> None:
        key = self.kind.key_of(values)
        before, is_active = self.ours.pop(key, (None, True))
        label = self.kind.label(values)
        if before is None:
            self.maker.add(
                Row(record_key=key, label=label, side="LOCAL", action=Action.CREATE, theirs=values)
            )
        elif before != values or not is_active:
            changed = {
                name: {
                    "base": None,
                    "ours": before[name],
                    "theirs": value,
                    "result": value,
                    "rule": "ALWAYS_SIS",
                }
                for name, value in values.items()
                if before[name] != value
            }
            if not is_active:
                changed["is_active"] = {
                    "base": None,
                    "ours": False,
                    "theirs": True,
                    "result": True,
                    "rule": "ALWAYS_SIS",
                }
            self.maker.add(
                Row(
                    record_key=key,
                    label=label,
                    side="LOCAL",
                    action=Action.UPDATE,
                    fields=changed,
                    theirs=values,
                )
            )
        else:
            self.maker.count("unchanged")

    def _plan_absent(self) -> None:
        for key, (values, is_active) in self.ours.items():
            if is_active:
                self.maker.add(
                    Row(
                        record_key=key,
                        label=self.kind.label(values),
                        side="LOCAL",
                        action=Action.DELETE,
                        note="The SIS no longer has it; it becomes inactive.",
                    )
                )


def _padded(rows: Iterable[Sequence[Any]], extras: int) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield (*row, False) if extras == 1 else tuple(row)


@dataclass(kw_only=True)
class ReferenceApplier:
    """Applies the plan of a `ReferencePlanner`."""

    plan: Plan
    merge_type: MergeType
    term: str
    author: Author
    progress: Callable[[int], None]

    def apply(self) -> None:
        """Write all planned rows, in batches, each with its audit."""
        rows = PlanRow.objects.filter(plan=self.plan, state=PlanRow.State.PLANNED)
        ids = list(rows.order_by("id").values_list("id", flat=True))
        done = 0
        for batch_ids in batched(ids, BATCH):
            with transaction.atomic():
                batch = list(PlanRow.objects.filter(pk__in=batch_ids).order_by("id"))
                self._upsert([row for row in batch if row.action != Action.DELETE])
                self._inactivate([row for row in batch if row.action == Action.DELETE])
                write_changes((self._change(row) for row in batch), author=self.author)
                PlanRow.objects.filter(pk__in=batch_ids).update(state=PlanRow.State.APPLIED)
            done += len(batch_ids)
            self.progress(done)

    def _upsert(self, rows: Sequence[PlanRow]) -> None:
        kind = TYPES[self.merge_type]
        if self.merge_type is MergeType.BUILDINGS:
            add_campuses(str(row.theirs["campus"]) for row in rows if row.theirs and row.theirs["campus"])
        objects = [self._object(kind, row.theirs or {}) for row in rows]
        unique = (
            ["term", "sis_id"]
            if self.merge_type is MergeType.COURSES
            else [kind.columns[n] for n in kind.key]
        )
        unique = [name.removesuffix("_id") if name == "building_id" else name for name in unique]
        update = [name for field, name in kind.columns.items() if field not in kind.key]
        extra = ["is_active", "is_placeholder"] if self.merge_type is MergeType.COURSES else ["is_active"]
        kind.model._default_manager.bulk_create(
            objects,
            update_conflicts=True,
            unique_fields=unique,
            update_fields=[
                name.removesuffix("_id") if name.endswith("_id") and name != "sis_id" else name
                for name in [*update, *extra]
            ],
        )

    def _object(self, kind: ReferenceType, values: Mapping[str, Any]) -> models.Model:
        blank_is_null = {"campus_id", "department_id", "credits", "capacity"}
        columns = {
            column: values[name] if values[name] is not None or column in blank_is_null else ""
            for name, column in kind.columns.items()
        }
        if self.merge_type is MergeType.COURSES:
            columns["term_id"] = self.term
        return kind.model(**columns, is_active=True)

    def _inactivate(self, rows: Sequence[PlanRow]) -> None:
        kind = TYPES[self.merge_type]
        found = kind.model._default_manager.all()
        if self.merge_type is MergeType.ROOMS:
            wanted = {row.record_key for row in rows}
            ids = [
                pk
                for pk, building, number in found.values_list("pk", "building_id", "number")
                if f"{building}/{number}" in wanted
            ]
            found = found.filter(pk__in=ids)
        elif self.merge_type is MergeType.COURSES:
            found = found.filter(term_id=self.term, sis_id__in=[row.record_key for row in rows])
        else:
            found = found.filter(pk__in=[row.record_key for row in rows])
        found.update(is_active=False)

    def _change(self, row: PlanRow) -> Change:
        after = {name: shown["result"] for name, shown in row.fields.items()} or row.theirs
        before = {name: shown["ours"] for name, shown in row.fields.items()} or None
        if row.action == Action.DELETE:
            before, after = {"is_active": True}, {"is_active": False}
        return Change(
            action=ChangeLog.Action.CREATE if row.action == Action.CREATE else ChangeLog.Action.UPDATE,
            record_type=self.merge_type.value.removesuffix("s"),
            record_id=row.record_key,
            term_code=self.term,
            before=before,
            after=after,
            rule="ALWAYS_SIS",
        )
