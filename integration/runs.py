"""One merge run: lock, load, plan, safeguard, apply, send, record (MERGE.md, Plan, safeguards, apply)."""

import datetime as dt
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import connection
from django.utils import timezone

from integration import flags, outbound
from integration.applying import Applier
from integration.delivery import Delivery
from integration.links import touch
from integration.merge import safeguards
from integration.merge.plan import Counts
from integration.models import Link, LinkState, MergeRun, MergeState, OutboundChange, Plan, PlanRow, RunIssue
from integration.planmaker import PlanMaker, write_issues
from integration.planning import Planner
from integration.record_types import RecordType, RelationshipType, SectionType
from integration.reference_merge import ReferenceApplier, ReferencePlanner
from integration.settings import ConfigurationError, MergeSettings, active_version, read
from integration.sis.port import (
    SENDABLE_TYPES,
    Evidence,
    Issue,
    MergeType,
    Origin,
    SisAdapter,
    SisError,
    SisUnavailable,
    SisUnreadable,
)
from scheduling.models import ChangeLog, User
from scheduling.selectors import catalogue
from scheduling.services.audit import Author

log = structlog.get_logger("tandem.runs")
LOCK_CLASS = 7_360
"""First half of the advisory lock that allows one run per type and term."""

Progress = Callable[[str, int], None]
Clock = Callable[[], dt.datetime]
Status = MergeRun.Status


class AlreadyRunning(Exception):
    """Another merge of the same type and term is running."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What was asked for. `actor` None: the system."""

    sends: bool = False
    is_dry_run: bool = False
    accept_empty: bool = False
    trigger: str = MergeRun.Trigger.AD_HOC
    actor: User | None = None


@contextmanager
def run_lock(merge_type: MergeType, term: str) -> Iterator[None]:
    """One run per type and term at a time; the lock is free the moment the process dies."""
    key = zlib.crc32(f"{merge_type.value}:{term}".encode()) - 2**31
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, key])
        if not cursor.fetchone()[0]:
            raise AlreadyRunning(f"Another merge of {merge_type.value} {term} is running.".replace("  ", " "))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, key])


def record_type_of(
    merge_type: MergeType, term: str, *, settings: MergeSettings, adapter: SisAdapter
) -> RecordType:
    """The face of a sendable type in a term."""
    if merge_type is MergeType.SECTIONS:
        return SectionType(
            term=term,
            catalogue=catalogue(),
            merge_settings=settings,
            capabilities=adapter.capabilities,
        )
    return RelationshipType(term=term, merge_settings=settings, capabilities=adapter.capabilities)


@dataclass(kw_only=True)
class Runner:
    """Runs one merge of one type and term. `term` is blank for reference data."""

    merge_type: MergeType
    term: str
    adapter: SisAdapter
    options: Options
    clock: Clock = timezone.now
    progress: Progress = lambda _step, _done: None
    run: MergeRun = field(init=False)
    settings: MergeSettings = field(init=False)
    _step: str = ""

    def execute(self) -> MergeRun:
        """Make a plan and, unless a safeguard or a dry run stops it, apply it. Raises `AlreadyRunning`."""
        with run_lock(self.merge_type, self.term):
            self._begin()
            self._guarded(self._merge)
        return self.run

    def approve(self, plan: Plan) -> MergeRun:
        """Apply a held plan, exactly its rows. Raises `AlreadyRunning`."""
        with run_lock(self.merge_type, self.term):
            self._begin()
            self._guarded(lambda: self._apply_approved(plan))
        return self.run

    def skip(self, missing: Sequence[MergeType]) -> MergeRun:
        """Record that this merge could not run because what it builds on failed."""
        self._begin()
        names = " and ".join(one.value for one in missing)
        self._fail("PREREQUISITE", f"{names.capitalize()} failed, and {self.merge_type.value} build on them.")
        return self.run

    # ---- the frame of a run

    def _begin(self) -> None:
        same = MergeRun.objects.filter(merge_type=self.merge_type.value, term_id=self.term or None)
        died = {"code": "INTERRUPTED", "message": "The run ended without a word; the next one healed it."}
        same.filter(status=Status.RUNNING).update(
            status=Status.FAILED, error={**NO_PLACE, **died}, finished_at=self.clock()
        )
        Plan.objects.filter(run__in=same, status=Plan.Status.OPEN).update(status=Plan.Status.SUPERSEDED)
        version = active_version()
        self.settings = read(version)
        self.run = MergeRun.objects.create(
            merge_type=self.merge_type.value,
            term_id=self.term or None,
            trigger=self.options.trigger,
            is_dry_run=self.options.is_dry_run,
            is_sending=self.options.sends,
            actor=self.options.actor,
            settings_version=version,
            started_at=self.clock(),
            counts=Counts().as_dict(),
        )

    def _guarded(self, work: Callable[[], None]) -> None:
        """Record expected failures; a surprise marks the run failed and goes on up."""
        try:
            work()
        except SisUnreadable as error:
            self._fail(error.code, error.message, error.origin, error.column)
        except SisError as error:
            code = "SIS_DENIED" if error.error_class == "AUTH" else "SIS_UNAVAILABLE"
            self._fail(code, error.message)
        except ConfigurationError as error:
            self._fail("CONFIGURATION", str(error))
        except BaseException:
            self._fail("CRASHED", "Tandem itself failed; the log has the details.")
            raise

    def _fail(self, code: str, message: str, origin: Origin = Origin(), column: str = "") -> None:
        self.run.status = Status.FAILED
        self.run.error = {
            "code": code,
            "message": message,
            "file": origin.file or None,
            "line": origin.line,
            "column": column or None,
        }
        self._end()

    def _end(self) -> None:
        self.run.finished_at = self.clock()
        self.run.progress = {}
        self.run.save()
        log.info(
            "merge run ended",
            run=self.run.pk,
            type=self.run.merge_type,
            term=self.term,
            status=self.run.status,
        )

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        self._step = step
        started = time.monotonic()
        yield
        seconds = round(time.monotonic() - started, 3)
        self.run.steps = [*self.run.steps, {"step": step, "seconds": seconds}]

    def _tell(self, done: int) -> None:
        self.progress(self._step, done)
        MergeRun.objects.filter(pk=self.run.pk).update(progress={"step": self._step, "done": done})

    @property
    def author(self) -> Author:
        """Who signs what this run writes."""
        return Author(now=self.clock(), source=ChangeLog.Source.IMPORT, name="SIS import", run_id=self.run.pk)

    # ---- planning

    def _merge(self) -> None:
        if not self.settings.of(self.merge_type).is_enabled:
            raise ConfigurationError(f"Merges of {self.merge_type.value} are switched off in Merge Settings.")
        watermark = touch()
        plan = Plan.objects.create(
            run=self.run,
            merge_type=self.merge_type.value,
            term_id=self.term or None,
            is_sending=self.options.sends,
            watermark=watermark,
            created_at=self.clock(),
        )
        state, _made = MergeState.objects.get_or_create(
            merge_type=self.merge_type.value, term_id=self.term or None
        )
        maker = PlanMaker(
            plan=plan,
            merge_type=self.merge_type.value,
            progress=self._tell,
            always_sis=self._always_sis(),
        )
        try:
            with self._timed("read and plan"):
                evidence, held_before = self._plan(maker, watermark)
        except SisError:
            plan.delete()
            raise
        plan.digest = maker.digest.hex()
        plan.snapshot_digest = evidence.digest
        self.run.counts = maker.counts.as_dict()
        if maker.counts.read == 0 and held_before and not self.options.accept_empty:
            self._no_data(plan, held_before)
            return
        trips = (
            ()
            if self.options.accept_empty
            else safeguards.check(
                local=maker.local,
                sis=maker.sis,
                held_records=held_before,
                read=maker.counts.read,
                last_read=state.last_read,
                rejected=maker.counts.rejected,
            )
        )
        if trips:
            self._hold(plan, state, trips)
            return
        if not self.options.is_dry_run:
            self._remember(state, evidence, maker.counts)
        self._finish_plan(plan, maker)

    def _always_sis(self) -> frozenset[str]:
        if self.merge_type not in SENDABLE_TYPES:
            return frozenset()
        kind = self._kind()
        return frozenset(p.name for p in kind.policies("") if p.source == "ALWAYS_SIS")

    def _kind(self) -> RecordType:
        return record_type_of(self.merge_type, self.term, settings=self.settings, adapter=self.adapter)

    def _plan(self, maker: PlanMaker, watermark: int) -> tuple[Evidence, int]:
        snapshot = self.adapter.read_all(self.merge_type, term=self.term)
        if self.merge_type not in SENDABLE_TYPES:
            planner = ReferencePlanner(
                merge_type=self.merge_type, term=self.term, maker=maker, settings=self.settings
            )
            evidence = planner.make(snapshot)
            return evidence, planner.held_before
        linked = Planner(
            kind=self._kind(),
            adapter=self.adapter,
            maker=maker,
            is_sending=self.options.sends,
            accepts_empty=self.options.accept_empty,
            watermark=watermark,
            now=self.clock(),
        )
        held_before = linked.held_before
        return linked.make(snapshot), held_before

    def _no_data(self, plan: Plan, held: int) -> None:
        plan.delete()
        counts = Counts().as_dict()
        self.run.counts = counts
        self.run.status = Status.NO_DATA
        self.run.error = {
            **NO_PLACE,
            "code": "NO_DATA",
            "message": f"The SIS answered with no {self.merge_type.value} where Tandem holds {held}. Nothing "
            "was changed. If that is right, run it once with --accept-empty.",
        }
        self._end()

    def _hold(self, plan: Plan, state: MergeState, trips: Sequence[safeguards.Trip]) -> None:
        sentences = [trip.message for trip in trips]
        plan.trips = sentences
        plan.counts = self.run.counts
        plan.status = Plan.Status.DRY_RUN if self.options.is_dry_run else Plan.Status.NEEDS_APPROVAL
        plan.save()
        if not self.options.is_dry_run:
            self._supersede(plan)
            state.pause_reason = sentences[0]
            state.save()
        self.run.status = Status.NEEDS_APPROVAL
        self.run.error = {
            **NO_PLACE,
            "code": trips[0].code,
            "message": " ".join(sentences)
            + f" Nothing was changed. Look at plan {plan.pk} and approve it with --approve {plan.pk}.",
        }
        self._end()

    def _supersede(self, plan: Plan) -> None:
        Plan.objects.filter(
            merge_type=plan.merge_type, term_id=plan.term_id, status=Plan.Status.NEEDS_APPROVAL
        ).exclude(pk=plan.pk).update(status=Plan.Status.SUPERSEDED)

    def _remember(self, state: MergeState, evidence: Evidence, counts: Counts) -> None:
        state.last_read = counts.read
        state.last_digest = evidence.digest
        state.last_at = self.clock()
        state.pause_reason = ""
        state.save()

    # ---- applying

    def _finish_plan(self, plan: Plan, maker: PlanMaker) -> None:
        if self.options.is_dry_run:
            plan.status = Plan.Status.DRY_RUN
        else:
            self._supersede(plan)
            self._apply(plan, is_approved=False)
            plan.status = Plan.Status.APPLIED
        plan.counts = self.run.counts
        plan.save()
        self._conclude()

    def _apply_approved(self, plan: Plan) -> None:
        state = MergeState.objects.get(merge_type=plan.merge_type, term_id=plan.term_id)
        self.run.counts = dict(plan.counts)
        write_issues(self.run.pk, [(_as_issue(one), one.is_notice) for one in plan.run.issues.all()])
        self._apply(plan, is_approved=True)
        plan.status = Plan.Status.APPLIED
        plan.decided_at, plan.decided_by = self.clock(), self.options.actor
        plan.save()
        state.pause_reason = ""
        state.last_read = plan.counts["read"]
        state.save()
        self._conclude()

    def _apply(self, plan: Plan, *, is_approved: bool) -> None:
        with self._timed("apply"):
            if self.merge_type not in SENDABLE_TYPES:
                ReferenceApplier(
                    plan=plan,
                    merge_type=self.merge_type,
                    term=self.term,
                    author=self.author,
                    progress=self._tell,
                ).apply()
                return
            kind = self._kind()
            applier = Applier(
                plan=plan,
                kind=kind,
                author=self.author,
                applies_later=self.adapter.capabilities.applies_later_seconds is not None,
                is_approved=is_approved,
                progress=self._tell,
            )
            applier.apply()
        if self.merge_type is MergeType.SECTIONS:
            with self._timed("flag"):
                flags.flag_sections(plan, run_id=self.run.pk)
        if plan.is_sending:
            with self._timed("send"):
                self._send(plan, kind)

    def _send(self, plan: Plan, kind: RecordType) -> None:
        """Work the outbound rows of the plan's SIS side, and what earlier sends left open."""
        rows = PlanRow.objects.filter(
            plan=plan, side=PlanRow.Side.SIS, state=PlanRow.State.PLANNED, link__isnull=False
        )
        planned = set(rows.order_by().values_list("link_id", flat=True))
        unresolved = set(
            Link.objects.filter(
                merge_type=kind.merge_type.value,
                term_id=kind.term,
                state__in=[LinkState.CREATING, LinkState.UNKNOWN_OUTCOME],
            ).values_list("id", flat=True)
        )
        outbound.want(planned | unresolved, now=self.clock())
        delivery = Delivery(
            kind=kind,
            adapter=self.adapter,
            author=self.author,
            clock=self.clock,
            run=str(self.run.pk),
            progress=self._tell,
        )
        tally = delivery.deliver(only=planned | unresolved)
        rows.update(state=PlanRow.State.APPLIED)
        self._count_sent(tally, resolved=len(unresolved))
        if delivery.unavailable is not None:
            left = self.run.counts["pending"]
            raise SisUnavailable(f"{delivery.unavailable.message} {left} changes wait for the next run.")

    def _count_sent(self, tally: Mapping[str, int], *, resolved: int) -> None:
        """What was really sent replaces what was planned."""
        counts = self.run.counts
        for name in ("sis_create", "sis_update", "sis_cancel", "sis_delete"):
            counts[name] = tally.get(name, 0)
        counts["pending"] += tally.get("pending", 0)
        counts["awaiting"] += tally.get("awaiting", 0) - resolved
        counts["held"] += tally.get("held", 0)
        counts["local_update"] += tally.get("local_update", 0)

    def _conclude(self) -> None:
        self._report_parked()
        counts = self.run.counts
        has_issues = bool(counts["held"] or counts["rejected"])
        self.run.status = Status.FINISHED_WITH_ISSUES if has_issues else Status.SUCCEEDED
        self._end()

    def _report_parked(self) -> None:
        """What the SIS rejected is told on every run while it stands."""
        if self.merge_type not in SENDABLE_TYPES:
            return
        parked = OutboundChange.objects.filter(
            merge_type=self.merge_type.value, term_id=self.term, state=OutboundChange.State.PARKED
        ).select_related("link")
        issues = [
            Issue(
                code="SIS_REJECTED",
                message=row.error_text,
                record=str(row.link),
                field=row.error_field,
            )
            for row in parked
        ]
        self.run.counts["rejected"] += len(issues)
        write_issues(self.run.pk, [(issue, False) for issue in issues])


NO_PLACE: dict[str, Any] = {"file": None, "line": None, "column": None}


def _as_issue(one: RunIssue) -> Issue:
    return Issue(
        code=one.code,
        message=one.message,
        record=one.record,
        field=one.field,
        origin=Origin(file=one.file, line=one.line),
        column=one.column,
    )
