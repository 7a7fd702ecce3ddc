"""The list of plans: those that wait for a person; with a filter those that were decided or replaced."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from adminconsole.access import needs
from adminconsole.forms.conflicts import word
from integration.models import Plan
from integration.plan_pages import GROUPS, line_of, plan_page
from integration.sis.port import MergeType
from phases.rules import Permission
from scheduling.models import Term
from scheduling.paging import BadCursor, Page


@needs(Permission.EXECUTE_MERGES)
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
