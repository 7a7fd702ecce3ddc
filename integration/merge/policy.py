"""What the settings say about each field, as plain values the engine reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .records import Shape, Value
from .rendering import shows


class Source(StrEnum):
    """Who wins where two sides differ (DOMAIN.md, Merge settings)."""

    ALWAYS_SIS = "ALWAYS_SIS"
    ALWAYS_TANDEM = "ALWAYS_TANDEM"
    PREFER_SIS = "PREFER_SIS"
    PREFER_TANDEM = "PREFER_TANDEM"
    ASK = "ASK"


class Removal(StrEnum):
    """What a removal becomes."""

    DELETE = "DELETE"
    CANCEL = "CANCEL"
    INACTIVATE = "INACTIVATE"


FIGHT_LIMIT = 3
"""After the same value had to be rewritten so often, hold: two systems fight (MERGE.md)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldPolicy:
    """The rule for one field.

    `can_import`: what the SIS changed may be written here; `can_send`: what we changed may be sent.
    `key_of` gives the key of an item of a KEYED field. `is_sound` is the hard check on merged values: it gets
    this field's and those of its `companions` in order; False means they cannot stand together.
    """

    name: str
    source: Source
    shape: Shape = Shape.SCALAR
    can_import: bool = True
    can_send: bool = True
    key_of: Callable[[Value], str] = str
    is_sound: Callable[..., bool] | None = None
    companions: tuple[str, ...] = ()

    @property
    def checked(self) -> tuple[str, ...]:
        """The fields that `is_sound` looks at."""
        return (self.name, *self.companions)

    @property
    def blank(self) -> Value:
        """What the field holds when it holds nothing."""
        return None if self.shape is Shape.SCALAR else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Fight:
    """How often one value had to be rewritten in the SIS."""

    value: Value
    times: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Covered:
    """A value that the SIS was given unseen, between our reading (`base`) and our writing over it (`by`).

    `is_item`: they are items of a list, None where there was none; the list's other items go their own way.
    """

    base: Value
    by: Value
    value: Value
    is_item: bool = False

    def stands_in(self, theirs: Value) -> bool:
        """Whether the SIS still shows what covered it."""
        if self.is_item:
            return any(shows(sent=(self.by,), seen=(one,)) for one in theirs)
        return shows(sent=self.by, seen=theirs)

    def undone_in(self, shown: Value, *, to_base: bool = False) -> Value:
        """`shown` with what was covered, or what was read before it, in the place of what covered it."""
        return self._exchanged(shown, self.by, self.base if to_base else self.value)

    def done_in(self, theirs: Value) -> Value:
        """What the SIS shows where `theirs` is what `undone_in` gave."""
        return self._exchanged(theirs, self.value, self.by)

    def _exchanged(self, listed: Value, old: Value, new: Value) -> Value:
        if not self.is_item:
            return new
        rest = {one for one in listed if not shows(sent=(old,), seen=(one,))}
        return tuple(sorted(rest if new is None else {*rest, new}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What a record's merge knows beside the three sides.

    `sent`: field -> values in flight to the SIS, oldest first. `is_waiting`: the SIS applies later and the
    horizon of what was sent has not passed: a field in `sent` that has not been seen yet is left alone.
    `fights`: field -> rewrites counted so far. `covered`: field -> what writes of ours covered; it counts as
    what the SIS shows for as long as that write stands there.
    """

    sent: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    is_waiting: bool = False
    fights: Mapping[str, Fight] = field(default_factory=dict)
    covered: Mapping[str, tuple[Covered, ...]] = field(default_factory=dict)
