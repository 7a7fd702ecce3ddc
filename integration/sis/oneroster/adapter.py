"""The `oneroster` adapter: the port onto a OneRoster 1.2 rostering service, which can only be read."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

from django.conf import settings

from integration.sis.change_feed import ChangeBatch
from integration.sis.port import (
    Capabilities,
    CheckResult,
    Key,
    MergeType,
    SisRecord,
    Snapshot,
    Writer,
)
from integration.sis.refusing_writer import RefusingWriter

from .address import SCHEMES, Address
from .client import Client
from .feed import read_changes
from .mapping import SHOWN
from .reading import ORGS, TEACHERS, TERMS, Reader, Reading

__all__ = ["SCHEMES", "OneRosterAdapter", "open_adapter"]
LONGEST_NAME = 255
READS = frozenset(
    {
        MergeType.TERMS,
        MergeType.DEPARTMENTS,
        MergeType.INSTRUCTORS,
        MergeType.COURSES,
        MergeType.SECTIONS,
    }
)
CAPABILITIES = Capabilities(
    name="oneroster",
    reads=READS,
    writes={},
    readable_fields=SHOWN,
    writable_fields=frozenset(),
    relationship_kinds=frozenset(),
    can_read_by_id=False,
)


def open_adapter(url: str) -> "OneRosterAdapter":
    """The adapter for the text of ``SIS_URL``; raises `BadSisUrl`."""
    address = Address.parse(url, key=settings.SIS_API_KEY)
    return OneRosterAdapter(address=address, per_second=settings.SIS_MAX_REQUESTS_PER_SECOND)


@dataclass(kw_only=True)
class OneRosterAdapter:
    """Reads whole lists; nothing by id, and no writes."""

    address: Address
    per_second: float

    @property
    def capabilities(self) -> Capabilities:
        """What OneRoster rostering has. What `dateLastModified` tells is the feed."""
        return replace(CAPABILITIES, change_feed=self.address.base_url[:LONGEST_NAME])

    @cached_property
    def _client(self) -> Client:
        return Client(address=self.address, per_second=self.per_second)

    @property
    def _reader(self) -> Reader:
        return Reader(client=self._client, page=self.address.page)

    def check(self) -> CheckResult:
        """Whether the service takes our key and has terms, organisations and teachers."""
        facts = [("address", self.address.base_url), ("access tokens", self.address.token_url)]
        problems = []
        for what, wanted in (("terms", TERMS), ("organisations", ORGS), ("teachers", TEACHERS)):
            total = self._client.get(wanted.path, wanted.query(limit=1, offset=0)).total
            said = "not counted: removals wait for a second reading" if total is None else f"{total} records"
            facts.append((what, said))
            if total == 0:
                problems.append(f"The SIS has no {what}; may our key read them?")
        return CheckResult(facts=tuple(facts), problems=tuple(problems))

    def read_all(self, merge_type: MergeType, *, term: str = "") -> Snapshot:
        """All records of a type and term, as of the moment the reading begins."""
        if merge_type not in READS:
            raise NotImplementedError(f"OneRoster has no {merge_type.value}")
        return Reading(collect=lambda: self._reader.collect(merge_type, term))

    def read(
        self, merge_type: MergeType, sis_ids: Sequence[str], *, term: str
    ) -> Mapping[str, SisRecord | None]:
        """Not offered: who teaches a class is known from the list of all enrolments only."""
        raise NotImplementedError("oneroster declares can_read_by_id False")

    def find(
        self, merge_type: MergeType, *, term: str, key: Key, value: str | tuple[str, ...]
    ) -> Sequence[SisRecord]:
        """Not offered: what is never written need not be looked up."""
        raise NotImplementedError("oneroster declares no search keys")

    @contextmanager
    def writing(self, *, term: str, run: str, now: dt.datetime) -> Iterator[Writer]:
        """Every write is refused."""
        yield RefusingWriter(self.capabilities)

    def changes(self, *, after: str) -> ChangeBatch:
        """The sections that were modified since; nothing of what changed in them."""
        return read_changes(self._client, page=self.address.page, after=after)

    def close(self) -> None:
        """Give the connection back, if there is one."""
        if "_client" in self.__dict__:
            self._client.close()
