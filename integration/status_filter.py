"""The sections in some integration states, found without loading those that are plainly in step.

Where many may be apart the database works the states out (`status_expression`). One fact is no column: if
a field differs from what both sides agreed on and may be sent. The rows say of which sections this can be
asked, those edited since and not tried yet; only they are loaded and compared.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace

from django.db.models import F, Q, QuerySet

from integration.models import Conflict, LinkState
from integration.sis.port import SENDABLE_TYPES, MergeType
from integration.standing import Standing
from integration.status import facts_of_sections, state_of_section
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

FEW = 500
"""Up to how many sections are looked at one by one, so that a list waits for no more than its page would."""
EDITED = Q(
    ~Q(link__agreed_version=F("version")),
    Q(link__outbound__isnull=True) | Q(link__outbound__error_class=""),
    link__baseline__isnull=False,
    link__state__in=[LinkState.LINKED, LinkState.MISSING_IN_SIS],
)
"""Records whose version is not the agreed one, and which no attempt has met anything with."""
Held = Mapping[int, Collection[str]]
"""Link -> its fields with an open conflict; blank: the whole record."""


def sections_in_states(
    sections: QuerySet[Section], states: Collection[str], standing: Standing
) -> QuerySet[Section]:
    """Those of `sections` (all of one term) whose status (`status_of_sections`) is one of `states`.

    A constant number of queries, however many sections. The columns alone tell which may be apart from the
    SIS. As a rule these are few: they are looked at one by one, and `standing` keeps their facts for the page
    that tells them. Where they are many, the database goes through all.
    """
    code = next(iter(sections.order_by().values_list("term_id", flat=True)[:1]), None)
    if code is None:
        return sections.none()
    groups = Relationship.objects.filter(term=code, kind__in=standing.able.relationship_kinds).order_by("id")
    held = _held(code)
    known = _known(code, held, standing)
    near = list(_may_be_apart(sections, groups, known).order_by().values_list("pk", flat=True)[: FEW + 1])
    if len(near) > FEW:
        return _among_many(sections, states, groups, known, held=held, standing=standing)
    found = {pk: state_of_section(facts) for pk, facts in facts_of_sections(near, standing).items()}
    if State.SYNCED in states:
        return sections.exclude(pk__in=[pk for pk, state in found.items() if state not in states])
    return sections.filter(pk__in=[pk for pk, state in found.items() if state in states])


def _may_be_apart(
    sections: QuerySet[Section], groups: QuerySet[Relationship], known: Mapping[MergeType, Known]
) -> QuerySet[Section]:
    """All that are not synced, by themselves or by one of `groups`, and few others."""
    apart = groups.filter(may_be_apart(known[MergeType.RELATIONSHIPS]) | EDITED).order_by()
    members = RelationshipMember.objects.filter(relationship__in=apart).order_by()
    own = may_be_apart(known[MergeType.SECTIONS]) | EDITED
    return sections.filter(own | Q(pk__in=members.values("section")))


def _among_many(
    sections: QuerySet[Section],
    states: Collection[str],
    groups: QuerySet[Relationship],
    known: Mapping[MergeType, Known],
    *,
    held: Held,
    standing: Standing,
) -> QuerySet[Section]:
    """Those in one of `states`, worked out by the database."""
    of_groups = replace(known[MergeType.RELATIONSHIPS], unsent=_unsent_groups(groups, held, standing))
    edited = section_sources(sections.filter(EDITED), standing)
    own = replace(known[MergeType.SECTIONS], unsent=_having_some(edited, held))
    told = with_state(sections, own, at_best=_states_of_members(groups, of_groups))
    return told.filter(sync_state__in=states)


def _held(code: str) -> Held:
    open_ones = Conflict.objects.filter(link__term=code, status=Conflict.Status.OPEN).order_by()
    held = defaultdict(set)
    for link, field in open_ones.values_list("link_id", "field"):
        held[link].add(field)
    return held


def _known(term: str, held: Held, standing: Standing) -> Mapping[MergeType, Known]:
    """What is known beside the rows: no more than what is wrong is loaded, in one query."""
    issues = import_issues(last_imports([one.value for one in SENDABLE_TYPES], [term]))
    refused = defaultdict(set)
    for kind, record in issues.values_list("run__merge_type", "record"):
        refused[kind].add(record)
    absent = RelationshipMember.objects.filter(section__sis_id__isnull=True, term=term).order_by()
    channels = standing.channels({term})
    is_cancelled = Q(status=Section.Status.CANCELLED)
    is_waiting = Q(pk__in=absent.values("relationship"))
    return {
        kind: Known(
            channel=channels[kind.value, term],
            now=standing.now,
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


def _unsent_groups(groups: QuerySet[Relationship], held: Held, standing: Standing) -> Collection[int]:
    """The groups with something that may be sent, among those of which the rows alone cannot tell it."""
    members = RelationshipMember.objects.filter(relationship__in=groups.filter(EDITED)).order_by()
    sources = group_sources(set(members.values_list("section_id", flat=True)), standing)
    return _having_some(sources, held)


def _having_some(sources: Mapping[int, Source], held: Held) -> Collection[int]:
    """Those with something that may be sent and is not held by a conflict."""
    return [
        pk
        for pk, source in sources.items()
        if source.link and set(source.unsent).difference(held.get(source.link.pk, ()))
    ]
