"""What somebody may edit and do in a term at a moment, and why: for the command and the simulator."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phases.policy import Action, Actor, Decision, Policy, SectionFacts
from scheduling.models import Section, Term
from scheduling.services.field_locks import FieldLocks


@dataclass(frozen=True, kw_only=True, slots=True)
class MayEdit:
    """The answer. `phase`: its name (None: the roles' defaults hold); `until`: where it ends (None: open)."""

    phase: str | None
    until: dt.datetime | None
    fields: Mapping[str, Decision]
    actions: Mapping[Action, Decision]

    def document(self) -> dict[str, Any]:
        """The answer as CONTRACT.md has it."""
        return {
            "phase": self.phase,
            "until": self.until,
            "fields": {name: _shown(one) for name, one in self.fields.items()},
            "actions": {str(action): _shown(one) for action, one in self.actions.items()},
        }


def may_edit(actor: Actor, term: Term, *, at: dt.datetime, section: Section | None = None) -> MayEdit:
    """What `actor` may edit in `section`, with its course, as the services would decide at `at`.

    Without a section: in some department of theirs; what is refused in all is told for the first of them.
    Sources of truth are those of now, whatever `at`.
    """
    locks = FieldLocks(terms=[term.pk], at=at, user_id=actor.user_id)
    policy = locks.policies[term.pk]
    places = _places(policy, actor, section)
    sis_id = None if section is None else section.sis_id
    locked = [
        locks.of_section(actor=actor, term_code=term.pk, facts=facts, sis_id=sis_id) for facts in places
    ]
    return MayEdit(
        phase=None if policy.phase is None else policy.phase.name,
        until=policy.period.end,
        fields={
            name: _best(
                Decision(is_allowed=False, reason=why[name])
                if name in why
                else policy.field(actor, facts, name)
                for facts, why in zip(places, locked, strict=True)
            )
            for name in locks.fields.names
        },
        actions={action: _best(policy.action(actor, facts, action) for facts in places) for action in Action},
    )


def _places(policy: Policy, actor: Actor, section: Section | None) -> Sequence[SectionFacts]:
    """What to ask about: the section, or else a section of each department that the actor has a part in."""
    if section is not None:
        department = section.course.department_id
        return [SectionFacts(section_id=section.pk, departments=frozenset([department]))]
    named = {code for _role, codes in actor.roles for code in codes or ()}
    named |= {one.department for one in policy.exemptions if one.department is not None}
    is_for_all = any(codes is None for _role, codes in actor.roles)
    asked: list[str | None] = [*sorted(named), *([None] if is_for_all or not named else [])]
    return [SectionFacts(departments=frozenset([code])) for code in asked]


def _best(decisions: Iterable[Decision]) -> Decision:
    """The first that allows, else the first."""
    found = list(decisions)
    return next((one for one in found if one.is_allowed), found[0])


def _shown(one: Decision) -> dict[str, Any]:
    return {"allowed": one.is_allowed, "reason": one.reason}
