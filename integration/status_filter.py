"""The sections in some integration states, found by the database (`status_expression`).

One fact is no column: whether a field differs from what both sides agreed on and may be sent. The rows say
of which sections this can be asked, those edited since and not tried yet; only they are loaded and compared.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import F, Q, QuerySet

from integration.channels import Channels, load_channels
from integration.models import Conflict, LinkState
from integration.settings import MergeSettings
from integration.sis.port import SENDABLE_TYPES, Capabilities, MergeType
from integration.status import configured_capabilities, usable_settings
from integration.status_expression import NOTHING, Known, with_state
from integration.status_facts import (
    Source,
    Surroundings,
    group_sources,
    import_issues,
    last_imports,
    section_sources,
)
from integration.status_rules import State
from scheduling.models import Relationship, RelationshipMember, Section

FEW = 500
Record = TypeVar("Record", Section, Relationship)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Term:
    """One term with what holds for all of it."""

    code: str
    settings: MergeSettings
    able: Capabilities
    channels: Channels
    now: dt.datetime


def sections_in_states(
    sections: QuerySet[Section],
    states: Collection[str],
    *,
    now: dt.datetime,
    capabilities: Capabilities | None = None,
) -> QuerySet[Section]:
    """Those of `sections` (all of one term) whose status (`status_of_sections`) is one of `states`.

    A constant number of queries, however many sections. `capabilities`: what the SIS can do, if not what the
    configured one declares.
    """
    code = next(iter(sections.order_by().values_list("term_id", flat=True)[:1]), None)
    if code is None:
        return sections.none()
    settings = usable_settings()
    term = _Term(
        code=code,
        settings=settings,
        able=capabilities or configured_capabilities(),
        channels=load_channels({code}, settings, now=now),
        now=now,
    )
    groups = Relationship.objects.filter(term=code, kind__in=term.able.relationship_kinds).order_by("id")
    known = _known(term, _unsent(term, sections, groups))
    group_states = _states_of_members(with_state(groups, known[MergeType.RELATIONSHIPS]))
    told = with_state(sections, known[MergeType.SECTIONS], at_best=group_states)
    return _narrowed(sections, told, states)


def _narrowed(sections: QuerySet[Section], told: QuerySet[Any], states: Collection[str]) -> QuerySet[Section]:
    """Those of `sections` in one of `states`. Where few are out of step, as a rule, they are named by id.

    A list asks twice, for the count and for a page: so the states are worked out once and not twice.
    """
    apart = told.exclude(sync_state=State.SYNCED.value).order_by().values_list("pk", F("sync_state"))
    few = list(apart[: FEW + 1])
    if len(few) > FEW:
        return told.filter(sync_state__in=states)
    if State.SYNCED in states:
        return sections.exclude(pk__in=[pk for pk, state in few if state not in states])
    return sections.filter(pk__in=[pk for pk, state in few if state in states])


def _known(term: _Term, unsent: Mapping[MergeType, Collection[int]]) -> Mapping[MergeType, Known]:
    """What is known beside the rows, in three queries: no more than what is wrong is loaded."""
    runs = last_imports([one.value for one in SENDABLE_TYPES], [term.code])
    refused = defaultdict(set)
    for run, record in import_issues(runs).values_list("run_id", "record"):
        refused[runs[run][0]].add(record)
    open_ones = Conflict.objects.filter(link__term=term.code, status=Conflict.Status.OPEN).order_by()
    held = list(open_ones.values_list("link_id", "field"))
    absent = RelationshipMember.objects.filter(section__sis_id__isnull=True, term=term.code).order_by()
    is_cancelled = Q(status=Section.Status.CANCELLED)
    is_waiting = Q(pk__in=absent.values("relationship"))
    return {
        kind: Known(
            channel=term.channels[kind.value, term.code],
            now=term.now,
            refused=refused[kind.value],
            held={link for link, _field in held},
            held_whole={link for link, field in held if not field},
            unsent=unsent[kind],
            is_cancelled=is_cancelled if kind is MergeType.SECTIONS else NOTHING,
            is_waiting=is_waiting if kind is MergeType.RELATIONSHIPS else NOTHING,
        )
        for kind in SENDABLE_TYPES
    }


def _states_of_members(groups: QuerySet[Any]) -> Mapping[State, Collection[int]]:
    """State -> the members of groups in it; groups in step put nobody anywhere. One query."""
    found = defaultdict(list)
    rows = groups.exclude(sync_state=State.SYNCED.value).filter(members__isnull=False)
    for section, state in rows.values_list("members__section_id", F("sync_state")):
        found[State(state)].append(section)
    return found


def _unsent(
    term: _Term, sections: QuerySet[Section], groups: QuerySet[Relationship]
) -> Mapping[MergeType, Collection[int]]:
    """The records with something that may be sent, among those of which the rows alone cannot tell it."""
    own = section_sources(_edited(sections), term.settings, term.able)
    members = RelationshipMember.objects.filter(relationship__in=_edited(groups)).order_by()
    in_groups = group_sources(set(members.values_list("section_id", flat=True)), term.settings, term.able)
    every = [*own.values(), *in_groups.values()]
    around = Surroundings.load(every, channels=term.channels, now=term.now)

    def having_some(sources: Mapping[int, Source]) -> Collection[int]:
        return [pk for pk, source in sources.items() if around.facts(source).unsent]

    return {MergeType.SECTIONS: having_some(own), MergeType.RELATIONSHIPS: having_some(in_groups)}


def _edited(records: QuerySet[Record]) -> QuerySet[Record]:
    """Those whose version is not the agreed one, and which no attempt has met anything with."""
    return records.filter(
        ~Q(link__agreed_version=F("version")),
        Q(link__outbound__isnull=True) | Q(link__outbound__error_class=""),
        link__baseline__isnull=False,
        link__state__in=[LinkState.LINKED, LinkState.MISSING_IN_SIS],
    )
