"""A person's answer to a held plan: all of it, some of it, or none (MERGE.md, Plan, safeguards, apply).

Only that very plan is applied. Each row is decided again from what the SIS showed then and what is here now,
with today's settings; a row that would come out differently is stale and left to the next run.

The pause that came with the plan ends when it is approved. It stays where a person refused changes of the
SIS's side (the plan as a whole, or rows of it): ending it would let the same changes go out one by one. Then
the next run that trips no safeguard ends it, or the approval of the plan that the next run makes.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from integration.carrying_out import CarryOut
from integration.models import MergeRun, MergeState, Plan, PlanRow
from integration.outstanding import TOLD_ANEW
from integration.planmaker import CHANGES
from integration.preconditions import stale_rows
from integration.run_issues import as_issue, write_issues
from integration.runs import RunFrame, run_lock
from integration.sis.port import SENDABLE_TYPES, Issue, MergeType
from scheduling.models import ChangeLog, User
from scheduling.services.audit import Author, Change, write_changes


class NotWaiting(Exception):
    """The plan does not wait for a person (any more). The text says what became of it."""


@dataclass(kw_only=True)
class Approval:
    """Applies `plan` in the frame of a run. `only`: the ids of the rows that a person approved (None: all).

    Rows that change nothing but note what was seen are applied in any case.
    """

    frame: RunFrame
    plan: Plan
    only: Collection[int] | None = None

    def execute(self) -> MergeRun:
        """Apply it. Raises `AlreadyRunning` and `NotWaiting`."""
        return self.frame.execute(self._work, check=self._check)

    def _check(self) -> None:
        self.plan.refresh_from_db()
        check_waiting(self.plan)

    def _work(self) -> None:
        frame, plan = self.frame, self.plan
        frame.check_enabled()
        frame.run.counts = dict(plan.counts)
        self._tell_again()
        with transaction.atomic():
            self._decline()
            if frame.merge_type in SENDABLE_TYPES:
                stale = stale_rows(plan, frame.kind, frame.adapter.capabilities, now=frame.clock())
                PlanRow.objects.filter(pk__in=stale).update(state=PlanRow.State.STALE)
        options = frame.options
        note_decision(
            plan, Plan.Status.APPLIED, actor=options.actor, now=frame.clock(), source=options.source
        )
        self._end_pause()
        CarryOut(frame=frame, plan=plan, is_approved=True).work()

    def _tell_again(self) -> None:
        """What the plan's own run reported of records, and that the settings changed since."""
        issues = [
            (as_issue(one), one.is_notice)
            for one in self.plan.run.issues.all()
            if not one.code.startswith(TOLD_ANEW)
        ]
        version = self.frame.run.settings_version
        if self.plan.run.settings_version_id != self.frame.run.settings_version_id:
            message = f"The merge settings changed since the plan was made; {version} decided its rows again."
            issues.append((Issue(code="SETTINGS_CHANGED", message=message), True))
        write_issues(self.frame.run.pk, issues)

    def _decline(self) -> None:
        if self.only is not None:
            changes = self.plan.rows.filter(action__in=CHANGES, state=PlanRow.State.PLANNED)
            changes.exclude(pk__in=list(self.only)).update(state=PlanRow.State.DECLINED)

    def _end_pause(self) -> None:
        """The answer is now what the next one is measured by; sending goes on unless sends were declined."""
        state = _state(self.plan)
        state.last_read = self.plan.counts["read"]
        if not self.plan.rows.filter(side=PlanRow.Side.SIS, state=PlanRow.State.DECLINED).exists():
            state.pause_reason = ""
        state.save()


def reject(
    plan_id: int,
    *,
    actor: User | None,
    now: dt.datetime,
    reason: str = "",
    source: str = ChangeLog.Source.COMMAND,
) -> Plan:
    """Refuse a held plan: nothing of it is applied. Raises `NotWaiting` and `AlreadyRunning`."""
    plan = Plan.objects.get(pk=plan_id)
    with run_lock(MergeType(plan.merge_type), plan.term_id or ""), transaction.atomic():
        plan.refresh_from_db()
        check_waiting(plan)
        plan.rows.filter(state=PlanRow.State.PLANNED).update(state=PlanRow.State.DECLINED)
        state = _state(plan)
        if state.pause_reason:
            who = actor.get_username() if actor else "the operator"
            state.pause_reason = f"Plan {plan.pk} was rejected by {who}: {plan.trips[0]}"
            state.save()
        note_decision(plan, Plan.Status.REJECTED, actor=actor, now=now, reason=reason, source=source)
        plan.save()
    return plan


def check_waiting(plan: Plan) -> None:
    """Raise `NotWaiting` unless the plan waits for a person."""
    if plan.status != Plan.Status.NEEDS_APPROVAL:
        words = Plan.Status(plan.status).label.lower()
        raise NotWaiting(f"Plan {plan.pk} does not wait for approval: {words}.")


def note_decision(
    plan: Plan,
    status: str,
    *,
    actor: User | None,
    now: dt.datetime,
    reason: str = "",
    source: str = ChangeLog.Source.COMMAND,
) -> None:
    """Note on the plan (unsaved) and in the audit who decided what, and by which door."""
    change = Change(
        action=ChangeLog.Action.UPDATE,
        record_type="plan",
        record_id=str(plan.pk),
        term_code=plan.term_id or "",
        field="status",
        before=plan.status,
        after=status,
    )
    plan.status, plan.decided_at, plan.decided_by = status, now, actor
    author = Author(now=now, source=source, user=actor, name="operator", reason=reason)
    write_changes([change], author=author)


def _state(plan: Plan) -> MergeState:
    state, _made = MergeState.objects.get_or_create(merge_type=plan.merge_type, term_id=plan.term_id)
    return state
