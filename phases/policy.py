"""May this person change this field, or take this action, now? Pure: it depends on its arguments alone.

One `Policy` is the rules of one term at one moment. In this order, the first that applies decides:

==  ===================================================  =========================================
1   the SIS keeps the field                              locked for everybody
2   a role of the person denies the permission           refused, whatever other roles allow
3   no role gives the permission                         refused
4   no such role reaches a department of the section     refused (every department must allow)
5   the phase, or else the role's default, opens it      allowed; one such role is enough
    for a role that reaches the department
6   an exemption holds, and the role's default opens it  allowed (fields only)
7   otherwise                                            locked in the phase, until it opens
==  ===================================================  =========================================

A role is held for all departments or for those named; held for none, it gives nothing. *Allow* reaches every
department, *Allow within the user's departments* those of the assignment. A phase says *same as default*
unless told otherwise; it opens fields only to roles that may edit sections at all, and lifts no Deny.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from phases import wording
from phases.deciding import Circumstances, Question, decide, ranked
from phases.rules import (
    ACTION_WORDS,
    REGISTRAR,
    Action,
    Actor,
    Decision,
    Exemption,
    Grant,
    Permission,
    PhaseRules,
    PolicyField,
    RoleRules,
    SectionFacts,
    reaches,
)
from phases.timeline import ALWAYS, Period

__all__ = [
    "ACTION_WORDS",
    "REGISTRAR",
    "Action",
    "Actor",
    "Decision",
    "Permission",
    "Policy",
    "SectionFacts",
]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The rules of one term at `moment`, which lies in `period`; `later`: the periods after it, in order.

    `roles` by code; `catalogue`: the fields of a section; `zone`: the one in which sentences tell moments.
    Answers are worked out once for each person and set of departments and remembered: the next section is a
    lookup.
    """

    roles: Mapping[str, RoleRules]
    catalogue: tuple[PolicyField, ...]
    moment: dt.datetime
    period: Period = ALWAYS
    later: tuple[Period, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    zone: dt.tzinfo = dt.UTC
    _fields: dict[object, Mapping[str, Decision]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )
    _actions: dict[object, Mapping[Action, Decision]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    @property
    def phase(self) -> PhaseRules | None:
        """The phase of the moment; None: the roles' defaults."""
        return self.period.phase

    def in_period(self, period: Period) -> "Policy":
        """The same rules in another phase, for comparing; nothing is known of what comes after it."""
        return replace(self, period=period, later=())

    def at_next_switch(self) -> "Policy | None":
        """The policy from the next switch on; None: there is none."""
        if not self.later:
            return None
        following, *rest = self.later
        return replace(self, moment=following.start or self.moment, period=following, later=tuple(rest))

    def fields(self, actor: Actor, section: SectionFacts) -> Mapping[str, Decision]:
        """Every field of the catalogue -> may `actor` edit it in `section`, and why."""
        exemptions = self._exemptions(actor, section)
        key = (actor, section.concerned, exemptions)
        found = self._fields.get(key)
        if found is None:
            found = {one.name: self._field(one, actor, section, exemptions) for one in self.catalogue}
            self._fields[key] = found
        return found

    def field(self, actor: Actor, section: SectionFacts, name: str) -> Decision:
        """May `actor` edit the field `name`? Raises `KeyError` for a field the catalogue does not have."""
        return self.fields(actor, section)[name]

    def actions(self, actor: Actor, section: SectionFacts) -> Mapping[Action, Decision]:
        """Every action -> may `actor` take it on `section`, and why."""
        key = (actor, section.concerned)
        found = self._actions.get(key)
        if found is None:
            found = {one: self._ask(Question.of_action(one), actor, section) for one in Action}
            self._actions[key] = found
        return found

    def action(self, actor: Actor, section: SectionFacts, action: Action) -> Decision:
        """May `actor` take `action` on `section`?"""
        return self.actions(actor, section)[action]

    def permission(self, actor: Actor, permission: Permission, department: str | None = None) -> Decision:
        """Does a role of `actor` give `permission`, whatever the phase?

        `department` None: it is not about a single one. Then *within the user's departments* is enough only
        for a role that is held for all of them.
        """
        asked = SectionFacts(departments=frozenset([department]))
        return self._ask(Question.of_permission(permission), actor, asked)

    def departments_of(self, actor: Actor, permission: Permission) -> frozenset[str] | None:
        """The departments in which `actor` has `permission`; None: all of them. An empty set: none."""
        found: set[str] = set()
        held = [
            (self.roles[code].permissions.get(permission), departments)
            for code, departments in actor.roles
            if code in self.roles
        ]
        if any(grant is Grant.DENY for grant, _departments in held):
            return frozenset()
        for grant, departments in held:
            if reaches(grant, departments, None):
                return None
            if grant is not None and departments is not None:
                found |= departments
        return frozenset(found)

    def _exemptions(self, actor: Actor, section: SectionFacts) -> tuple[Exemption, ...]:
        return tuple(
            one
            for one in self.exemptions
            if one.holds_for(user_id=actor.user_id, section=section, moment=self.moment)
        )

    def _field(
        self, asked: PolicyField, actor: Actor, section: SectionFacts, exemptions: tuple[Exemption, ...]
    ) -> Decision:
        if asked.is_from_sis:
            return Decision(
                is_allowed=False, reason=wording.kept_by_sis(asked.label, is_plural=asked.is_plural)
            )
        lifted = tuple(one for one in exemptions if asked.name in one.fields)
        return self._ask(Question.of_field(asked), actor, section, lifted)

    def _ask(
        self,
        question: Question,
        actor: Actor,
        section: SectionFacts,
        exemptions: tuple[Exemption, ...] = (),
    ) -> Decision:
        return decide(
            question,
            actor=actor,
            departments=section.concerned,
            exemptions=exemptions,
            around=self._around,
        )

    @cached_property
    def _around(self) -> Circumstances:
        return Circumstances(
            roles=self.roles,
            ranked=ranked(self.roles),
            period=self.period,
            later=self.later,
            zone=self.zone,
        )
