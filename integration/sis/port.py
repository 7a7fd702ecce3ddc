"""The contract between Tandem and a SIS: everything an adapter must do, and all that the engine asks.

An adapter is a class with the methods of `SisAdapter`, found by the scheme of ``SIS_URL`` in the entry-point
group ``tandem.sis_adapters``. The entry point is its factory: it gets the text of ``SIS_URL`` and returns the
adapter, or raises `BadSisUrl` where the text cannot be used; it connects to nothing yet. What one SIS does
differently from another it *declares* in `Capabilities`; the engine never asks which SIS it talks to.
docs/how-to/write-an-adapter.md goes through it step by step.

Records
    Values are named as in the section catalogue (`scheduling.domain.fields`) or, for the other types, as the
    columns of the exchange folder (docs/reference/exchange-folder.md). They may be raw: text as a file has
    it, numbers as JSON has them; the engine makes them canonical and rejects what cannot be. A field that is
    not among the values is left alone; blank (None or "") means blank. A section's ``course`` is the SIS id
    of its course, ``crn`` its SIS id unless said, ``meetings`` a list of mappings with the columns of
    ``meetings.csv`` without ``section_id``, ``instructors`` a list of mappings ``instructor, percent,
    is_primary``. A relationship has ``kind``, ``capacity`` and ``members``: a list of mappings ``section``
    (SIS id), ``is_primary``. A room's SIS id is ``BUILDING/NUMBER``, that of a term, department or building
    its code.

Outgoing values are canonical (`scheduling.domain.values`): text or None, whole numbers, credits as text with
    two decimals, dates as ISO text, and tuples of the structs `Meeting`, `Assignment` and
    `integration.fieldsets.Member`, whose attributes are named as above.

Errors
    Every method raises subclasses of `SisError` (errors.py says which one means what), for what an adapter
    can expect: a record that the SIS refuses, a SIS that is away. Anything else is a bug of the adapter and
    ends the run. What is not declared is not offered: a read of that kind raises `NotImplementedError`, a
    write `SisRejected`.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from .errors import (
    NOWHERE,
    BadSisUrl,
    ErrorClass,
    Origin,
    SisAlreadyExists,
    SisConflict,
    SisDenied,
    SisError,
    SisLocked,
    SisNotFound,
    SisOutcomeUnknown,
    SisRateLimited,
    SisRejected,
    SisUnavailable,
    SisUnreadable,
)
from .section_rules import SectionRules

__all__ = [
    "NOWHERE",
    "REFERENCE_TYPES",
    "SENDABLE_TYPES",
    "TERM_TYPES",
    "BadRecord",
    "BadSisUrl",
    "Capabilities",
    "CheckResult",
    "ErrorClass",
    "Evidence",
    "Issue",
    "Key",
    "MergeType",
    "Operation",
    "Origin",
    "RawValues",
    "SisAdapter",
    "SisAlreadyExists",
    "SisConflict",
    "SisDenied",
    "SisError",
    "SisLocked",
    "SisNotFound",
    "SisOutcomeUnknown",
    "SisRateLimited",
    "SisRecord",
    "SisRejected",
    "SisUnavailable",
    "SisUnreadable",
    "Snapshot",
    "Writer",
    "Written",
]

RawValues = Mapping[str, Any]


class MergeType(StrEnum):
    """What can be merged. The value is the command's word."""

    TERMS = "terms"
    DEPARTMENTS = "departments"
    BUILDINGS = "buildings"
    ROOMS = "rooms"
    INSTRUCTORS = "instructors"
    COURSES = "courses"
    SECTIONS = "sections"
    RELATIONSHIPS = "relationships"


TERM_TYPES = (MergeType.COURSES, MergeType.SECTIONS, MergeType.RELATIONSHIPS)
REFERENCE_TYPES = tuple(one for one in MergeType if one not in TERM_TYPES)
SENDABLE_TYPES = (MergeType.SECTIONS, MergeType.RELATIONSHIPS)


class Operation(StrEnum):
    """What can be written. CANCEL keeps the section in the SIS with status CANCELLED; DELETE removes it."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    CANCEL = "CANCEL"
    DELETE = "DELETE"


class Key(StrEnum):
    """By what a record of ours can be recognised in the SIS when its id is not known."""

    CLIENT_REF = "client_ref"
    NATURAL_KEY = "natural_key"  # term, course, section number; relationships: kind and sorted members


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """What this SIS can do. The engine and the pages follow from it; declare it truthfully.

    order
        In which order the term-bound types are merged. Sections before courses: the engine makes placeholder
        courses from the ``subject`` and ``number`` that such an adapter adds to a section's values.
    reads
        The types it can read.
    writes
        For each sendable type, the operations it takes. Empty: read-only.
    readable_fields
        Fields of a section that it shows (None: all of the catalogue). The others are never compared: they
        stay as they are here.
    writable_fields
        Fields of a section it accepts in a write (None: all that the catalogue may send).
    relationship_kinds
        Kinds of relationship it holds. The others stay in Tandem, untouched by merges.
    can_read_by_id
        `read` works. Without it, removals need a proven or a second snapshot, and delivery trusts the
        baseline instead of reading the record first.
    unique_keys
        Keys that the SIS itself enforces on create: a second create is refused or answered with the first.
    search_keys
        Keys that `find` understands. A record whose create had an unknown outcome is looked up by them.
    late_request_seconds
        After this long a request whose answer was lost can no longer take effect. None: it may at any time,
        so nothing is ever created twice without one of `unique_keys`.
    applies_later_seconds
        None: a write has taken effect when the method returns. A number: writes are only handed over; they
        show in a later snapshot, at the latest after so many seconds (the horizon).
    has_concurrency_token
        `SisRecord.token` is set, and `update`, `cancel` and `delete` refuse a stale one with
        `SisConflict`.
    has_complete_snapshots
        `read_all` can vouch for completeness. Without it absence never means removal.
    must_verify
        Read again after a write and compare (a SIS that drops or changes values in silence).
    cancel_clears
        Fields of a section that this SIS empties when it cancels one: lists become empty, numbers 0.
    written_in_parts
        Lists whose items are written one by one. A write whose outcome is unknown may have landed up to any
        of them; what a new record lacks of them is sent, and not taken for a removal made there.
    change_feed
        Names the feed in which this SIS tells of changes, the same name for the same feed everywhere; the
        adapter is a `change_feed.ChangeFeed` then. Blank: it has none.
    write_batch_size
        How many records one `writing` session takes.
    section_rules
        What it is known to refuse of a section: people are told before they save.
    allows_temporary_number
        A section may hold a made-up number for a moment, so that two sections can swap theirs.
    """

    name: str
    order: tuple[MergeType, ...] = TERM_TYPES
    reads: frozenset[MergeType] = frozenset(MergeType)
    writes: Mapping[MergeType, frozenset[Operation]] = field(default_factory=dict)
    readable_fields: frozenset[str] | None = None
    writable_fields: frozenset[str] | None = None
    relationship_kinds: frozenset[str] = frozenset({"CROSSLIST"})
    can_read_by_id: bool = True
    unique_keys: frozenset[Key] = frozenset()
    search_keys: frozenset[Key] = frozenset()
    late_request_seconds: int | None = None
    applies_later_seconds: int | None = None
    has_concurrency_token: bool = False
    has_complete_snapshots: bool = True
    must_verify: bool = False
    allows_temporary_number: bool = False
    cancel_clears: frozenset[str] = frozenset()
    written_in_parts: frozenset[str] = frozenset()
    change_feed: str = ""
    write_batch_size: int = 100
    section_rules: SectionRules = field(default_factory=SectionRules)

    def can(self, merge_type: MergeType, operation: Operation) -> bool:
        """Whether it takes `operation` for `merge_type`."""
        return operation in self.writes.get(merge_type, frozenset())

    def check(self, merge_type: MergeType, operation: Operation, changes: Mapping[str, Any]) -> None:
        """For an adapter's own writer: raise `SisRejected` for what it does not declare to take."""
        if not self.can(merge_type, operation):
            raise SisRejected(f"This SIS does not take {operation.value} of {merge_type.value}.")
        if merge_type is MergeType.SECTIONS and self.writable_fields is not None:
            for name in sorted(changes.keys() - self.writable_fields):
                raise SisRejected(f"This SIS does not take the field {name} of a section.", field=name)
        kind = changes.get("kind") if merge_type is MergeType.RELATIONSHIPS else None
        if kind is not None and kind not in self.relationship_kinds:
            raise SisRejected(f"This SIS does not take relationships of kind {kind}.", field="kind")


@dataclass(frozen=True, kw_only=True, slots=True)
class SisRecord:
    """One record as the SIS has it.

    `fingerprint`: equal fingerprints of one record mean equal content and equal content has equal ones,
    today and tomorrow, in this process and in another; at most 32 bytes. It covers all that `load` returns
    (in whatever order the SIS lists a record's parts), not the token. It lets the engine skip a record that
    did not change without looking at its values, so `load` may be lazy: it is called once or not at all, as
    long as the adapter is open. A part of a list may carry its `Origin` under the key ``_origin``.
    `client_ref` is the reference we gave it at create, where the SIS keeps it; `token` is blank where there
    are none.
    """

    sis_id: str
    fingerprint: bytes
    load: Callable[[], RawValues]
    client_ref: str = ""
    token: str = ""
    origin: Origin = NOWHERE


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """Something wrong with what was read: where, a fixed code, and a sentence with what to do."""

    code: str
    message: str
    record: str = ""
    field: str = ""
    origin: Origin = NOWHERE
    column: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class BadRecord:
    """A record that cannot be taken as it stands. The others go on.

    `sis_id` is blank where not even that can be read; then the snapshot is not complete. `is_notice`: only
    a remark (an unknown column): nothing was rejected and the record, if any, comes on its own. `is_stray`:
    parts without a record (meetings of a section that the snapshot does not show): they are rejected, and
    they do not say that the record is there.
    """

    sis_id: str
    issues: tuple[Issue, ...]
    is_notice: bool = False
    is_stray: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """How far a snapshot can be trusted, known once it was read to its end.

    `is_complete`: nothing is missing, so an absent record is really absent. `is_proven`: the SIS vouched for
    it (manifest, counts), so one absence is enough. `digest`: equal digests mean the same content; a second
    *different* snapshot is what confirms an absence where nothing else can. `reason`: why not complete.
    """

    is_complete: bool
    is_proven: bool = False
    digest: str = ""
    reason: str = ""


class Snapshot(Protocol):
    """All records of one type and term, each once, as of one moment. Iterate once; then ask `evidence`."""

    def __iter__(self) -> Iterator[SisRecord | BadRecord]: ...

    def evidence(self) -> Evidence:
        """What the snapshot proves; only valid after the iteration has ended."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What a write did. `record`: the record after the write where the SIS's answer holds it.

    `sis_id` is blank only after a create at a SIS that applies later: a later snapshot shows it.
    """

    sis_id: str
    token: str = ""
    record: SisRecord | None = None


class Writer(Protocol):
    """Writes records of one term. Each call is one record and is complete when it returns or raises.

    `create` takes all values; it must pass `client_ref` on where the SIS has room for it. `update` takes the
    changed fields, a set field as a whole, and in `values` the full record after the change, for a SIS that
    takes whole records only. `token` is that of the record as it was read, blank where there is none.

    Raises as errors.py says. Whatever is raised other than `SisOutcomeUnknown` promises that the write had no
    effect and never will; a time-out after the request went out is always `SisOutcomeUnknown`.
    """

    def create(self, merge_type: MergeType, values: Mapping[str, Any], *, client_ref: str) -> Written: ...

    def update(
        self,
        merge_type: MergeType,
        sis_id: str,
        changes: Mapping[str, Any],
        *,
        values: Mapping[str, Any],
        token: str,
        client_ref: str,
    ) -> Written: ...

    def cancel(self, merge_type: MergeType, sis_id: str, *, token: str, client_ref: str) -> Written: ...

    def delete(self, merge_type: MergeType, sis_id: str, *, token: str, client_ref: str) -> Written: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    """What `check` found: sentences, worst first; no problem means the SIS can be used."""

    facts: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()


@runtime_checkable
class SisAdapter(Protocol):
    """One SIS. Instances are used by one thread; they may keep a connection and must be closed."""

    @property
    def capabilities(self) -> Capabilities: ...

    def check(self) -> CheckResult:
        """Connect and say what is wrong, without changing anything in the SIS.

        Raises `SisUnavailable` (or `SisDenied`) when the SIS cannot be reached at all.
        """
        ...

    def read_all(self, merge_type: MergeType, *, term: str = "") -> Snapshot:
        """All records of a type (of `term`, for the term-bound types), streamed.

        Raises `SisUnavailable` when the SIS (the folder) is not there and `SisUnreadable` when what it gave
        cannot be read as what it claims to be, here or during the iteration.
        """
        ...

    def read(
        self, merge_type: MergeType, sis_ids: Sequence[str], *, term: str
    ) -> Mapping[str, SisRecord | None]:
        """The records with these ids as they are now, by id; None for one the SIS does not have.

        Needs `can_read_by_id`.
        """
        ...

    def find(
        self, merge_type: MergeType, *, term: str, key: Key, value: str | tuple[str, ...]
    ) -> Sequence[SisRecord]:
        """The records that carry this key; an empty list where none does. Needs the key in `search_keys`.

        `value` is our reference, or the natural key: of a section (course SIS id, section number), of a
        relationship (kind, SIS id of each member in any order).
        """
        ...

    def writing(self, *, term: str, run: str, now: dt.datetime) -> AbstractContextManager[Writer]:
        """A session that takes up to `write_batch_size` writes; `run` and `now` only name it.

        Leaving it normally makes its writes whole. An adapter that applies later may raise `SisUnavailable`
        there: then none of the session's writes was handed over. Leaving it by an exception keeps or drops
        whole writes, as the SIS has it; never is half of a record written.
        """
        ...

    def close(self) -> None:
        """Give back connections."""
        ...
