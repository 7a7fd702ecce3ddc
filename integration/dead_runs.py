"""Runs that died with their process: they are marked, so that no page shows them as running for ever."""

import datetime as dt

from integration.models import MergeRun
from integration.runs import DELIVERY_TAKES_AT_MOST, NO_PLACE, AlreadyRunning, bury_the_dead, run_lock
from integration.sis.port import MergeType

DELIVERY_DIED = "The delivery ended without a word; what it had not sent goes with the next one."


def bury_dead_runs(*, now: dt.datetime) -> None:
    """End all runs that are marked as running and whose process is gone.

    A merge holds its run lock while it lives. A delivery holds none: one that is too old is taken for dead.
    """
    running = MergeRun.objects.filter(status=MergeRun.Status.RUNNING).order_by()
    merges = running.exclude(trigger=MergeRun.Trigger.REAL_TIME)
    for merge_type, term_id, asked in merges.values_list("merge_type", "term_id", "asked_term").distinct():
        try:
            with run_lock(MergeType(merge_type), asked or term_id or ""):
                bury_the_dead(MergeType(merge_type), term_id, now=now)
        except AlreadyRunning:
            continue
    old = running.filter(trigger=MergeRun.Trigger.REAL_TIME, started_at__lt=now - DELIVERY_TAKES_AT_MOST)
    error = {**NO_PLACE, "code": "INTERRUPTED", "message": DELIVERY_DIED}
    old.update(status=MergeRun.Status.FAILED, error=error, finished_at=now, progress={})
