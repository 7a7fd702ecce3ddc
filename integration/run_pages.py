"""What the pages of runs show: the list, and the report of one run. Constant queries at any size."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from integration.models import MergeRun, Plan, RunIssue
from integration.plan_words import Bar, bars_of
from integration.reports import plan_of
from integration.run_summary import pill_of, sentence_of
from integration.run_words import (
    COUNT_WORDS,
    DEED_WORDS,
    progress_of,
    seconds_of,
    steps_of,
    title_of,
    who_asked,
)
from integration.run_words import Progress as RunProgress
from scheduling.paging import Ordering, Page, page_of
from scheduling.pills import Pill

NEWEST_FIRST = Ordering(is_descending=True)
ISSUE_KINDS = {"held": "Held for a person", "rejected": "Rejected", "notice": "Worth knowing"}


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFilter:
    """Which runs to list; blank: all. `since` and `until`: dates in the institution's zone, both included."""

    merge_type: str = ""
    term: str = ""
    status: str = ""
    trigger: str = ""
    with_dry_runs: bool = False
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunLine:
    """One run in a list or in the page of a request."""

    run: MergeRun
    title: str
    pill: Pill
    sentence: str
    seconds: str
    who: str
    progress: RunProgress | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunList:
    """One page of runs."""

    rows: Sequence[RunLine]
    next: str
    previous: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RunReport:
    """All of one run but its rows and issues.

    `deeds`: what was done, in Tandem, in the SIS; `counts`: the other counts; `issues`: (kind, word, number).
    """

    line: RunLine
    plan: Plan | None
    deeds: Sequence[tuple[str, str, str]]
    counts: Sequence[tuple[str, str]]
    bars: Sequence[Bar]
    steps: Sequence[tuple[str, str, str]]
    issues: Sequence[tuple[str, str, int]]

    @property
    def issue_total(self) -> int:
        """All issues."""
        return sum(number for _kind, _word, number in self.issues)


def run_list(chosen: RunFilter, *, cursor: str = "") -> RunList:
    """A page of runs, newest first, in one query. Raises `BadCursor`."""
    page: Page[MergeRun] = page_of(_filtered(chosen), NEWEST_FIRST, cursor)
    return RunList(rows=[line_of(run) for run in page.rows], next=page.next, previous=page.previous)


def _filtered(chosen: RunFilter) -> QuerySet[MergeRun]:
    runs = MergeRun.objects.select_related("term", "actor").defer("steps")
    given = {
        "merge_type": chosen.merge_type,
        "term": chosen.term,
        "status": chosen.status,
        "trigger": chosen.trigger,
    }
    runs = runs.filter(**{name: value for name, value in given.items() if value})
    if not chosen.with_dry_runs:
        runs = runs.filter(is_dry_run=False)
    if chosen.since:
        runs = runs.filter(started_at__gte=_midnight(chosen.since))
    if chosen.until:
        runs = runs.filter(started_at__lt=_midnight(chosen.until + dt.timedelta(days=1)))
    return runs


def _midnight(date: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(date, dt.time()))


def line_of(run: MergeRun) -> RunLine:
    """A run as a line (its term and actor loaded)."""
    term = run.term.name if run.term else run.asked_term
    return RunLine(
        run=run,
        title=title_of(run.merge_type, term),
        pill=pill_of(MergeRun.Status(run.status)),
        sentence=sentence_of(run),
        seconds=seconds_of(run),
        who=who_asked(run),
        progress=progress_of(run),
    )


def is_done(run: MergeRun) -> bool:
    """Whether the run did what its counts say; else it would, or will once a person agrees."""
    return not run.is_dry_run and run.status != MergeRun.Status.NEEDS_APPROVAL


def run_report(run_id: int) -> RunReport | None:
    """The report of a run in at most four queries; None where there is no such run."""
    runs = MergeRun.objects.select_related("term", "actor", "settings_version__profile", "request")
    run = runs.filter(pk=run_id).first()
    if run is None:
        return None
    counted = run.counts
    return RunReport(
        line=line_of(run),
        plan=plan_of(run),
        deeds=[
            (words, f"{counted.get(f'local_{deed}', 0):,}", f"{counted.get(f'sis_{deed}', 0):,}")
            for deed, words in DEED_WORDS.items()
        ],
        counts=[(words, f"{counted.get(name, 0):,}") for name, words in COUNT_WORDS.items()],
        bars=bars_of(counted, is_sending=run.is_sending, is_done=is_done(run)),
        steps=list(steps_of(run)),
        issues=_issue_counts(run),
    )


# ---- issues


def _kind(kind: str) -> Q:
    is_held = Q(is_notice=False, code__startswith="HELD_")
    match kind:
        case "held":
            return is_held
        case "rejected":
            return Q(is_notice=False) & ~Q(code__startswith="HELD_")
        case "notice":
            return Q(is_notice=True)
        case _:
            return Q()


def _issue_counts(run: MergeRun) -> list[tuple[str, str, int]]:
    found = run.issues.order_by().aggregate(**{kind: Count("pk", filter=_kind(kind)) for kind in ISSUE_KINDS})
    return [(kind, word, found[kind]) for kind, word in ISSUE_KINDS.items()]


def issues_of(run: MergeRun, *, kind: str = "", cursor: str = "") -> Page[RunIssue]:
    """A page of what a run reported of records, as it came, in one query. Raises `BadCursor`."""
    return page_of(RunIssue.objects.filter(_kind(kind), run=run), Ordering(), cursor)
