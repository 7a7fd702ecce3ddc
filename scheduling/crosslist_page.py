"""What the page of one group shows: its members side by side, where they differ, and its history."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from scheduling import history, history_words
from scheduling.crosslist_facts import Group, Member, groups, hidden_words
from scheduling.domain.clock import time_span
from scheduling.group_names import GROUP_FIELDS, group_names
from scheduling.integration_side import IntegrationSide
from scheduling.models import Relationship
from scheduling.pills import Pill, integration_pill
from scheduling.showing import BLANK, assignment_words, meeting_words
from scheduling.visibility import Viewer, can_see_integration_of, visible_departments


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberLine:
    """A member in words. `unlike`: the parts (times, places, people) in which it differs from the primary."""

    member: Member
    times: Sequence[str]
    places: Sequence[str]
    people: Sequence[str]
    unlike: frozenset[str] = frozenset()
    pill: Pill | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Something in which the members differ: what each of them has, the primary first."""

    label: str
    values: Sequence[tuple[Member, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupPage:
    """The group as its page shows it. `sentences`: what is worth knowing before anything else."""

    group: Group
    lines: Sequence[MemberLine]
    differences: Sequence[Difference]
    sentences: Sequence[str]
    seats: str
    shows_states: bool
    rows: history.SavedRows
    saves: Sequence[history_words.Save] = field(default_factory=tuple)


def group_seen(pk: int, actor: Viewer) -> Group | None:
    """The group, if it is there and `actor` sees any of its members."""
    found = Relationship.objects.select_related("term").filter(pk=pk).first()
    if found is None:
        return None
    (group,) = groups([found], visible_departments(actor))
    return group if group.shown else None


def group_page(
    group: Group,
    actor: Viewer,
    *,
    side: IntegrationSide | None,
    cursor: str,
    now: dt.datetime,
) -> GroupPage:
    """All that the page shows. `side`: who tells SIS states. Raises `BadCursor`."""
    is_followed = side is not None and side.is_followed(group.relationship.term_id, now=now)
    told = [
        one
        for one in group.shown
        if is_followed and can_see_integration_of(actor, one.section.course.department_id)
    ]
    ids = [one.section.pk for one in told]
    states = side.statuses(ids, now=now) if side is not None and ids else {}
    rows = history.saved_rows_of_group(group.relationship.pk, cursor=cursor)
    names = group_names(chain.from_iterable(rows.saves), visible_departments(actor))
    sees_merges = side is not None and len(told) == len(group.members)
    return GroupPage(
        group=group,
        lines=_lines(group, states),
        differences=_differences(group),
        sentences=waiting_words(group),
        seats=seats_words(group),
        shows_states=bool(states),
        rows=rows,
        saves=history_words.in_words(
            rows, GROUP_FIELDS, names, rule_words=side.rule_words if side and sees_merges else None
        ),
    )


def _lines(group: Group, states: Mapping[int, Any]) -> list[MemberLine]:
    like = group.primary or next(iter(group.live), None)
    return [_line(one, group, like, states.get(one.section.pk)) for one in group.shown]


def _line(one: Member, group: Group, like: Member | None, status: Mapping[str, Any] | None) -> MemberLine:
    mine, theirs = _parts(one, group.names), _parts(like or one, group.names)
    is_compared = group.is_crosslist and one.is_live and like is not None and like.is_live
    return MemberLine(
        member=one,
        times=mine["times"],
        places=mine["places"],
        people=mine["people"],
        unlike=frozenset(name for name in mine if is_compared and sorted(mine[name]) != sorted(theirs[name])),
        pill=None if status is None else integration_pill(status["state"]),
    )


def _parts(one: Member, names: Mapping[str, str]) -> dict[str, list[str]]:
    """The parts of a member that a crosslist shares, in words."""
    return {
        "times": [
            f"{each.days} {time_span(each.start_time, each.end_time)}".strip() or "Arranged"
            for each in one.meetings
        ],
        "places": [f"{each.building} {each.room}".strip() or "No room yet" for each in one.meetings],
        "people": _people(one, names),
    }


def _people(one: Member, names: Mapping[str, str]) -> list[str]:
    """Who teaches; that somebody alone is primary goes without saying."""
    words = [assignment_words(each, names) for each in one.team]
    return [words[0].removesuffix(" (primary)")] if len(words) == 1 else words


def _differences(group: Group) -> list[Difference]:
    """Where the live members of a crosslist that are shown differ."""
    live = [one for one in group.shown if one.is_live]
    if not group.is_crosslist or len(live) < 2:  # noqa: PLR2004  # nothing to differ from
        return []
    compared = {
        "Meetings": [(one, "; ".join(map(meeting_words, one.meetings)) or "No meetings") for one in live],
        "Instructors": [(one, ", ".join(_people(one, group.names)) or BLANK) for one in live],
    }
    return [
        Difference(label=label, values=values)
        for label, values in compared.items()
        if len({words for _one, words in values}) > 1
    ]


def waiting_words(group: Group) -> list[str]:
    """Which members are not in the SIS yet; the crosslist is sent after them."""
    named = [one.label for one in group.waiting if one.is_shown]
    hidden = len(group.waiting) - len(named)
    names = " and ".join([*named, *([hidden_words(hidden)] if hidden else [])])
    if not names:
        return []
    verb, whom = ("is", "it") if len(group.waiting) == 1 else ("are", "them")
    return [f"{names} {verb} not in the SIS yet; the crosslist is sent after {whom}."]


def seats_words(group: Group) -> str:
    """Students and seats of all members together."""
    enrolled, limit, seats = group.enrolled, group.relationship.capacity, group.seats
    students = "The SIS has not said how many are enrolled" if enrolled is None else f"{enrolled:,} enrolled"
    if group.hidden:
        students += " in the sections you see"
    if limit is None:
        together = f"; its sections have {seats:,} seats, each for itself" if seats is not None else ""
        return f"{students}; no combined capacity is set{together}."
    left = limit - (enrolled or 0)
    free = f"{-left:,} more than there are" if left < 0 else "full" if left == 0 else f"{left:,} free"
    return f"{students} on {limit:,} combined seats{f', {free}' if enrolled is not None else ''}."
