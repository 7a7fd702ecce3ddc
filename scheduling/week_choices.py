"""Whose week one may look at: the rooms, people and departments to choose from, and the rooms next door."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from scheduling.models import (
    Building,
    Department,
    Instructor,
    InstructorAssignment,
    Meeting,
    Room,
    Section,
    Term,
)
from scheduling.visibility import Viewer, visible_departments


def rooms_to_choose(term: Term) -> list[Room]:
    """The rooms in use and those that the term uses, by building; one query."""
    used = Meeting.objects.filter(
        room=OuterRef("pk"), section__term=term, section__status=Section.Status.ACTIVE
    )
    found = Room.objects.filter(Q(is_active=True) | Exists(used))
    return list(found.select_related("building").order_by("building_id", "number"))


def instructors_to_choose(term: Term) -> list[Instructor]:
    """Who teaches in the term, by name; one query."""
    teaches = InstructorAssignment.objects.filter(
        instructor=OuterRef("pk"), section__term=term, section__status=Section.Status.ACTIVE
    )
    return list(Instructor.objects.filter(Exists(teaches)))


def departments_to_choose(term: Term, actor: Viewer) -> list[Department]:
    """The departments with sections in the term that one may see; one query."""
    sections = Section.objects.filter(
        course__department=OuterRef("pk"), term=term, status=Section.Status.ACTIVE
    )
    return list(departments_one_may_see(actor).filter(Exists(sections)))


def departments_one_may_see(actor: Viewer) -> QuerySet[Department]:
    """The departments whose week one may look at."""
    seen = visible_departments(actor)
    departments = Department.objects.order_by("code")
    return departments if seen is None else departments.filter(pk__in=seen)


def rooms_of_building(building: Building, term: Term) -> list[Room]:
    """Its rooms in use, and those that the term uses, by number; one query."""
    used = Meeting.objects.filter(
        room=OuterRef("pk"), section__term=term, section__status=Section.Status.ACTIVE
    )
    return list(building.rooms.filter(Q(is_active=True) | Exists(used)).order_by("number"))


def neighbours(room: Room) -> tuple[Room | None, Room | None]:
    """The rooms before and after this one in its building, by number; in one query."""
    rooms = list(Room.objects.filter(Q(is_active=True) | Q(pk=room.pk), building=room.building_id))
    at = next(index for index, one in enumerate(rooms) if one.pk == room.pk)
    return (rooms[at - 1] if at else None, rooms[at + 1] if at + 1 < len(rooms) else None)
