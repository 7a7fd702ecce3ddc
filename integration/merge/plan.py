"""A plan's rows, its counts and its digest, as plain values."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec

_sorted_json = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRow:
    """What happens to one record on one side. `fields` are JSON-ready."""

    record_key: str
    label: str
    merge_type: str
    side: str
    action: str
    fields: Mapping[str, Any] = field(default_factory=dict)


class Digest:
    """Identifies the content of a plan, whatever the order of its rows.

    The sum of the rows' SHA-256 modulo 2^256: it streams, so a plan of any size needs no sort. A record has
    at most one row a side, so no row occurs twice; making another plan with the same sum on purpose would
    take control over many rows' hashes, which nobody who only writes a SIS or a section has any use for.
    """

    def __init__(self) -> None:
        self._sum = 0

    def add(self, row: PlanRow) -> None:
        """Count one more row in."""
        content = _sorted_json([row.record_key, row.merge_type, row.side, row.action, row.fields])
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(content).digest(), "big")) % (1 << 256)

    def hex(self) -> str:
        """The digest of the rows so far: 64 hexadecimal digits."""
        return f"{self._sum:064x}"


def digest(rows: Iterable[PlanRow]) -> str:
    """The digest of all `rows`."""
    made = Digest()
    for row in rows:
        made.add(row)
    return made.hex()


@dataclass(kw_only=True, slots=True)
class Counts:
    """How many records met which fate: the keys of CONTRACT.md."""

    read: int = 0
    unchanged: int = 0
    local_create: int = 0
    local_update: int = 0
    local_cancel: int = 0
    local_delete: int = 0
    sis_create: int = 0
    sis_update: int = 0
    sis_cancel: int = 0
    sis_delete: int = 0
    missing: int = 0
    pending: int = 0
    awaiting: int = 0
    held: int = 0
    rejected: int = 0

    def add(self, name: str, by: int = 1) -> None:
        """Add to one count."""
        setattr(self, name, getattr(self, name) + by)

    def as_dict(self) -> dict[str, int]:
        """All counts by name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, int]) -> "Counts":
        """The opposite of `as_dict`."""
        return cls(**stored)
