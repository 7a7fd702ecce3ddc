"""The console's overview: what needs a person, what is under way, how the last merge of everything went.

A constant number of queries, however many terms, runs and records there are.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from integration.attention_facts import SHOWN, Detail, Facts, Item
from integration.attention_items import items_of
from integration.models import MergeRequest, MergeRun
from integration.run_summary import pill_of, sentence_of
from integration.run_words import counted, title_of
from integration.sis.port import REFERENCE_TYPES, TERM_TYPES
from scheduling.pills import Pill

TYPE_ORDER = [one.value for one in TERM_TYPES]


@dataclass(frozen=True, kw_only=True, slots=True)
class LastMerge:
    """The newest merge of one type (and term) that was carried out; `run` None: there was none yet."""

    title: str
    run: MergeRun | None
    pill: Pill | None
    sentence: str
    is_nightly: bool


@dataclass(kw_only=True)
class Overview:
    """All that the overview says. `items`: the worst first."""

    items: Sequence[Item]
    under_way: Item | None
    last: Sequence[LastMerge]

    @classmethod
    def load(cls, *, now: dt.datetime) -> "Overview":
        """Read everything, in a dozen queries."""
        facts = Facts.load(now=now)
        return cls(items=list(items_of(facts)), under_way=_under_way(), last=_last_merges(facts))


def _under_way() -> Item | None:
    rows = MergeRequest.objects.filter(state__in=[MergeRequest.State.WAITING, MergeRequest.State.RUNNING])
    found = list(rows.select_related("actor").defer("approved_rows").order_by("id"))
    if not found:
        return None
    return Item(
        number=len(found),
        pill=Pill(tone="blue", icon="running", word="Under way"),
        sentence=f"{counted(len(found), 'request')} running or about to run.",
        page="execute_merge",
        link="See all",
        details=[
            Detail(
                text=f"{'Preview' if one.is_dry_run else 'Merge'} of {', '.join(one.types)}, asked for by "
                f"{one.actor.get_username() if one.actor else 'the night'}",
                page="merge_request",
                pk=one.pk,
            )
            for one in found[:SHOWN]
        ],
    )


def _last_merges(facts: Facts) -> list[LastMerge]:
    """Of every type and term that is on, newest term first, then of the reference data."""
    on = sorted(facts.live, key=lambda one: TYPE_ORDER.index(one.merge_type))
    on.sort(key=lambda one: one.term.start_date, reverse=True)
    found = [
        _last(
            title_of(one.merge_type, str(one.term)),
            facts.runs.get((one.term_id, one.merge_type)),
            is_nightly=one.is_nightly,
        )
        for one in on
    ]
    reference = [(one, facts.runs.get((None, one.value))) for one in REFERENCE_TYPES]
    return found + [_last(title_of(one.value, ""), run, is_nightly=False) for one, run in reference if run]


def _last(title: str, run: MergeRun | None, *, is_nightly: bool) -> LastMerge:
    return LastMerge(
        title=title,
        run=run,
        pill=pill_of(MergeRun.Status(run.status)) if run else None,
        sentence=_did(run) if run else "",
        is_nightly=is_nightly,
    )


def _did(run: MergeRun) -> str:
    """What a run did; what a safeguard said stands with the plan."""
    if run.status == MergeRun.Status.NEEDS_APPROVAL:
        return "Stopped by a safeguard; nothing was changed, and its plan waits for a person."
    return sentence_of(run)
