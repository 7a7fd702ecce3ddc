"""The integration status of sections: facts from the rows, in a constant number of queries, and the answer.

Whatever a section waits for, what the SIS said and what its crosslists met: one answer (see `status_rules`).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from integration.standing import Standing
from integration.status_facts import Group, group_facts, groups_of, section_facts
from integration.status_rules import SEVERITY, Reason, RecordFacts, State, reasons_of, state_of
from integration.status_words import say
from scheduling.models import Section


def answer(section_id: int, records: Sequence[RecordFacts], *, zone: dt.tzinfo) -> dict[str, Any]:
    """The document of CONTRACT.md, from the facts of a section (first) and of its groups. Pure.

    A group is only mentioned where something of it is wrong or on its way; the worst reason gives the state.
    """
    own = records[0]
    reasons = _reasons(records)
    said = [say(one, zone) for one in reasons]
    return {
        "section": section_id,
        "state": state_of(reasons[0].code).value,
        "headline": said[0].headline,
        "at": own.synced_at.astimezone(zone).isoformat() if own.synced_at else None,
        "reasons": [
            {
                "code": reason.code.value,
                "message": words.message,
                "field": words.field or None,
                "who": words.who or None,
                "conflict": reason.dispute.conflict if reason.dispute else None,
            }
            for reason, words in zip(reasons, said, strict=True)
        ],
    }


def _reasons(records: Sequence[RecordFacts]) -> list[Reason]:
    """Those of a section (first) and what is wrong or on its way with its groups, the worst first."""
    own, *groups = records
    reasons = list(reasons_of(own))
    for group in groups:
        reasons += [one for one in reasons_of(group) if state_of(one.code) is not State.SYNCED]
    return sorted(reasons, key=lambda one: SEVERITY[state_of(one.code)])


def status_of_sections(section_ids: Sequence[int], standing: Standing) -> dict[int, dict[str, Any]]:
    """Section id -> the status document; unknown ids are left out."""
    zone = timezone.get_default_timezone()
    facts = facts_of_sections(section_ids, standing)
    return {pk: answer(pk, records, zone=zone) for pk, records in facts.items()}


def facts_of_sections(section_ids: Sequence[int], standing: Standing) -> dict[int, list[RecordFacts]]:
    """Section id -> the facts of the section (first) and of its groups, in two queries."""
    own = section_facts(Section.objects.filter(pk__in=section_ids).order_by("id"), standing)
    groups = _by_member(group_facts(groups_of(own), standing))
    return {pk: [own[pk], *groups.get(pk, ())] for pk in section_ids if pk in own}


def _by_member(groups: Mapping[int, Group]) -> dict[int, list[RecordFacts]]:
    """Section id -> the facts of its groups, in their order."""
    found = defaultdict(list)
    for group in groups.values():
        for member in group.members:
            found[member].append(group.facts)
    return found
