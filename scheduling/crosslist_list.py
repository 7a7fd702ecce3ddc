"""The crosslists and linked sections of a term as somebody asked for them: conditions, a page, the count."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat

from scheduling.crosslist_facts import Group, Member, apart, groups
from scheduling.domain.fields import CROSSLIST
from scheduling.integration_side import IntegrationSide
from scheduling.models import Relationship, RelationshipMember, Section, Term
from scheduling.paging import Ordering, page_of
from scheduling.pills import Pill, integration_pill
from scheduling.section_words import called, having_all_words
from scheduling.showing import meeting_words
from scheduling.visibility import Viewer, visible_departments, visible_sections

WORST_FIRST = ("REJECTED", "HELD", "NOT_SYNCED", "ON_ITS_WAY", "SYNCED")
PROBLEMS = {
    "apart": "Do not meet together",
    "waiting": "A member is not in the SIS yet",
    "headless": "No primary section",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """What the list is narrowed by; blank where it is not."""

    words: str = ""
    department: str = ""
    kind: str = ""
    problem: str = ""

    kinds: ClassVar = dict(Relationship.Kind.choices)
    problems: ClassVar = PROBLEMS

    @property
    def is_any(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.words or self.department or self.kind or self.problem)


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberLine:
    """A member that is shown, with when, where and by whom it is taught in words."""

    member: Member
    meets: Sequence[str]
    people: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One group. `pill`: the worst state of the members shown; None where none is told."""

    group: Group
    members: Sequence[MemberLine]
    pill: Pill | None = None

    @property
    def is_one_class(self) -> bool:
        """Whether all members shown meet as one, so that it is told once."""
        return self.group.is_crosslist and len({tuple(one.meets) for one in self.members}) == 1

    @property
    def has_same_people(self) -> bool:
        """Whether the same people teach all members shown, so that they are told once."""
        return len({tuple(one.people) for one in self.members}) == 1


@dataclass(frozen=True, kw_only=True, slots=True)
class CrosslistPage:
    """A page of groups, its cursors, and how many there are in all."""

    lines: Sequence[Line]
    total: int
    next: str = ""
    previous: str = ""


def crosslist_page(
    term: Term,
    actor: Viewer,
    filters: Filters,
    cursor: str = "",
    *,
    side: IntegrationSide | None,
    now: dt.datetime,
) -> CrosslistPage:
    """The groups in the order of their codes; `side`: who tells SIS states, if they are to be shown.

    Raises `BadCursor`.
    """
    found = _matching(term, actor, filters)
    page = page_of(found, _by_code(actor, term), cursor, whole=found)
    read = groups(page.rows, visible_departments(actor))
    ids = [one.section.pk for group in read for one in group.shown]
    statuses = {} if side is None else side.statuses(ids, now=now)
    states = {pk: str(one["state"]) for pk, one in statuses.items()}
    return CrosslistPage(
        lines=[
            Line(
                group=one,
                members=[_member(each, one.names) for each in one.shown],
                pill=_worst([states[each.section.pk] for each in one.shown if each.section.pk in states]),
            )
            for one in read
        ],
        total=page.total,
        next=page.next,
        previous=page.previous,
    )


def _matching(term: Term, actor: Viewer, filters: Filters) -> QuerySet[Relationship]:
    """The groups with a member that `actor` may see, and that the conditions mean."""
    sections = visible_sections(actor).filter(term=term)
    if filters.department:
        sections = sections.filter(course__department=filters.department)
    if filters.words:
        by_word, by_code = (find(sections, filters.words) for find in (having_all_words, called))
        sections = sections.filter(Q(pk__in=by_word.values("pk")) | Q(pk__in=by_code.values("pk")))
    members = RelationshipMember.objects.filter(relationship=OuterRef("pk")).order_by()
    found = Relationship.objects.filter(Exists(members.filter(section__in=sections.order_by())), term=term)
    if filters.kind:
        found = found.filter(kind=filters.kind)
    if filters.problem == "apart":
        found = found.filter(pk__in=apart(term))
    elif filters.problem == "waiting":
        absent = members.filter(section__sis_id=None, section__status=Section.Status.ACTIVE)
        found = found.filter(Exists(absent), kind=CROSSLIST)
    elif filters.problem == "headless":
        found = found.exclude(Exists(members.filter(is_primary=True)))
    return found


def _by_code(actor: Viewer, term: Term) -> Ordering:
    """By the code of the first member that `actor` may see."""
    code = Concat(
        F("section__course__subject"),
        Value(" "),
        F("section__course__number"),
        Value(" "),
        F("section__section_number"),
    )
    seen = RelationshipMember.objects.filter(relationship=OuterRef("pk"), term=term)
    codes = visible_departments(actor)
    if codes is not None:
        seen = seen.filter(section__course__department__in=codes)
    first = seen.annotate(_code=code).order_by("-is_primary", "_code").values("_code")[:1]
    return Ordering(keys=((Subquery(first), ""),))


def _member(one: Member, names: Mapping[str, str]) -> MemberLine:
    return MemberLine(
        member=one,
        meets=[meeting_words(each) for each in one.meetings],
        people=[names.get(each.instructor, each.instructor) for each in one.team],
    )


def _worst(states: Sequence[str]) -> Pill | None:
    found = min(states, key=WORST_FIRST.index, default=None)
    return None if found is None else integration_pill(found)
