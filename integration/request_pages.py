"""What the page of a request shows: its state, its runs, and what carrying out a preview would do."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from integration.issue_views import IssueView, issue_views
from integration.models import MergeRequest, MergeRun, Plan, RunIssue, TermSwitch
from integration.plan_words import Bar, bars_of
from integration.preview_deeds import Deed, deed_of
from integration.request_list import PILLS, requests_loaded, scope_of, title_of
from integration.run_list import RunLine, line_of
from integration.run_summary import is_done
from integration.run_words import duration
from integration.settings import MergeSettings, is_over
from integration.sis.port import MergeType
from scheduling.models import Term
from scheduling.pills import Pill

State, Status = MergeRequest.State, MergeRun.Status
NO_WORKER_AFTER = dt.timedelta(seconds=30)
FIRST_ISSUES = 20
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
    issues: Sequence[IssueView]
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


def request_view(request_id: int, *, now: dt.datetime) -> RequestView | None:
    """The page of a request in at most eight queries; None where there is no such request."""
    found = requests_loaded().filter(pk=request_id).first()
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
        title=title_of(found),
        scope=scope_of(found, terms),
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


def senders(settings: MergeSettings, *, today: dt.date) -> frozenset[tuple[str, str]]:
    """(term code, type) that is set to send, in one query. `today`: a date in the institution's zone."""
    switches = TermSwitch.objects.filter(is_sending=True, term__is_active=True).select_related("term")
    return frozenset(
        (one.term_id, one.merge_type)
        for one in switches
        if settings.of(MergeType(one.merge_type)).is_enabled and not is_over(one, one.term, today=today)
    )


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


def _first_issues(runs: Iterable[MergeRun]) -> list[IssueView]:
    issues = RunIssue.objects.filter(run__in=[run.pk for run in runs], is_notice=False)
    return issue_views(list(issues.select_related("run").order_by("run_id", "id")[:FIRST_ISSUES]))


def _pill(request: MergeRequest, runs: Iterable[MergeRun]) -> Pill:
    is_well = all(run.status == Status.SUCCEEDED for run in runs)
    return PILLS[State(request.state)] if is_well or request.state != State.DONE else NOT_ALL_WELL
