"""Who may see what integration does."""

from phases.policy import REGISTRAR, Actor
from scheduling.models import User


def can_see_runs(user: User, actor: Actor) -> bool:
    """Merge runs and settings are open to the Admin product and to registrars."""
    return user.has_admin or any(role == REGISTRAR for role, _departments in actor.roles)
