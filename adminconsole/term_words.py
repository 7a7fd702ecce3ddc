"""The switches of a term in words: what each means, what is on, and what a change of them will do."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from django.db.models import Count

from adminconsole.settings_differences import Difference
from integration.models import OutboundChange
from integration.sis.port import TERM_TYPES, MergeType
from integration.switch_values import FLAGS, Switch, SwitchChange
from integration.term_switches import completed
from scheduling.showing import day

FLAG_NAMES: Mapping[str, str] = {
    "is_importing": "Import",
    "is_sending": "Send",
    "is_nightly": "Nightly",
    "is_real_time": "Real time",
}
FLAG_MEANINGS: Mapping[str, str] = {
    "is_importing": "What the SIS has comes into Tandem whenever the term is merged. The rest needs it.",
    "is_sending": "What is changed in Tandem may go to the SIS. Courses are never sent.",
    "is_nightly": "Each night's merge takes the term along; without it somebody executes a merge.",
    "is_real_time": "Each save goes to the SIS at once. It needs Send.",
}
UNTIL_MEANING = "The last day on which it is on. Left blank, that is the last day of the term."
_TURNED: Mapping[tuple[str, bool], str] = {
    ("is_importing", True): "It is imported whenever it is merged.",
    ("is_importing", False): "It is no longer merged at all; what is in Tandem stays.",
    ("is_sending", True): "What is changed in Tandem may go to the SIS.",
    ("is_sending", False): "Nothing more is sent; changes wait in Tandem.",
    ("is_nightly", True): "Each night's merge takes it along.",
    ("is_nightly", False): "The night's merge leaves it out.",
    ("is_real_time", True): "Each save is sent at once.",
    ("is_real_time", False): "A save is no longer sent at once.",
}
TYPE_NAMES: Mapping[MergeType, str] = {one: one.value.capitalize() for one in TERM_TYPES}


def switch_words(switch: Switch) -> str:
    """What is on, in a line."""
    names = [FLAG_NAMES[flag] for flag in FLAGS if getattr(switch, flag)]
    until = f", until {day(switch.until)}" if switch.until else ""
    return f"{', '.join(names)}{until}" if names else "Off"


def switch_differences(changes: Sequence[SwitchChange], *, today: dt.date) -> list[Difference]:
    """What `changes` do, in one query. `today`: the institution's date."""
    waiting = _waiting([one for one in changes if one.turns_on_sending])
    return [
        Difference(
            key="",
            label=f"{TYPE_NAMES[one.merge_type]} in {one.term}",
            before=switch_words(one.before),
            after=switch_words(one.after),
            effect=" ".join(_effects(one, waiting.get((one.term.pk, one.merge_type.value), 0))),
        )
        for one in (completed(change, today=today) for change in changes)
    ]


def _effects(change: SwitchChange, waiting: int) -> Iterator[str]:
    before, after, term = change.before, change.after, change.term
    if before.is_on and not after.is_on:
        yield _TURNED["is_importing", False]
        return
    for flag in FLAGS:
        if getattr(before, flag) != getattr(after, flag):
            yield _TURNED[flag, getattr(after, flag)]
    if change.turns_on_sending and waiting:
        yield f"{waiting} of its records wait to be sent, and are free to go then."
    if after.until != before.until:
        last = after.until or term.end_date
        yield f"It ends by itself on {day(last)}."
        if last > term.end_date:
            yield f"The term has its end on {day(term.end_date)}; it stays on beyond that."


def _waiting(changes: Sequence[SwitchChange]) -> Mapping[tuple[str, str], int]:
    """(term code, type) -> how many records have something for the SIS."""
    if not changes:
        return {}
    states = [OutboundChange.State.WAITING, OutboundChange.State.SENDING]
    rows = OutboundChange.objects.filter(term__in=[one.term.pk for one in changes], state__in=states)
    counted = (
        rows.order_by("term_id", "merge_type").values_list("term_id", "merge_type").annotate(Count("id"))
    )
    return {(code, kind): count for code, kind, count in counted}
