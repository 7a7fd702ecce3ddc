"""What one phase allows that another does not: for the simulator and for comparing two phases. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from phases.deciding import GIVING
from phases.policy import Policy
from phases.rules import ACTION_WORDS, REGISTRAR, Action, RoleRules, action_grant, field_grant


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A field or an action that a role may have in one of two policies only. Departments are left aside."""

    role: str
    role_name: str
    is_action: bool
    name: str
    label: str
    is_open_before: bool
    is_open_after: bool


def differences(before: Policy, after: Policy) -> tuple[Difference, ...]:
    """Role by role (the Registrar first), the fields in the catalogue's order, then the actions.

    Roles and fields that only one of the two knows are closed in the other.
    """
    codes = sorted({*before.roles, *after.roles}, key=lambda code: (code != REGISTRAR, code))
    return tuple(found for code in codes for found in _of_role(code, before, after))


def _of_role(code: str, before: Policy, after: Policy) -> Iterator[Difference]:
    name = (after.roles.get(code) or before.roles[code]).name
    labels = {one.name: one.label for policy in (before, after) for one in policy.catalogue}
    for is_action, asked in ((False, labels), (True, ACTION_WORDS)):
        for item, label in asked.items():
            was, will = (_is_open(policy, code, item, is_action=is_action) for policy in (before, after))
            if was is not will:
                yield Difference(
                    role=code,
                    role_name=name,
                    is_action=is_action,
                    name=str(item),
                    label=label,
                    is_open_before=was,
                    is_open_after=will,
                )


def _is_open(policy: Policy, code: str, name: str, *, is_action: bool) -> bool:
    role: RoleRules | None = policy.roles.get(code)
    if role is None:
        return False
    if is_action:
        return action_grant(role, policy.phase, Action(name)) in GIVING
    known = any(one.name == name and not one.is_from_sis for one in policy.catalogue)
    return known and field_grant(role, policy.phase, name) in GIVING
