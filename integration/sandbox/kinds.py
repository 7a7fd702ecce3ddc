"""What a resource that can be written has to say; each of the four fills one in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .books import Books, Entry, Row
from .refusals import Refusal

Columns = dict[str, Any]
Shape = tuple[type | tuple[type, ...], str]
LIST: Shape = (list, "a list")
NUMBER: Shape = ((int, float), "a number")
OBJECT: Shape = (dict, "an object")
TEXT: Shape = (str, "a text")


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A write about to happen. `before` is None for a new record; `changed` are the columns that differ."""

    books: Books
    key: str
    before: Entry | None
    after: Entry

    @property
    def row(self) -> Row:
        """The row after it."""
        return self.after.row

    @property
    def changed(self) -> set[str]:
        """The columns that differ; all of them in a new record."""
        before = self.before.row if self.before else {}
        return {name for name, value in self.after.row.items() if before.get(name) != value}

    def touches(self, *names: str) -> bool:
        """Whether one of these columns differs."""
        return not self.changed.isdisjoint(names)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """How a resource is written.

    `columns`: property -> what it writes into the row; `kept`: properties that no column holds, and their
    shape; `read_only`: accepted only as they are; `required` in a new record; `blank`: the row of a new
    record before anything is said, given what was said; `check` and `check_delete` raise `Refusal`.
    """

    columns: Mapping[str, Callable[[Books, Any], Columns]]
    kept: Mapping[str, Shape]
    read_only: frozenset[str]
    required: tuple[str, ...]
    blank: Callable[[Books, Columns], tuple[str, Columns]]
    check: Callable[[Change], None]
    check_delete: Callable[[Books, str, Entry], None]

    @property
    def known(self) -> frozenset[str]:
        """All properties that may be written."""
        return frozenset(self.columns) | frozenset(self.kept) | self.read_only | {"id", "metadata"}


def fixed(change: Change, *names: str) -> None:
    """Refuse a change of what a record keeps for life."""
    if change.before is not None and change.touches(*names):
        raise Refusal("Validation.Exception", f"These cannot be changed: {', '.join(names)}.")
