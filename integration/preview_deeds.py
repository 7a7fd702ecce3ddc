"""What carrying out a preview does, counted and in one sentence (UI.md, Counts before deeds)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from integration.models import MergeRun
from integration.run_list import RunLine
from integration.run_words import SINGULAR, counted, is_reference
from integration.wording import listed

Status = MergeRun.Status
MANY_REMOVALS_HERE = 5
"""From so many removals in Tandem on, their number is asked for, as it always is for removals in the SIS."""
GOES_THROUGH = frozenset({Status.SUCCEEDED, Status.FINISHED_WITH_ISSUES})


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """What carrying out a preview does, counted. `sentence` blank: there is nothing to do.

    `removals`: what it cancels or removes; `must_type`: whether the person has to type that number first.
    `waiting`: the titles of merges that a safeguard would hold.
    """

    sentence: str
    removals: int
    must_type: bool
    waiting: Sequence[str]

    @property
    def is_something(self) -> bool:
        """Whether carrying it out does anything: a plan that is held for a person counts."""
        return bool(self.sentence or self.waiting)


def deed_of(lines: Iterable[RunLine]) -> Deed:
    """Count what the previewed runs would do; those that a safeguard would hold are told apart."""
    shown = list(lines)
    through = [line.run for line in shown if line.run.status in GOES_THROUGH]
    here, there = _removals(through, "local"), _removals(through, "sis")
    imports = listed_or_blank(_imports(through))
    removes = listed_or_blank(_removed_here(through))
    sends = listed_or_blank(_sends(through))
    parts = [f"import {imports}" if imports else "", removes, f"send {sends}" if sends else ""]
    sentence = _joined([part for part in parts if part])
    return Deed(
        sentence=sentence[:1].upper() + sentence[1:],
        removals=here + there,
        must_type=there > 0 or here >= MANY_REMOVALS_HERE,
        waiting=[line.title for line in shown if line.run.status == Status.NEEDS_APPROVAL],
    )


def listed_or_blank(parts: Iterable[str]) -> str:
    """``A, B and C``; blank for none."""
    found = tuple(parts)
    return listed(found) if found else ""


def _joined(parts: Sequence[str]) -> str:
    """Like `listed_or_blank`, with a comma before the last *and* where a part has one of its own."""
    *rest, last = parts or ("",)
    has_and = any(" and " in part for part in parts)
    return f"{', '.join(rest)}{',' if has_and else ''} and {last}" if rest else last


def _removals(runs: Iterable[MergeRun], side: str) -> int:
    return sum(run.counts.get(f"{side}_{deed}", 0) for run in runs for deed in ("cancel", "delete"))


def _imports(runs: Sequence[MergeRun]) -> Iterator[str]:
    """Records by type, those of reference data together."""
    numbers: dict[str, int] = {}
    for run in runs:
        name = "record of reference data" if is_reference(run.merge_type) else SINGULAR[run.merge_type]
        changes = run.counts.get("local_create", 0) + run.counts.get("local_update", 0)
        numbers[name] = numbers.get(name, 0) + changes
    for name, number in numbers.items():
        if number:
            yield counted(number, name, name.replace("record", "records", 1) if " " in name else "")


def _removed_here(runs: Sequence[MergeRun]) -> Iterator[str]:
    for deed, words in (("cancel", "cancel {} in Tandem"), ("delete", "remove {} from Tandem")):
        if number := sum(run.counts.get(f"local_{deed}", 0) for run in runs):
            yield words.format(counted(number, "record"))


def _sends(runs: Sequence[MergeRun]) -> Iterator[str]:
    words = {"create": "new record", "update": "update", "cancel": "cancellation", "delete": "removal"}
    for deed, name in words.items():
        if number := sum(run.counts.get(f"sis_{deed}", 0) for run in runs):
            yield counted(number, name)
