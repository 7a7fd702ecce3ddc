"""What a new institution starts with: the delivered roles' permissions, and seven phases. Pure.

The institution changes all of it afterwards. Phases tighten: what a phase leaves open stays as the role has
it by default, and the Registrar keeps everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from phases.rules import ANY_FIELD, REGISTRAR, Action, Grant, Permission, Rule

SCHEDULER, INSTRUCTOR, VIEWER = "SCHEDULER", "INSTRUCTOR", "VIEWER"
ROLES: Mapping[str, str] = {
    REGISTRAR: "Registrar",
    SCHEDULER: "Scheduler",
    INSTRUCTOR: "Instructor",
    VIEWER: "Viewer",
}
ALL_BUT_REGISTRAR = (SCHEDULER, INSTRUCTOR, VIEWER)

_OF_SCHEDULER = (
    Permission.VIEW_SECTIONS,
    Permission.CREATE_SECTION,
    Permission.EDIT_SECTIONS,
    Permission.CANCEL_SECTION,
    Permission.EDIT_RELATIONSHIPS,
    Permission.VIEW_INTEGRATION_STATUS,
    Permission.IMPORT_AND_EXPORT,
)
PERMISSIONS: Mapping[str, tuple[Permission, ...]] = {
    REGISTRAR: tuple(Permission),
    SCHEDULER: _OF_SCHEDULER,
    INSTRUCTOR: (Permission.VIEW_SECTIONS,),
    VIEWER: (Permission.VIEW_SECTIONS,),
}
"""Each within the departments of the role: a Registrar is one for all, unless departments are named."""
GRANT = Grant.OWN_DEPARTMENTS

FIELDS: Mapping[str, Mapping[str, Rule]] = {
    REGISTRAR: {ANY_FIELD: Rule.OPEN},
    SCHEDULER: {ANY_FIELD: Rule.OPEN},
    INSTRUCTOR: {ANY_FIELD: Rule.LOCKED},
    VIEWER: {ANY_FIELD: Rule.LOCKED},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveredPhase:
    """A phase for all but the Registrar. `open_fields` None: every field is as the role has it.

    `left`: the actions that stay as the role has them; the others are locked. `opened`: opened to Schedulers.
    """

    name: str
    description: str
    colour: str
    open_fields: tuple[str, ...] | None
    left: tuple[Action, ...] = ()
    opened: tuple[Action, ...] = ()

    def field_rules(self) -> dict[tuple[str, str], Rule]:
        """Its rules by (role, field)."""
        if self.open_fields is None:
            return {}
        closed = {(role, ANY_FIELD): Rule.LOCKED for role in ALL_BUT_REGISTRAR}
        return closed | {
            (role, name): Rule.DEFAULT for role in ALL_BUT_REGISTRAR for name in self.open_fields
        }

    def action_rules(self) -> dict[tuple[str, Action], Rule]:
        """Its rules by (role, action)."""
        kept = {*self.left, *self.opened}
        closed = {
            (role, action): Rule.LOCKED
            for role in ALL_BUT_REGISTRAR
            for action in Action
            if action not in kept
        }
        return closed | {(SCHEDULER, action): Rule.OPEN for action in self.opened}


CREATE, CANCEL, DELETE, RELATE = (
    Action.CREATE_SECTION,
    Action.CANCEL_SECTION,
    Action.DELETE_SECTION,
    Action.EDIT_RELATIONSHIPS,
)
PHASES: tuple[DeliveredPhase, ...] = (
    DeliveredPhase(
        name="Draft",
        description="Departments build their sections.",
        colour="grey",
        open_fields=None,
        left=(CREATE, CANCEL, RELATE),
        opened=(DELETE,),
    ),
    DeliveredPhase(
        name="Room assignment",
        description="Times and sizes stand; the registrar assigns rooms.",
        colour="blue",
        open_fields=("title", "notes", "instructors", "waitlist_capacity"),
        left=(CANCEL, RELATE),
    ),
    DeliveredPhase(
        name="Final review",
        description="Departments read their sections once more before they are published.",
        colour="amber",
        open_fields=("title", "notes", "instructors"),
    ),
    DeliveredPhase(
        name="Published",
        description="Students see the schedule; who teaches may still change.",
        colour="green",
        open_fields=("notes", "instructors"),
    ),
    DeliveredPhase(
        name="Registration",
        description="Students register; departments look after seats.",
        colour="green",
        open_fields=("capacity", "waitlist_capacity", "notes", "instructors"),
    ),
    DeliveredPhase(
        name="Term running",
        description="Classes meet; notes may change.",
        colour="blue",
        open_fields=("notes",),
    ),
    DeliveredPhase(
        name="Closed",
        description="The term is over; the registrar alone corrects it.",
        colour="grey",
        open_fields=(),
    ),
)
