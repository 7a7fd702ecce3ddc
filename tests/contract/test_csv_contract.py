"""The csv adapter passes the contract suite, together with a SIS that exchanges folders."""

import os
from pathlib import Path
from typing import Any

import pytest

from integration.sis.csvfiles import CsvAdapter
from integration.sis.memory import MemoryAdapter
from tests.contract.drop_sis import DropSis, rows_of
from tests.contract.reading_contract import ReadingContract
from tests.contract.writing_contract import WritingContract


class CsvSis:
    """`SisUnderTest` for the csv adapter."""

    def __init__(self, books: Path, *, has_manifest: bool) -> None:
        folder = books.with_name("drop")
        self.sis = DropSis(MemoryAdapter(path=books), folder, has_manifest=has_manifest)
        self.adapter = self.again()

    def again(self) -> CsvAdapter:
        return CsvAdapter(path=self.sis.folder)

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


@pytest.fixture(params=[False, True], ids=["no manifest", "manifest"])
def sis(request, sis_folder):
    made = CsvSis(sis_folder, has_manifest=request.param)
    yield made
    made.sis.books.close()


class TestReading(ReadingContract):
    pass


class TestWriting(WritingContract):
    pass
