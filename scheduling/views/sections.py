"""The schedule of a term: its sections as a list."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from scheduling import integration_side
from scheduling.section_columns import columns_shown
from scheduling.section_filters import COLUMN
from scheduling.section_list import section_list as listed
from scheduling.terms import term_of_page
from scheduling.visibility import can_see_integration, viewer_of


@require_safe
def section_list(request: HttpRequest, term_code: str) -> HttpResponse:
    """The sections of a term that the viewer may see, as the address asks for them."""
    user, actor = viewer_of(request)
    term = term_of_page(request, term_code)
    now = timezone.now()
    side = integration_side.side()
    if side is not None and not (can_see_integration(user, actor) and side.is_followed(term.pk, now=now)):
        side = None
    plain = _without_needless(request.GET, shows_integration=side is not None)
    if plain is not None:
        return redirect(f"{request.path}?{plain}" if plain else request.path)
    found = listed(term, actor, request.GET, side=side, now=now)
    return render(request, "scheduling/sections.html", {"term": term, "list": found, "page": found})


def _without_needless(query: QueryDict, *, shows_integration: bool) -> str | None:
    """The address without what a form sends along for nothing: blank fields and the usual columns.

    None where there is nothing of the kind: such an address can be shared as it is.
    """
    given = [(name, value) for name, values in query.lists() for value in values]
    usual = [one.name for one in columns_shown((), shows_integration=shows_integration)]
    names = {COLUMN} if query.getlist(COLUMN) == usual else set()
    meant = [(name, value) for name, value in given if value.strip() and name not in names]
    return urlencode(meant) if meant != given else None
