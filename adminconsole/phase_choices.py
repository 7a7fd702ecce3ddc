"""A phase as choices on a form, and back.

The form shows for each role and field what holds: open, locked or as default. *Fields added later* is the
rule for every field without one of its own; a field is given one only where it says something else.
"""

from collections.abc import Iterable, Mapping

from adminconsole.rule_choices import Choices, ChoicesForm
from phases.deciding import GIVING
from phases.models import Colour, Phase
from phases.rules import (
    ANY_FIELD,
    Action,
    PhaseRules,
    RoleRules,
    Rule,
    action_grant,
    field_grant,
)
from phases.services.phases import ActionRules, FieldRules
from scheduling.domain.fields import Field

PARTS: Mapping[str, str] = {
    "name": "Name",
    "description": "Description",
    "colour": "Colour",
    "position": "Place in the lists",
}
RULE_WORDS: Mapping[str, str] = {
    Rule.DEFAULT.value: "As default",
    Rule.OPEN.value: "Open",
    Rule.LOCKED.value: "Locked",
}
LATER = "Fields added later"


def editable(catalogue: Iterable[Field]) -> list[Field]:
    """The fields that somebody may edit at all."""
    return [one for one in catalogue if not one.is_from_sis]


def parts_of(phase: Phase | None, *, position: int = 0) -> dict[str, str]:
    """What a phase is called, in the words of the form; `position`: of a new one."""
    if phase is None:
        return {"name": "", "description": "", "colour": Colour.GREY.value, "position": str(position)}
    return {part: str(getattr(phase, part)) for part in PARTS}


def rules_of(
    phase: PhaseRules | None, roles: Iterable[RoleRules], catalogue: Iterable[Field]
) -> dict[str, str]:
    """What the phase says to each role (None: as default everywhere)."""
    said = phase or PhaseRules(code=0, name="")
    names = [ANY_FIELD, *(one.name for one in editable(catalogue))]
    found: dict[str, str] = {}
    for role in roles:
        found |= {f"field:{role.code}:{name}": said.field_rule(role.code, name).value for name in names}
        found |= {
            f"action:{role.code}:{action}": said.action_rule(role.code, action).value for action in Action
        }
    return found


def changed_rules(form: ChoicesForm, catalogue: Iterable[Field]) -> tuple[FieldRules, ActionRules]:
    """The rules to save: those of every role of which something changed."""
    fields: dict[tuple[str, str], Rule | None] = {}
    actions: dict[tuple[str, Action], Rule | None] = {}
    names = [one.name for one in editable(catalogue)]
    for key in form.changes:
        kind, _colon, rest = key.partition(":")
        role, _colon, name = rest.partition(":")
        if kind == "action":
            actions[role, Action(name)] = _own(form.wanted[key], Rule.DEFAULT)
        elif kind == "field" and (role, ANY_FIELD) not in fields:
            others = Rule(form.wanted.get(f"field:{role}:{ANY_FIELD}", Rule.DEFAULT))
            fields[role, ANY_FIELD] = _own(others, Rule.DEFAULT)
            fields |= {
                (role, one): _own(form.wanted.get(f"field:{role}:{one}", others), others) for one in names
            }
    return fields, actions


def _own(value: str, otherwise: Rule) -> Rule | None:
    rule = Rule(value)
    return None if rule is otherwise else rule


def with_set(choices: Choices, *, what: str, role: str, rule: str) -> Choices:
    """The choices with one rule for a row, a column or all.

    `what`: blank for every field, ``field:NAME`` or ``action:NAME``; `role`: blank for every role.
    """
    kind, _colon, name = (what or "field:").partition(":")
    changed = {}
    for key in choices:
        parts = key.split(":", 2)
        if parts[0] == kind and role in {"", parts[1]} and name in {"", parts[2]}:
            changed[key] = rule
    return {**choices, **changed}


def state_of(kind: str, name: str, role: RoleRules, value: str) -> str:
    """What a choice comes to for a role as it is now: ``open`` or ``locked``."""
    rule = Rule(value or Rule.DEFAULT)
    if kind == "field":
        grant = field_grant(role, PhaseRules(code=0, name="", fields={(role.code, name): rule}), name)
    else:
        action = Action(name)
        grant = action_grant(role, PhaseRules(code=0, name="", actions={(role.code, action): rule}), action)
    return "open" if grant in GIVING else "locked"
