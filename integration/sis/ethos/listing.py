"""Reading a whole list page by page, in parallel under the pace, over data that may move meanwhile.

Pages overlap by one record: each begins with the last one of the page before it. Where that does not fit, a
record came or went in between and another may have been skipped. A list is taken as whole only if all pages
fit, all told the same count, and as many records came; otherwise it is read again, a few times. That there is
nothing at all is believed when it is said twice: what stands in the SIS would be written once more.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, TypeVar

import msgspec

from integration.sis.ethos.client import Answer, EthosClient
from integration.sis.ethos.media import page_size
from integration.sis.port import SisUnreadable

READINGS = 3
THREADS = 8
T = TypeVar("T")
Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing(Generic[T]):
    """What came, in the SIS's order, by id; `problem`: why it may not be whole (blank: it is)."""

    items: Mapping[str, T]
    requests: int
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[T]):
    """One answer: its records by id, and how many the SIS says there are (None: it does not say)."""

    items: list[tuple[str, T]]
    total: int | None


def criteria(**wanted: Any) -> dict[str, str]:
    """A filter shaped like the resource, as the query has it."""
    return {"criteria": msgspec.json.encode(wanted).decode()}


def in_period(guid: str) -> dict[str, str]:
    """The named query for what belongs to the sections of a term."""
    return {"academicPeriod": msgspec.json.encode({"academicPeriod": {"id": guid}}).decode()}


def read_list(
    client: EthosClient,
    resource: str,
    query: Mapping[str, str] | None = None,
    *,
    take: Callable[[Document], T],
) -> Listing[T]:
    """All records of a resource that `query` lets through, each made into something smaller by `take`."""
    problem, requests, was_empty = "", 0, False
    items: dict[str, T] = {}
    for _reading in range(READINGS):
        pages = list(_pages(client, resource, dict(query or {}), take))
        requests = len(pages)
        items = {guid: item for page in pages for guid, item in page.items}
        problem = _problem(pages, different=len(items))
        if not problem and (items or was_empty):
            break
        was_empty = not items
    return Listing(items=items, requests=requests, problem=problem)


def _problem(pages: Sequence[Page[Any]], *, different: int) -> str:
    totals = {page.total for page in pages}
    if len(totals) > 1:
        return "the SIS's data moved while it was read"
    (total,) = totals
    came = sum(len(page.items) for page in pages)
    if total is None:
        return "" if came == different else "records came twice while they were read"
    if different != total or came != total + len(pages) - 1:
        return f"{different} of {total} records came"
    if any(before.items[-1][0] != after.items[0][0] for before, after in pairwise(pages)):
        return "the SIS's data moved while it was read"
    return ""


def _pages(
    client: EthosClient, resource: str, query: dict[str, str], take: Callable[[Document], T]
) -> Iterator[Page[T]]:
    size = min(page_size(resource), client.page or page_size(resource))

    def ask(offset: int) -> Answer:
        asked = {**query, "offset": str(offset), "limit": str(size)}
        return client.get(f"/api/{resource}", resource=resource, query=asked)

    def page(offset: int) -> Page[T]:
        return _page(ask(offset), resource, take)

    answer = ask(0)
    first = _page(answer, resource, take)
    yield first
    size = min(size, answer.number("x-max-page-size") or size)
    if first.total is None:
        yield from _uncounted(page, first, size)
        return
    offsets = range(size - 1, first.total - 1, size - 1)
    if len(offsets) > 1:
        with ThreadPoolExecutor(max_workers=min(THREADS, len(offsets))) as pool:
            yield from pool.map(page, offsets)
    else:
        yield from map(page, offsets)


def _uncounted(page: Callable[[int], Page[T]], first: Page[T], size: int) -> Iterator[Page[T]]:
    """The rest of a list without a count: on while pages are full, unless the site ignores paging."""
    last, offset = first, size
    while len(last.items) == size:
        following = page(offset)
        if not following.items or following.items[0][0] == last.items[0][0]:
            return
        yield following
        last, offset = following, offset + size


def _page(answer: Answer, resource: str, take: Callable[[Document], T]) -> Page[T]:
    documents = [] if answer.document is None else answer.document
    if not isinstance(documents, list) or not all(isinstance(one, dict) and "id" in one for one in documents):
        raise SisUnreadable(
            f"The SIS's list of {resource} is no list of records with ids; look whether SIS_URL is right."
        )
    return Page(
        items=[(str(one["id"]), take(one)) for one in documents], total=answer.number("x-total-count")
    )
