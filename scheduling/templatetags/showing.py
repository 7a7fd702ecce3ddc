"""What templates need to show values: no queries, no rules."""

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from scheduling import showing
from scheduling.domain.clock import clock as clock_words
from scheduling.domain.fields import Field
from scheduling.pills import Pill
from scheduling.section_columns import Cell, Column
from scheduling.undo_offer import offered

register = template.Library()


@register.filter
def clock(value: dt.time | str | None) -> str:
    """A time of day by the 12-hour clock."""
    return clock_words(value)


@register.filter
def day(value: dt.date | str | None) -> str:
    """A date that cannot be misread."""
    return showing.day(value)


@register.filter
def undo_offered(tags: str) -> tuple[int, int] | None:
    """(section id, version) of the save that a message with these extra tags offers to take back."""
    return offered(tags)


@register.simple_tag
@lru_cache(maxsize=256)
def drawn(pill: Pill) -> str:
    """``scheduling/pill.html``, for tables that show the same few pills in every row."""
    return render_to_string("scheduling/pill.html", {"pill": pill})


@register.simple_tag
def list_cell(cell: Cell) -> SafeString:
    """A cell of the schedule's list; in plain Python, for a page has hundreds of them."""
    parts = [_opened(cell.column), drawn(cell.pill) if cell.pill else ""]
    if cell.at:
        at = timezone.localtime(cell.at)
        words = f"{at.day} {at:%b %Y, %H:%M}"
        parts.append(f'<time class="soft" datetime="{at.isoformat()}">{words}</time>')
    line = '<div class="soft">' if cell.pill else "<div>"
    parts += [f"{line}{escape(one)}</div>" for one in cell.lines]
    return SafeString("".join((*parts, "</td>")))


@lru_cache(maxsize=64)
def _opened(column: Column) -> str:
    return format_html('<td class="{}" data-label="{}">', column.classes, column.label)


@register.inclusion_tag("scheduling/three_values.html")
def three_values(
    values: Mapping[str, Any],
    *,
    field: Field | None = None,
    names: Mapping[str, str] = {},
    result: Any = None,
    rule: str = "",
) -> dict[str, Any]:
    """The one component for two sides that differ (UI.md, Three values).

    `values`: JSON-ready ``base``, ``ours``, ``theirs`` and, where something was decided, ``result``; the
    argument `result` decides otherwise. `rule`: the rule in words. `names`: what ids are called.
    """

    def words(value: Any) -> str:
        return showing.value_words(field, value, names=names)

    has_result = "result" in values or result is not None
    return {
        "before": words(values.get("base")),
        "tandem": words(values.get("ours")),
        "sis": words(values.get("theirs")),
        "result": words(values.get("result") if result is None else result) if has_result else None,
        "rule": rule,
    }
