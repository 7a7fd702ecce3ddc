"""What the sandbox says of itself: the resources it offers, and the application's configuration."""

from collections.abc import Mapping, Sequence
from typing import Any

from .identity import guid
from .resources import RESOURCES

NAMES = {"colleague": "Sandbox Colleague", "banner": "Sandbox Banner"}


def available_resources(profile: str, allowed: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The answer of ``/admin/available-resources``: versions, methods and filters of what is allowed."""
    resources = [
        {
            "name": name,
            "representations": [
                {
                    "X-Media-Type": resource.media_type,
                    "version": resource.version,
                    "methods": list(allowed[name]),
                    "filters": list(resource.filters),
                    "namedQueries": [{"name": query, "filters": [query]} for query in resource.named],
                    "maxPageSize": resource.page,
                }
            ],
        }
        for name, resource in RESOURCES.items()
        if allowed[name]
    ]
    about = [{"applicationName": NAMES[profile], "applicationVersion": "1"}]
    return [{"id": _application(profile), "name": NAMES[profile], "about": about, "resources": resources}]


def configuration(profile: str) -> dict[str, Any]:
    """The answer of ``/appconfig``: which resources the application is told of."""
    return {
        "id": _application(profile),
        "name": NAMES[profile],
        "subscriptions": [
            {"resourceName": name, "version": resource.media_type} for name, resource in RESOURCES.items()
        ],
        "ownerOverrides": [],
        "metadata": {"version": "1"},
    }


def _application(profile: str) -> str:
    return guid("applications", profile)
