"""The fake SIS's state: a SQLite file beside its exchange folder, so that several processes see one SIS.

Every change is one SQLite transaction: a process killed at any moment leaves a whole state.
"""

import datetime as dt
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .exchange import COLUMNS, Folder, write_folder
from .port import MergeType, Origin, SisUnavailable
from .snapshots import FolderSnapshot

SCHEMA = """
CREATE TABLE record (type TEXT, term TEXT, id TEXT, ref TEXT, natural TEXT, doc TEXT, revision INTEGER,
    PRIMARY KEY (type, id));
CREATE INDEX record_by_term ON record (type, term, id);
CREATE INDEX record_by_ref ON record (type, ref) WHERE ref <> '';
CREATE INDEX record_by_natural ON record (type, term, natural);
CREATE TABLE journal (n INTEGER PRIMARY KEY, at TEXT, operation TEXT, type TEXT, id TEXT, ref TEXT, body TEXT,
    answer TEXT, took_effect INTEGER);
CREATE TABLE pending (n INTEGER PRIMARY KEY, due REAL, operation TEXT, type TEXT, term TEXT, id TEXT, ref TEXT,
    body TEXT);
CREATE TABLE fault (n INTEGER PRIMARY KEY, spec TEXT, left_over INTEGER);
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER);
"""
SECTION_CHILDREN = ("meetings", "instructors")


def plain(value: Any) -> Any:
    """Structs and tuples as what JSON has."""
    if hasattr(value, "__struct_fields__"):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if not isinstance(item, Origin)}
    return value


def natural_key(merge_type: str, doc: Mapping[str, Any]) -> str:
    """The natural key of a document as text."""
    if merge_type == MergeType.SECTIONS:
        return json.dumps([doc.get("course"), doc.get("section_number")])
    if merge_type == MergeType.RELATIONSHIPS:
        return json.dumps([doc.get("kind"), *sorted(one["section"] for one in doc.get("members") or ())])
    return ""


class State:
    """Records, journal, faults and the clock of one fake SIS."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / ".state" / "sis.sqlite3"
        if not self.path.exists():
            self._load()
        self.db = self._open(self.path)

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA synchronous = NORMAL")
        return db

    def _load(self) -> None:
        """Fill a fresh state from the exchange folder; it appears whole, by rename."""
        folder = Folder(path=self.folder)
        if not self.folder.is_dir():
            raise SisUnavailable(f"The folder {self.folder} of the fake SIS is not there; check SIS_URL.")
        folder.check_present()
        self.path.parent.mkdir(exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        db = self._open(partial)
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(SCHEMA)
        db.execute("BEGIN")
        for merge_type in MergeType:
            snapshot = FolderSnapshot(folder=folder, merge_type=merge_type, term="", is_proven=False)
            db.executemany(
                "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, 1)", self._rows(merge_type.value, snapshot)
            )
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        partial.rename(self.path)

    def _rows(self, merge_type: str, snapshot: Iterable[Any]) -> Iterator[tuple[str, ...]]:
        for item in snapshot:
            if not hasattr(item, "load"):
                if item.is_notice:
                    continue
                raise SisUnavailable(f"The fake SIS cannot start: {item.issues[0].message}")
            doc = {key: plain(value) for key, value in item.load().items() if key not in {"id", "client_ref"}}
            term = str(doc.pop("term", ""))
            yield merge_type, term, item.sis_id, item.client_ref, natural_key(merge_type, doc), json.dumps(doc)

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """One transaction that other processes see whole or not at all."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    # ---- clock and counters

    def counter(self, name: str) -> int:
        """A kept number (0 at first)."""
        row = self.db.execute("SELECT value FROM counter WHERE name = ?", [name]).fetchone()
        return int(row[0]) if row else 0

    def set_counter(self, name: str, value: int) -> None:
        """Keep a number."""
        self.db.execute("INSERT OR REPLACE INTO counter VALUES (?, ?)", [name, value])

    def next_revision(self) -> int:
        """A number that grows with every change of a record."""
        value = self.counter("revision") + 1
        self.set_counter("revision", value)
        return value + 1

    # ---- records

    def get(self, merge_type: str, sis_id: str) -> tuple[dict[str, Any], str, int] | None:
        """(document, term, revision) of a record."""
        row = self.db.execute(
            "SELECT doc, term, revision FROM record WHERE type = ? AND id = ?", [merge_type, sis_id]
        ).fetchone()
        return (json.loads(row[0]), row[1], row[2]) if row else None

    def put(self, merge_type: str, term: str, sis_id: str, doc: Mapping[str, Any], *, ref: str = "") -> int:
        """Insert or replace a record; return its new revision."""
        revision = self.next_revision()
        self.db.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (type, id) DO UPDATE SET doc = excluded.doc, "
            "natural = excluded.natural, revision = excluded.revision",
            [merge_type, term, sis_id, ref, natural_key(merge_type, doc), json.dumps(plain(doc)), revision],
        )
        return revision

    def drop(self, merge_type: str, sis_id: str) -> None:
        """Remove a record; a removed section leaves its groups, a group with one member is dissolved."""
        self.db.execute("DELETE FROM record WHERE type = ? AND id = ?", [merge_type, sis_id])
        if merge_type != MergeType.SECTIONS:
            return
        groups = self.db.execute(
            "SELECT id, term, doc FROM record WHERE type = 'relationships' AND doc LIKE ?", [f'%"{sis_id}"%']
        ).fetchall()
        for group_id, term, text in groups:
            doc = json.loads(text)
            doc["members"] = [one for one in doc["members"] if one["section"] != sis_id]
            if len(doc["members"]) < 2:
                self.drop("relationships", group_id)
            else:
                self.put("relationships", term, group_id, doc)

    def fresh_id(self, merge_type: str) -> str:
        """An id that the SIS gives: the next number, as wide as those that are there."""
        name = f"id:{merge_type}"
        last = self.counter(name)
        if not last:
            ids = [row[0] for row in self.db.execute("SELECT id FROM record WHERE type = ?", [merge_type])]
            digits = ["".join(c for c in one if c.isdigit()) or "0" for one in ids]
            last = max(map(int, digits), default=0)
        self.set_counter(name, last + 1)
        row = self.db.execute(
            "SELECT id FROM record WHERE type = ? ORDER BY rowid LIMIT 1", [merge_type]
        ).fetchone()
        sample = row[0] if row else "0000000000"
        prefix = sample[: len(sample) - len(sample.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))]
        return prefix + str(last + 1).zfill(len(sample) - len(prefix))

    def note(
        self,
        operation: str,
        merge_type: str,
        sis_id: str,
        *,
        ref: str,
        body: Any,
        answer: str,
        took_effect: bool,
        at: dt.datetime,
    ) -> None:
        """Append to the journal of writes received."""
        self.db.execute(
            "INSERT INTO journal (at, operation, type, id, ref, body, answer, took_effect) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [at.isoformat(), operation, merge_type, sis_id, ref, json.dumps(plain(body)), answer, took_effect],
        )

    # ---- export

    def export(self, directory: Path, *, has_manifest: bool = False) -> None:
        """Write the current state as an exchange folder."""
        tables: dict[str, list[tuple[object, ...]]] = {name: [] for name in COLUMNS}
        for merge_type, term, sis_id, text in self.db.execute(
            "SELECT type, term, id, doc FROM record ORDER BY type, id"
        ):
            doc = {"id": sis_id, "term": term, **json.loads(text)}
            doc.setdefault("course_id", doc.get("course"))
            tables[merge_type].append(tuple(doc.get(name) for name in COLUMNS[merge_type]))
            for index, one in enumerate(doc.get("meetings") or (), start=1):
                names = COLUMNS["meetings"][2:]
                tables["meetings"].append((sis_id, one.get("id", index), *(one.get(n) for n in names)))
            for one in doc.get("instructors") or ():
                tables["section_instructors"].append(
                    (sis_id, one["instructor"], one["percent"], str(one["is_primary"]) in {"True", "true"})
                )
            for one in doc.get("members") or ():
                tables["relationship_members"].append(
                    (sis_id, one["section"], str(one["is_primary"]) in {"True", "true"})
                )
        write_folder(directory, tables, has_manifest=has_manifest)
