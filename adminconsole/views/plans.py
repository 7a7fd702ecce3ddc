"""Plans: those that wait for a person, and one with its rows, to be approved as a whole, in part, or not."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from adminconsole.access import admin_of, admin_only
from adminconsole.forms.conflicts import BadAnswer, word
from adminconsole.forms.plans import (
    MOST_TICKS,
    RefusalForm,
    check_typed,
    kept_text,
    row_filter_of,
    selection_of,
    ticks_of,
)
from integration.approval import NotWaiting, reject
from integration.models import Plan
from integration.plan_pages import (
    GROUPS,
    HOW_WORDS,
    RowFilter,
    Selection,
    approval_under_way,
    check_can_approve,
    deed_of,
    line_of,
    plan_of,
    plan_page,
    reason_given,
    whole_deed,
    why_not,
)
from integration.plan_rows import RowPage, rows_of
from integration.plan_words import filter_choices
from integration.planmaker import CHANGES
from integration.record_names import fields_of
from integration.requests import request_approval
from integration.runs import AlreadyRunning
from integration.settings import ConfigurationError
from integration.sis.port import MergeType
from scheduling.answers import was_changed
from scheduling.models import ChangeLog, Term
from scheduling.paging import BadCursor, Page


@admin_only
@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """The plans that wait; with a filter those that were decided, replaced, or only looked at."""
    group = word(request.GET, "state")
    page = _plan_page(request, group)
    context = {
        "group": group,
        "heading": GROUPS.get(group, GROUPS[""])[0],
        "groups": [(value, words) for value, (words, _states) in GROUPS.items()],
        "page": page,
        "lines": [line_of(one) for one in page.rows],
        "terms": Term.objects.all(),
        "types": [(one.value, one.value.capitalize()) for one in MergeType],
        "term": word(request.GET, "term"),
        "merge_type": word(request.GET, "type"),
    }
    return render(request, "adminconsole/plans.html", context)


def _plan_page(request: HttpRequest, group: str) -> Page[Plan]:
    asked = {"group": group, "term": word(request.GET, "term"), "merge_type": word(request.GET, "type")}
    try:
        return plan_page(**asked, cursor=request.GET.get("cursor", ""))
    except BadCursor:
        messages.warning(request, "That page is no longer there; this is the first one.")
        return plan_page(**asked, cursor="")


@admin_only
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
    return _show(request, found)


# ---- looking


def _show(request: HttpRequest, found: Plan, refusal: RefusalForm | None = None) -> HttpResponse:
    chosen, ticks = row_filter_of(request.GET), ticks_of(request.GET)
    if len(ticks) > MOST_TICKS:
        messages.warning(request, f"At most {MOST_TICKS} rows can be ticked; choose the rest by a filter.")
        ticks = ticks[:MOST_TICKS]
    page, line = _rows(request, found, chosen), line_of(found)
    on_page = {row.id for row in page.rows}
    under_way = approval_under_way(found)
    is_open = line.waits and (under_way is None or under_way.is_over)
    problem = why_not(found, now=timezone.now()) if is_open else ""
    can_choose = is_open and not problem
    context = {
        "line": line,
        "plan": found,
        "page": page,
        "filter": chosen,
        "fields": [(one.name, one.label) for one in fields_of(found.merge_type).values()],
        "actions": filter_choices(),
        "under_way": under_way,
        "reason": reason_given(found),
        "is_open": is_open,
        "problem": problem,
        "can_choose": can_choose,
        "choosable": {row.id for row in page.rows if row.action in CHANGES} if can_choose else set(),
        "ticked": ticks,
        "kept": kept_text([one for one in ticks if one not in on_page]),
        "all_ticks": kept_text(ticks),
        "deed": whole_deed(found) if can_choose else None,
        "matching": deed_of(found, selection_of(request.GET, "matching"))
        if can_choose and chosen.is_any
        else None,
        "refusal": refusal or RefusalForm(),
    }
    return render(request, "adminconsole/plan.html", context)


def _rows(request: HttpRequest, found: Plan, chosen: RowFilter) -> RowPage:
    def page(cursor: str) -> RowPage:
        return rows_of(
            found, side=chosen.side, action=chosen.action, field=chosen.field, q=chosen.q, cursor=cursor
        )

    try:
        return page(request.GET.get("cursor", ""))
    except BadCursor:
        messages.warning(request, "That page is no longer there; this is the first one.")
        return page("")


# ---- answering


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
        return _show(request, found, form)
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
