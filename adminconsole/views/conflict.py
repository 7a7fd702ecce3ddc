"""One conflict in full, and settling it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from adminconsole.access import needs
from adminconsole.forms.conflicts import BadAnswer, choice_of
from adminconsole.views.settling import settle_one
from integration.conflict_detail import changed_since, differences_of, history_of, linked_elsewhere
from integration.conflict_pages import stamp_of, views_of
from integration.models import Conflict
from integration.resolving_many import Asked
from integration.settings import ConfigurationError
from integration.sis.registry import BadSisUrl
from phases.rules import Permission


@needs(Permission.EXECUTE_MERGES)
@require_http_methods(["GET", "HEAD", "POST"])
def conflict(request: HttpRequest, pk: int) -> HttpResponse:
    """One conflict; a POST settles it (`choice`, the `stamp` of what was shown, `sis_id` where asked)."""
    found = Conflict.objects.select_related("link", "link__term", "resolved_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    if request.method != "POST":
        return render(request, "adminconsole/conflict.html", _facts(found))
    asked = Asked(conflict_id=pk, stamp=request.POST.get("stamp", ""))
    try:
        choice = choice_of(request.POST.get("choice", ""))
        return settle_one(
            request, asked, choice, back=reverse("conflict", args=[pk]), sis_id=request.POST.get("sis_id", "")
        )
    except (BadAnswer, ConfigurationError, BadSisUrl) as error:
        messages.error(request, f"Nothing was settled: {error}")
        return redirect("conflict", pk=pk)


def _facts(found: Conflict) -> dict[str, Any]:
    [view] = views_of([found])
    return {
        "one": view,
        "now_words": changed_since(found),
        "differences": differences_of(found),
        "taken": linked_elsewhere(found),
        "history": history_of(found),
        "stamp": stamp_of(found),
    }
