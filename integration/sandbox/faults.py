"""Faults that the sandbox was told to have."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

WRITES = frozenset({"POST", "PUT", "DELETE"})
ON_WRITES = frozenset({"refuse", "locked"})
ON_LISTS = frozenset({"truncated_page", "empty_list"})
ON_ANY = frozenset(
    {
        "reset_before",
        "timeout_after_effect",
        "error_500_after_effect",
        "too_many_requests",
        "slow",
        "expired_token",
        "maintenance",
    }
)
KNOWN = ON_WRITES | ON_LISTS | ON_ANY


class BadFault(ValueError):
    """A fault that does not exist; the text says which do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """What a fault can be about. `is_list`: a page of records was asked for; `is_query`: by POST."""

    method: str
    resource: str
    is_list: bool = False
    is_query: bool = False

    def can_meet(self, name: str) -> bool:
        """Whether a fault has a meaning for this call."""
        if name in ON_WRITES:
            return self.method in WRITES and not self.is_query and self.resource != "auth"
        if name in ON_LISTS:
            return self.is_list
        return name != "expired_token" or self.resource != "auth"


@dataclass(kw_only=True)
class Fault:
    """One fault. `left`: how often yet, None where chance decides."""

    then: str
    when: Mapping[str, str] = field(default_factory=dict)
    left: int | None = 1
    chance: float = 1.0
    draw: random.Random = field(default_factory=random.Random)
    seconds: float = 2.0

    def fires(self, call: Call) -> bool:
        """Whether it strikes this call; then it is used up by one."""
        if not call.can_meet(self.then) or self.left == 0:
            return False
        if (self.when.get("method", call.method), self.when.get("resource", call.resource)) != (
            call.method,
            call.resource,
        ):
            return False
        if self.left is None:
            return self.draw.random() < self.chance
        self.left -= 1
        return True


@dataclass(kw_only=True)
class Faults:
    """All of them, in the order in which they were added."""

    faults: list[Fault] = field(default_factory=list)

    def add(self, specs: Sequence[Mapping[str, Any]]) -> None:
        """Add faults; none at all clears them. Raises `BadFault`."""
        made = [_fault(spec) for spec in specs]
        self.faults = self.faults + made if made else []

    def meet(self, call: Call) -> list[Fault]:
        """What strikes this call: the first that fires, and any slowness before it."""
        met = []
        for fault in self.faults:
            if fault.fires(call):
                met.append(fault)
                if fault.then != "slow":
                    break
        self.faults = [fault for fault in self.faults if fault.left != 0]
        return met


def _fault(spec: Mapping[str, Any]) -> Fault:
    try:
        when = dict(spec.get("when", {}))
        if "method" in when:
            when["method"] = str(when["method"]).upper()
        fault = Fault(then=spec["then"], when=when)
        if "p" in spec:
            fault.left, fault.chance = None, float(spec["p"])
            fault.draw = random.Random(spec.get("seed"))
        else:
            fault.left = int(spec.get("times", 1))
        fault.seconds = float(spec.get("seconds", fault.seconds))
    except (KeyError, TypeError, ValueError) as error:
        raise BadFault(f"A fault is like {{'when': {{}}, 'then': 'refuse', 'times': 1}}: {error}") from error
    if fault.then not in KNOWN or set(fault.when) - {"method", "resource"}:
        raise BadFault(f"{spec!r} is no fault; known are {', '.join(sorted(KNOWN))}, by method and resource.")
    return fault
