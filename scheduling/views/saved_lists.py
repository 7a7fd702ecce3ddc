"""Keeping a list of sections under a name, and forgetting it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from scheduling.domain.errors import DomainError
from scheduling.models import ChangeLog
from scheduling.section_filters import CURSOR
from scheduling.services.audit import Author
from scheduling.services.saved_lists import LONGEST_QUERY, forget_list, save_list
from scheduling.terms import term_of_page
from scheduling.visibility import viewer_of


def saved_lists(request: HttpRequest, term_code: str) -> HttpResponse:
    """POST ``do=save`` keeps the list of the address `query` as `name`, ``do=forget`` forgets it.

    For everybody who may see the schedule, each their own.
    """
    user, _viewer = viewer_of(request)
    term = term_of_page(request, term_code)
    back = reverse("sections", args=[term.pk])
    if request.method != "POST":
        return redirect(back)
    author = Author(now=timezone.now(), source=ChangeLog.Source.FORM, user=user)
    name, query = request.POST.get("name", ""), _without_place(request.POST.get("query", ""))
    try:
        if request.POST.get("do") == "forget":
            forget_list(name, author=author)
            messages.success(request, f"The list “{name[:100]}” is forgotten.")
        else:
            save_list(name, query, author=author)
            messages.success(request, f"This list is kept as “{' '.join(name.split())}”, for every term.")
    except DomainError as error:
        messages.error(request, error.message)
    return redirect(f"{back}?{query}" if query else back)


def _without_place(query: str) -> str:
    """The address without the place in the list; written anew, so that it holds nothing but conditions."""
    given = QueryDict(query[: 4 * LONGEST_QUERY], mutable=True)
    given.pop(CURSOR, None)
    return given.urlencode()
