"""Console, Phases: the list, one phase or a new one, and removing one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from adminconsole.access import needs
from adminconsole.phase_overview import phase_lines
from adminconsole.removing import Removal, answer
from adminconsole.rule_choices import unsent
from adminconsole.rule_saving import recorder
from adminconsole.views.phase_page import PhasePage
from phases.models import Phase
from phases.rules import Permission
from phases.services.phases import delete_phase, why_it_stays


@needs(Permission.EDIT_PHASES)
@require_safe
def phase_list(request: HttpRequest) -> HttpResponse:
    """Every phase, with the terms that are in it now or next."""
    lines = phase_lines(now=timezone.now(), today=timezone.localdate())
    return render(request, "adminconsole/phases.html", {"lines": lines})


@needs(Permission.EDIT_PHASES)
@require_http_methods(["GET", "HEAD", "POST"])
def phase_new(request: HttpRequest) -> HttpResponse:
    """A new phase; ``?copy=ID`` begins with another one's rules."""
    page = PhasePage(request, None)
    source = request.GET.get("copy", "")
    if request.method != "POST" and source in {str(one.pk) for one in page.phases}:
        return page.show(page.copied(unsent(page.read()), int(source)))
    return page.answer()


@needs(Permission.EDIT_PHASES)
@require_http_methods(["GET", "HEAD", "POST"])
def phase(request: HttpRequest, pk: int) -> HttpResponse:
    """One phase: its form, then what changes, then saved."""
    return PhasePage(request, pk).answer()


@needs(Permission.EDIT_PHASES)
@require_http_methods(["GET", "HEAD", "POST"])
def phase_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """What removing a phase means, and removing it."""
    found = get_object_or_404(Phase, pk=pk)
    removal = Removal(
        kind="phase",
        name=found.name,
        here=reverse("phase", args=[pk]),
        above=("phases", "Phases"),
        sentences=["The phase and its rules are removed. The record of changes keeps that it was there."],
        why_it_stays=lambda: why_it_stays(found),
        remove=lambda author: delete_phase(pk, record=recorder(author)),
    )
    return answer(request, removal)
