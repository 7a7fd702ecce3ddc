"""The terms whose merges end soon or ended lately."""

import datetime as dt

from integration.attention_facts import SHOWN, Detail, Facts, Item
from integration.attention_words import amber
from scheduling.models import Term
from scheduling.pills import Pill
from scheduling.showing import day

SOON = dt.timedelta(days=14)
LATELY = dt.timedelta(days=30)


def ending_terms(facts: Facts) -> Item | None:
    """Terms whose merges go off by themselves soon."""
    soon = {(one.term, facts.ends_on(one)) for one in facts.live if facts.ends_on(one) <= facts.today + SOON}
    return _by_date(soon, pill=amber("Ends soon", icon="alert"), verb="goes off by itself after")


def ended_terms(facts: Facts) -> Item | None:
    """Terms whose merges went off lately."""
    over = {
        (one.term, ends)
        for one in facts.switches
        if facts.today - LATELY <= (ends := facts.ends_on(one)) < facts.today
    }
    return _by_date(
        over, pill=Pill(tone="grey", icon="circle", word="Ended"), verb="went off by itself after"
    )


def _by_date(found: set[tuple[Term, dt.date]], *, pill: Pill, verb: str) -> Item | None:
    if not found:
        return None
    ordered = sorted(found, key=lambda one: (one[1], str(one[0])))
    return Item(
        number=len(ordered),
        pill=pill,
        sentence="A term is merged until its last day, or the day that was set for it.",
        page="merge_settings_terms",
        link="Terms in Merge Settings",
        details=[Detail(text=f"{term} {verb} {day(date)}.") for term, date in ordered[:SHOWN]],
    )
