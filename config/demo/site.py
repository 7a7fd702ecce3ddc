"""Starting, serving, stopping and forgetting the demo.

Everything is kept in one folder (`config/state.py`): PostgreSQL's data, the SIS, the secret. Each step does
nothing where it was done before, so that an interrupted first start is taken up again and a second start is
quick. Ctrl-C stops all that was started.
"""

import argparse
import contextlib
import fcntl
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from types import FrameType

from django.core.management import call_command
from django.db import connection

from config.demo import data
from config.demo.background import working
from config.embedded_postgres import leave
from config.state import DATABASE, STATE
from scheduling.models import User

HOST = "127.0.0.1"
PASSWORD = "schedule-of-classes"  # noqa: S105  # of made-up users, on a site that only this machine reaches
WORKER_DIED = (
    "The background worker stopped by itself: what is asked for waits until make demo is started again"
)
READY = STATE / "ready"
"""Stands once the demo's data is complete."""


class CannotStart(Exception):
    """The demo cannot start; the message says why and what to do."""


def main() -> int:
    """Start the demo and serve until it is stopped, or forget it. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m config.demo", description="Serve a demo of Tandem.")
    parser.add_argument("--reset", action="store_true", help="forget the demo's data")
    parser.add_argument(
        "--sections", type=int, default=data.SECTIONS, help="sections in a term, at the first start"
    )
    given = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with _alone():
            if given.reset:
                _forget()
            else:
                port = _port()
                _prepare(given.sections)
                _serve(port)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. The data is kept: make demo starts again, make demo-reset forgets it.")
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    with (STATE / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"A demo is running on the data in {STATE}. Stop it first (Ctrl-C).") from None
        yield


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
    """The tables and the data, where they are not there yet."""
    call_command("migrate", verbosity=0)
    if not READY.exists():
        if User.objects.exclude(username__in=[user.name for user in data.USERS]).exists():
            raise CannotStart("The database in DATABASE_URL has users of its own; the demo keeps out of it.")
        try:
            data.make(sections=sections, password=PASSWORD)
        except data.MergeFailed as error:
            raise CannotStart(str(error)) from error
        READY.touch()
    connection.close()


def _serve(port: int) -> None:
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{port}"]
    command += ["--workers", "2", "--threads", "4", "--log-level", "warning", "--no-control-socket"]
    with subprocess.Popen(command) as server:  # noqa: S603  # our own server
        try:
            _wait_for(port, server)
            with working() as worker:  # only now: the two would slow each other down
                _say(port)
                status = _watch(server, worker)
        finally:
            server.send_signal(signal.SIGINT)  # gunicorn then stops at once
            server.wait()  # leaving the block after a Ctrl-C would not wait
    raise CannotStart(f"The web server stopped by itself with status {status}; its last words are above.")


def _watch(server: "subprocess.Popen[bytes]", worker: "subprocess.Popen[bytes]") -> int:
    """Wait for the end of the server; say so if the worker ends before. Returns the server's status."""
    is_told = False
    while True:
        if worker.poll() is not None and not is_told:
            print(f"{WORKER_DIED} (status {worker.returncode}).", file=sys.stderr, flush=True)
            is_told = True
        with contextlib.suppress(subprocess.TimeoutExpired):
            return server.wait(timeout=1)


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    while server.poll() is None:
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


def _say(port: int) -> None:
    print(f"\nTandem is at http://{HOST}:{port}/\n\nSign in as one of these, with the password {PASSWORD}")
    for user in data.USERS:
        print(f"  {user.name:<10} {user.does}")
    print("\nCtrl-C stops it.", flush=True)
