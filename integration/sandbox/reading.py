"""Answers to reads of resources: one record, or a page of them."""

import json
from collections.abc import Mapping
from typing import Any

from .answers import JSON, Answer, Request
from .books import Books
from .refusals import NOT_ACCEPTABLE, UNSUPPORTED, Refusal, not_there
from .resources import RESOURCES
from .section_documents import document_of
from .selecting import page_of, select

WHATEVER = frozenset({"", "*/*", "application/*", JSON})


def check_media(request: Request, resource: str) -> None:
    """Refuse a version that is not served, in what is asked for or sent."""
    accepted = RESOURCES[resource].accepted | WHATEVER
    wanted = request.headers.get("accept", "").split(",")
    if not any(one.partition(";")[0].strip() in accepted for one in wanted):
        raise Refusal(
            "Global.Internal.Error",
            f"The version asked for is not supported; {resource} has {RESOURCES[resource].media_type}.",
            status=NOT_ACCEPTABLE,
        )
    sent = request.headers.get("content-type", "").partition(";")[0].strip()
    if request.body is not None and sent not in accepted:
        raise Refusal(
            "Global.Internal.Error",
            f"The media type {sent} is not supported; {resource} takes {RESOURCES[resource].media_type}.",
            status=UNSUPPORTED,
        )


def shown(resource: str, body: Any, *, status: int = 200, **headers: str) -> Answer:
    """An answer with documents of a resource."""
    media = RESOURCES[resource].media_type
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, body=body, media_type=media, headers={"x-media-type": media, **named})


def one_record(books: Books, resource: str, identifier: str) -> Answer:
    """The record with this GUID."""
    found = books.find(resource, identifier)
    if found is None:
        raise not_there(resource, identifier)
    return shown(resource, document_of(books, resource, found[0]))


def a_page(
    selected: list[str], books: Books, resource: str, query: Mapping[str, str], *, fault: str = ""
) -> Answer:
    """A page of the records; with a fault it is cut short, or shows that there are none."""
    total = len(selected)
    offset, limit = page_of(resource, query)
    keys = selected[offset : offset + limit]
    if fault == "truncated_page":
        keys = keys[: len(keys) // 2]
    if fault == "empty_list":
        keys, total = [], 0
    body = [document_of(books, resource, key) for key in keys]
    page = str(RESOURCES[resource].page)
    return shown(resource, body, x_total_count=str(total), x_max_page_size=page)


def selected_by(books: Books, resource: str, request: Request) -> list[str]:
    """The keys that a request's criteria and named queries mean."""
    criteria = request.body if request.method == "POST" else _decoded(request.query, "criteria")
    named = {}
    for name in request.query:
        if name in {"criteria", "offset", "limit"}:
            continue
        if name not in RESOURCES[resource].named:
            raise Refusal("Validation.Exception", f"{resource} has no named query '{name}'.")
        named[name] = _decoded(request.query, name)
    if not isinstance(criteria, Mapping):
        raise Refusal("Validation.Exception", "The criteria must be a JSON object shaped like the resource.")
    query = json.dumps([resource, criteria, named])
    if query not in books.selections:
        books.selections[query] = select(books, resource, criteria, named)
    return books.selections[query]


def _decoded(query: Mapping[str, str], name: str) -> Any:
    text = query.get(name, "{}")
    if not text.startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise Refusal("Validation.Exception", f"'{name}' is no JSON: {error}.") from error
