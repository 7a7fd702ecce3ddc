"""Settling conflicts from a page: one or many, each by itself, as the person saw it.

Every conflict is a transaction of its own, so that no lock is held over many records and one that cannot be
settled stops no other. A conflict that a merge renewed since it was shown is left as it is: the stamp that
the page carried says what was seen.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from integration.conflict_pages import stamp_of
from integration.models import Conflict
from integration.offers import known_adapter
from integration.record_types import RecordType
from integration.resolving import CannotSettle, Choice, NotOpen, resolve
from integration.runs import record_type_of
from integration.settings import MergeSettings, active_version, read
from integration.sis.port import MergeType, SisAdapter
from integration.wording import moment
from scheduling.models import ChangeLog, User
from scheduling.services.audit import Author

AT_ONCE = 200
"""So many conflicts are settled in one request (each takes up to a tenth of a second); the page says what is
left."""
RENEWED = "What stands on the two sides has changed since you looked."


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One conflict as it was shown."""

    conflict_id: int
    stamp: str

    @classmethod
    def read(cls, text: str) -> "Asked":
        """From a form's ``id:stamp``. Raises `ValueError`."""
        number, _colon, stamp = text.partition(":")
        return cls(conflict_id=int(number), stamp=stamp)


@dataclass(kw_only=True)
class Settled:
    """What became of the conflicts that were asked for. The lists hold sentences about single ones."""

    done: list[Conflict] = field(default_factory=list)
    over: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    impossible: list[str] = field(default_factory=list)


class Renewed(NotOpen):
    """The conflict is open, and not the one that was shown."""


@dataclass(kw_only=True)
class Desk:
    """Settles conflicts for one person. Made by `open_desk`."""

    adapter: SisAdapter
    settings: MergeSettings
    actor: User
    now: dt.datetime
    _kinds: dict[tuple[str, str], RecordType] = field(default_factory=dict)

    def settle(self, asked: Asked, choice: Choice, *, sis_id: str = "") -> Conflict:
        """Settle one, in a transaction. Raises what `resolve` raises, and `Renewed`."""
        found = Conflict.objects.select_related("link").filter(pk=asked.conflict_id).first()
        if found is None:
            raise NotOpen("The record of this conflict is gone.")
        with transaction.atomic():
            conflict = resolve(
                found.pk,
                choice,
                kind=self._kind(found.link.merge_type, found.link.term_id),
                actor=self.actor,
                author=Author(now=self.now, source=ChangeLog.Source.FORM, user=self.actor),
                now=self.now,
                sis_id=sis_id,
            )
            if stamp_of(conflict) != asked.stamp:  # seen under the lock; what was done is taken back
                raise Renewed(RENEWED)
        return conflict

    def settle_many(self, asked: Sequence[Asked], choice: Choice) -> Settled:
        """Settle each of `asked` (at most `AT_ONCE`) by itself."""
        result = Settled()
        for one in asked[:AT_ONCE]:
            try:
                result.done.append(self.settle(one, choice))
            except Renewed:
                result.changed.append(f"{_label(one)}: {RENEWED}")
            except NotOpen as error:
                result.over.append(f"{_label(one)}: {why_over(one.conflict_id) or error}")
            except CannotSettle as error:
                result.impossible.append(f"{_label(one)}: {error}")
        return result

    def _kind(self, merge_type: str, term: str) -> RecordType:
        key = (merge_type, term)
        if key not in self._kinds:
            self._kinds[key] = record_type_of(
                MergeType(merge_type), term, settings=self.settings, adapter=self.adapter
            )
        return self._kinds[key]


@contextmanager
def open_desk(*, actor: User, now: dt.datetime) -> Iterator[Desk]:
    """A desk with today's settings; the SIS is not called. Raises `ConfigurationError` and `BadSisUrl`."""
    settings = read(active_version())
    adapter = known_adapter()
    try:
        yield Desk(adapter=adapter, settings=settings, actor=actor, now=now)
    finally:
        adapter.close()


def why_over(conflict_id: int) -> str:
    """Who settled a conflict, and when; blank if it is open or gone with its record."""
    one = Conflict.objects.select_related("resolved_by").filter(pk=conflict_id).first()
    if one is None or one.status == Conflict.Status.OPEN or one.resolved_at is None:
        return ""
    when = moment(one.resolved_at, timezone.get_current_timezone())
    if one.status == Conflict.Status.GONE:
        return f"it settled by itself on {when}: a merge found that the sides no longer differ."
    who = one.resolved_by.get_username() if one.resolved_by else "somebody"
    return f"settled already by {who} on {when}."


def _label(asked: Asked) -> str:
    conflict = Conflict.objects.select_related("link").filter(pk=asked.conflict_id).first()
    return str(conflict.link) if conflict else f"Conflict {asked.conflict_id}"
