"""The sections in some integration states, found without loading those that are plainly in step.

Where many may be apart the database works the states out (`status_expression`). One fact is no column: if
a field differs from what both sides agreed on and may be sent. The rows say of which sections this can be
asked, those edited since and not tried yet; only they are loaded and compared.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Value, When

from integration.any_of import any_of
from integration.models import Conflict, LinkState
from integration.relationship_type import LOST, SMALLEST_GROUP
from integration.sis.port import MergeType
from integration.standing import Standing
from integration.status import facts_by_member, state_of_section
from integration.status_expression import NOTHING, Known, may_be_apart, with_state
from integration.status_facts import (
    MAY_DIFFER,
    group_facts,
    import_issues,
    section_facts,
    unsent_groups,
    unsent_sections,
)
from integration.status_rules import Channel, State
from scheduling.models import Relationship, RelationshipMember, Section

FEW = 300
"""Up to how many sections are looked at one by one, so that a list waits for no more than its page would."""
EDITED = MAY_DIFFER & Q(
    Q(link__outbound__isnull=True) | Q(link__outbound__error_class=""),
    link__state__in=[LinkState.LINKED, LinkState.MISSING_IN_SIS],
)
"""Records whose version is not the agreed one, and which no attempt has met anything with."""


def sections_in_states(
    sections: QuerySet[Section], states: Collection[str], standing: Standing, *, term: str
) -> QuerySet[Section]:
    """Those of `sections` (all of `term`) whose status (`status_of_sections`) is one of `states`.

    Up to five queries, however many sections. The columns alone tell which may be apart from the
    SIS. As a rule these are few: they are looked at one by one, and `standing` keeps their facts for the page
    that tells them. Where they are many, the database goes through all.
    """
    groups = Relationship.objects.filter(term=term, kind__in=standing.able.relationship_kinds).order_by("id")
    apart = groups.filter(may_be_apart(_known(MergeType.RELATIONSHIPS, term, standing)) | EDITED)
    members = RelationshipMember.objects.filter(relationship__in=apart.order_by()).order_by()
    known = _known(MergeType.SECTIONS, term, standing)
    is_grouped = Q(pk__in=members.values("section"))
    near = may_be_apart(known) | EDITED | is_grouped
    flag = Case(When(is_grouped, then=Value(True)), default=Value(False))
    # In an order without an index, or the database goes for the first rows through all of them, one by one.
    few = dict(sections.filter(near).order_by("link__synced_at").values_list("pk", flag)[: FEW + 1])
    if len(few) > FEW:
        known = replace(known, unsent=unsent_sections(sections.filter(EDITED), standing))
        told = with_state(sections, known, near=near, at_best=_at_best(groups, standing, term=term))
        # Settled here: the rules are worked out once, and the database knows how many it puts in order.
        is_found = Case(When(sync_state__in=states, then=Value(True)), default=Value(False))
        rows = told.order_by().values_list(is_found).annotate(ids=ArrayAgg("pk"))
        ids: Mapping[bool, Sequence[int]] = {True: [], False: []} | dict(rows)
        is_most = len(ids[True]) > len(ids[False])
        return sections.exclude(any_of(ids[False])) if is_most else sections.filter(any_of(ids[True]))
    grouped = [pk for pk, is_in_one in few.items() if is_in_one]
    groups_apart = apart.filter(members__section__in=grouped).distinct()
    standing.groups = facts_by_member(group_facts(groups_apart, standing)) if grouped else {}
    found = _one_by_one(sections.filter(any_of(few)), standing)
    if State.SYNCED in states:
        return sections.exclude(any_of(pk for pk, state in found.items() if state not in states))
    return sections.filter(any_of(pk for pk, state in found.items() if state in states))


def _one_by_one(sections: QuerySet[Section], standing: Standing) -> Mapping[int, State]:
    """Section -> its state, with what `standing` knows of groups; it keeps what is read."""
    own, groups = section_facts(sections, standing), standing.groups or {}
    standing.facts |= {pk: [facts, *groups.get(pk, ())] for pk, facts in own.items()}
    return {pk: state_of_section(standing.facts[pk]) for pk in own}


def _at_best(
    groups: QuerySet[Relationship], standing: Standing, *, term: str
) -> Mapping[State, Sequence[int]]:
    """State -> the sections that a group puts into it. `groups`: all of the term."""
    unsent = unsent_groups(groups.filter(EDITED), standing)
    known = replace(_known(MergeType.RELATIONSHIPS, term, standing), unsent=unsent)
    told = with_state(groups, known).order_by().annotate(state=F("sync_state"))
    rows = told.values_list(
        "state", ArraySubquery(_members(term).filter(relationship=OuterRef("pk")).values("section"))
    )
    found: dict[State, list[int]] = defaultdict(list)
    for state, ids in rows:
        found[State(state)] += ids
    return found


def _members(term: str) -> QuerySet[RelationshipMember]:
    return RelationshipMember.objects.filter(term=term).order_by()


def _groups_with(members: QuerySet[RelationshipMember]) -> Q:
    return Q(pk__in=members.values("relationship"))


def _is_unfit(term: str) -> Q:
    """Groups that are held as they are, whatever their members wait for (`status_rules._on_the_way`)."""
    members = _members(term)
    counted = members.values("relationship").annotate(number=Count("pk"))
    is_group = Q(pk__in=counted.filter(number__gte=SMALLEST_GROUP).values("relationship"))
    has_lost = _groups_with(members.filter(section__in=Section.objects.filter(LOST, term=term).order_by()))
    return ~is_group | (Q(Q(link__isnull=True) | Q(link__state=LinkState.NEW)) & has_lost)


def _known(kind: MergeType, term: str, standing: Standing) -> Known:
    """What is known beside the rows of one type; no query is made here."""
    channel, is_section = standing.channels.get((kind.value, term), Channel()), kind is MergeType.SECTIONS
    issues = import_issues([] if channel.last_import is None else [channel.last_import])
    conflicts = Conflict.objects.filter(link__term=term, status=Conflict.Status.OPEN).order_by()
    return Known(
        channel=channel,
        now=standing.now,
        refused=issues.order_by().values("record"),
        held=conflicts.values("link"),
        held_whole=conflicts.filter(field="").values("link"),
        is_cancelled=Q(status=Section.Status.CANCELLED) if is_section else NOTHING,
        is_waiting=NOTHING
        if is_section
        else _groups_with(_members(term).filter(section__sis_id__isnull=True)),
        is_unfit=NOTHING if is_section else _is_unfit(term),
    )
