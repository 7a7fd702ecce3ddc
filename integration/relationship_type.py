"""Relationships, as planning, applying and delivery see a record type."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Q

from integration.fieldsets import LOCAL_MEMBER, Member, relationship_policies
from integration.incoming import Incoming, read_relationship
from integration.linkstate import policy_salt
from integration.merge.policy import FieldPolicy
from integration.merge.records import Value, Values
from integration.models import LinkState
from integration.record_types import LocalRemoval, LocalState, LocalUpdate, NewRecord
from integration.settings import MergeSettings, TypeSettings
from integration.sis.port import Capabilities, MergeType, SisRecord
from scheduling.models import Relationship, RelationshipMember, Section
from scheduling.selectors import values_of_relationships
from scheduling.services import import_audit, relationship_imports
from scheduling.services.audit import Author

SMALLEST_GROUP = 2
"""Sections."""
LOST = Q(link__state=LinkState.RETIRED) | Q(
    Q(link__isnull=True) | Q(link__state=LinkState.NEW), sis_id__isnull=True, status=Section.Status.CANCELLED
)
"""Sections that the SIS removed (Merge Settings keep them as cancelled), or cancelled before it had them."""


def relationship_values(
    kind: str, capacity: int | None, members: Iterable[tuple[int, str | None, bool]]
) -> Values:
    """A group's values; `members`: id, SIS id (None: the SIS does not have it) and whether it is primary."""
    named = (
        Member(section=sis_id or f"{LOCAL_MEMBER}{pk}", is_primary=is_primary)
        for pk, sis_id, is_primary in members
    )
    return {"kind": kind, "capacity": capacity, "members": tuple(sorted(named))}


@dataclass(kw_only=True)
class RelationshipType:
    """Relationships of one term. Members are named by their section's SIS id.

    `sent`: ids of sections that are taken for sent, though the SIS has not named them (a dry run).
    """

    term: str
    merge_settings: MergeSettings
    capabilities: Capabilities
    merge_type: MergeType = MergeType.RELATIONSHIPS
    id_column: str = "relationship_id"
    sent: set[int] = field(default_factory=set)

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
            _lock(ids)
        states = values_of_relationships(ids)
        member_ids = {section for state in states.values() for section, _primary in state.members}
        names = dict(Section.objects.filter(pk__in=member_ids).order_by().values_list("id", "sis_id"))
        return {
            pk: LocalState(
                version=state.version,
                values=relationship_values(
                    state.kind, state.capacity, [(one, names[one], primary) for one, primary in state.members]
                ),
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
        names = (one.section for one in values.get("members") or ())
        unsent = (name for name in names if name.startswith(LOCAL_MEMBER))
        return tuple(name for name in unsent if int(name.removeprefix(LOCAL_MEMBER)) not in self.sent)

    def is_too_small(self, values: Values) -> bool:
        """Whether so few sections are left that it is no group: it is held, not sent (MERGE.md)."""
        return len(values.get("members") or ()) < SMALLEST_GROUP

    def lost(self, values: Values) -> tuple[str, ...]:
        """Members that the SIS does not have and will not have: a group with one is held, not made there."""
        return tuple(one.section for one in values.get("members") or () if one.section in self._lost)

    @cached_property
    def _lost(self) -> frozenset[str]:
        """Sections of the term, as members name them, that the SIS removed or will never be sent."""
        found = Section.objects.filter(LOST, term_id=self.term).order_by()
        return frozenset(sis_id or f"{LOCAL_MEMBER}{pk}" for pk, sis_id in found.values_list("id", "sis_id"))

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
        return relationship_imports.create_relationships(
            [
                relationship_imports.NewRelationship(
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
        relationship_imports.update_relationships(
            [
                relationship_imports.RelationshipUpdate(
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
        relationship_imports.remove_relationships(
            [import_audit.Removal(record_id=one.record_id, before=one.before) for one in removals],
            term_code=self.term,
            author=author,
            rule=rule,
        )

    def set_sis_ids(self, pairs: Sequence[tuple[int, str | None]], author: Author) -> None:
        """Note ids that the SIS gave."""
        import_audit.set_sis_ids(Relationship, pairs, author=author, term_code=self.term)


def _lock(ids: Sequence[int]) -> None:
    """Lock relationships in id order, their members first: that is the order in which a save locks them."""
    members = RelationshipMember.objects.filter(relationship_id__in=ids).order_by("section_id")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM scheduling_section WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE",
            [list(members.values_list("section_id", flat=True))],
        )
    rows = Relationship.objects.select_for_update().filter(pk__in=ids).order_by("id")
    list(rows.values_list("id", flat=True))
