"""The report of a run: what it did, its plan and steps, what it reported. Constant queries at any size."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from integration.issue_views import IssueView, issue_views
from integration.models import MergeRun, Plan, RunIssue
from integration.plan_words import Bar, bars_of
from integration.reports import plan_of
from integration.run_list import RunLine, line_of
from integration.run_summary import is_done
from integration.run_words import COUNT_WORDS, DEED_WORDS, steps_of
from scheduling.paging import Ordering, page_of

ISSUE_KINDS = {"held": "Held for a person", "rejected": "Rejected", "notice": "Worth knowing"}


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


@dataclass(frozen=True, kw_only=True, slots=True)
class IssuePage:
    """One page of issues; `next` and `previous` are cursors for the address."""

    rows: Sequence[IssueView]
    next: str
    previous: str


def issues_of(run: MergeRun, *, kind: str = "", cursor: str = "") -> IssuePage:
    """A page of what a run reported of records, as it came, in at most four queries. Raises `BadCursor`."""
    page = page_of(RunIssue.objects.filter(_kind(kind), run=run).select_related("run"), Ordering(), cursor)
    return IssuePage(rows=issue_views(page.rows), next=page.next, previous=page.previous)
