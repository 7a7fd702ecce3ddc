"""A SIS that exchanges folders, under test."""

import os
from pathlib import Path
from typing import Any

from integration.sis.csvfiles import DAY_SECONDS, CsvAdapter
from integration.sis.memory import MemoryAdapter
from integration.sis.registry import open_adapter
from tandem_conformance.drop_sis import DropSis, rows_of
from tandem_conformance.institution import write_institution


def open_sis(url: str, folder: Path) -> "CsvSis":
    """One with the horizon of `url` and folders of its own: that of the address is left alone."""
    horizon = open_adapter(url).horizon_seconds  # type: ignore[attr-defined]  # `url` says csv
    return CsvSis(write_institution(folder / "books"), has_manifest=False, horizon_seconds=horizon)


class CsvSis:
    """`SisUnderTest` for the csv adapter."""

    def __init__(self, books: Path, *, has_manifest: bool, horizon_seconds: int = DAY_SECONDS) -> None:
        folder = books.with_name("drop")
        self.sis = DropSis(MemoryAdapter(path=books), folder, has_manifest=has_manifest)
        self.horizon_seconds = horizon_seconds
        self.adapter = self.again()

    def again(self) -> CsvAdapter:
        return CsvAdapter(path=self.sis.folder, horizon_seconds=self.horizon_seconds)

    def close(self) -> None:
        self.sis.books.close()

    def change(self, sis_id: str, **fields: Any) -> None:
        self.sis.books.edit(sis_id, **fields)
        self.sis.drop()

    def remove(self, sis_id: str) -> None:
        self.sis.books.remove(sis_id)
        self.sis.drop()

    def let_time_pass(self) -> None:
        self.sis.import_all()
        self.sis.drop()

    def writes(self) -> list[tuple[str, str, str, str]]:
        return [
            (row["action"], name, row["id"], row["client_ref"])
            for path in self.sis.sent()
            for name in ("sections", "relationships")
            for row in rows_of(path, name)
        ]

    def take_away(self) -> None:
        self.sis.folder.rename(self.sis.folder.with_name("elsewhere"))

    def spoil(self) -> None:
        (self.sis.folder / "sections.csv").write_bytes(b"\x00\x01\x02")

    def cut_short(self) -> None:
        path = self.sis.folder / "sections.csv"
        os.truncate(path, path.stat().st_size - 40)
