"""How fast requests may follow one another: a token bucket that also listens to the SIS.

The rate is a ceiling that is never passed. When the SIS says that there are too many requests, all wait as
long as it asks and go on at half the rate, which then grows back.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

GROWTH = 1.02
"""By so much the rate grows back with each request that goes through."""
SLOWEST = 0.5
"""Requests a second below which no answer of the SIS brings it."""


@dataclass(kw_only=True)
class Pace:
    """At most `per_second` requests a second, over all threads that share it."""

    per_second: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _rate: float = field(init=False)
    _next_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._rate = self.per_second

    def take(self) -> None:
        """Wait for one's turn."""
        with self._lock:
            now = self.clock()
            turn = max(now, self._next_at)
            self._next_at = turn + 1 / self._rate
        if turn > now:
            self.sleep(turn - now)

    def went_through(self) -> None:
        """The SIS answered: grow back."""
        with self._lock:
            self._rate = min(self.per_second, self._rate * GROWTH)

    def slow_down(self, seconds: float) -> None:
        """The SIS had too many requests: all wait `seconds`, then go on at half the rate."""
        with self._lock:
            self._rate = max(min(SLOWEST, self.per_second), self._rate / 2)
            self._next_at = max(self._next_at, self.clock() + seconds)
