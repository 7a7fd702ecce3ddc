"""Why a record waits to be sent: the rules and sentences of the integration status, for one record a row.

Takes any number of links and a constant number of queries.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone

from integration.models import Link
from integration.standing import Standing
from integration.status_facts import gone_facts, group_facts, section_facts
from integration.status_rules import (
    SEVERITY,
    Channel,
    Code,
    Reason,
    RecordFacts,
    barred,
    reasons_of,
    state_of,
)
from integration.status_words import say
from scheduling.models import Relationship, Section

SETTING = {
    Code.TYPE_OFF: "type",
    Code.TERM_OFF: "terms",
    Code.TERM_OVER: "terms",
    Code.SENDING_OFF: "terms",
    Code.REAL_TIME_OFF: "terms",
}
"""Where in Merge Settings a person can change it."""
TELLING = frozenset(
    {
        Code.UNKNOWN_OUTCOME,
        Code.WAITING_FOR_MEMBER,
        Code.TOO_FEW_MEMBERS,
        Code.MEMBER_GONE,
        Code.RECORD_LOCKED,
        Code.SIS_UNREACHABLE,
        Code.CHANGED_MEANWHILE,
        Code.AWAITING,
        Code.NUMBER_CYCLE,
        Code.MISSING_IN_SIS,
    }
)
"""The reasons whose message says more than their headline and the links beside it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WhyWaiting:
    """One reason. `setting`: the page of Merge Settings that changes it (``type``, ``terms`` or blank)."""

    code: str
    headline: str
    detail: str = ""
    conflict: int | None = None
    plan: int | None = None
    setting: str = ""


def reasons_for(links: Sequence[Link], standing: Standing) -> Mapping[int, list[WhyWaiting]]:
    """Link -> why its record stands where it stands, the worst first."""
    return {pk: _said(facts) for pk, facts in _facts(links, standing).items()}


def why_queue_waits(channel: Channel) -> WhyWaiting | None:
    """Why nothing of a type and term goes by itself; None where all of it may go at once."""
    code = barred(channel) or (None if channel.is_real_time else Code.REAL_TIME_OFF)
    return _words(Reason(code=code, record=RecordFacts(channel=channel))) if code else None


def _said(facts: RecordFacts) -> list[WhyWaiting]:
    """Without the record's name, which stands beside it."""
    reasons = sorted(reasons_of(replace(facts, name="")), key=lambda one: SEVERITY[state_of(one.code)])
    return [_words(one) for one in reasons]


def _words(reason: Reason) -> WhyWaiting:
    said = say(reason, timezone.get_default_timezone())
    channel, attempted = reason.record.channel, reason.record.attempted
    match reason.code:
        case Code.SIS_REJECTED | Code.GIVEN_UP | Code.SIS_CANNOT:
            detail = attempted.text
        case Code.PAUSED:
            detail = channel.pause
        case code:
            detail = said.message if code in TELLING else ""
    return WhyWaiting(
        code=reason.code.value,
        headline=said.headline,
        detail=detail,
        conflict=reason.dispute.conflict if reason.dispute else None,
        plan=channel.plan if reason.code is Code.PAUSED else None,
        setting=SETTING.get(reason.code, ""),
    )


def _facts(links: Collection[Link], standing: Standing) -> dict[int, RecordFacts]:
    of_section = {one.section_id: one.pk for one in links if one.section_id is not None}
    of_group = {one.relationship_id: one.pk for one in links if one.relationship_id is not None}
    sections = section_facts(Section.objects.filter(pk__in=of_section), standing)
    groups = group_facts(Relationship.objects.filter(pk__in=of_group), standing)
    found = {of_section[pk]: facts for pk, facts in sections.items()}
    found |= {of_group[pk]: group.facts for pk, group in groups.items()}
    rest = [one.pk for one in links if one.pk not in found]
    return found | gone_facts(Link.objects.filter(pk__in=rest), standing) if rest else found
