"""Faults of the fake SIS, kept in its state so that every process meets them.

A fault is ``{"when": {"operation": "CREATE", "type": "sections"}, "then": NAME, "times": 1}`` or, instead of
``times``, ``{"p": 0.05, "seed": 7}``. Names: ``refuse``, ``unavailable_before``, ``timeout_after_effect``,
``timeout_before_effect``, ``late`` (lost, takes effect at a later tick), ``locked``, ``denied``,
``rate_limited``, ``kill_before_effect``, ``kill_after_effect`` (the calling process is killed);
for reads (operation ``READ``): ``unavailable_before``, ``denied``, ``truncated_read``, ``empty_read``.
"""

import json
import os
import random
import signal
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .port import MergeType, SisDenied, SisRateLimited, SisUnavailable

if TYPE_CHECKING:
    from .memory_state import State


class Faults:
    """The faults of one fake SIS."""

    def __init__(self, state: "State") -> None:
        self.state = state

    def add(self, specs: Sequence[Mapping[str, Any]]) -> None:
        """Add faults; an empty list clears all."""
        with self.state.change() as db:
            if not specs:
                db.execute("DELETE FROM fault")
            for spec in specs:
                times = None if "p" in spec else int(spec.get("times", 1))
                db.execute("INSERT INTO fault (spec, left_over) VALUES (?, ?)", [json.dumps(spec), times])

    def next(self, operation: str, merge_type: str) -> str:
        """The fault that this call meets (blank: none); it is used up. The caller holds no transaction."""
        rows = self.state.db.execute("SELECT n, spec, left_over FROM fault ORDER BY n").fetchall()
        for number, text, left in rows:
            spec = json.loads(text)
            when = spec.get("when", {})
            if when.get("operation", operation) != operation or when.get("type", merge_type) != merge_type:
                continue
            if left is None:
                calls = self.state.counter(f"fault:{number}")
                self.state.set_counter(f"fault:{number}", calls + 1)
                if random.Random(f"{spec.get('seed')}:{calls}").random() >= spec["p"]:
                    continue
            elif left > 1:
                self.state.db.execute("UPDATE fault SET left_over = left_over - 1 WHERE n = ?", [number])
            else:
                self.state.db.execute("DELETE FROM fault WHERE n = ?", [number])
            return str(spec["then"])
        return ""

    def before_read(self, merge_type: MergeType, *, is_by_id: bool = False) -> None:
        """Raise what a read meets; a short answer is left for `read_limit`."""
        waiting = self.state.db.execute("SELECT count(*) FROM fault").fetchone()[0]
        if not waiting:
            return
        match self.next("READ_BY_ID" if is_by_id else "READ", merge_type.value):
            case "unavailable_before":
                raise SisUnavailable("The SIS does not answer.")
            case "denied":
                raise SisDenied("The SIS refused our credentials.")
            case "rate_limited":
                raise SisRateLimited("The SIS asks to wait.", retry_after_seconds=1)
            case "empty_read":
                self.state.set_counter(f"limit:{merge_type.value}", 1)
            case "truncated_read":
                self.state.set_counter(f"limit:{merge_type.value}", 11)

    def read_limit(self, merge_type: MergeType) -> int | None:
        """After how many records this snapshot ends early (None: it does not)."""
        name = f"limit:{merge_type.value}"
        limit = self.state.counter(name)
        if not limit:
            return None
        self.state.set_counter(name, 0)
        return limit - 1

    @staticmethod
    def kill() -> None:
        """End this process as a power failure would."""
        os.kill(os.getpid(), signal.SIGKILL)
