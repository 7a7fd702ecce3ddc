"""Starting, serving, stopping and forgetting the demo.

Everything is kept in one folder (`config/state.py`): PostgreSQL's data, the SIS's, the secrets. Each step
does nothing where it was done before, so that an interrupted first start is taken up again and a second start
is quick. Ctrl-C stops all that was started.
"""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from types import FrameType

from django.core.management import call_command
from django.db import connection

from config.demo import data
from config.demo.alone import CannotStart
from config.demo.background import Process, serving, sis_open, working
from config.embedded_postgres import leave
from config.state import DATABASE, HOST, SIS_BOOKS, STATE
from scheduling.models import User

PASSWORD = "schedule-of-classes"  # noqa: S105  # of made-up users, on a site that only this machine reaches
WORKER_DIED = (
    "The background worker stopped by itself: what is asked for waits until make demo is started again"
)
SIS_DIED = "The SIS stopped by itself: nothing is merged or sent until make demo is started again"
READY = STATE / "ready"
"""Stands once the demo's data is complete."""


def main() -> int:
    """Start the demo and serve until it is stopped, or forget it.

    Returns the exit status; raises `CannotStart`.
    """
    parser = argparse.ArgumentParser(prog="python -m config.demo", description="Serve a demo of Tandem.")
    parser.add_argument("--reset", action="store_true", help="forget the demo's data")
    parser.add_argument(
        "--sections", type=int, default=data.SECTIONS, help="sections in a term, at the first start"
    )
    given = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        if given.reset:
            _forget()
        else:
            port = _port()
            _prepare(given.sections)
            _serve(port)
    except KeyboardInterrupt:
        print("\nStopped. The data is kept: make demo starts again, make demo-reset forgets it.")
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _forget() -> None:
    leave(DATABASE)
    shutil.rmtree(STATE)
    print("The demo is forgotten.")


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, int(text)))
    except (ValueError, OverflowError):
        raise CannotStart(f"PORT must be a number from 1 to 65535, not {text!r}.") from None
    except OSError as error:
        reason = f"Port {text} cannot be used ({error.strerror})."
        raise CannotStart(f"{reason} Choose another: make demo PORT=8001") from error
    return int(text)


def _prepare(sections: int) -> None:
    """The tables, and the folder that the SIS begins with, where they are not there yet."""
    call_command("migrate", verbosity=0)
    if READY.exists() and not SIS_BOOKS.exists():
        raise CannotStart("The demo's data is of an older Tandem. Forget it first: make demo-reset")
    if not READY.exists() and User.objects.exclude(username__in=[user.name for user in data.USERS]).exists():
        raise CannotStart("The database in DATABASE_URL has users of its own; the demo keeps out of it.")
    data.make_institution(sections)


def _serve(port: int) -> None:
    with sis_open() as sis:
        if not READY.exists():
            try:
                data.make(password=PASSWORD)
            except data.MergeFailed as error:
                raise CannotStart(str(error)) from error
            READY.touch()
        connection.close()
        with serving(port) as server, working() as worker:  # one by one: they would slow each other down
            _say(port)
            status = _watch(server, {WORKER_DIED: worker, SIS_DIED: sis})
    raise CannotStart(f"The web server stopped by itself with status {status}; its last words are above.")


def _watch(server: Process, others: Mapping[str, Process]) -> int:
    """Wait for the end of the server, say which of the others ends before; returns the server's status."""
    alive = dict(others)
    while True:
        for words, process in list(alive.items()):
            if process.poll() is not None:
                print(f"{words} (status {process.returncode}).", file=sys.stderr, flush=True)
                del alive[words]
        with contextlib.suppress(subprocess.TimeoutExpired):
            return server.wait(timeout=1)


def _say(port: int) -> None:
    print(f"\nTandem is at http://{HOST}:{port}/\n\nSign in as one of these, with the password {PASSWORD}")
    for user in data.USERS:
        print(f"  {user.name:<10} {user.does}")
    print("\nCtrl-C stops it.", flush=True)
