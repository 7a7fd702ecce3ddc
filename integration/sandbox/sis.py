"""The sandbox SIS: its books, what it tells others of them, and what was done to it."""

import datetime as dt
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .archive import Archive, BadState
from .books import Books
from .exporting import export
from .faults import Faults
from .feed import Feed
from .loading import load
from .resources import PROFILES, RESOURCES, methods_of
from .revisions import Line, apply_revision, revisions_in
from .tokens import Tokens


def utc_now() -> dt.datetime:
    """The clock that it runs by unless another is given."""
    return dt.datetime.now(dt.UTC)


@dataclass(kw_only=True)
class SandboxSis:
    """One SIS, used by many threads; whoever touches its parts holds `lock`.

    `folder` is the exchange folder it begins with, `changes` the changes file, `zone` the institution's time
    zone, `state` the folder in which it keeps its state, if any: what is there goes before `folder`;
    `denied`: resource -> the methods that no key may use, as an administrator would set it. Making one
    raises `SisUnavailable`, `SisUnreadable`, `BadChanges` or `BadState` for files that cannot be taken.
    """

    folder: Path
    profile: str = PROFILES[0]
    zone: str = "UTC"
    changes: Path | None = None
    api_key: str = ""
    state: Path | None = None
    denied: Mapping[str, Collection[str]] = field(default_factory=dict)
    clock: Callable[[], dt.datetime] = utc_now
    lock: threading.RLock = field(default_factory=threading.RLock)
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.tokens = Tokens(api_key=self.api_key)
        self.revisions = revisions_in(self.changes)
        self.archive = None if self.state is None else Archive(self.state)
        facts = self.archive.facts() if self.archive else {}
        if self.archive and facts:
            self._restore(self.archive, facts)
        else:
            self._begin()

    def _begin(self) -> None:
        self.books = Books(profile=self.profile, zone=self.zone)
        self.feed = Feed()
        self.journal: list[dict[str, Any]] = []
        self.applied = self._saved = 0
        load(self.folder, self.books, modified=self.stamp())
        if self.archive:
            self.archive.fill(self.books, self._facts())
        self._known = self._facts()

    def _restore(self, archive: Archive, facts: Mapping[str, str]) -> None:
        if facts["profile"] != self.profile:
            archive.close()
            raise BadState(f"The state in {self.state} is of the profile {facts['profile']}; take another.")
        self.books = Books(profile=self.profile, zone=self.zone, counter=int(facts["counter"]))
        archive.restore(self.books)
        fetched = int(facts["fetched"])
        self.feed = Feed(fetched=fetched, last=int(facts["last"]), taken=int(facts["taken"]))
        self.feed.messages = archive.messages(after=self.feed.taken)
        self.journal = archive.journal()
        self.applied, self._saved = int(facts["applied"]), len(self.journal)
        self._known = self._facts()

    def _facts(self) -> dict[str, object]:
        return {
            "profile": self.profile,
            "counter": self.books.counter,
            "applied": self.applied,
            "fetched": self.feed.fetched,
            "taken": self.feed.taken,
            "last": self.feed.last,
        }

    def allowed(self) -> dict[str, tuple[str, ...]]:
        """Resource -> the methods that a key may use."""
        return {
            name: tuple(one for one in methods_of(name, self.profile) if one not in self.denied.get(name, ()))
            for name in RESOURCES
        }

    def stamp(self) -> str:
        """Now, as documents tell a moment."""
        return f"{self.clock():%Y-%m-%dT%H:%M:%SZ}"

    def reset(self) -> None:
        """Back to the first state: books, feed, journal, faults and the place in the changes file."""
        with self.lock:
            self.faults = Faults()
            self._begin()

    def advance(self, count: int) -> dict[str, int]:
        """Apply the next lines of the changes file, which may have grown; how many there were and are left.

        Raises `BadChanges`.
        """
        with self.lock:
            self.revisions = revisions_in(self.changes)
            lines = self.revisions[self.applied : self.applied + count]
            for line in lines:
                self.applied += 1
                self.apply_revision(line)
            return {
                "applied": len(lines),
                "revision": int(lines[-1].get("revision", self.applied)) if lines else self.applied,
                "left": len(self.revisions) - self.applied,
            }

    def apply_revision(self, line: Line) -> None:
        """What a registrar does in the SIS itself: a line of a changes file."""
        with self.lock:
            apply_revision(self.books, line, modified=self.stamp())
            self.settle()

    def settle(self) -> None:
        """Tell the feed of what was touched, and put all that is new on disk."""
        touched = self.books.take_touched()
        messages = self.feed.publish(self.books, touched, now=self.clock())
        if self.archive is None:
            return
        journal, facts = self.journal[self._saved :], self._facts()
        if touched or messages or journal or facts != self._known:
            self.archive.save(self.books, touched, messages=messages, journal=journal, facts=facts)
            self._saved, self._known = len(self.journal), facts

    def note(self, write: Mapping[str, Any]) -> None:
        """Enter a write in the journal."""
        self.journal.append({"number": len(self.journal) + 1, "at": self.stamp(), **write})

    def export(self) -> dict[str, list[dict[str, str]]]:
        """The current state in the columns of the exchange folder."""
        with self.lock:
            return export(self.books)

    def close(self) -> None:
        """Let go of the state."""
        if self.archive:
            self.archive.close()
