"""Writes: a POST makes a record, a PUT changes what its body names, a DELETE removes one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .answers import CREATED, NO_CONTENT, OK, Answer, Request
from .assignment_writes import ASSIGNMENTS
from .books import Books, Entry
from .crosslist_writes import CROSSLISTS
from .documents import Document
from .event_writes import EVENTS
from .identity import NIL
from .kinds import Change, Columns, Kind
from .properties import malformed, missing
from .reading import shown
from .refusals import SCHEMA_ERROR, Refusal, not_there
from .section_documents import document_of
from .section_writes import SECTIONS

KINDS: Mapping[str, Kind] = {
    "sections": SECTIONS,
    "instructional-events": EVENTS,
    "section-instructors": ASSIGNMENTS,
    "section-crosslists": CROSSLISTS,
}


def write(books: Books, request: Request, resource: str, identifier: str, *, modified: str) -> Answer:
    """Carry out a POST, PUT or DELETE. Raises `Refusal`, and then nothing has changed."""
    writing = Writing(books=books, resource=resource, modified=modified)
    if request.method == "POST":
        return writing.create(_body(request))
    found = books.find(resource, identifier)
    if found is None:
        raise not_there(resource, identifier)
    if request.method == "PUT":
        return writing.update(*found, _body(request))
    return writing.delete(*found)


def _body(request: Request) -> Mapping[str, Any]:
    if not isinstance(request.body, Mapping):
        raise malformed("body", "a JSON object")
    return request.body


@dataclass(frozen=True, kw_only=True, slots=True)
class Writing:
    """One write of one resource."""

    books: Books
    resource: str
    modified: str

    @property
    def kind(self) -> Kind:
        """How the resource is written."""
        return KINDS[self.resource]

    def create(self, body: Mapping[str, Any]) -> Answer:
        """Make a record; Banner tells the number that it gave only on the next read."""
        self._check_names(body)
        self._check_id(body)
        for name in self.kind.required:
            if body.get(name) in (None, [], ""):
                raise missing(name)
        for name in self.kind.read_only:
            if body.get(name) is not None:
                raise Refusal("Validation.Exception", f"The property '{name}' is given by the SIS.")
        said, extra = self._parsed({name: value for name, value in body.items() if value is not None})
        key, blank = self.kind.blank(self.books, said)
        entry = Entry(row=blank | said, extra=_without_none(extra), modified=self.modified)
        self.kind.check(Change(books=self.books, key=key, before=None, after=entry))
        self.books.put(self.resource, key, entry)
        document = document_of(self.books, self.resource, key)
        if self.resource == "sections" and self.books.is_banner:
            document = {name: document[name] for name in document if name not in {"code", "alternateIds"}}
        return shown(self.resource, document, status=CREATED)

    def update(self, key: str, before: Entry, body: Mapping[str, Any]) -> Answer:
        """Change what the body names, null clears; what is as it was counts as not named."""
        self._check_names(body)
        there = document_of(self.books, self.resource, key)
        if body.get("id", there["id"]) != there["id"]:
            raise Refusal("Validation.Exception", "The id of the body is not that of the path.")
        named = {name: value for name, value in body.items() if not _is_as_it_was(name, value, there)}
        for name in self.kind.read_only & named.keys():
            raise Refusal("Validation.Exception", f"The property '{name}' is given by the SIS.")
        said, extra = self._parsed(named)
        kept = _without_none({**before.extra, **extra})
        after = Entry(row={**before.row, **said}, extra=kept, modified=before.modified)
        if after != before:
            self.kind.check(Change(books=self.books, key=key, before=before, after=after))
            self.books.put(self.resource, key, replace(after, modified=self.modified))
        return shown(self.resource, document_of(self.books, self.resource, key))

    def delete(self, key: str, entry: Entry) -> Answer:
        """Remove a record."""
        self.kind.check_delete(self.books, key, entry)
        self.books.drop(self.resource, key)
        return Answer(status=OK if self.books.is_banner else NO_CONTENT)

    def _check_names(self, body: Mapping[str, Any]) -> None:
        unknown = sorted(set(body) - self.kind.known)
        if unknown:
            raise Refusal(SCHEMA_ERROR, f"{self.resource} has no property '{unknown[0]}'.")

    def _check_id(self, body: Mapping[str, Any]) -> None:
        """A new record has the nil GUID; Banner does without it too."""
        identifier = body.get("id")
        if identifier is None and not self.books.is_banner:
            raise missing("id")
        if identifier not in {None, NIL}:
            raise Refusal("Validation.Exception", f"The id of a new record is {NIL}.")

    def _parsed(self, body: Mapping[str, Any]) -> tuple[Columns, Document]:
        """(columns, properties that no column holds) that a body says."""
        said: Columns = {}
        extra: Document = {name: body[name] for name in self.kind.kept if name in body}
        for name, value in extra.items():
            shape, words = self.kind.kept[name]
            if value is not None and (not isinstance(value, shape) or isinstance(value, bool)):
                raise malformed(name, words)
        for name, parse in self.kind.columns.items():
            if name in body:
                columns = parse(self.books, body[name])
                extra |= columns.pop("extra", {})
                said |= columns
        return said, extra


def _without_none(extra: Document) -> Document:
    return {name: value for name, value in extra.items() if value is not None}


def _is_as_it_was(name: str, value: object, there: Document) -> bool:
    return name in {"id", "metadata"} or value == there.get(name)
