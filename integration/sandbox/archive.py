"""The sandbox's state on disk, so that it is there after a restart or a `kill -9`: one SQLite file.

What a request changed is written in one transaction before the request is answered. Faults are no state.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from .books import Books, Entry, Touch

SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    n INTEGER PRIMARY KEY, resource TEXT, key TEXT, row TEXT, extra TEXT, modified TEXT,
    UNIQUE (resource, key)
);
CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, doc TEXT);
CREATE TABLE IF NOT EXISTS journal (number INTEGER PRIMARY KEY, doc TEXT);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT);
"""
PUT = (
    "INSERT INTO record (resource, key, row, extra, modified) VALUES (?, ?, ?, ?, ?) ON CONFLICT"
    " (resource, key) DO UPDATE SET row = excluded.row, extra = excluded.extra, modified = excluded.modified"
)
Document = dict[str, Any]


class BadState(Exception):
    """The state cannot be used; the text says what to do."""


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def connect(path: Path) -> sqlite3.Connection:
    """A connection that nobody else has beside it."""
    db = sqlite3.connect(path, timeout=1, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(SCHEMA)
    except sqlite3.Error:
        db.close()
        raise
    return db


class Archive:
    """The file in `directory`, of one process at a time: raises `BadState` where another has it."""

    def __init__(self, directory: Path) -> None:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self.db = connect(directory / "sandbox.sqlite3")
        except (OSError, sqlite3.Error) as error:
            message = f"The state in {directory} cannot be used: {error}. Is another sandbox running on it?"
            raise BadState(message) from error

    def facts(self) -> dict[str, str]:
        """What is known beside the records; nothing in a fresh file."""
        return dict(self.db.execute("SELECT name, value FROM fact"))

    def restore(self, books: Books) -> None:
        """Fill the empty `books` with the records."""
        rows = self.db.execute("SELECT resource, key, row, extra, modified FROM record ORDER BY n")
        for resource, key, row, extra, modified in rows:
            cells = msgspec.json.decode(row)
            if "members" in cells:
                cells["members"] = tuple(tuple(member) for member in cells["members"])
            entry = Entry(row=cells, extra=msgspec.json.decode(extra), modified=modified)
            books.put(resource, key, entry)
        books.take_touched()

    def journal(self) -> list[Document]:
        """All writes, in order."""
        return [
            msgspec.json.decode(doc) for (doc,) in self.db.execute("SELECT doc FROM journal ORDER BY number")
        ]

    def messages(self, *, after: int) -> list[Document]:
        """The messages of the feed that nobody has taken away."""
        rows = self.db.execute("SELECT doc FROM message WHERE id > ? ORDER BY id", [after])
        return [msgspec.json.decode(doc) for (doc,) in rows]

    def fill(self, books: Books, facts: Mapping[str, object]) -> None:
        """Forget everything and begin with these books."""
        every = [
            Touch(resource=resource, key=key, operation="created")
            for resource, entries in books.tables.items()
            for key in entries
        ]
        self._write(books, every, messages=(), journal=(), facts=facts, is_fresh=True)

    def save(
        self,
        books: Books,
        touched: Iterable[Touch],
        *,
        messages: Iterable[Document],
        journal: Iterable[Document],
        facts: Mapping[str, object],
    ) -> None:
        """Write what a request changed."""
        self._write(books, touched, messages=messages, journal=journal, facts=facts, is_fresh=False)

    def _write(
        self,
        books: Books,
        touched: Iterable[Touch],
        *,
        messages: Iterable[Document],
        journal: Iterable[Document],
        facts: Mapping[str, object],
        is_fresh: bool,
    ) -> None:
        execute = self.db.execute
        execute("BEGIN IMMEDIATE")
        try:
            for table in ("record", "message", "journal", "fact") if is_fresh else ():
                execute(f"DELETE FROM {table}")
            for touch in touched:
                entry = books.tables[touch.resource].get(touch.key)
                if entry is None:
                    execute("DELETE FROM record WHERE resource = ? AND key = ?", [touch.resource, touch.key])
                else:
                    row, extra = _text(entry.row), _text(entry.extra)
                    execute(PUT, [touch.resource, touch.key, row, extra, entry.modified])
            self.db.executemany(
                "INSERT INTO message VALUES (?, ?)", ((int(one["id"]), _text(one)) for one in messages)
            )
            self.db.executemany(
                "INSERT INTO journal VALUES (?, ?)", ((one["number"], _text(one)) for one in journal)
            )
            self.db.executemany(
                "INSERT OR REPLACE INTO fact VALUES (?, ?)",
                ((name, str(value)) for name, value in facts.items()),
            )
        except BaseException:
            execute("ROLLBACK")
            raise
        execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self.db.close()
