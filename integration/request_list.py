"""Requests in a list, and what a request is called: its title, what it is about, its state."""

from dataclasses import dataclass

from django.db.models import QuerySet

from integration.models import MergeRequest
from integration.sis.port import REFERENCE_TYPES
from integration.wording import listed
from scheduling.models import Term
from scheduling.pills import Pill

State = MergeRequest.State
RECENT = 10
PILLS = {
    State.WAITING: Pill(tone="blue", icon="circle", word="Waiting to begin"),
    State.RUNNING: Pill(tone="blue", icon="running", word="Running"),
    State.DONE: Pill(tone="green", icon="check", word="Done"),
    State.FAILED: Pill(tone="red", icon="cross", word="Failed"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestLine:
    """A request in a list (its actor loaded)."""

    request: MergeRequest
    title: str
    scope: str
    pill: Pill


def recent_requests() -> list[RequestLine]:
    """What was asked for last, those that are not over first, in three queries."""
    terms = dict(Term.objects.order_by().values_list("code", "name"))
    is_open = {"state__in": [State.WAITING, State.RUNNING]}
    running = list(requests_loaded().filter(**is_open).order_by("-id")[:RECENT])
    over = list(requests_loaded().exclude(**is_open).order_by("-id")[:RECENT])
    return [
        RequestLine(
            request=one, title=title_of(one), scope=scope_of(one, terms), pill=PILLS[State(one.state)]
        )
        for one in (*running, *over)
    ]


def requests_loaded() -> QuerySet[MergeRequest]:
    """All requests with what is shown of them, without the rows that were approved."""
    return MergeRequest.objects.select_related("actor", "plan", "preview").defer("approved_rows")


def title_of(request: MergeRequest) -> str:
    """What a request is called."""
    if request.plan_id is not None:
        return f"Approval of plan {request.plan_id}"
    if request.is_dry_run:
        return "Preview with sending" if request.is_sending else "Preview of an import"
    return "Merge with sending" if request.is_sending else "Import"


def scope_of(request: MergeRequest, terms: dict[str, str]) -> str:
    """``courses and sections of Spring 2027``."""
    reference = {one.value for one in REFERENCE_TYPES}
    types = [one for one in request.types if one not in reference]
    asked = [one for one in request.types if one in reference]
    if len(asked) == len(reference):
        types.insert(0, "reference data")
    else:
        types = asked + types
    what = listed(tuple(types)) if types else ""
    where = listed(tuple(terms.get(code, code) for code in request.terms)) if request.terms else ""
    return f"{what} of {where}" if where and what else what or where
