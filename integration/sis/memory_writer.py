"""Writes to the fake SIS: its rules, its faults, its journal."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .memory_faults import Faults
from .memory_state import natural_key, plain
from .port import (
    Key,
    MergeType,
    Operation,
    SisAlreadyExists,
    SisConflict,
    SisDenied,
    SisLocked,
    SisNotFound,
    SisOutcomeUnknown,
    SisRateLimited,
    SisRejected,
    SisUnavailable,
    Written,
)

if TYPE_CHECKING:
    from .memory import MemoryAdapter

LATE_SECONDS = 60.0


@dataclass(kw_only=True)
class Request:
    """One write on its way."""

    operation: Operation
    merge_type: str
    term: str
    sis_id: str
    ref: str
    body: Mapping[str, Any]
    token: str = ""


@dataclass(kw_only=True)
class MemoryWriter:
    """Implements `port.Writer` on the fake SIS."""

    adapter: "MemoryAdapter"
    term: str
    now: dt.datetime

    def create(self, merge_type: MergeType, values: Mapping[str, Any], *, client_ref: str) -> Written:
        """A new record; the SIS gives the id."""
        return self._do(Operation.CREATE, merge_type, "", values, ref=client_ref)

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
        return self._do(Operation.UPDATE, merge_type, sis_id, changes, ref=client_ref, token=token)

    def cancel(self, merge_type: MergeType, sis_id: str, *, token: str, client_ref: str) -> Written:
        """Status CANCELLED."""
        return self._do(
            Operation.CANCEL, merge_type, sis_id, {"status": "CANCELLED"}, ref=client_ref, token=token
        )

    def delete(self, merge_type: MergeType, sis_id: str, *, token: str, client_ref: str) -> Written:
        """Gone."""
        return self._do(Operation.DELETE, merge_type, sis_id, {}, ref=client_ref, token=token)

    def _do(
        self,
        operation: Operation,
        merge_type: MergeType,
        sis_id: str,
        body: Mapping[str, Any],
        *,
        ref: str,
        token: str = "",
    ) -> Written:
        if not self.adapter.capabilities.can(merge_type, operation):
            raise SisRejected(f"This SIS does not take {operation.value} of {merge_type.value}.")
        request = Request(
            operation=operation,
            merge_type=merge_type.value,
            term=self.term,
            sis_id=sis_id,
            ref=ref,
            body={name: plain(value) for name, value in body.items()},
            token=token,
        )
        fault = self.adapter.faults_.next(operation.value, merge_type.value)
        self._before(fault, request)
        if fault == "late" or self.adapter.capabilities.applies_later_seconds is not None:
            return self._later(request, is_lost=fault == "late")
        try:
            with self.adapter.state.change():
                written = self._effect(request)
                self._note(request, sis_id=written.sis_id, answer="ok", took_effect=True)
        except (SisRejected, SisConflict, SisNotFound, SisAlreadyExists) as error:
            self._note(request, answer=type(error).__name__, took_effect=False)
            raise
        if fault == "kill_after_effect":
            Faults.kill()
        if fault == "timeout_after_effect":
            raise SisOutcomeUnknown("The SIS's answer was lost.")
        return written

    def _before(self, fault: str, request: Request) -> None:
        if fault == "kill_before_effect":
            Faults.kill()
        error = {
            "refuse": SisRejected("The SIS refuses this record.", words="ORA-20100: ::refused::", field="title"),
            "unavailable_before": SisUnavailable("The SIS does not answer."),
            "timeout_before_effect": SisOutcomeUnknown("The SIS's answer was lost."),
            "locked": SisLocked("Somebody has this record open in the SIS."),
            "denied": SisDenied("The SIS refused our credentials."),
            "rate_limited": SisRateLimited("The SIS asks to wait.", retry_after_seconds=1),
        }.get(fault)
        if error is not None:
            self._note(request, answer=fault, took_effect=False)
            raise error

    def _note(self, request: Request, *, answer: str, took_effect: bool, sis_id: str = "") -> None:
        self.adapter.state.note(
            request.operation.value,
            request.merge_type,
            sis_id or request.sis_id,
            ref=request.ref,
            body=request.body,
            answer=answer,
            took_effect=took_effect,
            at=self.now,
        )

    def _later(self, request: Request, *, is_lost: bool) -> Written:
        state = self.adapter.state
        delay = LATE_SECONDS if is_lost else float(self.adapter.capabilities.applies_later_seconds or 0)
        with state.change() as db:
            db.execute(
                "INSERT INTO pending (due, operation, type, term, id, ref, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    state.counter("clock") + delay,
                    request.operation.value,
                    request.merge_type,
                    request.term,
                    request.sis_id,
                    request.ref,
                    json.dumps(request.body),
                ],
            )
            self._note(request, answer="late" if is_lost else "accepted", took_effect=False)
        if is_lost:
            raise SisOutcomeUnknown("The SIS's answer was lost.")
        return Written(sis_id=request.sis_id)

    def tick(self, seconds: float) -> None:
        """Let pending writes take effect."""
        state = self.adapter.state
        with state.change() as db:
            state.set_counter("clock", state.counter("clock") + round(seconds))
            due = db.execute(
                "SELECT n, operation, type, term, id, ref, body FROM pending WHERE due <= ? ORDER BY n",
                [state.counter("clock")],
            ).fetchall()
            for number, operation, merge_type, term, sis_id, ref, body in due:
                db.execute("DELETE FROM pending WHERE n = ?", [number])
                request = Request(
                    operation=Operation(operation),
                    merge_type=merge_type,
                    term=term,
                    sis_id=sis_id,
                    ref=ref,
                    body=json.loads(body),
                )
                try:
                    written = self._effect(request)
                    self._note(request, sis_id=written.sis_id, answer="applied", took_effect=True)
                except (SisRejected, SisConflict, SisNotFound, SisAlreadyExists) as error:
                    self._note(request, answer=type(error).__name__, took_effect=False)

    # ---- the SIS's own rules

    def _effect(self, request: Request) -> Written:
        if request.operation is Operation.CREATE:
            return self._create(request)
        found = self.adapter.state.get(request.merge_type, request.sis_id)
        if found is None:
            raise SisNotFound(f"The SIS has no {request.merge_type} {request.sis_id}.")
        doc, term, revision = found
        if request.token and request.token != str(revision):
            raise SisConflict("The record changed in the SIS meanwhile.")
        if request.operation is Operation.DELETE:
            if int(doc.get("enrollment") or 0) > 0:
                raise SisRejected("A section with enrolled students cannot be deleted.", field="enrollment")
            self.adapter.state.drop(request.merge_type, request.sis_id)
            return Written(sis_id=request.sis_id)
        after = {**doc, **self._rendered(request.body)}
        self._check(request, after)
        revision = self.adapter.state.put(request.merge_type, term, request.sis_id, after)
        return self._answer(request.sis_id, revision)

    def _create(self, request: Request) -> Written:
        state, unique = self.adapter.state, self.adapter.capabilities.unique_keys
        for key, column, value in (
            (Key.CLIENT_REF, "ref", request.ref),
            (Key.NATURAL_KEY, "natural", natural_key(request.merge_type, request.body)),
        ):
            row = state.db.execute(
                f"SELECT id FROM record WHERE type = ? AND term = ? AND {column} = ?",
                [request.merge_type, request.term, value],
            ).fetchone()
            if row and key in unique:
                raise SisAlreadyExists(f"The SIS has it already as {row[0]}.", sis_id=row[0])
        doc = self._rendered(request.body)
        sis_id = state.fresh_id(request.merge_type)
        if request.merge_type == MergeType.SECTIONS:
            doc = {"crn": sis_id, "enrollment": 0, "waitlisted": 0, **doc}
        self._check(request, doc)
        revision = state.put(request.merge_type, request.term, sis_id, doc, ref=request.ref)
        return self._answer(sis_id, revision)

    def _answer(self, sis_id: str, revision: int) -> Written:
        return Written(
            sis_id=sis_id, token=str(revision) if self.adapter.capabilities.has_concurrency_token else ""
        )

    def _rendered(self, body: Mapping[str, Any]) -> dict[str, Any]:
        doc = dict(body)
        doc.pop(self.adapter.options.get("drops", ""), None)
        name, _colon, length = self.adapter.options.get("renders", "").partition(":")
        if name in doc and isinstance(doc[name], str):
            doc[name] = doc[name][: int(length)]
        return doc

    def _check(self, request: Request, doc: Mapping[str, Any]) -> None:
        state = self.adapter.state
        if request.merge_type == MergeType.RELATIONSHIPS:
            members = doc.get("members") or []
            if len(members) < 2:
                raise SisRejected("A group has at least two members.", field="members")
            for one in members:
                if state.get("sections", one["section"]) is None:
                    raise SisRejected(f"The SIS has no section {one['section']}.", field="members")
            return
        if state.get("courses", str(doc.get("course"))) is None:
            raise SisRejected(f"The SIS has no course {doc.get('course')}.", field="course")
        for one in doc.get("instructors") or ():
            if state.get("instructors", one["instructor"]) is None:
                raise SisRejected(f"The SIS has no instructor {one['instructor']}.", field="instructors")
        if Key.NATURAL_KEY in self.adapter.capabilities.unique_keys:
            row = state.db.execute(
                "SELECT id FROM record WHERE type = ? AND term = ? AND natural = ? AND id <> ?",
                [request.merge_type, request.term, natural_key(request.merge_type, doc), request.sis_id],
            ).fetchone()
            if row:
                raise SisRejected(
                    f"Section number {doc.get('section_number')} is used by {row[0]}.", field="section_number"
                )
