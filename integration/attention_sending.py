"""What needs a person before it can go to the SIS: rejected, held, paused, or the SIS is away."""

from django.db.models import Count

from integration.attention_facts import SHOWN, Detail, Facts, Item
from integration.attention_words import amber, goes, red, wait
from integration.models import Conflict, MergeState, OutboundChange
from integration.outbound_filter import AWAY
from integration.run_words import counted, title_of
from integration.sis.port import ErrorClass

State = OutboundChange.State


def sis_away(facts: Facts) -> Item | None:
    """Changes that wait because the SIS does not answer."""
    number = sum(n for (state, met), n in facts.outbound.items() if state == State.WAITING and met in AWAY)
    if not number:
        return None
    is_denied = (State.WAITING.value, ErrorClass.AUTH.value) in facts.outbound
    why = "does not accept Tandem's sign-in" if is_denied else "cannot be reached"
    return Item(
        number=number,
        pill=red("SIS away"),
        sentence=f"The SIS {why}; {counted(number, 'change')} {wait(number)}, and {goes(number)} by itself "
        "once it answers.",
        page="outbound",
        query="?reason=away",
        link="See what waits",
    )


def parked_changes(facts: Facts) -> Item | None:
    """Changes that the SIS did not take."""
    number = sum(n for (state, _met), n in facts.outbound.items() if state == State.PARKED)
    if not number:
        return None
    return Item(
        number=number,
        pill=red("Rejected"),
        sentence=f"The SIS did not take {counted(number, 'change')}; each says why.",
        page="outbound",
        query="?state=PARKED",
        link="See what was rejected",
    )


def paused_sending() -> Item | None:
    """Where a safeguard paused sending."""
    states = list(MergeState.objects.exclude(pause_reason="").select_related("term").order_by("-id"))
    if not states:
        return None
    return Item(
        number=len(states),
        pill=amber("Sending paused"),
        sentence="A safeguard paused sending; editing goes on, and what is changed waits.",
        page="outbound",
        query="?reason=closed",
        link="See what waits",
        details=[
            Detail(text=f"{title_of(one.merge_type, str(one.term) if one.term else '')}: {one.pause_reason}")
            for one in states[:SHOWN]
        ],
    )


def open_conflicts() -> Item | None:
    """The conflicts that wait for a decision."""
    rows = Conflict.objects.filter(status=Conflict.Status.OPEN).order_by()
    counts = list(rows.values_list("link__merge_type", "link__term__name").annotate(number=Count("id")))
    number = sum(one[2] for one in counts)
    if not number:
        return None
    counts.sort(key=lambda one: -one[2])
    return Item(
        number=number,
        pill=amber("Held"),
        sentence=f"{counted(number, 'conflict')} {wait(number)} for somebody to say whose value stands.",
        page="conflicts",
        link="Settle them",
        details=[
            Detail(text=f"{title_of(merge_type, term)}: {count:,}")
            for merge_type, term, count in counts[:SHOWN]
        ]
        if len(counts) > 1
        else (),
    )
