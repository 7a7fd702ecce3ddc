"""The fake SIS passes the contract suite, whatever it is told to declare."""

from pathlib import Path
from typing import Any

import pytest

from integration.sis.memory import MemoryAdapter
from integration.sis.memory_options import Options
from tests.contract.fault_contract import FaultContract
from tests.contract.reading_contract import ReadingContract
from tests.contract.writing_contract import WritingContract

VARIANTS = {
    "everything": {},
    "sections before courses": {"order": "sections_first"},
    "no deletes": {"deletes": "no"},
    "no uniqueness": {"unique": "none"},
    "unique numbers": {"unique": "natural_key", "temporary_number": "yes"},
    "both keys": {"unique": "client_ref,natural_key", "search": "client_ref"},
    "no look-up": {"search": "none", "late": "30"},
    "applies later": {"applies_later": "3600"},
    "no token": {"token": "no"},
    "no read by id": {"read_by_id": "no"},
    "complete, not proven": {"complete": "yes"},
    "never complete": {"complete": "no"},
    "read only": {"read_only": "yes"},
    "few types": {"reads": "terms,courses,sections,relationships"},
    "few operations": {"refuses": "sections.CREATE,sections.CANCEL,relationships.UPDATE"},
    "few fields": {"fields": "title,capacity,notes", "refuses": "sections.CREATE"},
    "crosslists only": {"kinds": "CROSSLIST", "batch": "1"},
}


class MemorySis:
    """`SisUnderTest` and `FaultySis` for the fake SIS."""

    def __init__(self, path: Path, given: dict[str, str]) -> None:
        self.path, self.options = path, Options.parse(given)
        self.opened: list[MemoryAdapter] = []
        self.adapter = self.again()

    def again(self) -> MemoryAdapter:
        self.opened.append(MemoryAdapter(path=self.path, options=self.options))
        return self.opened[-1]

    def close(self) -> None:
        for adapter in self.opened:
            adapter.close()

    def change(self, sis_id: str, **fields: Any) -> None:
        self.adapter.edit(sis_id, **fields)

    def remove(self, sis_id: str) -> None:
        self.adapter.remove(sis_id)

    def let_time_pass(self) -> None:
        self.adapter.tick(86_400)

    def writes(self) -> list[tuple[str, str, str, str]]:
        names = ("operation", "type", "id", "ref")
        received = [entry for entry in self.adapter.journal() if entry["answer"] != "applied"]
        return [tuple(entry[name] for name in names) for entry in received]

    def take_away(self) -> None:
        self.close()
        self.path.rename(self.path.with_name("elsewhere"))

    def spoil(self) -> None:
        self.close()
        (self.path / ".state" / "sis.sqlite3").write_bytes(b"no database" * 1_000)

    def cut_short(self) -> None:
        self.fail("truncated_read", "READ")

    def fail(self, fault: str, operation: str) -> None:
        self.adapter.faults([{"when": {"operation": operation, "type": "sections"}, "then": fault}])


@pytest.fixture(params=VARIANTS.values(), ids=VARIANTS)
def sis(request, sis_folder):
    made = MemorySis(sis_folder, request.param)
    yield made
    made.close()


class TestReading(ReadingContract):
    pass


class TestWriting(WritingContract):
    pass


class TestFaults(FaultContract):
    @pytest.fixture(params=[{}, {"token": "no", "unique": "none"}], ids=["everything", "bare"])
    def sis(self, request, sis_folder):
        made = MemorySis(sis_folder, request.param)
        yield made
        made.close()
