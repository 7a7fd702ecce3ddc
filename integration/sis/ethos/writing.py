"""Writes to one term of an Ethos site: sections with their events and assignments, and crosslists.

What is there is read first and only the difference is sent, so a sequence that was broken off goes on where
it stopped when the engine comes again. What is about to be changed must still be as it was when that was
decided: there is no concurrency token, so the moment in which an edit can be written over is kept short.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from integration.sis.ethos.differences import Held, meeting_changes, team_steps
from integration.sis.ethos.lookup import NIL
from integration.sis.ethos.meetings import event_of, meeting_of
from integration.sis.ethos.reading import Reader
from integration.sis.ethos.sections import new_section, section_body, section_values
from integration.sis.ethos.sequence import Sequence as Steps
from integration.sis.ethos.teams import assignment_body, team_of, whole
from integration.sis.port import (
    Capabilities,
    MergeType,
    Operation,
    SisAlreadyExists,
    SisConflict,
    SisNotFound,
    SisRejected,
    Written,
)
from scheduling.domain.values import Assignment, Meeting, assignment, fill_meeting_dates, meeting

EVENTS, TEAM, CROSSLISTS = "instructional-events", "section-instructors", "section-crosslists"
PART_FIELDS = frozenset({"meetings", "instructors"})
TAKEN = frozenset({"section_number", "members"})
"""Fields whose refusal on a create may mean that the record is there already."""
Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class There:
    """What a write to a section is about, as it stands just before; the rest is empty."""

    document: Document
    events: Sequence[Document]
    team: Sequence[Document]


@dataclass(kw_only=True)
class EthosWriter:
    """Implements `port.Writer` for one term."""

    reader: Reader
    capabilities: Capabilities
    term: str

    def create(self, merge_type: MergeType, values: Mapping[str, Any], *, client_ref: str) -> Written:
        """A new record with its parts. Ethos has no room for our reference."""
        self.capabilities.check(merge_type, Operation.CREATE, values)
        with self._steps() as steps:
            try:
                if merge_type is MergeType.RELATIONSHIPS:
                    group = {**values, "members": _with_primary(values["members"])}
                    made = steps.post(CROSSLISTS, {"id": NIL} | _group_body(group))
                    return Written(sis_id=str(made["id"]))
                return self._create_section(steps, values)
            except SisRejected as error:
                if steps.done or error.field not in TAKEN:
                    raise
                raise self._already_there(merge_type, values, error) from error

    def _steps(self) -> Steps:
        return Steps(client=self.reader.client, sleep=self.reader.client.sleep)

    def _create_section(self, steps: Steps, values: Mapping[str, Any]) -> Written:
        codes, dialect = self.reader.codes, self.reader.dialect
        values = self._with_dates(values)
        body = new_section(values, term=self.term, look=codes, dialect=dialect)
        team = whole(values.get("instructors") or ())
        dated = self._dated(values.get("meetings") or (), values)
        method = body["instructionalMethods"][0]["id"]
        events = [self._event(one, NIL, "", method) for one in dated]  # what cannot be said is known before
        guid = str(steps.post("sections", body)["id"])
        self.reader.sections_of.setdefault(self.term, set()).add(guid)
        for event in events:
            steps.post(EVENTS, event | {"section": {"id": guid}})
        for step in team_steps((), team):
            if step.wanted is not None:
                steps.post(TEAM, self._assignment(step.wanted, NIL, guid))
        return Written(sis_id=guid)

    def _with_dates(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A new section without dates has those of its term: the SIS needs the first, meetings both."""
        dates = {"start_date": "startOn", "end_date": "endOn"}
        blank = [name for name in dates if not values.get(name)]
        period = (self.reader.term_document(self.term) if blank else None) or {}
        return {**values, **{name: str(period.get(dates[name]) or "")[:10] or None for name in blank}}

    def _already_there(
        self, merge_type: MergeType, values: Mapping[str, Any], error: SisRejected
    ) -> SisRejected | SisAlreadyExists:
        """The SIS refuses a second one: name the first, where it can be found."""
        if merge_type is MergeType.SECTIONS:
            found = self.reader.sections_numbered(self.term, values["course"], values["section_number"])
            there = [sis_id for sis_id, one in found.items() if one["status"] != "CANCELLED"]
        else:
            there = list(self.reader.groups_of([one.section for one in values["members"]]))
        if len(there) != 1:
            return error
        return SisAlreadyExists(error.message, sis_id=there[0], words=error.words)

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
        """The changed properties, then the parts that differ."""
        self.capabilities.check(merge_type, Operation.UPDATE, changes)
        with self._steps() as steps:
            if merge_type is MergeType.RELATIONSHIPS:
                steps.put(CROSSLISTS, sis_id, {"id": sis_id} | _group_body(changes))
                return Written(sis_id=sis_id)
            if changes.get("status") == "CANCELLED" and self.reader.dialect.is_banner:
                self._empty(steps, sis_id)
                changes = {name: value for name, value in changes.items() if name not in PART_FIELDS}
                changes = changes | {"capacity": 0}
            there = self._look(sis_id, changes)
            self._put_section(steps, sis_id, changes, there.document)
            self._put_parts(steps, sis_id, changes, values, there)
        return Written(sis_id=sis_id)

    def _look(self, sis_id: str, changes: Mapping[str, Any]) -> There:
        """What the changes are about. Raises `SisConflict` where it is no longer as it was read."""
        codes, dialect = self.reader.codes, self.reader.dialect
        own = changes.keys() - PART_FIELDS
        there = There(
            document=self._document(sis_id) if own else {},
            events=self.reader.parts(EVENTS, sis_id) if "meetings" in changes else (),
            team=self.reader.parts(TEAM, sis_id) if "instructors" in changes else (),
        )
        now = {
            **(section_values(there.document, codes, dialect) if own else {}),
            "meetings": [meeting_of(one, codes, dialect.zone) for one in there.events],
            "instructors": team_of(there.team, codes),
        }
        read = self.reader.shown.get(sis_id) or {}
        changed = [
            name for name in sorted(changes.keys() & read.keys()) if not _is_same(now[name], read[name])
        ]
        if changed:
            raise SisConflict(f"The SIS changed {', '.join(changed)} just now; it is read again.")
        return there

    def _put_section(self, steps: Steps, sis_id: str, changes: Mapping[str, Any], current: Document) -> None:
        own = {name: value for name, value in changes.items() if name not in PART_FIELDS}
        if not own:
            return
        body = section_body(
            own,
            term=self.term,
            current=current,
            look=self.reader.codes,
            dialect=self.reader.dialect,
        )
        steps.put("sections", sis_id, {"id": sis_id} | body)

    def _document(self, sis_id: str) -> Document:
        document = self.reader.client.one("sections", sis_id)
        if document is None:
            raise SisNotFound("The SIS does not have this section any more.")
        return document

    def _put_parts(
        self, steps: Steps, sis_id: str, changes: Mapping[str, Any], values: Mapping[str, Any], there: There
    ) -> None:
        team = whole(changes["instructors"] or ()) if "instructors" in changes else None
        wanted = self._dated(changes["meetings"] or (), values) if "meetings" in changes else None
        if team is None and wanted is None:
            return
        doomed: tuple[str, ...] = ()
        staying: tuple[str, ...] = ()
        if wanted is not None:
            doomed, staying = self._put_meetings(steps, self._document(sis_id), there.events, wanted)
        if team is not None:
            self._put_team(steps, sis_id, self._held(there.team), team)
        if doomed and self.reader.dialect.is_banner:
            self._point_elsewhere(steps, sis_id, doomed=doomed, staying=staying)
        for guid in doomed:
            steps.delete(EVENTS, guid)

    def _put_meetings(
        self, steps: Steps, document: Document, events: Sequence[Document], wanted: Sequence[Meeting]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Change and make events; (GUIDs that are to go, GUIDs that stay)."""
        section = str(document["id"])
        method = (document.get("instructionalMethods") or [{"id": ""}])[0]["id"]
        zone, codes = self.reader.dialect.zone, self.reader.codes
        there = [(str(one["id"]), meeting(meeting_of(one, codes, zone))) for one in events]
        plan = meeting_changes(there, wanted)
        bodies = [(guid, self._event(one, guid, section, method)) for guid, one in plan.changed]
        new = [self._event(one, NIL, section, method) for one in plan.new]
        for guid, body in bodies:
            steps.put(EVENTS, guid, body)
        made = tuple(str(steps.post(EVENTS, body).get("id", "")) for body in new)
        staying = tuple(guid for guid, _meeting in there if guid not in plan.gone)
        return plan.gone, (*staying, *filter(None, made))

    def _held(self, team: Sequence[Document]) -> list[Held]:
        held = []
        for one in team:
            (values,) = team_of([one], self.reader.codes)
            held.append(Held(guid=str(one["id"]), assignment=assignment(values)))
        return held

    def _put_team(self, steps: Steps, section: str, held: Sequence[Held], team: Sequence[Assignment]) -> None:
        for step in team_steps(held, team):
            if step.wanted is None:
                steps.delete(TEAM, step.guid)
            elif step.guid:
                steps.put(TEAM, step.guid, self._assignment(step.wanted, step.guid, section))
            else:
                steps.post(TEAM, self._assignment(step.wanted, NIL, section))

    def _point_elsewhere(
        self, steps: Steps, section: str, *, doomed: Sequence[str], staying: Sequence[str]
    ) -> None:
        """Banner keeps an event that an assignment names: each gets the events that stay instead."""
        for one in self.reader.parts(TEAM, section):
            named = {str(event["id"]) for event in one.get("instructionalEvents") or ()}
            if named & set(doomed):
                kept = {name: one[name] for name in ("id", "section", "instructor")}
                events = [{"id": guid} for guid in staying]
                steps.put(TEAM, str(one["id"]), kept | {"instructionalEvents": events})

    def _event(self, one: Meeting, event_id: str, section: str, method: str) -> dict[str, Any]:
        return event_of(
            one,
            event_id=event_id,
            section=section,
            method=method,
            look=self.reader.codes,
            dialect=self.reader.dialect,
        )

    def _assignment(self, one: Assignment, assignment_id: str, section: str) -> dict[str, Any]:
        return assignment_body(one, assignment_id=assignment_id, section=section, look=self.reader.codes)

    def _dated(self, meetings: Sequence[Meeting], values: Mapping[str, Any]) -> tuple[Meeting, ...]:
        """The meetings with blank dates filled from the section's, as the SIS holds them."""
        dates = {name: values.get(name) or "" for name in ("start_date", "end_date")}
        return fill_meeting_dates(meetings, **dates)

    # ---- removals, in the reverse order of a create

    def cancel(self, merge_type: MergeType, sis_id: str, *, token: str, client_ref: str) -> Written:
        """Colleague: the status. Banner: instructors, meetings, then capacity 0 and the status."""
        self.capabilities.check(merge_type, Operation.CANCEL, {})
        changes: dict[str, Any] = {"status": "CANCELLED"}
        with self._steps() as steps:
            if self.reader.dialect.is_banner:
                self._empty(steps, sis_id)
                changes |= {"capacity": 0}
            self._put_section(steps, sis_id, changes, {})
        return Written(sis_id=sis_id)

    def delete(self, merge_type: MergeType, sis_id: str, *, token: str, client_ref: str) -> Written:
        """A crosslist; in Banner also a section, after its instructors and meetings."""
        self.capabilities.check(merge_type, Operation.DELETE, {})
        read: Callable[[str, str], Document | None] = self.reader.client.one
        resource = CROSSLISTS if merge_type is MergeType.RELATIONSHIPS else "sections"
        if read(resource, sis_id) is None:
            raise SisNotFound("The SIS does not have this record any more.")
        with self._steps() as steps:
            if merge_type is MergeType.SECTIONS:
                self._empty(steps, sis_id)
            steps.delete(resource, sis_id)
        return Written(sis_id=sis_id)

    def _empty(self, steps: Steps, section: str) -> None:
        """Take instructors, then meetings off a section."""
        for step in team_steps(self._held(self.reader.parts(TEAM, section)), ()):
            steps.delete(TEAM, step.guid)
        for event in self.reader.parts(EVENTS, section):
            steps.delete(EVENTS, str(event["id"]))


def _is_same(one: Any, other: Any) -> bool:
    """Whether two readings are alike, in whatever order a list came."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(item in other for item in one)
    return bool(one == other)


def _with_primary(members: Sequence[Any]) -> Sequence[Any]:
    """A new crosslist needs a primary section: the first, where none is marked; reading it back tells."""
    if any(one.is_primary for one in members):
        return members
    return [structs.replace(one, is_primary=one is members[0]) for one in members]


def _group_body(values: Mapping[str, Any]) -> dict[str, Any]:
    """A crosslist's properties. Raises `SisRejected` unless exactly one member is primary."""
    body: dict[str, Any] = {}
    if "members" in values:
        members: Sequence[Any] = values["members"]
        if sum(one.is_primary for one in members) != 1:
            raise SisRejected("This SIS needs one primary section in a crosslist; mark one.", field="members")
        body["sections"] = [
            {"section": {"id": one.section}, "type": "primary" if one.is_primary else "secondary"}
            for one in members
        ]
    if values.get("capacity") is not None or ("capacity" in values and "kind" not in values):
        body["maxEnrollment"] = values["capacity"]
    return body
