"""Carrying out a plan: write our side, flag what came in, send the SIS's side, tell what stays open."""

from collections.abc import Mapping
from dataclasses import dataclass

from integration import flags, outbound
from integration.applying import Applier
from integration.models import MergeRun, Plan, PlanRow
from integration.outstanding import tell_held, tell_rejected, tell_untaken
from integration.planmaker import CHANGES
from integration.record_types import RecordType
from integration.reference_apply import ReferenceApplier
from integration.run_issues import write_issues
from integration.runs import RunFrame
from integration.sending import SENT, Sending
from integration.sis.port import SENDABLE_TYPES, Issue, MergeType, SisUnavailable

Status = MergeRun.Status
LOCAL = PlanRow.Side.LOCAL


@dataclass(kw_only=True)
class CarryOut:
    """Carries out `plan` in the frame of a run. `is_approved`: a person approved exactly its planned rows."""

    frame: RunFrame
    plan: Plan
    is_approved: bool = False

    def work(self) -> None:
        """Apply, send, tell, end the run. Raises `SisUnavailable` when the SIS went away while sending."""
        frame = self.frame
        away = self._carry_out()
        self.plan.status, self.plan.counts = Plan.Status.APPLIED, frame.run.counts
        self.plan.save()
        if away is not None:
            raise away
        counts = frame.run.counts
        has_issues = counts["held"] or counts["rejected"]
        frame.end(Status.FINISHED_WITH_ISSUES if has_issues else Status.SUCCEEDED)

    def _carry_out(self) -> SisUnavailable | None:
        """What stopped the sending, if the SIS went away. A plan without rows has nothing to apply."""
        frame, counts = self.frame, self.frame.run.counts
        has_rows = self.plan.rows.exists()
        if frame.merge_type not in SENDABLE_TYPES:
            if has_rows:
                self._apply_reference()
            return None
        kind, away = frame.kind, None
        if has_rows:
            self._apply(kind)
        if self.plan.is_sending:
            with frame.timed("send", total=sum(counts[name] for name in SENT)):
                away = Sending(frame=frame, plan=self.plan, kind=kind).work()
            tell_untaken(frame.run, frame.merge_type, frame.term)
        counts["held"] = tell_held(frame.run, frame.merge_type, frame.term)
        counts["rejected"] += tell_rejected(frame.run, frame.merge_type, frame.term)
        return away

    def _apply_reference(self) -> None:
        frame = self.frame
        applier = ReferenceApplier(
            plan=self.plan,
            merge_type=frame.merge_type,
            term=frame.term,
            author=frame.author,
            progress=frame.tell,
        )
        with frame.timed("apply", total=self._rows_here(), plan=self.plan.pk):
            changed = applier.apply()
        self._leave_out({})
        if changed:  # what the SIS rejected may have lacked just this (MERGE.md, Retries)
            outbound.replay(term=frame.term or None, now=frame.clock())

    def _apply(self, kind: RecordType) -> None:
        frame = self.frame
        applier = Applier(
            plan=self.plan,
            kind=kind,
            author=frame.author,
            applies_later=frame.adapter.capabilities.applies_later_seconds is not None,
            is_approved=self.is_approved,
            progress=frame.tell,
        )
        with frame.timed("apply", total=self._rows_here(), plan=self.plan.pk):
            applier.apply()
        self._leave_out(applier.barred)
        if frame.merge_type is MergeType.SECTIONS:
            with frame.timed("flag"):
                flags.flag_sections(self.plan, run_id=frame.run.pk)
        elif frame.run.counts["local_create"] or frame.run.counts["local_update"]:
            flags.unflag_crosslisted(frame.term)

    def _rows_here(self) -> int:
        return self.plan.rows.filter(side=LOCAL, state=PlanRow.State.PLANNED).count()

    def _leave_out(self, barred: Mapping[str, str]) -> None:
        """Tell what was not applied: declined by a person, changed since it was planned, or `barred`."""
        states = [PlanRow.State.STALE, PlanRow.State.DECLINED]
        rows = PlanRow.objects.filter(plan=self.plan, state__in=states, action__in=CHANGES).order_by("id")
        counts = self.frame.run.counts
        stale: dict[str, str] = {}
        unchanged = set()
        for row in rows.only("record_key", "label", "side", "action", "state", "theirs"):
            counts[f"{'local' if row.side == LOCAL else 'sis'}_{row.action.lower()}"] -= 1
            if row.state == PlanRow.State.STALE and row.record_key not in barred:
                stale[row.record_key] = row.label
                unchanged |= {row.record_key} if row.theirs is not None else set()
        counts["unchanged"] += len(unchanged)
        message = "changed after the plan was made and is left as it is; the next run looks at it again."
        issues = [
            Issue(code="STALE", message=f"{label} {message}", record=key) for key, label in stale.items()
        ]
        refused = [
            Issue(code="IN_ANOTHER_CROSSLIST", message=message, record=key, field="members")
            for key, message in barred.items()
        ]
        told = [*((issue, True) for issue in issues), *((issue, False) for issue in refused)]
        write_issues(self.frame.run.pk, told)
        counts["rejected"] += len(refused)
