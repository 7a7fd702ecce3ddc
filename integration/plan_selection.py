"""Which rows of a plan a person approves: all, the ticked ones, those that match filters, or the others."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import QuerySet

from integration.models import Plan, PlanRow
from integration.plan_rows import selected
from integration.planmaker import CHANGES


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
