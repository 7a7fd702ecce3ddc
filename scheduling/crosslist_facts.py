"""Groups of sections as their pages need them: members, what they hold, and where they differ.

Members of departments that the reader may not see are counted, never named. What all members have in common
is judged with them: it is a fact of the group.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from scheduling.domain.checks import Partner, disagreements
from scheduling.domain.fields import CROSSLIST
from scheduling.domain.values import Assignment, Meeting
from scheduling.models import Relationship, RelationshipMember, Section, Term
from scheduling.section_classes import meetings_along, team_along, with_classes
from scheduling.selectors import MEETING_COLUMNS, meeting_value


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A section of a group, with its course. `is_shown`: whether the reader may see it."""

    section: Section
    is_primary: bool
    is_shown: bool
    meetings: Sequence[Meeting] = ()
    team: Sequence[Assignment] = ()

    @property
    def label(self) -> str:
        """How people call it."""
        return str(self.section)

    @property
    def is_live(self) -> bool:
        """Whether it takes place at all."""
        return self.section.status == Section.Status.ACTIVE


@dataclass(frozen=True, kw_only=True)
class Group:
    """A relationship with its members, the primary first. `names`: instructor's SIS id -> name."""

    relationship: Relationship
    members: Sequence[Member]
    names: Mapping[str, str]

    @cached_property
    def shown(self) -> list[Member]:
        """The members that the reader may see."""
        return [one for one in self.members if one.is_shown]

    @property
    def hidden(self) -> int:
        """How many members the reader does not see."""
        return len(self.members) - len(self.shown)

    @property
    def kind(self) -> str:
        """The kind in words."""
        return self.relationship.get_kind_display()

    @property
    def is_crosslist(self) -> bool:
        """Whether it is one class under several names, so that its members meet together."""
        return self.relationship.kind == CROSSLIST

    @property
    def primary(self) -> Member | None:
        """The primary section, seen or not."""
        return next((one for one in self.members if one.is_primary), None)

    @cached_property
    def live(self) -> list[Member]:
        """The members that are not cancelled."""
        return [one for one in self.members if one.is_live]

    @property
    def label(self) -> str:
        """``Crosslist of BIO 101 A, CHE 202 A and 1 section of another department``."""
        names = ", ".join(one.label for one in self.shown)
        return f"{self.kind} of {names}{f' and {hidden_words(self.hidden)}' if self.hidden else ''}"

    @cached_property
    def meets_together(self) -> bool:
        """Whether the live members meet at the same times and places; of linked sections nobody asks it."""
        return not self.is_crosslist or agree([one.meetings for one in self.live])

    @property
    def waiting(self) -> list[Member]:
        """The live members of a crosslist that are not in the SIS yet; it is sent after them."""
        return [one for one in self.live if self.is_crosslist and one.section.sis_id is None]

    @property
    def enrolled(self) -> int | None:
        """The students of the members shown together; None where the SIS has said nothing of any."""
        return _sum(one.section.enrollment for one in self.shown if one.is_live)

    @property
    def seats(self) -> int | None:
        """The seats of the members shown, each for itself."""
        return _sum(one.section.capacity for one in self.shown if one.is_live)

    @property
    def is_over(self) -> bool:
        """Whether more are enrolled than the combined capacity allows."""
        limit = self.relationship.capacity
        return limit is not None and (self.enrolled or 0) > limit


def hidden_words(count: int) -> str:
    """Members that are not named, in words."""
    return "1 section of another department" if count == 1 else f"{count} sections of other departments"


def agree(meetings: Sequence[Sequence[Meeting]]) -> bool:
    """Whether sections with these meetings meet at the same times and places, as the check asks."""
    partners = [Partner(section_id=0, label="", meetings=tuple(one)) for one in meetings[1:]]
    return not meetings or not any(disagreements(meetings[0], partners))


def groups(relationships: Sequence[Relationship], codes: frozenset[str] | None) -> list[Group]:
    """These relationships with their members, in one query; `codes`: the departments seen (None: all)."""
    members = RelationshipMember.objects.filter(relationship__in=[one.pk for one in relationships])
    rows = (
        with_classes(members, "section")
        .select_related("section__course")
        .defer("section__notes", "section__custom")
        .order_by(
            "-is_primary",
            "section__course__subject",
            "section__course__number",
            "section__section_number",
            "section_id",
        )
    )
    found: dict[int, list[Member]] = defaultdict(list)
    names: dict[str, str] = {}
    for row in rows:
        team, called = team_along(row)
        names |= called
        found[row.relationship_id].append(
            Member(
                section=row.section,
                is_primary=row.is_primary,
                is_shown=codes is None or row.section.course.department_id in codes,
                meetings=meetings_along(row),
                team=team,
            )
        )
    return [Group(relationship=one, names=names, members=found[one.pk]) for one in relationships]


def apart(term: Term) -> list[int]:
    """The crosslists of a term whose live members do not meet together, in one query."""
    rows = RelationshipMember.objects.filter(
        term=term, kind=CROSSLIST, section__status=Section.Status.ACTIVE
    ).order_by("relationship_id", "section_id", "section__meetings")
    columns = [f"section__meetings__{name}" for name in MEETING_COLUMNS]
    members: dict[int, dict[int, list[Meeting]]] = defaultdict(lambda: defaultdict(list))
    for group, section, meeting, *told in rows.values_list(
        "relationship_id", "section_id", "section__meetings", *columns
    ):
        held = members[group][section]
        if meeting is not None:
            held.append(meeting_value(told))
    return [group for group, held in members.items() if not agree([sorted(one) for one in held.values()])]


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = [one for one in numbers if one is not None]
    return sum(known) if known else None
