"""What needs a person of the merges: failed and late ones, plans that wait, records that were not taken."""

import datetime as dt

from django.db.models import Count

from integration.attention_facts import SHOWN, Detail, Facts, Item
from integration.attention_words import amber, goes, red, title_of_run
from integration.models import MergeRequest, MergeRun, Plan
from integration.run_summary import pill_of, sentence_of
from integration.run_words import counted, title_of
from integration.status_facts import import_issues

Status = MergeRun.Status


def held_plans() -> Item | None:
    """The plans that a safeguard stopped."""
    plans = list(
        Plan.objects.filter(status=Plan.Status.NEEDS_APPROVAL).select_related("term").order_by("-id")
    )
    if not plans:
        return None
    return Item(
        number=len(plans),
        pill=amber("Waits for you"),
        sentence=f"{counted(len(plans), 'plan')} {goes(len(plans))} further than the safeguards let pass.",
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


A_NIGHT = dt.timedelta(hours=26)
A_DAY = dt.timedelta(days=1)


def failed_merges(facts: Facts) -> Item | None:
    """The last merges that failed, stopped or got no data."""
    runs = [one for one in facts.runs.values() if one.status in {Status.FAILED, Status.NO_DATA}]
    if not runs:
        return None
    runs.sort(key=lambda one: -one.pk)
    return Item(
        number=len(runs),
        pill=red("Failed"),
        sentence=f"{counted(len(runs), 'last merge')} failed, stopped or got no data.",
        page="runs",
        link="See the runs",
        details=[
            Detail(
                text=f"{title_of_run(one)}: {sentence_of(one) or pill_of(Status(one.status)).word}",
                page="run",
                pk=one.pk,
            )
            for one in runs[:SHOWN]
        ],
    )


def refused_records(facts: Facts) -> Item | None:
    """Records of the SIS that the last imports did not take."""
    runs = {one.pk: one for one in facts.runs.values() if one.counts.get("rejected")}
    found = import_issues(runs).order_by().values_list("run_id")
    counts = dict(found.annotate(number=Count("record", distinct=True))) if runs else {}
    if not counts:
        return None
    number = sum(counts.values())
    return Item(
        number=number,
        pill=red("Not imported"),
        sentence=f"The last imports could not take {counted(number, 'record')} of the SIS.",
        page="runs",
        link="See the runs",
        details=[
            Detail(text=f"{title_of_run(runs[pk])}: {counted(count, 'record')}", page="run", pk=pk)
            for pk, count in sorted(counts.items())[:SHOWN]
        ],
    )


def late_merges(facts: Facts) -> Item | None:
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
        pill=amber("Not last night", icon="alert"),
        sentence="Nightly merges are on, and the last merge is more than a night old. Does the worker run?",
        page="runs",
        link="See the runs",
        details=[Detail(text=title_of_run(one), page="run", pk=one.pk) for one in late[:SHOWN]],
    )


def failed_requests(facts: Facts) -> Item | None:
    """Asked for in the last day, and not even begun by a run that could say so."""
    failed = MergeRequest.objects.filter(
        state=MergeRequest.State.FAILED, finished_at__gte=facts.now - A_DAY, runs=None
    ).defer("approved_rows")
    found = list(failed.order_by("-id")[: SHOWN + 1])
    if not found:
        return None
    return Item(
        number=len(found),
        pill=amber("Not begun", icon="alert"),
        sentence="Something that was asked for in the last day could not begin.",
        page="execute_merge",
        link="See what was asked for",
        details=[
            Detail(text=str((one.error or {}).get("message", "")), page="merge_request", pk=one.pk)
            for one in found[:SHOWN]
        ],
    )
