"""Console, Roles: what each role may."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from adminconsole.access import needs
from adminconsole.role_words import permissions_with
from adminconsole.views.role_page import RolePage
from phases.deciding import ranked
from phases.rules import Grant, Permission, RoleRules
from phases.selectors import role_rules
from scheduling.models import Role


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleLine:
    """A role: what it allows and denies, in words, and how many hold it."""

    role: RoleRules
    allowed: Sequence[str]
    denied: Sequence[str]
    people: int


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
        )
        for role in ranked(role_rules())
    ]
    return render(request, "adminconsole/roles.html", {"lines": lines})


@needs(Permission.EDIT_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def role(request: HttpRequest, code: str) -> HttpResponse:
    """One role: its form, then what changes, then saved."""
    return RolePage(request, code).answer()
