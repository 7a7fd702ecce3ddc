"""Whether a held plan can be answered today, and what became of the answer."""

import datetime as dt

from integration.execution import check_may_send
from integration.models import MergeRequest, Plan
from integration.settings import ConfigurationError, active_version, read
from integration.sis.port import MergeType
from scheduling.models import ChangeLog

Status = Plan.Status


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
