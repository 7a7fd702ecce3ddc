"""The before/after file of a run: what it changed, field by field, for a spreadsheet (DOMAIN.md).

It streams: rows are read along the plan's index a batch at a time, so memory does not grow with the run.
"""

import csv
from collections.abc import Iterator, Sequence

from integration.models import MergeRun, Plan
from integration.plan_row_views import FieldView, PlanRowView
from integration.plan_rows import batches_of
from integration.record_fields import fields_of
from scheduling.csv_cells import MARK, Line, guarded
from scheduling.showing import BLANK

COLUMNS = (
    "type",
    "term",
    "record",
    "label",
    "side",
    "action",
    "field",
    "before",
    "tandem",
    "sis",
    "result",
    "rule",
    "rule in words",
    "remark",
)
SIDES = {"LOCAL": "Tandem", "SIS": "SIS"}


def lines_of(run: MergeRun, plan: Plan | None) -> Iterator[str]:
    """The file, line by line: one for each field of each row, one for a row without fields."""
    writer = csv.writer(Line())
    yield MARK + writer.writerow(COLUMNS)
    if plan is None:
        return
    fields = fields_of(plan.merge_type)
    for batch in batches_of(plan, fields=fields):
        for row in batch:
            for cells in _cells(run, row):
                yield writer.writerow([guarded(cell) for cell in cells])


def _cells(run: MergeRun, row: PlanRowView) -> Iterator[Sequence[str]]:
    remark = " ".join(part for part in (row.state, row.note) if part)
    place = run.merge_type, run.term_id or run.asked_term, row.record_key, row.label
    deed = SIDES[row.side], row.words
    if not row.fields:
        yield *place, *deed, "", "", "", "", "", "", "", remark
    for field in row.fields:
        yield *place, *deed, field.label, *_values(field), field.rule, field.rule_words, remark


def _values(field: FieldView) -> Iterator[str]:
    for side in ("base", "ours", "theirs", "result"):
        words = field.words(side)
        yield "" if words == BLANK else words
