"""What is known of sections and their groups for the integration status: rows to facts, without judging.

Every function takes any number of records and a constant number of queries.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any, NamedTuple, TypeVar

from django.db.models import Q, QuerySet

from integration.channels import Channels
from integration.fieldsets import relationship_policies, section_policies
from integration.linkstate import baseline_of
from integration.merge.policy import FieldPolicy
from integration.merge.records import Values
from integration.models import Conflict, Link, MergeRun, OutboundChange, PlanRow, RunIssue
from integration.outstanding import TOLD_ANEW
from integration.relationship_type import RelationshipType
from integration.settings_rules import PLURAL, RELATIONSHIP_FIELDS
from integration.sis.port import MergeType
from integration.standing import Standing
from integration.status_rules import (
    Attempted,
    Channel,
    Dispute,
    Hindrance,
    Presence,
    Progress,
    RecordFacts,
    Refusal,
)
from integration.wording import in_words
from scheduling.domain.fields import Catalogue
from scheduling.models import Relationship, RelationshipMember, Section
from scheduling.selectors import LABEL_COLUMNS, values_of_sections

LINK_COLUMNS = (
    *("section", "relationship", "state", "baseline", "baseline_theirs", "agreed_version"),
    *("source_hash", "synced_at", "missing_since"),
)
OUTBOUND_COLUMNS = (
    *("link", "state", "lease_until", "next_attempt_at"),
    *("error_class", "error_text", "error_words", "error_field"),
)
Record = TypeVar("Record", Section, Relationship)
TOLD_ELSEWHERE = reduce(or_, (Q(code__startswith=beginning) for beginning in TOLD_ANEW))
"""Issues that a run repeats; outbound rows and conflicts tell them as they stand now."""
UNCHANGING = (PlanRow.Action.AGREE, PlanRow.Action.MISSING)
"""Rows of a plan that change nothing anybody sees."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One record as loaded. `unsent` and `kept` name the fields that differ from what was agreed.

    `members`: section ids of a group; `waits_for`: labels of those that the SIS does not have.
    """

    merge_type: MergeType
    term: str
    name: str = ""
    link: Link | None = None
    sis_id: str = ""
    is_cancelled: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    unsent: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    members: tuple[int, ...] = ()
    waits_for: tuple[str, ...] = ()


def section_sources(sections: QuerySet[Section], standing: Standing) -> dict[int, Source]:
    """The sections themselves, by id."""
    found = {one.pk: one for one in _with_links(sections, "status")}
    links = {pk: _link(one) for pk, one in found.items()}
    fields, able = standing.fields, standing.able
    labels = _labels(fields)
    values = values_of_sections([pk for pk, one in found.items() if _may_differ(links.get(pk), one.version)])
    rules = standing.settings.of(MergeType.SECTIONS)
    usual = section_policies(fields, rules, able)
    sources = {}
    for pk, one in found.items():
        link = links.get(pk)
        sis_id = one.sis_id or ""
        policies = usual
        if sis_id in rules.overrides:
            policies = section_policies(fields, rules, able, sis_id=sis_id)
        unsent, kept = _changed(link, values[pk].values if pk in values else {}, policies)
        sources[pk] = Source(
            merge_type=MergeType.SECTIONS,
            term=one.term_id,
            link=link,
            sis_id=sis_id,
            is_cancelled=one.status == Section.Status.CANCELLED,
            labels=labels,
            unsent=unsent,
            kept=kept,
        )
    return sources


def group_sources(section_ids: Collection[int], standing: Standing) -> dict[int, Source]:
    """The groups of these sections that the SIS can hold, by id; other kinds wait for nothing."""
    settings, able = standing.settings, standing.able
    rows = RelationshipMember.objects.filter(section__in=section_ids).order_by()
    groups = Relationship.objects.filter(pk__in=rows.values("relationship"), kind__in=able.relationship_kinds)
    found = {one.pk: one for one in _with_links(groups.order_by("id"), "kind")}
    links = {pk: _link(one) for pk, one in found.items()}
    members = _members(found)
    face = RelationshipType(term="", merge_settings=settings, capabilities=able)
    values = face.ours([pk for pk, one in found.items() if _may_differ(links.get(pk), one.version)])
    labels = _labels(RELATIONSHIP_FIELDS)
    policies = relationship_policies(settings.of(MergeType.RELATIONSHIPS))
    sources = {}
    for pk, one in found.items():
        link = links.get(pk)
        unsent, kept = _changed(link, values[pk].values if pk in values else {}, policies)
        sources[pk] = Source(
            merge_type=MergeType.RELATIONSHIPS,
            term=one.term_id,
            name=f"{one.get_kind_display()} of {', '.join(member.label for member in members[pk].values())}",
            link=link,
            sis_id=one.sis_id or "",
            labels=labels,
            unsent=unsent,
            kept=kept,
            members=tuple(members[pk]),
            waits_for=tuple(member.label for member in members[pk].values() if not member.is_in_sis),
        )
    return sources


class _Member(NamedTuple):
    """A section of a group: how people call it, and whether the SIS has it."""

    label: str
    is_in_sis: bool


def _members(groups: Collection[int]) -> Mapping[int, dict[int, _Member]]:
    """Group -> section id -> the section, in one query."""
    members: dict[int, dict[int, _Member]] = defaultdict(dict)
    rows = RelationshipMember.objects.filter(relationship__in=groups).order_by(
        "relationship_id", "section_id"
    )
    label = [f"section__{name}" for name in LABEL_COLUMNS]
    for group, section, sis_id, *words in rows.values_list(
        "relationship_id", "section_id", "section__sis_id", *label
    ):
        members[group][section] = _Member(label=" ".join(words), is_in_sis=sis_id is not None)
    return members


def _with_links(records: QuerySet[Record], *names: str) -> QuerySet[Record]:
    """The records with their links and outbound rows, and of all three only what is looked at here."""
    rows = records.select_related("link__outbound")
    links = [f"link__{name}" for name in LINK_COLUMNS]
    outbound = [f"link__outbound__{name}" for name in OUTBOUND_COLUMNS]
    return rows.only("version", "sis_id", "term", *names, *links, *outbound)


def _link(record: Section | Relationship) -> Link | None:
    """The link that was loaded with the record."""
    link: Link | None = getattr(record, "link", None)
    return link


def _labels(fields: Catalogue) -> dict[str, str]:
    return {one.name: one.label for one in fields}


def _may_differ(link: Link | None, version: int) -> bool:
    return link is not None and link.baseline is not None and link.agreed_version != version


def _changed(
    link: Link | None, values: Values, policies: Sequence[FieldPolicy]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields that differ from what was agreed: those that may be sent, and those that stay here."""
    base = baseline_of(link) if link is not None and values else None
    if base is None:
        return (), ()
    differing = [
        one for one in policies if one.name in base.values and values.get(one.name) != base.ours_of(one.name)
    ]
    return (
        tuple(one.name for one in differing if one.can_send),
        tuple(one.name for one in differing if not one.can_send),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What else is known of the records: conflicts, the last import's issues, waiting plans, switches."""

    now: dt.datetime
    channels: Channels
    disputes: Mapping[int, list[Conflict]]
    issues: Mapping[tuple[str, str, str], list[RunIssue]]
    planned: frozenset[int]

    @classmethod
    def load(cls, sources: Collection[Source], standing: Standing) -> "Surroundings":
        """Of all `sources`, in three queries."""
        channels = standing.channels({one.term for one in sources})
        links = [one.link.pk for one in sources if one.link is not None]
        disputes = defaultdict(list)
        for conflict in Conflict.objects.filter(link__in=links, status=Conflict.Status.OPEN).order_by("id"):
            disputes[conflict.link_id].append(conflict)
        plans = [one.plan for one in channels.values() if one.plan is not None]
        planned = PlanRow.objects.filter(plan__in=plans, link__in=links).exclude(action__in=UNCHANGING)
        return cls(
            now=standing.now,
            channels=channels,
            disputes=disputes,
            issues=_issues(sources),
            planned=frozenset(planned.order_by().values_list("link_id", flat=True)),
        )

    def facts(self, source: Source) -> RecordFacts:
        """The facts of one record."""
        link, labels = source.link, source.labels
        disputes = self.disputes.get(link.pk, []) if link is not None else []
        held = {one.field for one in disputes}
        issues = self.issues.get((source.merge_type.value, source.term, source.sis_id), [])
        common: dict[str, Any] = {
            "name": source.name,
            "is_cancelled": source.is_cancelled,
            "unsent": tuple(labels[name] for name in source.unsent if name not in held),
            "kept": tuple(labels[name] for name in source.kept if name not in held),
            "waits_for": source.waits_for,
            "disputes": tuple(_dispute(one, labels) for one in disputes),
            "refusals": tuple(Refusal(message=one.message, field=one.field) for one in issues),
            "channel": self.channels.get((source.merge_type.value, source.term), Channel()),
        }
        if link is None:
            return RecordFacts(**common)
        row = getattr(link, "outbound", None)
        return RecordFacts(
            **common,
            presence=Presence(link.state),
            progress=self._progress(row),
            attempted=_attempted(row),
            synced_at=link.synced_at,
            is_verified=link.source_hash is not None,
            missing_since=link.missing_since,
            in_plan=link.pk in self.planned,
        )

    def _progress(self, row: OutboundChange | None) -> Progress:
        if row is None:
            return Progress.NONE
        is_left = row.state == OutboundChange.State.SENDING and (
            row.lease_until is None or row.lease_until < self.now
        )
        return Progress.WAITING if is_left else Progress(row.state)


def _attempted(row: OutboundChange | None) -> Attempted:
    if row is None:
        return Attempted()
    return Attempted(
        hindrance=Hindrance(row.error_class),
        text=row.error_text,
        words=row.error_words,
        field=row.error_field,
        next_at=row.next_attempt_at,
    )


def _dispute(conflict: Conflict, labels: Mapping[str, str]) -> Dispute:
    return Dispute(
        conflict=conflict.pk,
        is_number=conflict.kind == Conflict.Kind.NUMBER,
        field=conflict.field,
        label=labels.get(conflict.field, conflict.field),
        is_plural=conflict.field in PLURAL,
        base=in_words(conflict.base),
        ours=in_words(conflict.ours),
        theirs=in_words(conflict.theirs),
        note=conflict.note,
    )


def last_imports(types: Collection[str], terms: Collection[str]) -> QuerySet[MergeRun, int]:
    """The ids of the last import of each type and term that carried a plan out."""
    runs = (
        MergeRun.objects.filter(merge_type__in=types, term__in=terms, is_dry_run=False, plan__isnull=False)
        .exclude(trigger=MergeRun.Trigger.REAL_TIME)  # it reads single records, not what the SIS lists
        .order_by("merge_type", "term_id", "-id")
        .distinct("merge_type", "term_id")
    )
    return runs.values_list("id", flat=True)


def import_issues(runs: Collection[int] | QuerySet[MergeRun, int]) -> QuerySet[RunIssue]:
    """What these imports reported of records that they did not take, in order."""
    found = RunIssue.objects.filter(run__in=runs, is_notice=False).exclude(TOLD_ELSEWHERE)
    return found.order_by("id")


def _issues(sources: Collection[Source]) -> Mapping[tuple[str, str, str], list[RunIssue]]:
    """(type, term, SIS id) -> what the last import of that type and term reported of it; one query."""
    last = last_imports({one.merge_type.value for one in sources}, {one.term for one in sources})
    issues = import_issues(last).filter(record__in={one.sis_id for one in sources if one.sis_id})
    found = defaultdict(list)
    for issue in issues.select_related("run"):
        found[issue.run.merge_type, issue.run.term_id or "", issue.record].append(issue)
    return found
