"""One demo at a time on a folder of data, and what one that was killed left running."""

import contextlib
import fcntl
import socket
from collections.abc import Iterator

import psutil

from config.state import HOST, SIS_PORT_FILE, STATE

PROCESSES = STATE / "processes"
"""A file for each process that the demo has started, by its id; it holds when that process began."""
ENDS_WITHIN_SECONDS = 5


class CannotStart(Exception):
    """The demo cannot start; the message says why and what to do."""


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Have the folder for oneself while the block runs. Raises `CannotStart` where a demo has it."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"A demo is running on the data in {STATE}. Stop it first (Ctrl-C).") from None
        _end_left_over()
        yield


def note(process_id: int) -> None:
    """Write down that this process is ours."""
    PROCESSES.mkdir(exist_ok=True)
    (PROCESSES / str(process_id)).write_text(str(psutil.Process(process_id).create_time()))


def forget(process_id: int) -> None:
    """It has ended."""
    (PROCESSES / str(process_id)).unlink(missing_ok=True)


def _end_left_over() -> None:
    for file in PROCESSES.glob("*"):
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(int(file.name))
            if str(process.create_time()) == file.read_text():
                family = [process, *process.children(recursive=True)]
                for one in family:
                    one.kill()
                psutil.wait_procs(family, timeout=ENDS_WITHIN_SECONDS)  # their ports are free then
        file.unlink()


def choose_sis_port() -> None:
    """Where the SIS will be served: where it was, unless another program is there by now."""
    kept = int(SIS_PORT_FILE.read_text()) if SIS_PORT_FILE.exists() else 0
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, kept))
        except OSError:
            probe.bind((HOST, 0))
        SIS_PORT_FILE.write_text(str(probe.getsockname()[1]))
