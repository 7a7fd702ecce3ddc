"""What of the console somebody may open: for the navigation, and for links to it on other pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest

from adminconsole.access import has_any
from adminconsole.urls import urlpatterns
from phases.rules import Permission
from scheduling.models import User
from scheduling.visibility import viewer_at

PERMISSIONS: Mapping[str, tuple[Permission, ...]] = {
    str(one.name): vars(one.callback)["permissions"] for one in urlpatterns
}
"""Page -> the permissions of which one opens it, as its view states them."""
ENTRIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("console", "Overview", ()),
    ("merge_settings", "Merge Settings", ("merge_settings_",)),
    ("execute_merge", "Execute Merge", ("merge_request",)),
    ("runs", "Runs", ("run",)),
    ("plans", "Plans waiting", ("plan",)),
    ("conflicts", "Conflicts", ("conflict",)),
    ("outbound", "Outbound", ()),
    ("phases", "Phases", ("phase",)),
    ("timelines", "Timelines", ("timeline",)),
    ("roles", "Roles", ("role",)),
    ("users", "Users", ("user",)),
    ("exemptions", "Exemptions", ("exemption",)),
)
"""Page, what the navigation calls it, and how the names of the pages below it begin."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line of the navigation."""

    name: str
    label: str
    is_current: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Console:
    """`opens`: the pages that somebody may open; `entries`: those of the navigation."""

    opens: frozenset[str] = frozenset()
    entries: Sequence[Entry] = field(default=())


def console_of(request: HttpRequest) -> Console:
    """What the person of the request may open. Without the Admin product nothing, and no query."""
    user = request.user
    if not isinstance(user, User) or not user.has_admin:
        return Console()
    viewer = viewer_at(request)
    opens = frozenset(name for name, permissions in PERMISSIONS.items() if has_any(viewer, permissions))
    match = request.resolver_match
    here = (match.url_name if match else None) or ""
    is_ours = here in PERMISSIONS
    entries = [
        Entry(name=name, label=label, is_current=name == here or (is_ours and here.startswith(below)))
        for name, label, below in ENTRIES
        if name in opens
    ]
    return Console(opens=opens, entries=entries)
