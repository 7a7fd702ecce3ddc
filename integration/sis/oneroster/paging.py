"""Every record of a list, page after page, while somebody may be changing it.

A list has no moment: a record that goes between two pages moves the others up, and one would be passed over
in silence. So each page begins with the last record of the one before. Where it does not, or the count has
changed, or a record comes twice, the list moved, and it is read again from the start.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec

from integration.sis.port import BadRecord, Issue, SisUnreadable

from .client import Client
from .records import Record

TRIES = 3
R = TypeVar("R", bound=Record)


class Moved(Exception):
    """The list changed between two pages."""


class Id(msgspec.Struct):
    """A record of which only the id can be read."""

    sourcedId: str = ""  # noqa: N815  # OneRoster's own name


@dataclass(kw_only=True)
class Listing(Generic[R]):
    """A list as it was read: the records that can be taken, and those that cannot with their own text.

    `total`: what the SIS counts; None where it does not.
    """

    name: str
    records: list[R] = field(default_factory=list)
    bad: list[tuple[BadRecord, bytes]] = field(default_factory=list)
    seen: int = 0
    total: int | None = None

    @property
    def reason(self) -> str:
        """Why it is not complete; blank if it is."""
        if self.total is not None and self.seen != self.total:
            return f"The SIS counts {self.total} {self.name} and gave {self.seen}."
        if any(not one.sis_id for one, _text in self.bad):
            return f"One of the {self.name} came without its id."
        return ""

    @property
    def is_counted(self) -> bool:
        """Whether the SIS vouched for it."""
        return self.total is not None and not self.reason

    def whole(self) -> Sequence[R]:
        """The records, where others are made from them; raises `SisUnreadable` if some may be missing."""
        if self.reason:
            raise SisUnreadable(self.reason + " Nothing that builds on them is read.")
        return self.records


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted(Generic[R]):
    """What is read: the path, the name of the list in the answer, what a record is, and a filter."""

    path: str
    name: str
    kind: type[R]
    filter: str = ""

    def query(self, *, limit: int, offset: int) -> Mapping[str, str | int]:
        """As OneRoster writes it."""
        order = {"sort": "sourcedId", "orderBy": "asc"}
        only = {"filter": self.filter} if self.filter else {}
        return {"limit": limit, "offset": offset, **order, **only}


def read_list(client: Client, wanted: Wanted[R], *, page: int) -> Listing[R]:
    """The whole list. Raises `SisUnreadable` where it moves every time, or is no such list."""
    for _tried in range(TRIES):
        try:
            return _Walk(client=client, wanted=wanted, page=page).to_the_end()
        except Moved:
            continue
    raise SisUnreadable(
        f"The list of {wanted.name} changed {TRIES} times while it was read; try again at a quieter time.",
        code="CHANGED_WHILE_READ",
    )


@dataclass(kw_only=True)
class _Walk(Generic[R]):
    """One way through a list."""

    client: Client
    wanted: Wanted[R]
    page: int
    ids: set[str] = field(default_factory=set)
    last: str = ""

    def to_the_end(self) -> Listing[R]:
        listing: Listing[R] = Listing(name=self.wanted.name)
        while True:
            offset = max(0, listing.seen - 1)
            answer = self.client.get(self.wanted.path, self.wanted.query(limit=self.page, offset=offset))
            where = f"{self.client.address.base_url}{self.wanted.path}"
            texts = listed(answer.body, self.wanted.name, where)
            if listing.seen:
                if answer.total != listing.total or not texts or _id_of(texts[0]) != self.last:
                    raise Moved
                texts = texts[1:]
            listing.total = answer.total
            for text in texts:
                self._take(text, listing)
            if not texts or (listing.total is not None and listing.seen >= listing.total):
                return listing

    def _take(self, text: msgspec.Raw, listing: Listing[R]) -> None:
        self.last = _id_of(text)
        if self.last in self.ids and self.last:
            raise Moved
        self.ids.add(self.last)
        listing.seen += 1
        try:
            record = msgspec.json.decode(text, type=self.wanted.kind)
        except msgspec.MsgspecError as error:
            issue = Issue(
                code="UNREADABLE_RECORD",
                message=f"{self.last or 'A record without id'} of {self.wanted.name} cannot be read "
                f"({error}); correct it in the SIS.",
                record=self.last,
            )
            listing.bad.append((BadRecord(sis_id=self.last, issues=(issue,)), bytes(text)))
            return
        if record.status == "active":
            listing.records.append(record)


def listed(body: bytes, name: str, where: str) -> list[msgspec.Raw]:
    """The records of a list, each as its own text. Raises `SisUnreadable`."""
    try:
        return msgspec.json.decode(body, type=dict[str, list[msgspec.Raw]])[name]
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
        raise SisUnreadable(f"{where} gives no list of {name}; is it a OneRoster 1.2 service?") from error


def _id_of(text: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(text, type=Id).sourcedId
    except msgspec.MsgspecError:
        return ""
