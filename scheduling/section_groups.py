"""The relationships of a section: crosslists and linked sections, with the members one may see."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from phases.policy import Action, SectionFacts
from scheduling.models import RelationshipMember, Section
from scheduling.pills import Pill, section_pill
from scheduling.selectors import LABEL_COLUMNS
from scheduling.services.field_locks import FieldLocks
from scheduling.visibility import Viewer, visible_departments


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A section of the group. `is_this`: the one whose page it is."""

    pk: int
    label: str
    title: str
    pill: Pill
    is_cancelled: bool
    is_primary: bool
    is_this: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """A relationship. `concealed`: labels of members whose departments the reader does not see."""

    pk: int
    kind: str
    capacity: int | None
    members: Sequence[Member]
    concealed: Sequence[str]

    @property
    def hidden(self) -> int:
        """How many members the reader does not see."""
        return len(self.concealed)


def groups_of(section: Section, actor: Viewer) -> list[Group]:
    """The relationships of a section, in one query; members of other departments are only counted."""
    mine = RelationshipMember.objects.filter(section=section.pk).values("relationship_id")
    rows = (
        RelationshipMember.objects.filter(relationship__in=mine)
        .select_related("relationship", "section__course")
        .order_by(
            "relationship_id", "-is_primary", "section__course__subject", "section__course__number", "pk"
        )
    )
    codes = visible_departments(actor)
    found: dict[int, list[RelationshipMember]] = defaultdict(list)
    for row in rows:
        found[row.relationship_id].append(row)
    return [_group(members, section, codes) for members in found.values()]


def _group(members: Sequence[RelationshipMember], section: Section, codes: frozenset[str] | None) -> Group:
    shown = [one for one in members if codes is None or one.section.course.department_id in codes]
    return Group(
        pk=members[0].relationship_id,
        kind=members[0].relationship.get_kind_display(),
        capacity=members[0].relationship.capacity,
        members=[_member(one, section) for one in shown],
        concealed=[str(one.section) for one in members if one not in shown],
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupLocks:
    """Why the reader may not change the relationships of a section, or parts of them; a sentence each."""

    sentences: Sequence[str] = ()
    can_group: bool = False
    """Whether they may group the section with others of its department."""


def concealed_labels(
    section_ids: Collection[int], codes: frozenset[str] | None
) -> Mapping[int, Sequence[str]]:
    """Section id -> labels of the members of its groups that are outside `codes` (None: nobody is outside).

    One query, or none where nothing is concealed.
    """
    found: dict[int, list[str]] = defaultdict(list)
    if codes is None or not section_ids:
        return found
    member = "relationship__members__section"
    rows = RelationshipMember.objects.filter(section__in=section_ids).order_by("relationship", "pk")
    for pk, department, *label in rows.values_list(
        "section_id", f"{member}__course__department", *(f"{member}__{name}" for name in LABEL_COLUMNS)
    ):
        if department not in codes:
            found[pk].append(" ".join(label))
    return found


def group_locks(section: Section, actor: Viewer, locks: FieldLocks) -> GroupLocks:
    """What the reader may not change of the relationships of a section, and why; `locks`: of its term."""
    facts = SectionFacts(section_id=section.pk, departments=frozenset([section.course.department_id]))
    decision = locks.policies[section.term_id].action(actor, facts, Action.EDIT_RELATIONSHIPS)
    if not decision.is_allowed:
        return GroupLocks(sentences=[decision.reason])
    locked = locks.sources.of_relationship(section.term_id)
    return GroupLocks(sentences=list(dict.fromkeys(locked.values())), can_group="members" not in locked)


def _member(row: RelationshipMember, section: Section) -> Member:
    return Member(
        pk=row.section_id,
        label=str(row.section),
        title=row.section.title or row.section.course.title,
        pill=section_pill(row.section.status),
        is_cancelled=row.section.status == Section.Status.CANCELLED,
        is_primary=row.is_primary,
        is_this=row.section_id == section.pk,
    )
