"""Whether somebody may change a group of sections, and why not: the policy, and who sees its members."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from phases.policy import Action, Permission, Policy, SectionFacts
from phases.selectors import policies_for
from scheduling.crosslist_facts import Group, hidden_words
from scheduling.models import Term
from scheduling.services.field_locks import relationship_locks
from scheduling.visibility import Viewer


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupRights:
    """What may be changed. `refusal`: why nothing may, blank where something may.

    `locks`: ``members`` or ``capacity`` -> why the SIS decides it.
    """

    refusal: str = ""
    locks: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether anything may be changed."""
        return not self.refusal and not {"members", "capacity"} <= self.locks.keys()

    @property
    def sentences(self) -> list[str]:
        """Why not, where anything is locked."""
        return [self.refusal] if self.refusal else list(dict.fromkeys(self.locks.values()))


def group_policy(term: Term, actor: Viewer, *, at: dt.datetime) -> Policy:
    """The rules of the term for the actions of `actor`."""
    found = policies_for([term.pk], at=at, catalogue=(), user_id=actor.user_id, roles=actor.rights.roles)
    return found[term.pk]


def rights_in(group: Group, actor: Viewer, *, at: dt.datetime) -> GroupRights:
    """What `actor` may change of a group: every member's department has to allow it."""
    policy = group_policy(group.relationship.term, actor, at=at)
    facts = SectionFacts(departments=frozenset(one.section.course.department_id for one in group.members))
    decision = policy.action(actor, facts, Action.EDIT_RELATIONSHIPS)
    if not decision.is_allowed:
        return GroupRights(refusal=decision.reason)
    if group.hidden:
        return GroupRights(
            refusal=f"It also has {hidden_words(group.hidden)}, which you do not see. Who sees all of its "
            "sections may change it; ask the registrar's office."
        )
    return GroupRights(locks=relationship_locks(group.relationship.term))


def may_ever_make(term: Term, actor: Viewer) -> bool:
    """Whether `actor` may make a group by their role and the merge settings; the phase is asked at the form.

    One query, or none.
    """
    may = actor.departments(Permission.EDIT_RELATIONSHIPS) != frozenset()
    return may and "members" not in relationship_locks(term)


def rights_to_make(term: Term, actor: Viewer, *, at: dt.datetime) -> GroupRights:
    """Whether `actor` may make a group in any department at all."""
    policy = group_policy(term, actor, at=at)
    held = [codes for _role, codes in actor.roles]
    places = {None} if None in held or not held else frozenset().union(*(codes or () for codes in held))
    asked = [
        policy.action(actor, SectionFacts(departments=frozenset([code])), Action.EDIT_RELATIONSHIPS)
        for code in sorted(places or {None}, key=str)
    ]
    if not any(one.is_allowed for one in asked):
        return GroupRights(refusal=asked[0].reason)
    return GroupRights(locks=relationship_locks(term))
