"""Settling conflicts: a person chooses Tandem's value or the SIS's; both stay in the record.

Choosing the SIS's value writes it here through the import service (audited with the person's name).
Choosing Tandem's makes the SIS's value the agreed base, so that ours is what changed since and is sent.
Where a write of ours covered the SIS's value, the SIS shows ours already: then it is theirs that is sent.
A record as a whole that one side removed stays or goes; a creation without an answer is one of its candidates
or none of them. Nothing is sent here: the next delivery or merge follows the choice.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction

from integration import outbound
from integration.fieldsets import STRUCTS
from integration.links import save_links, touch
from integration.linkstate import baseline_of, covered_of
from integration.locking import lock_records
from integration.merge.canonical import decode, encode, plain
from integration.merge.rendering import shows
from integration.models import Conflict, Link, LinkState
from integration.record_types import LocalState, LocalUpdate, RecordType
from integration.rule_words import Act
from scheduling.models import ChangeLog, User
from scheduling.services.audit import Author, Change, write_changes

Kind = Conflict.Kind


class Choice(StrEnum):
    """Whose value stands."""

    OURS = "OURS"
    THEIRS = "THEIRS"


class CannotSettle(Exception):
    """The choice is not possible; the text says why, and what is."""


class NotOpen(CannotSettle):
    """The conflict is settled already, or the record changed since it was shown."""


@transaction.atomic
def resolve(
    conflict_id: int,
    choice: Choice,
    *,
    kind: RecordType,
    actor: User | None,
    author: Author,
    now: dt.datetime,
    sis_id: str = "",
) -> Conflict:
    """Settle one conflict. `sis_id`: which candidate it is, where several could be (AMBIGUOUS, THEIRS).

    Raises `NotOpen` if somebody or a merge was quicker, `CannotSettle` if the choice is not possible.
    """
    link_id = Conflict.objects.values_list("link_id", flat=True).get(pk=conflict_id)
    links, ours = lock_records(kind, [link_id])
    conflict = Conflict.objects.select_for_update().get(pk=conflict_id)
    if conflict.status != Conflict.Status.OPEN:
        raise NotOpen("This conflict is settled already.")
    link = links[link_id]
    state = ours.get(getattr(link, kind.id_column) or 0)
    Settlement(
        conflict=conflict, choice=choice, link=link, state=state, kind=kind, author=author, sis_id=sis_id
    ).settle()
    conflict.status = Conflict.Status.RESOLVED
    conflict.resolution, conflict.resolved_by, conflict.resolved_at = choice.value, actor, now
    conflict.save()
    link.agreed_version, link.source_hash, link.touched = 0, None, touch()
    save_links([link])
    outbound.want([link.pk], now=now, priority=1, releases_parked=True)
    _audit(conflict, author, sis_id)
    return conflict


def _audit(conflict: Conflict, author: Author, sis_id: str) -> None:
    change = Change(
        action=ChangeLog.Action.UPDATE,
        record_type="conflict",
        record_id=str(conflict.pk),
        term_code=conflict.link.term_id,
        field=conflict.field,
        before={"base": conflict.base, "ours": conflict.ours, "theirs": conflict.theirs},
        after={"resolution": conflict.resolution, "sis_id": sis_id or None},
        rule=conflict.rule,
    )
    write_changes([change], author=author)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """What a choice does to the (locked) link and record. `state`: the record here, None if it is gone."""

    conflict: Conflict
    choice: Choice
    link: Link
    state: LocalState | None
    kind: RecordType
    author: Author
    sis_id: str

    @property
    def local_id(self) -> int | None:
        """The record's id here."""
        value: int | None = getattr(self.link, self.kind.id_column)
        return value

    def settle(self) -> None:
        """Change record and link (the link unsaved)."""
        if self.conflict.field:
            self._settle_field()
        elif self.conflict.kind == Kind.AMBIGUOUS:
            self._settle_ambiguous()
        elif self.link.removal:
            self._settle_our_removal()
        else:
            self._settle_their_removal()

    def _settle_field(self) -> None:
        name, link, state = self.conflict.field, self.link, self.state
        if state is None or self.local_id is None:
            raise NotOpen("The record is gone here.")
        if self.choice is Choice.OURS and self.conflict.kind == Kind.NUMBER:
            raise CannotSettle(f"{self.conflict.note} Or choose the SIS's number.")
        if self.choice is Choice.THEIRS:
            if state.values.get(name) != self._side(self.conflict.ours):
                raise NotOpen("The value changed here since the conflict was found; look at it again.")
            update = LocalUpdate(
                record_id=self.local_id,
                version=state.version,
                before=state.values,
                after={name: self._side(self.conflict.theirs)},
                rules={name: Act.RESOLVED.value},
            )
            self.kind.update([update], self.author)
        self._agree_on_theirs(name)
        link.covered = {key: value for key, value in link.covered.items() if key != name}
        link.fights = {key: value for key, value in link.fights.items() if key != name}

    def _agree_on_theirs(self, name: str) -> None:
        """What the SIS shows is the base from now on: where a write of ours covered its value, that write."""
        link, theirs = self.link, self._side(self.conflict.theirs)
        if self.conflict.kind == Kind.COVERED:
            for stored in link.covered.get(name, ()):
                theirs = covered_of(name, stored).done_in(theirs)
            base = baseline_of(link)
            if base is not None and shows(sent=theirs, seen=base.theirs_of(name)):
                return  # agreed already, with the SIS's rendering of it
        link.agree(
            {**(link.baseline or {}), name: plain(theirs)},
            {key: value for key, value in link.baseline_theirs.items() if key != name},
        )

    def _side(self, stored: Any) -> Any:
        name = self.conflict.field
        return decode({name: stored}, structs=STRUCTS)[name]

    def _settle_our_removal(self) -> None:
        """We removed it, and the SIS edited it or has students in it."""
        conflict, link = self.conflict, self.link
        if self.choice is Choice.THEIRS:  # it comes back with the next import, under the id it had
            link.state, link.retired_at = LinkState.RETIRED, self.author.now
            Link.objects.filter(pk=link.pk).update(removal="")
        elif conflict.kind == Kind.ENROLLED:
            raise CannotSettle(
                "Students are enrolled in the SIS, and a section with students is never removed from here. "
                "Choose the SIS's side to have it back, or remove the students there first."
            )
        else:
            link.agree({**(link.baseline or {}), **(conflict.theirs or {})}, link.baseline_theirs)

    def _settle_their_removal(self) -> None:
        """The SIS removed it, and it was edited here."""
        if self.state is None or encode(self.state.values) != self.conflict.ours:
            raise NotOpen("It changed here since the conflict was found; run a merge and look at it again.")
        if self.choice is Choice.THEIRS:
            self.link.missing_digest = self.link.missing_digest or "accepted"
            # The edits are given up: nothing is left to protect.
            self.link.agree(self.conflict.ours, self.link.baseline_theirs)
        else:
            self._start_anew()

    def _settle_ambiguous(self) -> None:
        """Its creation was sent without an answer: it is one of the candidates, or none of them."""
        link, candidates = self.link, self.conflict.theirs or []
        if self.choice is Choice.OURS:  # none: it is created once more, under a reference of its own
            self._start_anew()
            return
        if self.sis_id not in candidates:
            raise CannotSettle(f"Say which record of the SIS it is: one of {', '.join(candidates)}.")
        if Link.objects.filter(merge_type=link.merge_type, term=link.term_id, sis_id=self.sis_id).exists():
            raise NotOpen(f"{self.sis_id} is linked to another record meanwhile; look at it again.")
        # The intent stays: the next read agrees on what the creation carried.
        link.sis_id, link.state = self.sis_id, LinkState.LINKED
        if self.local_id is not None:
            self.kind.set_sis_ids([(self.local_id, self.sis_id)], self.author)

    def _start_anew(self) -> None:
        """Let the old id go (its retired link is kept) and have the record created under a new reference.

        Should the old id come back in the SIS, it is a record of its own: this one has another by then.
        """
        link, kept = self.link, None
        if link.sis_id is not None:
            kept = Link(
                merge_type=link.merge_type,
                term_id=link.term_id,
                label=link.label,
                sis_id=link.sis_id,
                client_ref=link.client_ref,
                state=LinkState.RETIRED,
                baseline=link.baseline,
                touched=touch(),
                retired_at=self.author.now,
            )
            if self.local_id is not None:
                self.kind.set_sis_ids([(self.local_id, None)], self.author)
        link.client_ref = uuid.uuid4()
        link.agree(None, {})
        link.sis_id, link.state = None, LinkState.NEW
        link.sent, link.intent, link.missing_since, link.missing_digest = [], None, None, ""
        link.covered = {}
        link.save()
        if kept is not None:
            kept.save()
