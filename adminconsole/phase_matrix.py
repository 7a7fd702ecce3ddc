"""The matrices of a phase: what each role may edit and do."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from adminconsole.phase_choices import LATER, state_of
from adminconsole.rule_choices import Choices
from phases.deciding import GIVING
from phases.rules import (
    ACTION_WORDS,
    ANY_FIELD,
    PERMISSION_WORDS,
    Permission,
    RoleRules,
    Rule,
)
from scheduling.domain.fields import Field

KEPT_BY_SIS = "Kept by the SIS; nobody edits it in Tandem."


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A choice of one role. `default`: what the role has where the phase says nothing."""

    key: str
    role: str
    label: str
    value: str
    default: str

    @property
    def differs(self) -> bool:
        """Whether the phase says something of its own."""
        return self.value != Rule.DEFAULT


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A field or an action. `lock`: why nobody chooses."""

    name: str
    label: str
    cells: tuple[Cell, ...] = ()
    lock: str = ""


def field_rows(
    choices: Choices, roles: Collection[RoleRules], catalogue: Iterable[Field]
) -> list[tuple[str, list[Row]]]:
    """Group -> its fields, the rule for fields to come last."""
    groups: dict[str, list[Row]] = {}
    for one in catalogue:
        row = _locked(one) if one.is_from_sis else _row("field", one.name, one.label, choices, roles)
        groups.setdefault(one.group.value, []).append(row)
    groups["Others"] = [_row("field", ANY_FIELD, LATER, choices, roles)]
    return list(groups.items())


def action_rows(choices: Choices, roles: Collection[RoleRules]) -> list[Row]:
    """The actions."""
    return [
        _row("action", action.value, words.capitalize(), choices, roles)
        for action, words in ACTION_WORDS.items()
    ]


def _locked(one: Field) -> Row:
    return Row(name=one.name, label=one.label, lock=KEPT_BY_SIS)


def _row(kind: str, name: str, label: str, choices: Choices, roles: Collection[RoleRules]) -> Row:
    return Row(
        name=name,
        label=label,
        cells=tuple(
            Cell(
                key=f"{kind}:{role.code}:{name}",
                role=role.name,
                label=f"{label}: {role.name}",
                value=choices.get(f"{kind}:{role.code}:{name}", Rule.DEFAULT.value),
                default=state_of(kind, name, role, Rule.DEFAULT),
            )
            for role in roles
        ),
    )


def closed_note(roles: Iterable[RoleRules]) -> str:
    """Which roles edit no section whatever their cells say; blank: none."""
    closed = [one.name for one in roles if one.permissions.get(Permission.EDIT_SECTIONS) not in GIVING]
    if not closed:
        return ""
    what = PERMISSION_WORDS[Permission.EDIT_SECTIONS]
    return f"Not allowed to {what} by the role itself, whatever is chosen here: {', '.join(closed)}."
