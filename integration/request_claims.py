"""Which request is whose: claiming one, giving it back, closing it, and finding those that died.

A request is worked by whoever holds its advisory lock. The row says RUNNING meanwhile; a row that says so
while its lock is free was left by a worker that died.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from django.db import connection, transaction

from integration.advisory import HELD, try_lock
from integration.models import MergeRequest
from integration.runs import NO_PLACE

log = structlog.get_logger("tandem.requests")
REQUEST_CLASS = 7_362
"""First half of the advisory lock that a worker holds while it carries out a request."""
KEYS = 2**31
MOST_ATTEMPTS = 3
"""So often a request is taken up again whose worker died: a fourth would most likely die too."""

Clock = Callable[[], dt.datetime]
State = MergeRequest.State

WAITS_FOR_NIGHT = """EXISTS (
    SELECT 1 FROM integration_mergerequest e
    WHERE e.night = r.night AND e.id < r.id AND e.state IN ('WAITING', 'RUNNING')
      AND (e.terms = '[]'::jsonb OR e.terms = r.terms))"""
"""SQL: an earlier request of the same night has to end first: its reference data, or the same term's."""

UNFINISHED = f"""
    SELECT r.id FROM integration_mergerequest r
    WHERE r.state IN ('WAITING', 'RUNNING') AND NOT {HELD.format(key=f"(r.id %% {KEYS})")}
      AND NOT {WAITS_FOR_NIGHT}
    ORDER BY r.id
"""


def unfinished() -> list[int]:
    """The requests that a worker should try now, oldest first: they wait, or their worker died."""
    with connection.cursor() as cursor:
        cursor.execute(UNFINISHED, {"lock_class": REQUEST_CLASS})
        return [pk for (pk,) in cursor.fetchall()]


@contextmanager
def claimed(request_id: int, *, clock: Clock) -> Iterator[MergeRequest | None]:
    """The request, for this process alone while the block runs; None: there is nothing to do for it now."""
    with try_lock(REQUEST_CLASS, request_id % KEYS) as is_ours:
        yield _begin(request_id, now=clock()) if is_ours else None


@transaction.atomic
def _begin(request_id: int, *, now: dt.datetime) -> MergeRequest | None:
    request = MergeRequest.objects.select_for_update().filter(pk=request_id).first()
    if request is None or request.is_over or _waits_for_night(request_id):
        return None
    has_died = request.state == State.RUNNING
    if has_died and request.attempts >= MOST_ATTEMPTS:
        message = (
            f"The worker died {request.attempts} times while it carried this out; what it had done is kept. "
            "Ask whoever runs Tandem to look at the log, then ask for it again."
        )
        close(request, at=now, error={"code": "WORKER_DIED", "message": message, **NO_PLACE})
        return None
    if has_died:
        note(request, f"The worker stopped before the end; taken up again, attempt {request.attempts + 1}.")
    request.state, request.attempts = State.RUNNING, request.attempts + 1
    request.started_at = request.started_at or now
    request.save()
    return request


def _waits_for_night(request_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {WAITS_FOR_NIGHT} FROM integration_mergerequest r WHERE r.id = %s", [request_id]
        )
        return bool(cursor.fetchone()[0])


def put_back(request: MergeRequest, reason: str) -> None:
    """Let it wait for what stands in its way; that was no attempt."""
    note(request, reason)
    request.state, request.attempts = State.WAITING, request.attempts - 1
    request.save()


def close(request: MergeRequest, *, at: dt.datetime, error: Mapping[str, Any] | None) -> None:
    """End it: FAILED with `error` (CONTRACT.md's document), else DONE."""
    request.state = State.FAILED if error else State.DONE
    request.error, request.finished_at = dict(error) if error else None, at
    request.save()
    log.info("merge request ended", request=request.pk, state=request.state)


def note(request: MergeRequest, sentence: str) -> None:
    """Add a sentence for people (unsaved), unless it is there already."""
    if sentence not in request.notes:
        request.notes = [*request.notes, sentence]
