"""Which choices of a merge type's settings differ, and what two people changed at the same time."""

from dataclasses import dataclass

from adminconsole.settings_choices import Choice, Choices


def changed_keys(before: Choices, after: Choices) -> list[str]:
    """The keys of the choices that differ, in the order of the form."""
    keys = dict.fromkeys([*before, *after])
    return [key for key in keys if _value(before, key) != _value(after, key)]


def _value(choices: Choices, key: str) -> Choice:
    value = choices.get(key)
    return "" if value is None or value is False else value


@dataclass(frozen=True, kw_only=True, slots=True)
class Rebased:
    """Somebody's choices on top of what somebody else saved meanwhile. `clashes`: keys that both changed."""

    choices: Choices
    clashes: tuple[str, ...]


def rebased(mine: Choices, *, base: Choices, newest: Choices) -> Rebased:
    """What `mine` changed from `base`, changed in `newest`; where both changed a choice, mine stands."""
    my_keys = set(changed_keys(base, mine))
    their_keys = set(changed_keys(base, newest))
    merged = {key: value for key, value in newest.items() if key not in my_keys}
    merged |= {key: value for key, value in mine.items() if key in my_keys}
    both = [key for key in changed_keys(mine, newest) if key in my_keys & their_keys]
    return Rebased(choices=merged, clashes=tuple(both))
