"""Runs, counts and steps in a registrar's words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from integration.models import MergeRun
from integration.sis.port import REFERENCE_TYPES

COUNT_WORDS: Mapping[str, str] = {
    "read": "read from the SIS",
    "unchanged": "the same on both sides",
    "missing": "not shown by the SIS for the first time",
    "pending": "changed in Tandem and not sent in this run",
    "awaiting": "sent, and not confirmed by the SIS yet",
    "held": "held for a person",
    "rejected": "rejected",
}
DEED_WORDS: Mapping[str, str] = {
    "create": "Created",
    "update": "Changed",
    "cancel": "Cancelled",
    "delete": "Removed",
}
"""With `COUNT_WORDS`: the counts of CONTRACT.md; each deed is counted on both sides."""
STEP_WORDS: Mapping[str, str] = {
    "read and plan": "Reading the SIS and making the plan",
    "apply": "Writing to Tandem",
    "send": "Sending to the SIS",
    "flag": "Checking what came in",
}
SINGULAR: Mapping[str, str] = {"courses": "course", "sections": "section", "relationships": "relationship"}
MINUTE = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a run is, for the progress component; `total` None: not known."""

    label: str
    done: int
    total: int | None
    words: str


def title_of(merge_type: str, term: str) -> str:
    """``Sections of Spring 2027``; `term`: what the term is called, blank for reference data."""
    return f"{merge_type.capitalize()} of {term}" if term else merge_type.capitalize()


def counted(number: int, one: str, many: str = "") -> str:
    """``1 section``, ``1,951 sections``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def duration(seconds: float) -> str:
    """``0.4 s``, ``42 s``, ``3 min 5 s``, ``2 h 10 min``."""
    if seconds < 10:  # noqa: PLR2004  # below, tenths still say something
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), MINUTE)
    hours, minutes_left = divmod(minutes, MINUTE)
    if hours:
        return f"{hours} h {minutes_left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def seconds_of(run: MergeRun) -> str:
    """How long a run took; blank while it runs."""
    if run.finished_at is None:
        return ""
    return duration((run.finished_at - run.started_at).total_seconds())


def who_asked(run: MergeRun) -> str:
    """Who or what started a run (its `actor` loaded)."""
    if run.actor is not None:
        return run.actor.get_username()
    match run.trigger:
        case MergeRun.Trigger.NIGHTLY:
            return "The night's merge"
        case MergeRun.Trigger.REAL_TIME:
            return "Real time"
        case _:
            return "An operator"


def progress_of(run: MergeRun) -> Progress | None:
    """How far a running run is; None for one that is over."""
    if run.status != MergeRun.Status.RUNNING:
        return None
    told: Mapping[str, Any] = run.progress
    step = STEP_WORDS.get(str(told.get("step", "")), str(told.get("step", "")).capitalize())
    done, total = int(told.get("done") or 0), told.get("total")
    words = f"{done:,} of {total:,} records" if total else counted(done, "record")
    return Progress(
        label=step or "Beginning",
        done=min(done, total) if total else done,
        total=total,
        words=words if told else "Nothing told yet",
    )


def steps_of(run: MergeRun) -> Iterator[tuple[str, str, str]]:
    """The steps of a run: what was done, how long it took, how many records."""
    for one in run.steps:
        name = str(one.get("step", ""))
        records = one.get("records")
        yield (
            STEP_WORDS.get(name, name.capitalize()),
            duration(float(one.get("seconds") or 0)),
            f"{records:,}" if records else "",
        )


def is_reference(merge_type: str) -> bool:
    """Whether a type is reference data: imported only, and of no term."""
    return merge_type in {one.value for one in REFERENCE_TYPES}
