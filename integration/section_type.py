"""Sections, as planning, applying and delivery see a record type."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from integration.fieldsets import section_policies
from integration.incoming import Incoming, read_section
from integration.linkstate import policy_salt
from integration.merge.policy import FieldPolicy
from integration.merge.records import Values
from integration.record_types import LocalRemoval, LocalState, LocalUpdate, NewRecord
from integration.references import CourseFacts, References, load_references
from integration.settings import MergeSettings, TypeSettings
from integration.sis.port import Capabilities, MergeType, SisRecord
from scheduling.domain.fields import Catalogue
from scheduling.models import Section
from scheduling.selectors import values_of_sections
from scheduling.services import import_audit, imports
from scheduling.services.audit import Author
from scheduling.services.reference_data import add_placeholder_courses


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

    def is_too_small(self, values: Values) -> bool:
        """A section has no members."""
        return False

    def lost(self, values: Values) -> tuple[str, ...]:
        """A section has no members."""
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
            [import_audit.Removal(record_id=one.record_id, before=one.before) for one in removals],
            term_code=self.term,
            author=author,
            rule=rule,
        )

    def set_sis_ids(self, pairs: Sequence[tuple[int, str | None]], author: Author) -> None:
        """Note ids that the SIS gave."""
        import_audit.set_sis_ids(Section, pairs, author=author, term_code=self.term)
