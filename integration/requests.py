"""Asking the background workers for merges, and carrying out what was asked (ADR 0008).

The wish is a row; a message only says that it is there. Whoever carries it out holds its lock, which is free
the moment the process dies: then the sweep gives the row to the next worker. Merges are safe to run twice.
"""

import datetime as dt
from collections.abc import Callable, Collection, Sequence

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from integration.approval import NotWaiting, check_waiting
from integration.execution import Outcome, approve, check_may_send, execute
from integration.hints import hint
from integration.models import MergeRequest, MergeRun, Plan
from integration.offers import ready_adapter
from integration.previews import previewed_plans
from integration.request_claims import claimed, close, put_back, unfinished
from integration.runs import NO_PLACE, AlreadyRunning, Options, check_free
from integration.settings import ConfigurationError
from integration.sis.port import SENDABLE_TYPES, TERM_TYPES, BadSisUrl, MergeType, SisAdapter
from scheduling.models import ChangeLog, Term, User
from scheduling.services.audit import Author, Change, write_changes

__all__ = ["carry_out", "record_request", "request_approval", "request_merge", "unfinished"]

Clock = Callable[[], dt.datetime]
State = MergeRequest.State
LONGEST_CODE = Term._meta.get_field("code").max_length or 0


# ---- asking


def request_merge(
    *,
    types: Collection[MergeType],
    terms: Sequence[str],
    is_sending: bool,
    is_dry_run: bool,
    accept_empty: bool = False,
    actor: User | None,
    now: dt.datetime,
    preview: MergeRequest | None = None,
    trigger: str = MergeRun.Trigger.AD_HOC,
) -> MergeRequest:
    """Ask for merges of `types`, the term-bound ones for each of `terms`.

    `preview`: the dry run whose counts `actor` confirmed; what differs from it is held. A term that is not
    here is looked for in the SIS when it is carried out. Raises `ConfigurationError` where it cannot be.
    """
    asked = [one for one in MergeType if one in set(types)]
    codes = list(dict.fromkeys(terms)) if set(asked) & set(TERM_TYPES) else []
    request = MergeRequest(
        types=[one.value for one in asked],
        terms=codes,
        is_sending=is_sending,
        is_dry_run=is_dry_run,
        accept_empty=accept_empty,
        preview=preview,
        trigger=trigger,
    )
    _check_sense(request, asked)
    _check_preview(request)
    if is_sending:
        for code in codes:
            check_may_send(asked, code, clock=lambda: now)
    return record_request(request, actor=actor, now=now)


def request_approval(
    plan: Plan, *, only: Collection[int] | None, actor: User | None, now: dt.datetime
) -> MergeRequest:
    """Ask that a held plan is applied, or the rows with the ids `only` of it.

    Raises `NotWaiting` where the plan does not wait for a person, or was approved already.
    """
    with transaction.atomic():
        current = Plan.objects.select_for_update().get(pk=plan.pk)
        check_waiting(current)
        earlier = current.requests.filter(state__in=[State.WAITING, State.RUNNING]).first()
        if earlier is not None:
            who = earlier.actor.get_username() if earlier.actor else "the system"
            raise NotWaiting(f"Plan {plan.pk} was approved by {who} already and is being carried out.")
        request = MergeRequest(
            types=[current.merge_type],
            terms=[current.term_id] if current.term_id else [],
            is_sending=current.is_sending,
            plan=current,
            approved_rows=None if only is None else sorted(set(only)),
        )
        return record_request(request, actor=actor, now=now)


@transaction.atomic
def record_request(request: MergeRequest, *, actor: User | None, now: dt.datetime) -> MergeRequest:
    """Save a new wish with its audit, and hint it to a worker."""
    request.actor, request.requested_at = actor, now
    request.save(force_insert=True)
    change = Change(
        action=ChangeLog.Action.CREATE,
        record_type="merge_request",
        record_id=str(request.pk),
        term_code=request.terms[0] if len(request.terms) == 1 else "",
        after=_as_audited(request),
    )
    write_changes([change], author=Author(now=now, source=_source(actor), user=actor, name="system"))
    hint("carry_out_request", request_id=request.pk)
    return request


def _as_audited(request: MergeRequest) -> dict[str, object]:
    return {
        "types": request.types,
        "terms": request.terms,
        "is_sending": request.is_sending,
        "is_dry_run": request.is_dry_run,
        "accept_empty": request.accept_empty,
        "trigger": str(request.trigger),
        "plan": request.plan_id,
        "approved_rows": None if request.approved_rows is None else len(request.approved_rows),
        "preview": request.preview_id,
    }


def _check_sense(request: MergeRequest, asked: Sequence[MergeType]) -> None:
    if not asked:
        raise ConfigurationError("Choose at least one type to merge.")
    bound = [one.value for one in asked if one in TERM_TYPES]
    if bound and not request.terms:
        raise ConfigurationError(f"{bound[0].capitalize()} belong to a term; choose at least one.")
    if wrong := [code for code in request.terms if not code.strip() or len(code) > LONGEST_CODE]:
        raise ConfigurationError(f"There can be no term {wrong[0]!r}; check the code.")
    if request.accept_empty and len(asked) > 1:
        raise ConfigurationError("An empty answer is accepted for one type at a time; choose one type.")
    if request.is_sending and not set(asked) & set(SENDABLE_TYPES):
        raise ConfigurationError(
            "Only sections and relationships are sent; choose one of them, or send nothing."
        )


def _check_preview(request: MergeRequest) -> None:
    preview = request.preview
    if preview is None:
        return
    if request.is_dry_run or not preview.is_dry_run:
        raise ConfigurationError("What is carried out is compared with a preview; a preview itself is not.")
    if not preview.is_over:
        raise ConfigurationError("The preview has not ended yet; wait for it, then look at what it shows.")
    names = ("types", "terms", "is_sending", "accept_empty")
    if any(getattr(request, name) != getattr(preview, name) for name in names):
        raise ConfigurationError("The preview was one of other merges; make a preview of these first.")


# ---- carrying out


def carry_out(request_id: int, *, clock: Clock = timezone.now) -> None:
    """Carry out one request, unless it is over, being worked, or has to wait for another of its night.

    Surprises mark it FAILED and go on up. Where the database went away, or the worker is stopped, the sweep
    tries it again.
    """
    with claimed(request_id, clock=clock) as request:
        if request is None:
            return
        outcome = Outcome()
        try:
            _work(request, outcome, clock)
        except AlreadyRunning as error:
            put_back(request, str(error))
            return
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # whatever it was, the request must not look as if it were still at work
            message = "Tandem itself failed; the log has the details."
            close(request, at=clock(), error={"code": "CRASHED", "message": message, **NO_PLACE})
            raise
        _settle(request, outcome, clock)
    hint("look_after")  # what waited for this one


def _settle(request: MergeRequest, outcome: Outcome, clock: Clock) -> None:
    if outcome.error is not None and outcome.error["code"] == "ALREADY_RUNNING":
        put_back(request, outcome.error["message"])
        return
    request.notes = [*request.notes, *outcome.notes]
    failed = [run.error for run in outcome.runs if run.status == MergeRun.Status.FAILED and run.error]
    causes = [error for error in failed if error["code"] != "PREREQUISITE"]
    close(request, at=clock(), error=outcome.error or next(iter(causes or failed), None))


def _work(request: MergeRequest, outcome: Outcome, clock: Clock) -> None:
    for merge_type, term in _jobs(request):
        check_free(merge_type, term)  # nothing is begun of which a part would have to be done again
    try:
        adapter = ready_adapter(now=clock())
    except BadSisUrl as error:
        outcome.refuse("CONFIGURATION", str(error), exit_code=2)
        return
    try:
        if request.plan is None:
            _merge(request, adapter, outcome, clock)
        else:
            _approve(request, request.plan, adapter, outcome, clock)
    finally:
        adapter.close()


def _jobs(request: MergeRequest) -> list[tuple[MergeType, str]]:
    types = [MergeType(one) for one in request.types]
    jobs = [(one, "") for one in types if one not in TERM_TYPES]
    return jobs + [(one, term) for term in request.terms for one in types if one in TERM_TYPES]


def _source(actor: User | None) -> str:
    """People ask on a page; what nobody asked for is the system's."""
    return ChangeLog.Source.FORM if actor else ChangeLog.Source.SYSTEM


def _options(request: MergeRequest) -> Options:
    return Options(
        sends=request.is_sending,
        is_dry_run=request.is_dry_run,
        accept_empty=request.accept_empty,
        trigger=request.trigger,
        actor=request.actor,
        source=_source(request.actor),
        request=request.pk,
        expected=previewed_plans(request.preview) if request.preview else None,
    )


def _merge(request: MergeRequest, adapter: SisAdapter, outcome: Outcome, clock: Clock) -> None:
    execute(
        [MergeType(one) for one in request.types],
        terms=request.terms,
        adapter=adapter,
        options=_options(request),
        clock=clock,
        outcome=outcome,
    )


def _approve(request: MergeRequest, plan: Plan, adapter: SisAdapter, outcome: Outcome, clock: Clock) -> None:
    if request.attempts > 1 and plan.status == Plan.Status.APPLIED:
        outcome.notes.append("The plan was applied before the worker stopped; nothing was left to do.")
        return
    approve(
        plan.pk,
        merge_type=MergeType(plan.merge_type),
        terms=request.terms,
        adapter=adapter,
        options=_options(request),
        only=request.approved_rows,
        clock=clock,
        outcome=outcome,
    )
