"""The form of all terms' switches: what somebody ticked, read from the page, and what is wrong with it.

A field is named ``FLAG:TYPE:CODE``; ``seen:TYPE:CODE`` says what the page showed. ``all:FLAG:CODE`` is the
tick for all three types of a term: it counts where it differs from ``was:FLAG:CODE`` and no script followed.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict

from adminconsole.forms.merge_type import Problem
from integration.sis.port import SENDABLE_TYPES, TERM_TYPES, MergeType
from integration.switch_values import FLAGS, OFF, Key, Switch, SwitchChange, switch_of, switch_of_token
from integration.term_switches import refusals
from scheduling.models import Term

SENDING = frozenset({"is_sending", "is_real_time"})
"""What courses never do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TermsForm:
    """What somebody wants for each type of each term that the page had. `clashes`: changed by others too."""

    wanted: Mapping[Key, Switch]
    changes: Sequence[SwitchChange] = ()
    problems: Sequence[Problem] = ()
    clashes: Sequence[SwitchChange] = ()
    """`before`: as it was saved meanwhile, `after`: as it is wanted."""


def can_have(flag: str, merge_type: MergeType) -> bool:
    """Whether a type has this switch."""
    return merge_type in SENDABLE_TYPES or flag not in SENDING


def anchor_of(number: int, merge_type: MergeType, flag: str) -> str:
    """The id of a switch's element; `number`: the term's place in the list."""
    return f"t{number}-{merge_type.value}-{flag}"


def posted_form(
    data: QueryDict, terms: Sequence[Term], stands: Mapping[Key, Switch], *, today: dt.date
) -> TermsForm:
    """What was sent, on top of what stands now (`stands`), checked. `today`: the institution's date."""
    wanted, changes, problems, clashes = dict(stands), [], [], []
    for number, term in enumerate(terms):
        for merge_type in TERM_TYPES:
            key = (term.pk, merge_type)
            seen = switch_of_token(data.get(f"seen:{merge_type.value}:{term.pk}", ""))
            if seen is None:
                continue
            mine, wrong = _chosen(data, term, merge_type)
            if wrong:
                problems.append(Problem(anchor=anchor_of(number, merge_type, "until"), sentence=wrong))
            now = stands.get(key, OFF)
            if mine in {seen, now} and not wrong:
                continue
            wanted[key] = mine
            change = SwitchChange(term=term, merge_type=merge_type, before=now, after=mine)
            changes.append(change)
            clashes += [change] if seen != now else []
            problems += [
                Problem(anchor=anchor_of(number, merge_type, flag), sentence=sentence)
                for flag, sentence in refusals(change, today=today)
            ]
    return TermsForm(wanted=wanted, changes=changes, problems=problems, clashes=clashes)


def _chosen(data: QueryDict, term: Term, merge_type: MergeType) -> tuple[Switch, str]:
    """The switch as it was ticked, and what is wrong with its date (blank: nothing)."""
    flags = {
        flag: can_have(flag, merge_type) and f"{flag}:{merge_type.value}:{term.pk}" in data for flag in FLAGS
    }
    flags |= {flag: is_on for flag, is_on in _together(data, term) if can_have(flag, merge_type)}
    text = data.get(f"until:{merge_type.value}:{term.pk}", "").strip()
    switch = switch_of(flags)
    if not switch.is_on:
        return OFF, ""
    try:
        return replace(switch, until=dt.date.fromisoformat(text) if text else None), ""
    except ValueError:
        return switch, f"{text[:40]} is no date for {term}; write it as year-month-day, 2027-05-28."


def _together(data: QueryDict, term: Term) -> Iterator[tuple[str, bool]]:
    """The ticks for all three types that were changed."""
    if data.get("together") != "yes":
        return
    for flag in FLAGS:
        is_on = f"all:{flag}:{term.pk}" in data
        if is_on != (data.get(f"was:{flag}:{term.pk}") == "1"):
            yield flag, is_on
