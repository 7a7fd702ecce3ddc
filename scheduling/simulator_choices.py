"""What the phase simulator is asked: in which term, when, and in which section."""

import datetime as dt
from collections.abc import Sequence
from typing import cast
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from phases.selectors import institution_zone
from phases.timeline import local_moment
from scheduling.asking import asked, asked_choice
from scheduling.domain.errors import Ambiguous, NotFound
from scheduling.models import Section, Term
from scheduling.selectors import section_named
from scheduling.terms import SESSION_KEY, remember_term, usual_term
from scheduling.timeline_picture import YEARS
from scheduling.visibility import Viewer, visible_departments, visible_sections


def asked_term(request: HttpRequest, terms: Sequence[Term], *, today: dt.date) -> Term | None:
    """``?term=``, else the term that somebody works in; None: there is none at all."""
    code = asked_choice(request, "term", [one.pk for one in terms], what="The term")
    if code:
        remember_term(request, code)
    code = code or request.session.get(SESSION_KEY, "")
    return next((one for one in terms if one.pk == code), None) or usual_term(terms, today=today)


def asked_moment(request: HttpRequest, *, now: dt.datetime) -> tuple[dt.datetime, bool]:
    """``?date=`` and ``?time=`` in the institution's zone, and whether a date was given; else now."""
    day, time = asked(request, "date"), asked(request, "time")
    if not day:
        return now, False
    local: dt.datetime | None
    try:
        local = dt.datetime.combine(dt.date.fromisoformat(day), dt.time.fromisoformat(time or "00:00"))
    except ValueError:
        local = None
    if local is not None and local.year in YEARS and local.tzinfo is None:
        return local_moment(local, cast("ZoneInfo", institution_zone())), True
    messages.warning(request, "The date and time could not be read, so this is what holds now.")
    return now, False


def asked_section(request: HttpRequest, viewer: Viewer, term: Term) -> Section | None:
    """``?section=``: its CRN or code; only one that the reader may see."""
    code = asked(request, "section")
    if not code:
        return None
    try:
        pk = section_named(term.pk, code)
        found = visible_sections(viewer).select_related("course").filter(pk=pk).first()
    except Ambiguous as error:
        sees_all = visible_departments(viewer) is None
        messages.warning(
            request, str(error) if sees_all else "Several sections are called that; give its CRN."
        )
        return None
    except (NotFound, PermissionDenied):
        found = None
    if found is None:
        messages.warning(
            request,
            f"No section “{code}” that you may see is in {term}, so none was chosen. "
            "Write its CRN, or its code like BIO-101-A.",
        )
    return found
