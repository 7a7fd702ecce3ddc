"""The sections in some integration states, found without loading those of a term."""

from collections.abc import Collection

from django.db.models import QuerySet

from integration.any_of import any_of
from integration.standing import Standing
from integration.status_facts import unsent_sections
from integration.status_query import near_sections
from integration.status_rules import State
from scheduling.models import Section


def sections_in_states(
    sections: QuerySet[Section], states: Collection[str], standing: Standing, *, term: str
) -> QuerySet[Section]:
    """Those of `sections` (all of `term`) whose status (`status_of_sections`) is one of `states`.

    One query here, however many sections; two more where some have to be compared with what was agreed.
    It is settled here: the rules are worked out once, and the database knows how many it puts in order.
    """
    found = near_sections(standing, term=term)
    if found.unclear:
        unsent = unsent_sections(Section.objects.filter(any_of(found.unclear)), standing)
        found = near_sections(standing, term=term, unsent=unsent) if unsent else found
    if State.SYNCED in states:
        return sections.exclude(
            any_of(pk for state, ids in found.near.items() if state not in states for pk in ids)
        )
    return sections.filter(any_of(pk for state, ids in found.near.items() if state in states for pk in ids))
