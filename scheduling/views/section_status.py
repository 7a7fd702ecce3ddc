"""How far the SIS has a section: the whole answer, on a page of its own or over another one."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from scheduling.section_status import side_for, status_line
from scheduling.selectors import catalogue
from scheduling.terms import remember_term
from scheduling.visibility import viewer_of, visible_sections

NO_STATUS = "Your role does not see the merges with the SIS, so it cannot be told how far this section is."


@require_safe
def section_status(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer of `section_status` for a section that the person sees, if their role is told of the SIS."""
    _user, viewer = viewer_of(request)
    section = visible_sections(viewer).select_related("term", "course__department").filter(pk=pk).first()
    if section is None:
        raise Http404
    side = side_for(viewer, section)
    if side is None:
        raise PermissionDenied(NO_STATUS)
    remember_term(request, section.term_id)
    line = status_line(section, catalogue(), viewer=viewer, side=side, now=timezone.now())
    shown = {"section": section, "term": section.term, "line": line}
    is_over = bool(request.htmx)  # type: ignore[attr-defined]  # the middleware of django-htmx
    return render(request, f"scheduling/status/{'answer' if is_over else 'page'}.html", shown)
