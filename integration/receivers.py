"""What integration does when people save: in the same transaction, the record gets a due outbound row.

No network here, and no look at the switches: they are read again when the row is claimed. Sections and
relationships of every kind get a link and a row; what the SIS cannot hold is seen at delivery. The caller has
locked the record; link and outbound row are locked here, in that order (`integration.locking`).
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from integration import outbound
from integration.edits import keep_edits
from integration.hints import hint
from integration.models import Link, LinkState, OutboundChange
from integration.sis.port import MergeType, Operation
from scheduling.models import ChangeLog, Relationship, Section
from scheduling.selectors import label_of_relationship, labels_of_sections
from scheduling.signals import SavedRecord, relationship_saved, section_saved

INTERACTIVE = 1
"""Priority: a person waits; it goes ahead of the night's queue (MERGE.md, Retries)."""


def connect() -> None:
    """Listen to the write services."""
    section_saved.connect(on_section_saved, sender=Section, dispatch_uid="integration")
    relationship_saved.connect(on_relationship_saved, sender=Relationship, dispatch_uid="integration")


def on_section_saved(*, term: str, records: Sequence[SavedRecord], now: dt.datetime, **_more: Any) -> None:
    """Sections were saved, or are about to be removed."""
    labels = labels_of_sections(one.record_id for one in records)
    gone = {one.record_id for one in records if one.action == ChangeLog.Action.DELETE}
    _follow(MergeType.SECTIONS, "section_id", labels, term=term, gone=gone, now=now)
    keep_edits(labels.keys() - gone)


def on_relationship_saved(*, term: str, record_id: int, action: str, now: dt.datetime, **_more: Any) -> None:
    """A relationship was saved, or is about to be dissolved."""
    labels = {record_id: label_of_relationship(record_id)}
    gone = {record_id} if action == ChangeLog.Action.DELETE else set()
    _follow(MergeType.RELATIONSHIPS, "relationship_id", labels, term=term, gone=gone, now=now)


def _follow(
    merge_type: MergeType,
    column: str,
    labels: Mapping[int, str],
    *,
    term: str,
    gone: Collection[int],
    now: dt.datetime,
) -> None:
    """`labels`: id of each record (in `column` of its link) -> its label; `gone`: those that are removed."""
    wanted = sorted(labels)
    links = _locked(column, wanted)
    for pk in sorted(links.keys() & set(gone)):
        _remove(links[pk], label=labels[pk], now=now)
    stay = [pk for pk in wanted if pk not in gone]
    if missing := [pk for pk in stay if pk not in links]:
        # A merge may make a missing link at the same moment: whoever comes second takes the first one's.
        new = [Link(merge_type=merge_type.value, term_id=term, **{column: pk}) for pk in missing]
        Link.objects.bulk_create(new, ignore_conflicts=True)
        links |= _locked(column, missing)
    if not stay:
        return
    if lost := [pk for pk in stay if pk not in links]:
        raise RuntimeError(f"the links of {column} {lost} are gone while their records are locked")
    for pk in stay:
        if links[pk].label != labels[pk][:120]:
            Link.objects.filter(pk=links[pk].pk).update(label=labels[pk][:120])
    outbound.want([links[pk].pk for pk in stay], now=now, priority=INTERACTIVE, releases_parked=True)
    hint("deliver")


def _locked(column: str, ids: Collection[int]) -> dict[int, Link]:
    """Record id -> its link, locked in the order of the links."""
    rows = Link.objects.select_for_update().filter(**{f"{column}__in": ids}).order_by("pk")
    return {getattr(link, column): link for link in rows}


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
