"""How two phases differ, role by role."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from phases.differences import differences
from phases.policy import Policy
from phases.rules import PhaseRules
from phases.selectors import phase_rules, policy_of_roles
from phases.timeline import Period
from scheduling.domain.fields import Catalogue

NO_PHASE = "default"
"""In the address of a comparison: the roles' defaults, without any phase."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What one of two phases opens to a role and the other does not."""

    role: str
    label: str
    is_open_before: bool
    is_open_after: bool


def compare(
    before: str, after: str, *, roles: Iterable[str] | None, fields: Catalogue, at: dt.datetime
) -> list[Comparison]:
    """How two phases (their ids, or `NO_PHASE`) differ for these roles (None: all)."""
    policy = policy_of_roles(at=at)
    known = phase_rules(int(one) for one in (before, after) if one != NO_PHASE)
    wanted = None if roles is None else set(roles)
    first, second = (_in_phase(policy, known, one, fields) for one in (before, after))
    return [
        Comparison(
            role=one.role_name,
            label=one.label if not one.is_action else one.label.capitalize(),
            is_open_before=one.is_open_before,
            is_open_after=one.is_open_after,
        )
        for one in differences(first, second)
        if wanted is None or one.role in wanted
    ]


def _in_phase(policy: Policy, known: Mapping[int, PhaseRules], phase: str, fields: Catalogue) -> Policy:
    rules = None if phase == NO_PHASE else known.get(int(phase))
    return Policy(
        roles=policy.roles,
        catalogue=tuple(fields),
        moment=policy.moment,
        zone=policy.zone,
        period=Period(phase=rules),
    )
