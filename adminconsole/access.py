"""Who may open which page of the console: the Admin product, and a permission for what the page does.

The product alone opens nothing (ADR 0011). What the console does concerns the whole institution, so a role
that is held for some departments is not enough.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from phases.rules import Permission
from scheduling.models import User
from scheduling.visibility import Viewer, check_has_role, viewer_at

NO_ADMIN = (
    "The console belongs to the Admin product, which your account does not include. It is given to few."
)
Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]


def admin_of(request: HttpRequest) -> User:
    """Who is at the console. Raises `PermissionDenied` with a sentence for everybody else."""
    user = cast("User", request.user)
    if not user.has_admin:
        raise PermissionDenied(NO_ADMIN)
    return user


def has_any(viewer: Viewer, permissions: tuple[Permission, ...]) -> bool:
    """Whether somebody has one of these permissions for the whole institution."""
    return any(viewer.departments(one) is None for one in permissions)


def needs(*permissions: Permission) -> Callable[[View[Arguments]], View[Arguments]]:
    """The view for the Admin product with one of these permissions; the rest get a plain refusal (403).

    The refusal is about the first of them, says why, and who has it.
    """

    def guard(view: View[Arguments]) -> View[Arguments]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Arguments.args, **named: Arguments.kwargs) -> HttpResponse:
            admin_of(request)
            viewer = viewer_at(request)
            check_has_role(viewer)
            if not has_any(viewer, permissions):
                raise PermissionDenied(viewer.rights.permission(viewer, permissions[0]).reason)
            return view(request, *args, **named)

        guarded.permissions = permissions  # type: ignore[attr-defined]  # for the navigation
        return cast("View[Arguments]", guarded)

    return guard
