"""The rules of `status_rules` as one database expression: the state of each record of a term.

`status_rules` says why a record stands where it stands; this says only where, for any number of records at
once. A test finds a section in every way that there is and compares the two (tests/db/campus).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When

from integration.any_of import any_of
from integration.models import Conflict, PlanRow, RunIssue
from integration.status_facts import UNCHANGING
from integration.status_rules import (
    HINDERED,
    Channel,
    Code,
    Hindrance,
    Presence,
    Progress,
    State,
    barred,
    state_of,
)

NOTHING = Q(pk__in=())
"""Holds for no record."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known beside the records' own rows, for one type and term.

    `refused`: SIS ids that the last import did not take. `held`, `held_whole`: links with an open conflict,
    and with one of the whole record. `unsent`: ids of records with fields that differ from what was agreed
    and may be sent. `is_cancelled`: which are cancelled; `is_waiting`: which wait for a member;
    `is_unfit`: which cannot go as they are.
    """

    channel: Channel
    now: dt.datetime
    refused: QuerySet[RunIssue, Any]
    held: QuerySet[Conflict, Any]
    held_whole: QuerySet[Conflict, Any]
    unsent: Sequence[int] = ()
    is_cancelled: Q = NOTHING
    is_waiting: Q = NOTHING
    is_unfit: Q = NOTHING


def with_state(
    records: QuerySet[Any],
    known: Known,
    *,
    near: Q | None = None,
    at_best: Mapping[State, Sequence[int]] | None = None,
) -> QuerySet[Any]:
    """`records` (of one type and term) with their state as alias ``sync_state``; no query is made here.

    `near`: holds for all that are not synced (None: for each of them), so that the rules are worked out for
    no others; `at_best`: ids of those that something else puts into that state, if their own is not worse.
    """
    rules, more = _rules(known), at_best or {}
    told: QuerySet[Any] = records.alias(
        _is_near=Case(When(near, then=Value(True)), default=Value(False)) if near else Value(True),
        sync_state=Case(
            When(_is_near=False, then=Value(State.SYNCED.value)),
            *(
                When(rules[state] | _one_of(more.get(state, ())), then=Value(state.value))
                for state in State
                if state is not State.SYNCED
            ),
            default=Value(State.SYNCED.value),
            output_field=CharField(),
        ),
    )
    return told


def may_be_apart(known: Known) -> Q:
    """Holds for every record that is not synced by itself, but for those edited here, and for few others.

    Each rule below needs one of these, or a field that differs.
    """
    moving = (Progress.SENDING, Progress.AWAITING, Progress.PARKED)
    return (
        Q(link__isnull=True)
        | ~Q(link__state__in=[one.value for one in (Presence.LINKED, Presence.RETIRED, Presence.ARCHIVED)])
        | Q(link__outbound__state__in=[one.value for one in moving])
        | Q(link__outbound__error_class__gt="")
        | Q(link__in=known.held)
        | Q(sis_id__in=known.refused)
        | _planned(known)
    )


def _rules(known: Known) -> Mapping[State, Q]:
    """State -> what puts a record into it, if nothing worse does. Whatever is in none is synced."""
    is_open = ~_presence(Presence.RETIRED, Presence.ARCHIVED)
    is_parked = Q(link__outbound__state=Progress.PARKED.value)
    has_something = _has_something(known)
    moves = is_open & ~is_parked & has_something
    rests = is_open & ~is_parked & ~has_something
    on_the_way = _on_the_way(known)
    return {
        State.REJECTED: Q(sis_id__in=known.refused) | (is_open & is_parked & ~_linked(known.held_whole)),
        State.HELD: _linked(known.held) | (rests & _planned(known)) | (moves & on_the_way[State.HELD]),
        State.NOT_SYNCED: (is_open & _presence(Presence.MISSING_IN_SIS))
        | (_presence(Presence.NEW) & known.is_cancelled)
        | (moves & on_the_way[State.NOT_SYNCED]),
        State.ON_ITS_WAY: moves,
    }


def _one_of(ids: Sequence[int]) -> Q:
    return any_of(ids) if ids else NOTHING


def _linked(links: QuerySet[Conflict, Any]) -> Q:
    return Q(link__in=links)


def _planned(known: Known) -> Q:
    if known.channel.plan is None:
        return NOTHING
    rows = PlanRow.objects.filter(plan=known.channel.plan, link=OuterRef("link__pk"))
    return Q(Exists(rows.exclude(action__in=UNCHANGING)))


def _has_something(known: Known) -> Q:
    """`status_rules._has_something`."""
    is_in_both = _presence(Presence.LINKED, Presence.MISSING_IN_SIS)
    was_tried = _is_sent(known) | ~_met(Hindrance.NONE)
    return (
        (_presence(Presence.NEW) & ~known.is_cancelled)
        | _presence(Presence.CREATING, Presence.UNKNOWN_OUTCOME)
        | (is_in_both & (_one_of(known.unsent) | was_tried))
    )


def _on_the_way(known: Known) -> Mapping[State, Q]:
    """`status_rules._on_the_way`: what keeps a record that moves, where that is worse than moving."""
    is_sent = _is_sent(known)
    closed = barred(known.channel)
    if closed is not None:
        return {state: ~is_sent if state is state_of(closed) else NOTHING for state in _WORSE}
    is_unknown = _presence(Presence.CREATING, Presence.UNKNOWN_OUTCOME)
    is_tried = ~is_sent & ~known.is_waiting & (~is_unknown | ~_met(Hindrance.NONE))
    codes = {
        hindrance: Code.REAL_TIME_OFF if code is Code.QUEUED and not known.channel.is_real_time else code
        for hindrance, code in HINDERED.items()
    }
    held, not_synced = (
        is_tried & _met(*(one for one, code in codes.items() if state_of(code) is state)) for state in _WORSE
    )
    # What is unfit is held whatever it met: the worse state is asked first.
    return {State.HELD: held | (~is_sent & known.is_unfit), State.NOT_SYNCED: not_synced}


_WORSE = (State.HELD, State.NOT_SYNCED)


def _is_sent(known: Known) -> Q:
    """Being sent or not confirmed yet; a claim that somebody left counts as waiting (`status_facts`)."""
    is_claimed = Q(link__outbound__state=Progress.SENDING.value, link__outbound__lease_until__gte=known.now)
    return Q(link__outbound__state=Progress.AWAITING.value) | is_claimed


def _presence(*ones: Presence) -> Q:
    found = Q(link__state__in=[one.value for one in ones])
    return found | Q(link__isnull=True) if Presence.NEW in ones else found


def _met(*ones: Hindrance) -> Q:
    found = Q(link__outbound__error_class__in=[one.value for one in ones])
    return found | Q(link__outbound__isnull=True) if Hindrance.NONE in ones else found
