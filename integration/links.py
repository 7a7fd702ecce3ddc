"""Links in the database: the key-hash map of a term, batches of links, and writing them back."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection, transaction

from integration.linkstate import LINK_COLUMNS
from integration.models import Link, LinkState
from integration.record_types import RecordType
from integration.sis.port import MergeType
from scheduling.services.copying import Json, update_rows

JSON_COLUMNS = frozenset({"baseline", "baseline_theirs", "edits", "sent", "intent", "fights", "covered"})


class Known(NamedTuple):
    """What the map of a term holds for one SIS id: enough to skip an unchanged record unseen.

    `source_hash` is None where there is something to look at, whatever the SIS shows.
    """

    link_id: int
    source_hash: bytes | None
    is_retired: bool


def touch() -> int:
    """The next tick of the logical clock of pushes and pulls."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('integration_touch')")
        return int(cursor.fetchone()[0])


def known_links(merge_type: MergeType, term: str) -> dict[str, Known]:
    """SIS id -> what we know of it: memory bounded by keys and hashes, whatever the records hold."""
    table, column = (
        ("scheduling_section", "section_id")
        if merge_type is MergeType.SECTIONS
        else ("scheduling_relationship", "relationship_id")
    )
    statement = f"""
        SELECT l.sis_id, l.id, l.state = 'RETIRED',
               CASE WHEN l.state = 'LINKED' AND r.version = l.agreed_version AND l.sent = '[]'
                         AND l.removal = '' THEN l.source_hash END
        FROM integration_link l LEFT JOIN {table} r ON r.id = l.{column}
        WHERE l.merge_type = %s AND l.term_id = %s AND l.sis_id IS NOT NULL AND l.state <> 'ARCHIVED'
    """
    known: dict[str, Known] = {}
    with transaction.atomic(), connection.cursor() as plain:
        raw = plain.connection.cursor(
            name="known_links"
        )  # server-side: the rows pass through, they do not pile up
        raw.itersize = 5_000
        raw.execute(statement, [merge_type.value, term])
        for sis_id, link_id, is_retired, source_hash in raw:
            known[sis_id] = Known(
                link_id, bytes(source_hash) if source_hash is not None else None, is_retired
            )
        raw.close()
    return known


def links_by_id(ids: Iterable[int], *, lock: bool = False) -> dict[int, Link]:
    """Links by id, optionally locked in id order."""
    found = Link.objects.filter(pk__in=list(ids)).order_by("id")
    if lock:
        found = found.select_for_update()
    return {link.pk: link for link in found}


def save_links(links: Sequence[Link]) -> None:
    """Write what settling changed, in one statement for any number of links."""
    update_rows(
        Link._meta.db_table,
        LINK_COLUMNS,
        [(link.pk, *(_cell(link, name) for name in LINK_COLUMNS)) for link in links],
    )


def link_created(made: Sequence[tuple[int, int]], kind: RecordType, *, tick: int, now: dt.datetime) -> None:
    """Link records that were just created here as plan rows show them: pairs of plan row id and record id.

    Both sides hold them alike, at our version 1. The values go from row to link without passing through here.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO integration_link ({kind.id_column}, sis_id, label, baseline, source_hash, client_ref,
                merge_type, term_id, state, agreed_version, touched, synced_at, baseline_theirs, sent, fights,
                covered, removal, missing_digest)
            SELECT v.record_id, r.record_key, r.label, r.theirs - '_course', r.source_hash, gen_random_uuid(),
                %(type)s, %(term)s, 'LINKED', 1, %(tick)s, %(now)s, '{{}}', '[]', '{{}}', '{{}}', '', ''
            FROM unnest(%(rows)s::bigint[], %(records)s::bigint[]) AS v(row_id, record_id)
            JOIN integration_planrow r ON r.id = v.row_id
            ORDER BY r.id
            """,
            {
                "rows": [row_id for row_id, _record_id in made],
                "records": [record_id for _row_id, record_id in made],
                "type": kind.merge_type.value,
                "term": kind.term,
                "tick": tick,
                "now": now,
            },
        )


def _cell(link: Link, name: str) -> object:
    value = getattr(link, name)
    if value is not None and name in JSON_COLUMNS:
        return Json(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def unlinked(merge_type: MergeType, term: str) -> list[Link]:
    """Links of records of ours that the SIS does not have, or not for certain."""
    return list(
        Link.objects.filter(
            merge_type=merge_type.value,
            term_id=term,
            state__in=[LinkState.NEW, LinkState.CREATING, LinkState.UNKNOWN_OUTCOME],
        ).order_by("id")
    )


def add_missing_links(merge_type: MergeType, term: str) -> int:
    """A NEW link for every record of ours that has none (made before integration looked); how many."""
    table, column = (
        ("scheduling_section", "section_id")
        if merge_type is MergeType.SECTIONS
        else ("scheduling_relationship", "relationship_id")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO integration_link (merge_type, term_id, {column}, client_ref, state, baseline_theirs,
                agreed_version, sent, fights, covered, touched, removal, missing_digest, label)
            SELECT %s, r.term_id, r.id, gen_random_uuid(), 'NEW', '{{}}',
                0, '[]', '{{}}', '{{}}', 0, '', '', ''
            FROM {table} r LEFT JOIN integration_link l ON l.{column} = r.id
            WHERE r.term_id = %s AND l.id IS NULL
            """,
            [merge_type.value, term],
        )
        return int(cursor.rowcount)
