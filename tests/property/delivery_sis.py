"""The other side of the delivery model: a SIS whose requests and answers get lost or come late."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import count

LATE_AFTER = 3
"""Ticks after which a late request lands, and after which a SIS that applies later has applied."""


class Fate(Enum):
    """What becomes of a request. A SIS that applies later gives no answer that could be lost."""

    ARRIVES = auto()
    LOST = auto()
    ANSWER_LOST = auto()
    LATE = auto()


@dataclass(frozen=True, kw_only=True)
class SisKind:
    """What a SIS can do. One that applies later has neither look-ups nor tokens."""

    refuses_second_create: bool = True
    has_token: bool = True
    applies_later: bool = False


class AnswerLost(Exception):
    """Nobody knows what became of the request."""


class Refused(Exception):
    """The SIS did not take the write: the record changed, or is gone."""


@dataclass
class SisRow:
    values: dict
    token: int


@dataclass
class FakeSis:
    """Holds one record under the id it gave it (several, if it was created twice).

    `covered`: values that were overwritten by a write which had not seen them.
    """

    kind: SisKind
    serial: count
    now: int = 0
    rows: dict[str, SisRow] = field(default_factory=dict)
    in_flight: list[tuple[int, Callable]] = field(default_factory=list)
    creates: int = 0
    writes: int = 0
    covered: set = field(default_factory=set)

    def request(self, fate, effect):
        """Carry out a write; raises `AnswerLost`, and what `effect` raises.

        Returns None where it was only handed over.
        """
        if self.kind.applies_later:
            if fate is not Fate.LOST:
                self.in_flight.append((self.now + LATE_AFTER, effect))
            return None
        if fate is Fate.ARRIVES:
            return effect()
        if fate is Fate.LATE:
            self.in_flight.append((self.now + LATE_AFTER, effect))
        if fate is Fate.ANSWER_LOST:
            self._land(effect)
        raise AnswerLost

    def tick(self):
        """Let time pass: what is due lands, in the order in which it was sent."""
        self.now += 1
        due = [effect for when, effect in self.in_flight if when <= self.now]
        self.in_flight = [one for one in self.in_flight if one[0] > self.now]
        for effect in due:
            self._land(effect)

    def _land(self, effect):
        with suppress(Refused):
            effect()

    def create(self, values):
        self.writes += 1
        if self.kind.refuses_second_create and self.creates:
            if not self.rows:
                raise Refused  # people removed it meanwhile
            return next(iter(self.rows))
        self.creates += 1
        sis_id = f"id{self.creates}"
        self.rows[sis_id] = SisRow(values=dict(values), token=next(self.serial))
        return sis_id

    def update(self, sis_id, changes, *, seen, token):
        row = self._row(sis_id, token)
        self.writes += 1
        self._note_covered(row, changes, seen)
        row.values.update(changes)
        row.token = next(self.serial)
        return sis_id

    def remove(self, sis_id, *, seen, token):
        row = self._row(sis_id, token)
        self.writes += 1
        self._note_covered(row, row.values, seen)
        del self.rows[sis_id]
        return sis_id

    def _row(self, sis_id, token):
        row = self.rows.get(sis_id)
        if row is None or (self.kind.has_token and row.token != token):
            raise Refused
        return row

    def _note_covered(self, row, names, seen):
        for name in names:
            self.covered |= members(row.values[name]) - members(seen[name])


def members(value):
    """A value as the set of what people wrote into it."""
    return set(value) if isinstance(value, tuple) else {value}
