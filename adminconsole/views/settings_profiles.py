"""Copying and activating a profile of merge settings."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from adminconsole.access import admin_of
from adminconsole.settings_history import differences_of
from adminconsole.settings_overview import count_parked, facts_of, newest_active
from adminconsole.settings_saving import SettingsChanged, copy_profile, newest_of
from adminconsole.settings_saving import activate as follow_profile
from adminconsole.views.version_list import list_page, number_of, profile_of
from integration.models import MergeProfile
from integration.settings import ConfigurationError
from scheduling.answers import was_changed
from scheduling.selectors import catalogue

SETTINGS_CHANGED = "Merge Settings were saved by somebody else after this page was made."
LONGEST_NAME = 100


def copy(request: HttpRequest) -> HttpResponse:
    """Make a profile that begins as another one's newest version."""
    name = request.POST.get("name", "").replace("\x00", "").strip()
    newest = newest_of(profile_of(request.POST.get("profile", "")))
    if len(name) > LONGEST_NAME:
        problem = f"A name has at most {LONGEST_NAME} characters."
    elif newest is None:
        problem = "This profile has no version yet, so there is nothing to copy."
    else:
        try:
            made = copy_profile(newest, name=name, actor=admin_of(request), now=timezone.now())
        except ConfigurationError as error:
            problem = str(error)
        else:
            messages.success(request, f"Made profile {made.profile} from {newest}. It is not active yet.")
            return redirect("merge_settings_versions")
    return list_page(request, status=422, copy_problem=problem, copy_name=name)


def confirm_activation(request: HttpRequest, profile: MergeProfile) -> HttpResponse:
    """What would differ if merges followed this profile."""
    newest, active = newest_of(profile), newest_active()
    if newest is None or profile.is_active:
        said = (
            "is active already." if profile.is_active else "has no version yet; there is nothing to follow."
        )
        messages.warning(request, f"Profile {profile} {said}")
        return redirect("merge_settings_versions")
    try:
        changes = differences_of(active, newest, catalogue())
    except ConfigurationError as error:
        messages.error(request, str(error))
        return redirect("merge_settings_versions")
    shown = {
        "profile": profile,
        "newest": facts_of(newest),
        "active": active and facts_of(active),
        "changes": changes,
        "parked": count_parked(),
    }
    return render(request, "adminconsole/settings_versions_activate.html", shown)


def activate(request: HttpRequest) -> HttpResponse:
    """Make merges follow a profile, if nothing was saved since the difference was shown."""
    profile = profile_of(request.POST.get("profile", ""))
    seen = request.POST.get("seen")
    shown = number_of(request.POST.get("shown"))
    try:
        follow_profile(
            profile,
            seen=number_of(seen) if seen else None,
            shown=shown,
            actor=admin_of(request),
            now=timezone.now(),
        )
    except SettingsChanged:
        return was_changed(request, SETTINGS_CHANGED, back=f"{request.path}?activate={profile.pk}")
    except ConfigurationError as error:
        return list_page(request, status=422, problem=error)
    messages.success(request, f"Profile {profile} is active; merges follow it from now on.")
    return redirect("merge_settings")
