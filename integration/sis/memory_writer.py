"""Writes to the fake SIS: what it refuses, what it does, its journal."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .memory_faults import Faults, error_of, kill
from .memory_options import Options
from .memory_state import State, as_text, decode, encode, natural_key
from .port import (
    Capabilities,
    Key,
    MergeType,
    Operation,
    SisAlreadyExists,
    SisConflict,
    SisError,
    SisNotFound,
    SisOutcomeUnknown,
    SisRejected,
    Written,
)

LATE_SECONDS = 60
"""When a late request takes effect, unless the SIS promises a shorter time."""
SIS_OWNED = frozenset({"crn", "enrollment", "waitlisted"})


def refusal(message: str, *, field: str) -> SisRejected:
    """A refusal: the plain sentence, and the words such a SIS would use."""
    return SisRejected(message, words=f"ORA-20100: ::{field.upper()} invalid:: {message}", field=field)


@dataclass(frozen=True, kw_only=True, slots=True)
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
class Rules:
    """What the SIS itself checks and does. Its methods run inside a transaction of the state."""

    state: State
    options: Options
    capabilities: Capabilities

    def perform(self, request: Request) -> Written:
        """Carry out a write; raises what the SIS answers instead."""
        match request.operation:
            case Operation.CREATE:
                return self._create(request)
            case Operation.UPDATE | Operation.CANCEL:
                return self._change(request)
            case Operation.DELETE:
                doc, _term = self._current(request)
                if doc.get("enrollment", "") not in {"", "0"}:
                    raise refusal("A section with enrolled students cannot be deleted.", field="enrollment")
                self.state.drop(request.merge_type, request.sis_id)
                return Written(sis_id=request.sis_id)

    def _current(self, request: Request) -> tuple[dict[str, Any], str]:
        found = self.state.get(request.merge_type, request.sis_id)
        if found is None:
            raise SisNotFound(f"The SIS has no record {request.sis_id} among its {request.merge_type}.")
        doc, term, revision = found
        if request.token and request.token != str(revision):
            raise SisConflict(f"Record {request.sis_id} was changed in the SIS meanwhile.")
        return doc, term

    def _change(self, request: Request) -> Written:
        doc, term = self._current(request)
        body = self._rendered(request.body)
        self._check(request, {**doc, **body}, changed=body.keys())
        revision = self.state.put(request.merge_type, term, request.sis_id, {**doc, **body})
        return self._answer(request.sis_id, revision)

    def _create(self, request: Request) -> Written:
        state, kind = self.state, request.merge_type
        keys = {
            Key.CLIENT_REF: ("ref", request.ref),
            Key.NATURAL_KEY: ("natural", natural_key(kind, request.body)),
        }
        for key, (column, value) in keys.items():
            if key not in self.capabilities.unique_keys:
                continue
            if holder := state.holder(kind, request.term, column=column, value=value):
                raise SisAlreadyExists(f"The SIS has this record already, as {holder}.", sis_id=holder)
        doc = self._rendered(request.body)
        if not state.has(MergeType.TERMS, request.term):
            raise refusal(f"The SIS has no term {request.term}.", field="term")
        self._check(request, doc, changed=doc.keys() | {"course", "members"})
        if kind == MergeType.SECTIONS:
            doc |= {"enrollment": "0", "waitlisted": "0"}
        sis_id = state.fresh_id(kind)
        return self._answer(sis_id, state.put(kind, request.term, sis_id, doc, ref=request.ref))

    def _answer(self, sis_id: str, revision: int) -> Written:
        return Written(sis_id=sis_id, token=str(revision) if self.capabilities.has_concurrency_token else "")

    def _rendered(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What the SIS keeps of a body: its own fields never, the rest as the options say."""
        doc = {name: value for name, value in body.items() if name not in {*SIS_OWNED, self.options.drops}}
        name, length = self.options.renders
        if name in doc:
            doc[name] = doc[name][:length]
        return doc

    def _check(self, request: Request, doc: Mapping[str, Any], *, changed: Any) -> None:
        """Refuse what refers to nothing. Only what changed is looked at: a real SIS holds old faults too."""
        if request.merge_type == MergeType.RELATIONSHIPS:
            if "members" in changed:
                self._check_members(doc.get("members") or [])
            return
        for name, merge_type, wanted in self._references(doc, changed):
            if not self.state.has(merge_type, wanted):
                raise refusal(f"The SIS has no {name} {wanted}.", field=FIELDS[name])
        if Key.NATURAL_KEY in self.capabilities.unique_keys and {"course", "section_number"} & set(changed):
            key = natural_key(request.merge_type, doc)
            holder = self.state.holder(
                request.merge_type, request.term, column="natural", value=key, but=request.sis_id
            )
            if holder:
                message = f"Section number {doc.get('section_number')} of this course is used by {holder}."
                raise refusal(message, field="section_number")

    def _references(self, doc: Mapping[str, Any], changed: Any) -> Iterator[tuple[str, str, str]]:
        """(name, type, id) of everything that a section's changed fields point at."""
        if "course" in changed:
            yield "course", "courses", doc.get("course", "")
        for one in doc.get("meetings") or () if "meetings" in changed else ():
            building, room = one.get("building", ""), one.get("room", "")
            if building:
                yield "building", "buildings", building
            if room:
                yield "room", "rooms", f"{building}/{room}"
        for one in doc.get("instructors") or () if "instructors" in changed else ():
            yield "instructor", "instructors", one.get("instructor", "")

    def _check_members(self, members: list[dict[str, Any]]) -> None:
        if len({one["section"] for one in members}) < 2:
            raise refusal("A group has at least two members.", field="members")
        for one in members:
            if not self.state.has(MergeType.SECTIONS, one["section"]):
                raise refusal(f"The SIS has no section {one['section']}.", field="members")


FIELDS = {"course": "course", "building": "meetings", "room": "meetings", "instructor": "instructors"}


@dataclass(kw_only=True)
class MemoryWriter:
    """Implements `port.Writer` on the fake SIS."""

    state: State
    rules: Rules
    term: str
    now: dt.datetime
    faults: Faults = field(init=False)

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
        if not self.rules.capabilities.can(merge_type, operation):
            raise SisRejected(f"This SIS does not take {operation.value} of {merge_type.value}.")
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
        if fault == "late" or self.rules.capabilities.applies_later_seconds is not None:
            return self._hand_over(request, is_lost=fault == "late")
        written = self._perform(request)
        if fault == "kill_after_effect":
            kill()
        if fault == "timeout_after_effect":
            raise SisOutcomeUnknown("The SIS's answer was lost.")
        return written

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

    def _hand_over(self, request: Request, *, is_lost: bool) -> Written:
        capabilities = self.rules.capabilities
        delay = capabilities.applies_later_seconds
        if delay is None:
            delay = min(LATE_SECONDS, capabilities.late_request_seconds or LATE_SECONDS)
        with self.state.change() as db:
            db.execute(
                "INSERT INTO pending (due, operation, type, term, id, ref, body) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    self.state.count_up("clock", 0) + delay,
                    request.operation.value,
                    request.merge_type,
                    request.term,
                    request.sis_id,
                    request.ref,
                    encode(request.body),
                ],
            )
            self._note(request, answer="late" if is_lost else "accepted")
        if is_lost:
            raise SisOutcomeUnknown("The SIS's answer was lost.")
        return Written(sis_id=request.sis_id)

    def tick(self, seconds: int) -> None:
        """Let the SIS's clock go on: what is due takes effect, in the order in which it came."""
        with self.state.change() as db:
            now = self.state.count_up("clock", seconds)
            due = db.execute(
                "SELECT n, operation, type, term, id, ref, body FROM pending WHERE due <= ? ORDER BY n", [now]
            ).fetchall()
            for number, operation, merge_type, term, sis_id, ref, body in due:
                db.execute("DELETE FROM pending WHERE n = ?", [number])
                request = Request(
                    operation=Operation(operation),
                    merge_type=merge_type,
                    term=term,
                    sis_id=sis_id,
                    ref=ref,
                    body=decode(body),
                )
                try:
                    written = self.rules.perform(request)
                except SisError as error:
                    self._note(request, answer=type(error).__name__)
                else:
                    self._note(request, sis_id=written.sis_id, answer="applied", took_effect=True)
