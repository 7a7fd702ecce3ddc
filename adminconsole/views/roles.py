"""Console, Roles: what each role may, and removing one."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from adminconsole.access import needs
from adminconsole.removing import Removal, answer
from adminconsole.role_words import permissions_with
from adminconsole.views.role_page import RolePage
from phases.deciding import ranked
from phases.delivered import ROLES
from phases.rules import Grant, Permission, RoleRules
from phases.selectors import role_rules
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
    removal = Removal(
        kind="role",
        name=found.name,
        here=reverse("role", args=[code]),
        above=("roles", "Roles"),
        sentences=[
            "The role goes, with what it may and what the phases say of it. Nobody holds it.",
            "The record of changes keeps that it was there.",
        ],
        why_it_stays=lambda: why_role_stays(found),
        remove=lambda author: remove_role(code, author=author),
    )
    return answer(request, removal)
