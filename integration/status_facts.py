"""What is known of sections and their groups for the integration status: rows to facts, without judging.

Each function takes any number of records and one query.
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When

from integration.edits import EDITS_ROW, MAY_DIFFER, edits_of, with_edits
from integration.fieldsets import relationship_policies, section_policies
from integration.linkstate import agreement, edited_fields
from integration.merge.policy import FieldPolicy
from integration.models import Conflict, Link, OutboundChange, PlanRow, RunIssue
from integration.outstanding import TOLD_ANEW
from integration.relationship_type import LOST, SMALLEST_GROUP, relationship_values
from integration.settings_rules import PLURAL, RELATIONSHIP_FIELDS
from integration.sis.port import SENDABLE_TYPES, MergeType
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
from phases.json_rows import json_rows
from scheduling.models import Relationship, RelationshipMember, Section
from scheduling.selectors import LABEL_COLUMNS

Row = Mapping[str, Any]
"""One record with what `_told` reads beside it."""
LINK_COLUMNS = ("pk", "state", "synced_at", "missing_since")
OUTBOUND_COLUMNS = (
    *("state", "lease_until", "next_attempt_at"),
    *("error_class", "error_text", "error_words", "error_field"),
)
OF_LINK = {f"link_{name}": name for name in LINK_COLUMNS} | {
    f"outbound_{name}": f"outbound__{name}" for name in OUTBOUND_COLUMNS
}
"""Name in the row -> column as seen from a link."""
TOLD = (*OF_LINK, "is_verified", "is_planned", "disputes", "issues")
"""What `_told` adds to each row."""
DISPUTE = ("id", "kind", "field", "base", "ours", "theirs", "note")
NAMED = ("section_id", "section__sis_id", "is_primary")
LABEL = tuple(f"section__{name}" for name in LABEL_COLUMNS)
MEMBER = (*NAMED, "is_lost", *LABEL)
GROUP_ROW = ("id", "kind", "capacity", "members_told", "agreed")
TOLD_ELSEWHERE = reduce(or_, (Q(code__startswith=beginning) for beginning in TOLD_ANEW))
"""Issues that a run repeats; outbound rows and conflicts tell them as they stand now."""
UNCHANGING = (PlanRow.Action.AGREE, PlanRow.Action.MISSING)
"""Rows of a plan that change nothing anybody sees."""

REMOVAL = "removed in Tandem"
GROUP_LABELS = {one.name: one.label for one in RELATIONSHIP_FIELDS}


class Group(NamedTuple):
    """What is known of a group, and the ids of its sections."""

    facts: RecordFacts
    members: Sequence[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Edits:
    """The fields in which a record differs from what was agreed: those that may be sent, those that stay."""

    unsent: Sequence[str] = ()
    kept: Sequence[str] = ()


NO_EDITS = _Edits()


def section_facts(sections: QuerySet[Section], standing: Standing) -> dict[int, RecordFacts]:
    """The facts of the sections themselves, by id."""
    labels = {one.name: one.label for one in standing.fields}
    edits = _section_edits(standing)
    rows = _told(with_edits(sections), MergeType.SECTIONS, standing)
    return {
        row["id"]: _facts(
            row,
            edits(row),
            labels,
            standing.channels.get((MergeType.SECTIONS.value, row["term_id"]), Channel()),
            now=standing.now,
            is_cancelled=row["status"] == Section.Status.CANCELLED,
        )
        for row in rows.values(*EDITS_ROW, "term_id", *TOLD)
    }


def unsent_sections(sections: QuerySet[Section], standing: Standing) -> list[int]:
    """The ids of those with fields that differ from what was agreed and may be sent, held ones too."""
    edits = _section_edits(standing)
    return [row["id"] for row in with_edits(sections).values(*EDITS_ROW) if edits(row).unsent]


def group_facts(groups: QuerySet[Relationship], standing: Standing) -> dict[int, Group]:
    """Those of the groups that the SIS can hold, by id; other kinds wait for nothing."""
    edits = _group_edits(standing)
    rows = _told(_with_members(groups), MergeType.RELATIONSHIPS, standing)
    able = rows.filter(kind__in=standing.able.relationship_kinds)
    found = {}
    for row in able.values(*GROUP_ROW, "term_id", *TOLD):
        labels = {one["section_id"]: " ".join(one[name] for name in LABEL) for one in row["members_told"]}
        facts = _facts(
            row,
            edits(row),
            GROUP_LABELS,
            standing.channels.get((MergeType.RELATIONSHIPS.value, row["term_id"]), Channel()),
            now=standing.now,
            name=f"{Relationship.Kind(row['kind']).label} of {', '.join(labels.values())}",
            waits_for=tuple(
                labels[one["section_id"]] for one in row["members_told"] if one["section__sis_id"] is None
            ),
            is_too_small=len(labels) < SMALLEST_GROUP,
            lost=tuple(labels[one["section_id"]] for one in row["members_told"] if one["is_lost"]),
        )
        found[row["id"]] = Group(facts=facts, members=tuple(labels))
    return found


def gone_facts(links: QuerySet[Link], standing: Standing) -> dict[int, RecordFacts]:
    """The facts of records that are gone here, so that only their removal can wait, by link."""
    found = {}
    for merge_type in SENDABLE_TYPES:
        rows = _told(links.filter(merge_type=merge_type.value), merge_type, standing, link="")
        for row in rows.values("term_id", "removal", *TOLD):
            found[row["link_pk"]] = _facts(
                row,
                _Edits(unsent=(REMOVAL,) if row["removal"] else ()),
                {REMOVAL: REMOVAL},
                standing.channels.get((merge_type.value, row["term_id"]), Channel()),
                now=standing.now,
            )
    return found


def groups_of(section_ids: Collection[int]) -> QuerySet[Relationship]:
    """The groups that these sections are in."""
    rows = RelationshipMember.objects.filter(section__in=section_ids).order_by()
    return Relationship.objects.filter(pk__in=rows.values("relationship")).order_by("id")


def _told(
    records: QuerySet[Any], kind: MergeType, standing: Standing, *, link: str = "link__"
) -> QuerySet[Any]:
    """The records with `TOLD`. `link`: the way from a record to its link."""
    channels = [one for (named, _term), one in standing.channels.items() if named == kind.value]
    runs = [one.last_import for one in channels if one.last_import is not None]
    plans = [one.plan for one in channels if one.plan is not None]
    conflicts = Conflict.objects.filter(link=OuterRef(f"{link}pk"), status=Conflict.Status.OPEN)
    issues = import_issues(runs).filter(run__term=OuterRef("term_id"), record=OuterRef("sis_id"))
    planned = PlanRow.objects.filter(plan__in=plans, link=OuterRef(f"{link}pk"))
    told: QuerySet[Any] = records.annotate(
        **{name: F(f"{link}{column}") for name, column in OF_LINK.items()},
        is_verified=Q(**{f"{link}source_hash__isnull": False}),
        is_planned=Exists(planned.exclude(action__in=UNCHANGING)),
        disputes=json_rows(conflicts.order_by("id"), *DISPUTE),
        issues=json_rows(issues, "message", "field"),
    )
    return told


def _with_members(groups: QuerySet[Relationship]) -> QuerySet[Any]:
    """The groups with `GROUP_ROW`."""
    lost = Exists(Section.objects.filter(LOST, pk=OuterRef("section_id")))
    members = RelationshipMember.objects.filter(relationship=OuterRef("pk")).order_by("section_id")
    told = json_rows(members.annotate(is_lost=lost), *MEMBER)
    return groups.annotate(agreed=Case(When(MAY_DIFFER, then=F("link__baseline"))), members_told=told)


def _section_edits(standing: Standing) -> Callable[[Row], _Edits]:
    """Tells of a row with `EDITS_ROW` in what its section differs from what was agreed."""
    rules = standing.settings.of(MergeType.SECTIONS)
    usual = section_policies(standing.fields, rules, standing.able)

    def edits(row: Row) -> _Edits:
        names, policies, sis_id = edits_of(row), usual, row["sis_id"] or ""
        if names and sis_id in rules.overrides:
            policies = section_policies(standing.fields, rules, standing.able, sis_id=sis_id)
        return _edits(names, policies)

    return edits


def _group_edits(standing: Standing) -> Callable[[Row], _Edits]:
    """Tells of a row with `GROUP_ROW` in what its group differs from what was agreed."""
    policies = relationship_policies(standing.settings.of(MergeType.RELATIONSHIPS))

    def edits(row: Row) -> _Edits:
        if row["agreed"] is None:
            return NO_EDITS
        named = [tuple(one[name] for name in NAMED) for one in row["members_told"]]
        values = relationship_values(row["kind"], row["capacity"], named)
        return _edits(edited_fields(agreement(row["agreed"], {}), values), policies)

    return edits


def _edits(names: Collection[str], policies: Sequence[FieldPolicy]) -> _Edits:
    """The fields of these names: those that may be sent, and those that stay here."""
    if not names:
        return NO_EDITS
    differing = [one for one in policies if one.name in names]
    return _Edits(
        unsent=tuple(one.name for one in differing if one.can_send),
        kept=tuple(one.name for one in differing if not one.can_send),
    )


def _facts(
    row: Row, edits: _Edits, labels: Mapping[str, str], channel: Channel, *, now: dt.datetime, **others: Any
) -> RecordFacts:
    """The facts of one record. `others`: those that only its kind has."""
    held = {one["field"] for one in row["disputes"]}
    issues = row["issues"] or ()  # nothing was asked where nothing was imported yet
    common: dict[str, Any] = {
        **others,
        "unsent": tuple(labels[name] for name in edits.unsent if name not in held),
        "kept": tuple(labels[name] for name in edits.kept if name not in held),
        "disputes": tuple(_dispute(one, labels) for one in row["disputes"]),
        "refusals": tuple(Refusal(message=one["message"], field=one["field"]) for one in issues),
        "channel": channel,
    }
    if row["link_pk"] is None:
        return RecordFacts(**common)
    return RecordFacts(
        **common,
        presence=Presence(row["link_state"]),
        progress=_progress(row, now=now),
        attempted=_attempted(row),
        synced_at=row["link_synced_at"],
        is_verified=row["is_verified"],
        missing_since=row["link_missing_since"],
        in_plan=row["is_planned"],
    )


def _progress(row: Row, *, now: dt.datetime) -> Progress:
    state, lease = row["outbound_state"], row["outbound_lease_until"]
    if state is None:
        return Progress.NONE
    is_left = state == OutboundChange.State.SENDING and (lease is None or lease < now)
    return Progress.WAITING if is_left else Progress(state)


def _attempted(row: Row) -> Attempted:
    if row["outbound_state"] is None:
        return Attempted()
    return Attempted(
        hindrance=Hindrance(row["outbound_error_class"]),
        text=row["outbound_error_text"],
        words=row["outbound_error_words"],
        field=row["outbound_error_field"],
        next_at=row["outbound_next_attempt_at"],
    )


def _dispute(conflict: Mapping[str, Any], labels: Mapping[str, str]) -> Dispute:
    field = conflict["field"]
    return Dispute(
        conflict=conflict["id"],
        is_number=conflict["kind"] == Conflict.Kind.NUMBER,
        is_covered=conflict["kind"] == Conflict.Kind.COVERED,
        field=field,
        label=labels.get(field, field),
        is_plural=field in PLURAL,
        base=in_words(conflict["base"]),
        ours=in_words(conflict["ours"]),
        theirs=in_words(conflict["theirs"]),
        note=conflict["note"],
    )


def import_issues(runs: Collection[int]) -> QuerySet[RunIssue]:
    """What these imports reported of records that they did not take, in order."""
    found = RunIssue.objects.filter(run__in=runs, is_notice=False).exclude(TOLD_ELSEWHERE)
    return found.order_by("id")
