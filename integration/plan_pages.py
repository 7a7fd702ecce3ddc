"""Plans as the console shows them: which wait, and one as a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from integration.models import Plan
from integration.plan_words import Bar, bars_of
from integration.run_words import title_of, who_asked
from scheduling.paging import Ordering, Page, page_of
from scheduling.pills import Pill

Status = Plan.Status
GROUPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "": ("Waiting for a person", (Status.NEEDS_APPROVAL,)),
    "decided": ("Decided by a person", (Status.APPLIED, Status.REJECTED)),
    "replaced": ("Replaced by a later plan", (Status.SUPERSEDED,)),
    "looked-at": ("Only looked at", (Status.DRY_RUN,)),
}
"""The filter of the list: value -> words and the states that it stands for."""
PILLS: Mapping[str, Pill] = {
    Status.OPEN: Pill(tone="blue", icon="running", word="Being made or applied"),
    Status.APPLIED: Pill(tone="green", icon="check", word="Applied"),
    Status.NEEDS_APPROVAL: Pill(tone="amber", icon="pause", word="Waits for a person"),
    Status.DRY_RUN: Pill(tone="grey", icon="circle", word="Only looked at"),
    Status.SUPERSEDED: Pill(tone="grey", icon="cross", word="Replaced by a later plan"),
    Status.REJECTED: Pill(tone="red", icon="cross", word="Refused"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanLine:
    """One plan in a list, or at the head of its page (its run, term and people loaded)."""

    plan: Plan
    title: str
    pill: Pill
    made_by: str
    decided_by: str
    bars: Sequence[Bar]

    @property
    def waits(self) -> bool:
        """Whether a person has to answer."""
        return self.plan.status == Status.NEEDS_APPROVAL


def plan_page(*, group: str, term: str, merge_type: str, cursor: str) -> Page[Plan]:
    """A page of plans, newest first, in one query. `group`: one of `GROUPS`. Raises `BadCursor`."""
    _words, states = GROUPS.get(group, GROUPS[""])
    found = Plan.objects.filter(status__in=states)
    if group == "decided":
        found = found.filter(decided_at__isnull=False)  # the others were applied without asking
    found = found.filter(term=term) if term else found
    found = found.filter(merge_type=merge_type) if merge_type else found
    return page_of(_loaded(found), Ordering(is_descending=True), cursor)


def plan_of(pk: int) -> Plan | None:
    """One plan with what its page shows of it."""
    return _loaded(Plan.objects.filter(pk=pk)).first()


def _loaded(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    return plans.select_related("run", "run__actor", "term", "decided_by")


def line_of(plan: Plan) -> PlanLine:
    """A plan as a line."""
    return PlanLine(
        plan=plan,
        title=title_of(plan.merge_type, str(plan.term) if plan.term else ""),
        pill=PILLS[plan.status],
        made_by=who_asked(plan.run),
        decided_by=plan.decided_by.get_username() if plan.decided_by else "",
        bars=bars_of(plan.counts, is_sending=plan.is_sending),
    )
