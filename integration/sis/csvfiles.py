"""The `csv` adapter: a SIS that drops an exchange folder every night and takes one back.

``SIS_URL=csv:///abs/dir[?horizon=SECONDS]``. What is sent goes to ``DIR/outbound/<UTC time>-<run>/``, an
exchange folder of the changed records that appears whole, by rename. Each row is the full record as it is to
be, so a blank cell means blank; ``action`` and ``client_ref`` lead the rows of sections and relationships.
It applies later: what was sent is confirmed by a later drop, within the horizon (a day unless said).

What a SIS importer does with a row
    CREATE   has no id; its meetings, instructors and members name it by its ``client_ref`` instead. A SIS
             that gives the reference back in the ``client_ref`` column of its drops lets Tandem recognise
             the record at once.
    UPDATE   takes the whole record, child rows included. crn, enrolment and waitlist counts are the SIS's own
             and blank here: they are to be left as they are.
    CANCEL   sets the status, DELETE removes; of these rows only ``id`` and ``client_ref`` matter.

docs/reference/exchange-folder.md has the whole of it.
"""

import datetime as dt
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .exchange import COLUMNS, MANIFEST, Folder
from .exchange_writing import write_folder
from .port import (
    Capabilities,
    CheckResult,
    Key,
    MergeType,
    Operation,
    SisRecord,
    SisUnavailable,
    SisUnreadable,
    Snapshot,
    Writer,
    Written,
)
from .snapshots import FolderSnapshot, files_of

DAY_SECONDS = 86_400
OUTBOUND = "outbound"
LEADING = {"sections": ("action", "client_ref"), "relationships": ("action", "client_ref")}
SIS_OWNED = frozenset({"crn", "enrollment", "waitlisted"})
NOT_WRITABLE = SIS_OWNED | {"id", "term", "course_id"}
WRITABLE = (frozenset(COLUMNS["sections"]) - NOT_WRITABLE) | {"course", "meetings", "instructors"}
RELATIONSHIP_OPERATIONS = frozenset({Operation.CREATE, Operation.UPDATE, Operation.DELETE})


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
            writes={
                MergeType.SECTIONS: frozenset(Operation),
                MergeType.RELATIONSHIPS: RELATIONSHIP_OPERATIONS,
            },
            writable_fields=WRITABLE,
            relationship_kinds=frozenset({"CROSSLIST", "LINKED"}),
            can_read_by_id=False,
            applies_later_seconds=self.horizon_seconds,
            late_request_seconds=self.horizon_seconds,
            write_batch_size=10_000,
        )

    def check(self) -> CheckResult:
        """Whether the folder is whole and readable, and whether we may write into it."""
        facts = [("folder", str(self.path))]
        problems = []
        try:
            tables = Folder(path=self.path).tables(tuple(COLUMNS))
        except SisUnreadable as error:
            return CheckResult(facts=tuple(facts), problems=(error.message,))
        for table in tables:
            try:
                facts.append((table.file, f"{sum(1 for _row in table.rows())} rows"))
            except SisUnreadable as error:
                problems.append(error.message)
        is_vouched = tables[0].vouched is not None
        facts.append(
            (MANIFEST, "proves each drop" if is_vouched else "none: removals wait for a second drop")
        )
        outbound = self.path / OUTBOUND
        if not os.access(outbound if outbound.exists() else self.path, os.W_OK):
            problems.append(f"{outbound} cannot be written; sending will fail until it can.")
        return CheckResult(facts=tuple(facts), problems=tuple(problems))

    def read_all(self, merge_type: MergeType, *, term: str = "") -> Snapshot:
        """The records of the drop that lies there now."""
        folder = Folder(path=self.path)
        folder.tables(files_of(merge_type))  # raises at once where the folder is not there or not whole
        return FolderSnapshot(folder=folder, merge_type=merge_type, term=term)

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
        stamp = now.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ")  # the names sort as they were sent
        name = f"{stamp}-{re.sub(r'[^A-Za-z0-9_-]', '_', run)}"
        drop = Drop(term=term, capabilities=self.capabilities)
        yield drop
        if not drop.tables:
            return
        target, number = self.path / OUTBOUND / name, 1
        while target.exists():
            number += 1
            target = target.with_name(f"{name}.{number}")
        try:
            write_folder(target, drop.tables, leading=LEADING)
        except OSError as error:
            raise SisUnavailable(f"{target} cannot be written: {error.strerror}.") from error

    def close(self) -> None:
        """Nothing is open."""


@dataclass(kw_only=True)
class Drop:
    """The rows of one outbound folder."""

    term: str
    capabilities: Capabilities
    tables: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)

    def create(self, merge_type: MergeType, values: Mapping[str, Any], *, client_ref: str) -> Written:
        """A row with action CREATE and no id: the SIS gives one, a later drop shows it with our reference."""
        self.capabilities.check(merge_type, Operation.CREATE, values)
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
        self.capabilities.check(merge_type, Operation.UPDATE, changes)
        self._add(merge_type, Operation.UPDATE, sis_id, values, client_ref)
        return Written(sis_id=sis_id)

    def cancel(self, merge_type: MergeType, sis_id: str, *, token: str, client_ref: str) -> Written:
        """A row with action CANCEL; only its id and reference matter."""
        self.capabilities.check(merge_type, Operation.CANCEL, {})
        self._add(merge_type, Operation.CANCEL, sis_id, {"status": "CANCELLED"}, client_ref)
        return Written(sis_id=sis_id)

    def delete(self, merge_type: MergeType, sis_id: str, *, token: str, client_ref: str) -> Written:
        """A row with action DELETE; only its id and reference matter."""
        self.capabilities.check(merge_type, Operation.DELETE, {})
        self._add(merge_type, Operation.DELETE, sis_id, {}, client_ref)
        return Written(sis_id=sis_id)

    def _add(
        self, merge_type: MergeType, operation: Operation, sis_id: str, values: Mapping[str, Any], ref: str
    ) -> None:
        plain = {name: value for name, value in values.items() if name not in SIS_OWNED}
        plain |= {"id": sis_id, "term": self.term, "course_id": values.get("course")}
        row = (operation.value, ref, *(plain.get(name) for name in COLUMNS[merge_type.value]))
        self.tables.setdefault(merge_type.value, []).append(row)
        owner = sis_id or ref  # a new record's children name it by our reference
        for index, one in enumerate(values.get("meetings") or (), start=1):
            parts = (
                one.days,
                one.start_time,
                one.end_time,
                one.building,
                one.room,
                one.start_date,
                one.end_date,
            )
            self.tables.setdefault("meetings", []).append((owner, index, *parts))
        for one in values.get("instructors") or ():
            self.tables.setdefault("section_instructors", []).append(
                (owner, one.instructor, one.percent, one.is_primary)
            )
        for one in values.get("members") or ():
            self.tables.setdefault("relationship_members", []).append((owner, one.section, one.is_primary))
