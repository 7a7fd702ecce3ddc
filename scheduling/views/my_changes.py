"""My changes: what somebody changed in a term, and how far the SIS has it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from scheduling import integration_side
from scheduling.asking import asked_choice, asked_page
from scheduling.my_changes import DAYS
from scheduling.my_changes import my_changes as found_changes
from scheduling.terms import term_of_page
from scheduling.visibility import viewer_of

USUAL = "7"


@require_safe
def my_changes(request: HttpRequest, term_code: str) -> HttpResponse:
    """For everybody who may see the schedule, each their own; states only to those whose role sees them."""
    user, viewer = viewer_of(request)
    term = term_of_page(request, term_code)
    now = timezone.now()
    days = asked_choice(request, "days", [str(one) for one in DAYS], what="The number of days") or USUAL
    side = integration_side.side()
    is_followed = side is not None and side.is_followed(term.pk, now=now)
    found = asked_page(
        request,
        lambda cursor: found_changes(
            term.pk,
            user,
            viewer,
            days=int(days),
            cursor=cursor,
            side=side if is_followed else None,
            now=now,
        ),
    )
    shown = {"term": term, "found": found, "days": days, "choices": DAYS, "is_followed": is_followed}
    return render(request, "scheduling/my_changes.html", shown)
