"""A role as choices on a form, and back: its permissions, and which fields it may edit without any phase."""

from collections.abc import Iterable

from adminconsole.phase_choices import LATER, editable
from adminconsole.phase_matrix import KEPT_BY_SIS
from adminconsole.rule_choices import Choices, ChoicesForm
from phases.rules import ANY_FIELD, PERMISSION_WORDS, Grant, Permission, RoleRules, Rule
from scheduling.domain.fields import Field


def choices_of(role: RoleRules, catalogue: Iterable[Field]) -> dict[str, str]:
    """The role as it stands."""
    given = {f"permission:{one}": role.permissions.get(one, "") for one in Permission}
    names = [ANY_FIELD, *(one.name for one in editable(catalogue))]
    rules = {f"field:{name}": (Rule.OPEN if role.opens(name) else Rule.LOCKED).value for name in names}
    return {"name": role.name, **{key: str(value) for key, value in given.items()}, **rules}


def changed_permissions(form: ChoicesForm) -> dict[Permission, Grant | None]:
    """The permissions to save."""
    return {
        Permission(key.partition(":")[2]): Grant(form.wanted[key]) if form.wanted.get(key) else None
        for key in form.changes
        if key.startswith("permission:")
    }


def changed_fields(form: ChoicesForm, catalogue: Iterable[Field]) -> dict[str, Rule | None]:
    """The rules of fields to save; a field has one only where it differs from the fields added later."""
    if not any(key.startswith("field:") for key in form.changes):
        return {}
    others = Rule(form.wanted[f"field:{ANY_FIELD}"])
    found: dict[str, Rule | None] = {ANY_FIELD: others}
    for one in editable(catalogue):
        rule = Rule(form.wanted.get(f"field:{one.name}", others))
        found[one.name] = None if rule is others else rule
    return found


def with_all_fields(choices: Choices, rule: str) -> Choices:
    """The choices with one rule for every field."""
    return {key: rule if key.startswith("field:") else value for key, value in choices.items()}


def permission_rows(choices: Choices) -> list[tuple[str, str, str]]:
    """(key, label, value) of every permission."""
    return [
        (f"permission:{one}", words.capitalize(), choices.get(f"permission:{one}", ""))
        for one, words in PERMISSION_WORDS.items()
    ]


def field_rows(choices: Choices, catalogue: Iterable[Field]) -> list[tuple[str, str, str, str]]:
    """(key, label, value, why nobody chooses) of every field; the rule for fields to come last."""
    rows = [
        (
            f"field:{one.name}",
            one.label,
            choices.get(f"field:{one.name}", Rule.LOCKED.value),
            KEPT_BY_SIS if one.is_from_sis else "",
        )
        for one in catalogue
    ]
    return [*rows, (f"field:{ANY_FIELD}", LATER, choices.get(f"field:{ANY_FIELD}", Rule.LOCKED.value), "")]
