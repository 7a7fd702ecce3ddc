"""The list of runs: which to list, and a run as a line. Constant queries at any size."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from integration.models import MergeRun
from integration.run_summary import pill_of, sentence_of
from integration.run_words import Progress as RunProgress
from integration.run_words import progress_of, seconds_of, title_of, who_asked
from scheduling.paging import Ordering, Page, page_of
from scheduling.pills import Pill

NEWEST_FIRST = Ordering(is_descending=True)


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
