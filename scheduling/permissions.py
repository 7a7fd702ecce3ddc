"""May this person do it? Roles and departments, asked of the phase policy; refusals are sentences."""

from collections.abc import Iterable, Mapping

from phases.policy import Action, Actor, action_decision
from scheduling.domain.errors import ActionRefused, FieldLocked
from scheduling.models import Term, User
from scheduling.selectors import actor_for


def acting_user(user: User | None) -> Actor:
    """The actor of a change. Raises `ActionRefused` where nobody signs it."""
    if user is None:
        raise ActionRefused("Nobody signs this change; sign in first.")
    return actor_for(user)


def check_action(*, actor: Actor, action: Action, departments: Iterable[str | None], term: Term) -> None:
    """Raise `ActionRefused` unless `actor` may take `action` on sections of all of `departments`."""
    for department in departments:
        decision = action_decision(actor=actor, action=action, department=department, term_name=str(term))
        if not decision.is_allowed:
            raise ActionRefused(decision.reason)


def check_fields(locked: Mapping[str, str], wanted: Iterable[str]) -> None:
    """Raise `FieldLocked`, naming all of them, if any of the fields `wanted` is in `locked`."""
    refused = {name: locked[name] for name in wanted if name in locked}
    if refused:
        first = next(iter(refused))
        raise FieldLocked(" ".join(dict.fromkeys(refused.values())), field=first, locked=refused)
