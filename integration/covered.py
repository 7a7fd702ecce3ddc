"""Finding what a write of ours covered: an SIS edit between our reading and our writing (MERGE.md, Update).

Where the SIS has no concurrency token, each field that is sent leaves an `AwaitedEcho`: what was read, what
was written. The change feed tells what happened in its order. A value that it tells before ours is one that
we wrote over unseen; told after ours, it is a later edit, which the next reading sees. No queries.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from integration.echoes import told_by
from integration.fieldsets import STRUCTS
from integration.linkstate import baseline_of
from integration.merge.canonical import decode, plain
from integration.merge.records import Value
from integration.merge.rendering import shows
from integration.merge.sets import pair
from integration.models import AwaitedEcho, Link
from integration.sis.change_feed import SisChange
from scheduling.domain.errors import InvalidValue

WHOLE = ""
"""Under which a value is remembered that is told as a whole; an item is under its id in the SIS."""
PERSON = {"instructors": "instructor"}
"""Lists whose items have a key: the attribute that holds it. Others are paired by nearness."""


@dataclass(kw_only=True)
class Heard:
    """What the messages about one link came to: echoes that are over, and those that still wait."""

    over: list[AwaitedEcho] = field(default_factory=list)
    waiting: list[AwaitedEcho] = field(default_factory=list)
    has_covered: bool = False


def hear(link: Link, changes: Iterable[SisChange], echoes: Iterable[AwaitedEcho]) -> Heard:
    """Work the messages about one link, in order. What was covered stands in the (unsaved) link then."""
    by_field: dict[str, list[AwaitedEcho]] = {}
    for echo in echoes:
        by_field.setdefault(echo.field, []).append(echo)
    listeners = {name: Listener.of(name, link, found) for name, found in by_field.items()}
    for change in changes:
        try:
            values, part = told_by(change)
        except InvalidValue:  # the reading that follows says what is wrong with it
            continue
        for name in values.keys() & listeners.keys():
            listeners[name].hear(values[name])
        if part is not None and part[0] in listeners:
            listeners[part[0]].hear_item(change.part_id, part[1])
    heard = Heard()
    for one in listeners.values():
        one.report(heard)
    return heard


@dataclass(frozen=True, kw_only=True, slots=True)
class Echo:
    """An awaited echo with its values as the engine holds them."""

    row: AwaitedEcho
    before: Value
    written: Value

    @property
    def sides(self) -> tuple[Value, ...]:
        """All items that either we had read or we wrote."""
        return (*self.before, *self.written)

    def awaits(self, item: Value) -> bool:
        """Whether the item is one of ours that the feed has not told yet."""
        return _is_in(item, self._open()) and not _is_in(item, self.before)

    def is_over(self) -> bool:
        """Whether all items of ours were told."""
        return all(_is_in(item, self.before) for item in self._open())

    def _open(self) -> Sequence[Value]:
        return [item for item in self.written if plain((item,))[0] not in self.row.told]

    def tell(self, item: Value) -> None:
        """Note that the feed told an item of ours."""
        told = [plain((one,))[0] for one in self.written if shows(sent=(one,), seen=(item,))]
        self.row.told = [*self.row.told, *told]


def _is_in(item: Value, listed: Iterable[Value]) -> bool:
    """Whether a list has the item, as it is or with the dates filled in that were left blank."""
    return any(shows(sent=(one,), seen=(item,)) for one in listed)


@dataclass(kw_only=True)
class Listener:
    """One field of one record: its echoes, oldest first, and what the feed told that nobody here knew."""

    name: str
    link: Link
    echoes: list[Echo]
    seen: dict[str, Value]
    agreed: Value
    heard: Heard = field(default_factory=Heard)

    @classmethod
    def of(cls, name: str, link: Link, rows: Sequence[AwaitedEcho]) -> "Listener":
        """For the echoes of one field."""
        base = baseline_of(link)
        echoes = [
            Echo(row=row, before=_decoded(name, row.before), written=_decoded(name, row.written))
            for row in rows
        ]
        seen = rows[0].seen
        values = _decoded(name, list(seen.values())) if rows[0].is_in_parts else seen.values()
        if not rows[0].is_in_parts:
            values = [_decoded(name, one) for one in values]
        return cls(
            name=name,
            link=link,
            echoes=echoes,
            seen=dict(zip(seen, values, strict=True)),
            agreed=base.theirs_of(name) if base is not None else None,
        )

    def hear(self, value: Value) -> None:
        """The feed tells the field as a whole."""
        if not self.echoes or self.echoes[0].row.is_in_parts:
            return
        befores = [one.before for one in self.echoes]
        landed = [at for at, one in enumerate(self.echoes) if one.written == value]
        if value == befores[0] or not landed:  # as it was read, or an edit of somebody's
            self.seen = {} if value in befores else {WHOLE: value}
            return
        last = landed[-1]
        if WHOLE in self.seen and self.seen[WHOLE] not in (*befores[: last + 1], self.agreed, value):
            self._cover(self.echoes[last].row.before, self.echoes[-1].row.written, self.seen[WHOLE])
        self.seen = {}
        self._end(last)

    def hear_item(self, part_id: str, item: Value) -> None:
        """The feed tells an item of the list."""
        if not self.echoes:
            return
        awaiting = [at for at, one in enumerate(self.echoes) if one.awaits(item)]
        if _is_in(item, self.echoes[0].before) or not awaiting:
            self.seen.pop(part_id, None)
            if not any(_is_in(item, one.sides) for one in self.echoes):
                self.seen[part_id] = item
            return
        last = awaiting[-1]
        other = self.seen.pop(part_id, None)
        if other is not None and other not in (self.agreed or ()):
            by = self._by_now(item, self.echoes[last + 1 :])
            self._cover_item(self._base_of(other, self.echoes[last]), by, other)
        for one in self.echoes[: last + 1]:
            one.tell(item)
        if self.echoes[last].is_over():
            self._end(last)

    def _base_of(self, item: Value, echo: Echo) -> Value | None:
        """What an item was when it was read; None for a new one."""
        if key := PERSON.get(self.name):
            return next((one for one in echo.before if getattr(one, key) == getattr(item, key)), None)
        candidates = tuple(one for one in echo.before if one not in echo.written)
        return next((candidates[at] for at in pair(candidates, (item,))[0]), None)

    def _by_now(self, item: Value, later: Sequence[Echo]) -> Value:
        """What an item of ours has become with the writes since."""
        for echo in later:
            new = tuple(one for one in echo.written if one not in echo.before)
            if item in echo.written or not new:
                continue
            if key := PERSON.get(self.name):
                item = next((one for one in new if getattr(one, key) == getattr(item, key)), item)
            else:
                item = pair((item,), new)[0].get(0, item)
        return item

    def _cover_item(self, base: Value | None, by: Value, value: Value) -> None:
        sides = {"base": base, "by": by, "value": value}
        stored = {side: None if one is None else plain((one,))[0] for side, one in sides.items()}
        others = [one for one in self.link.covered.get(self.name, ()) if one["by"] != stored["by"]]
        self._note([*others, {**stored, "is_item": True}])  # of two that one write covered the later counts

    def _cover(self, base: object, by: object, value: Value) -> None:
        self._note([{"base": base, "by": by, "value": plain(value), "is_item": False}])

    def _note(self, found: list[dict[str, object]]) -> None:
        self.link.covered = {**self.link.covered, self.name: found}
        self.heard.has_covered = True

    def _end(self, last: int) -> None:
        self.heard.over += [one.row for one in self.echoes[: last + 1]]
        self.echoes = self.echoes[last + 1 :]

    def report(self, heard: Heard) -> None:
        """Say what came of it; what was seen stays with the oldest echo."""
        if self.echoes:
            oldest = self.echoes[0].row
            items = plain(tuple(self.seen.values())) if oldest.is_in_parts else map(plain, self.seen.values())
            oldest.seen = dict(zip(self.seen, items, strict=True))
        heard.over += self.heard.over
        heard.waiting += [one.row for one in self.echoes]
        heard.has_covered = heard.has_covered or self.heard.has_covered


def _decoded(name: str, stored: object) -> Value:
    return decode({name: stored}, structs=STRUCTS)[name]
