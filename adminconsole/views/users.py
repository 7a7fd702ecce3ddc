"""Console, Users: the list, one user or a new one."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from adminconsole.access import admin_of, needs
from adminconsole.user_list import STATES, UserFilters, user_list
from adminconsole.views.user_page import UserPage
from phases.rules import Permission
from scheduling.asking import asked, asked_choice, asked_page
from scheduling.models import Department, Role, User
from scheduling.services.account_guards import why_untouchable


@needs(Permission.MANAGE_USERS)
@require_safe
def users(request: HttpRequest) -> HttpResponse:
    """Everybody who may sign in, by name; with filters."""
    roles, departments = list(Role.objects.order_by("name")), list(Department.objects.all())
    filters = UserFilters(
        words=asked(request, "q"),
        role=asked_choice(request, "role", {one.pk for one in roles}, what="The role"),
        department=asked_choice(
            request, "department", {one.pk for one in departments}, what="The department"
        ),
        state=asked_choice(request, "state", STATES, what="The choice"),
    )
    shown = {
        "page": asked_page(request, lambda cursor: user_list(filters, cursor)),
        "filters": filters,
        "roles": roles,
        "departments": departments,
        "states": STATES.items(),
    }
    return render(request, "adminconsole/users.html", shown)


def user_of_page(request: HttpRequest, pk: int) -> User:
    """The user of an address. Raises `Http404`, and `PermissionDenied` for one that only superusers touch."""
    found = get_object_or_404(User, pk=pk)
    if why := why_untouchable(found, admin_of(request)):
        raise PermissionDenied(why)
    return found


@needs(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def user_new(request: HttpRequest) -> HttpResponse:
    """A new user: the form, then what will be, then made."""
    return UserPage(request, None).answer()


@needs(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def user(request: HttpRequest, pk: int) -> HttpResponse:
    """One user: the form, then what changes, then saved."""
    return UserPage(request, user_of_page(request, pk)).answer()
