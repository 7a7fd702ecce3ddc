"""Execute Merge: asking for merges, looking at what they would do, and carrying it out."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from adminconsole.access import admin_of, needs
from adminconsole.forms.deed import DeedForm
from adminconsole.forms.execute import IMPORT, NO_TERM_SENDS, ExecuteForm
from integration.asking_once import request_once
from integration.coverage import term_coverage
from integration.preview_execution import ask_again, execute_preview
from integration.request_list import recent_requests
from integration.request_pages import RequestView, request_view, senders
from integration.settings import ConfigurationError, active_version, read
from phases.rules import Permission
from scheduling.answers import was_changed

AGAIN = "again"


@needs(Permission.EXECUTE_MERGES)
@require_http_methods(["GET", "HEAD", "POST"])
def execute_merge(request: HttpRequest) -> HttpResponse:
    """Choose types, terms and whether to send; what was asked for last stands below."""
    try:
        form = _execute_form(request)
    except ConfigurationError as error:
        return render(request, "adminconsole/execute.html", {"problem": str(error)})
    if request.method == "POST" and form.is_valid():
        wish = form.wish
        try:
            made = request_once(
                types=wish.types,
                terms=wish.terms,
                is_sending=wish.is_sending,
                is_dry_run=form.cleaned_data["deed"] != IMPORT,
                accept_empty=wish.accept_empty,
                actor=admin_of(request),
                now=timezone.now(),
            )
            return redirect("merge_request", pk=made.pk)
        except ConfigurationError as error:
            form.add_error(None, str(error))
    found = {
        "form": form,
        "recent": recent_requests(),
        "term_rows": form.term_rows,
        "why_not_send": "" if form.may_send else NO_TERM_SENDS,
    }
    return render(request, "adminconsole/execute.html", found, status=400 if form.errors else 200)


def _execute_form(request: HttpRequest) -> ExecuteForm:
    """The form with the terms as they stand. Raises `ConfigurationError` where no settings can be used."""
    today = timezone.localdate()
    settings = read(active_version())
    return ExecuteForm(
        request.POST if request.method == "POST" else None,
        coverage=term_coverage(settings, today=today, with_runs=False),
        senders=senders(settings, today=today),
        initial={"types": request.GET.getlist("type"), "terms": request.GET.getlist("term"), "sending": "no"},
    )


@needs(Permission.EXECUTE_MERGES)
@require_http_methods(["GET", "HEAD", "POST"])
def merge_request(request: HttpRequest, pk: int) -> HttpResponse:
    """How a request goes; from a finished preview it is carried out, a failed one is tried again."""
    view = request_view(pk, now=timezone.now())
    if view is None:
        raise Http404
    if request.headers.get("HX-Request"):  # the page asks how it goes
        answer = render(request, "adminconsole/merge_request_progress.html", {"view": view})
        if view.request.is_over:
            answer["HX-Refresh"] = "true"
        return answer
    if request.method == "POST":
        return _answered(request, view)
    form = _deed_form(view)
    return render(request, "adminconsole/merge_request.html", {"view": view, "form": form})


def _deed_form(view: RequestView, data: object = None) -> DeedForm | None:
    if view.deed is None:
        return None
    return DeedForm(data, number=view.deed.removals if view.deed.must_type else 0)


def _answered(request: HttpRequest, view: RequestView) -> HttpResponse:
    """Try again, or carry out what the preview showed."""
    person, now = admin_of(request), timezone.now()
    try:
        if request.POST.get("do") == AGAIN and view.can_try_again:
            return redirect("merge_request", pk=ask_again(view.request, actor=person, now=now).pk)
        form = _deed_form(view, request.POST)
        if form is None or not (view.deed and view.deed.is_something):
            return was_changed(request, "This cannot be carried out as it stands now.", back=request.path)
        if not form.is_valid():
            found = {"view": view, "form": form}
            return render(request, "adminconsole/merge_request.html", found, status=400)
        return redirect("merge_request", pk=execute_preview(view.request, actor=person, now=now).pk)
    except ConfigurationError as error:
        return was_changed(request, str(error), back=request.path)
