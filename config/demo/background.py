"""The demo's background worker, with the scheduler inside it; its broker is a folder."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

from config.state import BROKER

STOPS_WITHIN_SECONDS = 3
"""So long a merge may go on after Ctrl-C; then it is killed, and the next start takes it up again."""
COMMAND = (
    *(sys.executable, "-W", "ignore:You're running the worker with superuser"),
    *("-m", "celery", "--quiet", "--app", "config.celery", "worker", "--beat", "--loglevel", "WARNING"),
    *("--pool", "threads", "--concurrency", "4"),
    *("--without-mingle", "--without-gossip", "--without-heartbeat"),  # it is alone
)


@contextlib.contextmanager
def working() -> Iterator["subprocess.Popen[bytes]"]:
    """A worker, while the block runs. What waited in the broker is forgotten: the rows have it."""
    shutil.rmtree(BROKER, ignore_errors=True)
    # A group of its own: it is stopped by us, not by the terminal, and with all that it started.
    with subprocess.Popen(COMMAND, start_new_session=True) as worker:  # noqa: S603  # our own worker
        try:
            yield worker
        finally:
            _stop(worker)


def _stop(worker: "subprocess.Popen[bytes]") -> None:
    worker.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        worker.wait(timeout=STOPS_WITHIN_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
