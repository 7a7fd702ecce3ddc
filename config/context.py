"""What every page knows about the site."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from adminconsole.nav import console_of
from phases.policy import Permission
from scheduling.phase_badge import badge_of
from scheduling.terms import SESSION_KEY, terms_of, usual_term
from scheduling.visibility import viewer_at


def environment(_request: HttpRequest) -> dict[str, str]:
    """The sentence of the ribbon, where this is not a site at work (UI.md, Frame)."""
    if settings.SIS_URL.startswith(settings.SIMULATIONS):
        return {"environment_note": "Demonstration: the SIS is a simulation; nothing real is changed."}
    return {}


def frame(request: HttpRequest) -> dict[str, Any]:
    """The terms, the one somebody works in and its phase, and whether they import and export.

    One query, and only on a page that has it.
    """
    return {"frame": SimpleLazyObject(partial(_frame, request))}


def console(request: HttpRequest) -> dict[str, Any]:
    """What of the console somebody may open; where the page has not read them, two queries."""
    return {"console": SimpleLazyObject(partial(console_of, request))}


def _frame(request: HttpRequest) -> dict[str, Any]:
    terms = terms_of(request)
    match = request.resolver_match
    code = match.kwargs.get("term_code") if match else None
    code = code or request.session.get(SESSION_KEY)
    chosen: Any = next((one for one in terms if one.pk == code), None)
    term: Any = chosen or usual_term(terms, today=timezone.localdate())
    badge = None if term is None else badge_of(term.switches_told, now=timezone.now())
    exchanges = viewer_at(request).departments(Permission.IMPORT_AND_EXPORT) != frozenset()
    return {"terms": terms, "term": term, "phase": badge, "exchanges": exchanges}
