"""The fake SIS under test."""

from pathlib import Path
from typing import Any

from integration.sis.memory import MemoryAdapter
from integration.sis.memory_options import Options
from integration.sis.registry import open_adapter
from tandem_conformance.institution import write_institution


def open_sis(url: str, folder: Path) -> "MemorySis":
    """A fake SIS with the options of `url`, in a folder of its own: that of the address is left alone."""
    options = open_adapter(url).options  # type: ignore[attr-defined]  # `url` says memory
    made = MemorySis(write_institution(folder / "sis"), options)
    made.adapter.check()  # which loads it
    return made


class MemorySis:
    """`SisUnderTest` and `FaultySis` for the fake SIS."""

    def __init__(self, path: Path, options: Options) -> None:
        self.path, self.options = path, options
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
