"""Rules as choices on a form: key -> value, blank for none; and what somebody changed on top of what stands.

The page carries what it was made from (`seen`). So what others saved meanwhile is neither overwritten nor in
the way: only what somebody chose differently from what they saw is their change.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

Choices = Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChoicesForm:
    """What somebody wants, on top of what stands now.

    `overtaken`: what others changed since the page was made (key -> what the page showed); `clashes`: of
    these, what the person changed too.
    """

    stands: Choices
    wanted: Choices
    overtaken: Choices = field(default_factory=dict)
    clashes: frozenset[str] = frozenset()

    @property
    def changes(self) -> tuple[str, ...]:
        """The keys that would change."""
        keys = dict.fromkeys([*self.wanted, *self.stands])
        return tuple(key for key in keys if self.wanted.get(key, "") != self.stands.get(key, ""))

    @property
    def seen(self) -> str:
        """What the page is made from, for its hidden field."""
        return json.dumps(dict(self.stands))

    @property
    def wanted_changes(self) -> str:
        """The changes alone, for the hidden field of the page that shows them."""
        return json.dumps({key: self.wanted.get(key, "") for key in self.changes})


def unsent(stands: Choices, wanted: Choices | None = None) -> ChoicesForm:
    """The form as nobody sent it yet; `wanted`: what it begins with instead of what stands."""
    return ChoicesForm(stands=stands, wanted=stands if wanted is None else wanted)


def rebase(*, seen: Choices, sent: Choices, stands: Choices) -> ChoicesForm:
    """What was sent by a page made from `seen`, on top of what stands now."""
    mine = {key for key in {*seen, *sent} if sent.get(key, "") != seen.get(key, "")}
    overtaken = {
        key: seen.get(key, "")
        for key in dict.fromkeys([*stands, *seen])
        if stands.get(key, "") != seen.get(key, "")
    }
    wanted = {**stands, **{key: sent.get(key, "") for key in mine}}
    clashes = {key for key in mine & overtaken.keys() if wanted[key] != stands.get(key, "")}
    return ChoicesForm(stands=stands, wanted=wanted, overtaken=overtaken, clashes=frozenset(clashes))


def choices_in(text: str) -> dict[str, str] | None:
    """The choices of a hidden field; None: it holds none that can be read."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        return None
    return {str(key): value.replace("\x00", "") for key, value in found.items()}
