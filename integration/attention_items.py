"""What needs a person: one function a kind of thing, at most one query each, None where all is well."""

from collections.abc import Iterator

from integration.attention_facts import Facts, Item
from integration.attention_merges import (
    failed_merges,
    failed_requests,
    held_plans,
    late_merges,
    refused_records,
)
from integration.attention_sending import open_conflicts, parked_changes, paused_sending, sis_away
from integration.attention_terms import ended_terms, ending_terms


def items_of(facts: Facts) -> Iterator[Item]:
    """What needs a person, the worst first; nothing for what is well."""
    for found in (
        failed_merges(facts),
        sis_away(facts),
        parked_changes(facts),
        refused_records(facts),
        held_plans(),
        paused_sending(),
        open_conflicts(),
        late_merges(facts),
        failed_requests(facts),
        ending_terms(facts),
        ended_terms(facts),
    ):
        if found is not None:
            yield found
