"""How far settings, switches and safeguards let each type of some terms go now, in four queries."""

import datetime as dt
from collections.abc import Collection, Mapping

from django.utils import timezone

from integration.models import MergeState, Plan, TermSwitch
from integration.settings import MergeSettings, is_over
from integration.sis.port import SENDABLE_TYPES, MergeType
from integration.status_rules import Channel
from scheduling.models import Term

Channels = Mapping[tuple[str, str], Channel]
"""(type, term code) -> how far it may go."""


def load_channels(terms: Collection[str], settings: MergeSettings, *, now: dt.datetime) -> Channels:
    """The channels of both sendable types for the terms with these codes."""
    found = Term.objects.in_bulk(terms)
    switches = {
        (one.merge_type, one.term_id): one for one in TermSwitch.objects.filter(term__in=terms).order_by("id")
    }
    states = MergeState.objects.filter(term__in=terms).order_by("id")
    pauses = {(one.merge_type, one.term_id): one.pause_reason for one in states}
    waiting = Plan.objects.filter(term__in=terms, status=Plan.Status.NEEDS_APPROVAL).order_by("id")
    plans = {(one.merge_type, one.term_id): one.pk for one in waiting}
    today = timezone.localdate(now)
    return {
        (kind.value, code): _channel(
            kind,
            term,
            settings=settings,
            switch=switches.get((kind.value, code)),
            pause=pauses.get((kind.value, code), ""),
            plan=plans.get((kind.value, code)),
            today=today,
        )
        for kind in SENDABLE_TYPES
        for code, term in found.items()
    }


def _channel(
    kind: MergeType,
    term: Term,
    *,
    settings: MergeSettings,
    switch: TermSwitch | None,
    pause: str,
    plan: int | None,
    today: dt.date,
) -> Channel:
    has_ended = switch is not None and is_over(switch, term, today=today)
    return Channel(
        type_name=kind.value,
        term=str(term),
        code=term.pk,
        is_type_on=settings.of(kind).is_enabled,
        is_term_there=term.is_active,
        is_term_on=switch is not None,
        switch_over=(switch.until or term.end_date) if switch is not None and has_ended else None,
        is_sending=switch is not None and switch.is_sending,
        is_real_time=switch is not None and switch.is_real_time,
        pause=pause,
        plan=plan,
    )
