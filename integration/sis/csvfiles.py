"""The `csv` adapter: a SIS that drops an exchange folder every night and takes one back.

``SIS_URL=csv:///abs/dir[?horizon=SECONDS]``. What is sent goes to ``DIR/outbound/<UTC time>-<run>/``, an
exchange folder of the changed records that appears whole, by rename. Each row is the full record as it is to
be, so a blank cell means blank; ``action`` and ``client_ref`` lead the rows of sections and relationships.
It applies later: what was sent is confirmed by a later drop, within the horizon (a day unless said).
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .exchange import COLUMNS, Folder, write_folder
from .port import (
    SENDABLE_TYPES,
    Capabilities,
    CheckResult,
    Key,
    MergeType,
    Operation,
    SisError,
    SisRecord,
    Snapshot,
    Writer,
    Written,
)
from .snapshots import FolderSnapshot, files_of

DAY_SECONDS = 86_400
LEADING = {"sections": ("action", "client_ref"), "relationships": ("action", "client_ref")}


@dataclass(kw_only=True)
class CsvAdapter:
    """Reads drops from a folder and writes drops beside them."""

    path: Path
    horizon_seconds: int = DAY_SECONDS

    @property
    def capabilities(self) -> Capabilities:
        """Full records both ways, nothing by id, applied later."""
        return Capabilities(
            name="csv",
            writes={one: frozenset(Operation) for one in SENDABLE_TYPES},
            relationship_kinds=frozenset({"CROSSLIST", "LINKED"}),
            can_read_by_id=False,
            applies_later_seconds=self.horizon_seconds,
            late_request_seconds=self.horizon_seconds,
            write_batch_size=10_000,
        )

    def check(self) -> CheckResult:
        """Whether the folder is there, whole, and writable."""
        facts = [("folder", str(self.path))]
        problems = []
        folder = Folder(path=self.path)
        try:
            folder.check_present()
            is_proven = folder.check_manifest(list(COLUMNS))
            facts.append(("manifest", "proves the folder" if is_proven else "none: removals wait for a second drop"))
        except SisError as error:
            problems.append(error.message)
        return CheckResult(facts=tuple(facts), problems=tuple(problems))

    def read_all(self, merge_type: MergeType, *, term: str = "") -> Snapshot:
        """The records of the drop that lies there now."""
        folder = Folder(path=self.path)
        folder.check_present()
        is_proven = folder.check_manifest(files_of(merge_type))
        return FolderSnapshot(folder=folder, merge_type=merge_type, term=term, is_proven=is_proven)

    def read(
        self, merge_type: MergeType, sis_ids: Sequence[str], *, term: str
    ) -> Mapping[str, SisRecord | None]:
        """Not offered: a drop is read whole."""
        raise NotImplementedError("csv declares can_read_by_id False")

    def find(
        self, merge_type: MergeType, *, term: str, key: Key, value: str | tuple[str, ...]
    ) -> Sequence[SisRecord]:
        """Not offered: a drop is read whole."""
        raise NotImplementedError("csv declares no search keys")

    @contextmanager
    def writing(self, *, term: str, run: str, now: dt.datetime) -> Iterator[Writer]:
        """One folder a session; it appears when the session ends well."""
        stamp = now.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%S")
        drop = Drop(term=term)
        yield drop
        if drop.is_empty:
            return
        target = self.path / "outbound" / f"{stamp}-{run}"
        number = 1
        while target.exists():
            number += 1
            target = target.with_name(f"{stamp}-{run}.{number}")
        write_folder(target, drop.tables, leading=LEADING)

    def close(self) -> None:
        """Nothing is open."""


@dataclass(kw_only=True)
class Drop:
    """The rows of one outbound folder."""

    term: str
    tables: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not self.tables

    def create(self, merge_type: MergeType, values: Mapping[str, Any], *, client_ref: str) -> Written:
        """A row with action CREATE and no id: the SIS gives one, the next drop shows it with our reference."""
        self._add(merge_type, Operation.CREATE, "", values, client_ref)
        return Written(sis_id="")

    def update(
        self,
        merge_type: MergeType,
        sis_id: str,
        changes: Mapping[str, Any],
        *,
        values: Mapping[str, Any],
        token: str,
        client_ref: str,
    ) -> Written:
        """The whole record after the change."""
        self._add(merge_type, Operation.UPDATE, sis_id, values, client_ref)
        return Written(sis_id=sis_id)

    def cancel(self, merge_type: MergeType, sis_id: str, *, token: str, client_ref: str) -> Written:
        """A row with action CANCEL; only its id and reference matter."""
        self._add(merge_type, Operation.CANCEL, sis_id, {"status": "CANCELLED"}, client_ref)
        return Written(sis_id=sis_id)

    def delete(self, merge_type: MergeType, sis_id: str, *, token: str, client_ref: str) -> Written:
        """A row with action DELETE; only its id and reference matter."""
        self._add(merge_type, Operation.DELETE, sis_id, {}, client_ref)
        return Written(sis_id=sis_id)

    def _add(
        self, merge_type: MergeType, operation: Operation, sis_id: str, values: Mapping[str, Any], ref: str
    ) -> None:
        plain = {**values, "id": sis_id, "term": self.term, "course_id": values.get("course")}
        row = (operation.value, ref, *(plain.get(name) for name in COLUMNS[merge_type.value]))
        self.tables.setdefault(merge_type.value, []).append(row)
        owner = sis_id or ref  # a new record's children name it by our reference
        for index, one in enumerate(values.get("meetings") or (), start=1):
            parts = (one.days, one.start_time, one.end_time, one.building, one.room, one.start_date, one.end_date)
            self.tables.setdefault("meetings", []).append((owner, index, *parts))
        for one in values.get("instructors") or ():
            self.tables.setdefault("section_instructors", []).append(
                (owner, one.instructor, one.percent, one.is_primary)
            )
        for one in values.get("members") or ():
            self.tables.setdefault("relationship_members", []).append((owner, one.section, one.is_primary))
