"""The `memory` adapter: a fake SIS that reads and writes, keeps its state, and can be told to misbehave.

``SIS_URL=memory:///abs/dir[?option=value…]``: loaded from the exchange folder ``dir`` on first use; its state
and journal live in ``dir/.state/``. Options declare what this SIS can do:

=================  =========================================================================================
order              ``sections_first``: sections before courses (PeopleSoft)
deletes            ``no``: sections can only be cancelled
unique             keys it enforces on create: ``client_ref`` (default), ``natural_key``, both with a comma, ``none``
search             keys it can look up; as `unique` (default ``client_ref,natural_key``), ``none``
late               seconds after which a lost request can no longer take effect (default: unknown)
applies_later      seconds until a write shows; ``tick`` lets them pass
token              ``no``: no concurrency token
read_by_id         ``no``: records cannot be read one by one
complete           ``proven`` (default), ``yes`` (complete, not proven), ``no``
read_only          ``yes``: takes no writes
temporary_number   ``yes``: two sections may swap numbers by a detour
renders            ``title:30`` cuts titles to 30 characters
drops              a field that it accepts and silently ignores
=================  =========================================================================================
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from .memory_faults import Faults
from .memory_state import State
from .memory_writer import MemoryWriter
from .port import (
    SENDABLE_TYPES,
    TERM_TYPES,
    Capabilities,
    CheckResult,
    Evidence,
    Key,
    MergeType,
    Operation,
    SisRecord,
    Snapshot,
    Writer,
)


def _keys(text: str) -> frozenset[Key]:
    return frozenset(Key(one) for one in text.split(",") if one and one != "none")


def _seconds(text: str) -> int | None:
    return int(text) if text else None


@dataclass(kw_only=True)
class MemoryAdapter:
    """The port onto one fake SIS. The methods under *As a registrar* act inside the SIS, for tests and demos."""

    path: Path
    options: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def state(self) -> State:
        """The SIS's state, loaded on first use."""
        return State(self.path)

    @cached_property
    def capabilities(self) -> Capabilities:
        """What the options declare."""
        option = self.options.get
        operations = set(Operation)
        if option("deletes") == "no":
            operations.discard(Operation.DELETE)
        writes = {
            MergeType.SECTIONS: frozenset(operations),
            MergeType.RELATIONSHIPS: frozenset({Operation.CREATE, Operation.UPDATE, Operation.DELETE}),
        }
        sections_first = (MergeType.SECTIONS, MergeType.COURSES, MergeType.RELATIONSHIPS)
        return Capabilities(
            name="memory",
            order=sections_first if option("order") == "sections_first" else TERM_TYPES,
            writes={} if option("read_only") == "yes" else {one: writes[one] for one in SENDABLE_TYPES},
            relationship_kinds=frozenset({"CROSSLIST", "LINKED"}),
            can_read_by_id=option("read_by_id") != "no",
            unique_keys=_keys(self.options.get("unique", "client_ref")),
            search_keys=_keys(self.options.get("search", "client_ref,natural_key")),
            late_request_seconds=_seconds(self.options.get("late", "")),
            applies_later_seconds=_seconds(self.options.get("applies_later", "")),
            has_concurrency_token=option("token") != "no",
            must_verify=bool(option("renders") or option("drops")),
            allows_temporary_number=option("temporary_number") == "yes",
        )

    @cached_property
    def faults_(self) -> Faults:
        """The faults that were asked for."""
        return Faults(self.state)

    def check(self) -> CheckResult:
        """Whether the folder can be loaded."""
        count = self.state.db.execute("SELECT count(*) FROM record WHERE type = 'sections'").fetchone()[0]
        return CheckResult(facts=(("folder", str(self.path)), ("sections", str(count))))

    def read_all(self, merge_type: MergeType, *, term: str = "") -> Snapshot:
        """Everything of a type and term, streamed."""
        self.faults_.before_read(merge_type)
        return MemorySnapshot(adapter=self, merge_type=merge_type, term=term)

    def read(
        self, merge_type: MergeType, sis_ids: Sequence[str], *, term: str
    ) -> Mapping[str, SisRecord | None]:
        """Some records, by one statement."""
        if not self.capabilities.can_read_by_id:
            raise NotImplementedError("this fake SIS declares read_by_id=no")
        self.faults_.before_read(merge_type, is_by_id=True)
        found: dict[str, SisRecord | None] = dict.fromkeys(sis_ids)
        rows = self.state.db.execute(
            "SELECT id, ref, doc, revision FROM record WHERE type = ? AND id IN (SELECT value FROM json_each(?))",
            [merge_type.value, json.dumps(list(sis_ids))],
        )
        found.update({row[0]: self.record(*row) for row in rows})
        return found

    def find(
        self, merge_type: MergeType, *, term: str, key: Key, value: str | tuple[str, ...]
    ) -> Sequence[SisRecord]:
        """Records by our reference or by natural key."""
        if key not in self.capabilities.search_keys:
            raise NotImplementedError(f"this fake SIS does not search by {key}")
        self.faults_.before_read(merge_type, is_by_id=True)
        column, wanted = ("ref", value) if key is Key.CLIENT_REF else ("natural", json.dumps(list(value)))
        rows = self.state.db.execute(
            f"SELECT id, ref, doc, revision FROM record WHERE type = ? AND term = ? AND {column} = ? ORDER BY id",
            [merge_type.value, term, wanted],
        )
        return [self.record(*row) for row in rows]

    def record(self, sis_id: str, ref: str, text: str, revision: int) -> SisRecord:
        """A row as the port's record. The fingerprint is of the content, not of the revision."""
        return SisRecord(
            sis_id=sis_id,
            fingerprint=hashlib.blake2b(text.encode(), digest_size=16).digest(),
            load=partial(json.loads, text),
            client_ref=ref if Key.CLIENT_REF in self.capabilities.search_keys else "",
            token=str(revision) if self.capabilities.has_concurrency_token else "",
        )

    @contextmanager
    def writing(self, *, term: str, run: str, now: dt.datetime) -> Iterator[Writer]:
        """Writes take effect one by one, at once."""
        yield MemoryWriter(adapter=self, term=term, now=now)

    def close(self) -> None:
        """Close the state's file."""
        if "state" in self.__dict__:
            self.state.db.close()
            del self.__dict__["state"]

    # ---- As a registrar working in the SIS

    def apply_revision(self, revision: Mapping[str, Any]) -> None:
        """One line of a changes file (CONTRACT.md)."""
        with self.state.change():
            for sis_id in revision.get("delete", ()):
                self.state.drop("sections", sis_id)
            for given in revision.get("upsert", ()):
                doc = {key: value for key, value in given.items() if key not in {"id", "term", "course_id"}}
                doc["course"] = given["course_id"]
                doc["instructors"] = [
                    {
                        "instructor": one["instructor_id"],
                        "percent": one["percent"],
                        "is_primary": one["is_primary"],
                    }
                    for one in given.get("instructors", ())
                ]
                doc["meetings"] = [
                    {**one, "start_date": one.get("start_date") or given["start_date"],
                     "end_date": one.get("end_date") or given["end_date"]}
                    for one in given.get("meetings", ())
                ]
                doc.pop("subject", None)
                doc.pop("number", None)
                self.state.put("sections", given["term"], given["id"], doc)

    def edit(self, sis_id: str, **changes: Any) -> None:
        """Change fields of a section (or relationship) in the SIS."""
        merge_type = "sections" if self.state.get("sections", sis_id) else "relationships"
        with self.state.change():
            found = self.state.get(merge_type, sis_id)
            if found is None:
                raise KeyError(sis_id)
            doc, term, _revision = found
            self.state.put(merge_type, term, sis_id, {**doc, **changes})

    def add(self, merge_type: str, term: str, sis_id: str, **values: Any) -> None:
        """Add a record in the SIS."""
        with self.state.change():
            self.state.put(merge_type, term, sis_id, values)

    def remove(self, sis_id: str, merge_type: str = "sections") -> None:
        """Remove a record in the SIS."""
        with self.state.change():
            self.state.drop(merge_type, sis_id)

    def records(self, merge_type: str, term: str = "") -> dict[str, dict[str, Any]]:
        """All documents of a type, by id."""
        rows = self.state.db.execute(
            "SELECT id, doc FROM record WHERE type = ? AND (? = '' OR term = ?) ORDER BY id",
            [merge_type, term, term],
        )
        return {sis_id: json.loads(text) for sis_id, text in rows}

    def journal(self) -> list[dict[str, Any]]:
        """Every write received, in order."""
        names = ("n", "at", "operation", "type", "id", "ref", "body", "answer", "took_effect")
        rows = self.state.db.execute(f"SELECT {', '.join(names)} FROM journal ORDER BY n")
        entries = [dict(zip(names, row, strict=True)) for row in rows]
        return [
            {**one, "body": json.loads(one["body"]), "took_effect": bool(one["took_effect"])} for one in entries
        ]

    def faults(self, specs: Sequence[Mapping[str, Any]]) -> None:
        """Add faults (see `memory_faults`); an empty list clears them."""
        self.faults_.add(specs)

    def tick(self, seconds: float) -> None:
        """Let time pass in the SIS: late requests and writes that apply later take effect when due."""
        MemoryWriter(adapter=self, term="", now=dt.datetime.now(dt.UTC)).tick(seconds)

    def export(self, directory: Path, *, has_manifest: bool = False) -> None:
        """Write the current state as an exchange folder."""
        self.state.export(directory, has_manifest=has_manifest)


@dataclass(kw_only=True)
class MemorySnapshot:
    """All records of one type and term."""

    adapter: MemoryAdapter
    merge_type: MergeType
    term: str
    _digest: int = 0
    _is_short: bool = False

    def __iter__(self) -> Iterator[SisRecord]:
        courses = self._courses()
        rows = self.adapter.state.db.execute(
            "SELECT id, ref, doc, revision FROM record WHERE type = ? AND (? = '' OR term = ?) ORDER BY id",
            [self.merge_type.value, self.term, self.term],
        )
        limit = self.adapter.faults_.read_limit(self.merge_type)
        for index, row in enumerate(rows):
            if limit is not None and index >= limit:
                self._is_short = limit > 0
                return
            record = self.adapter.record(*row)
            self._digest ^= int.from_bytes(
                hashlib.blake2b(record.sis_id.encode() + record.fingerprint, digest_size=16).digest(), "big"
            )
            if courses:
                record = self._with_course(record, courses)
            yield record

    def _courses(self) -> Mapping[str, tuple[str, str]]:
        """Subject and number by course, for a SIS that lists sections before courses."""
        is_first = self.adapter.capabilities.order[0] is MergeType.SECTIONS
        if self.merge_type is not MergeType.SECTIONS or not is_first:
            return {}
        return {
            sis_id: (doc["subject"], doc["number"])
            for sis_id, doc in self.adapter.records("courses", self.term).items()
        }

    def _with_course(self, record: SisRecord, courses: Mapping[str, tuple[str, str]]) -> SisRecord:
        def load() -> Mapping[str, Any]:
            doc = record.load()
            subject, number = courses.get(doc["course"], ("", ""))
            return {**doc, "subject": subject, "number": number}

        return SisRecord(
            sis_id=record.sis_id,
            fingerprint=record.fingerprint,
            load=load,
            client_ref=record.client_ref,
            token=record.token,
        )

    def evidence(self) -> Evidence:
        """As the options declare; a truncated answer knows that it is short."""
        complete = self.adapter.options.get("complete", "proven")
        return Evidence(
            is_complete=complete != "no" and not self._is_short,
            is_proven=complete == "proven" and not self._is_short,
            digest=f"{self._digest:032x}",
            reason="fewer records came than the SIS counts" if self._is_short else "",
        )


