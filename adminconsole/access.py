"""Who may open the console: the Admin product, nobody else (DOMAIN.md, Product)."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from scheduling.models import User

NO_ADMIN = (
    "The console belongs to the Admin product, which your account does not include. It is given to few."
)
Arguments = ParamSpec("Arguments")


def admin_of(request: HttpRequest) -> User:
    """Who is at the console. Raises `PermissionDenied` with a sentence for everybody else."""
    user = cast("User", request.user)
    if not user.has_admin:
        raise PermissionDenied(NO_ADMIN)
    return user


def admin_only(
    view: Callable[Concatenate[HttpRequest, Arguments], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Arguments], HttpResponse]:
    """The view for the Admin product; the rest get a plain refusal (403)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Arguments.args, **named: Arguments.kwargs) -> HttpResponse:
        admin_of(request)
        return view(request, *args, **named)

    return cast("Callable[Concatenate[HttpRequest, Arguments], HttpResponse]", guarded)
