"""A snapshot of the fake SIS: all records of one type and term, as of one moment."""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .memory_state import connect, decode, encode
from .port import Capabilities, Evidence, Key, MergeType, RawValues, SisRecord

FIELDS = "id, ref, doc, revision"
OF_KIND = "(type <> 'relationships' OR json_extract(doc, '$.kind') IN (SELECT value FROM json_each(?)))"
MATCHING = f"FROM record WHERE type = ? AND (? = '' OR term = ?) AND {OF_KIND}"
Courses = Mapping[str, tuple[str, str]]


def kinds(capabilities: Capabilities) -> str:
    """The kinds of relationship that the SIS holds, for `OF_KIND`."""
    return encode(sorted(capabilities.relationship_kinds))


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordMaker:
    """From rows of the state to the port's records, as far as the capabilities let them be seen.

    `courses`: subject and number by course, for a SIS that lists sections before courses.
    """

    capabilities: Capabilities
    courses: Courses

    @classmethod
    def of(cls, db: sqlite3.Connection, capabilities: Capabilities, merge_type: MergeType) -> "RecordMaker":
        """One that knows the courses where it must."""
        if merge_type is not MergeType.SECTIONS or capabilities.order[0] is not MergeType.SECTIONS:
            return cls(capabilities=capabilities, courses={})
        rows = db.execute("SELECT id, doc FROM record WHERE type = 'courses'")
        docs = ((sis_id, decode(text)) for sis_id, text in rows)
        return cls(
            capabilities=capabilities,
            courses={sis_id: (doc["subject"], doc["number"]) for sis_id, doc in docs},
        )

    def make(self, sis_id: str, ref: str, text: str, revision: int) -> SisRecord:
        """One record. The fingerprint is of the content, not of the revision."""
        can_show_ref = Key.CLIENT_REF in self.capabilities.search_keys | self.capabilities.unique_keys
        return SisRecord(
            sis_id=sis_id,
            fingerprint=hashlib.blake2b(text.encode(), digest_size=16).digest(),
            load=partial(self._load, text),
            client_ref=ref if can_show_ref else "",
            token=str(revision) if self.capabilities.has_concurrency_token else "",
        )

    def _load(self, text: str) -> RawValues:
        doc: RawValues = decode(text)
        if not self.courses:
            return doc
        subject, number = self.courses.get(doc["course"], ("", ""))
        return {**doc, "subject": subject, "number": number}


@dataclass(kw_only=True)
class MemorySnapshot:
    """Read over a connection of its own, so that writes meanwhile neither show nor wait.

    `is_vouched`: whether counts prove it; `shortened`: blank, ``truncated_read`` or ``empty_read``.
    """

    path: Path
    capabilities: Capabilities
    merge_type: MergeType
    term: str
    is_vouched: bool
    shortened: str = ""
    _digest: int = 0
    _expected: int = 0
    _read: int = 0

    def __iter__(self) -> Iterator[SisRecord]:
        self._digest = self._read = 0
        scope = [self.merge_type.value, self.term, self.term, kinds(self.capabilities)]
        with closing(connect(self.path)) as db:
            db.execute("BEGIN")
            maker = RecordMaker.of(db, self.capabilities, self.merge_type)
            (there,) = db.execute(f"SELECT count(*) {MATCHING}", scope).fetchone()
            self._expected = 0 if self.shortened == "empty_read" else there
            limit = {"": there, "truncated_read": there // 2, "empty_read": 0}[self.shortened]
            for row in db.execute(f"SELECT {FIELDS} {MATCHING} ORDER BY id LIMIT {limit}", scope):
                record = maker.make(*row)
                self._read += 1
                key = record.sis_id.encode() + record.fingerprint
                self._digest ^= int.from_bytes(hashlib.blake2b(key, digest_size=16).digest(), "big")
                yield record

    def evidence(self) -> Evidence:
        """As the SIS declares, and never complete where fewer records came than it counts."""
        is_whole = self._read == self._expected
        is_complete = is_whole and self.capabilities.has_complete_snapshots
        reason = "" if is_complete else "this SIS does not say how many records it has"
        return Evidence(
            is_complete=is_complete,
            is_proven=is_complete and self.is_vouched,
            digest=f"{self._digest:032x}",
            reason=reason if is_whole else f"{self._read} of {self._expected} records came",
        )
