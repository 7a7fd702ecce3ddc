"""The rows of a plan as people read them: what happens to which record, and the three values behind it.

Used by the report of a run, by the page of a plan, and by the before/after file.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from django.db.models import Q, QuerySet

from integration.models import Plan, PlanRow
from integration.plan_row_paging import KEY, rows_at
from integration.plan_words import action_words, state_words
from integration.planmaker import changed_fields
from integration.record_names import RecordNames, fields_of, names_in
from integration.rule_words import RULE_WORDS, rule_in_words
from integration.run_issues import HELD_RULES
from scheduling.domain.fields import Field
from scheduling.paging import PAGE_SIZE
from scheduling.showing import value_words

Action, Side = PlanRow.Action, PlanRow.Side
NAMED_FIELDS = frozenset({"course", "instructors", "members"})
"""The fields whose values are ids that have names."""
WHOLE_WORDS = {
    "REMOVAL": "One side removed it and the other still has need of it; a person decides.",
    "AMBIGUOUS": "Several records of the SIS could be this one; a person decides.",
}
"""What decides about a record as a whole, beside the rules of its fields."""
NEW_WORDS = {
    "SIS_ONLY": "It is new: it comes from the SIS.",
    "TANDEM_ONLY": "It is new: it comes from Tandem.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldView:
    """One field of a row. `values`: JSON-ready base, ours, theirs and result, for the three-values component.

    `is_changed`: the row changes it; else it is shown because the sides differ and it stays as it is.
    """

    name: str
    label: str
    field: Field | None
    values: Mapping[str, Any]
    rule: str
    rule_words: str
    is_changed: bool
    names: Mapping[str, str] = dataclass_field(default_factory=dict)

    def words(self, side: str) -> str:
        """The value of `base`, `ours`, `theirs` or `result` in words."""
        return value_words(self.field, self.values.get(side), names=self.names)

    @property
    def result_words(self) -> str:
        """What the field comes to."""
        return self.words("result")


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRowView:
    """One row. `side` and `action` are the codes, `words` say both; `state` is blank where it says nothing.

    `is_whole`: a new record; its fields are all that it has, not a change of something.
    `section_id`: the section it is about, where that is here. `note`: what the plan remarked.
    """

    id: int
    label: str
    record_key: str
    side: str
    action: str
    words: str
    tone: str
    state: str
    note: str
    is_whole: bool
    section_id: int | None
    fields: Sequence[FieldView]


@dataclass(frozen=True, kw_only=True, slots=True)
class RowPage:
    """One page of rows; `next` and `previous` are cursors for the address (see `scheduling/pager.html`)."""

    rows: Sequence[PlanRowView]
    next: str = ""
    previous: str = ""


def rows_of(
    plan: Plan,
    *,
    side: str = "",
    action: str = "",
    field: str = "",
    q: str = "",
    cursor: str = "",
    fields: Mapping[str, Field] | None = None,
    size: int = PAGE_SIZE,
) -> RowPage:
    """A page of what `plan` changes, holds or misses, in at most five queries. Raises `BadCursor`.

    `field`: only rows that show this field; `q`: part of the label, or the record's key. `fields`: the
    type's fields (`record_names.fields_of`), where the caller has them already.
    """
    page = rows_at(selected(plan, side=side, action=action, field=field, q=q), cursor, size=size)
    return RowPage(rows=views_of(page.rows, plan=plan, fields=fields), next=page.next, previous=page.previous)


def selected(
    plan: Plan, *, side: str = "", action: str = "", field: str = "", q: str = ""
) -> QuerySet[PlanRow]:
    """The rows of `plan` that the filters leave; those that only note an agreement never."""
    rows = PlanRow.objects.filter(plan=plan)
    rows = rows.filter(side=side) if side in Side.values else rows
    rows = rows.filter(action=action) if action in SHOWN_ACTIONS else rows.exclude(action=Action.AGREE)
    if field:
        rows = rows.filter(fields__has_key=field)
    if q := q.strip().replace("\x00", ""):
        rows = rows.filter(Q(label__icontains=q) | Q(record_key=q))
    return rows.order_by(*KEY)


SHOWN_ACTIONS: Collection[str] = [one for one in Action.values if one != Action.AGREE]


def batches_of(plan: Plan, *, fields: Mapping[str, Field], size: int = 500) -> Iterator[list[PlanRowView]]:
    """All rows of `plan`, batch by batch, in constant memory; at most four queries a batch."""
    cursor = ""
    while True:
        page = rows_at(selected(plan), cursor, size=size)
        yield views_of(page.rows, plan=plan, fields=fields)
        cursor = page.next
        if not cursor:
            return


# ---- rows as people read them


def views_of(
    rows: Sequence[PlanRow], *, plan: Plan, fields: Mapping[str, Field] | None = None
) -> list[PlanRowView]:
    """`rows` of one plan with everything named, in at most four queries (`fields` given: three)."""
    known = fields_of(plan.merge_type) if fields is None else fields
    names = names_in(rows, merge_type=plan.merge_type, term_code=plan.term_id)
    return [_view(row, plan=plan, fields=known, names=names) for row in rows]


def _view(row: PlanRow, *, plan: Plan, fields: Mapping[str, Field], names: RecordNames) -> PlanRowView:
    is_whole = row.action == Action.CREATE
    words, tone = action_words(row.side, row.action, plan.merge_type)
    return PlanRowView(
        id=row.pk,
        label=names.label_of(row, plan.merge_type),
        record_key=row.record_key,
        side=row.side,
        action=row.action,
        words=words,
        tone=tone,
        state=state_words(row, plan_status=plan.status),
        note="" if row.action == Action.MISSING else row.note,  # there it is a digest
        is_whole=is_whole,
        section_id=names.section_of(row) if plan.merge_type == "sections" else None,
        fields=list(_field_views(row, fields=fields, names=names)),
    )


def _field_views(row: PlanRow, *, fields: Mapping[str, Field], names: RecordNames) -> Iterator[FieldView]:
    shown = row.fields or (_as_imported(row) if row.action == Action.CREATE else {})
    changed = set(changed_fields(_complete(shown), row.side))
    order = [*(name for name in fields if name in shown), *(name for name in shown if name not in fields)]
    for name in order:
        known = fields.get(name)
        label = known.label if known else (name or "The record as a whole").removeprefix("custom.")
        rule = str(shown[name].get("rule", ""))
        yield FieldView(
            name=name,
            label=label,
            field=known,
            values=_without_open_result(shown[name]),
            rule=rule,
            rule_words=_rule_words(rule, label, is_new=row.action == Action.CREATE),
            is_changed=name in changed,
            names=names.names if name in NAMED_FIELDS else {},
        )


def _rule_words(rule: str, label: str, *, is_new: bool) -> str:
    if is_new and rule in NEW_WORDS:
        return NEW_WORDS[rule]
    return rule_in_words(rule, label=label) if rule in RULE_WORDS else WHOLE_WORDS.get(rule, rule)


def _complete(shown: Mapping[str, Any]) -> dict[str, Any]:
    """What a person decides as a whole has no result: nothing of it changes yet."""
    return {name: values for name, values in shown.items() if "result" in values}


def _without_open_result(values: Mapping[str, Any]) -> dict[str, Any]:
    """Where a person has still to decide there is no result to show."""
    is_open = values.get("rule") in HELD_RULES
    return {
        side: value
        for side, value in values.items()
        if side in {"base", "ours", "theirs"} or (side == "result" and not is_open)
    }


def _as_imported(row: PlanRow) -> dict[str, Any]:
    """The values of a record that comes in, as a decision shows them."""
    return {
        name: {"base": None, "ours": None, "theirs": value, "result": value, "rule": "SIS_ONLY"}
        for name, value in (row.theirs or {}).items()
        if not name.startswith("_") and value not in (None, "", [])
    }
