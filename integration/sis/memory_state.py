"""The fake SIS's state: a SQLite file beside its exchange folder, so that several processes see one SIS.

Every change is one SQLite transaction, and a commit survives the end of the process: one that is killed at
any moment leaves a whole state. Documents hold text only, as the exchange folder does, so that writing what
is there already changes nothing.
"""

import fcntl
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from .exchange import COLUMNS, OPTIONAL, Folder
from .exchange_writing import write_folder
from .port import BadRecord, MergeType, Origin, SisRecord, SisUnavailable, SisUnreadable
from .snapshots import FolderSnapshot

SCHEMA = """
CREATE TABLE record (type TEXT, term TEXT, id TEXT, ref TEXT, natural TEXT, doc TEXT, revision INTEGER,
    PRIMARY KEY (type, id));
CREATE INDEX record_by_term ON record (type, term, id);
CREATE INDEX record_by_ref ON record (type, ref) WHERE ref <> '';
CREATE INDEX record_by_natural ON record (type, term, natural);
CREATE TABLE journal (n INTEGER PRIMARY KEY, at TEXT, operation TEXT, type TEXT, id TEXT, ref TEXT, body TEXT,
    answer TEXT, took_effect INTEGER);
CREATE TABLE pending (n INTEGER PRIMARY KEY, due INTEGER, operation TEXT, type TEXT, term TEXT, id TEXT,
    ref TEXT, body TEXT, token TEXT);
CREATE TABLE fault (n INTEGER PRIMARY KEY, spec TEXT, left_over INTEGER);
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER);
PRAGMA user_version = 1;
"""
LAYOUT = 1
"""`user_version` of the schema above."""
SMALLEST_GROUP = 2
PUT = """
INSERT INTO record (type, term, id, ref, natural, doc, revision) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (type, id) DO UPDATE
    SET doc = excluded.doc, natural = excluded.natural, revision = excluded.revision
"""
COUNT = """
INSERT INTO counter (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = value + ? RETURNING value
"""
Document = dict[str, Any]
_encode = msgspec.json.Encoder(order="sorted").encode
decode = msgspec.json.Decoder().decode


def encode(value: object) -> str:
    """A document as JSON; equal documents give equal text."""
    return _encode(value).decode()


def as_text(value: Any) -> Any:
    """A value as the exchange folder has it: text, and lists of mappings of text."""
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    if isinstance(value, Mapping):
        return {key: as_text(item) for key, item in value.items() if not isinstance(item, Origin)}
    if isinstance(value, list | tuple):
        return [as_text(item) for item in value]
    return "" if value is None else str(value)


def natural_key(merge_type: str, doc: Mapping[str, Any]) -> str:
    """The natural key of a document as text; blank for a type that has none."""
    if merge_type == MergeType.SECTIONS:
        return encode([doc.get("course"), doc.get("section_number")])
    if merge_type == MergeType.RELATIONSHIPS:
        return encode([doc.get("kind"), *sorted(one["section"] for one in doc.get("members") or ())])
    return ""


class State:
    """Records, journal, faults and the clock of one fake SIS.

    Raises `SisUnavailable` where its folder is not there and `SisUnreadable` where it cannot be loaded.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / ".state" / "sis.sqlite3"
        if not self.path.exists():
            load(folder, self.path)
        self.db = connect(self.path)
        try:
            (layout,) = self.db.execute("PRAGMA user_version").fetchone()
            self.db.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.OperationalError as error:
            self.db.close()
            raise SisUnavailable(f"{self.path} cannot be used: {error}.") from error
        except sqlite3.DatabaseError:
            layout = None
        if layout != LAYOUT:
            self.db.close()
            raise SisUnreadable(
                f"{self.path} is no state of this version of the fake SIS; delete the folder "
                f"{self.path.parent}, and it is loaded again."
            )

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

    def count_up(self, name: str, by: int = 1) -> int:
        """Add to a kept number (0 at first) and return it."""
        row = self.db.execute(COUNT, [name, by, by]).fetchone()
        return int(row[0])

    def get(self, merge_type: str, sis_id: str) -> tuple[Document, str, int] | None:
        """(document, term, revision) of a record."""
        row = self.db.execute(
            "SELECT doc, term, revision FROM record WHERE type = ? AND id = ?", [merge_type, sis_id]
        ).fetchone()
        return (decode(row[0]), row[1], row[2]) if row else None

    def has(self, merge_type: str, sis_id: object) -> bool:
        """Whether there is such a record."""
        found = self.db.execute("SELECT 1 FROM record WHERE type = ? AND id = ?", [merge_type, sis_id])
        return found.fetchone() is not None

    def holder(self, merge_type: str, term: str, *, column: str, value: str, but: str = "") -> str:
        """The id of a record with this ``ref`` or ``natural`` key, other than `but`; blank: none."""
        row = self.db.execute(
            f"SELECT id FROM record WHERE type = ? AND term = ? AND {column} = ? AND id <> ? ORDER BY id",
            [merge_type, term, value, but],
        ).fetchone()
        return str(row[0]) if row and value else ""

    def put(self, merge_type: str, term: str, sis_id: str, doc: Mapping[str, Any], *, ref: str = "") -> int:
        """Insert or replace a record; return its new revision. Its reference stays what it was at first."""
        text = as_text(doc)
        revision = self.count_up("revision")
        row = (merge_type, term, sis_id, ref, natural_key(merge_type, text), encode(text), revision)
        self.db.execute(PUT, row)
        return revision

    def drop(self, merge_type: str, sis_id: str) -> None:
        """Remove a record; a removed section leaves its groups, a group with one member is dissolved."""
        self.db.execute("DELETE FROM record WHERE type = ? AND id = ?", [merge_type, sis_id])
        self._use_up(merge_type, _parts(sis_id)[2])
        if merge_type != MergeType.SECTIONS:
            return
        for group_id, term, doc in self.groups_of(sis_id):
            doc["members"] = [one for one in doc["members"] if one["section"] != sis_id]
            if len(doc["members"]) < SMALLEST_GROUP:
                self.drop("relationships", group_id)
            else:
                self.put("relationships", term, group_id, doc)

    def groups_of(self, section: str) -> list[tuple[str, str, Document]]:
        """(id, term, document) of the relationships that a section is a member of."""
        rows = self.db.execute(
            "SELECT id, term, doc FROM record WHERE type = 'relationships' AND instr(doc, ?) ORDER BY id",
            [encode(section)],
        )
        return [(sis_id, term, decode(text)) for sis_id, term, text in rows]

    def fresh_id(self, merge_type: str) -> str:
        """An id that the SIS gives: the next number in the form of the ids there; never used before."""
        (last,) = self.db.execute("SELECT max(id) FROM record WHERE type = ?", [merge_type]).fetchone()
        prefix, width, number = _parts(last or "0000000000")
        self._use_up(merge_type, number)
        while True:
            made = prefix + str(self.count_up(f"id:{merge_type}")).zfill(width)
            if not self.has(merge_type, made):
                return made

    def _use_up(self, merge_type: str, number: int) -> None:
        """No id up to this number is given any more."""
        name = f"id:{merge_type}"
        self.count_up(name, max(0, number - self.count_up(name, 0)))

    def export(self, directory: Path, *, has_manifest: bool = False, has_refs: bool = False) -> None:
        """Write the current state as an exchange folder; with our references in it if the SIS tells them."""
        leading = dict.fromkeys(OPTIONAL, ("client_ref",)) if has_refs else {}
        tables: dict[str, list[tuple[object, ...]]] = {name: [] for name in COLUMNS}
        for merge_type, term, sis_id, ref, text in self.db.execute(
            "SELECT type, term, id, ref, doc FROM record ORDER BY type, id"
        ).fetchall():
            doc = {"id": sis_id, "term": term, "client_ref": ref, **decode(text)}
            doc["course_id"] = doc.get("course")
            columns = (*leading.get(merge_type, ()), *COLUMNS[merge_type])
            tables[merge_type].append(tuple(doc.get(name) for name in columns))
            for number, one in enumerate(doc.get("meetings") or (), start=1):
                rest = (one.get(name) for name in COLUMNS["meetings"][2:])
                tables["meetings"].append((sis_id, one.get("id") or number, *rest))
            for one in doc.get("instructors") or ():
                row = (sis_id, one["instructor"], one.get("percent"), one.get("is_primary"))
                tables["section_instructors"].append(row)
            for one in doc.get("members") or ():
                tables["relationship_members"].append((sis_id, one["section"], one.get("is_primary")))
        write_folder(directory, tables, leading=leading, has_manifest=has_manifest)


def _parts(sis_id: str) -> tuple[str, int, int]:
    """(what comes before the number, its width, the number) of an id."""
    prefix = sis_id.rstrip("0123456789")
    digits = sis_id.removeprefix(prefix)
    return prefix, len(digits), int(digits or 0)


def connect(path: Path) -> sqlite3.Connection:
    """A connection that commits when told to."""
    return sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)


def load(folder: Path, path: Path) -> None:
    """Fill a fresh state file from an exchange folder; it appears whole, by rename, and once."""
    if not folder.is_dir():
        raise SisUnavailable(f"The folder {folder} of the fake SIS is not there; check SIS_URL.")
    try:
        path.parent.mkdir(exist_ok=True)
        lock = path.with_suffix(".lock").open("w")
    except OSError as error:
        raise SisUnavailable(
            f"The fake SIS keeps its state in {path.parent}, which cannot be written: {error.strerror}. Copy "
            f"the folder {folder} to a place where it can be, and name that in SIS_URL."
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():  # another process has loaded it meanwhile
            return
        partial = path.with_suffix(".partial")
        for left in path.parent.glob(f"{partial.name}*"):  # by a process that died
            left.unlink()
        with closing(connect(partial)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(SCHEMA)
            db.execute("BEGIN")
            for merge_type in MergeType:
                snapshot = FolderSnapshot(folder=Folder(path=folder), merge_type=merge_type)
                db.executemany(PUT, _rows(merge_type.value, snapshot))
            db.execute("INSERT INTO counter (name, value) VALUES ('revision', 1)")
            db.execute("COMMIT")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        partial.rename(path)


def _rows(merge_type: str, snapshot: Iterable[SisRecord | BadRecord]) -> Iterator[tuple[object, ...]]:
    for item in snapshot:
        if isinstance(item, BadRecord):
            if item.is_notice:
                continue
            issue = item.issues[0]
            raise SisUnreadable(issue.message, code=issue.code, origin=issue.origin, column=issue.column)
        doc = {key: as_text(value) for key, value in item.load().items() if key not in {"id", "client_ref"}}
        term = doc.pop("term", "")
        yield merge_type, term, item.sis_id, item.client_ref, natural_key(merge_type, doc), encode(doc), 1
