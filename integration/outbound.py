"""The outbound queue: rows that say which records have something for the SIS. No calls to the SIS here."""

import datetime as dt
import random
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from integration.models import Link, LinkState, OutboundChange
from integration.sis.port import ErrorClass, MergeType, SisError

LEASE = dt.timedelta(minutes=5)
FIRST_BACKOFF_SECONDS = 5.0
LONGEST_BACKOFF_SECONDS = 30 * 60.0
PARK_AFTER = dt.timedelta(hours=24)
CONFLICTS_AT_ONCE = 3
"""So often a record that changed under our hands is read and merged again without waiting."""
OWNER_CLASS = 7_361
"""First half of the advisory lock that a delivering process holds while it lives."""

LATEST = 2**31 - 1
"""A version that no record reaches."""

ABANDONED = """({row}.lease_until < %(now)s OR NOT EXISTS (
    SELECT 1 FROM pg_locks k WHERE k.locktype = 'advisory' AND k.classid = %(class)s
        AND k.objid = {row}.lease_owner AND k.granted))"""
"""SQL: whoever claimed this row is dead, or took too long."""

CLAIM = f"""
    UPDATE integration_outboundchange o
    SET state = 'SENDING', lease_owner = %(owner)s, lease_until = %(until)s, fence = o.fence + 1,
        updated_at = %(now)s
    WHERE o.id IN (
        SELECT q.id FROM integration_outboundchange q JOIN integration_link l ON l.id = q.link_id
        WHERE q.merge_type = %(type)s AND q.term_id = %(term)s
          AND (%(only)s::bigint[] IS NULL OR q.link_id = ANY(%(only)s))
          AND ((q.state = 'WAITING' AND q.next_attempt_at <= %(now)s)
               OR (q.state = 'SENDING' AND {ABANDONED.format(row="q")}))
        ORDER BY q.priority, (l.removal <> '') = (q.merge_type = 'sections'), q.next_attempt_at, q.id
        LIMIT %(limit)s FOR UPDATE OF q SKIP LOCKED)
    RETURNING o.id, o.link_id, o.fence, o.wanted_version, o.attempts
"""

State = OutboundChange.State


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One claimed row: who holds an older fence must not finish it."""

    outbound_id: int
    link_id: int
    fence: int
    wanted_version: int
    attempts: int


@contextmanager
def delivering_process() -> Iterator[int]:
    """An owner number for claims, alive as long as this process's database session is."""
    owner = random.SystemRandom().randrange(1, 2**31)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [OWNER_CLASS, owner])
    try:
        yield owner
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [OWNER_CLASS, owner])


def want(
    link_ids: Collection[int], *, now: dt.datetime, priority: int = 5, releases_parked: bool = False
) -> None:
    """Make sure that each link has a row that is due now.

    Parked rows stay parked unless `releases_parked` (the record changed: MERGE.md, Retries).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO integration_outboundchange (link_id, merge_type, term_id, state, wanted_version,
                acknowledged_version, priority, next_attempt_at, attempts, fence, error_class, error_text,
                error_words, error_field, updated_at)
            SELECT l.id, l.merge_type, l.term_id, 'WAITING', coalesce(s.version, r.version, 1), 0,
                %(priority)s, %(now)s, 0, 0, '', '', '', '', %(now)s
            FROM integration_link l
            LEFT JOIN scheduling_section s ON s.id = l.section_id
            LEFT JOIN scheduling_relationship r ON r.id = l.relationship_id
            WHERE l.id = ANY(%(ids)s)
            ON CONFLICT (link_id) DO UPDATE SET
                wanted_version = greatest(integration_outboundchange.wanted_version, excluded.wanted_version),
                next_attempt_at = excluded.next_attempt_at, updated_at = excluded.updated_at,
                priority = CASE WHEN integration_outboundchange.state = 'DONE' THEN excluded.priority
                    ELSE least(integration_outboundchange.priority, excluded.priority) END,
                state = CASE WHEN integration_outboundchange.state IN ('DONE', 'AWAITING') THEN 'WAITING'
                    ELSE integration_outboundchange.state END
            """,
            {"ids": list(link_ids), "now": now, "priority": priority},
        )
    if releases_parked:
        _release_parked(OutboundChange.objects.filter(link__in=link_ids), now=now)


def claim(
    merge_type: MergeType,
    term: str,
    *,
    owner: int,
    limit: int,
    now: dt.datetime,
    only: Collection[int] | None = None,
) -> list[Claim]:
    """Claim up to `limit` due rows (of the links `only`, if given): one short statement, no waiting.

    Rows that a dead process left are due too: its owner lock is free.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "owner": owner,
                "until": now + LEASE,
                "now": now,
                "type": merge_type.value,
                "term": term,
                "only": None if only is None else list(only),
                "class": OWNER_CLASS,
                "limit": limit,
            },
        )
        return [
            Claim(outbound_id=row[0], link_id=row[1], fence=row[2], wanted_version=row[3], attempts=row[4])
            for row in sorted(cursor.fetchall())
        ]


def still_ours(claims: Sequence[Claim]) -> set[int]:
    """The links whose rows we still hold, locked until the transaction ends."""
    fences = {claim.outbound_id: claim.fence for claim in claims}
    rows = OutboundChange.objects.select_for_update().filter(pk__in=fences).order_by("id")
    return {row.link_id for row in rows if row.fence == fences[row.pk] and row.state == State.SENDING}


CLEAR: dict[str, Any] = {
    "lease_owner": None,
    "lease_until": None,
    "attempts": 0,
    "failing_since": None,
    "error_class": "",
    "error_text": "",
    "error_words": "",
    "error_field": "",
}


def acknowledge(links: Sequence[Link], *, now: dt.datetime) -> None:
    """Close the rows of links that are retired or have nothing outstanding; a later save stays due."""
    agreed = {
        link.pk: LATEST if link.state == LinkState.RETIRED else link.agreed_version
        for link in links
        if link.agreed_version or link.state == LinkState.RETIRED
    }
    if not agreed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE integration_outboundchange o
            SET state = 'DONE', acknowledged_version = least(o.wanted_version, v.version),
                lease_owner = NULL, lease_until = NULL,
                attempts = 0, failing_since = NULL, error_class = '', error_text = '', error_words = '',
                error_field = '', updated_at = %(now)s
            FROM unnest(%(ids)s::bigint[], %(versions)s::int[]) AS v(link_id, version)
            WHERE o.link_id = v.link_id AND o.wanted_version <= v.version
              AND (o.state NOT IN ('DONE', 'SENDING')
                   OR (o.state = 'SENDING' AND {ABANDONED.format(row="o")}))
            """,
            {"ids": list(agreed), "versions": list(agreed.values()), "now": now, "class": OWNER_CLASS},
        )


def forget(links: Sequence[Link]) -> None:
    """Take away the rows of links that begin anew; who has claimed one finds that it is no longer its own."""
    OutboundChange.objects.filter(link__in=links).delete()


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A claimed row that is given back without an error. With `version`, that much is acknowledged.

    DONE is due again all the same where somebody saved since the claim.
    """

    claim: Claim
    state: str
    version: int | None = None
    delay_seconds: int = 0


def finish(rows: Sequence[Finished], *, now: dt.datetime) -> None:
    """Give claimed rows back, in one statement for any number of rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE integration_outboundchange o
            SET state = CASE WHEN v.state = 'DONE' AND o.wanted_version > v.wanted THEN 'WAITING'
                    ELSE v.state END,
                acknowledged_version = coalesce(v.version, o.acknowledged_version),
                next_attempt_at = %(now)s + v.delay * interval '1 second', lease_owner = NULL,
                lease_until = NULL, attempts = 0, failing_since = NULL, error_class = '', error_text = '',
                error_words = '', error_field = '', updated_at = %(now)s
            FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(versions)s::int[], %(delays)s::int[],
                %(wanted)s::int[]) AS v(id, state, version, delay, wanted)
            WHERE o.id = v.id
            """,
            {
                "ids": [row.claim.outbound_id for row in rows],
                "wanted": [row.claim.wanted_version for row in rows],
                "states": [str(row.state) for row in rows],
                "versions": [row.version for row in rows],
                "delays": [row.delay_seconds for row in rows],
                "now": now,
            },
        )


def release(outbound_ids: Collection[int], *, now: dt.datetime, delay_seconds: float = 0) -> None:
    """Give claimed rows back untried: no attempt is counted."""
    OutboundChange.objects.filter(pk__in=outbound_ids, state=State.SENDING).update(
        state=State.WAITING,
        lease_owner=None,
        lease_until=None,
        next_attempt_at=now + dt.timedelta(seconds=delay_seconds),
        updated_at=now,
    )


def note_unavailable(merge_type: MergeType, term: str, error: SisError) -> None:
    """Say on everything that waits for no other reason that the SIS is away; no attempt is counted."""
    away = ["", ErrorClass.TRANSIENT, ErrorClass.RATE_LIMITED, ErrorClass.AUTH]
    waiting = OutboundChange.objects.filter(
        merge_type=merge_type.value, term_id=term, state=State.WAITING, error_class__in=away
    )
    waiting.update(
        error_class=error.error_class.value, error_text=error.message, error_words=error.words, error_field=""
    )


def backoff_seconds(attempts: int, *, jitter: float) -> float:
    """Full-jitter back-off: `jitter` (0-1) of 5 s doubled with every attempt, at most 30 min."""
    return jitter * min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * float(2 ** min(attempts, 12)))


def fail(claim: Claim, error: SisError, *, now: dt.datetime) -> bool:
    """Record a failed attempt; True if the row is parked (rejected, or failing for a day)."""
    row = OutboundChange.objects.get(pk=claim.outbound_id)
    row.attempts += 1
    row.failing_since = row.failing_since or now
    row.error_class = error.error_class.value
    row.error_text, row.error_words, row.error_field = error.message, error.words, error.field
    row.lease_owner = row.lease_until = None
    is_first_unknown = error.error_class is ErrorClass.UNKNOWN_OUTCOME and row.attempts == 1
    is_conflict = error.error_class is ErrorClass.CONFLICT and row.attempts <= CONFLICTS_AT_ONCE
    delay = error.retry_after_seconds
    if delay is None:
        delay = (
            0 if is_first_unknown or is_conflict else backoff_seconds(row.attempts, jitter=random.random())
        )
    parked = error.error_class is ErrorClass.VALIDATION or now - row.failing_since > PARK_AFTER
    row.state = State.PARKED if parked else State.WAITING
    row.next_attempt_at = now + dt.timedelta(seconds=delay)
    row.save()
    return parked


def replay(*, term: str | None, now: dt.datetime) -> int:
    """Release parked rows (of a term); return how many."""
    rows = OutboundChange.objects.all() if term is None else OutboundChange.objects.filter(term_id=term)
    return _release_parked(rows, now=now)


def _release_parked(rows: QuerySet[OutboundChange], *, now: dt.datetime) -> int:
    parked = rows.filter(state=State.PARKED)
    return parked.update(**CLEAR, state=State.WAITING, next_attempt_at=now, updated_at=now)


def release_waiting_for(
    keys: Sequence[tuple[str, ...]], merge_type: MergeType, term: str, *, now: dt.datetime
) -> int:
    """Make rejected sections due again that want a key (course, number) which is free now; how many."""
    if not keys or merge_type is not MergeType.SECTIONS:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE integration_outboundchange o
            SET state = 'WAITING', next_attempt_at = %(now)s, attempts = 0, updated_at = %(now)s
            FROM integration_link l JOIN scheduling_section s ON s.id = l.section_id
            JOIN scheduling_course c ON c.id = s.course_id
            JOIN unnest(%(courses)s::text[], %(numbers)s::text[]) AS k(course, number)
                ON k.course = c.sis_id AND k.number = s.section_number
            WHERE o.link_id = l.id AND o.term_id = %(term)s AND o.merge_type = 'sections'
              AND o.error_class IN ('VALIDATION', 'NUMBER_CYCLE') AND o.state IN ('PARKED', 'WAITING')
            """,
            {
                "now": now,
                "term": term,
                "courses": [key[0] for key in keys],
                "numbers": [key[1] for key in keys],
            },
        )
        return int(cursor.rowcount)


def postpone(outbound_id: int, *, code: str, reason: str, now: dt.datetime) -> None:
    """Give a claimed row back that cannot go yet; no attempt is counted, the reason is shown."""
    OutboundChange.objects.filter(pk=outbound_id).update(
        state=State.WAITING,
        lease_owner=None,
        lease_until=None,
        error_class=code,
        error_text=reason,
        error_words="",
        next_attempt_at=now + dt.timedelta(seconds=60),
        updated_at=now,
    )
