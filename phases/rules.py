"""The values that the phase policy decides with: permissions, roles, phases, exemptions. Pure.

Everything is denied until a rule allows it, and an empty list never means everybody.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

REGISTRAR = "REGISTRAR"
ANY_FIELD = "*"
"""As the field of a rule: every field without a rule of its own, the institution's own fields included."""


class Permission(StrEnum):
    """What a role may let somebody do. The list is closed."""

    VIEW_SECTIONS = "view_sections"
    CREATE_SECTION = "create_section"
    EDIT_SECTIONS = "edit_sections"
    CANCEL_SECTION = "cancel_section"
    DELETE_SECTION = "delete_section"
    EDIT_RELATIONSHIPS = "edit_relationships"
    VIEW_INTEGRATION_STATUS = "view_integration_status"
    IMPORT_AND_EXPORT = "import_and_export"
    EDIT_PHASES = "edit_phases"
    EDIT_ROLES = "edit_roles"
    MANAGE_MERGE_SETTINGS = "manage_merge_settings"
    EXECUTE_MERGES = "execute_merges"
    MANAGE_USERS = "manage_users"


PERMISSION_WORDS: Mapping[Permission, str] = {
    Permission.VIEW_SECTIONS: "view sections",
    Permission.CREATE_SECTION: "create sections",
    Permission.EDIT_SECTIONS: "edit sections",
    Permission.CANCEL_SECTION: "cancel sections",
    Permission.DELETE_SECTION: "delete sections",
    Permission.EDIT_RELATIONSHIPS: "edit relationships",
    Permission.VIEW_INTEGRATION_STATUS: "view the integration status of sections",
    Permission.IMPORT_AND_EXPORT: "import and export",
    Permission.EDIT_PHASES: "edit phases",
    Permission.EDIT_ROLES: "edit roles",
    Permission.MANAGE_MERGE_SETTINGS: "manage merge settings",
    Permission.EXECUTE_MERGES: "execute merges",
    Permission.MANAGE_USERS: "manage users",
}


class Action(StrEnum):
    """What one can do with a section or a relationship as a whole; each is a permission of the same name."""

    CREATE_SECTION = "create_section"
    CANCEL_SECTION = "cancel_section"
    DELETE_SECTION = "delete_section"
    EDIT_RELATIONSHIPS = "edit_relationships"

    @property
    def permission(self) -> Permission:
        """The permission by which a role has this action where the phase says nothing."""
        return Permission(self.value)


ACTION_WORDS: Mapping[Action, str] = {one: PERMISSION_WORDS[one.permission] for one in Action}


class Grant(StrEnum):
    """What a role says to a permission. A permission that a role does not mention is not given by it."""

    ALLOW = "ALLOW"
    OWN_DEPARTMENTS = "OWN_DEPARTMENTS"
    DENY = "DENY"


GRANT_WORDS: Mapping[Grant, str] = {
    Grant.ALLOW: "Allow",
    Grant.OWN_DEPARTMENTS: "Allow within the user's departments",
    Grant.DENY: "Deny",
}


class Rule(StrEnum):
    """What a phase says to a field or an action for a role. Roles' own field rules are open or locked."""

    OPEN = "OPEN"
    LOCKED = "LOCKED"
    DEFAULT = "DEFAULT"


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleRules:
    """A role: its permissions, and which fields it may edit where the phase says nothing."""

    code: str
    name: str
    permissions: Mapping[Permission, Grant] = field(default_factory=dict)
    fields: Mapping[str, Rule] = field(default_factory=dict)

    def opens(self, name: str) -> bool:
        """Whether the field is open to the role by default."""
        return self.fields.get(name, self.fields.get(ANY_FIELD, Rule.LOCKED)) is Rule.OPEN


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseRules:
    """A phase: what it opens and locks, by (role, field) and (role, action). Nothing said: the default."""

    code: int
    name: str
    fields: Mapping[tuple[str, str], Rule] = field(default_factory=dict)
    actions: Mapping[tuple[str, Action], Rule] = field(default_factory=dict)

    def field_rule(self, role: str, name: str) -> Rule:
        """The rule for a field: its own, or the one for any field."""
        return self.fields.get((role, name), self.fields.get((role, ANY_FIELD), Rule.DEFAULT))

    def action_rule(self, role: str, action: Action) -> Rule:
        """The rule for an action."""
        return self.actions.get((role, action), Rule.DEFAULT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Exemption:
    """Fields that one user may edit although the phase locks them, from `since` to before `until`.

    Either for one section or for one department; the other is None. One that names neither, or no field,
    exempts nothing.
    """

    user_id: int
    fields: frozenset[str]
    since: dt.datetime
    until: dt.datetime
    reason: str
    section_id: int | None = None
    department: str | None = None

    def holds_for(self, *, user_id: int | None, section: "SectionFacts", moment: dt.datetime) -> bool:
        """Whether it is this user's, at `moment`, and for this section or a department of it."""
        if user_id is None or user_id != self.user_id:
            return False
        since, at, until = (one.astimezone(dt.UTC) for one in (self.since, moment, self.until))
        if not since <= at < until:
            return False
        if self.section_id is not None:
            return self.section_id == section.section_id
        return self.department is not None and self.department in section.concerned

    def covers(self, department: str | None) -> bool:
        """Whether it opens its fields in this department of a section that it holds for."""
        return self.section_id is not None or self.department == department


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionFacts:
    """What the policy has to know of a section. `section_id`: None while it is not made yet.

    `departments`: all that are concerned; every one must allow. None among them: a course of no department,
    which only roles for all departments reach.
    """

    departments: frozenset[str | None]
    section_id: int | None = None

    @property
    def concerned(self) -> frozenset[str | None]:
        """The departments to ask. A section of none is asked like a course of none, never let through."""
        return self.departments or frozenset([None])


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who asks: a name for the audit and role -> departments (None: all departments)."""

    name: str
    roles: tuple[tuple[str, frozenset[str] | None], ...] = ()
    user_id: int | None = None

    def has_role(self, role: str, *, department: str | None) -> bool:
        """Whether the actor has `role` for `department`."""
        return any(
            code == role and (departments is None or department in departments)
            for code, departments in self.roles
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Allowed or not, and the sentence that says why."""

    is_allowed: bool
    reason: str


class PolicyField(Protocol):
    """A field of the catalogue as the policy sees it."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def is_from_sis(self) -> bool: ...
    @property
    def is_plural(self) -> bool: ...


def field_grant(role: RoleRules, phase: PhaseRules | None, name: str) -> Grant | None:
    """What the role says to editing a field in the phase (None: no phase).

    Its permission to edit sections, if the phase, or else the role's default, opens the field.
    """
    own = role.permissions.get(Permission.EDIT_SECTIONS)
    if own is None or own is Grant.DENY:
        return own
    rule = Rule.DEFAULT if phase is None else phase.field_rule(role.code, name)
    is_open = role.opens(name) if rule is Rule.DEFAULT else rule is Rule.OPEN
    return own if is_open else None


def action_grant(role: RoleRules, phase: PhaseRules | None, action: Action) -> Grant | None:
    """What the role says to an action in the phase (None: no phase).

    A phase may open it, within the role's departments, or lock it for this role. It lifts no Deny.
    """
    own = role.permissions.get(action.permission)
    rule = Rule.DEFAULT if phase is None else phase.action_rule(role.code, action)
    if own is Grant.DENY or rule is Rule.DEFAULT:
        return own
    return (own or Grant.OWN_DEPARTMENTS) if rule is Rule.OPEN else None


def reaches(grant: Grant | None, held_for: frozenset[str] | None, department: str | None) -> bool:
    """Whether a grant of a role held for these departments (None: all) allows it in `department`.

    A role that is held for no department gives nothing, whatever it allows.
    """
    if grant is Grant.ALLOW:
        return held_for is None or bool(held_for)
    if grant is Grant.OWN_DEPARTMENTS:
        return held_for is None or department in held_for
    return False
