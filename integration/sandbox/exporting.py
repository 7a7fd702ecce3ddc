"""The current state in the columns of the exchange folder."""

from collections.abc import Iterator, Mapping
from typing import Any

from integration.sis.exchange import COLUMNS

from .books import Books
from .identity import guid
from .loading import KEYS

GROUPS = ("section-crosslists", "other relationships")


def export(books: Books) -> dict[str, list[dict[str, str]]]:
    """One list for each file, values as texts; sections also with their GUID."""
    state = {table: list(_rows(books, table)) for table in KEYS}
    for row in state["sections"]:
        row["guid"] = guid("sections", row["id"])
    groups = [entry.row for resource in GROUPS for entry in books.tables[resource].values()]
    state["relationships"] = [_columns("relationships", row) for row in groups]
    state["relationship_members"] = [
        {"relationship_id": row["id"], "section_id": section, "is_primary": is_primary}
        for row in groups
        for section, is_primary in row["members"]
    ]
    return {table: state[table] for table in COLUMNS}


def _rows(books: Books, table: str) -> Iterator[dict[str, str]]:
    for entry in books.tables[KEYS[table][0]].values():
        if table != "terms" or "term" not in entry.row:  # a part of term is no term
            yield _columns(table, entry.row)


def _columns(table: str, row: Mapping[str, Any]) -> dict[str, str]:
    return {column: row[column] for column in COLUMNS[table]}
