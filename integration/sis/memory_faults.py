"""Faults of the fake SIS, kept in its state so that every process meets them.

A fault is ``{"when": {"operation": "CREATE", "type": "sections"}, "then": NAME, "times": 1}`` or, instead of
``times``, ``{"p": 0.05, "seed": 7}``. What `when` leaves out matches every call. Names:

for writes (operations CREATE, UPDATE, CANCEL, DELETE)
    ``refuse``, ``unavailable_before``, ``timeout_before_effect``, ``timeout_after_effect``, ``late`` (the
    answer is lost and it takes effect at a later tick), ``locked``, ``denied``, ``rate_limited``,
    ``kill_before_effect``, ``kill_after_effect`` (the calling process is killed)
for reads (operation READ for snapshots, READ_BY_ID for `read` and `find`)
    ``unavailable_before``, ``denied``, ``rate_limited``; for READ also ``truncated_read`` (half of the
    records come, and the count shows it) and ``empty_read`` (none come, and the SIS says that is all)
"""

import os
import random
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from .memory_state import State, decode, encode
from .port import (
    SisDenied,
    SisError,
    SisLocked,
    SisOutcomeUnknown,
    SisRateLimited,
    SisRejected,
    SisUnavailable,
)

EVERY_CALL = ("unavailable_before", "denied", "rate_limited")
READ_FAULTS = ("truncated_read", "empty_read")
WRITE_FAULTS = (
    "refuse",
    "timeout_before_effect",
    "timeout_after_effect",
    "late",
    "locked",
    "kill_before_effect",
    "kill_after_effect",
)


def error_of(name: str) -> SisError | None:
    """The error that a fault raises before anything has happened; None if it does something else."""
    match name:
        case "refuse":
            return SisRejected(
                "The SIS refuses this record.", words="ORA-20100: ::Invalid title::", field="title"
            )
        case "unavailable_before":
            return SisUnavailable("The SIS does not answer.")
        case "timeout_before_effect":
            return SisOutcomeUnknown("The SIS's answer was lost.")
        case "locked":
            return SisLocked("Somebody has this record open in the SIS.")
        case "denied":
            return SisDenied("The SIS refused our credentials.")
        case "rate_limited":
            return SisRateLimited("The SIS asks to wait.", retry_after_seconds=1)
    return None


def kill() -> None:
    """End this process as a power failure would."""
    os.kill(os.getpid(), signal.SIGKILL)


class Faults:
    """The faults of one fake SIS."""

    def __init__(self, state: State) -> None:
        self.state = state

    def add(self, specs: Sequence[Mapping[str, Any]]) -> None:
        """Add faults; an empty list clears all. Raises `ValueError` for a name that does not exist."""
        known = (*EVERY_CALL, *READ_FAULTS, *WRITE_FAULTS)
        for spec in specs:
            if spec["then"] not in known:
                raise ValueError(f"{spec['then']!r} is no fault; known are {', '.join(known)}")
        with self.state.change() as db:
            if not specs:
                db.execute("DELETE FROM fault")
            for spec in specs:
                times = None if "p" in spec else int(spec.get("times", 1))
                db.execute("INSERT INTO fault (spec, left_over) VALUES (?, ?)", [encode(dict(spec)), times])

    def meet(self, operation: str, merge_type: str) -> str:
        """The fault that this call meets (blank: none); it is used up. Not to be called in a transaction."""
        if self.state.db.execute("SELECT 1 FROM fault LIMIT 1").fetchone() is None:
            return ""
        with self.state.change() as db:
            for number, text, left in db.execute(
                "SELECT n, spec, left_over FROM fault ORDER BY n"
            ).fetchall():
                spec = decode(text)
                when = spec.get("when", {})
                if (
                    when.get("operation", operation) != operation
                    or when.get("type", merge_type) != merge_type
                ):
                    continue
                if left is None:
                    calls = self.state.count_up(f"fault:{number}")
                    if random.Random(f"{spec.get('seed')}:{calls}").random() >= spec["p"]:
                        continue
                elif left > 1:
                    db.execute("UPDATE fault SET left_over = left_over - 1 WHERE n = ?", [number])
                else:
                    db.execute("DELETE FROM fault WHERE n = ?", [number])
                return str(spec["then"])
        return ""

    def meet_on_read(self, operation: str, merge_type: str) -> str:
        """The same for a read, raising what it raises; what is returned shortens the answer."""
        name = self.meet(operation, merge_type)
        error = error_of(name)
        if error is not None:
            raise error
        return name
