"""A role's rules in words, and what a change of them does."""

from collections.abc import Iterator, Mapping

from adminconsole.phase_choices import LATER
from adminconsole.rule_choices import ChoicesForm
from adminconsole.settings_differences import Difference
from phases.rules import ANY_FIELD, GRANT_WORDS, PERMISSION_WORDS, Grant, Permission, RoleRules, Rule
from scheduling.domain.fields import Catalogue

NOT_GIVEN = "Not given"


GRANTS: Mapping[str, str] = {
    "": NOT_GIVEN,
    Grant.ALLOW.value: GRANT_WORDS[Grant.ALLOW],
    Grant.OWN_DEPARTMENTS.value: GRANT_WORDS[Grant.OWN_DEPARTMENTS],
    Grant.DENY.value: GRANT_WORDS[Grant.DENY],
}


GRANT_EFFECTS: Mapping[str, str] = {
    "": "Only another role of the same person may give it.",
    Grant.ALLOW.value: "In every department.",
    Grant.OWN_DEPARTMENTS.value: "In the departments for which the user holds the role.",
    Grant.DENY.value: "Refused to everybody with this role, whatever their other roles allow.",
}


FIELD_WORDS: Mapping[str, str] = {Rule.OPEN.value: "Editable", Rule.LOCKED.value: "Locked"}


FIELD_EFFECTS: Mapping[str, str] = {
    Rule.OPEN.value: "Editable, unless a phase locks it.",
    Rule.LOCKED.value: "Locked, unless a phase opens it.",
}


def differences_of(form: ChoicesForm, catalogue: Catalogue) -> list[Difference]:
    """The changes of `form` in words."""
    return list(_differences(form, catalogue))


def _differences(form: ChoicesForm, catalogue: Catalogue) -> Iterator[Difference]:
    for key in form.changes:
        was, will = form.stands.get(key, ""), form.wanted.get(key, "")
        kind, _colon, name = key.partition(":")
        if kind == "permission":
            label, words, effects = PERMISSION_WORDS[Permission(name)].capitalize(), GRANTS, GRANT_EFFECTS
        elif kind == "field":
            label, words, effects = _label(name, catalogue), FIELD_WORDS, FIELD_EFFECTS
        else:
            label, words, effects = "Name", {}, {will: "How people read it; it changes no right."}
        yield Difference(
            key=key,
            label=label,
            before=words.get(was, was),
            after=words.get(will, will),
            effect=effects.get(will, ""),
        )


def _label(name: str, catalogue: Catalogue) -> str:
    if name == ANY_FIELD:
        return LATER
    return catalogue[name].label if name in catalogue else name


def permissions_with(role: RoleRules, *grants: Grant) -> list[str]:
    """The permissions to which a role says one of `grants`, in words."""
    return [words for one, words in PERMISSION_WORDS.items() if role.permissions.get(one) in grants]
