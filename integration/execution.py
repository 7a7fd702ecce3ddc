"""Several merges one after the other: order, prerequisites, and the answer of `execute_merge`."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone

from integration.approval import Approval, NotWaiting, check_waiting
from integration.merging import Merge
from integration.models import MergeRun, Plan
from integration.promised import Promised
from integration.runs import NO_PLACE, AlreadyRunning, Clock, Options, Progress, RunFrame
from integration.settings import ConfigurationError, active_version, read, switch_of
from integration.sis.port import (
    REFERENCE_TYPES,
    SENDABLE_TYPES,
    BadRecord,
    MergeType,
    SisAdapter,
    SisError,
    SisUnreadable,
)
from integration.terms import TermNotOffered, ensure_term
from integration.wording import UNDER_TERMS
from scheduling.models import Term

NEEDS: dict[MergeType, tuple[MergeType, ...]] = {
    MergeType.ROOMS: (MergeType.BUILDINGS,),
    MergeType.INSTRUCTORS: (MergeType.DEPARTMENTS,),
    MergeType.COURSES: (MergeType.TERMS, MergeType.DEPARTMENTS),
    MergeType.SECTIONS: (MergeType.TERMS, MergeType.ROOMS, MergeType.INSTRUCTORS, MergeType.COURSES),
    MergeType.RELATIONSHIPS: (MergeType.TERMS, MergeType.SECTIONS),
}
UNREACHABLE = {"SIS_UNAVAILABLE", "SIS_DENIED"}
Status = MergeRun.Status


@dataclass(kw_only=True)
class Outcome:
    """What an execution did. `error` is set where something could not even begin; `notes` are for people.

    `asked_terms`: run -> the code of the term it was asked for, also where that term is not here.
    """

    runs: list[MergeRun] = field(default_factory=list)
    error: dict[str, Any] | None = None
    error_exit: int = 0
    notes: list[str] = field(default_factory=list)
    asked_terms: dict[int, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """4 unreachable; 5 already running; 2 wrong use or unreadable; 3 stopped; 1 issues; 0 done."""
        codes = {self.error_exit, *(self._code(run) for run in self.runs)}
        return next(code for code in (4, 5, 2, 3, 1, 0) if code in codes)

    @staticmethod
    def _code(run: MergeRun) -> int:
        code = (run.error or {}).get("code")
        match run.status:
            case Status.FAILED:
                if code == "PREREQUISITE":
                    return 0  # what it waited for has its own code
                return 4 if code in UNREACHABLE else 2
            case Status.NEEDS_APPROVAL | Status.NO_DATA:
                return 3
            case Status.FINISHED_WITH_ISSUES:
                return 1
            case _:
                return 0

    def take(self, frame: RunFrame) -> None:
        """Add the run of `frame`, if it came to one."""
        if frame.opened is not None:
            self.runs.append(frame.opened)
            self.asked_terms[frame.opened.pk] = frame.term

    def refuse(self, code: str, message: str, *, exit_code: int, **place: Any) -> "Outcome":
        """Note what could not even begin; the first one is told."""
        if self.error is None:
            self.error = {"code": code, "message": message, **NO_PLACE, **place}
            self.error_exit = exit_code
        return self

    def refuse_for(self, error: SisError) -> "Outcome":
        """The same, for what the SIS answered."""
        if isinstance(error, SisUnreadable):
            place = {
                "file": error.origin.file or None,
                "line": error.origin.line,
                "column": error.column or None,
            }
            return self.refuse(error.code, error.message, exit_code=2, **place)
        code = "SIS_DENIED" if error.error_class == "AUTH" else "SIS_UNAVAILABLE"
        return self.refuse(code, error.message, exit_code=4)


def execute(
    types: Sequence[MergeType],
    *,
    terms: Sequence[str],
    adapter: SisAdapter,
    options: Options = Options(),
    clock: Clock = timezone.now,
    progress: Progress = lambda _step, _done: None,
    outcome: Outcome | None = None,
) -> Outcome:
    """Run the merges of `types`, the term-bound ones for each of `terms`. Nothing runs if something is amiss.

    `outcome` is filled as the runs end, so that a caller has what was done even where one of them crashes.
    """
    execution = Execution(
        types=types,
        terms=terms,
        adapter=adapter,
        options=options,
        clock=clock,
        progress=progress,
        outcome=outcome if outcome is not None else Outcome(),
    )
    execution.run()
    return execution.outcome


@dataclass(kw_only=True)
class Execution:
    """One call of `execute`. `blocked`: type and term -> why what builds on it cannot run."""

    types: Sequence[MergeType]
    terms: Sequence[str]
    adapter: SisAdapter
    options: Options
    clock: Clock
    progress: Progress
    outcome: Outcome
    blocked: dict[tuple[MergeType, str], str] = field(default_factory=dict)
    promised: Promised = field(default_factory=Promised)

    def run(self) -> None:
        """Check, then merge one after the other."""
        try:
            types = self._runnable_types()
            self._check_terms(types)
        except (TermNotOffered, ConfigurationError) as error:
            self.outcome.refuse("CONFIGURATION", str(error), exit_code=2)
            return
        except SisError as error:
            self.outcome.refuse_for(error)
            return
        for merge_type, term in self._jobs(types):
            self._merge(merge_type, term)

    # ---- before anything runs

    def _runnable_types(self) -> list[MergeType]:
        """The asked types in their order; of several, those that are switched off are left out, and said."""
        settings = read(active_version())
        order = (*REFERENCE_TYPES, *self.adapter.capabilities.order)
        runnable = []
        for one in (one for one in order if one in self.types):
            problem = ""
            if not settings.of(one).is_enabled:
                problem = f"Merges of {one.value} are switched off in Merge Settings."
            elif one not in self.adapter.capabilities.reads:
                problem = f"This SIS ({self.adapter.capabilities.name}) has no {one.value} to read."
            if problem and len(self.types) == 1:
                raise ConfigurationError(problem)
            if problem:
                self.outcome.notes.append(f"{one.value} left out: {problem}")
            else:
                runnable.append(one)
        return runnable

    def _check_terms(self, types: Collection[MergeType]) -> None:
        imports_terms = MergeType.TERMS in types
        try:
            check_offered(self.terms, adapter=self.adapter)
        except SisUnreadable:
            if not imports_terms:
                raise  # else the merge of terms says so, and what does not build on it goes on
        if self.options.sends:
            for code in self.terms:
                check_may_send(types, code, clock=self.clock)
        if not imports_terms and not self.options.is_dry_run:
            for code in self.terms:
                ensure_term(code, adapter=self.adapter, now=self.clock())

    def _jobs(self, types: Sequence[MergeType]) -> Iterator[tuple[MergeType, str]]:
        yield from ((one, "") for one in types if one in REFERENCE_TYPES)
        for term in self.terms:
            yield from ((one, term) for one in types if one not in REFERENCE_TYPES)

    # ---- one merge

    def _merge(self, merge_type: MergeType, term: str) -> None:
        frame = RunFrame(
            merge_type=merge_type,
            term=term,
            adapter=self.adapter,
            options=self.options,
            clock=self.clock,
            progress=self.progress,
        )
        reasons = [
            self.blocked[key]
            for need in NEEDS.get(merge_type, ())
            for key in {(need, ""), (need, term)}
            if key in self.blocked
        ]
        try:
            if reasons:
                words = f"{' '.join(reasons)} {merge_type.value.capitalize()} build on that."
                frame.skip("PREREQUISITE", words)
            elif self._lacks_term(frame):
                message = f"Term {term} could not be taken from the SIS: see the issues of terms."
                frame.skip("TERM_NOT_HERE", message)
            else:
                frame.execute(Merge(frame=frame, promised=self.promised).work)
        except AlreadyRunning as error:
            self.outcome.refuse("ALREADY_RUNNING", str(error), exit_code=5)
            self.blocked[merge_type, term] = str(error)
        finally:
            self.outcome.take(frame)
        if frame.opened is not None and frame.opened.status == Status.FAILED:
            self.blocked[merge_type, term] = f"{merge_type.value.capitalize()} failed."

    def _lacks_term(self, frame: RunFrame) -> bool:
        return bool(frame.term) and not self.options.is_dry_run and frame.term_id is None


def check_offered(terms: Collection[str], *, adapter: SisAdapter) -> None:
    """Raise `TermNotOffered` for a term that the SIS does not offer. A term that is here was offered once.

    The SIS is asked only about terms that are not here, or that it withdrew. Raises what the SIS raises.
    """
    here = set(Term.objects.filter(pk__in=terms, is_active=True).values_list("pk", flat=True))
    unsure = [code for code in terms if code not in here]
    if not unsure:
        return
    found = {item.sis_id: item for item in adapter.read_all(MergeType.TERMS)}
    for code in unsure:
        if code not in found:
            raise TermNotOffered(f"The SIS does not offer a term {code!r}; check the code.")
        if isinstance(bad := found[code], BadRecord) and not bad.is_notice:
            raise TermNotOffered(f"The SIS's term {code} cannot be used: {bad.issues[0].message}")


def check_may_send(types: Collection[MergeType], code: str, *, clock: Clock) -> None:
    """Raise `ConfigurationError` unless the term is set to send for each of `types` that can be sent."""
    term = Term.objects.filter(pk=code).first()
    for merge_type in types:
        if merge_type not in SENDABLE_TYPES:
            continue
        what = f"{merge_type.value.capitalize()} of {code}"
        if term is not None and not term.is_active:
            raise ConfigurationError(f"{what} are not sent: the SIS no longer has this term.")
        today = timezone.localdate(clock())
        switch = switch_of(merge_type, term, today=today) if term is not None else None
        if switch is None or not switch.is_sending:
            raise ConfigurationError(
                f"{what} are not set to be sent. Switch sending on {UNDER_TERMS} (enable_term {code} --send)."
            )


def approve(
    plan_id: int,
    *,
    merge_type: MergeType,
    terms: Sequence[str],
    adapter: SisAdapter,
    options: Options,
    only: Collection[int] | None = None,
    clock: Clock = timezone.now,
    progress: Progress = lambda _step, _done: None,
    outcome: Outcome | None = None,
) -> Outcome:
    """Apply a held plan of this type (and term), or the rows `only` of it."""
    outcome = outcome if outcome is not None else Outcome()
    plan = Plan.objects.select_related("run").filter(pk=plan_id, merge_type=merge_type.value).first()
    problem = _wrong_plan(plan, plan_id, merge_type=merge_type, terms=terms, sends=options.sends)
    if plan is None or problem:
        return outcome.refuse("WRONG_PLAN", problem, exit_code=2)
    frame = RunFrame(
        merge_type=merge_type,
        term=plan.term_id or "",
        adapter=adapter,
        options=replace(options, sends=plan.is_sending),
        clock=clock,
        progress=progress,
    )
    try:
        check_waiting(plan)
        if plan.is_sending:
            check_may_send([merge_type], plan.term_id or "", clock=clock)
        Approval(frame=frame, plan=plan, only=only).execute()
    except NotWaiting as error:
        outcome.refuse("PLAN_NOT_WAITING", str(error), exit_code=2)
    except ConfigurationError as error:
        outcome.refuse("CONFIGURATION", str(error), exit_code=2)
    except AlreadyRunning as error:
        outcome.refuse("ALREADY_RUNNING", str(error), exit_code=5)
    finally:
        outcome.take(frame)
    return outcome


def _wrong_plan(
    plan: Plan | None, plan_id: int, *, merge_type: MergeType, terms: Sequence[str], sends: bool
) -> str:
    """Why this plan is not the one that was meant (blank: it is)."""
    if plan is None or (plan.term_id and list(terms) != [plan.term_id]):
        where = f" of {', '.join(terms)}" if terms else ""
        return f"There is no plan {plan_id} for {merge_type.value}{where}."
    if sends and not plan.is_sending:
        return f"Plan {plan_id} sends nothing: approve it without --send-updates, then run with it."
    return ""
