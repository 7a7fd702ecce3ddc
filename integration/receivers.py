"""What integration does when people save: in the same transaction, the record gets a due outbound row.

No network here, and no look at the switches: they are read again when the row is claimed. Sections and
relationships of every kind get a link and a row; what the SIS cannot hold is seen at delivery. The caller has
locked the record; link and outbound row are locked here, in that order (`integration.locking`).
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from integration import outbound
from integration.hints import hint
from integration.models import Link, LinkState, OutboundChange
from integration.sis.port import MergeType, Operation
from scheduling.models import ChangeLog, Relationship, Section
from scheduling.selectors import label_of_relationship, labels_of_sections
from scheduling.signals import relationship_saved, section_saved

INTERACTIVE = 1
"""Priority: a person waits; it goes ahead of the night's queue (MERGE.md, Retries)."""


def connect() -> None:
    """Listen to the write services."""
    section_saved.connect(on_section_saved, sender=Section, dispatch_uid="integration")
    relationship_saved.connect(on_relationship_saved, sender=Relationship, dispatch_uid="integration")


def on_section_saved(*, term: str, record_id: int, action: str, now: dt.datetime, **_more: Any) -> None:
    """A section was saved, or is about to be removed."""
    label = labels_of_sections([record_id])[record_id]
    _follow(MergeType.SECTIONS, {"section_id": record_id}, term=term, action=action, label=label, now=now)


def on_relationship_saved(*, term: str, record_id: int, action: str, now: dt.datetime, **_more: Any) -> None:
    """A relationship was saved, or is about to be dissolved."""
    label = label_of_relationship(record_id)
    record = {"relationship_id": record_id}
    _follow(MergeType.RELATIONSHIPS, record, term=term, action=action, label=label, now=now)


def _follow(
    merge_type: MergeType,
    record: Mapping[str, int],
    *,
    term: str,
    action: str,
    label: str,
    now: dt.datetime,
) -> None:
    locked = Link.objects.select_for_update().filter(**record)
    link = locked.first()
    if action == ChangeLog.Action.DELETE:
        if link is not None:
            _remove(link, label=label, now=now)
        return
    if link is None:
        link = _new_link(merge_type, record, term, locked.first)
    if link.label != label[:120]:
        Link.objects.filter(pk=link.pk).update(label=label[:120])
    outbound.want([link.pk], now=now, priority=INTERACTIVE, releases_parked=True)
    hint("deliver")


def _new_link(
    merge_type: MergeType, record: Mapping[str, int], term: str, again: Callable[[], Link | None]
) -> Link:
    """A merge may make the missing link at the same moment: whoever comes second takes the first one's."""
    new = Link(merge_type=merge_type.value, term_id=term, **record)
    Link.objects.bulk_create([new], ignore_conflicts=True)
    link = again()
    if link is None:
        raise RuntimeError(f"the link of {record} is gone while its record is locked")
    return link


def _remove(link: Link, *, label: str, now: dt.datetime) -> None:
    """The SIS has to follow; what was never sent is simply dropped (MERGE.md, Create without duplicates)."""
    row = OutboundChange.objects.select_for_update().filter(link=link).first()
    is_claimed = row is not None and row.state == OutboundChange.State.SENDING
    if link.state == LinkState.NEW and not is_claimed:
        link.delete()
        return
    Link.objects.filter(pk=link.pk).update(
        section=None,
        relationship=None,
        former_id=link.record_id,
        label=label[:120],
        removal=Operation.DELETE,
        agreed_version=0,
    )
    outbound.want([link.pk], now=now, priority=INTERACTIVE, releases_parked=True)
    hint("deliver")
