"""Which sections meet the conditions of the schedule's list."""

import datetime as dt

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from scheduling.integration_side import IntegrationSide
from scheduling.models import Building, InstructorAssignment, Meeting, Room, Section
from scheduling.section_filters import ATTENTION, NO_INSTRUCTOR, NO_ROOM, OVER_CAPACITY, Asked
from scheduling.section_words import having_all_words


def matching(sections: QuerySet[Section], asked: Asked) -> QuerySet[Section]:
    """Those for which all conditions hold, but for that of the SIS state (`in_state`)."""
    found = having_all_words(sections, asked.one("q"))
    if department := asked.one("department"):
        found = found.filter(course__department=department)
    if subject := asked.one("subject"):
        found = found.filter(course__subject__iexact=subject)
    if status := asked.one("status"):
        found = found.filter(status=status)
    if any(asked.one(name) for name in ("day", "from", "to", "room")):
        found = found.filter(Exists(_meetings(asked).filter(section=OuterRef("pk"))))
    if name := asked.one("instructor"):
        found = found.filter(Exists(_assignments(name).filter(section=OuterRef("pk"))))
    return _only(found, asked.one("only"))


def _meetings(asked: Asked) -> QuerySet[Meeting]:
    """The meetings for which all holds that is asked of one meeting."""
    found = Meeting.objects.order_by()
    for day in asked.values.get("day", ()):
        found = found.filter(days__contains=day)
    if start := asked.one("from"):
        found = found.filter(start_time__gte=start)
    if end := asked.one("to"):
        found = found.filter(end_time__lte=end)
    if place := asked.one("room"):
        buildings = Building.objects.filter(Q(code__iexact=place) | Q(name__iexact=place)).order_by()
        code = Concat(F("building_id"), Value(" "), F("number"))
        rooms = (
            Room.objects.order_by()
            .alias(_code=code)
            .filter(
                Q(_code__iexact=" ".join(place.split())) | Q(number__iexact=place) | Q(building__in=buildings)
            )
        )
        found = found.filter(Q(room__in=rooms) | Q(building__in=buildings))
    return found


def _assignments(name: str) -> QuerySet[InstructorAssignment]:
    """The assignments of people in whose name each word begins a part, or whose id it is."""
    found = InstructorAssignment.objects.order_by()
    for word in name.replace(",", " ").split():
        found = found.filter(
            Q(instructor__last_name__istartswith=word)
            | Q(instructor__first_name__istartswith=word)
            | Q(instructor__sis_id__iexact=word)
        )
    return found


def _only(sections: QuerySet[Section], only: str) -> QuerySet[Section]:
    if only == NO_ROOM:  # a class at a set time that has no place; arranged ones need none
        timed = Meeting.objects.filter(start_time__isnull=False, room__isnull=True, building__isnull=True)
        return sections.filter(Exists(timed.filter(section=OuterRef("pk"))))
    if only == NO_INSTRUCTOR:
        return sections.filter(~Exists(InstructorAssignment.objects.filter(section=OuterRef("pk"))))
    if only == OVER_CAPACITY:
        return sections.filter(enrollment__gt=F("capacity"))
    return sections


def in_state(
    sections: QuerySet[Section], asked: Asked, side: IntegrationSide, *, term: str, now: dt.datetime
) -> QuerySet[Section]:
    """Those (all of `term`) in the SIS state that is asked for; all where none is."""
    state = asked.one("state")
    if not state:
        return sections
    states = ("HELD", "REJECTED") if state == ATTENTION else (state,)
    return side.in_state(sections, *states, term=term, now=now)
