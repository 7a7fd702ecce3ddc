"""The term that somebody works in: from the address, else from the session, else the next to come."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import Case, Exists, OuterRef, QuerySet, When
from django.http import Http404, HttpRequest

from phases.json_rows import json_rows
from phases.selectors import switches_column
from scheduling.domain.values import is_storable
from scheduling.models import Course, Department, Term

SESSION_KEY = "term"


def terms_of(request: HttpRequest, code: str = "") -> Sequence[Term]:
    """All terms with their `switches_told`, the newest first: read once for a page and its frame.

    The term with this `code` knows its `departments_told` too (`departments_of`).
    """
    known: Sequence[Term] | None = getattr(request, "terms", None)
    if known is None:
        told = Case(When(pk=code, then=json_rows(_offering(), "code", "name")))
        known = list(Term.objects.annotate(switches_told=switches_column(), departments_told=told))
        request.terms = known  # type: ignore[attr-defined]  # a request is the place for what is its own
    return known


def term_of_page(request: HttpRequest, code: str) -> Term:
    """The term of the address; later pages without one go on in it. Raises `Http404`."""
    known = terms_of(request, code) if is_storable(code) else ()
    term = next((one for one in known if one.pk == code), None)
    if term is None:
        raise Http404
    remember_term(request, code)
    return term


def departments_of(term: Any, codes: Collection[str] | None) -> dict[str, str]:
    """Code -> name of the departments with courses in a `term_of_page`, of those in `codes` (None: all)."""
    told = {one["code"]: one["name"] for one in term.departments_told}
    return {code: name for code, name in told.items() if codes is None or code in codes}


def _offering() -> QuerySet[Department]:
    """The departments with courses in the outer query's term."""
    courses = Course.objects.filter(term=OuterRef(OuterRef("pk")), department=OuterRef("pk"))
    return Department.objects.filter(Exists(courses)).order_by("code")


def remember_term(request: HttpRequest, code: str) -> None:
    """Have later pages without a term of their own go on in this one."""
    if request.session.get(SESSION_KEY) != code:
        request.session[SESSION_KEY] = code


def usual_term(terms: Sequence[Term], *, today: dt.date) -> Term | None:
    """Where somebody begins who chose nothing: the next term to come, else the newest (newest first)."""
    coming = [one for one in terms if one.is_active and one.start_date > today]
    return coming[-1] if coming else next(iter(terms), None)
