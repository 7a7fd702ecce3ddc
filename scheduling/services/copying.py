"""Rows into PostgreSQL by COPY: what the bulk imports write with.

Measured at 100,000 rows of 26 columns: COPY 3 s, `bulk_create` 17 s (ARCHITECTURE.md, Parts and why).
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import msgspec
from django.db import connection
from psycopg2.errors import QueryCanceled

CHUNK = 5_000
"""So many rows a caller collects at most before it writes them."""
ROWS_AT_ONCE = 100
_needs_escapes = re.compile(r"[\\\t\n\r]").search  # few texts do, and looking is quicker than translating
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_encode = msgspec.json.Encoder().encode


class Json:
    """Marks a value that goes into a JSON column."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


def _text(value: str) -> str:
    return value.translate(_ESCAPES) if _needs_escapes(value) else value


_CELLS: dict[type, Callable[[Any], str]] = {
    bool: lambda truth: "t" if truth else "f",
    int: str,
    bytes: lambda value: "\\\\x" + value.hex(),
    memoryview: lambda value: "\\\\x" + value.hex(),
    Json: lambda marked: _text(_encode(marked.value).decode()),
}


def _cell(value: object) -> str:
    """A value of a type that is not in `_CELLS`: a member of an enumeration of texts, a date, a number."""
    return _text(value) if isinstance(value, str) else str(value)


def _line(row: Sequence[Any]) -> str:
    """One row. Blanks and plain texts, nine cells in ten, are told apart on the spot: calls cost more."""
    return "\t".join(
        [
            "\\N"
            if value is None
            else value
            if (kind := type(value)) is str and not _needs_escapes(value)
            else _CELLS.get(kind, _cell)(value)
            for value in row
        ]
    )


class _Lines:
    """Rows as the text that COPY reads. They are made while the server works on those before them.

    `error`: why they could not be made; COPY itself would only say that reading failed.
    """

    def __init__(self, rows: Iterator[Sequence[Any]]) -> None:
        self.rows = rows
        self.written = 0
        self.error: BaseException | None = None

    def read(self, _size: int) -> bytes:
        """The next rows; nothing when there are no more. They may be longer than was asked for."""
        with ExitStack() as stack:
            stack.push(self._keep)
            lines = [_line(row) for row in itertools.islice(self.rows, ROWS_AT_ONCE)]
            self.written += len(lines)
            return ("\n".join(lines) + "\n").encode() if lines else b""

    def _keep(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        self.error = error


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Append `rows` to `table`; return how many. They stream: any number of them takes the same memory.

    Dates and times are given as ISO text or as objects whose ``str`` is ISO. Making a row must not use the
    connection.
    """
    iterator = iter(rows)
    if not (first := list(itertools.islice(iterator, 1))):
        return 0
    names = ", ".join(f'"{name}"' for name in columns)
    lines = _Lines(itertools.chain(first, iterator))
    with connection.cursor() as cursor:
        try:
            cursor.copy_expert(f'COPY "{table}" ({names}) FROM STDIN', lines)
        except QueryCanceled:
            if lines.error is not None:
                raise lines.error from None
            raise
    return lines.written


def reserve_ids(table: str, count: int) -> list[int]:
    """`count` fresh primary keys of `table`, in rising order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
        )
        return sorted(row[0] for row in cursor.fetchall())


def update_rows(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    """Set `columns` of the rows whose `id` is the first item of each of `rows`; return how many.

    The new values are staged by COPY and joined: one statement for any number of rows.
    """
    if not rows:
        return 0
    names = ", ".join(f'"{name}"' for name in columns)
    assignments = ", ".join(f'"{name}" = stage."{name}"' for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f'CREATE TEMP TABLE stage ON COMMIT DROP AS SELECT id, {names} FROM "{table}" WITH NO DATA'
        )
        copy_rows("stage", ["id", *columns], rows)
        cursor.execute(f'UPDATE "{table}" t SET {assignments} FROM stage WHERE t.id = stage.id')
        updated: int = cursor.rowcount
        cursor.execute("DROP TABLE stage")
    return updated
