"""Giving the members of a crosslist what its primary has: days, times, rooms, people. All of them or none.

Every member goes through `update_section`, so that each is asked of phase, source of truth and checks. What
the members refuse is collected, and told at once.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import msgspec
from django.db import transaction

from scheduling.domain.checks import Check, Finding
from scheduling.domain.errors import ConfirmationNeeded, DomainError, InvalidValue
from scheduling.domain.fields import CROSSLIST
from scheduling.models import ChangeLog, RelationshipMember, Section
from scheduling.selectors import section_state

from .audit import Author
from .locking import check_version, locked_sections
from .sections import Saved, update_section

ALIGNED = ("meetings", "instructors")
"""The fields that can be made those of the primary."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Aligned:
    """What was done. `changed`: section id -> its fields that are new; who was as the primary is left out.

    `findings`: section id -> what the checks find in it.
    """

    changed: Mapping[int, tuple[str, ...]]
    findings: Mapping[int, tuple[Finding, ...]]


@dataclass(eq=False)
class NotAligned(DomainError):
    """Members that may not have, or cannot hold, what the primary has. `refusals`: section id -> why."""

    refusals: Mapping[int, DomainError] = field(default_factory=dict)

    code = "ACTION_REFUSED"


@transaction.atomic
def align_members(
    relationship_id: int,
    fields: Collection[str],
    *,
    author: Author,
    versions: Mapping[int, int] | None = None,
) -> Aligned:
    """Give every live member the primary's `fields` (of `ALIGNED`).

    `versions`: section id -> the version that the author saw, of all live members (None: whatever they are).
    Raises `InvalidValue` (nothing to align with), `StaleVersion`, `NotAligned`, and `ConfirmationNeeded` with
    the students of all members together.
    """
    primary, others = _members(relationship_id, versions)
    held = section_state(primary.pk).values
    changes = {name: msgspec.to_builtins(held.get(name) or []) for name in ALIGNED if name in fields}
    saved: dict[int, Saved] = {}
    refusals: dict[int, DomainError] = {}
    asked: dict[int, ConfirmationNeeded] = {}
    for one in others:
        try:
            saved[one.pk] = _aligned(one, changes, author, asked)
        except DomainError as refusal:
            refusals[one.pk] = refusal
    if refusals:
        labels = {one.pk: str(one) for one in others}
        words = " ".join(f"{labels[pk]}: {refusal.message}" for pk, refusal in refusals.items())
        raise NotAligned(words, next(iter(refusals.values())).field, refusals=refusals)
    _ask(asked, author)
    return Aligned(
        changed={pk: one.changed for pk, one in saved.items() if one.changed},
        findings={pk: _left(one.findings, changes) for pk, one in saved.items()},
    )


def _left(findings: Collection[Finding], changes: Collection[str]) -> tuple[Finding, ...]:
    """What is found once all are saved: the first of them was unlike those whose turn had not come."""
    is_alike = "meetings" in changes
    return tuple(one for one in findings if not (is_alike and one.code == Check.CROSSLIST_DISAGREES))


def _members(relationship_id: int, versions: Mapping[int, int] | None) -> tuple[Section, list[Section]]:
    """The primary and the other live members, locked: while they are, nobody changes the group either."""
    rows = RelationshipMember.objects.filter(relationship=relationship_id, kind=CROSSLIST)
    sections = locked_sections(list(rows.values_list("section_id", flat=True)))
    chosen = rows.filter(is_primary=True).values_list("section_id", flat=True).first()
    primary = sections.get(chosen or 0)
    if primary is None:
        raise InvalidValue(
            "This is no crosslist with a primary section that the others could be like.", "members"
        )
    live = [one for one in sections.values() if one.status == Section.Status.ACTIVE]
    if primary not in live:
        raise InvalidValue(f"{primary} is cancelled; choose another primary first.", "members")
    for one in live:
        check_version(
            str(one), current=one.version, seen=None if versions is None else versions.get(one.pk, 0)
        )
    return primary, [one for one in live if one != primary]


def _aligned(
    section: Section, changes: Mapping[str, object], author: Author, asked: dict[int, ConfirmationNeeded]
) -> Saved:
    """One member saved. A question about its students is noted in `asked`: they are asked about together."""
    try:
        return update_section(section.pk, changes, author=replace(author, confirmed_students=0))
    except ConfirmationNeeded as question:
        asked[section.pk] = question
        told = replace(author, confirmed_students=question.students)
        return update_section(section.pk, changes, author=told)


def _ask(asked: Mapping[int, ConfirmationNeeded], author: Author) -> None:
    """Raise one question for all members, unless the author said yes to as many students."""
    students = sum(one.students for one in asked.values())
    if author.source == ChangeLog.Source.FORM and author.confirmed_students < students:
        words = " ".join(one.message for one in asked.values())
        raise ConfirmationNeeded(words, "meetings", students=students)
