"""Snapshots of an exchange folder: the records of one type (and term), each with its child rows."""

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any

import msgspec

from .exchange import Folder, unknown_columns
from .exchange_table import Row, Table, Wrong, width_issue
from .port import TERM_TYPES, BadRecord, Evidence, Issue, MergeType, Origin, RawValues, SisRecord

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
Lines = dict[str, int | list[int]]
"""Key -> its line (negative: of another term), or all its lines where it stands more than once."""
_encode = msgspec.msgpack.Encoder().encode


def files_of(merge_type: MergeType) -> tuple[str, ...]:
    """The files that a type is read from: its own, its children's, and the terms that it may name."""
    terms = ("terms",) if merge_type in TERM_TYPES else ()
    return (merge_type.value, *CHILDREN.get(merge_type, {}), *terms)


@dataclass(kw_only=True)
class Children:
    """One child file, its rows grouped by the record they belong to; repeated texts are kept once."""

    table: Table
    list_name: str
    names: tuple[str, ...] = ()
    rows: dict[str, list[tuple[int, Row]]] = field(default_factory=dict)
    wrong: dict[str, list[Issue]] = field(default_factory=dict)
    strays: dict[str, int] = field(default_factory=dict)
    """Owner that the main file does not have -> line of its first row."""

    def read(self, lines: Lines) -> None:
        """Group the rows of the records in scope."""
        for line, row in self.table.rows():
            cells = row.cells if isinstance(row, Wrong) else row
            owner = cells[0].strip()  # the columns of every child file begin with its owner's id
            at = lines.get(owner, 0)
            if at == 0:
                self.strays.setdefault(owner, line)
            elif isinstance(at, int) and at < 0:
                continue
            elif isinstance(row, Wrong):
                self.wrong.setdefault(owner, []).append(width_issue(self.table, line, row, owner))
            else:
                shared = (line, tuple(map(sys.intern, row)))
                if owner in self.rows:
                    self.rows[owner].append(shared)
                else:
                    self.rows[sys.intern(owner)] = [shared]
        self.names = tuple(RENAMED.get(name, name) for name in self.table.columns[1:])

    def load(self, owner: str) -> list[dict[str, Any]]:
        """The child rows of one record as raw mappings with their origin."""
        file = self.table.file
        return [
            {**dict(zip(self.names, row[1:], strict=True)), "_origin": Origin(file=file, line=line)}
            for line, row in self.rows.get(owner, ())
        ]

    def bad(self, parent: Table) -> Iterator[BadRecord]:
        """The rows that belong to no record."""
        for owner, line in self.strays.items():
            place = f"{self.table.file} line {line} "
            problem = f"belongs to {owner!r}, which {parent.file} does not have;" if owner else "has no id;"
            issue = Issue(
                code="UNKNOWN_PARENT" if owner else "NO_ID",
                message=f"{place}{problem} it is left out. Correct its {self.table.columns[0]}, or send that "
                "record too.",
                record=owner,
                origin=Origin(file=self.table.file, line=line),
                column=self.table.columns[0],
            )
            yield BadRecord(sis_id=owner, issues=(issue,), is_stray=True)


@dataclass(kw_only=True)
class FolderSnapshot:
    """All records of one type (and term, unless blank) of a folder.

    The main file is read twice: for its ids (repeated ones, and the owners of child rows), then record by
    record. Only ids and the child rows of the term are held in memory.
    """

    folder: Folder
    merge_type: MergeType
    term: str = ""
    _lost_ids: int = 0
    _tables: tuple[Table, ...] = ()
    _children: Sequence[Children] = ()
    _digest: str = ""
    _key: Callable[[Row], str] = field(init=False)
    _terms: frozenset[str] = frozenset()
    _term_at: int | None = None

    def __iter__(self) -> Iterator[SisRecord | BadRecord]:
        self._lost_ids = 0
        self._tables = self.folder.tables(files_of(self.merge_type))
        stamps = [table.stamp() for table in self._tables]
        main, *others = self._tables
        self._look_up(main, others)
        lines = self._read_ids(main)
        lists = CHILDREN.get(self.merge_type, {})
        self._children = [
            Children(table=one, list_name=lists[one.name]) for one in others if one.name in lists
        ]
        for child in self._children:
            child.read(lines)
        for table in (main, *(child.table for child in self._children)):
            yield from unknown_columns(table)
        yield from self._records(main, lines)
        for child in self._children:
            yield from child.bad(main)
        for table, stamp in zip(self._tables, stamps, strict=True):
            if table.stamp() != stamp:
                raise table.changed()
        self._digest = self.folder.digest(self._tables)

    def evidence(self) -> Evidence:
        """Complete unless an id could not be read; proven by a manifest; known by the folder's content."""
        is_complete = not self._lost_ids
        return Evidence(
            is_complete=is_complete,
            is_proven=is_complete and all(table.vouched is not None for table in self._tables),
            digest=self._digest,
            reason="" if is_complete else f"{self._lost_ids} rows have no id that can be read",
        )

    def _look_up(self, main: Table, others: Sequence[Table]) -> None:
        """Where the key and the term stand in a row, and which terms there are."""
        places = [main.wanted.index(name) for name in KEYS[self.merge_type]]
        if len(places) == 1:
            only = itemgetter(places[0])
            self._key = lambda row: str(only(row)).strip()
        else:
            self._key = lambda row: (
                "/".join(parts) if all(parts := [row[place].strip() for place in places]) else ""
            )
        if self.merge_type in TERM_TYPES:
            self._term_at = main.wanted.index("term")
            codes = {row[0].strip() for _line, row in others[-1].rows() if not isinstance(row, Wrong)}
            self._terms = frozenset(codes | {self.term}) - {""}

    def _read_ids(self, table: Table) -> Lines:
        lines: Lines = {}
        for line, row in table.rows():
            key = self._key_of(row)
            at = line if self._is_mine(row) else -line
            before = lines.get(key)
            if before is None:
                lines[key] = at
            elif isinstance(before, int):
                lines[key] = [before, at]
            else:
                before.append(at)
        return lines

    def _key_of(self, row: Row | Wrong) -> str:
        """The id of a row; blank where it has none, or is of the wrong width and out of step."""
        if not isinstance(row, Wrong):
            return self._key(row)
        return self._key(row.cells) if self._names_a_term(row.cells) else ""

    def _names_a_term(self, cells: Row) -> bool:
        return self._term_at is None or cells[self._term_at].strip() in self._terms

    def _is_mine(self, row: Row | Wrong) -> bool:
        """Whether a row is of the asked term; one that names no term that there is counts."""
        cells = row.cells if isinstance(row, Wrong) else row
        if self._term_at is None or not self.term:
            return True
        return cells[self._term_at].strip() == self.term or not self._names_a_term(cells)

    def _records(self, table: Table, lines: Lines) -> Iterator[SisRecord | BadRecord]:
        children = self._children
        names = tuple(RENAMED.get(name, name) for name in table.columns)
        ref_at = table.columns.index("client_ref") if "client_ref" in table.columns else None
        for line, row in table.rows():
            if not self._is_mine(row):
                continue
            key = self._key_of(row)
            issues = tuple(self._issues(table, line, row, lines[key]))
            if not key:
                self._lost_ids += 1
            if issues:
                yield BadRecord(sis_id=key, issues=issues)
            elif not isinstance(row, Wrong) and not isinstance(lines[key], list):
                yield SisRecord(
                    sis_id=key,
                    fingerprint=_fingerprint(row, key, children),
                    load=partial(_load, names, row, key, children),
                    client_ref="" if ref_at is None else row[ref_at].strip(),
                    origin=Origin(file=table.file, line=line),
                )

    def _issues(self, table: Table, line: int, row: Row | Wrong, at: int | list[int]) -> Iterator[Issue]:
        """What is wrong with a row, and with its children. A repeated id is told once, for all its rows."""
        key = self._key_of(row)
        if key and isinstance(at, list):
            if line == min(one for one in at if one > 0):
                yield from self._repeated(table, key, at)
        elif isinstance(row, Wrong):
            yield width_issue(table, line, row, key)
        elif not key:
            yield self._no_id(table, line)
        elif not self._names_a_term(row):
            yield self._no_term(table, line, row, key)
        else:
            for child in self._children:
                yield from child.wrong.get(key, ())

    def _no_id(self, table: Table, line: int) -> Issue:
        names = KEYS[self.merge_type]
        return Issue(
            code="NO_ID",
            message=f"{table.file} line {line} has no {' or no '.join(names)}; give it one. Until then "
            "nothing is removed because of this file.",
            origin=Origin(file=table.file, line=line),
            column=names[0],
        )

    def _no_term(self, table: Table, line: int, row: Row, key: str) -> Issue:
        term = row[self._term_at or 0].strip()
        problem = f"names the term {term!r}, which terms.csv does not have" if term else "names no term"
        return Issue(
            code="UNKNOWN_TERM",
            message=f"{table.file} line {line} {problem}; correct it, or add the term there.",
            record=key,
            field="term",
            origin=Origin(file=table.file, line=line),
            column="term",
        )

    def _repeated(self, table: Table, key: str, lines: Sequence[int]) -> Iterator[Issue]:
        places = " and ".join(str(abs(line)) for line in lines)
        for line in lines:
            yield Issue(
                code="DUPLICATE_ID",
                message=f"{key!r} stands more than once in {table.file}, in lines {places}; keep one.",
                record=key,
                origin=Origin(file=table.file, line=abs(line)),
                column=KEYS[self.merge_type][0],
            )


def _fingerprint(row: Row, key: str, children: Sequence[Children]) -> bytes:
    """Of the record's own rows; the order of its child rows does not matter."""
    parts = [sorted(cells for _line, cells in child.rows.get(key, ())) for child in children]
    return hashlib.blake2b(_encode((row, parts)), digest_size=16).digest()


def _load(names: Sequence[str], row: Row, key: str, children: Sequence[Children]) -> RawValues:
    values: dict[str, Any] = dict(zip(names, row, strict=True))
    for child in children:
        values[child.list_name] = child.load(key)
    return values
