"""How far settings, switches and safeguards let each type of some terms go now, in two queries."""

import datetime as dt
from collections.abc import Collection, Mapping

from django.db.models import OuterRef, QuerySet, Subquery
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
    found = Term.objects.filter(pk__in=terms).annotate(
        **{_pause(kind): Subquery(_pauses(kind)) for kind in SENDABLE_TYPES},
        **{_plan(kind): Subquery(_plans(kind)) for kind in SENDABLE_TYPES},
    )
    switches = {
        (one.merge_type, one.term_id): one for one in TermSwitch.objects.filter(term__in=terms).order_by("id")
    }
    today = timezone.localdate(now)
    return {
        (kind.value, term.pk): _channel(
            kind,
            term,
            settings=settings,
            switch=switches.get((kind.value, term.pk)),
            pause=getattr(term, _pause(kind)) or "",
            plan=getattr(term, _plan(kind)),
            today=today,
        )
        for term in found
        for kind in SENDABLE_TYPES
    }


def _pause(kind: MergeType) -> str:
    return f"{kind.value}_pause"


def _plan(kind: MergeType) -> str:
    return f"{kind.value}_plan"


def _pauses(kind: MergeType) -> QuerySet[MergeState, str]:
    """Why sending of a type is paused in the outer query's term."""
    states = MergeState.objects.filter(term=OuterRef("pk"), merge_type=kind.value)
    return states.values_list("pause_reason", flat=True)[:1]


def _plans(kind: MergeType) -> QuerySet[Plan, int]:
    """The newest plan of a type that waits for approval in the outer query's term."""
    waiting = Plan.objects.filter(
        term=OuterRef("pk"), merge_type=kind.value, status=Plan.Status.NEEDS_APPROVAL
    )
    return waiting.order_by("-id").values_list("pk", flat=True)[:1]


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
        is_nightly=switch is not None and switch.is_nightly,
        is_real_time=switch is not None and switch.is_real_time,
        pause=pause,
        plan=plan,
    )
