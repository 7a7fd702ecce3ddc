"""From an exchange folder to the books."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from integration.sis.exchange import COLUMNS, Folder
from integration.sis.exchange_table import Wrong, width_issue
from integration.sis.port import SisUnreadable

from .books import Books, Entry
from .vocabulary import fixed_codes

KEYS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "terms": ("academic-periods", ("code",)),
    "departments": ("educational-institution-units", ("code",)),
    "buildings": ("buildings", ("code",)),
    "rooms": ("rooms", ("building", "number")),
    "instructors": ("persons", ("id",)),
    "courses": ("courses", ("id",)),
    "sections": ("sections", ("id",)),
    "meetings": ("instructional-events", ("section_id", "id")),
    "section_instructors": ("section-instructors", ("section_id", "instructor_id")),
}
"""For each file, the resource whose rows it holds and the columns of its key."""


def load(folder: Path, books: Books, *, modified: str) -> None:
    """Fill the empty `books`. Raises `SisUnavailable` or `SisUnreadable` where the folder cannot be taken."""
    rows = {table: list(_rows(Folder(path=folder), table)) for table in COLUMNS}
    for resource, key, code in fixed_codes():
        books.put(resource, key, Entry(row=code, modified=modified))
    for table, (resource, columns) in KEYS.items():
        for row in rows[table]:
            if _is_stray(books, row):
                continue
            books.put(resource, "/".join(row[name] for name in columns), Entry(row=row, modified=modified))
    _derive(books, rows, modified)
    _load_groups(books, rows, modified)
    books.take_touched()


def _is_stray(books: Books, row: Mapping[str, str]) -> bool:
    """Whether a row is of a section or a term that the folder does not have; it is left out."""
    return any(
        row.get(column) is not None and row[column] not in books.tables[resource]
        for column, resource in (("section_id", "sections"), ("term", "academic-periods"))
    )


def _rows(folder: Folder, name: str) -> Iterator[dict[str, str]]:
    (table,) = folder.tables([name])
    for line, cells in table.rows():
        if isinstance(cells, Wrong):
            issue = width_issue(table, line, cells, "")
            raise SisUnreadable(issue.message, code=issue.code, origin=issue.origin, column=issue.column)
        row = dict(zip(table.columns, (cell.strip() for cell in cells), strict=True))
        yield {column: row[column] for column in COLUMNS[name]}


def _derive(books: Books, rows: Mapping[str, list[dict[str, str]]], modified: str) -> None:
    """The resources that Ethos has and the folder only implies."""
    names = {row["code"]: row["name"] for row in rows["departments"]}
    subjects = [*names, *(row["subject"] for row in rows["courses"])]
    derived: Iterator[tuple[str, str, Mapping[str, Any]]] = iter(
        [
            *(("subjects", code, {"code": code, "title": names.get(code, code)}) for code in subjects),
            *(("sites", row["campus"], _code(row["campus"])) for row in rows["buildings"] if row["campus"]),
            *(("room-types", row["type"], _code(row["type"])) for row in rows["rooms"] if row["type"]),
            *(("instructors", row["id"], row) for row in rows["instructors"]),
        ]
    )
    for resource, key, row in derived:
        if key not in books.tables[resource]:
            books.put(resource, key, Entry(row=row, modified=modified))


def _code(code: str) -> dict[str, str]:
    return {"code": code, "title": code}


def _load_groups(books: Books, rows: Mapping[str, list[dict[str, str]]], modified: str) -> None:
    """Relationships with their members. Ethos shows crosslists only; the others are kept for the export."""
    members = defaultdict(list)
    for row in rows["relationship_members"]:
        members[row["relationship_id"]].append((row["section_id"], row["is_primary"]))
    for row in rows["relationships"]:
        resource = "section-crosslists" if row["kind"] == "CROSSLIST" else "other relationships"
        whole = {**row, "members": tuple(members[row["id"]])}
        books.put(resource, row["id"], Entry(row=whole, modified=modified))
