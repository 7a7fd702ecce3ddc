"""Which terms are merged, as the Terms page shows it: a block for each term, a line for each of its types."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adminconsole.forms.term_switches import anchor_of, can_have
from adminconsole.term_words import FLAG_NAMES, TYPE_NAMES
from integration.coverage import TermCoverage, TypeCoverage
from integration.sis.port import TERM_TYPES, MergeType
from integration.switch_values import FLAGS, OFF, Key, Switch
from scheduling.models import Term
from scheduling.showing import day


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """One switch. `name` is blank where a type cannot have it."""

    name: str
    anchor: str
    label: str
    flag: str
    is_on: bool
    differs: bool = False

    @property
    def word(self) -> str:
        """The name of its column."""
        return FLAG_NAMES[self.flag]


@dataclass(frozen=True, kw_only=True, slots=True)
class TypeLine:
    """One type of a term. `words`: what is on or why it is off, as it stands now."""

    name: str
    label: str
    ticks: Sequence[Tick]
    until: str
    until_anchor: str
    token: str
    words: str
    is_on: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TermBlock:
    """One term. `locked`: why nothing can be turned on; `warning`: what somebody should know of its end.

    `is_past`: ended or withdrawn and off; it stands apart, without switches, unless somebody asks for them.
    """

    term: Term
    together: Sequence[Tick]
    lines: Sequence[TypeLine]
    locked: str
    note: str
    warning: str
    is_past: bool


def term_blocks(
    coverage: Sequence[TermCoverage],
    wanted: Mapping[Key, Switch],
    stands: Mapping[Key, Switch],
    *,
    today: dt.date,
) -> list[TermBlock]:
    """Every term, as somebody wants it (`wanted`) and as it stands; no query."""
    return [_block(number, one, wanted, stands, today) for number, one in enumerate(coverage)]


def _block(
    number: int,
    covered: TermCoverage,
    wanted: Mapping[Key, Switch],
    stands: Mapping[Key, Switch],
    today: dt.date,
) -> TermBlock:
    term = covered.term
    lines = [
        _line(
            number,
            term,
            merge_type,
            (wanted.get((term.pk, merge_type), OFF), stands.get((term.pk, merge_type), OFF)),
            state,
        )
        for merge_type, state in zip(TERM_TYPES, covered.types, strict=True)
    ]
    is_any = any((wanted.get((term.pk, one), OFF).is_on) for one in TERM_TYPES)
    is_over = term.is_over(today)
    return TermBlock(
        term=term,
        together=[_together(term, flag, lines, number) for flag in FLAGS],
        lines=lines,
        locked="" if term.is_active or is_any else "The SIS no longer has this term; it cannot be turned on.",
        note=f"Ends by itself on {day(term.end_date)}"
        if covered.is_on
        else f"{day(term.start_date)} to {day(term.end_date)}",
        warning=_warning(covered, stands, today=today),
        is_past=(is_over or not term.is_active) and not covered.is_on,
    )


def _warning(covered: TermCoverage, stands: Mapping[Key, Switch], *, today: dt.date) -> str:
    term = covered.term
    is_set = any(stands.get((term.pk, one), OFF).is_on for one in TERM_TYPES)
    if not term.is_active:
        return "Withdrawn by the SIS: nothing of it is merged." if is_set else ""
    if not term.is_over(today):
        return ""
    if not covered.is_on:
        return f"Ended on {day(term.end_date)}"
    days = [stands.get((term.pk, one), OFF).until for one in TERM_TYPES]
    last = max(one for one in days if one is not None)
    return f"Ended on {day(term.end_date)}, and stays on until {day(last)}"


def _line(
    number: int,
    term: Term,
    merge_type: MergeType,
    switches: tuple[Switch, Switch],
    state: TypeCoverage,
) -> TypeLine:
    mine, now = switches
    label = TYPE_NAMES[merge_type]
    return TypeLine(
        name=merge_type.value,
        label=label,
        ticks=[
            Tick(
                name=f"{flag}:{merge_type.value}:{term.pk}" if can_have(flag, merge_type) else "",
                anchor=anchor_of(number, merge_type, flag),
                label=f"{FLAG_NAMES[flag]}: {label}, {term}",
                flag=flag,
                is_on=getattr(mine, flag),
                differs=getattr(mine, flag) != getattr(now, flag),
            )
            for flag in FLAGS
        ],
        until=mine.until.isoformat() if mine.until else "",
        until_anchor=anchor_of(number, merge_type, "until"),
        token=now.token,
        words=state.words,
        is_on=state.is_on,
    )


def _together(term: Term, flag: str, lines: Sequence[TypeLine], number: int) -> Tick:
    ticks = [tick for line in lines for tick in line.ticks if tick.flag == flag and tick.name]
    what = "Sections and relationships" if len(ticks) < len(lines) else "All three"
    return Tick(
        name=f"all:{flag}:{term.pk}",
        anchor=f"t{number}-all-{flag}",
        label=f"{FLAG_NAMES[flag]}: {what}, {term}",
        flag=flag,
        is_on=all(one.is_on for one in ticks),
    )
