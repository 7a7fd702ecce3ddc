"""The `ethos` adapter: the port onto an Ethos site (docs/reference/ethos.md)."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from zoneinfo import ZoneInfo

from django.conf import settings

from integration.sis.change_feed import ChangeBatch
from integration.sis.ethos.address import SCHEMES, Address
from integration.sis.ethos.check import examine, resources_of
from integration.sis.ethos.client import EthosClient
from integration.sis.ethos.codes import Codes, Kept
from integration.sis.ethos.feed import read_changes
from integration.sis.ethos.lookup import Dialect
from integration.sis.ethos.offered import offered_in, within
from integration.sis.ethos.pace import Pace
from integration.sis.ethos.reading import Reader
from integration.sis.ethos.records import EthosSnapshot, record_of
from integration.sis.ethos.refusals import Judge, own_entries
from integration.sis.ethos.rules import rules_of
from integration.sis.ethos.sections import OWN_FIELDS
from integration.sis.ethos.writing import EthosWriter
from integration.sis.offers import Offer
from integration.sis.port import (
    Capabilities,
    CheckResult,
    Key,
    MergeType,
    Operation,
    SisRecord,
    Snapshot,
    Writer,
)
from scheduling.domain.fields import CATALOGUE

__all__ = ["SCHEMES", "EthosAdapter", "open_adapter"]
LATE_SECONDS = 600
"""No gateway holds a request longer; after that one whose answer was lost can no longer take effect."""
BATCH = 25
"""Records between a read and its write: few, for there is no concurrency token."""
GROUP_OPERATIONS = frozenset({Operation.CREATE, Operation.UPDATE, Operation.DELETE})
KEPT: dict[str, dict[str, Kept]] = {}
"""Codes by site, for all adapters of this process; each list is read anew after a while."""
PACES: dict[tuple[str, int], Pace] = {}
"""One pace a site for all adapters of this process."""


def open_adapter(url: str) -> "EthosAdapter":
    """The adapter for `url`, with the key and the rate of the settings. Raises `BadSisUrl`."""
    address = Address.parse(url)
    rate = settings.SIS_MAX_REQUESTS_PER_SECOND
    return EthosAdapter(
        address=address,
        api_key=settings.SIS_API_KEY,
        pace=PACES.setdefault((address.base_url, rate), Pace(per_second=rate)),
        zone=ZoneInfo(settings.TIME_ZONE),
        judge=Judge(own=own_entries(address.refusals)),
    )


@dataclass(kw_only=True)
class EthosAdapter:
    """One site. `zone`: the institution's, in which clock times are meant."""

    address: Address
    api_key: str
    pace: Pace
    zone: ZoneInfo
    judge: Judge = field(default_factory=Judge)
    offer: Offer | None = None

    @cached_property
    def capabilities(self) -> Capabilities:
        """Those of the profile, as far as the site offers them: it is not asked here, for pages come too."""
        return self.by_profile if self.offer is None else within(self.by_profile, self.offer)

    @cached_property
    def by_profile(self) -> Capabilities:
        """What any such SIS can do, whatever our key may do there."""
        is_banner = self.address.is_banner
        sections = frozenset(Operation) if is_banner else frozenset(Operation) - {Operation.DELETE}
        fields = {*OWN_FIELDS, "meetings", "instructors"}
        return Capabilities(
            name=f"ethos, {self.address.profile}",
            writes={MergeType.SECTIONS: sections, MergeType.RELATIONSHIPS: GROUP_OPERATIONS},
            writable_fields=frozenset(fields | {"part_of_term"} if is_banner else fields),
            readable_fields=None if is_banner else frozenset(CATALOGUE.names) - {"part_of_term"},
            relationship_kinds=frozenset({"CROSSLIST"}),
            unique_keys=frozenset({Key.NATURAL_KEY}),
            search_keys=frozenset({Key.NATURAL_KEY}),
            late_request_seconds=LATE_SECONDS,
            must_verify=True,
            cancel_clears=frozenset({"meetings", "instructors", "capacity"} if is_banner else ()),
            written_in_parts=frozenset({"meetings", "instructors"}),
            change_feed=self.address.base_url,
            write_batch_size=BATCH,
            section_rules=rules_of(self.address),
        )

    @cached_property
    def client(self) -> EthosClient:
        """The connection, made at first use."""
        return EthosClient(
            base_url=self.address.base_url,
            api_key=self.api_key,
            pace=self.pace,
            judge=self.judge,
            page=self.address.page,
        )

    @cached_property
    def reader(self) -> Reader:
        """What reads, with the codes of the site."""
        kept = KEPT.setdefault(self.address.base_url, {})
        return Reader(
            client=self.client,
            codes=Codes(client=self.client, kept=kept),
            dialect=Dialect(address=self.address, zone=self.zone),
        )

    def check(self) -> CheckResult:
        """Connect, and compare what the key may do with what is needed."""
        return examine(self.client, self.address, self.by_profile, rate=self.pace.per_second)

    @property
    def site(self) -> str:
        """Its address."""
        return self.address.base_url

    def ask_offer(self) -> Offer:
        """What our key may do there, resource by resource."""
        return offered_in(resources_of(self.client))

    def take_offer(self, offer: Offer) -> None:
        """From now on only what is offered."""
        self.offer = offer
        self.__dict__.pop("capabilities", None)

    def read_all(self, merge_type: MergeType, *, term: str = "") -> Snapshot:
        """Everything of a type and term, read when the iteration begins."""
        return EthosSnapshot(source=partial(self.reader.everything, merge_type, term))

    def read(
        self, merge_type: MergeType, sis_ids: Sequence[str], *, term: str
    ) -> Mapping[str, SisRecord | None]:
        """The records with these ids as they are now."""
        found = self.reader.some(merge_type, sis_ids, term)
        return {one: record_of(one, values) if values is not None else None for one, values in found.items()}

    def find(
        self, merge_type: MergeType, *, term: str, key: Key, value: str | tuple[str, ...]
    ) -> Sequence[SisRecord]:
        """Sections by course and number, crosslists by their members."""
        if key not in self.capabilities.search_keys or isinstance(value, str):
            raise NotImplementedError(f"ethos does not search by {key}")
        if merge_type is MergeType.SECTIONS:
            course, number = value
            found = self.reader.sections_numbered(term, course, number)
        else:
            found = self.reader.groups_of(value[1:])
        return [record_of(sis_id, values) for sis_id, values in found.items()]

    @contextmanager
    def writing(self, *, term: str, run: str, now: dt.datetime) -> Iterator[Writer]:
        """Each write takes effect when it returns."""
        yield EthosWriter(reader=self.reader, capabilities=self.capabilities, term=term)

    def changes(self, *, after: str) -> ChangeBatch:
        """What the feed tells after a position."""
        return read_changes(self.reader, after=after)

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self.__dict__.pop("reader", None)
        client = self.__dict__.pop("client", None)
        if client is not None:
            client.close()
