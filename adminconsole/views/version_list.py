"""The list of versions and profiles, and what an address or a form says of them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from adminconsole.settings_history import version_lines, version_page
from adminconsole.settings_overview import profiles
from integration.models import MergeProfile
from scheduling.paging import BadCursor
from scheduling.selectors import catalogue

LONGEST_PK = 9
"""So many digits an id in an address or a form has at most."""


def number_of(text: str | None) -> int:
    """The id in an address or a form. Raises `Http404`."""
    if not text or not (text.isascii() and text.isdecimal()) or len(text) > LONGEST_PK:
        raise Http404
    return int(text)


def profile_of(text: str) -> MergeProfile:
    """The profile of an id in an address or a form. Raises `Http404`."""
    return get_object_or_404(MergeProfile, pk=number_of(text))


def list_page(request: HttpRequest, *, status: int = 200, **said: Any) -> HttpResponse:
    """The versions of the chosen profile, and all profiles. `said`: what stands above them."""
    known = profiles()
    asked = request.GET.get("profile")
    chosen = profile_of(asked) if asked else next(iter(known), None)
    shown: dict[str, Any] = {**said, "profiles": known, "chosen": chosen}
    if chosen is not None:
        try:
            shown["page"] = version_page(chosen, request.GET.get("cursor", ""))
        except BadCursor:
            messages.warning(request, "That page cannot be found any more; this is the first one.")
            shown["page"] = version_page(chosen, "")
        shown["lines"] = version_lines(shown["page"].rows, catalogue())
    return render(request, "adminconsole/settings_versions.html", shown, status=status)
