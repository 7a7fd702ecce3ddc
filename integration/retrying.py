"""Trying again what the SIS rejected or a day of failures parked, because a person says so."""

import datetime as dt
from collections.abc import Collection

from django.db import transaction

from integration import outbound
from integration.models import OutboundChange
from scheduling.models import ChangeLog, User
from scheduling.services.audit import Author, Change, write_changes

PARKED, WAITING = OutboundChange.State.PARKED, OutboundChange.State.WAITING


def try_again(ids: Collection[int], *, actor: User, now: dt.datetime) -> int:
    """Make these outbound rows due again; those that are not parked (any more) stay as they are. How many.

    Each is audited with the person and what had stopped it. One transaction; the rows are locked in id order.
    """
    with transaction.atomic():
        parked = OutboundChange.objects.select_for_update(of=("self",)).select_related("link")
        rows = list(parked.filter(pk__in=ids, state=PARKED).order_by("id"))
        outbound.want([row.link_id for row in rows], now=now, priority=1, releases_parked=True)
        author = Author(now=now, source=ChangeLog.Source.FORM, user=actor)
        write_changes((_change(row) for row in rows), author=author)
    return len(rows)


def parked_ids(*, term: str = "", merge_type: str = "") -> list[int]:
    """The parked rows (of a term, of a type; blank: of all), by id."""
    rows = OutboundChange.objects.filter(state=PARKED)
    rows = rows.filter(term=term) if term else rows
    rows = rows.filter(merge_type=merge_type) if merge_type else rows
    return list(rows.order_by("id").values_list("pk", flat=True))


def _change(row: OutboundChange) -> Change:
    return Change(
        action=ChangeLog.Action.UPDATE,
        record_type="outbound",
        record_id=row.link.sis_id or str(row.link.client_ref),
        term_code=row.term_id,
        field="state",
        before={"state": PARKED.value, "error": row.error_text},
        after={"state": WAITING.value},
    )
