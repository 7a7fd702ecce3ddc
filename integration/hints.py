"""Telling the background workers that a row waits. A hint may be lost: the sweep finds the row all the same.

A hint is sent once the transaction at hand is committed, and never makes a save fail. Without a broker, or
while the broker is away, nothing is sent; then nobody is kept waiting for it either: the next try is made
after `REST_SECONDS`.
"""

import time
from functools import partial
from importlib import import_module

import structlog
from celery import Celery
from django.conf import settings
from django.db import transaction
from kombu.exceptions import KombuError

log = structlog.get_logger("tandem.hints")
REST_SECONDS = 30.0
FORGOTTEN_AFTER_SECONDS = 120
"""A hint that no worker took until then is dropped: by then the sweep has found the row."""

_away_until = 0.0


def hint(task: str, **about: int) -> None:
    """Ask a worker to run `task` (a name in `integration.tasks`) once this transaction is committed."""
    transaction.on_commit(partial(send, task, about))


def send(task: str, about: dict[str, int]) -> bool:
    """Send a hint now; False: there is no broker, or it is away."""
    global _away_until  # noqa: PLW0603  # one process, one broker: it is away for all of its threads
    if not settings.CELERY_BROKER_URL or time.monotonic() < _away_until:
        return False
    try:
        _application().send_task(
            f"integration.tasks.{task}", kwargs=about, retry=False, expires=FORGOTTEN_AFTER_SECONDS
        )
    except (KombuError, OSError, ValueError) as error:
        _away_until = time.monotonic() + REST_SECONDS
        log.warning("the broker is away; the sweep finds what waits", task=task, reason=str(error))
        return False
    return True


def _application() -> Celery:
    """The site's Celery application, by its dotted path: the settings name it, as they name the WSGI one."""
    module, _, name = settings.TASK_APPLICATION.rpartition(".")
    application: Celery = getattr(import_module(module), name)
    return application
