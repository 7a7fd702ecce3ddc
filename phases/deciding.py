"""One decision: the roles somebody holds against the rules of the moment. Pure. `policy` says the order."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from phases import wording
from phases.rules import (
    ACTION_WORDS,
    PERMISSION_WORDS,
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
    action_grant,
    field_grant,
    reaches,
)
from phases.timeline import Period
from phases.wording import Subject

Held = tuple[tuple[RoleRules, frozenset[str] | None, Grant | None], ...]
Departments = frozenset[str | None]
GIVING = frozenset({Grant.ALLOW, Grant.OWN_DEPARTMENTS})


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked: its words, what a role's permission says, and what the role says in a phase."""

    subject: Subject
    base: Callable[[RoleRules], Grant | None]
    grant: Callable[[RoleRules, PhaseRules | None], Grant | None]

    @classmethod
    def of_field(cls, asked: PolicyField) -> "Question":
        """May one edit this field?"""
        name = asked.name
        return cls(
            subject=wording.of_field(asked.label, is_plural=asked.is_plural),
            base=lambda role: role.permissions.get(Permission.EDIT_SECTIONS),
            grant=lambda role, phase: field_grant(role, phase, name),
        )

    @classmethod
    def of_action(cls, action: Action) -> "Question":
        """May one take this action?"""
        return cls(
            subject=wording.of_action(ACTION_WORDS[action]),
            base=lambda role: role.permissions.get(action.permission),
            grant=lambda role, phase: action_grant(role, phase, action),
        )

    @classmethod
    def of_permission(cls, permission: Permission) -> "Question":
        """Has one this permission? Phases have no say in it."""
        return cls(
            subject=wording.of_permission(PERMISSION_WORDS[permission]),
            base=lambda role: role.permissions.get(permission),
            grant=lambda role, _phase: role.permissions.get(permission),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """The rules of the moment. `ranked`: all roles, the Registrar first; `zone`: in which to tell moments."""

    roles: Mapping[str, RoleRules]
    ranked: tuple[RoleRules, ...]
    period: Period
    later: tuple[Period, ...]
    zone: dt.tzinfo


def ranked(roles: Mapping[str, RoleRules]) -> tuple[RoleRules, ...]:
    """The roles in the order in which sentences name them."""
    return tuple(sorted(roles.values(), key=lambda role: (role.code != REGISTRAR, role.name, role.code)))


def decide(
    question: Question,
    *,
    actor: Actor,
    departments: Departments,
    exemptions: tuple[Exemption, ...],
    around: Circumstances,
) -> Decision:
    """Allowed if every one of `departments` allows it; the sentence is about the first that does not.

    `exemptions`: those of this person, for what is asked, that hold now.
    """
    held = _held(question, actor, around.roles, around.period.phase)
    if any(grant is Grant.DENY for _role, _where, grant in held):
        return _refused(question, actor, held, around, departments=departments)
    by_role: set[str] = set()
    lifting: list[Exemption] = []
    for department in sorted(departments, key=lambda code: (code is not None, code or "")):
        opening = {role.name for role, where, grant in held if reaches(grant, where, department)}
        if opening:
            by_role |= opening
            continue
        covering = [one for one in exemptions if one.covers(department)]
        if not covering or not _is_open(question, actor, frozenset([department]), None, around):
            return _refused(question, actor, held, around, departments=departments, department=department)
        lifting.append(max(covering, key=lambda one: (one.until, one.reason)))
    if lifting:  # what ends first, ends it
        first = min(lifting, key=lambda one: (one.until, one.reason))
        return Decision(is_allowed=True, reason=wording.exempted(question.subject, first, around.zone))
    return Decision(is_allowed=True, reason=wording.allowed(question.subject, by_role))


def _held(question: Question, actor: Actor, roles: Mapping[str, RoleRules], phase: PhaseRules | None) -> Held:
    """The roles that the actor holds, for which departments, and what each says in the phase."""
    return tuple(
        (roles[code], where, question.grant(roles[code], phase))
        for code, where in actor.roles
        if code in roles
    )


def _is_open(
    question: Question,
    actor: Actor,
    departments: Departments,
    phase: PhaseRules | None,
    around: Circumstances,
) -> bool:
    """Whether the actor's roles allow it in all departments if this is the phase (None: by default)."""
    held = _held(question, actor, around.roles, phase)
    return all(
        any(reaches(grant, where, department) for _role, where, grant in held) for department in departments
    )


def _refused(
    question: Question,
    actor: Actor,
    held: Held,
    around: Circumstances,
    *,
    departments: Departments,
    department: str | None = None,
) -> Decision:
    """Refused in `department`, for the first reason that applies."""
    subject = question.subject
    giving = [(role, where, given) for role, where, grant in held if (given := question.base(role) or grant)]
    reaching = [role for role, where, given in giving if reaches(given, where, department)]
    who = _who_may(question, around, place="" if reaching or not giving else wording.place_of(department))
    if denying := [role for role, _where, grant in held if grant is Grant.DENY]:
        reason = wording.denied(subject, denying, _who_may(question, around))
    elif not held:
        reason = wording.without_role(subject, who)
    elif not giving:
        reason = wording.not_given(subject, [role for role, _where, _grant in held], who)
    elif not reaching:
        elsewhere = [(role, where or frozenset()) for role, where, _given in giving]
        reason = wording.elsewhere(subject, department=department, held=elsewhere, who=who)
    else:
        phase = around.period.phase
        reason = wording.locked(
            subject,
            phase=None if phase is None else phase.name,
            held=reaching,
            opens_at=_opens_at(question, actor, departments, around),
            ends_at=around.period.end,
            zone=around.zone,
            who=who,
        )
    return Decision(is_allowed=False, reason=reason)


def _who_may(question: Question, around: Circumstances, *, place: str = "") -> str:
    """Who may do it in this phase."""
    phase = around.period.phase
    return wording.who_may(
        question.subject,
        [role for role in around.ranked if question.grant(role, phase) in GIVING],
        openers=[role for role in around.ranked if role.permissions.get(Permission.EDIT_PHASES) in GIVING],
        place=place,
    )


def _opens_at(
    question: Question, actor: Actor, departments: Departments, around: Circumstances
) -> dt.datetime | None:
    """The next switch at which it is allowed to the same person; None: none is known."""
    for period in around.later:
        if _is_open(question, actor, departments, period.phase, around):
            return period.start
    return None
