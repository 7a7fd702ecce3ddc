"""Runs: the list, the report of one, and its before/after file."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from adminconsole.access import needs
from adminconsole.forms.runs import RowFilterForm, RunFilterForm, issue_kind
from integration.before_after import lines_of
from integration.models import MergeRun
from integration.plan_rows import rows_of
from integration.record_fields import fields_of
from integration.reports import plan_of
from integration.run_list import run_list
from integration.run_report import RunReport, issues_of, run_report
from integration.run_summary import pill_of
from phases.rules import Permission
from scheduling.models import Term
from scheduling.paging import BadCursor

BAD_CURSOR = "That page of the list could not be found; here is the first one."


@needs(Permission.EXECUTE_MERGES, Permission.MANAGE_MERGE_SETTINGS)
@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """All runs, newest first."""
    statuses = [(one.value, pill_of(one).word) for one in MergeRun.Status]
    form = RunFilterForm(request.GET, terms=list(Term.objects.all()), statuses=statuses)
    chosen = form.chosen
    try:
        page = run_list(chosen, cursor=request.GET.get("cursor", ""))
    except BadCursor:
        messages.warning(request, BAD_CURSOR)
        page = run_list(chosen)
    return render(
        request, "adminconsole/runs.html", {"form": form, "page": page, "is_filtered": bool(request.GET)}
    )


@needs(Permission.EXECUTE_MERGES, Permission.MANAGE_MERGE_SETTINGS)
@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """The report of a run: counts, steps, and what changed or (``?show=issues``) what was reported."""
    report = run_report(pk)
    if report is None:
        raise Http404
    if request.headers.get("HX-Request"):  # the progress asks how it goes
        return _progress(request, report)
    show_issues = request.GET.get("show") == "issues"
    cursor = request.GET.get("cursor", "")
    fill = _issues if show_issues else _rows
    try:
        shown = fill(request, report, cursor)
    except BadCursor:
        messages.warning(request, BAD_CURSOR)
        shown = fill(request, report, "")
    return render(request, "adminconsole/run.html", {"report": report, "show_issues": show_issues, **shown})


def _progress(request: HttpRequest, report: RunReport) -> HttpResponse:
    answer = render(request, "adminconsole/run_progress.html", {"report": report})
    if report.line.progress is None:
        answer["HX-Refresh"] = "true"
    return answer


def _rows(request: HttpRequest, report: RunReport, cursor: str) -> dict[str, Any]:
    if report.plan is None:
        return {}
    fields = fields_of(report.plan.merge_type)
    form = RowFilterForm(request.GET, fields=[(name, one.label) for name, one in fields.items()])
    page = rows_of(report.plan, fields=fields, cursor=cursor, **form.chosen)
    return {"form": form, "page": page, "is_filtered": any(form.chosen.values())}


def _issues(request: HttpRequest, report: RunReport, cursor: str) -> dict[str, Any]:
    kind = issue_kind(request.GET.get("kind", ""))
    return {"kind": kind, "page": issues_of(report.line.run, kind=kind, cursor=cursor)}


@needs(Permission.EXECUTE_MERGES, Permission.MANAGE_MERGE_SETTINGS)
@require_safe
def run_csv(_request: HttpRequest, pk: int) -> HttpResponse:
    """What the run changed, before and after, as a file for a spreadsheet."""
    found = MergeRun.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    answer = StreamingHttpResponse(lines_of(found, plan_of(found)), content_type="text/csv; charset=utf-8")
    where = f"-{found.term_id or found.asked_term}" if found.term_id or found.asked_term else ""
    answer["Content-Disposition"] = f'attachment; filename="run-{pk}-{found.merge_type}{where}.csv"'
    patch_cache_control(answer, no_store=True)
    return answer  # type: ignore[return-value]  # it is an answer, though not of HttpResponse's class
