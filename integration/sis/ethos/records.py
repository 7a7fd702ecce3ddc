"""From values to the port's records: one fingerprint for one content, whatever the order of its parts."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from integration.sis.port import Evidence, SisRecord

Values = Mapping[str, Any]
_encode = msgspec.json.Encoder(order="deterministic").encode
DIGEST_BYTES = 16


def fingerprint_of(values: Values) -> bytes:
    """Of the content: parts of a list are put in order first."""
    settled = {
        name: sorted(_encode(one) for one in value) if isinstance(value, list) else value
        for name, value in values.items()
    }
    return hashlib.blake2b(_encode(settled), digest_size=DIGEST_BYTES).digest()


def record_of(sis_id: str, values: Values) -> SisRecord:
    """A record whose values are at hand."""
    return SisRecord(sis_id=sis_id, fingerprint=fingerprint_of(values), load=lambda: values)


@dataclass(kw_only=True)
class EthosSnapshot:
    """Records as they were read; `source` reads when the iteration begins.

    It gives the values by SIS id and why they may not be all (blank: they are). All that is read is held, as
    values: some 25 MB for 15,000 sections.
    """

    source: Callable[[], tuple[Mapping[str, Values], str]]
    _digest: int = 0
    _problem: str = ""
    _is_read: bool = False

    def __iter__(self) -> Iterator[SisRecord]:
        self._digest = 0
        found, self._problem = self.source()
        yield from self._records(found.items())
        self._is_read = True

    def _records(self, found: Iterable[tuple[str, Values]]) -> Iterator[SisRecord]:
        for sis_id, values in found:
            record = record_of(sis_id, values)
            key = hashlib.blake2b(sis_id.encode() + record.fingerprint, digest_size=DIGEST_BYTES).digest()
            self._digest ^= int.from_bytes(key, "big")
            yield record

    def evidence(self) -> Evidence:
        """Complete where the counts agree; never proven, for offsets can skip a record over moving data."""
        is_complete = self._is_read and not self._problem
        return Evidence(
            is_complete=is_complete,
            digest=f"{self._digest:032x}",
            reason="" if is_complete else self._problem or "it was not read to its end",
        )
