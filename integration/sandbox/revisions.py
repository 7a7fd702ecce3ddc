"""What a registrar does in the SIS itself: the lines of a changes file, applied to the books."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from integration.sis.exchange import COLUMNS

from .books import Books, Entry

SMALLEST_GROUP = 2
Line = Mapping[str, Any]


class BadChanges(ValueError):
    """The changes file cannot be read; the text says where."""


def revisions_in(path: Path | None) -> list[Line]:
    """The lines of a changes file. Raises `BadChanges`."""
    if path is None:
        return []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise BadChanges(f"{path} cannot be read: {error.strerror}.") from error
    return list(_decoded(path, lines))


def _decoded(path: Path, lines: list[bytes]) -> Iterator[Line]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield msgspec.json.decode(line, type=dict[str, Any])
            except msgspec.MsgspecError as error:
                raise BadChanges(f"{path} line {number} is no JSON object: {error}.") from error


def apply_revision(books: Books, line: Line, *, modified: str) -> None:
    """Carry out one line. A row that says what is there already touches nothing."""
    for key in line.get("delete", ()):
        if key in books.tables["sections"]:
            drop_section(books, key, modified=modified)
    for row in line.get("upsert", ()):
        section = {name: _text(row.get(name)) for name in COLUMNS["sections"]}
        put_if_new(books, "sections", section["id"], section, modified=modified)
        _put_children(books, "instructional-events", _meetings(row, section), modified)
        _put_children(books, "section-instructors", _instructors(row, section), modified)


def put_if_new(books: Books, resource: str, key: str, row: Mapping[str, Any], *, modified: str) -> None:
    """Replace a row unless it is what is there; what no column holds is kept."""
    before = books.tables[resource].get(key)
    if before is None:
        books.put(resource, key, Entry(row=row, modified=modified))
    elif before.row != row:
        books.put(resource, key, replace(before, row=row, modified=modified))


def drop_section(books: Books, key: str, *, modified: str) -> None:
    """Remove a section with all that belongs to it; a group left with one member is dissolved."""
    for group in books.under("crosslists of section", key):
        entry = books.get("section-crosslists", group)
        left = tuple(member for member in entry.row["members"] if member[0] != key)
        if len(left) < SMALLEST_GROUP:
            books.drop("section-crosslists", group)
        else:
            row = {**entry.row, "members": left}
            books.put("section-crosslists", group, replace(entry, row=row, modified=modified))
    for child in books.under("instructors of section", key):
        books.drop("section-instructors", child)
    for child in books.under("events of section", key):
        books.drop("instructional-events", child)
    books.drop("sections", key)


def _put_children(books: Books, resource: str, wanted: tuple[str, dict[str, Any]], modified: str) -> None:
    section_id, rows = wanted
    index = "events of section" if resource == "instructional-events" else "instructors of section"
    there = {_mark(resource, books.get(resource, key).row): key for key in books.under(index, section_id)}
    kept = set()
    for mark, row in rows.items():
        key = there.get(mark, f"{section_id}/{mark}")
        put_if_new(books, resource, key, row, modified=modified)
        kept.add(key)
    for key in set(there.values()) - kept:
        books.drop(resource, key)


def _mark(resource: str, row: Mapping[str, Any]) -> str:
    return str(row["id"] if resource == "instructional-events" else row["instructor_id"])


def _meetings(row: Line, section: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    made = {}
    for number, meeting in enumerate(row.get("meetings", ()), start=1):
        cells = {name: _text(meeting.get(name)) for name in COLUMNS["meetings"]}
        cells |= {"section_id": section["id"], "id": cells["id"] or str(number)}
        for name in ("start_date", "end_date"):
            cells[name] = cells[name] or section[name]
        made[cells["id"]] = cells
    return section["id"], made


def _instructors(row: Line, section: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    made = {}
    for one in row.get("instructors", ()):
        cells = {name: _text(one.get(name)) for name in COLUMNS["section_instructors"]}
        cells["section_id"] = section["id"]
        made[cells["instructor_id"]] = cells
    return section["id"], made


def _text(value: object) -> str:
    """As the exchange folder has it; truth values are `True` and `False` there too."""
    return "" if value is None else str(value)
