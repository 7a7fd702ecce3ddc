"""Console, Roles: a new one with the rules of another."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from adminconsole.access import admin_of, needs
from adminconsole.role_words import permissions_with
from adminconsole.rule_saving import author_of, recorder
from phases.deciding import ranked
from phases.errors import RuleRefused
from phases.rules import Grant, Permission, RoleRules
from phases.selectors import role_rules
from phases.services.roles import copy_role_rules
from scheduling.domain.errors import InvalidValue
from scheduling.services.audit import Author
from scheduling.services.roles import LONGEST_NAME, create_role, role_name


@needs(Permission.EDIT_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def role_new(request: HttpRequest) -> HttpResponse:
    """A new role with the rules of another: named, shown, then made."""
    roles = {one.code: one for one in ranked(role_rules())}
    data = request.POST if request.method == "POST" else request.GET
    name, source = data.get("name", "").replace("\x00", "").strip(), data.get("copy_from", "")
    shown = {"roles": roles.values(), "name": name, "source": source, "longest": LONGEST_NAME}
    step = request.POST.get("step", "")
    if request.method != "POST" or step == "edit":
        return render(request, "adminconsole/role_new.html", shown)
    if not name or source not in roles:
        problem = "Give the role a name, and choose the role whose rules it begins with."
        return render(request, "adminconsole/role_new.html", shown | {"problems": [problem]}, status=422)
    try:
        if step != "save":
            return _sure(request, role_name(name), roles[source])
        code = _make(name, source, author_of(admin_of(request), now=timezone.now()))
    except (InvalidValue, RuleRefused) as error:
        return render(request, "adminconsole/role_new.html", shown | {"problems": [str(error)]}, status=422)
    messages.success(request, f"Made the role {name}. Nobody holds it yet.")
    return redirect("role", code)


@transaction.atomic
def _make(name: str, source: str, author: Author) -> str:
    code = create_role(name, author=author)
    copy_role_rules(source, code, record=recorder(author))
    return code


def _sure(request: HttpRequest, name: str, source: RoleRules) -> HttpResponse:
    may = ", ".join(permissions_with(source, Grant.ALLOW, Grant.OWN_DEPARTMENTS)) or "nothing"
    shown = {
        "heading": f"Make the role {name}",
        "crumbs": [(reverse("roles"), "Roles")],
        "sentences": [
            f"It begins with the rules of {source.name}: permissions, fields, and what each phase says.",
            f"Who holds it may: {may}.",
            "Nobody holds it until it is given to somebody. Nothing is saved yet.",
        ],
        "fields": [("name", name), ("copy_from", source.code)],
        "button": f"Make the role {name}",
        "is_harmless": True,
        "back": reverse("roles"),
    }
    return render(request, "adminconsole/rules_sure.html", shown)
