"""What every page knows about the site."""

from django.conf import settings
from django.http import HttpRequest


def environment(_request: HttpRequest) -> dict[str, str]:
    """The sentence of the ribbon, where this is not a site at work (UI.md, Frame)."""
    if settings.SIS_URL.startswith("memory:"):
        return {"environment_note": "Demonstration: the SIS is a simulation; nothing real is changed."}
    return {}
