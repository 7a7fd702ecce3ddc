"""Sections that are likely to belong into a group: those that meet at the same time, the same room first."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, Exists, IntegerField, Min, OuterRef, Q, When

from scheduling.domain.values import Meeting as MeetingValue
from scheduling.models import Meeting, RelationshipMember, Section, Term
from scheduling.section_columns import title_of
from scheduling.selectors import meetings_of
from scheduling.showing import meeting_words
from scheduling.visibility import Viewer, visible_sections

MOST = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """A section to add: what is typed for it, and what tells it from others."""

    code: str
    words: str


def suggestions(term: Term, actor: Viewer, meetings: Sequence[MeetingValue]) -> list[Suggestion]:
    """At most 40 live sections in no crosslist meeting at the time of one of `meetings`. Three queries."""
    times = [one for one in meetings if one.days and one.start_time]
    if not times:
        return []
    same, here = Q(), Q()
    for one in times:
        time = Q(days=one.days, start_time=one.start_time, end_time=one.end_time or None)
        same |= time
        here |= time & Q(room__building=one.building, room__number=one.room)
    near = Case(When(here, then=0), default=1, output_field=IntegerField())
    found = (
        Meeting.objects.filter(same, section__in=visible_sections(actor).filter(term=term).order_by())
        .filter(section__status=Section.Status.ACTIVE)
        .exclude(Exists(RelationshipMember.objects.filter(section=OuterRef("section"), kind="CROSSLIST")))
        .values("section_id", "section__course__subject", "section__course__number")
        .annotate(distance=Min(near))
        .order_by("distance", "section__course__subject", "section__course__number", "section_id")
    )
    ids = [row["section_id"] for row in found[:MOST]]
    sections = Section.objects.filter(pk__in=ids).select_related("course").in_bulk()
    held = meetings_of(ids)
    return [
        Suggestion(
            code=str(sections[pk]).replace(" ", "-"),
            words=" · ".join([title_of(sections[pk]), *map(meeting_words, held.get(pk, ()))]),
        )
        for pk in ids
    ]
