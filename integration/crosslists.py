"""A section is in one crosslist group at most: which groups of the SIS cannot be taken because of it.

A faulty SIS lists a section in two groups; a sound one moves it, and the new group shows before the removal
of the old one is certain (MERGE.md, Removals), or a group of ours has the section already.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from integration.fieldsets import LOCAL_MEMBER
from integration.merge.records import Values
from scheduling.models import Relationship, RelationshipMember, Section

CROSSLIST = Relationship.Kind.CROSSLIST


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A record that the SIS makes (`record_id` None) or changes here. `key` names it."""

    key: str
    record_id: int | None = None
    before: Values = field(default_factory=dict)
    after: Values


def contested_groups(wanted: Sequence[Wanted], *, term: str) -> dict[str, str]:
    """The crosslists (by key) that must wait, each with the sentence that says why; no other record does."""
    groups = [one for one in wanted if one.after.get("kind") == CROSSLIST]
    if not groups:
        return {}
    ids = _section_ids(groups, term)
    claims = [
        Claim(
            key=one.key,
            record_id=one.record_id,
            before=frozenset(ids[name] for name in _members(one.before)),
            after=frozenset(ids[name] for name in _members(one.after)),
        )
        for one in groups
    ]
    held = RelationshipMember.objects.filter(kind=CROSSLIST, section_id__in=ids.values()).order_by()
    refused = contested(claims, dict(held.values_list("section_id", "relationship_id")))
    names = {pk: name for name, pk in ids.items()}
    return {
        key: f"Another crosslist has {', '.join(sorted(names[pk] for pk in taken))}, and a section is in one "
        "at most; take it out of one of the two."
        for key, taken in refused.items()
    }


def _members(values: Values) -> list[str]:
    return [one.section for one in values.get("members") or ()]


def _section_ids(groups: Iterable[Wanted], term: str) -> dict[str, int]:
    names = {name for one in groups for name in [*_members(one.before), *_members(one.after)]}
    local = {name for name in names if name.startswith(LOCAL_MEMBER)}
    linked = Section.objects.filter(term_id=term, sis_id__in=names - local).order_by()
    return {str(sis_id): pk for sis_id, pk in linked.values_list("sis_id", "id")} | {
        name: int(name.removeprefix(LOCAL_MEMBER)) for name in local
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A crosslist group to be written: its key, our id (None: to be made), its sections now and then."""

    key: str
    record_id: int | None = None
    before: frozenset[int] = frozenset()
    after: frozenset[int]


def contested(claims: Sequence[Claim], holders: Mapping[int, int]) -> dict[str, frozenset[int]]:
    """The claims (by key) that must wait, each with the sections that another group keeps.

    `holders`: section -> our id of the group that has it now. Of two that claim one section the first has it.
    """
    active = list(claims)
    refused: dict[str, frozenset[int]] = {}
    while True:
        moving = {claim.record_id for claim in active}
        taken = {section for section, holder in holders.items() if holder not in moving}
        taken.update(*(claim.after & claim.before for claim in active))
        for claim in active:
            added = claim.after - claim.before
            if added & taken:
                break
            taken |= added
        else:
            return refused
        refused[claim.key] = added & taken
        active.remove(claim)  # what it would have left, it keeps: look again
