"""A registrar who works in the demo's SIS itself, by the control paths that only a sandbox has."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import httpx
import msgspec

from config.state import SIS_CHANGES, sandbox_url

ALL_THAT_ARE_LEFT = 1_000_000
SECONDS = 60
Row = dict[str, Any]


class Registrar:
    """Sections are rows of the exchange folder, with their `guid`, `meetings` and `instructors`.

    They are read once, when they are first needed.
    """

    @cached_property
    def sections(self) -> dict[str, Row]:
        """The sections of all terms, by the id that people know."""
        tables = httpx.get(f"{sandbox_url()}/sandbox/export", timeout=SECONDS).raise_for_status().json()
        rows: dict[str, Row] = {
            one["id"]: {**one, "meetings": [], "instructors": []} for one in tables["sections"]
        }
        for name, table in (("meetings", "meetings"), ("instructors", "section_instructors")):
            for one in tables[table]:
                rows[one["section_id"]][name].append(one)
        return rows

    @cached_property
    def ids(self) -> dict[str, str]:
        """GUID -> id."""
        return {row["guid"]: sis_id for sis_id, row in self.sections.items()}

    def of_term(self, term: str) -> list[str]:
        """The ids of the sections of a term, sorted."""
        return sorted(sis_id for sis_id, row in self.sections.items() if row["term"] == term)

    def edit(self, sis_id: str, **values: Any) -> None:
        """Change a section."""
        self.sections[sis_id] |= values
        self._do({"upsert": [self.sections[sis_id]]})

    def remove(self, sis_ids: Sequence[str]) -> None:
        """Remove sections with all that belongs to them."""
        self._do({"delete": list(sis_ids)})

    def order_fault(self, fault: Mapping[str, Any]) -> None:
        """Let something go wrong (docs/reference/sandbox-sis.md)."""
        httpx.post(f"{sandbox_url()}/sandbox/faults", json=[fault], timeout=SECONDS).raise_for_status()

    def _do(self, line: Mapping[str, Any]) -> None:
        with SIS_CHANGES.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")
        asked = {"revisions": ALL_THAT_ARE_LEFT}
        httpx.post(f"{sandbox_url()}/sandbox/advance", json=asked, timeout=SECONDS).raise_for_status()
