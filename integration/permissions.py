"""Who may see what integration does."""

from phases.policy import Permission
from scheduling.models import User
from scheduling.visibility import Viewer


def can_see_runs(user: User, viewer: Viewer) -> bool:
    """Merge runs are open to the Admin product and to who may execute merges.

    They are about the whole institution: a role for some departments is not enough.
    """
    return user.has_admin or viewer.departments(Permission.EXECUTE_MERGES) is None
