"""Settling conflicts: a person chooses Tandem's value or the SIS's; both stay in the record.

Choosing the SIS's value writes it here through the import service (audited with the person's name).
Choosing Tandem's makes the SIS's value the agreed base, so that ours is what changed since and is sent.
"""

import datetime as dt
import uuid
from enum import StrEnum

from django.db import transaction

from integration import outbound
from integration.fieldsets import STRUCTS
from integration.links import links_by_id, save_links, touch
from integration.merge.canonical import decode
from integration.models import Conflict, Link, LinkState
from integration.record_types import LocalUpdate, RecordType
from scheduling.models import User
from scheduling.services.audit import Author


class Choice(StrEnum):
    """Whose value stands."""

    OURS = "OURS"
    THEIRS = "THEIRS"


class NotOpen(Exception):
    """The conflict is settled already, or the record changed since it was shown."""


@transaction.atomic
def resolve(
    conflict_id: int, choice: Choice, *, kind: RecordType, actor: User, author: Author, now: dt.datetime
) -> Conflict:
    """Settle one conflict. Raises `NotOpen` if somebody or a merge was quicker."""
    conflict = Conflict.objects.select_for_update().get(pk=conflict_id)
    if conflict.status != Conflict.Status.OPEN:
        raise NotOpen("This conflict is settled already.")
    link = links_by_id([conflict.link_id], lock=True)[conflict.link_id]
    if conflict.field:
        _settle_field(conflict, choice, link, kind, author)
    else:
        _settle_record(conflict, choice, link, kind, author)
    conflict.status = Conflict.Status.RESOLVED
    conflict.resolution, conflict.resolved_by, conflict.resolved_at = choice.value, actor, now
    conflict.save()
    link.agreed_version = 0
    link.source_hash = None
    save_links([link])
    outbound.want([link.pk], now=now, priority=1)
    return conflict


def _settle_field(conflict: Conflict, choice: Choice, link: Link, kind: RecordType, author: Author) -> None:
    name = conflict.field
    record_id = getattr(link, kind.id_column)
    state = kind.ours([record_id], lock=True).get(record_id)
    if state is None:
        raise NotOpen("The record is gone here.")
    theirs = decode({name: conflict.theirs}, structs=STRUCTS)[name]
    if choice is Choice.THEIRS:
        if state.values.get(name) != decode({name: conflict.ours}, structs=STRUCTS)[name]:
            raise NotOpen("The value changed here since the conflict was found; look at it again.")
        update = LocalUpdate(
            record_id=record_id,
            version=state.version,
            before=state.values,
            after={name: theirs},
            rules={name: "RESOLVED"},
        )
        kind.update([update], author)
    link.baseline = {**(link.baseline or {}), name: conflict.theirs}
    link.baseline_theirs = {key: value for key, value in link.baseline_theirs.items() if key != name}
    link.fights = {key: value for key, value in link.fights.items() if key != name}


def _settle_record(conflict: Conflict, choice: Choice, link: Link, kind: RecordType, author: Author) -> None:
    """The record as a whole: removed on one side, edited on the other."""
    if link.removal:  # we removed it
        if choice is Choice.OURS:
            link.baseline = {**(link.baseline or {}), **(conflict.theirs or {})}
        else:
            Link.objects.filter(pk=link.pk).update(removal="")
        return
    if choice is Choice.THEIRS:
        link.missing_digest = link.missing_digest or "accepted"
        link.baseline = conflict.ours  # what was edited here is given up: nothing is left to protect
    else:  # keep ours: it is created anew, with a new reference
        _start_anew(link, kind, author)


def _start_anew(link: Link, kind: RecordType, author: Author) -> None:
    """Let the old id go (its retired link is kept) and create the record again under a new reference."""
    old = Link(
        merge_type=link.merge_type,
        term_id=link.term_id,
        former_id=link.record_id,
        label=link.label,
        sis_id=link.sis_id,
        client_ref=link.client_ref,
        state=LinkState.RETIRED,
        baseline=link.baseline,
        touched=touch(),
        retired_at=author.now,
    )
    link.client_ref = uuid.uuid4()
    link.sis_id, link.baseline, link.state = None, None, LinkState.NEW
    link.sent, link.intent, link.missing_since, link.missing_digest = [], None, None, ""
    link.save()
    old.save()
    kind.set_sis_ids([(int(old.former_id or 0), None)], author)
