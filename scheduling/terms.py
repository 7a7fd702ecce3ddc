"""The term that somebody works in: from the address, else from the session, else the next to come."""

import datetime as dt
from collections.abc import Sequence

from django.http import Http404, HttpRequest

from phases.selectors import switches_column
from scheduling.models import Term

SESSION_KEY = "term"


def terms_of(request: HttpRequest) -> Sequence[Term]:
    """All terms with their `switches_told`, the newest first: read once for a page and its frame."""
    known: Sequence[Term] | None = getattr(request, "terms", None)
    if known is None:
        known = list(Term.objects.annotate(switches_told=switches_column()))
        request.terms = known  # type: ignore[attr-defined]  # a request is the place for what is its own
    return known


def term_of_page(request: HttpRequest, code: str) -> Term:
    """The term of the address; later pages without one go on in it. Raises `Http404`."""
    term = next((one for one in terms_of(request) if one.pk == code), None)
    if term is None:
        raise Http404
    remember_term(request, code)
    return term


def remember_term(request: HttpRequest, code: str) -> None:
    """Have later pages without a term of their own go on in this one."""
    if request.session.get(SESSION_KEY) != code:
        request.session[SESSION_KEY] = code


def usual_term(terms: Sequence[Term], *, today: dt.date) -> Term | None:
    """Where somebody begins who chose nothing: the next term to come, else the newest (newest first)."""
    coming = [one for one in terms if one.is_active and one.start_date > today]
    return coming[-1] if coming else next(iter(terms), None)
