"""The integration status of sections: facts from the rows, in a constant number of queries, and the answer.

Whatever a section waits for, what the SIS said and what its crosslists met: one answer (see `status_rules`).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from integration.channels import load_channels
from integration.settings import ConfigurationError, MergeSettings, active_version, read
from integration.sis.port import BadSisUrl, Capabilities
from integration.sis.registry import configured_adapter
from integration.status_facts import Surroundings, group_sources, section_sources
from integration.status_rules import RecordFacts, State, reasons_of, state_of
from integration.status_words import say
from scheduling.models import Section

SEVERITY = {state: rank for rank, state in enumerate(State)}


def answer(section_id: int, records: Sequence[RecordFacts], *, zone: dt.tzinfo) -> dict[str, Any]:
    """The document of CONTRACT.md, from the facts of a section (first) and of its groups. Pure.

    A group is only mentioned where something of it is wrong or on its way; the worst reason gives the state.
    """
    own, *groups = records
    reasons = list(reasons_of(own))
    for group in groups:
        reasons += [one for one in reasons_of(group) if state_of(one.code) is not State.SYNCED]
    reasons.sort(key=lambda one: SEVERITY[state_of(one.code)])
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


def status_of_sections(
    section_ids: Sequence[int], *, now: dt.datetime, capabilities: Capabilities | None = None
) -> dict[int, dict[str, Any]]:
    """Section id -> the status document; unknown ids are left out.

    `capabilities`: what the SIS can do, if not what the configured one declares.
    """
    settings = usable_settings()
    able = capabilities or configured_capabilities()
    own = section_sources(Section.objects.filter(pk__in=section_ids).order_by("id"), settings, able)
    groups = group_sources(own, settings, able)
    channels = load_channels({one.term for one in own.values()}, settings, now=now)
    known = Surroundings.load([*own.values(), *groups.values()], channels=channels, now=now)
    of_section: dict[int, list[RecordFacts]] = defaultdict(list)
    for group in groups.values():
        facts = known.facts(group)
        for member in group.members:
            of_section[member].append(facts)
    zone = timezone.get_default_timezone()
    return {pk: answer(pk, [known.facts(one), *of_section[pk]], zone=zone) for pk, one in own.items()}


def usable_settings() -> MergeSettings:
    """The active settings; the delivered ones where none can be read (a merge says so; reading goes on)."""
    try:
        return read(active_version())
    except ConfigurationError:
        return MergeSettings()


def configured_capabilities() -> Capabilities:
    """What the configured SIS can do; the port's defaults where none is configured (status still answers)."""
    try:
        adapter = configured_adapter()
    except BadSisUrl:
        return Capabilities(name="none")
    try:
        return adapter.capabilities
    finally:
        adapter.close()
