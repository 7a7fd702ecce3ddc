"""The `memory` adapter: a fake SIS that reads and writes, keeps its state, and can be told to misbehave.

``SIS_URL=memory:///abs/dir[?option=value…]``: loaded from the exchange folder ``dir`` on first use; its state
and journal live in ``dir/.state/``, so separate processes see one SIS. Options declare what it can do:

=================  =========================================================================================
order              ``sections_first``: sections before courses (PeopleSoft)
deletes            ``no``: sections can only be cancelled
refuses            writes it does not take: ``sections.CREATE,relationships.UPDATE``
reads              the types it can read (default: all)
kinds              the kinds of relationship it holds (default ``CROSSLIST,LINKED``)
fields             the section fields that it accepts in a write (default: all)
batch              how many records one session of writes takes (default 100)
unique             keys it enforces on create: ``client_ref`` (default), ``natural_key``, both, ``none``
search             keys it can look up, written as for `unique` (default ``client_ref,natural_key``)
late               seconds after which a lost request can no longer take effect (default: never certain)
applies_later      seconds until a write shows; `MemoryAdapter.tick` lets them pass
token              ``no``: no concurrency token
read_by_id         ``no``: records cannot be read one by one
complete           ``proven`` (default), ``yes`` (complete, not proven), ``no``
read_only          ``yes``: takes no writes
temporary_number   ``yes``: two sections may swap numbers by a detour
renders            ``title:30`` cuts titles to 30 characters
drops              a field that it accepts and silently ignores
=================  =========================================================================================

See docs/reference/memory-sis.md; faults are in `memory_faults`.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .memory_faults import Faults
from .memory_options import Options
from .memory_rules import Rules
from .memory_snapshot import FIELDS, OF_KIND, MemorySnapshot, RecordMaker, kinds
from .memory_state import State, decode, encode
from .memory_writer import MemoryWriter
from .port import (
    Capabilities,
    CheckResult,
    Key,
    MergeType,
    SisRecord,
    SisUnreadable,
    Snapshot,
    Writer,
)

INSTRUCTOR = {"instructor_id": "instructor"}
NOT_KEPT = frozenset({"id", "term", "subject", "number"})


@dataclass(kw_only=True)
class MemoryAdapter:
    """The port onto one fake SIS; the methods under *As a registrar* act inside it, for tests and demos."""

    path: Path
    options: Options = field(default_factory=lambda: Options.parse({}))

    @cached_property
    def state(self) -> State:
        """The SIS's state, loaded on first use."""
        return State(self.path)

    @cached_property
    def capabilities(self) -> Capabilities:
        """What the options declare."""
        return self.options.capabilities()

    def check(self) -> CheckResult:
        """Whether the folder can be loaded."""
        try:
            rows = self.state.db.execute("SELECT type, count(*) FROM record GROUP BY type ORDER BY type")
        except SisUnreadable as error:
            return CheckResult(facts=(("folder", str(self.path)),), problems=(error.message,))
        counts = ((merge_type, f"{count} records") for merge_type, count in rows)
        return CheckResult(facts=(("folder", str(self.path)), *counts))

    def read_all(self, merge_type: MergeType, *, term: str = "") -> Snapshot:
        """Everything of a type and term, as of the moment the reading begins."""
        if merge_type not in self.capabilities.reads:
            raise NotImplementedError(f"this fake SIS does not read {merge_type.value}")
        return MemorySnapshot(
            path=self.state.path,
            capabilities=self.capabilities,
            merge_type=merge_type,
            term=term,
            is_vouched=self.options.chosen["complete"] == "proven",
            shortened=Faults(self.state).meet_on_read("READ", merge_type.value),
        )

    def read(
        self, merge_type: MergeType, sis_ids: Sequence[str], *, term: str
    ) -> Mapping[str, SisRecord | None]:
        """Some records, by one statement."""
        if not self.capabilities.can_read_by_id:
            raise NotImplementedError("this fake SIS declares read_by_id=no")
        found: dict[str, SisRecord | None] = dict.fromkeys(sis_ids)
        listed = encode(list(sis_ids))
        there = self._select(merge_type, term, "id IN (SELECT value FROM json_each(?))", listed)
        return found | {record.sis_id: record for record in there}

    def find(
        self, merge_type: MergeType, *, term: str, key: Key, value: str | tuple[str, ...]
    ) -> Sequence[SisRecord]:
        """Records by our reference or by natural key (kind and members of a relationship in any order)."""
        if key not in self.capabilities.search_keys:
            raise NotImplementedError(f"this fake SIS does not search by {key}")
        if isinstance(value, str):
            return self._select(merge_type, term, "ref = ?", value)
        parts = [value[0], *sorted(value[1:])]
        return self._select(merge_type, term, "natural = ?", encode(parts))

    def _select(self, merge_type: MergeType, term: str, condition: str, value: str) -> list[SisRecord]:
        Faults(self.state).meet_on_read("READ_BY_ID", merge_type.value)
        db = self.state.db
        maker = RecordMaker.of(db, self.capabilities, merge_type)
        rows = db.execute(
            f"SELECT {FIELDS} FROM record WHERE type = ? AND term IN (?, '') AND {condition} AND {OF_KIND} "
            "ORDER BY id",
            [merge_type.value, term, value, kinds(self.capabilities)],
        )
        return [maker.make(*row) for row in rows]

    @contextmanager
    def writing(self, *, term: str, run: str, now: dt.datetime) -> Iterator[Writer]:
        """Writes take effect one by one, at once (or when they are due)."""
        yield self._writer(term=term, now=now)

    def _writer(self, *, term: str, now: dt.datetime) -> MemoryWriter:
        rules = Rules(state=self.state, options=self.options, capabilities=self.capabilities)
        return MemoryWriter(state=self.state, rules=rules, term=term, now=now)

    def close(self) -> None:
        """Close the state's file; the next use opens it again."""
        state = self.__dict__.pop("state", None)
        if state is not None:
            state.db.close()

    # ---- As a registrar working in the SIS

    def apply_revision(self, revision: Mapping[str, Any]) -> None:
        """One line of a changes file (CONTRACT.md). A removed section leaves its groups."""
        with self.state.change():
            for sis_id in revision.get("delete", ()):
                self.state.drop("sections", sis_id)
            for row in revision.get("upsert", ()):
                doc = {name: value for name, value in row.items() if name not in NOT_KEPT}
                doc["course"] = doc.pop("course_id")
                doc["instructors"] = [
                    {INSTRUCTOR.get(name, name): value for name, value in one.items()}
                    for one in row.get("instructors", ())
                ]
                dates = {"start_date": row["start_date"], "end_date": row["end_date"]}
                doc["meetings"] = [
                    {**one, **{name: one.get(name) or date for name, date in dates.items()}}
                    for one in row.get("meetings", ())
                ]
                self.state.put("sections", row["term"], row["id"], doc)

    def edit(self, sis_id: str, **changes: Any) -> None:
        """Change fields of a section (or relationship) in the SIS. Raises `KeyError` if it is not there."""
        with self.state.change():
            for merge_type in ("sections", "relationships"):
                found = self.state.get(merge_type, sis_id)
                if found is not None:
                    doc, term, _revision = found
                    self.state.put(merge_type, term, sis_id, {**doc, **changes})
                    return
            raise KeyError(sis_id)

    def add(self, merge_type: str, term: str, sis_id: str, **values: Any) -> None:
        """Add a record in the SIS."""
        with self.state.change():
            self.state.put(merge_type, term, sis_id, values)

    def remove(self, sis_id: str, merge_type: str = "sections") -> None:
        """Remove a record in the SIS."""
        with self.state.change():
            self.state.drop(merge_type, sis_id)

    def records(self, merge_type: str, term: str = "") -> dict[str, dict[str, Any]]:
        """All documents of a type by id; values are text, as in the exchange folder."""
        rows = self.state.db.execute(
            "SELECT id, doc FROM record WHERE type = ? AND (? = '' OR term = ?) ORDER BY id",
            [merge_type, term, term],
        )
        return {sis_id: decode(text) for sis_id, text in rows}

    def sections(self, term: str = "") -> dict[str, dict[str, Any]]:
        """The sections by id."""
        return self.records("sections", term)

    def relationships(self, term: str = "") -> dict[str, dict[str, Any]]:
        """The relationships by id."""
        return self.records("relationships", term)

    def journal(self) -> list[dict[str, Any]]:
        """Every write received, in order: operation, type, id, ref, body, answer, whether it took effect."""
        names = ("n", "at", "operation", "type", "id", "ref", "body", "answer", "took_effect")
        rows = self.state.db.execute(f"SELECT {', '.join(names)} FROM journal ORDER BY n")
        entries = [dict(zip(names, row, strict=True)) for row in rows]
        return [
            {**one, "body": decode(one["body"]), "took_effect": bool(one["took_effect"])} for one in entries
        ]

    def faults(self, specs: Sequence[Mapping[str, Any]]) -> None:
        """Add faults (see `memory_faults`); an empty list clears them."""
        Faults(self.state).add(specs)

    def tick(self, seconds: int) -> None:
        """Let time pass in the SIS: late requests and writes that apply later take effect when due."""
        self._writer(term="", now=dt.datetime.now(dt.UTC)).tick(seconds)

    def export(self, directory: Path, *, has_manifest: bool = False, has_refs: bool = False) -> None:
        """Write the current state as an exchange folder."""
        self.state.export(directory, has_manifest=has_manifest, has_refs=has_refs)
