"""In which order rows are locked, so that a merge, a delivery and a person's save never deadlock.

Everywhere: a feed's place, then sections, then relationships, then links, then outbound rows and conflicts;
each kind in id order. A save locks its section first and reaches the link and the outbound row through the
receivers.
"""

from collections.abc import Collection

from integration.links import links_by_id
from integration.models import Link
from integration.record_types import LocalState, RecordType


def lock_records(
    kind: RecordType, link_ids: Collection[int]
) -> tuple[dict[int, Link], dict[int, LocalState]]:
    """The links with these ids and what they link here, locked until the transaction ends."""
    local_ids = Link.objects.filter(pk__in=link_ids).order_by().values_list(kind.id_column, flat=True)
    ours = kind.ours([pk for pk in local_ids if pk is not None], lock=True)
    return links_by_id(link_ids, lock=True), ours
