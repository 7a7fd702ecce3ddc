"""May this person do it? Roles, departments and the phase, asked of the policy; refusals are sentences."""

from collections.abc import Iterable, Mapping

from phases.policy import Action, Actor, Policy, SectionFacts
from scheduling.domain.errors import ActionRefused, FieldLocked
from scheduling.models import User
from scheduling.selectors import actor_for


def acting_user(user: User | None) -> Actor:
    """The actor of a change. Raises `ActionRefused` where nobody signs it."""
    if user is None:
        raise ActionRefused("Nobody signs this change; sign in first.")
    return actor_for(user)


def check_action(*, policy: Policy, actor: Actor, action: Action, facts: SectionFacts) -> None:
    """Raise `ActionRefused` unless `actor` may take `action` in all departments of `facts`."""
    decision = policy.action(actor, facts, action)
    if not decision.is_allowed:
        raise ActionRefused(decision.reason)


def check_fields(locked: Mapping[str, str], wanted: Iterable[str]) -> None:
    """Raise `FieldLocked`, naming all of them, if any of the fields `wanted` is in `locked`."""
    refused = {name: locked[name] for name in wanted if name in locked}
    if refused:
        first = next(iter(refused))
        raise FieldLocked(" ".join(dict.fromkeys(refused.values())), field=first, locked=refused)
