"""One merge: load, plan, safeguard; then it is carried out, held for a person, or only shown (MERGE.md)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from integration.carrying_out import CarryOut
from integration.links import touch
from integration.merge import safeguards
from integration.merge.plan import Counts
from integration.models import MergeRun, MergeState, OutboundChange, Plan, PlanRow
from integration.outstanding import FOUND_WHILE_SENDING, tell_held, tell_rejected
from integration.planmaker import PlanMaker
from integration.planning import Planner
from integration.previews import NOT_AS_PREVIEWED, departure
from integration.promised import Promised
from integration.reference_merge import ReferencePlanner
from integration.runs import NO_PLACE, RunFrame
from integration.sending import SENT
from integration.sis.port import SENDABLE_TYPES, Evidence, Issue, SisError

Status = MergeRun.Status


@dataclass(kw_only=True)
class Merge:
    """What happens inside the frame of one merge. `promised`: what earlier dry runs would have made."""

    frame: RunFrame
    promised: Promised = field(default_factory=Promised)

    def work(self) -> None:
        """Make the plan and deal with it. Raises what the adapter raises, and `ConfigurationError`."""
        frame = self.frame
        frame.check_enabled()
        state = self._state()
        plan = self._open_plan()
        maker = self._maker(plan)
        try:
            with frame.timed("read and plan", total=state.last_read or None):
                evidence, held_before = self._plan(maker, plan.watermark)
        except SisError:
            plan.delete()
            raise
        plan.digest, plan.snapshot_digest = maker.digest.hex(), evidence.digest
        frame.run.counts = maker.counts.as_dict()
        if maker.counts.read == 0 and held_before and not frame.options.accept_empty:
            self._no_data(plan, held_before)
        elif trips := (*self._trips(maker, held_before, state), *self._departures(plan)):
            self._hold(plan, state, trips)
        elif frame.options.is_dry_run:
            self._show(plan, Plan.Status.DRY_RUN)
            frame.end(self._status_as_planned())
        else:
            self._remember(state, evidence, maker.counts)
            self._supersede(plan)
            CarryOut(frame=frame, plan=plan).work()

    # ---- planning

    def _state(self) -> MergeState:
        key = {"merge_type": self.frame.merge_type.value, "term_id": self.frame.term_id}
        return MergeState.objects.filter(**key).first() or MergeState(**key)

    def _open_plan(self) -> Plan:
        frame = self.frame
        return Plan.objects.create(
            run=frame.run,
            merge_type=frame.merge_type.value,
            term_id=frame.run.term_id,
            is_sending=frame.sends,
            watermark=touch(),
            created_at=frame.clock(),
        )

    def _maker(self, plan: Plan) -> PlanMaker:
        frame = self.frame
        maker = PlanMaker(plan=plan, merge_type=frame.merge_type.value, progress=frame.tell)
        if frame.options.is_dry_run:
            maker.on_create = self.promised.collector(
                frame.merge_type,
                frame.term,
                applies_later=frame.adapter.capabilities.applies_later_seconds is not None,
            )
        return maker

    def _plan(self, maker: PlanMaker, watermark: int) -> tuple[Evidence, int]:
        """Read the SIS and plan; what the snapshot proves, and how many records we held before."""
        frame = self.frame
        planner: Planner | ReferencePlanner
        if frame.merge_type in SENDABLE_TYPES:
            planner = self._planner(maker, watermark)
        else:
            planner = ReferencePlanner(
                merge_type=frame.merge_type,
                term=frame.term,
                adapter=frame.adapter,
                maker=maker,
                settings=frame.settings,
                promised=self.promised,
                accepts_empty=frame.options.accept_empty,
            )
        held_before = planner.held_before
        evidence = planner.make(frame.adapter.read_all(frame.merge_type, term=frame.term))
        if not evidence.is_complete:
            message = (
                f"What the SIS sent may not be all it has: {evidence.reason or 'it does not vouch for it'}."
            )
            issue = Issue(code="INCOMPLETE", message=f"{message} Nothing is removed because of it.")
            maker.note(issue, is_notice=True)
            maker.flush()
        if not frame.sends:
            self._leave_out_parked(maker)
        return evidence, held_before

    def _leave_out_parked(self, maker: PlanMaker) -> None:
        """What the SIS rejected is told as rejected, not as pending and unchanged too."""
        rows = PlanRow.objects.filter(
            plan=maker.plan, side=PlanRow.Side.LOCAL, action=PlanRow.Action.AGREE, link__in=maker.parked
        )
        number = rows.exclude(fields={}).count()
        maker.count("pending", by=-number)
        maker.count("unchanged", by=-number)

    def _planner(self, maker: PlanMaker, watermark: int) -> Planner:
        frame, kind = self.frame, self.frame.kind
        self.promised.tell(kind)
        parked = OutboundChange.objects.filter(
            merge_type=frame.merge_type.value, term_id=frame.term, state=OutboundChange.State.PARKED
        )
        maker.parked = frozenset(parked.order_by().values_list("link_id", flat=True))
        maker.always_sis = frozenset(p.name for p in kind.policies("") if p.source == "ALWAYS_SIS")
        return Planner(
            kind=kind,
            adapter=frame.adapter,
            maker=maker,
            is_sending=frame.sends and bool(frame.adapter.capabilities.writes.get(frame.merge_type)),
            accepts_empty=frame.options.accept_empty,
            watermark=watermark,
            now=frame.clock(),
        )

    # ---- what becomes of the plan

    def _trips(self, maker: PlanMaker, held_before: int, state: MergeState) -> Sequence[safeguards.Trip]:
        """The safeguards that stop it. An empty answer that was accepted was counted by who accepted it."""
        if maker.counts.read == 0 and self.frame.options.accept_empty:
            return ()
        return safeguards.check(
            local=maker.local,
            sis=maker.sis,
            held_records=held_before,
            read=maker.counts.read,
            last_read=state.last_read,
            rejected=maker.counts.rejected,
        )

    def _departures(self, plan: Plan) -> Sequence[safeguards.Trip]:
        """That the plan is not the one that a person looked at, where one did."""
        options = self.frame.options
        if options.expected is None:
            return ()
        previewed = options.expected.get((self.frame.merge_type.value, self.frame.term))
        earlier = MergeRun.objects.filter(
            request=options.request, merge_type=plan.merge_type, term_id=plan.term_id
        ).exclude(pk=plan.run_id)
        trip = departure(plan, previewed, goes_on=options.request is not None and earlier.exists())
        return (trip,) if trip else ()

    def _no_data(self, plan: Plan, held: int) -> None:
        plan.delete()
        frame = self.frame
        what = f"{frame.merge_type.value} of {frame.term}" if frame.term else frame.merge_type.value
        message = (
            f"The SIS answered with no {frame.merge_type.value} where Tandem holds {held}. Nothing was "
            f"changed. If the SIS really has no {what}, accept the empty answer this once, under Execute "
            f"Merge or with --accept-empty: all {held} follow."
        )
        frame.run.counts = Counts().as_dict()
        frame.end(Status.NO_DATA, error={**NO_PLACE, "code": "NO_DATA", "message": message})

    def _hold(self, plan: Plan, state: MergeState, trips: Sequence[safeguards.Trip]) -> None:
        """Wait for a person; what is sent by other ways waits too, people go on editing."""
        frame = self.frame
        sentences = [trip.message for trip in trips]
        plan.trips = sentences
        if frame.options.is_dry_run:
            todo = "Nothing was changed. A real run would stop here and wait for a person."
            self._show(plan, Plan.Status.DRY_RUN)
        else:
            todo = f"Nothing was changed. Look at plan {plan.pk} under Plans waiting and approve it there."
            self._show(plan, Plan.Status.NEEDS_APPROVAL)
            self._supersede(plan)
            # Nothing speaks against what is sent record by record while a person looks once more.
            if frame.merge_type in SENDABLE_TYPES and trips[0].code != NOT_AS_PREVIEWED:
                state.pause_reason = f"Plan {plan.pk} waits for a person: {sentences[0]}"
                state.save()
        message = f"{' '.join(sentences)} {todo}"
        frame.end(Status.NEEDS_APPROVAL, error={**NO_PLACE, "code": trips[0].code, "message": message})

    def _show(self, plan: Plan, status: str) -> None:
        """Keep the plan to look at; the run has the counts that it would have had if applied."""
        frame, counts = self.frame, self.frame.run.counts
        plan.status, plan.counts = status, dict(counts)
        plan.save()
        if frame.merge_type in SENDABLE_TYPES:
            scope = (frame.run, frame.merge_type, frame.term)
            counts["rejected"] += tell_rejected(*scope)
            counts["held"] += tell_held(*scope, kinds=FOUND_WHILE_SENDING)
            if frame.adapter.capabilities.applies_later_seconds is not None:
                counts["awaiting"] += sum(counts[name] for name in SENT)

    def _status_as_planned(self) -> str:
        counts = self.frame.run.counts
        return Status.FINISHED_WITH_ISSUES if counts["held"] or counts["rejected"] else Status.SUCCEEDED

    def _supersede(self, plan: Plan) -> None:
        waiting = Plan.objects.filter(
            merge_type=plan.merge_type, term_id=plan.term_id, status=Plan.Status.NEEDS_APPROVAL
        )
        waiting.exclude(pk=plan.pk).update(status=Plan.Status.SUPERSEDED)

    def _remember(self, state: MergeState, evidence: Evidence, counts: Counts) -> None:
        """What the next run measures this one by; a clean run ends a pause.

        Where a plan with sends caused the pause, only a clean run with sends shows that they are few again.
        """
        if evidence.is_complete:
            state.last_read, state.last_digest = counts.read, evidence.digest
        state.last_at = self.frame.clock()
        if state.pause_reason and (self.frame.sends or not self._paused_for_sends()):
            state.pause_reason = ""
        state.save()

    def _paused_for_sends(self) -> bool:
        held = Plan.objects.filter(merge_type=self.frame.merge_type.value, term_id=self.frame.term_id)
        held = held.exclude(run__error__code=NOT_AS_PREVIEWED)  # that pauses nothing
        cause = held.exclude(trips=[]).exclude(status=Plan.Status.DRY_RUN).first()
        return cause is not None and cause.is_sending
