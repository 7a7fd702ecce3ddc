"""What the sandbox SIS holds: the rows of an exchange folder in memory, found by GUID, section, room, term.

Every change goes through `Books.put` and `Books.drop`, which keep the indexes and remember what was touched
until it is taken for the feed and the disk. A row is never changed in place: readers may hold it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .identity import guid
from .vocabulary import codes_of_section

Row = Mapping[str, Any]
Ordered = dict[str, None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A record. `row`: as in the exchange folder, texts; `extra`: properties that no column holds."""

    row: Row
    extra: Mapping[str, Any] = field(default_factory=dict)
    modified: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Touch:
    """A record that was created, replaced or deleted."""

    resource: str
    key: str
    operation: str


def index() -> dict[str, Ordered]:
    """Keys by what they are looked up by, in the order of their coming."""
    return defaultdict(dict)


@dataclass(kw_only=True)
class Books:
    """All records. `zone` is the institution's time zone, by which clock times are told.

    `selections` are the keys that queries meant, kept from page to page until something changes.
    """

    profile: str
    zone: str
    tables: dict[str, dict[str, Entry]] = field(default_factory=lambda: defaultdict(dict))
    by_guid: dict[str, tuple[str, str]] = field(default_factory=dict)
    indexes: dict[str, dict[str, Ordered]] = field(default_factory=lambda: defaultdict(index))
    touched: list[Touch] = field(default_factory=list)
    selections: dict[object, list[str]] = field(default_factory=dict)
    counter: int = 10_000

    @property
    def is_banner(self) -> bool:
        """Whether the rules of Banner hold."""
        return self.profile == "banner"

    def get(self, resource: str, key: str) -> Entry:
        """A record that is there."""
        return self.tables[resource][key]

    def find(self, resource: str, identifier: str) -> tuple[str, Entry] | None:
        """(key, record) by GUID. In Colleague an instructor has the GUID of the person."""
        named = "persons" if resource == "instructors" and not self.is_banner else resource
        found = self.by_guid.get(identifier)
        if found is None or found[0] != named:
            return None
        return found[1], self.tables[resource][found[1]]

    def under(self, name: str, key: str) -> list[str]:
        """The keys that an index has for `key`."""
        return list(self.indexes[name].get(key, ()))

    def fresh(self) -> str:
        """A number that no record had before."""
        self.counter += 1
        return str(self.counter)

    def put(self, resource: str, key: str, entry: Entry) -> None:
        """Insert or replace a record."""
        before = self.tables[resource].get(key)
        if before is not None:
            self._unindex(resource, key, before, kept=set(places(resource, entry)))
        self.tables[resource][key] = entry
        self.by_guid[guid(resource, key)] = (resource, key)
        for name, value in places(resource, entry):
            self.indexes[name][value][key] = None
        self.touched.append(
            Touch(resource=resource, key=key, operation="created" if before is None else "replaced")
        )
        self.selections.clear()
        if resource == "sections":
            self._learn(entry)

    def drop(self, resource: str, key: str) -> None:
        """Remove a record."""
        self._unindex(resource, key, self.tables[resource].pop(key))
        self.by_guid.pop(guid(resource, key), None)
        self.touched.append(Touch(resource=resource, key=key, operation="deleted"))
        self.selections.clear()

    def take_touched(self) -> list[Touch]:
        """What was touched since the last call."""
        taken, self.touched = self.touched, []
        return taken

    def _unindex(self, resource: str, key: str, entry: Entry, kept: Collection[tuple[str, str]] = ()) -> None:
        """Take a record out of the indexes; where it is `kept`, it keeps its place among the others."""
        for name, value in places(resource, entry):
            if (name, value) not in kept:
                self.indexes[name][value].pop(key, None)

    def _learn(self, section: Entry) -> None:
        """Take up codes that a section brings along: a campus, a method, a part of term."""
        for resource, key, code in codes_of_section(section.row, is_banner=self.is_banner):
            if key not in self.tables[resource]:
                self.put(resource, key, Entry(row=code, modified=section.modified))


def places(resource: str, entry: Entry) -> Iterator[tuple[str, str]]:
    """(index, value) under which a record is found."""
    row = entry.row
    match resource:
        case "sections":
            yield "sections of term", row["term"]
            yield "sections of course", row["course_id"]
            yield "sections of part", f"{row['term']}/{row['part_of_term']}"
        case "instructional-events":
            yield "events of section", row["section_id"]
            if row["room"]:
                yield "events in room", f"{row['building']}/{row['room']}"
        case "section-instructors":
            yield "instructors of section", row["section_id"]
            yield "sections of instructor", row["instructor_id"]
        case "section-crosslists":
            for section, _is_primary in row["members"]:
                yield "crosslists of section", section
