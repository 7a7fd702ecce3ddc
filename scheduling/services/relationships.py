"""The one way in which people change relationships: create, update, dissolve.

The guards are those of the section service: lock, version, the phase asked for every member's department,
audit, and `relationship_saved` inside the transaction. Members are section ids; a group has two or more.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.db import transaction

from phases.policy import Action, Actor, SectionFacts
from phases.selectors import policy_for
from scheduling.crosslist_facts import hidden_words
from scheduling.domain.checks import CheckFailed, Finding, disagreements, introduced
from scheduling.domain.errors import AlreadyGrouped, InvalidValue
from scheduling.domain.fields import CROSSLIST, RELATIONSHIP_CAPACITY, RELATIONSHIP_KINDS
from scheduling.domain.values import whole_number
from scheduling.models import Relationship, RelationshipMember, Section, Term
from scheduling.permissions import acting_user, check_action, check_fields
from scheduling.selectors import RelationshipState, meetings_of, values_of_relationships
from scheduling.surroundings import partners_of
from scheduling.visibility import viewer_for, visible_departments

from . import relationship_rows
from .audit import Author
from .field_locks import relationship_locks
from .foresight import foresee
from .locking import locked_relationship, locked_sections, term_of
from .relationship_rows import Members


class Unset(Enum):
    """Marks an argument that was not given, where None is a value."""

    UNSET = "UNSET"


UNSET = Unset.UNSET


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedRelationship:
    """A relationship as saved; `findings`: where the members of a crosslist do not agree."""

    relationship_id: int
    version: int
    findings: tuple[Finding, ...] = ()


@transaction.atomic
def create_relationship(
    term_code: str,
    *,
    kind: str,
    members: Sequence[int],
    primary: int | None,
    capacity: int | None,
    author: Author,
) -> SavedRelationship:
    """Group sections of one term. `capacity`: combined, in seats (None: none set).

    Raises `NotFound` (term), `InvalidValue`, `AlreadyGrouped`, `ActionRefused`, `FieldLocked`.
    """
    actor = acting_user(author.user)
    term = term_of(term_code)
    if kind not in RELATIONSHIP_KINDS:
        raise InvalidValue(f"Kind is {kind!r}; it must be one of {', '.join(RELATIONSHIP_KINDS)}.", "kind")
    seats = whole_number(RELATIONSHIP_CAPACITY, capacity)
    sections = _sections(members, kind)
    _check_action(actor, term, sections.values(), at=author.now)
    check_fields(relationship_locks(term), ["members"] if seats is None else ["members", "capacity"])
    pairs = _pairs(members, primary)
    _check_members(members, sections, term=term, kind=kind, author=author)
    made = relationship_rows.insert(term, kind=kind, capacity=seats, members=pairs, author=author)
    return SavedRelationship(relationship_id=made.pk, version=1, findings=_disagreements(kind, pairs))


@transaction.atomic
def update_relationship(
    relationship_id: int,
    *,
    author: Author,
    version: int | None = None,
    members: Sequence[int] | None = None,
    primary: int | Unset | None = UNSET,
    capacity: int | Unset | None = UNSET,
) -> SavedRelationship:
    """Change what is given. A primary that leaves the group is not replaced unless another one is named.

    Raises as `create_relationship`, and `StaleVersion` and `CheckFailed`.
    """
    actor = acting_user(author.user)
    locked_sections({*(members or ()), *_member_ids(relationship_id)})
    group = locked_relationship(relationship_id, version=version)
    state = values_of_relationships([relationship_id])[relationship_id]
    wanted = _wanted_members(state, members, primary)
    changed: dict[str, Any] = {}
    if wanted != state.members:
        changed["members"] = wanted
    seats = state.capacity if isinstance(capacity, Unset) else whole_number(RELATIONSHIP_CAPACITY, capacity)
    if seats != state.capacity:
        changed["capacity"] = seats
    if not changed:
        return SavedRelationship(relationship_id=relationship_id, version=group.version)
    sections = locked_sections([pk for pk, _primary in state.members])
    ids = [pk for pk, _primary in wanted]
    if "members" in changed:
        sections |= _sections(ids, group.kind, remedy="add another one or dissolve it")
    _check_action(actor, group.term, sections.values(), at=author.now)
    check_fields(relationship_locks(group.term), changed)
    if "members" in changed:
        _check_members(ids, sections, term=group.term, kind=group.kind, author=author, but=relationship_id)
        _check_foreseen(group, state.members, wanted, now=author.now)
    new_version = relationship_rows.update(group, state, changed, author=author)
    return SavedRelationship(
        relationship_id=relationship_id, version=new_version, findings=_disagreements(group.kind, wanted)
    )


@transaction.atomic
def dissolve_relationship(relationship_id: int, *, author: Author, version: int | None = None) -> None:
    """Remove a relationship; its sections stay.

    Raises `NotFound`, `StaleVersion`, `ActionRefused`, `FieldLocked`.
    """
    actor = acting_user(author.user)
    sections = locked_sections(_member_ids(relationship_id))
    group = locked_relationship(relationship_id, version=version)
    _check_action(actor, group.term, sections.values(), at=author.now)
    check_fields(relationship_locks(group.term), ["members"])
    state = values_of_relationships([relationship_id])[relationship_id]
    relationship_rows.remove(group, state, author=author)


def leave_groups(section_id: int, *, author: Author) -> None:
    """Take a section that is being deleted out of its relationships; one left with a single member goes.

    The caller holds the section's lock and has asked whether the section may be deleted.
    """
    ids = RelationshipMember.objects.filter(section_id=section_id).values_list("relationship_id", flat=True)
    for relationship_id in sorted(ids):
        group = locked_relationship(relationship_id, version=None)
        state = values_of_relationships([relationship_id])[relationship_id]
        rest = tuple(pair for pair in state.members if pair[0] != section_id)
        if len(rest) > 1:
            relationship_rows.update(group, state, {"members": rest}, author=author)
        else:
            relationship_rows.remove(group, state, author=author)


def _member_ids(relationship_id: int) -> list[int]:
    members = RelationshipMember.objects.filter(relationship_id=relationship_id)
    return list(members.values_list("section_id", flat=True))


def _wanted_members(
    state: RelationshipState, members: Sequence[int] | None, primary: int | Unset | None
) -> Members:
    ids = [pk for pk, _primary in state.members] if members is None else members
    if isinstance(primary, Unset):
        primary = next((pk for pk, is_primary in state.members if is_primary and pk in ids), None)
    return _pairs(ids, primary)


def _pairs(members: Sequence[int], primary: int | None) -> Members:
    if primary is not None and primary not in members:
        raise InvalidValue(
            "The primary section is not a member of the group; add it or choose another.", "members"
        )
    return tuple(sorted((pk, pk == primary) for pk in members))


def _sections(members: Sequence[int], kind: str, *, remedy: str = "add another one") -> dict[int, Section]:
    """The members, locked. Raises `InvalidValue` where they cannot be a group; it names no section."""
    if len(set(members)) != len(members):
        raise InvalidValue("A section is named twice in the group; name it once.", "members")
    if len(members) < 2:  # noqa: PLR2004  # a group is two or more
        raise InvalidValue(
            f"A {kind.lower()} relationship needs two sections or more; {remedy}.",
            "members",
        )
    sections = locked_sections(members)
    for pk in members:
        if pk not in sections:
            raise InvalidValue(f"There is no section with the id {pk}.", "members")
    return sections


def _check_action(actor: Actor, term: Term, sections: Iterable[Section], *, at: dt.datetime) -> None:
    """Raise `ActionRefused` unless `actor` may edit relationships in every member's department."""
    check_action(
        policy=policy_for(term.pk, at=at, catalogue=()),
        actor=actor,
        action=Action.EDIT_RELATIONSHIPS,
        facts=SectionFacts(departments=frozenset(one.course.department_id for one in sections)),
    )


def _check_members(
    members: Sequence[int],
    sections: Mapping[int, Section],
    *,
    term: Term,
    kind: str,
    author: Author,
    but: int | None = None,
) -> None:
    """Raise `InvalidValue` if a member is a section of another term.

    Raise `AlreadyGrouped` if a group other than `but` holds a member (crosslist) or the same ones (linked):
    a request that is sent twice makes one group.
    """
    for pk in members:
        if sections[pk].term_id != term.pk:
            raise InvalidValue(f"{sections[pk]} is a section of another term, not of {term}.", "members")
    others = RelationshipMember.objects.filter(kind=kind).exclude(relationship_id=but or 0)
    if kind == CROSSLIST:
        other = others.filter(section_id__in=members).order_by("section_id").first()
        if other is not None:
            raise AlreadyGrouped(
                f"{sections[other.section_id]} is in another crosslist already "
                f"({_names(other.relationship_id, author)}); take it out of that one first.",
                "members",
            )
        return
    held: dict[int, set[int]] = defaultdict(set)
    first = others.filter(section_id=members[0])
    of_groups = others.filter(relationship_id__in=first.values("relationship_id"))
    for group, section in of_groups.values_list("relationship_id", "section_id"):
        held[group].add(section)
    if set(members) in held.values():
        names = ", ".join(str(sections[pk]) for pk in sorted(members))
        raise AlreadyGrouped(f"These sections are linked already ({names}); change that group.", "members")


def _check_foreseen(group: Relationship, before: Members, after: Members, *, now: dt.datetime) -> None:
    """Raise `CheckFailed` for what the SIS will refuse of the group with its new members."""
    foresight = foresee((), now=now)

    def refusals(members: Members) -> list[Finding]:
        found = foresight.group_refusals(
            group.term_id,
            kind=group.kind,
            sis_id=group.sis_id,
            has_primary=any(is_primary for _pk, is_primary in members),
        )
        return list(found)

    found = refusals(after)
    if new := introduced(refusals(before), found):
        raise CheckFailed(new[0].message, new[0].field, findings=found, introduced=new)


def _names(relationship_id: int, author: Author) -> str:
    """The sections of a group that the author sees, by name, and how many others there are."""
    group = Section.objects.filter(memberships__relationship=relationship_id).order_by("pk")
    seen = group.select_related("course")
    codes = visible_departments(viewer_for(author.user)) if author.user else frozenset()
    if codes is not None:
        seen = seen.filter(course__department__in=codes)
    names = [str(one) for one in seen]
    hidden = group.count() - len(names)
    return ", ".join([*names, hidden_words(hidden)] if hidden else names)


def _disagreements(kind: str, members: Members) -> tuple[Finding, ...]:
    if kind != CROSSLIST:
        return ()
    first = next((pk for pk, is_primary in members if is_primary), members[0][0])
    return tuple(disagreements(meetings_of([first]).get(first, ()), partners_of(first)))
