"""The values the engine works on: what a field holds, what is decided about it, what a record's merge is.

A *value* is canonical before it comes here (see `scheduling.domain.values`): equal content is ``==``. A
scalar is a JSON scalar; a set field (meetings, instructors, members) is a sorted tuple of frozen structs.
Blank is ``None`` for a scalar and ``()`` for a set.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Value = Any
"""A canonical field value. The engine compares, pairs and passes values on; it never makes one."""

Values = Mapping[str, Value]


class Shape(StrEnum):
    """How the engine compares two values of a field."""

    SCALAR = "scalar"  # one value, taken as a whole
    GROUPS = "groups"  # a tuple of atomic groups without identity (meetings), paired by content and nearness
    KEYED = "keyed"  # a tuple of items with a key (instructors by person, members by section)


class Rule(StrEnum):
    """Which rule decided a field: the id kept with every decision (MERGE.md, Per-field rule)."""

    ALWAYS_SIS = "ALWAYS_SIS"
    ALWAYS_TANDEM = "ALWAYS_TANDEM"
    EQUAL = "EQUAL"
    SIS_CHANGED = "SIS_CHANGED"  # ours == base: theirs is taken
    TANDEM_CHANGED = "TANDEM_CHANGED"  # theirs == base: ours is taken
    DRIFT = "DRIFT"  # the SIS changed it, but the field may not be imported
    PENDING = "PENDING"  # we changed it, but the field may not be sent
    PREFER_SIS = "PREFER_SIS"
    PREFER_TANDEM = "PREFER_TANDEM"
    ASK = "ASK"  # a conflict, held for a person
    MERGED = "MERGED"  # a set: both sides changed different items
    SEMANTIC = "SEMANTIC"  # merged values that stand on neither side and break a hard check: held
    FIGHT = "FIGHT"  # rewritten too often: held
    IN_FLIGHT = "IN_FLIGHT"  # sent, not yet seen, horizon not passed: nothing is done
    FIRST_LINK = "FIRST_LINK"  # no base; equal or one side blank
    SIS_ONLY = "SIS_ONLY"  # a new record: the SIS's value
    TANDEM_ONLY = "TANDEM_ONLY"  # a new record of ours: our value


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """What both sides held when they last agreed, by field.

    `theirs` holds only the fields whose SIS rendering differs from ours (a title cut to 30 characters).
    """

    values: Values
    theirs: Values = field(default_factory=dict)

    def ours_of(self, name: str) -> Value:
        """Our rendering of the agreed value."""
        return self.values.get(name)

    def theirs_of(self, name: str) -> Value:
        """The SIS's rendering of the agreed value."""
        return self.theirs[name] if name in self.theirs else self.values.get(name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What becomes of one field.

    `base`, `base_theirs`: what was agreed before, as we and as the SIS render it (a write of ours that was
    seen to have landed counts); without `has_base` nothing ever was.
    `result` is the merged value. `is_pulled`: ours must become `result`; `is_pushed`: theirs must.
    `agreed`: the new agreed value, where both sides hold it without any write (or once the writes are done);
    a held, drifting, pending or in-flight field has ``has_agreed = False`` and keeps its base.
    `is_held`: a person has to decide. `is_logged`: one side's value is overwritten by policy: both are kept
    in the log. `is_covered`: `base` and `theirs` are those of an edit in the SIS that a write of ours
    covered; what it shows now is `stands`.
    """

    rule: Rule
    base: Value
    ours: Value
    theirs: Value
    result: Value
    base_theirs: Value = None
    has_base: bool = True
    is_pulled: bool = False
    is_pushed: bool = False
    has_agreed: bool = True
    is_held: bool = False
    is_logged: bool = False
    is_covered: bool = False
    stands: Value = None

    @property
    def shows(self) -> Value:
        """What the SIS shows."""
        return self.stands if self.is_covered else self.theirs


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordMerge:
    """The merge of one record: a decision for each field of the policy, in its order."""

    decisions: Mapping[str, Decision]

    @property
    def pulls(self) -> dict[str, Value]:
        """Field -> value to write here."""
        return {name: d.result for name, d in self.decisions.items() if d.is_pulled}

    @property
    def pushes(self) -> dict[str, Value]:
        """Field -> value to write to the SIS."""
        return {name: d.result for name, d in self.decisions.items() if d.is_pushed}

    @property
    def is_two_way(self) -> bool:
        """Whether a field is written here first and can be sent then.

        That is a set that takes changes from both sides, or what a write of ours covered.
        """
        return any(d.is_pushed and (d.is_pulled or d.is_covered) for d in self.decisions.values())

    @property
    def held(self) -> tuple[str, ...]:
        """The fields that a person has to decide."""
        return tuple(name for name, d in self.decisions.items() if d.is_held)

    @property
    def is_settled(self) -> bool:
        """Whether neither side has to be written."""
        return not any(d.is_pulled or d.is_pushed for d in self.decisions.values())
