"""What a delivery leaves for the change feed where the SIS has no concurrency token (see covered.py)."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

from integration.attempts import Attempt
from integration.merge.canonical import plain
from integration.merge.records import Values
from integration.merge.rendering import is_rendering
from integration.models import AwaitedEcho, FeedPosition
from integration.sis.port import Capabilities, Operation


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """Over one batch of records. `place`: how far the feed was followed before the batch was read."""

    place: FeedPosition
    in_parts: frozenset[str]

    @classmethod
    def begin(cls, able: Capabilities) -> Self | None:
        """To be called before the SIS is read; None where a token guards every write, or nothing is told."""
        if able.has_concurrency_token or able.applies_later_seconds is not None or not able.change_feed:
            return None
        place, _is_new = FeedPosition.objects.get_or_create(name=able.change_feed)
        return cls(place=place, in_parts=able.written_in_parts)

    def hold_place(self) -> None:
        """Have what was told since the batch was read told again: now there are echoes that wait for it.

        Called first in the transaction that commits them: the place is locked before anything else.
        """
        place = FeedPosition.objects.select_for_update().get(pk=self.place.pk)
        if place.tick > self.place.tick:
            place.position, place.tick = self.place.position, self.place.tick
            place.save(update_fields=["position", "tick"])

    def note(self, writes: Sequence[Attempt], *, now: dt.datetime) -> None:
        """Write down what was read and is about to be written."""
        for attempt in writes:
            attempt.echoes = list(self._echoes(attempt, now)) if attempt.operation is Operation.UPDATE else []
        AwaitedEcho.objects.bulk_create([one for attempt in writes for one in attempt.echoes])

    def _echoes(self, attempt: Attempt, now: dt.datetime) -> Iterator[AwaitedEcho]:
        for name, value in attempt.changes.items():
            if name not in attempt.theirs:
                continue
            steps: list[Any] = [attempt.theirs[name], value]
            if name == "section_number" and attempt.detour:
                steps.insert(1, attempt.detour)
            for before, written in pairwise(steps):
                yield AwaitedEcho(
                    link=attempt.link,
                    field=name,
                    before=plain(before),
                    written=plain(written),
                    is_in_parts=name in self.in_parts,
                    at=now,
                )


def as_shown(attempt: Attempt, shown: Values) -> list[AwaitedEcho]:
    """The echoes of values that the SIS renders in its own way, so changed that they are known by that."""
    changed = []
    for echo in attempt.echoes:
        sent, seen = attempt.changes[echo.field], shown.get(echo.field)
        if echo.written == plain(sent) and seen != sent and is_rendering(sent=sent, seen=seen):
            echo.written = plain(seen)
            changed.append(echo)
    return changed
