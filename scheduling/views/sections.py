"""The schedule of a term: its sections as a list."""

import datetime as dt
from io import BytesIO

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from phases.policy import Permission
from scheduling import integration_side
from scheduling.integration_side import IntegrationSide
from scheduling.models import Section, Term
from scheduling.section_columns import columns_shown
from scheduling.section_export import exportable, lines_of, number_columns, rows_of
from scheduling.section_filters import COLUMN
from scheduling.section_list import section_list as listed
from scheduling.section_list import sections_asked
from scheduling.sheets.workbook import write_workbook
from scheduling.terms import term_of_page
from scheduling.visibility import Viewer, can_see_integration, viewer_of

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NO_EXPORT = "Your role does not let you import and export. Ask the registrar's office for one that does."


@require_safe
def section_list(request: HttpRequest, term_code: str) -> HttpResponse:
    """The sections of a term that the viewer may see, as the address asks for them."""
    _user, actor = viewer_of(request)
    term = term_of_page(request, term_code)
    now = timezone.now()
    side = side_shown(actor, term, now=now)
    plain = _without_needless(request.GET, shows_integration=side is not None)
    if plain is not None:
        return redirect(f"{request.path}?{plain}" if plain else request.path)
    found = listed(term, actor, request.GET, side=side, now=now)
    return render(request, "scheduling/sections.html", {"term": term, "list": found, "page": found})


@require_safe
def sections_export(request: HttpRequest, term_code: str, kind: str) -> HttpResponseBase:
    """The sections that the list of this address finds, as a file, for whose role exports.

    `kind`: csv or xlsx.
    """
    _user, actor = viewer_of(request)
    if actor.departments(Permission.IMPORT_AND_EXPORT) == frozenset():
        raise PermissionDenied(NO_EXPORT)
    term = term_of_page(request, term_code)
    now = timezone.now()
    side = side_shown(actor, term, now=now)
    found = exportable(sections_asked(term, actor, request.GET, side=side, now=now), actor)
    answer = _workbook(found) if kind == "xlsx" else StreamingHttpResponse(lines_of(found), content_type=CSV)
    name = "".join(letter if letter.isalnum() else "-" for letter in term.pk)
    answer["Content-Disposition"] = f'attachment; filename="sections-{name}.{kind}"'
    patch_cache_control(answer, no_store=True)
    return answer


def _workbook(sections: QuerySet[Section]) -> HttpResponseBase:
    file = BytesIO()  # some 100 bytes a section
    write_workbook(rows_of(sections), file, numbers=number_columns())
    return HttpResponse(file.getvalue(), content_type=XLSX)


def side_shown(actor: Viewer, term: Term, *, now: dt.datetime) -> IntegrationSide | None:
    """Who tells the SIS states of the term; None where they are not shown to this person."""
    side = integration_side.side()
    if side is not None and can_see_integration(actor) and side.is_followed(term.pk, now=now):
        return side
    return None


def _without_needless(query: QueryDict, *, shows_integration: bool) -> str | None:
    """The address without what a form sends along for nothing: blank fields and the usual columns.

    None where there is nothing of the kind: such an address can be shared as it is.
    """
    given = [(name, value) for name, values in query.lists() for value in values]
    usual = [one.name for one in columns_shown((), shows_integration=shows_integration)]
    names = {COLUMN} if query.getlist(COLUMN) == usual else set()
    meant = [(name, value) for name, value in given if value.strip() and name not in names]
    return urlencode(meant) if meant != given else None
