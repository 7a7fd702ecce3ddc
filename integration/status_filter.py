"""The sections in some integration states, found without loading those that are plainly in step.

Where many may be apart the database works the states out (`status_expression`). One fact is no column: if
a field differs from what both sides agreed on and may be sent. The rows say of which sections this can be
asked, those edited since and not tried yet; only they are loaded and compared.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from django.db.models import Q, QuerySet

from integration.models import Conflict, LinkState
from integration.sis.port import MergeType
from integration.standing import Standing
from integration.status import facts_by_member, state_of_section
from integration.status_expression import NOTHING, Known, may_be_apart, with_state
from integration.status_facts import MAY_DIFFER, Group, group_facts, import_issues, section_facts
from integration.status_rules import Channel, State, state_of_record
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

    A constant number of queries, however many sections. The columns alone tell which may be apart from the
    SIS. As a rule these are few: they are looked at one by one, and `standing` keeps their facts for the page
    that tells them. Where they are many, the database goes through all.
    """
    groups = Relationship.objects.filter(term=term, kind__in=standing.able.relationship_kinds).order_by("id")
    apart = groups.filter(may_be_apart(_known(MergeType.RELATIONSHIPS, term, standing)) | EDITED)
    groups_apart = group_facts(apart, standing)
    standing.groups = facts_by_member(groups_apart)
    known = _known(MergeType.SECTIONS, term, standing)
    members = RelationshipMember.objects.filter(relationship__in=apart.order_by()).order_by()
    near = may_be_apart(known) | EDITED | Q(pk__in=members.values("section"))
    # In an order without an index, or the database goes for the first rows through all of them, one by one.
    own = section_facts(sections.filter(near).order_by("link__synced_at")[: FEW + 1], standing)
    if len(own) > FEW:
        edited = section_facts(sections.filter(EDITED), standing)
        unsent = [pk for pk, facts in edited.items() if facts.unsent]
        told = with_state(
            sections, replace(known, unsent=unsent), near=near, at_best=_at_best(groups_apart.values())
        )
        return told.filter(sync_state__in=states)
    standing.facts |= {pk: [facts, *standing.groups.get(pk, ())] for pk, facts in own.items()}
    found = {pk: state_of_section(standing.facts[pk]) for pk in own}
    if State.SYNCED in states:
        return sections.exclude(pk__in=[pk for pk, state in found.items() if state not in states])
    return sections.filter(pk__in=[pk for pk, state in found.items() if state in states])


def _at_best(groups: Iterable[Group]) -> Mapping[State, Collection[int]]:
    """State -> the sections that a group puts into it."""
    found: dict[State, set[int]] = defaultdict(set)
    for group in groups:
        found[state_of_record(group.facts)].update(group.members)
    return found


def _known(kind: MergeType, term: str, standing: Standing) -> Known:
    """What is known beside the rows of one type; no query is made here."""
    channel = standing.channels.get((kind.value, term), Channel())
    issues = import_issues([] if channel.last_import is None else [channel.last_import])
    conflicts = Conflict.objects.filter(link__term=term, status=Conflict.Status.OPEN).order_by()
    return Known(
        channel=channel,
        now=standing.now,
        refused=issues.order_by().values("record"),
        held=conflicts.values("link"),
        held_whole=conflicts.filter(field="").values("link"),
        is_cancelled=Q(status=Section.Status.CANCELLED) if kind is MergeType.SECTIONS else NOTHING,
    )
