"""A SIS that exchanges folders: it drops one every night and imports what lies in ``outbound/``.

It is the other side of the `csv` adapter, written from docs/reference/exchange-folder.md alone; behind it
stands the fake SIS with its own rules.
"""

import csv
import shutil
from pathlib import Path
from typing import Any

from integration.sis.memory import MemoryAdapter
from integration.sis.port import MergeType, SisError
from tandem_conformance.sis_under_test import NOW

CHILD_COLUMNS = {"instructor_id": "instructor", "section_id": "section"}
LISTS = {
    MergeType.SECTIONS: {
        "meetings": ("meetings", "section_id"),
        "instructors": ("section_instructors", "section_id"),
    },
    MergeType.RELATIONSHIPS: {"members": ("relationship_members", "relationship_id")},
}
NOT_KEPT = {"id", "term", "action", "client_ref", "course_id", "enrollment", "waitlisted"}


class DropSis:
    """The SIS: `books` is what it holds; `folder` is where the drops lie."""

    def __init__(
        self, books: MemoryAdapter, folder: Path, *, has_manifest: bool = False, has_refs: bool = True
    ):
        self.books, self.folder = books, folder
        self.has_manifest, self.has_refs = has_manifest, has_refs
        self.imported: list[str] = []
        self.drop()

    def drop(self) -> None:
        """Tonight's drop replaces the last one, file by file."""
        fresh = self.folder.with_name("fresh")
        self.books.export(fresh, has_manifest=self.has_manifest, has_refs=self.has_refs)
        self.folder.mkdir(exist_ok=True)
        for path in sorted(fresh.iterdir()):
            path.replace(self.folder / path.name)
        shutil.rmtree(fresh)

    def import_all(self) -> None:
        """Import the folders that Tandem sent and that were not imported yet, in the order of their names."""
        outbound = self.folder / "outbound"
        for path in sorted(outbound.iterdir()) if outbound.is_dir() else ():
            if path.name not in self.imported:
                self.imported.append(path.name)
                self._import(path)

    def sent(self) -> list[Path]:
        """The folders that Tandem sent."""
        outbound = self.folder / "outbound"
        return sorted(outbound.iterdir()) if outbound.is_dir() else []

    def _import(self, path: Path) -> None:
        for merge_type, lists in LISTS.items():
            for row in rows_of(path, merge_type.value):
                children = {
                    name: [
                        {CHILD_COLUMNS.get(key, key): value for key, value in child.items() if key != owner}
                        for child in rows_of(path, file)
                        if child[owner] == (row["id"] or row["client_ref"])
                    ]
                    for name, (file, owner) in lists.items()
                }
                self._write(merge_type, row, children)

    def _write(self, merge_type: MergeType, row: dict[str, str], children: dict[str, Any]) -> None:
        body = {key: value for key, value in row.items() if key not in NOT_KEPT} | children
        if "course_id" in row:
            body["course"] = row["course_id"]
        ref = row["client_ref"]
        with self.books.writing(term=row["term"], run="import", now=NOW) as writer:
            try:
                match row["action"]:
                    case "CREATE":
                        writer.create(merge_type, body, client_ref=ref)
                    case "UPDATE":
                        writer.update(merge_type, row["id"], body, values=body, token="", client_ref=ref)
                    case "CANCEL":
                        writer.cancel(merge_type, row["id"], token="", client_ref=ref)
                    case "DELETE":
                        writer.delete(merge_type, row["id"], token="", client_ref=ref)
            except SisError:
                pass  # a batch import refuses in silence: the next drop shows that nothing changed


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a file as mappings."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))
