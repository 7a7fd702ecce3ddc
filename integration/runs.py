"""The frame of a merge run: its lock, its row, what it tells while it works, and how it ends.

What happens inside it is in `merging` (a merge makes its plan) and `approval` (a held plan is applied).
"""

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import structlog
from django.db.models import Q
from django.utils import timezone

from integration.advisory import is_held, key_of, try_lock
from integration.merge.plan import Counts
from integration.models import MergeRun, Plan
from integration.record_types import RecordType
from integration.relationship_type import RelationshipType
from integration.section_type import SectionType
from integration.settings import ConfigurationError, MergeSettings, active_version, read
from integration.sis.port import SENDABLE_TYPES, MergeType, Origin, SisAdapter, SisError, SisUnreadable
from phases.selectors import phase_name
from scheduling.models import ChangeLog, Term, User
from scheduling.selectors import catalogue
from scheduling.services.audit import Author

log = structlog.get_logger("tandem.runs")
LOCK_CLASS = 7_360
"""First half of the advisory lock that allows one run per type and term."""
DELIVERY_TAKES_AT_MOST = dt.timedelta(hours=1)
"""A delivery holds no run lock; one that is older than this and still marked as running has died."""

Progress = Callable[[str, int], None]
Clock = Callable[[], dt.datetime]
Status = MergeRun.Status
NO_PLACE: dict[str, Any] = {"file": None, "line": None, "column": None}


class AlreadyRunning(Exception):
    """Another merge of the same type and term is running."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What was asked for. `actor` None: the system. `request`: the merge request that is carried out.

    `source`: by which door it was asked, for the audit (`ChangeLog.Source`).
    `expected`: type and term -> the plan that a person looked at before; None: nobody has.
    """

    sends: bool = False
    is_dry_run: bool = False
    accept_empty: bool = False
    trigger: str = MergeRun.Trigger.AD_HOC
    actor: User | None = None
    source: str = ChangeLog.Source.COMMAND
    request: int | None = None
    expected: Mapping[tuple[str, str], int] | None = None


@contextmanager
def run_lock(merge_type: MergeType, term: str) -> Iterator[None]:
    """One run per type and term at a time; the lock is free the moment the process dies."""
    with try_lock(LOCK_CLASS, _key(merge_type, term)) as is_ours:
        if not is_ours:
            raise _already_running(merge_type, term)
        yield


def check_free(merge_type: MergeType, term: str) -> None:
    """Raise `AlreadyRunning` while a merge of this type and term runs."""
    if is_held(LOCK_CLASS, _key(merge_type, term)):
        raise _already_running(merge_type, term)


def _key(merge_type: MergeType, term: str) -> int:
    return key_of(f"{merge_type.value}:{term}")


def _already_running(merge_type: MergeType, term: str) -> AlreadyRunning:
    what = f"{merge_type.value} of {term}" if term else merge_type.value
    return AlreadyRunning(f"Another merge of {what} is running; wait for its end, or stop it.")


def bury_the_dead(merge_type: MergeType, term_id: str | None, *, now: dt.datetime) -> None:
    """End the runs of this type and term that are still marked as running: they died.

    To be called under their run lock. A delivery holds none, so only an old one is taken for dead.
    """
    same = MergeRun.objects.filter(merge_type=merge_type.value, term_id=term_id)
    is_merge = ~Q(trigger=MergeRun.Trigger.REAL_TIME)
    is_old = Q(started_at__lt=now - DELIVERY_TAKES_AT_MOST)
    message = "The run ended without a word; what it had done is kept, and the next run goes on from there."
    same.filter(is_merge | is_old, status=Status.RUNNING).update(
        status=Status.FAILED,
        error={**NO_PLACE, "code": "INTERRUPTED", "message": message},
        finished_at=now,
        progress={},
    )
    Plan.objects.filter(run__in=same, status=Plan.Status.OPEN).update(status=Plan.Status.SUPERSEDED)


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
class RunFrame:
    """One run of one type and term. `term` is blank for reference data.

    `opened` is the run's row, and with it there are `settings`, once it began. A dry run of a term that is
    not here yet has no term in its row: there is none to refer to.
    """

    merge_type: MergeType
    term: str
    adapter: SisAdapter
    options: Options
    clock: Clock = timezone.now
    progress: Progress = lambda _step, _done: None
    opened: MergeRun | None = None
    settings: MergeSettings = field(init=False)
    _step: str = ""
    _done: int = 0
    _total: int | None = None

    def execute(self, work: Callable[[], None], *, check: Callable[[], None] = lambda: None) -> MergeRun:
        """Do `work` as a run of its own. Raises `AlreadyRunning`, and what `check` raises under the lock."""
        with run_lock(self.merge_type, self.term):
            check()
            bury_the_dead(self.merge_type, self.term_id, now=self.clock())
            self._open()
            self._guarded(work)
        return self.run

    def skip(self, code: str, message: str) -> MergeRun:
        """Record that this merge could not run."""
        self._open()
        self.fail(code, message)
        return self.run

    @property
    def run(self) -> MergeRun:
        """The run's row."""
        if self.opened is None:
            raise RuntimeError("the run is not open yet")
        return self.opened

    @property
    def sends(self) -> bool:
        """Whether this run may write to the SIS."""
        return self.options.sends and self.merge_type in SENDABLE_TYPES

    @property
    def kind(self) -> RecordType:
        """The face of this run's type, fresh from the database."""
        return record_type_of(self.merge_type, self.term, settings=self.settings, adapter=self.adapter)

    @property
    def author(self) -> Author:
        """Who signs what this run writes."""
        return Author(now=self.clock(), source=ChangeLog.Source.IMPORT, name="SIS import", run_id=self.run.pk)

    @cached_property
    def term_id(self) -> str | None:
        """The term as a foreign key: None for reference data, and for a term that is not here."""
        return self.term if self.term and Term.objects.filter(pk=self.term).exists() else None

    def check_enabled(self) -> None:
        """Raise `ConfigurationError` where merges of this type are switched off."""
        if not self.settings.of(self.merge_type).is_enabled:
            raise ConfigurationError(f"Merges of {self.merge_type.value} are switched off in Merge Settings.")

    # ---- beginning and end

    def _open(self) -> None:
        version, now = active_version(), self.clock()
        self.settings = read(version)
        self.opened = MergeRun.objects.create(
            merge_type=self.merge_type.value,
            term_id=self.term_id,
            asked_term=self.term,
            phase=phase_name(self.term_id, at=now),
            request_id=self.options.request,
            trigger=self.options.trigger,
            is_dry_run=self.options.is_dry_run,
            is_sending=self.sends,
            actor=self.options.actor,
            settings_version=version,
            started_at=now,
            counts=Counts().as_dict(),
        )

    def _guarded(self, work: Callable[[], None]) -> None:
        """Record expected failures; a surprise marks the run failed and goes on up."""
        try:
            work()
        except SisUnreadable as error:
            self.fail(error.code, error.message, error.origin, error.column)
        except SisError as error:
            self.fail("SIS_DENIED" if error.error_class == "AUTH" else "SIS_UNAVAILABLE", error.message)
        except ConfigurationError as error:
            self.fail("CONFIGURATION", str(error))
        except KeyboardInterrupt:
            self.fail("STOPPED", "It was stopped by hand; what it had done is kept. Run it again to go on.")
            raise
        except BaseException:
            self.fail("CRASHED", "Tandem itself failed; the log has the details.")
            raise

    def fail(self, code: str, message: str, origin: Origin = Origin(), column: str = "") -> None:
        """End the run without success."""
        place = {"file": origin.file or None, "line": origin.line, "column": column or None}
        self.end(Status.FAILED, error={"code": code, "message": message, **place})

    def end(self, status: str, *, error: dict[str, Any] | None = None) -> None:
        """End the run; `error` as CONTRACT.md has it."""
        self.run.status, self.run.error = status, error
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

    # ---- while it works

    @contextmanager
    def timed(self, step: str, *, total: int | None = None, **facts: object) -> Iterator[None]:
        """Note how long a step of the run takes (and how many records it told of), also if it fails.

        `total`: how many records it will be, as far as that is known.
        """
        self._step, self._done, self._total = step, 0, total
        self._show()
        started = time.monotonic()
        try:
            yield
        finally:
            seconds = round(time.monotonic() - started, 3)
            note = {"step": step, "seconds": seconds, "records": self._done, **facts}
            self.run.steps = [*self.run.steps, note]

    def tell(self, done: int) -> None:
        """Show how far the step at hand is."""
        self._done = done
        self.progress(self._step, done)
        self._show()

    def _show(self) -> None:
        progress = {"step": self._step, "done": self._done, "total": self._total}
        MergeRun.objects.filter(pk=self.run.pk).update(
            progress=progress, steps=self.run.steps, counts=self.run.counts
        )
