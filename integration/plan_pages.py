"""Plans as the console shows them: which wait, what one would do, and which of its rows are approved."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import Count, QuerySet

from integration.execution import check_may_send
from integration.models import MergeRequest, Plan, PlanRow
from integration.plan_rows import selected
from integration.plan_words import Bar, bars_of
from integration.planmaker import CHANGES
from integration.run_words import counted, is_reference, title_of, who_asked
from integration.settings import ConfigurationError, active_version, read
from integration.sis.port import MergeType
from integration.wording import listed
from scheduling.models import ChangeLog
from scheduling.paging import Ordering, Page, page_of
from scheduling.pills import Pill

Status, Side, Action = Plan.Status, PlanRow.Side, PlanRow.Action
REMOVALS = ("cancel", "delete")
COUNTED = [f"{side}_{action.lower()}" for side in ("local", "sis") for action in CHANGES]
"""The counts of a plan that are rows which change something."""
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


def approval_under_way(plan: Plan) -> MergeRequest | None:
    """The request that carries out an answer to the plan already, or did last."""
    return MergeRequest.objects.select_related("actor").defer("approved_rows").filter(plan=plan).first()


def reason_given(plan: Plan) -> str:
    """Why a person refused the plan; blank for any other."""
    if plan.status != Status.REJECTED:
        return ""
    said = ChangeLog.objects.filter(record_type="plan", record_id=str(plan.pk)).order_by("-id")
    return said.values_list("reason", flat=True).first() or ""


def check_can_approve(plan: Plan, *, now: dt.datetime) -> None:
    """Raise `ConfigurationError` where today's settings do not let a waiting plan through."""
    merge_type = MergeType(plan.merge_type)
    if not read(active_version()).of(merge_type).is_enabled:
        raise ConfigurationError(f"Merges of {plan.merge_type} are switched off in Merge Settings.")
    if plan.is_sending:
        check_may_send([merge_type], plan.term_id or "", clock=lambda: now)


def why_not(plan: Plan, *, now: dt.datetime) -> str:
    """The same as a sentence; blank: it can be approved. Refusing it is possible in any case."""
    try:
        check_can_approve(plan, now=now)
    except ConfigurationError as error:
        return str(error)
    return ""


# ---- which rows


class How(StrEnum):
    """How a person says which rows of a plan are approved."""

    ALL = "all"
    TICKED = "ticked"
    UNTICKED = "unticked"
    MATCHING = "matching"
    OTHERS = "others"


HOW_WORDS: Mapping[How, str] = {
    How.ALL: "all of it",
    How.TICKED: "only the ticked rows",
    How.UNTICKED: "all but the ticked rows",
    How.MATCHING: "only the rows that match the filters",
    How.OTHERS: "all but the rows that match the filters",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RowFilter:
    """Which rows of a plan are looked at; blank: all."""

    side: str = ""
    action: str = ""
    field: str = ""
    q: str = ""

    @property
    def is_any(self) -> bool:
        """Whether any filter is set."""
        return any((self.side, self.action, self.field, self.q))

    def rows(self, plan: Plan) -> QuerySet[PlanRow]:
        """The rows, in the order of the page."""
        return selected(plan, side=self.side, action=self.action, field=self.field, q=self.q)


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """The rows that a person approves: of the planned changes, as `how` says."""

    how: How
    ticked: Collection[int] = ()
    filter: RowFilter = field(default_factory=RowFilter)

    def rows(self, plan: Plan) -> QuerySet[PlanRow]:
        """The approved rows, unordered."""
        changes = plan.rows.filter(action__in=CHANGES, state=PlanRow.State.PLANNED).order_by()
        match self.how:
            case How.ALL:
                return changes
            case How.TICKED:
                return changes.filter(pk__in=self.ticked)
            case How.UNTICKED:
                return changes.exclude(pk__in=self.ticked)
            case How.MATCHING:
                return changes.filter(pk__in=self.filter.rows(plan).order_by().values("pk"))
            case How.OTHERS:
                return changes.exclude(pk__in=self.filter.rows(plan).order_by().values("pk"))

    def only(self, plan: Plan) -> list[int] | None:
        """The ids for `request_approval`; None: all of the plan."""
        if self.how is How.ALL:
            return None
        return list(self.rows(plan).order_by("pk").values_list("pk", flat=True))


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """What approving some rows does. `removals`: what it cancels or removes; asked to be typed if any."""

    sentence: str
    total: int
    removals: int
    declined: int


def deed_of(plan: Plan, selection: Selection) -> Deed:
    """Count what a selection does, in one query."""
    return _deed(plan, _counts(selection.rows(plan)))


def whole_deed(plan: Plan) -> Deed:
    """What all of a waiting plan does, as it was counted when it was made."""
    return _deed(plan, {name: number for name, number in plan.counts.items() if name in COUNTED})


def _deed(plan: Plan, counts: Mapping[str, int]) -> Deed:
    total = sum(counts.values())
    return Deed(
        sentence=_sentence(list(_deeds(counts, plan.merge_type))),
        total=total,
        removals=sum(counts.get(f"{side}_{deed}", 0) for side in ("local", "sis") for deed in REMOVALS),
        declined=sum(plan.counts.get(name, 0) for name in COUNTED) - total,
    )


def _counts(rows: QuerySet[PlanRow]) -> dict[str, int]:
    found = rows.values_list("side", "action").annotate(number=Count("id")).order_by()
    return {f"{side.lower()}_{action.lower()}": number for side, action, number in found}


def _deeds(counts: Mapping[str, int], merge_type: str) -> Iterator[str]:
    """``apply 120 changes in Tandem``, ``cancel 3 records in Tandem``, ``send 14 updates``."""
    changes = counts.get("local_create", 0) + counts.get("local_update", 0)
    if changes:
        yield f"apply {counted(changes, 'change')} in Tandem"
    if number := counts.get("local_cancel", 0):
        yield f"cancel {counted(number, 'record')} in Tandem"
    if number := counts.get("local_delete", 0):
        record = counted(number, "record")
        yield f"make {record} inactive" if is_reference(merge_type) else f"remove {record} from Tandem"
    kinds = (
        ("create", "new record"),
        ("update", "update"),
        ("cancel", "cancellation"),
        ("delete", "removal"),
    )
    sent = tuple(counted(number, word) for deed, word in kinds if (number := counts.get(f"sis_{deed}", 0)))
    if sent:
        yield f"send {listed(sent)}"


def _sentence(words: Sequence[str]) -> str:
    """The button's words, which say how much; blank for nothing."""
    if not words:
        return ""
    text = "; ".join(words) if len(words) > 2 else " and ".join(words)  # noqa: PLR2004  # two go with "and"
    return text[0].upper() + text[1:]
