"""A merge run in words, for people: a pill (icon and word), and one sentence of what it did."""

from collections.abc import Mapping
from typing import assert_never

from integration.models import MergeRun
from scheduling.pills import Pill

Status = MergeRun.Status


def pill_of(status: Status) -> Pill:
    """The pill of a run."""
    match status:
        case Status.RUNNING:
            return Pill(tone="blue", icon="running", word="Running")
        case Status.SUCCEEDED:
            return Pill(tone="green", icon="check", word="Done")
        case Status.FINISHED_WITH_ISSUES:
            return Pill(tone="amber", icon="alert", word="Done, with issues")
        case Status.NO_DATA:
            return Pill(tone="amber", icon="pause", word="Stopped, no data")
        case Status.NEEDS_APPROVAL:
            return Pill(tone="amber", icon="pause", word="Waits for approval")
        case Status.FAILED:
            return Pill(tone="red", icon="cross", word="Failed")
    assert_never(status)


def sentence_of(run: MergeRun) -> str:
    """What the run did (a dry run: would do), or why it did not."""
    if run.error:
        return str(run.error.get("message", ""))
    counts: Mapping[str, int] = run.counts
    if not counts:
        return ""
    here = sum(counts.get(f"local_{done}", 0) for done in ("create", "update", "cancel", "delete"))
    sent = sum(counts.get(f"sis_{done}", 0) for done in ("create", "update", "cancel", "delete"))
    parts = [
        (counts.get("read", 0), "read"),
        (here, "to change here" if run.is_dry_run else "changed here"),
        (sent, "to send" if run.is_dry_run else "sent"),
        (counts.get("held", 0), "held"),
        (counts.get("rejected", 0), "rejected"),
    ]
    said = [f"{number:,} {what}" for number, what in parts if number or what == "read"]
    return ", ".join(said if here or sent else [*said, "nothing changed"])


def is_done(run: MergeRun) -> bool:
    """Whether the run did what its counts say; else it would, or will once a person agrees."""
    return not run.is_dry_run and run.status != MergeRun.Status.NEEDS_APPROVAL
