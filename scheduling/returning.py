"""Where a form leads back to: an address of our own that the person came from, else a usual one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

LONGEST = 2000


def came_from(request: HttpRequest, *, usual: str) -> str:
    """The address in ``next``, where it is one of this site; else `usual`."""
    given = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = (
        given.startswith("/")
        and len(given) <= LONGEST
        and given.isprintable()
        and url_has_allowed_host_and_scheme(given, allowed_hosts=None)
    )
    return given if is_ours else usual


def go(request: HttpRequest, address: str) -> HttpResponse:
    """On to `address`, also for a form in a dialog."""
    if request.htmx:  # type: ignore[attr-defined]  # the middleware of django-htmx
        return HttpResponseClientRedirect(address)
    return redirect(address)
