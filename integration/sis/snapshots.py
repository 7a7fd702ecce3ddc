"""Snapshots of an exchange folder: the records of one type (and term), each with its child rows."""

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
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
SHOWN_ORPHANS = 20
Lines = dict[str, int | list[int]]
"""Key -> its line (negative: of another term), or all its lines where it stands more than once."""


def files_of(merge_type: MergeType) -> tuple[str, ...]:
    """The files that a type is read from."""
    return (merge_type.value, *CHILDREN.get(merge_type, {}))


@dataclass(kw_only=True)
class Children:
    """One child file, its rows grouped by the record they belong to; repeated texts are kept once."""

    table: Table
    list_name: str
    names: tuple[str, ...] = ()
    rows: dict[str, list[tuple[int, Row]]] = field(default_factory=dict)
    wrong: dict[str, list[Issue]] = field(default_factory=dict)
    orphans: dict[str, int] = field(default_factory=dict)
    """Owner that the main file does not have -> line of its first row."""

    def read(self, lines: Lines) -> None:
        """Group the rows of the records in scope."""
        for line, row in self.table.rows():
            cells = row.cells if isinstance(row, Wrong) else row
            owner = cells[0].strip()  # every child file begins with its owner's id
            at = lines.get(owner, 0)
            if at == 0:
                self.orphans.setdefault(owner, line)
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

    def notices(self, parent: Table) -> Iterator[BadRecord]:
        """What belongs to no record: the first of them one by one, the rest counted."""
        for number, (owner, line) in enumerate(self.orphans.items()):
            left = len(self.orphans) - number
            if number == SHOWN_ORPHANS and left > 1:
                message = f"{self.table.file} has rows of {left} more ids that {parent.file} does not have."
            else:
                message = (
                    f"{self.table.file} line {line} belongs to {owner!r}, which {parent.file} does not have; "
                    "it is left out. Correct the id, or send that record too."
                )
            issue = Issue(
                code="UNKNOWN_PARENT",
                message=message,
                record=owner,
                origin=Origin(file=self.table.file, line=line),
                column=self.table.columns[0],
            )
            yield BadRecord(sis_id=owner, issues=(issue,), is_notice=True)
            if number == SHOWN_ORPHANS:
                return


@dataclass(kw_only=True)
class FolderSnapshot:
    """All records of one type (and term, unless blank) of a folder.

    The main file is read twice: for its ids (duplicates, and the owners of child rows), then record by
    record. Only ids and the child rows of the term are held in memory.
    """

    folder: Folder
    merge_type: MergeType
    term: str = ""
    _lost_ids: int = 0
    _tables: tuple[Table, ...] = ()
    _key: Callable[[Row], str] = field(init=False)
    _term_at: int | None = None

    def __iter__(self) -> Iterator[SisRecord | BadRecord]:
        self._tables = self.folder.tables(files_of(self.merge_type))
        main, *others = self._tables
        lists = CHILDREN.get(self.merge_type, {})
        lines = self._read_ids(main)
        children = tuple(Children(table=table, list_name=lists[table.name]) for table in others)
        for child in children:
            child.read(lines)
        for table in self._tables:
            yield from unknown_columns(table)
        for child in children:
            yield from child.notices(main)
        yield from self._records(main, lines, children)

    def evidence(self) -> Evidence:
        """Complete unless an id could not be read; proven by a manifest; known by its files' content."""
        content = "".join(table.digest for table in self._tables)
        is_complete = not self._lost_ids
        return Evidence(
            is_complete=is_complete,
            is_proven=is_complete and all(table.vouched is not None for table in self._tables),
            digest=hashlib.sha256(content.encode()).hexdigest(),
            reason="" if is_complete else f"{self._lost_ids} rows have no id that can be read",
        )

    def _read_ids(self, table: Table) -> Lines:
        lines: Lines = {}
        for line, row in table.rows():
            if not lines:
                self._look_up(table)
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

    def _look_up(self, table: Table) -> None:
        """Where the key and the term stand, known once the header was read."""
        places = [table.columns.index(name) for name in KEYS[self.merge_type]]
        if len(places) == 1:
            only = itemgetter(places[0])
            self._key = lambda row: str(only(row)).strip()
        else:
            self._key = lambda row: (
                "/".join(parts) if all(parts := [row[place].strip() for place in places]) else ""
            )
        self._term_at = table.columns.index("term") if self.term and "term" in table.columns else None

    def _key_of(self, row: Row | Wrong) -> str:
        if not isinstance(row, Wrong):
            return self._key(row)
        try:
            return self._key(row.cells)
        except IndexError:
            return ""

    def _is_mine(self, row: Row | Wrong) -> bool:
        """Whether a row is of the asked term; one too short to tell counts."""
        cells = row.cells if isinstance(row, Wrong) else row
        at = self._term_at
        return at is None or at >= len(cells) or cells[at].strip() == self.term

    def _records(
        self, table: Table, lines: Lines, children: Sequence[Children]
    ) -> Iterator[SisRecord | BadRecord]:
        names = tuple(RENAMED.get(name, name) for name in table.columns)
        ref_at = table.columns.index("client_ref") if "client_ref" in table.columns else None
        for line, row in table.rows():
            if not self._is_mine(row):
                continue
            key = self._key_of(row)
            at = lines[key]
            issues = [issue for child in children if key in child.wrong for issue in child.wrong[key]]
            if not key:
                self._lost_ids += 1
                yield BadRecord(sis_id="", issues=(self._no_id(table, line),))
            elif isinstance(at, list):
                if line == min(one for one in at if one > 0):  # once for all its rows
                    yield BadRecord(sis_id=key, issues=tuple(self._duplicates(table, key, at)))
            elif isinstance(row, Wrong):
                yield BadRecord(sis_id=key, issues=(width_issue(table, line, row, key), *issues))
            elif issues:
                yield BadRecord(sis_id=key, issues=tuple(issues))
            else:
                yield SisRecord(
                    sis_id=key,
                    fingerprint=_fingerprint(row, key, children),
                    load=partial(_load, names, row, key, children),
                    client_ref="" if ref_at is None else row[ref_at].strip(),
                    origin=Origin(file=table.file, line=line),
                )

    def _no_id(self, table: Table, line: int) -> Issue:
        names = KEYS[self.merge_type]
        return Issue(
            code="NO_ID",
            message=f"{table.file} line {line} has no {' or no '.join(names)}; give it one. Until then "
            "nothing is removed because of this file.",
            origin=Origin(file=table.file, line=line),
            column=names[0],
        )

    def _duplicates(self, table: Table, key: str, lines: Sequence[int]) -> Iterator[Issue]:
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
    text = "\x1e".join(row)
    for child in children:
        rows = child.rows.get(key)
        if rows:
            text += f"\x1d{child.list_name}\x1d" + "\x1e".join(
                sorted("\x1f".join(cells) for _line, cells in rows)
            )
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _load(names: Sequence[str], row: Row, key: str, children: Sequence[Children]) -> RawValues:
    values: dict[str, Any] = dict(zip(names, row, strict=True))
    for child in children:
        values[child.list_name] = child.load(key)
    return values
