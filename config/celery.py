"""The Celery application. Facts live in rows; a message is only a hint to look at them."""

import os

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
app = Celery("tandem")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect  # type: ignore[untyped-decorator]  # Celery has no types
def look_after_what_waits(**_sent: object) -> None:
    """A worker begins with what was left while there was none."""
    app.send_task("integration.tasks.look_after")
