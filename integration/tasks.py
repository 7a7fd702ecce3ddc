"""What the background workers are told. Each task is safe to run twice, and safe to lose: the rows decide."""

import structlog
from celery import shared_task
from django.utils import timezone

from integration import requests
from integration.dead_runs import bury_dead_runs
from integration.feed import follow, has_work
from integration.hints import send
from integration.nightly import request_night
from integration.offers import known_capabilities, ready_adapter
from integration.real_time import deliver_due, due_queues, rests_until
from integration.settings import ConfigurationError
from integration.sis.port import BadSisUrl, SisError
from scheduling.services.uploads import drop_old_uploads

log = structlog.get_logger("tandem.tasks")
DELIVERY_LIMIT_SECONDS = 30 * 60


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def carry_out_request(*, request_id: int) -> None:
    """Carry out one merge request, if nobody does or did."""
    requests.carry_out(request_id)


@shared_task(time_limit=DELIVERY_LIMIT_SECONDS)  # type: ignore[untyped-decorator]  # the same
def deliver() -> None:
    """Send what people saved, where real time is on."""
    if rests_until(now=timezone.now()) is not None:
        return
    try:
        adapter = ready_adapter(now=timezone.now())
    except BadSisUrl as error:
        log.warning("nothing is sent", reason=str(error))
        return
    try:
        deliver_due(adapter)
    except ConfigurationError as error:
        log.warning("nothing is sent", reason=str(error))
    finally:
        adapter.close()


@shared_task(time_limit=DELIVERY_LIMIT_SECONDS)  # type: ignore[untyped-decorator]  # the same
def follow_feed() -> None:
    """Take what the SIS's change feed tells, and pull what changed there."""
    try:
        adapter = ready_adapter(now=timezone.now())
    except BadSisUrl as error:
        log.warning("the feed is not followed", reason=str(error))
        return
    try:
        if follow(adapter).due:
            deliver_due(adapter)
    except (ConfigurationError, SisError) as error:
        log.warning("the feed is not followed", reason=str(error))
    finally:
        adapter.close()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def look_after() -> None:
    """Find what no hint told of: requests that wait or whose worker died, rows that are due, dead runs.

    Files of sections that nobody saved within a day go.
    """
    now = timezone.now()
    drop_old_uploads(now=now)
    bury_dead_runs(now=now)
    for request_id in requests.unfinished():
        send("carry_out_request", {"request_id": request_id})
    try:
        is_due = rests_until(now=now) is None and bool(due_queues(now=now))
    except ConfigurationError as error:
        log.warning("nothing is sent", reason=str(error))
        return
    if is_due:
        send("deliver", {})
    if rests_until(now=now) is None and has_work(known_capabilities(), now=now):
        send("follow_feed", {})


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def run_night() -> None:
    """Ask for the night's merges, if the night is due and nobody has."""
    try:
        request_night(now=timezone.now())
    except ConfigurationError as error:
        log.warning("no night is begun", reason=str(error))
