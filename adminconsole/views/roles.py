"""Console, Roles: what each role may, and removing one."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from adminconsole.access import admin_of, needs
from adminconsole.role_words import permissions_with
from adminconsole.rule_saving import author_of
from adminconsole.views.role_page import RolePage
from phases.deciding import ranked
from phases.delivered import ROLES
from phases.rules import Grant, Permission, RoleRules
from phases.selectors import role_rules
from scheduling.domain.errors import DomainError
from scheduling.models import Role
from scheduling.services.roles import remove_role, why_role_stays


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleLine:
    """A role: what it allows and denies, in words, and how many hold it. `is_own`: the institution's own."""

    role: RoleRules
    allowed: Sequence[str]
    denied: Sequence[str]
    people: int
    is_own: bool


@needs(Permission.EDIT_ROLES)
@require_safe
def role_list(request: HttpRequest) -> HttpResponse:
    """Every role with what it allows."""
    people = dict(Role.objects.annotate(people=Count("assignments")).values_list("pk", "people"))
    lines = [
        RoleLine(
            role=role,
            allowed=permissions_with(role, Grant.ALLOW, Grant.OWN_DEPARTMENTS),
            denied=permissions_with(role, Grant.DENY),
            people=people.get(role.code, 0),
            is_own=role.code not in ROLES,
        )
        for role in ranked(role_rules())
    ]
    return render(request, "adminconsole/roles.html", {"lines": lines})


@needs(Permission.EDIT_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def role(request: HttpRequest, code: str) -> HttpResponse:
    """One role: its form, then what changes, then saved."""
    return RolePage(request, code).answer()


@needs(Permission.EDIT_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def role_delete(request: HttpRequest, code: str) -> HttpResponse:
    """What removing a role means, and removing it."""
    found = get_object_or_404(Role, pk=code)
    shown = {
        "heading": f"Remove the role {found.name}",
        "crumbs": [(reverse("roles"), "Roles"), (reverse("role", args=[code]), found.name)],
        "sentences": [
            "The role goes, with what it may and what the phases say of it. Nobody holds it.",
            "The record of changes keeps that it was there.",
        ],
        "button": "Remove the role",
        "back": reverse("roles"),
    }
    if request.method != "POST":
        return render(request, "adminconsole/rules_sure.html", shown | {"refusal": why_role_stays(found)})
    try:
        remove_role(code, author=author_of(admin_of(request), now=timezone.now()))
    except DomainError as refused:
        return render(request, "adminconsole/rules_sure.html", shown | {"refusal": refused}, status=422)
    messages.success(request, f"Removed the role {found.name}.")
    return redirect("roles")
