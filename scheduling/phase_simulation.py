"""What somebody may do in a term at a moment, and what the next switch changes."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from phases.policy import Actor, Decision
from phases.rules import ACTION_WORDS, PhaseRules
from phases.timeline import Timeline
from phases.wording import moment_words
from scheduling.domain.fields import Catalogue
from scheduling.may_edit import MayEdit, may_edit
from scheduling.models import Section, Term
from scheduling.timeline_picture import DEFAULTS


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A field or an action: may one, and the sentence that says why."""

    label: str
    is_allowed: bool
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What opens or closes at the next switch."""

    label: str
    opens: bool
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulation:
    """The answer. `until`: where the phase ends, in words; `following`: the phase of the next switch.

    `turns` None: no switch is set after this moment.
    """

    phase: str
    until: str
    fields: Sequence[Line]
    actions: Sequence[Line]
    following: str
    turns: Sequence[Turn] | None

    @property
    def open_count(self) -> int:
        """How many fields may be edited."""
        return sum(one.is_allowed for one in self.fields)


def simulate(
    actor: Actor,
    term: Term,
    timeline: Timeline,
    *,
    at: dt.datetime,
    section: Section | None,
    fields: Catalogue,
    zone: dt.tzinfo,
) -> Simulation:
    """What `actor` may in `term` at `at`, in `section` (with its course) or somewhere in the schedule."""
    now = may_edit(actor, term, at=at, section=section)
    later = next(iter(timeline.after(at)), None)
    turns: list[Turn] | None = None
    if later is not None and later.start is not None:
        turns = list(_turns(now, may_edit(actor, term, at=later.start, section=section), fields))
    return Simulation(
        phase=now.phase or DEFAULTS,
        until=moment_words(now.until, zone) if now.until else "",
        fields=[_line(one.label, now.fields[one.name]) for one in fields],
        actions=[_line(words.capitalize(), now.actions[action]) for action, words in ACTION_WORDS.items()],
        following=_name(later.phase) if later else "",
        turns=turns,
    )


def _turns(now: MayEdit, then: MayEdit, fields: Catalogue) -> Iterable[Turn]:
    asked = [(one.label, now.fields[one.name], then.fields[one.name]) for one in fields]
    asked += [
        (words.capitalize(), now.actions[action], then.actions[action])
        for action, words in ACTION_WORDS.items()
    ]
    for label, was, will in asked:
        if was.is_allowed is not will.is_allowed:
            yield Turn(label=label, opens=will.is_allowed, reason=will.reason)


def _line(label: str, decision: Decision) -> Line:
    return Line(label=label, is_allowed=decision.is_allowed, reason=decision.reason)


def _name(phase: PhaseRules | None) -> str:
    return DEFAULTS if phase is None else phase.name
