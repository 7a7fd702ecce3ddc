"""Outbound: what waits to be sent and why; trying again what was rejected."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from adminconsole.access import admin_of, needs
from adminconsole.forms.conflicts import word
from adminconsole.forms.outbound import filter_of, ticked
from integration.models import OutboundChange
from integration.outbound_filter import REASONS, OutboundFilter
from integration.outbound_pages import Board
from integration.outbound_words import STATE_WORDS
from integration.retrying import parked_ids, try_again
from phases.rules import Permission
from scheduling.models import Term
from scheduling.paging import BadCursor, Page


@needs(Permission.EXECUTE_MERGES)
@require_http_methods(["GET", "HEAD", "POST"])
def outbound(request: HttpRequest) -> HttpResponse:
    """The queue; a POST tries parked rows again: one, the ticked ones, or all of a term."""
    return _try_again(request) if request.method == "POST" else _list(request)


def _list(request: HttpRequest) -> HttpResponse:
    board, chosen = Board.load(now=timezone.now()), filter_of(request.GET)
    page = _page(request, board, chosen)
    rows = board.views(page.rows)
    context = {
        "board": board,
        "filter": chosen,
        "page": page,
        "rows": rows,
        "count": chosen.rows(board.channels).count(),
        "has_parked": any(one.is_parked for one in rows),
        "states": STATE_WORDS.items(),
        "reasons": REASONS.items(),
        "terms": Term.objects.all(),
        "is_filtered": any((chosen.term, chosen.merge_type, chosen.state, chosen.reason, chosen.q)),
        "query": request.GET.urlencode(),
    }
    return render(request, "adminconsole/outbound.html", context)


def _page(request: HttpRequest, board: Board, chosen: OutboundFilter) -> Page[OutboundChange]:
    try:
        return board.page(chosen, request.GET.get("cursor", ""))
    except BadCursor:
        messages.warning(request, "That page is no longer there; this is the first one.")
        return board.page(chosen, "")


def _try_again(request: HttpRequest) -> HttpResponse:
    if request.POST.get("one"):
        ids = ticked(request.POST, name="one")
    elif request.POST.get("all_of"):
        term, _slash, merge_type = word(request.POST, "all_of").rpartition("/")
        ids = parked_ids(term=term, merge_type=merge_type)
    else:
        ids = ticked(request.POST)
    if ids:
        count = try_again(ids, actor=admin_of(request), now=timezone.now())
        words = "1 change is" if count == 1 else f"{count:,} changes are"
        messages.success(request, f"{words} tried again with the next delivery or merge that sends.")
    else:
        messages.warning(request, "Tick what is to be tried again first.")
    query = request.GET.urlencode()
    return redirect(f"{reverse('outbound')}?{query}" if query else "outbound")
