"""The SIS's side of a plan: its outbound rows are worked, and what really became of them is counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from integration import outbound
from integration.delivery import Delivery
from integration.finishing import Ledger
from integration.models import Link, LinkState, OutboundChange, Plan, PlanRow
from integration.planmaker import CHANGES
from integration.record_types import RecordType
from integration.runs import RunFrame
from integration.sis.port import Operation, SisUnavailable

State = OutboundChange.State
OUTCOME_OF: Mapping[str, str] = {
    State.WAITING: "pending",
    State.SENDING: "pending",  # another process has it
    State.AWAITING: "awaiting",
    State.PARKED: "rejected",
}
"""What the state of an outbound row says of a record that no attempt of ours told of."""
SENT = frozenset(f"sis_{action.lower()}" for action in CHANGES)


@dataclass(kw_only=True)
class Sending:
    """Sends what `plan` has for the SIS, and looks up what earlier creations came to."""

    frame: RunFrame
    plan: Plan
    kind: RecordType

    def work(self) -> SisUnavailable | None:
        """Send; what stopped it, if the SIS went away. What is left then waits for the next run."""
        frame = self.frame
        planned, unresolved = self._planned(), self._unresolved()
        wanted, untaken = planned | unresolved, self._untaken()
        outbound.want(wanted, now=frame.clock())
        delivery = Delivery(
            kind=self.kind,
            adapter=frame.adapter,
            author=frame.author,
            clock=frame.clock,
            run=str(frame.run.pk),
            progress=frame.tell,
            sent_plan_id=self.plan.pk,
        )
        delivery.deliver(only=wanted | untaken)
        ledger = delivery.ledger
        outcomes = {link: ledger.outcomes.get(link) or state for link, state in self._states(wanted).items()}
        self._count(outcomes, unresolved, ledger)
        done = [link for link in planned if outcomes[link] in SENT or not outcomes[link]]
        self._rows().filter(link_id__in=done).update(state=PlanRow.State.APPLIED)
        if delivery.unavailable is None:
            return None
        left = sum(outcome == "pending" for outcome in outcomes.values())
        message = f"{delivery.unavailable.message} {left} changes wait for the next run."
        away = SisUnavailable(message, words=delivery.unavailable.words)
        away.error_class = delivery.unavailable.error_class
        return away

    def _rows(self) -> QuerySet[PlanRow]:
        return PlanRow.objects.filter(
            plan=self.plan, side=PlanRow.Side.SIS, state=PlanRow.State.PLANNED, link__isnull=False
        ).order_by()

    def _planned(self) -> set[int]:
        return set(self._rows().values_list("link_id", flat=True))

    def _unresolved(self) -> set[int]:
        links = Link.objects.filter(
            merge_type=self.kind.merge_type.value,
            term_id=self.kind.term,
            state__in=[LinkState.CREATING, LinkState.UNKNOWN_OUTCOME],
        )
        return set(links.order_by().values_list("id", flat=True))

    def _untaken(self) -> set[int]:
        """Records of which the SIS takes nothing, so that no plan has them: looked at, they say so."""
        able, kind = self.frame.adapter.capabilities, self.kind.merge_type
        takes = {one for one in Operation if able.can(kind, one)}
        closed = []
        if Operation.CREATE not in takes:
            closed.append(Q(link__state=LinkState.NEW))
        if not takes & {Operation.UPDATE, Operation.CANCEL}:
            closed.append(Q(link__state=LinkState.LINKED, link__removal=""))
        if not takes & {Operation.CANCEL, Operation.DELETE}:
            closed.append(Q(link__state=LinkState.LINKED) & ~Q(link__removal=""))
        if not closed:
            return set()
        rows = OutboundChange.objects.filter(
            reduce(or_, closed), merge_type=kind.value, term_id=self.kind.term, state=State.WAITING
        )
        return set(rows.order_by().values_list("link_id", flat=True))

    def _states(self, wanted: set[int]) -> dict[int, str]:
        rows = OutboundChange.objects.filter(link_id__in=wanted).order_by()
        states = dict(rows.values_list("link_id", "state"))
        return {link: OUTCOME_OF.get(states.get(link, ""), "") for link in wanted}

    def _count(self, outcomes: Mapping[int, str], unresolved: set[int], ledger: Ledger) -> None:
        """What was really sent replaces what was planned; each record counts once."""
        counts, tally = self.frame.run.counts, Counter(outcomes.values())
        local = PlanRow.objects.filter(plan=self.plan, side=PlanRow.Side.LOCAL).order_by()
        seen = set(local.filter(link_id__in=unresolved).values_list("link_id", flat=True))
        changed = set(
            local.filter(link_id__in=outcomes, action__in=CHANGES, state=PlanRow.State.APPLIED).values_list(
                "link_id", flat=True
            )
        )
        for name in SENT:
            counts[name] = tally[name]
        counts["pending"] += tally["pending"]
        # The plan counted every creation without an end as awaiting; only those that still are remain so.
        before = max(0, counts["awaiting"] - len(unresolved - seen))
        counts["awaiting"] = before + tally["awaiting"] + len(ledger.unconfirmed)
        # A new record of ours gets its number from the SIS: that belongs to its creation.
        created = {link for link, outcome in outcomes.items() if outcome == "sis_create"}
        counts["local_update"] += len(ledger.pulled - changed - created)
        shown = self._rows().exclude(action=PlanRow.Action.CREATE).values_list("link_id", flat=True)
        changed |= ledger.pulled
        counts["unchanged"] += sum(
            outcomes[link] not in SENT | {"held", "rejected"} for link in set(shown) - changed
        )
