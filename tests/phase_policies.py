"""Policies from the delivered roles and phases, a role that denies and one of the institution's own."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from phases.delivered import FIELDS, GRANT, PERMISSIONS, PHASES, ROLES
from phases.policy import Actor, Permission, Policy, SectionFacts
from phases.rules import Grant, PhaseRules, RoleRules, Rule
from phases.timeline import Period
from scheduling.domain.fields import CATALOGUE

CHICAGO = ZoneInfo("America/Chicago")
NOW = dt.datetime(2026, 12, 1, 12, tzinfo=CHICAGO)
SWITCH = dt.datetime(2027, 1, 12, tzinfo=CHICAGO)
EVENING = dt.datetime(2027, 1, 12, 17, tzinfo=CHICAGO)
BIO = SectionFacts(section_id=1, departments=frozenset({"BIO"}))
CHE = SectionFacts(section_id=2, departments=frozenset({"CHE"}))
BOTH = SectionFacts(section_id=3, departments=frozenset({"BIO", "CHE"}))
HOMELESS = SectionFacts(section_id=4, departments=frozenset({None}))
ROLE_RULES = {
    code: RoleRules(
        code=code, name=name, permissions=dict.fromkeys(PERMISSIONS[code], GRANT), fields=FIELDS[code]
    )
    for code, name in ROLES.items()
} | {
    "SUSPENDED": RoleRules(
        code="SUSPENDED",
        name="Suspended",
        permissions={Permission.EDIT_SECTIONS: Grant.DENY, Permission.CREATE_SECTION: Grant.DENY},
    ),
    "DEAN": RoleRules(
        code="DEAN",
        name="Dean",
        permissions={Permission.EDIT_SECTIONS: Grant.ALLOW},
        fields={"notes": Rule.OPEN},
    ),
}
PHASE = {
    one.name: PhaseRules(code=n, name=one.name, fields=one.field_rules(), actions=one.action_rules())
    for n, one in enumerate(PHASES)
}


@dataclass(frozen=True)
class Label:
    name: str
    label: str
    is_from_sis: bool = False
    is_plural: bool = False


def held(*roles, user_id=7):
    """Somebody; `roles`: a code (for all departments), or a code with departments."""
    pairs = tuple((one, None) if isinstance(one, str) else (one[0], frozenset(one[1])) for one in roles)
    return Actor(name="ann", roles=pairs, user_id=user_id)


REGISTRAR, OF_BIO = held("REGISTRAR"), held(("SCHEDULER", ["BIO"]))


def policy(phase=None, *, end=None, later=(), **given):
    values = {"roles": ROLE_RULES, "catalogue": tuple(CATALOGUE), "moment": NOW, "zone": CHICAGO}
    found = PHASE[phase] if isinstance(phase, str) else phase
    return Policy(**(values | given), period=Period(phase=found, end=end), later=tuple(later))


def reason(decision):
    assert not decision.is_allowed
    return decision.reason


def open_fields(found, actor, section=BIO):
    return {name for name, decision in found.fields(actor, section).items() if decision.is_allowed}
