"""Merge Settings, Versions: the history, what differs, restoring, and the profiles."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from adminconsole.access import admin_of, needs
from adminconsole.settings_history import comparable, differences_of, previous_of
from adminconsole.settings_overview import count_parked, facts_of, type_summaries
from adminconsole.settings_saving import SettingsChanged, newest_of, restore
from adminconsole.views.settings_profiles import (
    SETTINGS_CHANGED,
    activate,
    confirm_activation,
    copy,
)
from adminconsole.views.version_list import list_page, number_of, profile_of
from integration.models import MergeProfileVersion
from integration.settings import ConfigurationError, read
from phases.rules import Permission
from scheduling.answers import was_changed
from scheduling.selectors import catalogue

VERSIONS = MergeProfileVersion.objects.select_related("profile", "created_by").order_by("id")


@needs(Permission.MANAGE_MERGE_SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def merge_settings_versions(request: HttpRequest) -> HttpResponse:
    """The versions of a profile, and the profiles; copying and activating one."""
    if request.method == "POST":
        return copy(request) if request.POST.get("step") == "copy" else activate(request)
    if wanted := request.GET.get("activate"):
        return confirm_activation(request, profile_of(wanted))
    return list_page(request)


@needs(Permission.MANAGE_MERGE_SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def merge_settings_version(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: what it says, how it differs from another, and restoring it."""
    version = get_object_or_404(VERSIONS, pk=pk)
    newest = newest_of(version.profile) or version
    if request.method == "POST":
        return _restore(request, version)
    if "restore" in request.GET:
        return _confirm_restoring(request, version, newest)
    asked = request.GET.get("with")
    other = get_object_or_404(VERSIONS, pk=number_of(asked)) if asked else previous_of(version)
    fields = catalogue()
    shown: dict[str, Any] = {
        "version": facts_of(version),
        "other": other and facts_of(other),
        "other_name": f"Version {other.number}" if other else "Delivered",
        "can_compare": comparable(version),
        "is_newest": newest == version,
        "is_active": version.profile.is_active,
    }
    try:
        shown["changes"] = differences_of(other, version, fields)
        shown["types"] = type_summaries(read(version), fields)
    except ConfigurationError as error:
        shown["problem"] = error
    return render(request, "adminconsole/settings_version.html", shown)


def _confirm_restoring(
    request: HttpRequest, version: MergeProfileVersion, newest: MergeProfileVersion
) -> HttpResponse:
    try:
        changes = differences_of(newest, version, catalogue())
    except ConfigurationError as error:
        messages.error(request, str(error))
        return redirect("merge_settings_version", pk=version.pk)
    if not changes:
        messages.warning(request, f"Version {version.number} says the same as the newest one.")
        return redirect("merge_settings_version", pk=version.pk)
    shown = {
        "version": facts_of(version),
        "newest": facts_of(newest),
        "changes": changes,
        "is_active": version.profile.is_active,
        "parked": count_parked(),
        "next_number": newest.number + 1,
    }
    return render(request, "adminconsole/settings_version_restore.html", shown)


def _restore(request: HttpRequest, version: MergeProfileVersion) -> HttpResponse:
    seen = number_of(request.POST.get("seen"))
    try:
        saved = restore(version, seen=seen, actor=admin_of(request), now=timezone.now())
    except SettingsChanged:
        return was_changed(request, SETTINGS_CHANGED, back=f"{request.path}?restore=1")
    except ConfigurationError as error:
        messages.error(request, f"Version {version.number} can no longer be used: {error}")
        return redirect("merge_settings_version", pk=version.pk)
    messages.success(request, f"Version {version.number} restored as version {saved.number}.")
    return redirect("merge_settings_version", pk=saved.pk)
