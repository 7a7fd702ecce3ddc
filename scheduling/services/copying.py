"""Rows into PostgreSQL by COPY: what the bulk imports write with.

Measured at 100,000 rows of 26 columns: COPY 3 s, `bulk_create` 17 s (ARCHITECTURE.md, Parts and why).
"""

import io
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from django.db import connection

CHUNK = 5_000
SENT_AT_ONCE = 1 << 16
"""Bytes of a chunk that go to the server at a time."""
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
    type(None): lambda _none: "\\N",
    str: _text,
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
    return "\t".join([_CELLS.get(type(value), _cell)(value) for value in row])


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Append `rows` to `table`, `CHUNK` rows at a time; return how many.

    Dates and times are given as ISO text or as objects whose ``str`` is ISO.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    statement = f'COPY "{table}" ({names}) FROM STDIN'
    written = 0
    iterator = iter(rows)
    with connection.cursor() as cursor:
        while chunk := list(itertools.islice(iterator, CHUNK)):
            text = "\n".join(map(_line, chunk)) + "\n"
            cursor.copy_expert(statement, io.BytesIO(text.encode()), SENT_AT_ONCE)
            written += len(chunk)
    return written


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
