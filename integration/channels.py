"""How far settings, switches and safeguards let each type of some terms go now, in one query."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db.models import F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone

from integration.models import MergeRun, MergeState, Plan, SiteOffer
from integration.settings import MergeSettings, active_versions, usable
from integration.sis.port import SENDABLE_TYPES, MergeType
from integration.status_rules import Channel
from phases.json_rows import json_rows
from scheduling.domain.fields import Catalogue
from scheduling.models import CustomField, Term
from scheduling.selectors import catalogue_with

Channels = Mapping[tuple[str, str], Channel]
"""(type, term code) -> how far it may go."""
FIELD = ("name", "label", "kind", "choices", "can_be_sent", "position")
SWITCH = ("id", "until", "is_sending", "is_nightly", "is_real_time")


def load_channels(terms: Iterable[str], settings: MergeSettings, *, now: dt.datetime) -> Channels:
    """The channels of both sendable types for the terms with these codes."""
    rows = _terms(Term.objects.filter(pk__in=terms)).values(json=JSONObject(**{name: name for name in NAMES}))
    return _channels([row["json"] for row in rows], settings, now=now)


class Rules(NamedTuple):
    """What holds now. `offers`: site -> what it last said that it offers; `fields`: the section fields."""

    settings: MergeSettings
    channels: Channels
    offers: Mapping[str, Any]
    fields: Catalogue


def load_rules(*, now: dt.datetime) -> Rules:
    """The active settings (see `settings.usable`), every term's channels, offers and fields; in one query."""
    version = (
        active_versions()
        .annotate(
            terms=json_rows(_terms(Term.objects.all()), *NAMES),
            offers=json_rows(SiteOffer.objects.all(), "site", "offer"),
            fields=json_rows(CustomField.objects.all(), *FIELD),
        )
        .first()
    )
    settings = usable(version)
    if version is None:
        channels = load_channels(Term.objects.values_list("pk", flat=True), settings, now=now)
        offers, fields = SiteOffer.objects.values("site", "offer"), CustomField.objects.values(*FIELD)
    else:
        channels = _channels(version.terms, settings, now=now)
        offers, fields = version.offers, version.fields
    return Rules(
        settings=settings,
        channels=channels,
        offers={one["site"]: one["offer"] for one in offers},
        fields=catalogue_with(CustomField(**one) for one in fields),
    )


def _terms(terms: QuerySet[Term]) -> QuerySet[Any]:
    """The terms with the columns `NAMES`."""
    for kind in SENDABLE_TYPES:
        switch = FilteredRelation("switches", condition=Q(switches__merge_type=kind.value))
        terms = terms.alias(**{_switch(kind): switch}).annotate(
            **{name: F(f"{_switch(kind)}__{column}") for name, column in _switched(kind).items()},
            **{
                _pause(kind): Subquery(_pauses(kind)),
                _plan(kind): Subquery(_plans(kind)),
                _import(kind): Subquery(_imports(kind)),
            },
        )
    return terms.order_by()


def _channels(rows: Iterable[Mapping[str, Any]], settings: MergeSettings, *, now: dt.datetime) -> Channels:
    today = timezone.localdate(now)
    return {
        (kind.value, row["code"]): _channel(kind, row, settings=settings, today=today)
        for row in rows
        for kind in SENDABLE_TYPES
    }


def _switched(kind: MergeType) -> dict[str, str]:
    """Name in the row -> column of the switch."""
    return {f"{kind.value}_{column}": column for column in SWITCH}


def _switch(kind: MergeType) -> str:
    return f"{kind.value}_switch"


def _pause(kind: MergeType) -> str:
    return f"{kind.value}_pause"


def _plan(kind: MergeType) -> str:
    return f"{kind.value}_plan"


def _import(kind: MergeType) -> str:
    return f"{kind.value}_import"


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


def _imports(kind: MergeType) -> QuerySet[MergeRun, int]:
    """The last import of a type that carried a plan out, in the outer query's term."""
    runs = MergeRun.objects.filter(
        term=OuterRef("pk"), merge_type=kind.value, is_dry_run=False, plan__isnull=False
    ).exclude(trigger=MergeRun.Trigger.REAL_TIME)  # it reads single records, not what the SIS lists
    return runs.order_by("-id").values_list("pk", flat=True)[:1]


def _channel(kind: MergeType, row: Mapping[str, Any], *, settings: MergeSettings, today: dt.date) -> Channel:
    """The channel of one type in the term of a row, in which JSON holds the dates as text."""
    switch = {column: row[name] for name, column in _switched(kind).items()}
    is_on = switch["id"] is not None
    end = dt.date.fromisoformat(switch["until"] or row["end_date"])  # `settings.is_over`
    return Channel(
        type_name=kind.value,
        term=row["name"] or row["code"],
        code=row["code"],
        is_type_on=settings.of(kind).is_enabled,
        is_term_there=row["is_active"],
        is_term_on=is_on,
        switch_over=end if is_on and end < today else None,
        is_sending=bool(switch["is_sending"]),
        is_nightly=bool(switch["is_nightly"]),
        is_real_time=bool(switch["is_real_time"]),
        pause=row[_pause(kind)] or "",
        plan=row[_plan(kind)],
        last_import=row[_import(kind)],
    )


NAMES = (
    *("code", "name", "is_active", "end_date"),
    *(name for kind in SENDABLE_TYPES for name in _switched(kind)),
    *(of(kind) for kind in SENDABLE_TYPES for of in (_pause, _plan, _import)),
)
"""What is read of each term."""
