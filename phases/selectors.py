"""Reading the rules. The number of queries does not grow with roles, phases, terms or exemptions."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.db.models.expressions import BaseExpression
from django.utils import timezone

from phases import rules
from phases.json_rows import json_rows
from phases.models import (
    Exemption,
    Phase,
    PhaseActionRule,
    PhaseFieldRule,
    RoleFieldRule,
    RolePermission,
    TimelineEntry,
)
from phases.policy import Policy
from phases.rules import Action, Grant, Permission, PhaseRules, PolicyField, RoleRules, Rule
from phases.timeline import Period, Switch, Timeline, periods_of

ROLE = ("pk", "name", "permissions_told", "fields_told")


def institution_zone() -> dt.tzinfo:
    """The zone in which switches and exemptions are told."""
    return timezone.get_default_timezone()


def role_rules() -> dict[str, RoleRules]:
    """Every role by its code. One query."""
    rules = map(role_told, roles().values(*ROLE))
    return {one.code: one for one in rules}


def roles() -> QuerySet[Any]:
    """Every role with the columns `ROLE`."""
    found = apps.get_model("scheduling", "Role")._default_manager.order_by("pk")
    told: QuerySet[Any] = found.annotate(
        permissions_told=_rows_of(RolePermission, "role", "permission", "grant"),
        fields_told=_rows_of(RoleFieldRule, "role", "field", "rule"),
    )
    return told


def role_told(row: Mapping[str, Any]) -> RoleRules:
    """The rules of a role from its columns `ROLE`."""
    return RoleRules(
        code=row["pk"],
        name=row["name"],
        permissions={Permission(one["permission"]): Grant(one["grant"]) for one in row["permissions_told"]},
        fields={one["field"]: Rule(one["rule"]) for one in row["fields_told"]},
    )


def phase_rules(ids: Iterable[int] | None = None) -> dict[int, PhaseRules]:
    """The phases with these ids (None: all), in their order. One query."""
    wanted = phases() if ids is None else phases().filter(pk__in=set(ids))
    found = wanted.values_list(
        "pk",
        "name",
        _rows_of(PhaseFieldRule, "phase", "role_id", "field", "rule"),
        _rows_of(PhaseActionRule, "phase", "role_id", "action", "rule"),
    )
    return {
        pk: PhaseRules(
            code=pk,
            name=name,
            fields={(one["role_id"], one["field"]): Rule(one["rule"]) for one in fields},
            actions={(one["role_id"], Action(one["action"])): Rule(one["rule"]) for one in actions},
        )
        for pk, name, fields, actions in found
    }


def _rows_of(model: type[Model], owner: str, *names: str) -> Subquery:
    """The rows of `model` that belong to the outer query's record, these columns of each."""
    rows = model._default_manager.filter(**{owner: OuterRef("pk")})
    return json_rows(rows, *names)


def phases() -> QuerySet[Phase]:
    """All phases in the order of the lists."""
    return Phase.objects.order_by("position", "name")


def entries_of(term_id: str) -> QuerySet[TimelineEntry]:
    """The switches of a term in order, with their phases."""
    return TimelineEntry.objects.filter(term=term_id).select_related("phase").order_by("starts_at")


def exemptions_of(term_id: str, *, at: dt.datetime) -> QuerySet[Exemption]:
    """The exemptions of a term that hold at `at` or later, what ends first before."""
    held = Exemption.objects.filter(term=term_id, until__gt=at)
    return held.select_related("user", "section", "department", "granted_by").order_by("until", "pk")


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseNow:
    """The phase a term is in (None: the roles' defaults) and the switch that ends it (None: none is set)."""

    phase: Phase | None
    until: dt.datetime | None


def phase_now(term_id: str, *, at: dt.datetime) -> PhaseNow:
    """The phase of a term at `at`, without its rules. One query."""
    return _phase_now(list(entries_of(term_id)), at=at)


def switches_column() -> BaseExpression:
    """The switches of the outer query's term, as `phase_told` reads them."""
    entries = TimelineEntry.objects.filter(term=OuterRef("pk")).order_by("starts_at")
    return json_rows(entries, "starts_at", "phase", "phase__name", "phase__colour")


def phase_told(switches: Iterable[Mapping[str, Any]], *, at: dt.datetime) -> PhaseNow:
    """What `phase_now` says, from a `switches_column`."""
    entries = [
        TimelineEntry(
            starts_at=dt.datetime.fromisoformat(one["starts_at"]),
            phase=one["phase"]
            and Phase(pk=one["phase"], name=one["phase__name"], colour=one["phase__colour"]),
        )
        for one in switches
    ]
    return _phase_now(entries, at=at)


def _phase_now(entries: Sequence[TimelineEntry], *, at: dt.datetime) -> PhaseNow:
    phase = next((one.phase for one in reversed(entries) if one.starts_at <= at), None)
    code = None if phase is None else phase.pk
    return PhaseNow(
        phase=phase,
        until=next((one.starts_at for one in entries if one.starts_at > at and one.phase_id != code), None),
    )


def phase_name(term_id: str | None, *, at: dt.datetime) -> str:
    """The name of the phase a term is in at `at`; blank without one, and for no term."""
    phase = None if term_id is None else phase_now(term_id, at=at).phase
    return "" if phase is None else phase.name


def timelines_of(term_ids: Collection[str]) -> dict[str, Timeline]:
    """The timelines of terms, also of those without any switch. Four queries."""
    rows = list(
        TimelineEntry.objects.filter(term__in=set(term_ids))
        .order_by("starts_at")
        .values_list("term_id", "starts_at", "phase_id")
    )
    known = phase_rules({phase for _term, _at, phase in rows if phase is not None})
    switches: dict[str, list[Switch]] = {term: [] for term in term_ids}
    for term, starts_at, phase in rows:
        switches[term].append(Switch(starts_at=starts_at, phase=None if phase is None else known[phase]))
    return {term: periods_of(found) for term, found in switches.items()}


def timeline_of(term_id: str) -> Timeline:
    """The timeline of one term."""
    return timelines_of([term_id])[term_id]


def period_at(term_id: str, at: dt.datetime) -> Period:
    """The phase that the term is in at `at`, from when and until when."""
    return timeline_of(term_id).at(at)


def policies_for(
    term_ids: Collection[str],
    *,
    at: dt.datetime,
    catalogue: Iterable[PolicyField],
    user_id: int | None = None,
    roles: Mapping[str, RoleRules] | None = None,
) -> dict[str, Policy]:
    """The policies of several terms at `at`, with the exemptions of one user. Eight queries at most.

    `roles`: the rules of the roles where the caller has read them already; that saves three.
    """
    fields, roles = tuple(catalogue), role_rules() if roles is None else roles
    exemptions = _exemptions(term_ids, at, user_id)
    return {
        term: Policy(
            roles=roles,
            catalogue=fields,
            moment=at,
            zone=institution_zone(),
            period=timeline.at(at),
            later=timeline.after(at),
            exemptions=exemptions.get(term, ()),
        )
        for term, timeline in timelines_of(term_ids).items()
    }


def policy_for(
    term_id: str, *, at: dt.datetime, catalogue: Iterable[PolicyField], user_id: int | None = None
) -> Policy:
    """The policy of one term at `at`, with the exemptions of one user."""
    return policies_for([term_id], at=at, catalogue=catalogue, user_id=user_id)[term_id]


def policy_of_roles(roles: Mapping[str, RoleRules] | None = None, *, at: dt.datetime) -> Policy:
    """A policy of no term, for what is asked of roles alone: their permissions. One query.

    `roles`: the rules of the roles where the caller has read them already.
    """
    known = role_rules() if roles is None else roles
    return Policy(roles=known, catalogue=(), moment=at, zone=institution_zone())


def _exemptions(
    term_ids: Collection[str], at: dt.datetime, user_id: int | None
) -> dict[str, tuple[rules.Exemption, ...]]:
    if user_id is None:
        return {}
    found: dict[str, list[rules.Exemption]] = defaultdict(list)
    for one in Exemption.objects.filter(
        user=user_id, term__in=set(term_ids), since__lte=at, until__gt=at
    ).order_by("pk"):
        found[one.term_id].append(
            rules.Exemption(
                user_id=one.user_id,
                fields=frozenset(one.fields),
                since=one.since,
                until=one.until,
                reason=one.reason,
                section_id=one.section_id,
                department=one.department_id,
            )
        )
    return {term: tuple(held) for term, held in found.items()}
