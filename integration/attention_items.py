"""What needs a person: one function a kind of thing, at most one query each, None where all is well."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Count

from integration.attention_facts import SHOWN, Detail, Facts, Item
from integration.models import Conflict, MergeRequest, MergeRun, MergeState, OutboundChange, Plan
from integration.outbound_pages import AWAY
from integration.run_summary import pill_of, sentence_of
from integration.run_words import counted, title_of
from integration.sis.port import ErrorClass
from integration.status_facts import import_issues
from scheduling.models import Term
from scheduling.pills import Pill
from scheduling.showing import day

SOON = dt.timedelta(days=14)
LATELY = dt.timedelta(days=30)
A_NIGHT = dt.timedelta(hours=26)
A_DAY = dt.timedelta(days=1)
Status, State = MergeRun.Status, OutboundChange.State


def items_of(facts: Facts) -> Iterator[Item]:
    """What needs a person, the worst first; nothing for what is well."""
    for found in (
        _failed(facts),
        _away(facts),
        _parked(facts),
        _refused_by_import(facts),
        _plans(),
        _paused(),
        _conflicts(),
        _late(facts),
        _failed_requests(facts),
        _ending(facts),
        _ended(facts),
    ):
        if found is not None:
            yield found


def _red(word: str) -> Pill:
    return Pill(tone="red", icon="cross", word=word)


def _amber(word: str, icon: str = "pause") -> Pill:
    return Pill(tone="amber", icon=icon, word=word)


def _title(run: MergeRun) -> str:
    return title_of(run.merge_type, str(run.term) if run.term else "")


def _failed(facts: Facts) -> Item | None:
    runs = [one for one in facts.runs.values() if one.status in {Status.FAILED, Status.NO_DATA}]
    if not runs:
        return None
    runs.sort(key=lambda one: -one.pk)
    return Item(
        number=len(runs),
        pill=_red("Failed"),
        sentence=f"{counted(len(runs), 'last merge')} failed, stopped or got no data.",
        page="runs",
        link="See the runs",
        details=[
            Detail(
                text=f"{_title(one)}: {sentence_of(one) or pill_of(Status(one.status)).word}",
                page="run",
                pk=one.pk,
            )
            for one in runs[:SHOWN]
        ],
    )


def _away(facts: Facts) -> Item | None:
    number = sum(n for (state, met), n in facts.outbound.items() if state == State.WAITING and met in AWAY)
    if not number:
        return None
    is_denied = (State.WAITING.value, ErrorClass.AUTH.value) in facts.outbound
    why = "does not accept Tandem's sign-in" if is_denied else "cannot be reached"
    return Item(
        number=number,
        pill=_red("SIS away"),
        sentence=f"The SIS {why}; {counted(number, 'change')} {_wait(number)}, and {_goes(number)} by itself "
        "once it answers.",
        page="outbound",
        query="?reason=away",
        link="See what waits",
    )


def _parked(facts: Facts) -> Item | None:
    number = sum(n for (state, _met), n in facts.outbound.items() if state == State.PARKED)
    if not number:
        return None
    return Item(
        number=number,
        pill=_red("Rejected"),
        sentence=f"The SIS did not take {counted(number, 'change')}; each says why.",
        page="outbound",
        query="?state=PARKED",
        link="See what was rejected",
    )


def _refused_by_import(facts: Facts) -> Item | None:
    """Records of the SIS that the last imports did not take."""
    runs = {one.pk: one for one in facts.runs.values() if one.counts.get("rejected")}
    found = import_issues(runs).order_by().values_list("run_id")
    counts = dict(found.annotate(number=Count("record", distinct=True))) if runs else {}
    if not counts:
        return None
    number = sum(counts.values())
    return Item(
        number=number,
        pill=_red("Not imported"),
        sentence=f"The last imports could not take {counted(number, 'record')} of the SIS.",
        page="runs",
        link="See the runs",
        details=[
            Detail(text=f"{_title(runs[pk])}: {counted(count, 'record')}", page="run", pk=pk)
            for pk, count in sorted(counts.items())[:SHOWN]
        ],
    )


def _plans() -> Item | None:
    plans = list(
        Plan.objects.filter(status=Plan.Status.NEEDS_APPROVAL).select_related("term").order_by("-id")
    )
    if not plans:
        return None
    return Item(
        number=len(plans),
        pill=_amber("Waits for you"),
        sentence=f"{counted(len(plans), 'plan')} {_goes(len(plans))} further than the safeguards let pass.",
        page="plans",
        link="See the plans",
        details=[
            Detail(
                text=f"{title_of(one.merge_type, str(one.term) if one.term else '')}: "
                f"{one.trips[0] if one.trips else 'look at it'}",
                page="plan",
                pk=one.pk,
            )
            for one in plans[:SHOWN]
        ],
    )


def _paused() -> Item | None:
    states = list(MergeState.objects.exclude(pause_reason="").select_related("term").order_by("-id"))
    if not states:
        return None
    return Item(
        number=len(states),
        pill=_amber("Sending paused"),
        sentence="A safeguard paused sending; editing goes on, and what is changed waits.",
        page="outbound",
        query="?reason=closed",
        link="See what waits",
        details=[
            Detail(text=f"{title_of(one.merge_type, str(one.term) if one.term else '')}: {one.pause_reason}")
            for one in states[:SHOWN]
        ],
    )


def _conflicts() -> Item | None:
    rows = Conflict.objects.filter(status=Conflict.Status.OPEN).order_by()
    counts = list(rows.values_list("link__merge_type", "link__term__name").annotate(number=Count("id")))
    number = sum(one[2] for one in counts)
    if not number:
        return None
    counts.sort(key=lambda one: -one[2])
    return Item(
        number=number,
        pill=_amber("Held"),
        sentence=f"{counted(number, 'conflict')} {_wait(number)} for somebody to say whose value stands.",
        page="conflicts",
        link="Settle them",
        details=[
            Detail(text=f"{title_of(merge_type, term)}: {count:,}")
            for merge_type, term, count in counts[:SHOWN]
        ]
        if len(counts) > 1
        else (),
    )


def _late(facts: Facts) -> Item | None:
    """Nightly merges that did not come last night; one that never ran may have been switched on today."""
    late = [
        run
        for one in facts.live
        if one.is_nightly
        and (run := facts.runs.get((one.term_id, one.merge_type))) is not None
        and run.started_at < facts.now - A_NIGHT
    ]
    if not late:
        return None
    return Item(
        number=len(late),
        pill=_amber("Not last night", icon="alert"),
        sentence="Nightly merges are on, and the last merge is more than a night old. Does the worker run?",
        page="runs",
        link="See the runs",
        details=[Detail(text=_title(one), page="run", pk=one.pk) for one in late[:SHOWN]],
    )


def _failed_requests(facts: Facts) -> Item | None:
    """Asked for in the last day, and not even begun by a run that could say so."""
    failed = MergeRequest.objects.filter(
        state=MergeRequest.State.FAILED, finished_at__gte=facts.now - A_DAY, runs=None
    ).defer("approved_rows")
    found = list(failed.order_by("-id")[: SHOWN + 1])
    if not found:
        return None
    return Item(
        number=len(found),
        pill=_amber("Not begun", icon="alert"),
        sentence="Something that was asked for in the last day could not begin.",
        page="execute_merge",
        link="See what was asked for",
        details=[
            Detail(text=str((one.error or {}).get("message", "")), page="merge_request", pk=one.pk)
            for one in found[:SHOWN]
        ],
    )


def _ending(facts: Facts) -> Item | None:
    soon = {(one.term, facts.ends_on(one)) for one in facts.live if facts.ends_on(one) <= facts.today + SOON}
    return _by_date(soon, pill=_amber("Ends soon", icon="alert"), verb="goes off by itself after")


def _ended(facts: Facts) -> Item | None:
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


def _wait(number: int) -> str:
    return "waits" if number == 1 else "wait"


def _goes(number: int) -> str:
    return "goes" if number == 1 else "go"
