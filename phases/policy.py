"""May this person change this field, or take this action, now? Pure: it depends on its arguments alone.

Until phases are built: a Registrar may do everything, everybody else nothing.
"""

from dataclasses import dataclass
from enum import StrEnum

REGISTRAR = "REGISTRAR"


class Action(StrEnum):
    """What one can do with a section or a relationship as a whole."""

    CREATE_SECTION = "create_section"
    CANCEL_SECTION = "cancel_section"
    DELETE_SECTION = "delete_section"
    EDIT_RELATIONSHIPS = "edit_relationships"


ACTION_WORDS = {
    Action.CREATE_SECTION: "create sections",
    Action.CANCEL_SECTION: "cancel sections",
    Action.DELETE_SECTION: "delete sections",
    Action.EDIT_RELATIONSHIPS: "edit relationships",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who asks: a name for the audit and role -> departments (None: all departments)."""

    name: str
    roles: tuple[tuple[str, frozenset[str] | None], ...] = ()

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


def field_decision(
    *, actor: Actor, label: str, department: str | None, term_name: str, is_from_sis: bool
) -> Decision:
    """May `actor` edit the field called `label` of a section of `department`?"""
    if is_from_sis:
        return Decision(is_allowed=False, reason=f"{label} is kept by the SIS; it is changed there.")
    if actor.has_role(REGISTRAR, department=department):
        return Decision(is_allowed=True, reason="A registrar may edit it.")
    return Decision(
        is_allowed=False, reason=f"{label} is locked in {term_name} for your role; ask the registrar."
    )


def action_decision(*, actor: Actor, action: Action, department: str | None, term_name: str) -> Decision:
    """May `actor` take `action` on a section of `department`?"""
    if actor.has_role(REGISTRAR, department=department):
        return Decision(is_allowed=True, reason=f"A registrar may {ACTION_WORDS[action]}.")
    return Decision(
        is_allowed=False,
        reason=f"Your role may not {ACTION_WORDS[action]} in {term_name}; ask the registrar.",
    )
