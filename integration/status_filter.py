"""The sections in some integration states, found by the database (`status_expression`).

One fact is no column: whether a field differs from what both sides agreed on and may be sent. The rows say
of which sections this can be asked, those edited since and not tried yet; only they are loaded and compared.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from django.db.models import F, Q, QuerySet

from integration.channels import Channels, load_channels
from integration.models import Conflict, LinkState
from integration.settings import MergeSettings
from integration.sis.port import SENDABLE_TYPES, Capabilities, MergeType
from integration.status import configured_capabilities, usable_settings
from integration.status_expression import NOTHING, Known, may_be_apart, with_state
from integration.status_facts import (
    Source,
    group_sources,
    import_issues,
    last_imports,
    section_sources,
)
from integration.status_rules import State
from scheduling.models import Relationship, RelationshipMember, Section

FEW = 5000
EDITED = Q(
    ~Q(link__agreed_version=F("version")),
    Q(link__outbound__isnull=True) | Q(link__outbound__error_class=""),
    link__baseline__isnull=False,
    link__state__in=[LinkState.LINKED, LinkState.MISSING_IN_SIS],
)
"""Records whose version is not the agreed one, and which no attempt has met anything with."""
Held = Mapping[int, Collection[str]]
"""Link -> its fields with an open conflict; blank: the whole record."""


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
    held = _held(code)
    known = _known(term, held)
    of_groups = replace(known[MergeType.RELATIONSHIPS], unsent=_unsent_groups(term, groups, held))
    group_states = _states_of_members(groups, of_groups)
    own = known[MergeType.SECTIONS]
    return _narrowed(sections, states, term=term, known=own, held=held, group_states=group_states)


def _narrowed(
    sections: QuerySet[Section],
    states: Collection[str],
    *,
    term: _Term,
    known: Known,
    held: Held,
    group_states: Mapping[State, Collection[int]],
) -> QuerySet[Section]:
    """Those of `sections` in one of `states`. Where few may be out of step, as a rule, they are named by id.

    A list asks twice, for the count and for a page: so all rows are gone through once, and the states are
    worked out for few of them, once.
    """
    candidates = sections.filter(may_be_apart(known, group_states) | EDITED).order_by()
    near = list(candidates.values_list("pk", flat=True)[: FEW + 1])
    are_few = len(near) <= FEW
    scope = sections.filter(pk__in=near) if are_few else sections
    own = section_sources(scope.filter(EDITED), term.settings, term.able)
    known = replace(known, unsent=_having_some(own, held))
    told = with_state(scope, known, at_best=group_states)
    if not are_few:
        return told.filter(sync_state__in=states)
    found = list(told.order_by().values_list("pk", F("sync_state")))
    if State.SYNCED in states:
        return sections.exclude(pk__in=[pk for pk, state in found if state not in states])
    return sections.filter(pk__in=[pk for pk, state in found if state in states])


def _held(code: str) -> Held:
    open_ones = Conflict.objects.filter(link__term=code, status=Conflict.Status.OPEN).order_by()
    held = defaultdict(set)
    for link, field in open_ones.values_list("link_id", "field"):
        held[link].add(field)
    return held


def _known(term: _Term, held: Held) -> Mapping[MergeType, Known]:
    """What is known beside the rows: no more than what is wrong is loaded, in one query."""
    issues = import_issues(last_imports([one.value for one in SENDABLE_TYPES], [term.code]))
    refused = defaultdict(set)
    for kind, record in issues.values_list("run__merge_type", "record"):
        refused[kind].add(record)
    absent = RelationshipMember.objects.filter(section__sis_id__isnull=True, term=term.code).order_by()
    is_cancelled = Q(status=Section.Status.CANCELLED)
    is_waiting = Q(pk__in=absent.values("relationship"))
    return {
        kind: Known(
            channel=term.channels[kind.value, term.code],
            now=term.now,
            refused=refused[kind.value],
            held=frozenset(held),
            held_whole={link for link, fields in held.items() if "" in fields},
            is_cancelled=is_cancelled if kind is MergeType.SECTIONS else NOTHING,
            is_waiting=is_waiting if kind is MergeType.RELATIONSHIPS else NOTHING,
        )
        for kind in SENDABLE_TYPES
    }


def _states_of_members(groups: QuerySet[Relationship], known: Known) -> Mapping[State, Collection[int]]:
    """State -> the members of groups in it; groups in step put nobody anywhere. One query."""
    found = defaultdict(list)
    rows = with_state(groups, known).filter(may_be_apart(known), members__isnull=False)
    for section, state in rows.values_list("members__section_id", F("sync_state")):
        if state != State.SYNCED:
            found[State(state)].append(section)
    return found


def _unsent_groups(term: _Term, groups: QuerySet[Relationship], held: Held) -> Collection[int]:
    """The groups with something that may be sent, among those of which the rows alone cannot tell it."""
    members = RelationshipMember.objects.filter(relationship__in=groups.filter(EDITED)).order_by()
    sources = group_sources(set(members.values_list("section_id", flat=True)), term.settings, term.able)
    return _having_some(sources, held)


def _having_some(sources: Mapping[int, Source], held: Held) -> Collection[int]:
    """Those with something that may be sent and is not held by a conflict."""
    return [
        pk
        for pk, source in sources.items()
        if source.link and set(source.unsent).difference(held.get(source.link.pk, ()))
    ]
