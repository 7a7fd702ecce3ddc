"""Who may see and do what about merges.

They are about the whole institution: a role for some departments is not enough.
"""

from phases.policy import Permission
from scheduling.visibility import Viewer


def can_execute_merges(viewer: Viewer) -> bool:
    """Who asks for merges, answers their plans and settles their conflicts."""
    return viewer.departments(Permission.EXECUTE_MERGES) is None


def can_see_runs(viewer: Viewer) -> bool:
    """Merge runs are shown to who executes merges or manages their settings."""
    return can_execute_merges(viewer) or viewer.departments(Permission.MANAGE_MERGE_SETTINGS) is None
