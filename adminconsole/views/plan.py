"""One plan with its rows, to be approved as a whole, in part, or not."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from adminconsole.access import admin_of, needs
from adminconsole.forms.conflicts import BadAnswer
from adminconsole.forms.plans import RefusalForm, check_typed, kept_text, selection_of, ticks_of
from adminconsole.views.plan_page import shown_plan
from integration.approval import NotWaiting, reject
from integration.models import Plan
from integration.plan_answers import approval_under_way, check_can_approve, why_not
from integration.plan_deeds import deed_of
from integration.plan_pages import line_of, plan_of
from integration.plan_selection import HOW_WORDS, Selection
from integration.requests import request_approval
from integration.runs import AlreadyRunning
from integration.settings import ConfigurationError
from phases.rules import Permission
from scheduling.answers import was_changed
from scheduling.models import ChangeLog


@needs(Permission.EXECUTE_MERGES)
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """One plan and its rows. `?review=` says what approving would do; a POST approves or refuses."""
    found = plan_of(pk)
    if found is None:
        raise Http404
    if request.method == "POST":
        return _refuse(request, found) if "refuse" in request.POST else _approve(request, found)
    if "review" in request.GET:
        return _review(request, found)
    return shown_plan(request, found)


def _review(request: HttpRequest, found: Plan) -> HttpResponse:
    """What approving these rows does, before anything is done."""
    back = _back(request, found)
    try:
        selection = selection_of(request.GET, request.GET["review"])
    except BadAnswer as error:
        messages.error(request, str(error))
        return redirect(back)
    return _confirm(request, found, selection, back=back)


def _back(request: HttpRequest, found: Plan) -> str:
    """The plan's page with the same filters and ticks."""
    query = request.GET.copy()
    for name in ("review", "cursor", "tick"):
        query.pop(name, None)
    query["kept"] = kept_text(ticks_of(request.GET))
    return f"{reverse('plan', args=[found.pk])}?{query.urlencode()}"


def _confirm(
    request: HttpRequest, found: Plan, selection: Selection, *, back: str, error: str = ""
) -> HttpResponse:
    if (sentence := _not_open(found)) is not None:
        return was_changed(request, sentence, back=reverse("plan", args=[found.pk]))
    deed = deed_of(found, selection)
    if not deed.total:
        messages.error(request, "None of these rows changes anything. To apply nothing, refuse the plan.")
        return redirect(back)
    context: dict[str, Any] = {
        "line": line_of(found),
        "plan": found,
        "selection": selection,
        "how": HOW_WORDS[selection.how],
        "kept": kept_text(selection.ticked),
        "deed": deed,
        "problem": why_not(found, now=timezone.now()),
        "back": back,
        "error": error,
    }
    return render(request, "adminconsole/plan_confirm.html", context)


def _not_open(found: Plan) -> str | None:
    """Why the plan takes no answer any more; None: it does."""
    if found.status != Plan.Status.NEEDS_APPROVAL:
        who = f" by {found.decided_by.get_username()}" if found.decided_by else ""
        return f"Plan {found.pk} waits no more: {Plan.Status(found.status).label.lower()}{who}."
    under_way = approval_under_way(found)
    if under_way is not None and not under_way.is_over:
        who = under_way.actor.get_username() if under_way.actor else "somebody"
        return f"Plan {found.pk} was approved by {who} already and is being carried out."
    return None


def _approve(request: HttpRequest, found: Plan) -> HttpResponse:
    here = reverse("plan", args=[found.pk])
    if (sentence := _not_open(found)) is not None:
        return was_changed(request, sentence, back=here)
    try:
        selection = selection_of(request.POST, request.POST.get("how", ""))
        check_can_approve(found, now=timezone.now())
        deed = deed_of(found, selection)
        if request.POST.get("shown") != str(deed.total):
            return was_changed(request, "The plan's rows are no longer what was shown.", back=here)
        if error := check_typed(request.POST, deed):
            return _confirm(request, found, selection, back=here, error=error)
        wish = request_approval(
            found, only=selection.only(found), actor=admin_of(request), now=timezone.now()
        )
    except NotWaiting as error:
        return was_changed(request, str(error), back=here)
    except (BadAnswer, ConfigurationError) as error:
        messages.error(request, f"Nothing was approved: {error}")
        return redirect(here)
    return redirect("merge_request", pk=wish.pk)


def _refuse(request: HttpRequest, found: Plan) -> HttpResponse:
    here = reverse("plan", args=[found.pk])
    if (sentence := _not_open(found)) is not None:
        return was_changed(request, sentence, back=here)
    form = RefusalForm(request.POST)
    if not form.is_valid():
        return shown_plan(request, found, form)
    try:
        reject(
            found.pk,
            actor=admin_of(request),
            now=timezone.now(),
            reason=form.cleaned_data["reason"],
            source=ChangeLog.Source.FORM,
        )
    except NotWaiting as error:
        return was_changed(request, str(error), back=here)
    except AlreadyRunning as error:
        messages.error(request, f"Nothing was refused: {error}")
        return redirect(here)
    messages.success(request, f"Plan {found.pk} is refused: nothing of it was or will be applied.")
    return redirect(here)
