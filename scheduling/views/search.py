"""Search from anywhere, and the way from a page to the same one of another term."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from scheduling.models import Term, User
from scheduling.search import Found, found_by, is_searchable, section_called
from scheduling.selectors import actor_for
from scheduling.terms import SESSION_KEY, term_of_page, terms_of, usual_term
from scheduling.visibility import check_can_see_terms, viewer_of

WITHOUT_TWIN = frozenset({"course", "switch_term", "logout", "saved_lists"})
"""A course of one term has no twin in another, nor has a section; the others are no pages."""


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What `q` may mean in the term somebody works in; the one section of this CRN or code itself."""
    _user, actor = viewer_of(request)
    text = request.GET.get("q", "").strip()
    term = _current_term(request)
    found = Found()
    if term is not None and is_searchable(text):
        section = section_called(text, term=term, actor=actor)
        if section is not None:
            return redirect("section", section)
        found = found_by(text, term=term, actor=actor)
    given = {"term": term, "text": text, "search_text": text, "found": found}
    return render(request, "scheduling/search.html", given)


def _current_term(request: HttpRequest) -> Term | None:
    """The term somebody works in; None where there is none at all."""
    terms = terms_of(request)
    code = request.session.get(SESSION_KEY)
    chosen = next((one for one in terms if one.pk == code), None)
    return chosen or usual_term(terms, today=timezone.localdate())


@require_safe
def switch_term(request: HttpRequest) -> HttpResponse:
    """Go on in the term `to`, on the page `from` where the other term has it too."""
    user = cast("User", request.user)
    check_can_see_terms(user, actor_for(user))
    term = term_of_page(request, request.GET.get("to", ""))
    return redirect(_twin(request.GET.get("from", ""), term))


def _twin(path: str, term: Term) -> str:
    """The address of the same page in `term`, built from our own patterns, so that it never leads away."""
    try:
        match = resolve(path)
    except (Resolver404, Http404):
        return reverse("sections", args=[term.pk])
    if match.view_name in WITHOUT_TWIN or match.route.startswith(("sections/", "requests/")):
        return reverse("sections", args=[term.pk])
    named = dict(match.kwargs)
    if "term_code" in named:
        named["term_code"] = term.pk
    try:
        return reverse(match.view_name, args=match.args, kwargs=named)
    except NoReverseMatch:
        return reverse("sections", args=[term.pk])
