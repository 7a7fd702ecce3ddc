"""The two record types that go both ways, behind one face: planning, applying and delivery are written once.

A type says how a record is read, what it holds here, how it is written here, and what it is called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from integration.incoming import Incoming
from integration.merge.policy import FieldPolicy
from integration.merge.records import Values
from integration.settings import TypeSettings
from integration.sis.port import MergeType, SisRecord
from scheduling.services.audit import Author


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalState:
    """One record as it stands here."""

    version: int
    values: Values
    sis_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRecord:
    """A record of the SIS to be made here; `former_id`: the local id it had, if it returns."""

    sis_id: str
    values: Values
    former_id: int | None = None
    rule: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalUpdate:
    """Fields of one record here that the SIS decides."""

    record_id: int
    version: int
    before: Values
    after: Values
    rules: Mapping[str, str] = field(default_factory=dict)
    action: str = "UPDATE"


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalRemoval:
    """A record here that the SIS removed."""

    record_id: int
    before: Values


class RecordType(Protocol):
    """What planning, applying and delivery ask of a type."""

    merge_type: MergeType
    id_column: str
    term: str

    @property
    def settings(self) -> TypeSettings: ...
    def policies(self, sis_id: str) -> Sequence[FieldPolicy]: ...
    def salt(self, sis_id: str) -> bytes: ...
    def read(self, record: SisRecord) -> Incoming: ...
    def promise(self, course: str, subject: str, number: str) -> None: ...
    def ours(self, ids: Sequence[int], *, lock: bool = False) -> dict[int, LocalState]: ...
    def label(self, values: Values) -> str: ...
    def natural_key(self, values: Values) -> tuple[str, ...]: ...
    def is_sendable(self, values: Values) -> bool: ...
    def waits_for(self, values: Values) -> tuple[str, ...]: ...
    def is_too_small(self, values: Values) -> bool: ...
    def lost(self, values: Values) -> tuple[str, ...]: ...
    def still_possible(self, values: Values) -> Values: ...
    def create(self, new: Sequence[NewRecord], author: Author) -> list[int]: ...
    def update(self, updates: Sequence[LocalUpdate], author: Author) -> None: ...
    def remove(self, removals: Sequence[LocalRemoval], author: Author, *, rule: str) -> None: ...
    def set_sis_ids(self, pairs: Sequence[tuple[int, str | None]], author: Author) -> None: ...
