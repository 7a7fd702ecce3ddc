"""Writes to the fake SIS: faults, journal, and what takes effect later."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .memory_faults import Faults, error_of, kill
from .memory_rules import Request, Rules
from .memory_state import State, as_text, decode, encode
from .port import MergeType, Operation, SisError, SisOutcomeUnknown, Written

LATE_SECONDS = 60
"""When a late request takes effect, unless the SIS promises a shorter time."""


@dataclass(kw_only=True)
class MemoryWriter:
    """Implements `port.Writer` on the fake SIS. One that writes too much in one session has a bug."""

    state: State
    rules: Rules
    term: str
    now: dt.datetime
    faults: Faults = field(init=False)
    _records: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.faults = Faults(self.state)

    def create(self, merge_type: MergeType, values: Mapping[str, Any], *, client_ref: str) -> Written:
        """A new record; the SIS gives the id."""
        return self._send(Operation.CREATE, merge_type, "", values, ref=client_ref)

    def update(
        self,
        merge_type: MergeType,
        sis_id: str,
        changes: Mapping[str, Any],
        *,
        values: Mapping[str, Any],
        token: str,
        client_ref: str,
    ) -> Written:
        """Changed fields only."""
        return self._send(Operation.UPDATE, merge_type, sis_id, changes, ref=client_ref, token=token)

    def cancel(self, merge_type: MergeType, sis_id: str, *, token: str, client_ref: str) -> Written:
        """Status CANCELLED."""
        body = {"status": "CANCELLED"}
        return self._send(Operation.CANCEL, merge_type, sis_id, body, ref=client_ref, token=token)

    def delete(self, merge_type: MergeType, sis_id: str, *, token: str, client_ref: str) -> Written:
        """Gone."""
        return self._send(Operation.DELETE, merge_type, sis_id, {}, ref=client_ref, token=token)

    def _send(
        self,
        operation: Operation,
        merge_type: MergeType,
        sis_id: str,
        body: Mapping[str, Any],
        *,
        ref: str,
        token: str = "",
    ) -> Written:
        capabilities = self.rules.capabilities
        self._records.add(sis_id or ref)
        if len(self._records) > capabilities.write_batch_size:
            raise RuntimeError(f"a session takes at most {capabilities.write_batch_size} records")
        capabilities.check(merge_type, operation, {} if operation is Operation.CANCEL else body)
        request = Request(
            operation=operation,
            merge_type=merge_type.value,
            term=self.term,
            sis_id=sis_id,
            ref=ref,
            body=as_text(body),
            token=token,
        )
        fault = self.faults.meet(operation.value, merge_type.value)
        if fault == "kill_before_effect":
            kill()
        if error := error_of(fault):
            self._note(request, answer=fault)
            raise error
        written = self._deliver(request, is_late=fault == "late")
        if fault == "kill_after_effect":
            kill()
        if fault in {"timeout_after_effect", "late"}:
            raise SisOutcomeUnknown("The SIS's answer was lost.")
        return written

    def _deliver(self, request: Request, *, is_late: bool) -> Written:
        if is_late:
            return self._hand_over(request, answer="late")
        if self.rules.capabilities.applies_later_seconds is not None:
            return self._accept(request)
        return self._perform(request)

    def _perform(self, request: Request) -> Written:
        try:
            with self.state.change():
                written = self.rules.perform(request)
                self._note(request, sis_id=written.sis_id, answer="ok", took_effect=True)
        except SisError as error:
            self._note(request, answer=type(error).__name__)
            raise
        return written

    def _note(self, request: Request, *, answer: str, took_effect: bool = False, sis_id: str = "") -> None:
        """Append to the journal of writes received."""
        self.state.db.execute(
            "INSERT INTO journal (at, operation, type, id, ref, body, answer, took_effect) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                self.now.isoformat(),
                request.operation.value,
                request.merge_type,
                sis_id or request.sis_id,
                request.ref,
                encode(request.body),
                answer,
                took_effect,
            ],
        )

    # ---- writes that take effect later

    def _accept(self, request: Request) -> Written:
        """Take a write that will be applied; its token is judged now, not then."""
        try:
            self.rules.check_token(request)
        except SisError as error:
            self._note(request, answer=type(error).__name__)
            raise
        return self._hand_over(replace(request, token=""), answer="accepted")

    def _hand_over(self, request: Request, *, answer: str) -> Written:
        capabilities = self.rules.capabilities
        delay = capabilities.applies_later_seconds
        if delay is None:
            delay = min(LATE_SECONDS, capabilities.late_request_seconds or LATE_SECONDS)
        with self.state.change() as db:
            db.execute(
                "INSERT INTO pending (due, operation, type, term, id, ref, body, token) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    self.state.count_up("clock", 0) + delay,
                    request.operation.value,
                    request.merge_type,
                    request.term,
                    request.sis_id,
                    request.ref,
                    encode(request.body),
                    request.token,
                ],
            )
            self._note(request, answer=answer)
        return Written(sis_id=request.sis_id)

    def tick(self, seconds: int) -> None:
        """Let the SIS's clock go on: what is due takes effect, in the order in which it came."""
        with self.state.change() as db:
            now = self.state.count_up("clock", seconds)
            due = db.execute(
                "SELECT n, operation, type, term, id, ref, body, token FROM pending "
                "WHERE due <= ? ORDER BY n",
                [now],
            ).fetchall()
            for number, operation, merge_type, term, sis_id, ref, body, token in due:
                db.execute("DELETE FROM pending WHERE n = ?", [number])
                request = Request(
                    operation=Operation(operation),
                    merge_type=merge_type,
                    term=term,
                    sis_id=sis_id,
                    ref=ref,
                    body=decode(body),
                    token=token,
                )
                try:
                    written = self.rules.perform(request)
                except SisError as error:
                    self._note(request, answer=type(error).__name__)
                else:
                    self._note(request, sis_id=written.sis_id, answer="applied", took_effect=True)
