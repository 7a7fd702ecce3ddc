"""What was previewed is what is carried out: a plan is compared with the one that a person looked at.

Two plans are the same if their digests are. One kind of row has to be looked at closer: a crosslist with a
section that this very request creates in the SIS. The preview names that member by our id, for the SIS has
given none yet; the real plan, made after the section went, names it by the SIS's.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.formats import date_format
from django.utils.timezone import localtime

from integration.fieldsets import LOCAL_MEMBER
from integration.merge.safeguards import Trip
from integration.models import MergeRequest, Plan, PlanRow
from scheduling.models import Section

NOT_AS_PREVIEWED = "NOT_AS_PREVIEWED"
"""The code of the trip that holds another plan than the previewed one."""

ONLY_IN_ONE = """
    SELECT n.id FROM integration_planrow n
    WHERE n.plan_id = %(plan)s AND n.action NOT IN ('AGREE', 'MISSING') AND NOT EXISTS (
        SELECT 1 FROM integration_planrow p
        WHERE p.plan_id = %(other)s AND p.side = n.side AND p.action = n.action
          AND p.record_key = n.record_key AND p.fields = n.fields
          AND p.theirs IS NOT DISTINCT FROM n.theirs)
"""
"""SQL: the rows of a plan that another one does not have. What only notes something seen does not count."""


def previewed_plans(preview: MergeRequest) -> dict[tuple[str, str], int]:
    """Type and term -> the plan that a preview made; nothing for what came to no plan."""
    plans = Plan.objects.filter(run__request=preview).order_by("id").select_related("run")
    return {(plan.merge_type, plan.run.asked_term): plan.pk for plan in plans}


def departure(plan: Plan, previewed_id: int | None, *, goes_on: bool) -> Trip | None:
    """Why `plan` is not the previewed one; None: it is.

    `goes_on`: an attempt that died has done part of it, so that the rest of the previewed rows will do.
    """
    if previewed_id is None:
        message = "The preview came to no plan for this, so nobody has seen what it does; look at it now."
        return Trip(code=NOT_AS_PREVIEWED, message=message)
    previewed = Plan.objects.get(pk=previewed_id)
    if previewed.digest == plan.digest:
        return None
    new, gone = _only_in(plan, previewed), _only_in(previewed, plan)
    same = _same_but_for_names(new, gone)
    come, went = len(new) - same, len(gone) - same
    if not come and (not went or goes_on):
        return None
    return Trip(code=NOT_AS_PREVIEWED, message=_sentence(previewed, come=come, went=went))


def _sentence(previewed: Plan, *, come: int, went: int) -> str:
    since = date_format(localtime(previewed.created_at), "j M Y, H:i")
    parts = []
    if come:
        parts.append(f"{_changes(come)} came up that it did not show")
    if went:
        parts.append(f"{_changes(went)} that it showed no longer {'stands' if went == 1 else 'stand'}")
    return (
        f"The plan is not the one you looked at: since the preview of {since}, {' and '.join(parts)}. "
        "Look at it again."
    )


def _changes(number: int) -> str:
    return "1 change" if number == 1 else f"{number:,} changes"


def _only_in(plan: Plan, other: Plan) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(ONLY_IN_ONE, {"plan": plan.pk, "other": other.pk})
        return [pk for (pk,) in cursor.fetchall()]


# ---- members that the preview could name by our id only


def _same_but_for_names(new: Collection[int], gone: Collection[int]) -> int:
    """How many rows of the preview are in the plan too, once members are named by their ids in the SIS."""
    shown = PlanRow.objects.filter(pk__in=gone).annotate(text=Cast("fields", TextField()))
    named = list(shown.filter(text__contains=f'"{LOCAL_MEMBER}').order_by("id"))
    if not named:
        return 0
    names = _sis_ids(row.text for row in named)
    wanted = Counter(_content(row, names) for row in named)
    planned = PlanRow.objects.filter(pk__in=new, record_key__in=[row.record_key for row in named])
    return (wanted & Counter(_content(row, names) for row in planned.order_by("id"))).total()


def _sis_ids(texts: Iterable[str]) -> dict[str, str]:
    """What a plan calls a member -> its id in the SIS, for those that have one by now."""
    ours = {int(pk) for text in texts for pk in re.findall(rf'"{LOCAL_MEMBER}(\d+)"', text)}
    linked = Section.objects.filter(pk__in=ours, sis_id__isnull=False).order_by()
    return {f"{LOCAL_MEMBER}{pk}": str(sis_id) for pk, sis_id in linked.values_list("id", "sis_id")}


def _content(row: PlanRow, names: Mapping[str, str]) -> tuple[str, ...]:
    content = json.dumps([_renamed(row.fields, names), row.theirs], sort_keys=True)
    return (row.side, row.action, row.record_key, content)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The JSON value with other names for members; a list of them is in the order of the names."""
    if isinstance(value, Mapping):
        return {key: _renamed(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return sorted(
            (_renamed(one, names) for one in value), key=lambda one: json.dumps(one, sort_keys=True)
        )
    return names.get(value, value) if isinstance(value, str) else value
