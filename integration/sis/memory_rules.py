"""What the fake SIS checks and does when it is written to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .exchange import COLUMNS
from .memory_options import Options
from .memory_state import SMALLEST_GROUP, State, natural_key
from .port import (
    Capabilities,
    Key,
    MergeType,
    Operation,
    SisAlreadyExists,
    SisConflict,
    SisNotFound,
    SisRejected,
    Written,
)

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
        doc, term, _revision = found
        self.check_token(request)
        return doc, term

    def check_token(self, request: Request) -> None:
        """Raise `SisConflict` for a token that is not the record's present one."""
        found = self.state.get(request.merge_type, request.sis_id)
        if found is not None and request.token and request.token != str(found[2]):
            raise SisConflict(f"Record {request.sis_id} was changed in the SIS meanwhile.")

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
        doc = {**BLANK[kind], **self._rendered(request.body)}
        if not state.has(MergeType.TERMS, request.term):
            raise refusal(f"The SIS has no term {request.term}.", field="term")
        self._check(request, doc, changed=doc.keys())
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
                self._check_members(request.sis_id, doc)
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

    def _check_members(self, sis_id: str, doc: Mapping[str, Any]) -> None:
        members = [one["section"] for one in doc["members"]]
        if len(set(members)) < SMALLEST_GROUP:
            raise refusal("A group has at least two members.", field="members")
        for section in members:
            if not self.state.has(MergeType.SECTIONS, section):
                raise refusal(f"The SIS has no section {section}.", field="members")
            for other, _term, group in self.state.groups_of(section):
                if other != sis_id and {"CROSSLIST"} == {doc["kind"], group["kind"]}:
                    raise refusal(f"Section {section} is in the crosslist group {other}.", field="members")


BLANK: Mapping[str, Mapping[str, Any]] = {
    MergeType.SECTIONS: {
        **dict.fromkeys(set(COLUMNS["sections"]) - {"id", "term", "course_id"} | {"course"}, ""),
        "status": "ACTIVE",
        "enrollment": "0",
        "waitlisted": "0",
        "meetings": [],
        "instructors": [],
    },
    MergeType.RELATIONSHIPS: {"kind": "", "capacity": "", "members": []},
}
"""What a new record has where nothing is said."""
FIELDS = {"course": "course", "building": "meetings", "room": "meetings", "instructor": "instructors"}
