"""What changes in a phase, in words."""

from collections.abc import Iterator, Mapping

from adminconsole.phase_choices import LATER, PARTS, RULE_WORDS, state_of
from adminconsole.rule_choices import ChoicesForm
from adminconsole.settings_differences import Difference
from phases.models import Colour
from phases.rules import (
    ACTION_WORDS,
    ANY_FIELD,
    Action,
    RoleRules,
    Rule,
)
from scheduling.domain.fields import Catalogue


def differences_of(
    form: ChoicesForm, roles: Mapping[str, RoleRules], catalogue: Catalogue
) -> list[Difference]:
    """The changes of `form`, with what each opens or locks."""
    return list(_differences(form, roles, catalogue))


def _differences(
    form: ChoicesForm, roles: Mapping[str, RoleRules], catalogue: Catalogue
) -> Iterator[Difference]:
    for key in form.changes:
        was, will = form.stands.get(key, ""), form.wanted.get(key, "")
        if key in PARTS:
            words = {one.value: str(one.label) for one in Colour}
            yield Difference(
                key=key,
                label=PARTS[key],
                before=words.get(was, was) or "—",
                after=words.get(will, will) or "—",
                effect="How people find and read it; it locks and opens nothing.",
            )
            continue
        kind, code, name = key.split(":", 2)
        role = roles.get(code) or RoleRules(code=code, name=code)
        default = state_of(kind, name, role, Rule.DEFAULT)
        before, after = (state_of(kind, name, role, value) for value in (was, will))
        yield Difference(
            key=key,
            label=f"{_label(kind, name, catalogue)}: {role.name}",
            before=cell_words(was, default),
            after=cell_words(will, default),
            effect=_effect(before, after),
        )


def cell_words(value: str, default: str) -> str:
    """A rule in words, with what the default is."""
    if value in {"", Rule.DEFAULT}:
        return f"{RULE_WORDS[Rule.DEFAULT]} ({default})"
    return RULE_WORDS.get(value, value)


def _label(kind: str, name: str, catalogue: Catalogue) -> str:
    if kind == "action":
        return ACTION_WORDS[Action(name)].capitalize()
    if name == ANY_FIELD:
        return LATER
    return catalogue[name].label if name in catalogue else name


def _effect(before: str, after: str) -> str:
    if before == after:
        return f"Stays {after} as the role is now."
    return "Opens while the phase holds." if after == "open" else "Locks while the phase holds."
