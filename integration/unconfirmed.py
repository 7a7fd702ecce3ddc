"""What a SIS that applies later did not take: it was sent, its horizon has passed, and it does not show.

A batch import refuses in silence, so nobody else says it (MERGE.md, A SIS that applies later).
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils import timezone

from integration.fieldsets import STRUCTS
from integration.linkstate import is_live
from integration.merge.canonical import decode
from integration.merge.records import Value, Values
from integration.models import Link
from integration.sis.port import Issue, Operation
from scheduling.showing import day

CODE = "NOT_CONFIRMED"


def overdue_changes(link: Link, theirs: Values, *, label: str, now: dt.datetime) -> Iterator[Issue]:
    """Changes and removals of a record that `theirs` shows; the latest value sent of each field counts."""
    latest: dict[str, tuple[Value, Mapping[str, Any]]] = {}
    for entry in link.sent:
        fields = decode(entry["values"], structs=STRUCTS) or {"": None}
        latest |= {name: (value, entry) for name, value in fields.items()}
    for name, (value, entry) in sorted(latest.items()):
        if is_live(entry, now) or (name and (name not in theirs or theirs[name] == value)):
            continue
        what = name or f"{str(entry['operation']).lower()} request"
        yield _issue(link, f"The {what} of {label}", sent_at=entry["at"], field=name)


def overdue_creation(link: Link, *, horizon_seconds: int, now: dt.datetime) -> Iterator[Issue]:
    """The creation of a record that no snapshot has shown."""
    if link.intent is None:
        return
    sent_at = dt.datetime.fromisoformat(link.intent["at"])
    if now >= sent_at + dt.timedelta(seconds=horizon_seconds):
        yield _issue(link, f"The new {link.label or Operation.CREATE.lower()}", sent_at=link.intent["at"])


def _issue(link: Link, what: str, *, sent_at: str, field: str = "") -> Issue:
    sent_on = day(timezone.localdate(dt.datetime.fromisoformat(sent_at)))
    return Issue(
        code=CODE,
        message=f"{what} was sent on {sent_on} and the SIS does not show it in the time it needs: it "
        "was refused or overwritten there. Look at what its import says; until then it is sent again.",
        record=str(link.sis_id or link.client_ref),
        field=field,
    )
