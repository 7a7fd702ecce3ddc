"""What the page of a request shows: its state, its runs, and what carrying out a preview would do."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from integration.models import MergeRequest, MergeRun, Plan, RunIssue, TermSwitch
from integration.plan_words import Bar, bars_of
from integration.preview_deeds import Deed, deed_of
from integration.run_pages import RunLine, is_done, line_of
from integration.run_words import duration
from integration.settings import MergeSettings, is_over
from integration.sis.port import REFERENCE_TYPES, MergeType
from integration.wording import listed
from scheduling.models import Term
from scheduling.pills import Pill

State, Status = MergeRequest.State, MergeRun.Status
NO_WORKER_AFTER = dt.timedelta(seconds=30)
FIRST_ISSUES = 20
RECENT = 10
PILLS = {
    State.WAITING: Pill(tone="blue", icon="circle", word="Waiting to begin"),
    State.RUNNING: Pill(tone="blue", icon="running", word="Running"),
    State.DONE: Pill(tone="green", icon="check", word="Done"),
    State.FAILED: Pill(tone="red", icon="cross", word="Failed"),
}
NOT_ALL_WELL = Pill(tone="amber", icon="alert", word="Done, look at it")


@dataclass(frozen=True, kw_only=True, slots=True)
class RunCard:
    """One run of a request. `plan` None: it came to none (or to a run that applied somebody's plan)."""

    line: RunLine
    plan: Plan | None
    bars: Sequence[Bar]

    @property
    def is_quiet(self) -> bool:
        """Whether it ended well and has nothing to show: neither changes nor anything held or rejected."""
        counts = self.line.run.counts
        has_issues = counts.get("held") or counts.get("rejected") or counts.get("missing")
        has_changes = any(bar.total for bar in self.bars)
        return self.line.run.status == Status.SUCCEEDED and not has_changes and not has_issues

    @property
    def waits(self) -> bool:
        """Whether its plan waits for a person."""
        return self.plan is not None and self.plan.status == Plan.Status.NEEDS_APPROVAL


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestView:
    """A request with everything its page shows."""

    request: MergeRequest
    title: str
    scope: str
    pill: Pill
    runs: Sequence[RunCard]
    issues: Sequence[RunIssue]
    waits_since: str
    is_stuck: bool
    deed: Deed | None
    execution: MergeRequest | None

    @property
    def loud(self) -> Sequence[RunCard]:
        """The runs that have something to show."""
        return [card for card in self.runs if not card.is_quiet]

    @property
    def quiet(self) -> Sequence[RunCard]:
        """The runs that found both sides the same."""
        return [card for card in self.runs if card.is_quiet]

    @property
    def is_preview(self) -> bool:
        """Whether it only looks."""
        return self.request.is_dry_run

    @property
    def can_try_again(self) -> bool:
        """Whether something of it could not be carried out. A plan is approved again on its own page."""
        has_failed = any(card.line.run.status == Status.FAILED for card in self.runs)
        is_failed = self.request.state == State.FAILED or (self.request.is_over and has_failed)
        return is_failed and self.request.plan_id is None


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestLine:
    """A request in a list (its actor loaded)."""

    request: MergeRequest
    title: str
    scope: str
    pill: Pill


def request_view(request_id: int, *, now: dt.datetime) -> RequestView | None:
    """The page of a request in five queries; None where there is no such request."""
    found = _requests().filter(pk=request_id).first()
    if found is None:
        return None
    terms = dict(Term.objects.order_by().values_list("code", "name"))
    runs = _last_tries(found.runs.select_related("term", "actor", "plan").order_by("id"))
    cards = [_card(run) for run in runs]
    is_seen = found.is_dry_run and found.state == State.DONE
    waited = now - found.requested_at
    execution = found.executions.order_by("-id").first() if found.is_dry_run else None
    return RequestView(
        request=found,
        title=_title(found),
        scope=_scope(found, terms),
        pill=_pill(found, runs),
        runs=cards,
        issues=_first_issues(runs),
        waits_since=duration(max(waited.total_seconds(), 0)),
        is_stuck=found.state == State.WAITING and not found.attempts and waited > NO_WORKER_AFTER,
        deed=deed_of(card.line for card in cards)
        if is_seen and not any(run.status == Status.FAILED for run in runs)
        else None,
        execution=execution,
    )


def recent_requests() -> list[RequestLine]:
    """What was asked for last, those that are not over first, in three queries."""
    terms = dict(Term.objects.order_by().values_list("code", "name"))
    is_open = {"state__in": [State.WAITING, State.RUNNING]}
    running = list(_requests().filter(**is_open).order_by("-id")[:RECENT])
    over = list(_requests().exclude(**is_open).order_by("-id")[:RECENT])
    return [
        RequestLine(request=one, title=_title(one), scope=_scope(one, terms), pill=PILLS[State(one.state)])
        for one in (*running, *over)
    ]


def senders(settings: MergeSettings, *, today: dt.date) -> frozenset[tuple[str, str]]:
    """(term code, type) that is set to send, in one query. `today`: a date in the institution's zone."""
    switches = TermSwitch.objects.filter(is_sending=True, term__is_active=True).select_related("term")
    return frozenset(
        (one.term_id, one.merge_type)
        for one in switches
        if settings.of(MergeType(one.merge_type)).is_enabled and not is_over(one, one.term, today=today)
    )


def _requests() -> QuerySet[MergeRequest]:
    return MergeRequest.objects.select_related("actor", "plan", "preview").defer("approved_rows")


def _last_tries(runs: Iterable[MergeRun]) -> list[MergeRun]:
    """The last run of each type and term: a worker that died left an earlier one behind."""
    last = {(run.merge_type, run.term_id or run.asked_term): run for run in runs}
    return sorted(last.values(), key=lambda run: run.pk)


def _card(run: MergeRun) -> RunCard:
    plan = getattr(run, "plan", None)
    return RunCard(
        line=line_of(run),
        plan=plan,
        bars=bars_of(run.counts, is_sending=run.is_sending, is_done=is_done(run)),
    )


def _first_issues(runs: Iterable[MergeRun]) -> list[RunIssue]:
    issues = RunIssue.objects.filter(run__in=[run.pk for run in runs], is_notice=False)
    return list(issues.order_by("run_id", "id")[:FIRST_ISSUES])


def _pill(request: MergeRequest, runs: Iterable[MergeRun]) -> Pill:
    is_well = all(run.status == Status.SUCCEEDED for run in runs)
    return PILLS[State(request.state)] if is_well or request.state != State.DONE else NOT_ALL_WELL


# ---- in words


def _title(request: MergeRequest) -> str:
    if request.plan_id is not None:
        return f"Approval of plan {request.plan_id}"
    if request.is_dry_run:
        return "Preview with sending" if request.is_sending else "Preview of an import"
    return "Merge with sending" if request.is_sending else "Import"


def _scope(request: MergeRequest, terms: dict[str, str]) -> str:
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
