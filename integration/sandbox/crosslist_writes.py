"""How a group of sections that meet together is written."""

from typing import Any

from .books import Books, Entry
from .identity import next_number
from .kinds import NUMBER, TEXT, Change, Columns, Kind
from .properties import count_of, invalid, items_of, key_in
from .revisions import SMALLEST_GROUP


def _members(books: Books, value: Any) -> Columns:
    members = []
    for one in items_of(value, "sections"):
        section = key_in(books, "sections", one.get("section"), "sections.section")
        members.append((section, str(one.get("type") == "primary")))
    return {"members": tuple(members)}


def _blank(books: Books, said: Columns) -> tuple[str, Columns]:
    key = next_number(books.tables["section-crosslists"] or ("X000",))
    terms = [books.get("sections", section).row["term"] for section, _is_primary in said["members"]]
    return key, {"id": key, "term": (terms or [""])[0], "kind": "CROSSLIST", "capacity": ""}


def check(change: Change) -> None:
    """Two or more sections of one term, each once and in no other group, one of them primary."""
    books, members = change.books, change.row["members"]
    sections = [section for section, _is_primary in members]
    if len(set(sections)) < SMALLEST_GROUP or len(set(sections)) < len(sections):
        raise invalid("A crosslist has two or more sections, each once.")
    if change.touches("members") and [is_primary for _section, is_primary in members].count("True") != 1:
        raise invalid("A crosslist has one primary section.")
    for section in sections:
        if books.get("sections", section).row["term"] != change.row["term"]:
            raise invalid("The sections of a crosslist are of one term.")
        if set(books.under("crosslists of section", section)) - {change.key}:
            raise invalid("A section is in another crosslist already.")


def _always(_books: Books, _key: str, _entry: Entry) -> None:
    """A group can always be dissolved."""


CROSSLISTS = Kind(
    columns={
        "sections": _members,
        "maxEnrollment": lambda _books, value: {"capacity": count_of(value, "maxEnrollment")},
    },
    kept={"waitlist": TEXT, "maxWaitlist": NUMBER},
    read_only=frozenset({"code"}),
    required=("sections",),
    blank=_blank,
    check=check,
    check_delete=_always,
)
