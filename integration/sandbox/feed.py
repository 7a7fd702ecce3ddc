"""The change feed: a queue of messages about every change, our own writes among them."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from .books import Books, Touch
from .identity import guid
from .resources import RESOURCES
from .section_documents import document_of

MOST, USUAL, LARGEST_BYTES = 1000, 100, 1_000_000
APPLICATION = {"id": guid("applications", "sandbox"), "applicationName": "Sandbox SIS"}
Message = dict[str, Any]


@dataclass(kw_only=True)
class Feed:
    """The queue. `messages` are those not yet taken away.

    `fetched` is the number of the last one handed out to a caller that names no position, `taken` that of
    the last one taken away, `last` that of the newest.
    """

    messages: list[Message] = field(default_factory=list)
    fetched: int = 0
    taken: int = 0
    last: int = 0

    def publish(self, books: Books, touched: Iterable[Touch], *, now: dt.datetime) -> list[Message]:
        """Tell of what was touched, as it is now; several touches of one record are one message."""
        made = []
        for touch in _merged(touched):
            if touch.resource in RESOURCES:
                self.last += 1
                made.append(_message(books, touch, number=self.last, now=now))
        self.messages += made
        return made

    def consume(self, *, limit: int, position: int | None) -> tuple[list[Message], int]:
        """(batch, how many are left after it). Without a position the batch fetched before is taken away."""
        if position is None:
            self.taken = self.fetched
            self.messages = [one for one in self.messages if int(one["id"]) > self.taken]
            waiting = self.messages
        else:
            waiting = [one for one in self.messages if int(one["id"]) > position]
        size, batch = 0, list[Message]()
        for message in waiting[: min(max(limit, 1), MOST)]:
            size += len(msgspec.json.encode(message))
            if batch and size > LARGEST_BYTES:
                break
            batch.append(message)
        if batch and position is None:
            self.fetched = int(batch[-1]["id"])
        return batch, len(waiting) - len(batch)

    def remaining(self) -> int:
        """How many wait that nobody has fetched."""
        return sum(int(one["id"]) > self.fetched for one in self.messages)


def _merged(touched: Iterable[Touch]) -> list[Touch]:
    """One touch for each record: created stays created, created and deleted is nothing."""
    merged: dict[tuple[str, str], str] = {}
    for touch in touched:
        name = (touch.resource, touch.key)
        before = merged.pop(name, "")
        if before == "created" and touch.operation == "deleted":
            continue
        if before == "deleted" and touch.operation == "created":
            merged[name] = "replaced"
        else:
            merged[name] = "created" if before == "created" else touch.operation
    return [
        Touch(resource=resource, key=key, operation=operation)
        for (resource, key), operation in merged.items()
    ]


def _message(books: Books, touch: Touch, *, number: int, now: dt.datetime) -> Message:
    is_gone = touch.operation == "deleted"
    content = {"id": guid(touch.resource, touch.key)}
    resource = {"name": touch.resource, "id": content["id"], "domain": "academic"}
    if not is_gone:
        content = document_of(books, touch.resource, touch.key)
        resource |= {"id": content["id"], "version": RESOURCES[touch.resource].media_type}
    return {
        "id": str(number),
        "published": f"{now:%Y-%m-%d %H:%M:%S.%f}+00",
        "publisher": APPLICATION,
        "resource": resource,
        "operation": touch.operation,
        "contentType": "empty" if is_gone else "resource-representation",
        "content": content,
    }
