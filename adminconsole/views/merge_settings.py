"""Merge Settings: the overview, and the form of each merge type."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from adminconsole.access import needs
from adminconsole.settings_overview import facts_of, newest_active, type_summaries
from adminconsole.views.type_page import TypePage
from integration.settings import ConfigurationError, read
from integration.sis.port import MergeType
from phases.rules import Permission
from scheduling.selectors import catalogue

NO_PROFILE = "No merge profile is active, so nothing is merged. Activate one under Versions."


@needs(Permission.MANAGE_MERGE_SETTINGS)
@require_safe
def merge_settings(request: HttpRequest) -> HttpResponse:
    """What is merged how, one line a type."""
    version = newest_active()
    shown: dict[str, Any] = {
        "version": version and facts_of(version),
        "problem": "" if version else NO_PROFILE,
    }
    try:
        shown["types"] = type_summaries(read(version), catalogue()) if version else None
    except ConfigurationError as error:
        shown["problem"] = error
    return render(request, "adminconsole/merge_settings.html", shown)


@needs(Permission.MANAGE_MERGE_SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def merge_settings_type(request: HttpRequest, merge_type: str) -> HttpResponse:
    """The settings of one type: the form, then what it changes, then the next version."""
    if merge_type not in set(MergeType):
        raise Http404
    version, fields = newest_active(), catalogue()
    if version is None:
        messages.error(request, NO_PROFILE)
        return redirect("merge_settings_versions")
    try:
        page = TypePage(request, MergeType(merge_type), version, fields)
    except ConfigurationError as error:
        messages.error(request, str(error))
        return redirect("merge_settings_versions")
    return page.answer_post() if request.method == "POST" else page.show(page.form_of(page.newest))
