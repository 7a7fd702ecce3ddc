"""The phase simulator: what may be edited when, by whom, and why not."""

from collections.abc import Sequence
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from phases.models import Phase
from phases.selectors import institution_zone, phases, timeline_of
from phases.wording import moment_words
from scheduling.asking import asked, asked_choice
from scheduling.models import Term, User
from scheduling.phase_comparison import NO_PHASE, compare
from scheduling.phase_simulation import simulate
from scheduling.selectors import catalogue
from scheduling.simulator_choices import asked_moment, asked_section, asked_term
from scheduling.simulator_people import Who, asked_who, people_for
from scheduling.terms import terms_of
from scheduling.timeline_picture import DEFAULTS, picture_of
from scheduling.visibility import Viewer, check_can_see_terms, viewer_at


@require_safe
def phase_simulator(request: HttpRequest) -> HttpResponse:
    """What one may edit and do in a term at a moment, and why: oneself, or whom an administrator names."""
    user = cast("User", request.user)
    viewer = viewer_at(request)
    check_can_see_terms(user, viewer)
    people = people_for(user, viewer)
    who = asked_who(request, viewer, people)
    terms = terms_of(request)
    term = asked_term(request, terms, today=timezone.localdate())
    known = list(phases())
    shown: dict[str, Any] = {"people": people, "who": who, "terms": terms, "term": term}
    if term is not None:
        shown |= _answer(request, viewer, who, term, known)
    shown |= _comparison(request, who, known, is_for_all=bool(people.roles) and not who.value)
    return render(request, "scheduling/phase_simulator.html", shown)


def _answer(
    request: HttpRequest, viewer: Viewer, who: Who, term: Term, known: Sequence[Phase]
) -> dict[str, Any]:
    """What holds in the term."""
    zone, now = institution_zone(), timezone.now()
    at, is_chosen = asked_moment(request, now=now)
    section = asked_section(request, viewer, term)
    timeline = timeline_of(term.pk)
    words = moment_words(at, zone)
    return {
        "section": section,
        "local": at.astimezone(zone),
        "is_chosen": is_chosen,
        "moment": words,
        "picture": picture_of(
            timeline,
            {one.pk: one.colour for one in known},
            term,
            at=at,
            zone=zone,
            mark_word=words if is_chosen else "now",
        ),
        "simulation": simulate(
            who.actor, term, timeline, at=at, section=section, fields=catalogue(), zone=zone
        ),
    }


def _comparison(
    request: HttpRequest, who: Who, known: Sequence[Phase], *, is_for_all: bool
) -> dict[str, Any]:
    """Two phases side by side: for all roles, or for those of the one looked at."""
    names = {NO_PHASE: DEFAULTS} | {str(one.pk): one.name for one in known}
    before, after = (asked_choice(request, one, names, what="The phase") for one in ("before", "after"))
    shown: dict[str, Any] = {"phases": names.items(), "before": before, "after": after}
    if before and after:
        roles = None if is_for_all else [code for code, _held in who.actor.roles]
        shown["comparison"] = compare(before, after, roles=roles, fields=catalogue(), at=timezone.now())
        shown["before_name"], shown["after_name"] = names[before], names[after]
    shown["asked_section"] = asked(request, "section")
    return shown
