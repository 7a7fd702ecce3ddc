"""What approving rows of a plan does, in the words of the button that does it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from integration.models import Plan, PlanRow
from integration.plan_selection import Selection
from integration.planmaker import CHANGES
from integration.run_words import counted, is_reference
from integration.wording import listed

REMOVALS = ("cancel", "delete")
COUNTED = [f"{side}_{action.lower()}" for side in ("local", "sis") for action in CHANGES]
"""The counts of a plan that are rows which change something."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """What approving some rows does. `removals`: what it cancels or removes; asked to be typed if any."""

    sentence: str
    total: int
    removals: int
    declined: int


def deed_of(plan: Plan, selection: Selection) -> Deed:
    """Count what a selection does, in one query."""
    return _deed(plan, _counts(selection.rows(plan)))


def whole_deed(plan: Plan) -> Deed:
    """What all of a waiting plan does, as it was counted when it was made."""
    return _deed(plan, {name: number for name, number in plan.counts.items() if name in COUNTED})


def _deed(plan: Plan, counts: Mapping[str, int]) -> Deed:
    total = sum(counts.values())
    return Deed(
        sentence=_sentence(list(_deeds(counts, plan.merge_type))),
        total=total,
        removals=sum(counts.get(f"{side}_{deed}", 0) for side in ("local", "sis") for deed in REMOVALS),
        declined=sum(plan.counts.get(name, 0) for name in COUNTED) - total,
    )


def _counts(rows: QuerySet[PlanRow]) -> dict[str, int]:
    found = rows.values_list("side", "action").annotate(number=Count("id")).order_by()
    return {f"{side.lower()}_{action.lower()}": number for side, action, number in found}


def _deeds(counts: Mapping[str, int], merge_type: str) -> Iterator[str]:
    """``apply 120 changes in Tandem``, ``cancel 3 records in Tandem``, ``send 14 updates``."""
    changes = counts.get("local_create", 0) + counts.get("local_update", 0)
    if changes:
        yield f"apply {counted(changes, 'change')} in Tandem"
    if number := counts.get("local_cancel", 0):
        yield f"cancel {counted(number, 'record')} in Tandem"
    if number := counts.get("local_delete", 0):
        record = counted(number, "record")
        yield f"make {record} inactive" if is_reference(merge_type) else f"remove {record} from Tandem"
    kinds = (
        ("create", "new record"),
        ("update", "update"),
        ("cancel", "cancellation"),
        ("delete", "removal"),
    )
    sent = tuple(counted(number, word) for deed, word in kinds if (number := counts.get(f"sis_{deed}", 0)))
    if sent:
        yield f"send {listed(sent)}"


def _sentence(words: Sequence[str]) -> str:
    """The button's words, which say how much; blank for nothing."""
    if not words:
        return ""
    text = "; ".join(words) if len(words) > 2 else " and ".join(words)  # noqa: PLR2004  # two go with "and"
    return text[0].upper() + text[1:]
