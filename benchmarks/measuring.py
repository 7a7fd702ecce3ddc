"""Measuring one piece of work in a process of its own."""

import gc
import os
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_PEAK = "5"
READS = ("SELECT", "DECLARE", "FETCH")
FRAME = ("SAVEPOINT", "RELEASE")


@dataclass(kw_only=True)
class Measured:
    """Seconds by the clock, of this process's CPU and of its database session's; memory in MB.

    `memory_mb`: growth of resident memory at its peak. `server_seconds` is 0 where the server is on another
    machine. `queries`: statements sent through Django, by kind; without COPY, which goes past it.
    """

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    server_seconds: float = 0.0
    memory_mb: float = 0.0
    queries: Counter[str] = field(default_factory=Counter)
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the parent process."""
        return vars(self)


@contextmanager
def measured() -> Iterator[Measured]:
    """Measure the body. Memory counts from the moment the body begins, imports are not in it."""
    from django.db import connection  # noqa: PLC0415  # Django is set up by now, not at import

    connection.ensure_connection()
    result = Measured()
    gc.collect()
    before = _reset_peak_kb()
    session = connection.connection.info.backend_pid
    server = server_seconds(session)
    wall, cpu = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(_counter(result.queries)):
        yield result
    result.wall_seconds = time.perf_counter() - wall
    result.cpu_seconds = time.process_time() - cpu
    result.server_seconds = server_seconds(session) - server
    result.memory_mb = (_peak_kb() - before) / 1024


def _counter(queries: Counter[str]) -> Callable[..., Any]:
    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  # Django's
        word = sql.split(None, 1)[0].upper() if isinstance(sql, str) else "SELECT"
        if word not in FRAME:
            queries["read" if word in READS else "write"] += 1
        return execute(sql, params, many, context)

    return count


def server_seconds(session: int) -> float:
    """CPU time of the database's process, 0 where it is none of this machine's."""
    stat = Path(f"/proc/{session}/stat")
    if not stat.exists() or "(postgres)" not in (text := stat.read_text()):
        return 0.0
    user, system = text.rsplit(")", 1)[1].split()[11:13]  # utime and stime, proc(5)
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _reset_peak_kb() -> int:
    """Make the peak start again from what is resident now; return that.

    Where that cannot be done (no Linux) the peak so far stands in for it.
    """
    with suppress(OSError):
        CLEAR_REFS.write_text(RESET_PEAK)
    return _peak_kb()


def _peak_kb() -> int:
    if not STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
