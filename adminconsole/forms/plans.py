"""What the page of a plan is asked: which rows are looked at and ticked, and the answer to it."""

from collections.abc import Collection

from django import forms
from django.http import QueryDict

from adminconsole.forms.conflicts import BadAnswer, word
from integration.plan_deeds import Deed
from integration.plan_selection import How, RowFilter, Selection

MOST_TICKS = 300
"""So many ticks an address carries from page to page; more rows are chosen by a filter."""
LONGEST_ID = 18


class RefusalForm(forms.Form):
    """Why a plan is refused."""

    reason = forms.CharField(
        label="Why do you refuse it?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 500}),
        help_text="It is kept with the plan and in the record of changes, for whoever looks later.",
        error_messages={"required": "Say in a few words why; nothing was refused yet."},
    )


def row_filter_of(data: QueryDict) -> RowFilter:
    """The filter in the address or in the form that confirms."""
    return RowFilter(
        side=word(data, "side"), action=word(data, "action"), field=word(data, "field"), q=word(data, "q")
    )


def ticks_of(data: QueryDict) -> list[int]:
    """What is ticked on this page, and what was on others (``kept``: ids between hyphens), each once."""
    texts = [*data.get("kept", "").split("-"), *data.getlist("tick")]
    ids = (int(text) for text in texts if text.isdecimal() and len(text) <= LONGEST_ID)
    return list(dict.fromkeys(ids))


def kept_text(ids: Collection[int]) -> str:
    """The ticks as the next page is told of them."""
    return "-".join(map(str, ids))


def selection_of(data: QueryDict, how: str) -> Selection:
    """The rows that are approved. Raises `BadAnswer` where nothing was chosen."""
    if how not in set(How):
        raise BadAnswer("Say which rows are to be applied.")
    selection = Selection(how=How(how), ticked=ticks_of(data), filter=row_filter_of(data))
    if selection.how in {How.TICKED, How.UNTICKED} and not selection.ticked:
        raise BadAnswer("Tick some rows first.")
    if selection.how in {How.MATCHING, How.OTHERS} and not selection.filter.is_any:
        raise BadAnswer("Choose a filter first; without one it is the whole plan.")
    return selection


def check_typed(data: QueryDict, deed: Deed) -> str:
    """What is wrong with the number that was typed; blank: it is right, or none is asked for."""
    typed = data.get("number", "").replace(",", "").strip()
    if deed.removals and typed != str(deed.removals):
        return f"Nothing was done. It cancels or removes {deed.removals:,}: type that number to go on."
    return ""
