"""A row of a plan as people read it: what happens to which record, and the three values behind it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from integration.models import Plan, PlanRow
from integration.plan_words import action_words, state_words
from integration.planmaker import changed_fields
from integration.record_fields import fields_of
from integration.record_names import RecordNames, names_of_rows
from integration.rule_words import RULE_WORDS, rule_in_words
from integration.run_issues import HELD_RULES
from scheduling.domain.fields import Field
from scheduling.showing import value_words

Action, Side = PlanRow.Action, PlanRow.Side
LONGEST_SHOWN_KEY = 20
"""A longer id (a GUID) is for programs; it stands in the details and in the CSV file."""
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

    @property
    def shown_key(self) -> str:
        """The id in the SIS, where people may know it: one that is short, and says more than the label."""
        is_known = self.record_key != self.label and len(self.record_key) <= LONGEST_SHOWN_KEY
        return self.record_key if is_known else ""


def views_of(
    rows: Sequence[PlanRow], *, plan: Plan, fields: Mapping[str, Field] | None = None
) -> list[PlanRowView]:
    """`rows` of one plan with everything named, in at most five queries (`fields` given: four)."""
    known = fields_of(plan.merge_type) if fields is None else fields
    names = names_of_rows(rows, merge_type=plan.merge_type, term_code=plan.term_id, fields=known)
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
            names=names.of(known),
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
