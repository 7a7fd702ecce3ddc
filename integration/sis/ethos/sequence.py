"""One record of ours is several of the SIS: writes one after another, and what a failure among them means.

A failure of the first has had no effect and is raised as it is. After that, part of the record stands in the
SIS: what fails then, a read in between too, is an unknown outcome, so that the record is read again and only
what is missing is sent.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from integration.sis.ethos.client import Document, EthosClient
from integration.sis.port import (
    SisDenied,
    SisError,
    SisLocked,
    SisNotFound,
    SisOutcomeUnknown,
    SisUnavailable,
)

TRIES = 3
"""So often a step is tried that surely had no effect."""
PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0


@dataclass(kw_only=True)
class Sequence:
    """The writes of one record, from entering it to leaving it. `done`: how many have taken effect."""

    client: EthosClient
    sleep: Callable[[float], None] = time.sleep
    done: int = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self.done or not isinstance(error, SisError) or isinstance(error, SisOutcomeUnknown):
            return
        raise SisOutcomeUnknown(
            f"Part of it was written, then the SIS stopped: {error.message} The rest is sent again.",
            words=error.words,
            field=error.field,
        ) from error

    def post(self, resource: str, body: Document) -> Document:
        """Create one."""
        return self._step("POST", resource, "", body)

    def put(self, resource: str, guid: str, body: Document) -> Document:
        """Change one."""
        return self._step("PUT", resource, guid, body)

    def delete(self, resource: str, guid: str) -> None:
        """Remove one; that it is gone already is as well."""
        try:
            self._step("DELETE", resource, guid, None)
        except SisNotFound:
            return

    def _step(self, method: str, resource: str, guid: str, body: Document | None) -> Document:
        for tried in range(1, TRIES + 1):
            try:
                answer = self.client.write(method, resource, guid, body)
            except SisNotFound as error:
                if method == "DELETE":
                    raise
                raise SisNotFound("The SIS does not have this record any more.") from error
            except (SisLocked, SisUnavailable) as error:
                pause = error.retry_after_seconds or PAUSE_SECONDS * tried
                if not self._can_wait(error) or tried == TRIES or pause > LONGEST_PAUSE_SECONDS:
                    raise
                self.sleep(pause)
            else:
                self.done += 1
                return answer
        raise AssertionError(TRIES)

    def _can_wait(self, error: SisError) -> bool:
        """A lock is waited for only where part of the record was written: locks last long."""
        return bool(self.done) if isinstance(error, SisLocked) else not isinstance(error, SisDenied)
