"""Console, Timelines: which term is in which phase when."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from adminconsole.access import needs
from adminconsole.phase_overview import term_lines
from adminconsole.views.timeline_page import TimelinePage
from phases.rules import Permission
from scheduling.terms import term_of_page


@needs(Permission.EDIT_PHASES)
@require_safe
def timeline_list(request: HttpRequest) -> HttpResponse:
    """Every term with its phase now and what follows."""
    lines = term_lines(now=timezone.now(), today=timezone.localdate())
    return render(request, "adminconsole/timelines.html", {"lines": lines})


@needs(Permission.EDIT_PHASES)
@require_http_methods(["GET", "HEAD", "POST"])
def timeline(request: HttpRequest, term_code: str) -> HttpResponse:
    """The timeline of one term: its form, then what changes, then saved."""
    return TimelinePage(request, term_of_page(request, term_code)).answer()
