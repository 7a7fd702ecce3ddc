"""Which rooms are free when a class meets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q

from scheduling.domain.values import Meeting as MeetingValue
from scheduling.models import Building, Meeting, Room, Section, Term
from scheduling.place_texts import place_text

MOST = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class FreeRoom:
    """A room that nobody has then. `place`: as a form writes it."""

    place: str
    seats: int | None


def rooms_for(term: Term, values: Mapping[str, Any], *, section_id: int | None) -> Sequence[FreeRoom]:
    """The rooms for a section with these values: for its first meeting without a room, else for its first."""
    timed = [one for one in values.get("meetings") or () if one.days and one.start_time < one.end_time]
    wanting = [one for one in timed if not one.room] or timed
    if not wanting:
        return ()
    return free_rooms(term, wanting[0], seats=values.get("capacity"), section_id=section_id)


def free_rooms(
    term: Term, meeting: MeetingValue, *, seats: int | None, section_id: int | None
) -> Sequence[FreeRoom]:
    """The smallest rooms in use that are free at the meeting's time and have `seats`. Three queries at most.

    Nothing where the meeting has no time. A building that the meeting names comes first.
    """
    if not (meeting.days and meeting.start_time):
        return ()
    taken = Meeting.objects.filter(
        room=OuterRef("pk"),
        section__term=term,
        section__status=Section.Status.ACTIVE,
        days__regex=f"[{meeting.days}]",
        start_time__lt=meeting.end_time,
        end_time__gt=meeting.start_time,
    ).exclude(section_id=section_id or 0)
    if meeting.end_date:
        taken = taken.filter(Q(start_date__isnull=True) | Q(start_date__lte=meeting.end_date))
    if meeting.start_date:
        taken = taken.filter(Q(end_date__isnull=True) | Q(end_date__gte=meeting.start_date))
    rooms = Room.objects.filter(~Exists(taken), is_active=True, capacity__gte=seats or 0)
    found = rooms.order_by("capacity", "building_id", "number").values_list(
        "building_id", "number", "capacity"
    )
    here = list(found.filter(building=meeting.building)[:MOST]) if meeting.building else []
    rest = [row for row in found[: 2 * MOST] if row not in here]
    offered = [*here, *rest][:MOST]
    codes = frozenset(Building.objects.values_list("pk", flat=True)) if offered else frozenset()
    return [
        FreeRoom(place=place_text(building, number, codes), seats=capacity)
        for building, number, capacity in offered
    ]
