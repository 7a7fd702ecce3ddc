"""The rooms and how a term uses them: the list with its filters, and one room's page.

Rooms belong to nobody's department: everybody sees how many hours they are in use. Which sections meet there
is another matter: those of departments that the reader does not see are only counted.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from scheduling.models import Building, Meeting, Room, Section, Term
from scheduling.paging import Ordering, Page, page_of
from scheduling.visibility import Viewer, visible_sections

BY_PLACE = Ordering(keys=(("building_id", ""), ("number", "")))
MINUTES = 60
USED, FREE = "used", "free"


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomFilters:
    """What the list is narrowed to; blank: not. `use`: `USED` or `FREE` in the term; `seats`: at least."""

    words: str = ""
    building: str = ""
    room_type: str = ""
    seats: int | None = None
    use: str = ""

    @property
    def is_any(self) -> bool:
        """Whether the list is narrowed at all."""
        return bool(self.words or self.building or self.room_type or self.use) or self.seats is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomLine:
    """One room. `sections`: those one may see; `hidden`: the others; `hours`: in use in a full week."""

    room: Room
    sections: int
    hidden: int
    hours: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomList:
    """A page of rooms, its cursors, and how many there are in all."""

    lines: Sequence[RoomLine]
    total: int
    next: str = ""
    previous: str = ""


def room_list(term: Term, actor: Viewer, filters: RoomFilters, cursor: str = "") -> RoomList:
    """The rooms by building and number, in four queries. Raises `BadCursor`."""
    rooms = Room.objects.select_related("building").filter(_condition(filters, term))
    page: Page[Room] = page_of(rooms, BY_PLACE, cursor, whole=rooms)
    ids = [one.pk for one in page.rows]
    every = _sections_in(ids, Section.objects.filter(term=term))
    shown = _sections_in(ids, visible_sections(actor).filter(term=term))
    hours = hours_in_use(ids, term)
    return RoomList(
        lines=[
            RoomLine(
                room=one,
                sections=shown.get(one.pk, 0),
                hidden=every.get(one.pk, 0) - shown.get(one.pk, 0),
                hours=hours.get(one.pk, 0.0),
            )
            for one in page.rows
        ],
        total=page.total,
        next=page.next,
        previous=page.previous,
    )


def _condition(filters: RoomFilters, term: Term) -> Q:
    condition = Q()
    for word in filters.words.split():
        condition &= (
            Q(building__code__icontains=word) | Q(building__name__icontains=word) | Q(number__icontains=word)
        )
    if filters.building:
        condition &= Q(building=filters.building)
    if filters.room_type:
        condition &= Q(room_type=filters.room_type)
    if filters.seats is not None:
        condition &= Q(capacity__gte=filters.seats)
    used = Q(Exists(_live(term).filter(room=OuterRef("pk"))))
    if filters.use == USED:
        condition &= used
    elif filters.use == FREE:
        condition &= ~used
    return condition


def _live(term: Term) -> QuerySet[Meeting]:
    return Meeting.objects.filter(section__term=term, section__status=Section.Status.ACTIVE)


def _sections_in(room_ids: Sequence[int], sections: QuerySet[Section]) -> Mapping[int, int]:
    """Room id -> how many live ones of `sections` meet there, in one query."""
    live = sections.filter(status=Section.Status.ACTIVE).order_by().values("pk")
    rows = Meeting.objects.filter(room__in=room_ids, section__in=live).order_by().values_list("room_id")
    return dict(rows.annotate(count=Count("section", distinct=True)))


def hours_in_use(room_ids: Sequence[int], term: Term) -> Mapping[int, float]:
    """Room id -> hours of a full week in which it is used, in one query. Shared hours count once."""
    rows = (
        _live(term)
        .filter(room__in=room_ids, start_time__isnull=False)
        .order_by()
        .values_list("room_id", "days", "start_time", "end_time")
        .distinct()
    )
    spans: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
    for room, days, start, end in rows:
        for one in days:
            if start is not None and end is not None:
                spans[room, one].append((_minute(start), _minute(end)))
    minutes: dict[int, int] = defaultdict(int)
    for (room, _day), found in spans.items():
        minutes[room] += _covered(found)
    return {room: total / MINUTES for room, total in minutes.items()}


def _minute(at: dt.time) -> int:
    return at.hour * MINUTES + at.minute


def _covered(spans: Iterable[tuple[int, int]]) -> int:
    """How many minutes the spans cover together."""
    covered = last = 0
    for start, end in sorted(spans):
        covered += max(0, end - max(start, last))
        last = max(last, end)
    return covered


def sections_in_room(sections: QuerySet[Section], room: Room, term: Term) -> QuerySet[Section]:
    """Those of `sections` that meet in the room in this term, cancelled ones too."""
    return sections.filter(term=term, pk__in=Meeting.objects.filter(room=room).values("section_id"))


def buildings_with_rooms() -> list[Building]:
    """The buildings to choose from, in one query."""
    return list(Building.objects.filter(Exists(Room.objects.filter(building=OuterRef("pk")))))


def room_types() -> list[str]:
    """The types of rooms to choose from, in one query."""
    named = Room.objects.exclude(room_type="").order_by("room_type")
    return list(named.values_list("room_type", flat=True).distinct())
