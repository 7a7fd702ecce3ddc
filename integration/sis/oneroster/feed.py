"""What changed since a moment: OneRoster has no feed, but filters by `dateLastModified`.

One request each for classes and for who teaches, the newest first. Names are told and nothing of the content:
the reading that follows has it. Changes that bear the very moment of the position may be passed over; the
night's merge has them.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated

import msgspec

from integration.sis.change_feed import ChangeBatch, SisChange
from integration.sis.port import MergeType

from .client import Client
from .mapping import TEACHER
from .paging import listed
from .records import Reference

CLASSES, ENROLLMENTS = "classes", "enrollments"
FILTERS: Mapping[str, str] = {CLASSES: "", ENROLLMENTS: f"role='{TEACHER}'"}


Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]


class Modified(msgspec.Struct):
    """When a class changed, or who teaches one."""

    sourcedId: str  # noqa: N815  # OneRoster's own name, as is the next
    dateLastModified: Moment  # noqa: N815  # as above
    class_: Reference | None = msgspec.field(default=None, name="class")
    role: str = TEACHER


def read_changes(client: Client, *, page: int, after: str) -> ChangeBatch:
    """The sections that changed after a moment (blank: all that is known is that there may be some)."""
    since = dt.datetime.fromisoformat(after) if after else None
    newest, is_partial, sections = since, since is None, set()
    for name, of_these in FILTERS.items():
        texts = _newest_first(client, name, of_these, since, page=page if since else 1)
        told = [
            one for one in map(_read, texts) if one is None or since is None or one.dateLastModified > since
        ]
        is_partial = is_partial or None in told or len(told) >= page
        for one in told:
            if one is not None and one.role == TEACHER:  # a service need not know the filter
                newest = max(newest or one.dateLastModified, one.dateLastModified)
                sections.add(one.class_.sourcedId if one.class_ else one.sourcedId)
    return ChangeBatch(
        changes=tuple(SisChange(merge_type=MergeType.SECTIONS, sis_id=one) for one in sorted(sections)),
        position=newest.isoformat() if newest else "",
        is_partial=is_partial,
    )


def _read(text: msgspec.Raw) -> Modified | None:
    try:
        return msgspec.json.decode(text, type=Modified)
    except msgspec.MsgspecError:
        return None


def _newest_first(
    client: Client, name: str, of_these: str, since: dt.datetime | None, *, page: int
) -> list[msgspec.Raw]:
    filters = [of_these] if of_these else []
    if since is not None:
        moment = since.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        filters.append(f"dateLastModified>'{moment}'")
    query: dict[str, str | int] = {"limit": page, "offset": 0, "sort": "dateLastModified", "orderBy": "desc"}
    only = {"filter": " AND ".join(filters)} if filters else {}
    path = f"/{name}"
    return listed(client.get(path, {**query, **only}).body, name, f"{client.address.base_url}{path}")
