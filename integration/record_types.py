"""The two record types that go both ways, behind one face: planning, applying and delivery are written once.

A type says how a record is read, what it holds here, how it is written here, and what it is called.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from integration.fieldsets import (
    LOCAL_MEMBER,
    Member,
    relationship_policies,
    section_policies,
)
from integration.incoming import Incoming, read_relationship, read_section
from integration.linkstate import policy_salt
from integration.merge.policy import FieldPolicy
from integration.merge.records import Value, Values
from integration.references import CourseFacts, References, load_references
from integration.settings import MergeSettings, TypeSettings
from integration.sis.port import Capabilities, MergeType, SisRecord
from scheduling.domain.fields import Catalogue
from scheduling.models import Relationship, Section
from scheduling.selectors import values_of_relationships, values_of_sections
from scheduling.services import imports
from scheduling.services.audit import Author
from scheduling.services.reference_data import add_placeholder_courses


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalState:
    """One record as it stands here."""

    version: int
    values: Values
    sis_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRecord:
    """A record of the SIS to be made here; `former_id`: the local id it had, if it returns."""

    sis_id: str
    values: Values
    former_id: int | None = None
    rule: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalUpdate:
    """Fields of one record here that the SIS decides."""

    record_id: int
    version: int
    before: Values
    after: Values
    rules: Mapping[str, str] = field(default_factory=dict)
    action: str = "UPDATE"


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalRemoval:
    """A record here that the SIS removed."""

    record_id: int
    before: Values


class RecordType(Protocol):
    """What planning, applying and delivery ask of a type."""

    merge_type: MergeType
    id_column: str
    term: str

    @property
    def settings(self) -> TypeSettings: ...
    def policies(self, sis_id: str) -> Sequence[FieldPolicy]: ...
    def salt(self, sis_id: str) -> bytes: ...
    def read(self, record: SisRecord) -> Incoming: ...
    def promise(self, course: str, subject: str, number: str) -> None: ...
    def ours(self, ids: Sequence[int], *, lock: bool = False) -> dict[int, LocalState]: ...
    def label(self, values: Values) -> str: ...
    def natural_key(self, values: Values) -> tuple[str, ...]: ...
    def is_sendable(self, values: Values) -> bool: ...
    def waits_for(self, values: Values) -> tuple[str, ...]: ...
    def still_possible(self, values: Values) -> Values: ...
    def create(self, new: Sequence[NewRecord], author: Author) -> list[int]: ...
    def update(self, updates: Sequence[LocalUpdate], author: Author) -> None: ...
    def remove(self, removals: Sequence[LocalRemoval], author: Author, *, rule: str) -> None: ...
    def set_sis_ids(self, pairs: Sequence[tuple[int, str | None]], author: Author) -> None: ...


@dataclass(kw_only=True)
class SectionType:
    """Sections of one term."""

    term: str
    catalogue: Catalogue
    merge_settings: MergeSettings
    capabilities: Capabilities
    merge_type: MergeType = MergeType.SECTIONS
    id_column: str = "section_id"
    promised: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Courses that sections name before the SIS has told of them: SIS id -> (subject, number)."""

    @property
    def settings(self) -> TypeSettings:
        """The settings of sections."""
        return self.merge_settings.of(MergeType.SECTIONS)

    @cached_property
    def references(self) -> References:
        """Courses, places and people of the term, loaded once."""
        return load_references(self.term)

    @cached_property
    def _policies(self) -> tuple[FieldPolicy, ...]:
        return section_policies(self.catalogue, self.settings, self.capabilities)

    @cached_property
    def _salt(self) -> bytes:
        return policy_salt(self._policies)

    def policies(self, sis_id: str) -> Sequence[FieldPolicy]:
        """The rules for the section with this SIS id."""
        if sis_id not in self.settings.overrides:
            return self._policies
        return section_policies(self.catalogue, self.settings, self.capabilities, sis_id=sis_id)

    def salt(self, sis_id: str) -> bytes:
        """Stands for the rules in the kept fingerprints."""
        return self._salt if sis_id not in self.settings.overrides else policy_salt(self.policies(sis_id))

    @property
    def makes_placeholders(self) -> bool:
        """Whether sections come before their courses."""
        order = self.capabilities.order
        return order.index(MergeType.SECTIONS) < order.index(MergeType.COURSES)

    def read(self, record: SisRecord) -> Incoming:
        """The record in canonical form."""
        found = read_section(record, self.catalogue, self.references, placeholders=self.makes_placeholders)
        if self.makes_placeholders:
            self.promise(str(found.values.get("course")), found.subject, found.number)
        return found

    def promise(self, course: str, subject: str, number: str) -> None:
        """Note a course that a section names, should it have to be made."""
        if course not in self.references.courses:
            self.promised[course] = (subject, number)

    def ours(self, ids: Sequence[int], *, lock: bool = False) -> dict[int, LocalState]:
        """The sections as they stand here, optionally locked (in id order, so that nobody deadlocks)."""
        if lock:
            list(
                Section.objects.select_for_update()
                .filter(pk__in=ids)
                .order_by("id")
                .values_list("id", flat=True)
            )
        return {
            pk: LocalState(version=state.version, values=state.values, sis_id=state.sis_id or "")
            for pk, state in values_of_sections(ids).items()
        }

    def label(self, values: Values) -> str:
        """What people call it: subject, number, section number."""
        sis_id = str(values.get("course"))
        course = self.references.courses.get(sis_id)
        name = course.label if course else " ".join(self.promised.get(sis_id, (sis_id,)))
        return f"{name} {values.get('section_number') or ''}".strip()

    def natural_key(self, values: Values) -> tuple[str, ...]:
        """Course (SIS id) and section number; the term is given."""
        return str(values.get("course")), str(values.get("section_number"))

    def is_sendable(self, values: Values) -> bool:
        """Every section may go to the SIS."""
        return True

    def waits_for(self, values: Values) -> tuple[str, ...]:
        """A section waits for nothing."""
        return ()

    def still_possible(self, values: Values) -> Values:
        """A section's values stand by themselves."""
        return values

    def create(self, new: Sequence[NewRecord], author: Author) -> list[int]:
        """Make the sections, and placeholder courses for those that come before theirs."""
        self._keep_promises((one.values for one in new), author)
        return imports.create_sections(
            [
                imports.NewSection(
                    sis_id=one.sis_id, values=one.values, section_id=one.former_id, rule=one.rule
                )
                for one in new
            ],
            term_code=self.term,
            places=self.references,
            author=author,
        )

    def _keep_promises(self, written: Iterable[Values], author: Author) -> None:
        named = {str(values["course"]) for values in written if "course" in values}
        wanted = {course: self.promised[course] for course in sorted(named & self.promised.keys())}
        for sis_id, made in add_placeholder_courses(wanted, term_code=self.term, author=author).items():
            self.references.courses[sis_id] = CourseFacts(id=made.pk, label=str(made))
            del self.promised[sis_id]

    def update(self, updates: Sequence[LocalUpdate], author: Author) -> None:
        """Write what the SIS decides."""
        self._keep_promises((one.after for one in updates), author)
        imports.update_sections(
            [
                imports.SectionUpdate(
                    section_id=one.record_id,
                    version=one.version,
                    before=one.before,
                    after=one.after,
                    rules=one.rules,
                    action=one.action,
                )
                for one in updates
            ],
            term_code=self.term,
            places=self.references,
            author=author,
        )

    def remove(self, removals: Sequence[LocalRemoval], author: Author, *, rule: str) -> None:
        """Follow a removal of the SIS."""
        imports.remove_sections(
            [imports.Removal(record_id=one.record_id, before=one.before) for one in removals],
            term_code=self.term,
            author=author,
            rule=rule,
        )

    def set_sis_ids(self, pairs: Sequence[tuple[int, str | None]], author: Author) -> None:
        """Note ids that the SIS gave."""
        imports.set_sis_ids(Section, pairs, author=author, term_code=self.term)


@dataclass(kw_only=True)
class RelationshipType:
    """Relationships of one term. Members are named by their section's SIS id."""

    term: str
    merge_settings: MergeSettings
    capabilities: Capabilities
    merge_type: MergeType = MergeType.RELATIONSHIPS
    id_column: str = "relationship_id"

    @property
    def settings(self) -> TypeSettings:
        """The settings of relationships."""
        return self.merge_settings.of(MergeType.RELATIONSHIPS)

    @cached_property
    def sections(self) -> dict[str, int]:
        """SIS id -> section id, for the whole term (keys only)."""
        linked = Section.objects.filter(term_id=self.term, sis_id__isnull=False).order_by()
        return {str(sis_id): pk for sis_id, pk in linked.values_list("sis_id", "id")}

    @cached_property
    def _policies(self) -> tuple[FieldPolicy, ...]:
        return relationship_policies(self.settings)

    @cached_property
    def _salt(self) -> bytes:
        return policy_salt(self._policies)

    def policies(self, sis_id: str) -> Sequence[FieldPolicy]:
        """The rules, the same for every relationship."""
        return self._policies

    def salt(self, sis_id: str) -> bytes:
        """Stands for the rules in the kept fingerprints."""
        return self._salt

    def read(self, record: SisRecord) -> Incoming:
        """The record in canonical form."""
        return read_relationship(record, self.sections)

    def promise(self, course: str, subject: str, number: str) -> None:
        """A relationship names no course."""

    def ours(self, ids: Sequence[int], *, lock: bool = False) -> dict[int, LocalState]:
        """The relationships as they stand here, optionally locked in id order."""
        if lock:
            rows = Relationship.objects.select_for_update().filter(pk__in=ids).order_by("id")
            list(rows.values_list("id", flat=True))
        states = values_of_relationships(ids)
        member_ids = {section for state in states.values() for section, _primary in state.members}
        names = dict(Section.objects.filter(pk__in=member_ids).order_by().values_list("id", "sis_id"))
        return {
            pk: LocalState(
                version=state.version,
                values={
                    "kind": state.kind,
                    "capacity": state.capacity,
                    "members": tuple(
                        sorted(
                            Member(section=names[one] or f"{LOCAL_MEMBER}{one}", is_primary=primary)
                            for one, primary in state.members
                        )
                    ),
                },
                sis_id=state.sis_id or "",
            )
            for pk, state in states.items()
        }

    def label(self, values: Values) -> str:
        """Kind and members."""
        members = ", ".join(one.section for one in values.get("members") or ())
        return f"{str(values.get('kind') or '').capitalize()} of {members}"[:120]

    def natural_key(self, values: Values) -> tuple[str, ...]:
        """Kind and sorted members (MERGE.md, Relationships)."""
        return (str(values.get("kind")), *sorted(one.section for one in values.get("members") or ()))

    def is_sendable(self, values: Values) -> bool:
        """Whether the SIS can hold this kind; others stay here, untouched by merges."""
        return values.get("kind") in self.capabilities.relationship_kinds

    def waits_for(self, values: Values) -> tuple[str, ...]:
        """Members that the SIS does not have yet."""
        return tuple(
            one.section for one in values.get("members") or () if one.section.startswith(LOCAL_MEMBER)
        )

    def still_possible(self, values: Values) -> Values:
        """The values without members that are gone: that they left is no edit of the group (MERGE.md)."""
        members = values.get("members") or ()
        return {**values, "members": tuple(one for one in members if one.section in self.sections)}

    def _members(self, members: Value) -> list[tuple[int, bool]]:
        return [(self._section_id(one.section), one.is_primary) for one in members]

    def _section_id(self, name: str) -> int:
        if name.startswith(LOCAL_MEMBER):
            return int(name.removeprefix(LOCAL_MEMBER))
        return self.sections[name]

    def create(self, new: Sequence[NewRecord], author: Author) -> list[int]:
        """Make the relationships."""
        return imports.create_relationships(
            [
                imports.NewRelationship(
                    sis_id=one.sis_id,
                    kind=str(one.values["kind"]),
                    capacity=one.values.get("capacity"),
                    members=self._members(one.values.get("members") or ()),
                    relationship_id=one.former_id,
                    rule=one.rule,
                )
                for one in new
            ],
            term_code=self.term,
            author=author,
        )

    def update(self, updates: Sequence[LocalUpdate], author: Author) -> None:
        """Write what the SIS decides."""
        imports.update_relationships(
            [
                imports.RelationshipUpdate(
                    relationship_id=one.record_id,
                    version=one.version,
                    kind=str(one.before["kind"]),
                    before=self._plain(one.before),
                    after=self._plain(one.after),
                    rules=one.rules,
                )
                for one in updates
            ],
            term_code=self.term,
            author=author,
        )

    def _plain(self, values: Values) -> dict[str, Any]:
        return {name: self._members(value) if name == "members" else value for name, value in values.items()}

    def remove(self, removals: Sequence[LocalRemoval], author: Author, *, rule: str) -> None:
        """Follow a dissolution of the SIS."""
        imports.remove_relationships(
            [imports.Removal(record_id=one.record_id, before=one.before) for one in removals],
            term_code=self.term,
            author=author,
            rule=rule,
        )

    def set_sis_ids(self, pairs: Sequence[tuple[int, str | None]], author: Author) -> None:
        """Note ids that the SIS gave."""
        imports.set_sis_ids(Relationship, pairs, author=author, term_code=self.term)
