"""The demo's processes: the SIS, the web server, and the worker with the scheduler inside it."""

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from config.demo.alone import CannotStart, forget, note
from config.state import BROKER, HOST, SIS, SIS_BOOKS, SIS_CHANGES, SIS_PORT_FILE

STOPS_WITHIN_SECONDS = 3
"""So long a merge may go on after Ctrl-C; then it is killed, and the next start takes it up again."""
WORKER = (
    *(sys.executable, "-W", "ignore:You're running the worker with superuser"),
    *("-m", "celery", "--quiet", "--app", "config.celery", "worker", "--beat", "--loglevel", "WARNING"),
    *("--pool", "threads", "--concurrency", "4"),
    *("--without-mingle", "--without-gossip", "--without-heartbeat"),  # it is alone
)
SERVER = (
    *(sys.executable, "-m", "gunicorn", "config.wsgi", "--workers", "2", "--threads", "4"),
    *("--log-level", "warning", "--no-control-socket"),
)
SANDBOX = (
    *(sys.executable, "manage.py", "sandbox_sis", str(SIS), "--profile", "colleague"),
    *("--state", str(SIS_BOOKS), "--changes", str(SIS_CHANGES)),
)
Process = subprocess.Popen[bytes]


@contextlib.contextmanager
def working() -> Iterator[Process]:
    """A worker, while the block runs. What waited in the broker is forgotten: the rows have it."""
    shutil.rmtree(BROKER, ignore_errors=True)
    with _running(WORKER) as worker:
        yield worker


@contextlib.contextmanager
def serving(port: int) -> Iterator[Process]:
    """The web server, which answers by now, while the block runs."""
    with _running((*SERVER, "--bind", f"{HOST}:{port}"), stop=signal.SIGINT) as server:  # it stops at once
        _wait_for(port, server, "web server")
        yield server


@contextlib.contextmanager
def sis_open() -> Iterator[Process]:
    """The SIS, which answers by now, while the block runs."""
    SIS_CHANGES.touch()
    port = SIS_PORT_FILE.read_text()
    with _running((*SANDBOX, "--port", port), stop=signal.SIGINT, out=subprocess.DEVNULL) as sis:
        _wait_for(int(port), sis, "SIS")
        yield sis


@contextlib.contextmanager
def _running(
    command: Sequence[str], *, stop: int = signal.SIGTERM, out: int | None = None
) -> Iterator[Process]:
    # A group of its own: it is stopped by us, not by the terminal, and with all that it started.
    with subprocess.Popen(command, start_new_session=True, stdout=out) as process:  # noqa: S603  # our own
        note(process.pid)
        try:
            yield process
        finally:
            process.send_signal(stop)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=STOPS_WITHIN_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            forget(process.pid)


def _wait_for(port: int, process: Process, name: str) -> None:
    while process.poll() is None:
        page = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            page.request("GET", "/healthz")
            page.getresponse()
        except OSError:
            time.sleep(0.1)
        else:
            return
        finally:
            page.close()
    raise CannotStart(
        f"The {name} stopped by itself with status {process.returncode}; its last words are above."
    )
