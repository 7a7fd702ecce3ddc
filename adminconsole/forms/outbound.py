"""What the outbound page is asked."""

from django.http import QueryDict

from adminconsole.forms.conflicts import word
from integration.outbound_filter import OutboundFilter

LONGEST_ID = 18
"""Digits; a longer number is no id."""


def filter_of(query: QueryDict) -> OutboundFilter:
    """The filter in the address; what it does not know is not applied."""
    return OutboundFilter(
        term=word(query, "term"),
        merge_type=word(query, "type"),
        state=word(query, "state"),
        reason=word(query, "reason"),
        q=word(query, "q"),
    )


def ticked(data: QueryDict, *, name: str = "tick") -> list[int]:
    """The ids that were ticked; anything else that came is left out."""
    return [int(one) for one in data.getlist(name) if one.isdecimal() and len(one) <= LONGEST_ID]
