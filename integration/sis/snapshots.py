"""Snapshots of an exchange folder: a plain table, or records with their child rows."""

import hashlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .exchange import Folder, Row, Table, Wrong, unknown_columns, width_issue
from .port import BadRecord, Evidence, Issue, MergeType, Origin, RawValues, SisRecord

KEYS: Mapping[MergeType, tuple[str, ...]] = {
    MergeType.TERMS: ("code",),
    MergeType.DEPARTMENTS: ("code",),
    MergeType.BUILDINGS: ("code",),
    MergeType.ROOMS: ("building", "number"),
    MergeType.INSTRUCTORS: ("id",),
    MergeType.COURSES: ("id",),
    MergeType.SECTIONS: ("id",),
    MergeType.RELATIONSHIPS: ("id",),
}
CHILDREN: Mapping[MergeType, Mapping[str, str]] = {
    MergeType.SECTIONS: {"meetings": "meetings", "section_instructors": "instructors"},
    MergeType.RELATIONSHIPS: {"relationship_members": "members"},
}
RENAMED = {"course_id": "course", "instructor_id": "instructor", "section_id": "section"}
OWN_KEY = {"meetings": "section_id", "section_instructors": "section_id", "relationship_members": "relationship_id"}
Children = dict[str, list[tuple[int, Row]]]


def files_of(merge_type: MergeType) -> tuple[str, ...]:
    """The files that a type is read from."""
    return (merge_type.value, *CHILDREN.get(merge_type, {}))


@dataclass(kw_only=True)
class FolderSnapshot:
    """All records of one type (and term) of a folder, streamed; children are grouped beforehand."""

    folder: Folder
    merge_type: MergeType
    term: str
    is_proven: bool
    _tables: list[Table] = field(default_factory=list)
    _lost_ids: int = 0
    _bad_children: dict[str, list[Issue]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[SisRecord | BadRecord]:
        main = self._table(self.merge_type.value)
        children = {name: self._children(name) for name in CHILDREN.get(self.merge_type, {})}
        lines = self._lines_by_key(main)
        for table in self._tables:
            yield from unknown_columns(table)
        yield from self._orphans(children, lines)
        for line, row in main.rows():
            found = self._record(main, line, row, lines, children)
            if found is not None:
                yield found

    def evidence(self) -> Evidence:
        """Complete unless an id could not be read; proven by a manifest; known by its files' content."""
        content = "".join(table.digest for table in self._tables)
        return Evidence(
            is_complete=not self._lost_ids,
            is_proven=self.is_proven and not self._lost_ids,
            digest=hashlib.sha256(content.encode()).hexdigest(),
            reason=f"{self._lost_ids} rows have no id that can be read" if self._lost_ids else "",
        )

    def _table(self, name: str) -> Table:
        table = self.folder.table(name)
        self._tables.append(table)
        return table

    def _key(self, table: Table, row: Row | Wrong) -> str:
        cells = row.cells if isinstance(row, Wrong) else row
        parts = []
        for name in KEYS[self.merge_type]:
            index = table.columns.index(name)
            parts.append(cells[index].strip() if index < len(cells) else "")
        return "/".join(parts) if all(parts) else ""

    def _lines_by_key(self, table: Table) -> dict[str, int | list[int]]:
        """Key -> its line, or its lines where it stands more than once; a first pass over the file."""
        lines: dict[str, int | list[int]] = {}
        for line, row in table.rows():
            key = self._key(table, row)
            before = lines.get(key)
            if before is None:
                lines[key] = line
            elif isinstance(before, int):
                lines[key] = [before, line]
            else:
                before.append(line)
        return lines

    def _children(self, name: str) -> Children:
        """Parent id -> its (line, row)s, with repeated texts shared."""
        table = self._table(name)
        grouped: Children = {}
        parent = 0
        for line, row in table.rows():
            parent = table.columns.index(OWN_KEY[name])
            if isinstance(row, Wrong):
                owner = row.cells[parent].strip() if parent < len(row.cells) else ""
                self._bad_children.setdefault(owner, []).append(width_issue(table, line, row, owner))
                continue
            shared = tuple(map(sys.intern, row))
            grouped.setdefault(shared[parent].strip(), []).append((line, shared))
        return grouped

    def _orphans(
        self, children: Mapping[str, Children], lines: Mapping[str, object]
    ) -> Iterator[BadRecord]:
        for name, grouped in children.items():
            for owner in grouped.keys() - lines.keys():
                line = grouped[owner][0][0]
                file = f"{name}.csv"
                message = (
                    f"{file} line {line} belongs to {owner!r}, which {self.merge_type.value}.csv does not have; "
                    "it is left out. Correct the id or send the record too."
                )
                issue = Issue(
                    code="UNKNOWN_PARENT",
                    message=message,
                    record=owner,
                    origin=Origin(file=file, line=line),
                    column=OWN_KEY[name],
                )
                yield BadRecord(sis_id=owner, issues=(issue,), is_notice=True)

    def _record(
        self,
        table: Table,
        line: int,
        row: Row | Wrong,
        lines: Mapping[str, int | list[int]],
        children: Mapping[str, Children],
    ) -> SisRecord | BadRecord | None:
        key = self._key(table, row)
        term = table.columns.index("term") if "term" in table.columns else None
        cells = row.cells if isinstance(row, Wrong) else row
        if term is not None and self.term and term < len(cells) and cells[term].strip() != self.term:
            return None
        origin = Origin(file=table.file, line=line)
        issues: list[Issue] = list(self._bad_children.get(key, ()))
        if not key:
            self._lost_ids += 1
            names = " and ".join(KEYS[self.merge_type])
            message = f"{table.file} line {line} has no {names}; give it one. Nothing is removed by this file."
            issues.append(
                Issue(code="NO_ID", message=message, origin=origin, column=KEYS[self.merge_type][0])
            )
        elif isinstance(where := lines[key], list):
            places = ", ".join(map(str, where))
            message = f"{key!r} stands more than once in {table.file} (lines {places}); keep the right one."
            issues.append(
                Issue(
                    code="DUPLICATE_ID",
                    message=message,
                    record=key,
                    origin=origin,
                    column=KEYS[self.merge_type][0],
                )
            )
        if isinstance(row, Wrong):
            issues.append(width_issue(table, line, row, key))
        if issues or isinstance(row, Wrong):
            return BadRecord(sis_id=key, issues=tuple(issues))
        return self._good(table, key, row, origin, children)

    def _good(
        self, table: Table, key: str, row: Row, origin: Origin, children: Mapping[str, Children]
    ) -> SisRecord:
        own = {name: grouped.get(key, []) for name, grouped in children.items()}
        text = "\x1e".join(row)
        for name, found in own.items():
            text += f"\x1d{name}\x1d" + "\x1e".join(sorted("\x1f".join(cells) for _line, cells in found))
        ref = row[table.columns.index("client_ref")] if "client_ref" in table.columns else ""
        return SisRecord(
            sis_id=key,
            fingerprint=hashlib.blake2b(text.encode(), digest_size=16).digest(),
            load=partial(self._load, table, row, own),
            client_ref=ref.strip(),
            origin=origin,
        )

    def _load(self, table: Table, row: Row, own: Mapping[str, list[tuple[int, Row]]]) -> RawValues:
        values: dict[str, Any] = {RENAMED.get(n, n): cell for n, cell in zip(table.columns, row, strict=True)}
        for name, found in own.items():
            child = next(one for one in self._tables if one.name == name)
            names = [RENAMED.get(n, n) if n != OWN_KEY[name] else "" for n in child.columns]
            values[CHILDREN[self.merge_type][name]] = [
                {
                    **{n: cell for n, cell in zip(names, cells, strict=True) if n},
                    "_origin": Origin(file=child.file, line=line),
                }
                for line, cells in found
            ]
        return values
