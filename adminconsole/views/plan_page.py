"""How a plan is shown: its rows, the filters and ticks that choose among them, and what can be answered."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from adminconsole.forms.plans import MOST_TICKS, RefusalForm, kept_text, row_filter_of, selection_of, ticks_of
from integration.models import Plan
from integration.plan_answers import approval_under_way, reason_given, why_not
from integration.plan_deeds import deed_of, whole_deed
from integration.plan_pages import line_of
from integration.plan_rows import RowPage, rows_of
from integration.plan_selection import RowFilter
from integration.plan_words import filter_choices
from integration.planmaker import CHANGES
from integration.record_fields import fields_of
from scheduling.paging import BadCursor


def shown_plan(request: HttpRequest, found: Plan, refusal: RefusalForm | None = None) -> HttpResponse:
    """The page of a plan; `refusal`: a refusal that was not accepted, with what is wrong with it."""
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
