"""What the SIS will refuse of what is about to be saved, where that can be known before sending.

The SIS's rules belong to integration, which scheduling cannot import: integration registers who knows them
when it starts (docs/adr/0007). Where nobody is registered, nothing is foreseen.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from scheduling.domain.checks import Finding, Surroundings, Values


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A section about to be saved. `section_id`: None for a new one; `sis_id`: None where the SIS lacks it.

    `changed`: the fields that the save changes.
    """

    term_code: str
    section_id: int | None
    sis_id: str | None
    changed: frozenset[str]


class Foresight(Protocol):
    """Who knows, for all sections of one save. What it reads does not grow with them."""

    def refusals(self, planned: Planned, values: Values, around: Surroundings) -> Iterable[Finding]:
        """What the SIS would refuse of the changed fields if the section had these values."""
        ...

    def group_refusals(
        self, term_code: str, *, kind: str, sis_id: str | None, has_primary: bool
    ) -> Iterable[Finding]:
        """What it would refuse of a relationship with such members. `sis_id`: None where it lacks it."""
        ...


class Nothing:
    """Where nobody is registered."""

    def refusals(self, planned: Planned, values: Values, around: Surroundings) -> Iterable[Finding]:
        return ()

    def group_refusals(
        self, term_code: str, *, kind: str, sis_id: str | None, has_primary: bool
    ) -> Iterable[Finding]:
        return ()


Maker = Callable[[Sequence[Planned], dt.datetime], Foresight]
_registered: list[Maker] = []


def register(make: Maker) -> None:
    """Let what `make` makes be the one that knows, in place of any before."""
    _registered[:] = [make]


def foresee(planned: Sequence[Planned], *, now: dt.datetime) -> Foresight:
    """Who knows what the SIS will refuse of these sections."""
    return _registered[0](planned, now) if _registered else Nothing()
