"""The week grid of a room, building, person or department: a picture, and a table that says the same."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from scheduling import week as weeks
from scheduling import week_choices
from scheduling.asking import asked, asked_choice, asked_number
from scheduling.building_week import shown_building
from scheduling.domain.week import DAY_NAMES, letters_of
from scheduling.models import Building, Instructor, Room, Term
from scheduling.span_words import hour_words
from scheduling.terms import term_of_page
from scheduling.visibility import Viewer, viewer_of, visible_departments
from scheduling.week import Kind
from scheduling.week_density import dense_week, is_too_full
from scheduling.week_moves import with_locks
from scheduling.week_page import on_at, on_in, parts_of_term, shown_week, week_shown
from scheduling.week_words import Subject

LAST_HOUR = 23


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """What the week is of, with what its page says of it beside the classes."""

    subject: Subject
    room: Room | None = None
    before: Room | None = None
    after: Room | None = None
    building: Building | None = None
    note: str = ""


@require_safe
def week(request: HttpRequest, term_code: str) -> HttpResponse:
    """The week of the ``?room=``, ``?building=``, ``?instructor=`` or ``?department=``; else the choice.

    ``dates`` narrows it to a part of the term, ``day`` to a day, ``hour`` to an hour of that day.
    """
    _user, actor = viewer_of(request)
    term = term_of_page(request, term_code)
    wanted = _wanted(request, actor)
    if wanted is None:
        return render(request, "scheduling/week_choice.html", _choice(term, actor))
    return render(request, "scheduling/week.html", _page(request, wanted, term, actor))


def _wanted(request: HttpRequest, actor: Viewer) -> _Asked | None:
    """What the address names. Raises `Http404` for what is not there, or not for the reader."""
    if asked(request, Kind.ROOM):
        return _room(asked_number(request, Kind.ROOM, what="The room"))
    if code := asked(request, Kind.BUILDING):
        building = get_object_or_404(Building, pk=code)
        subject = Subject(kind=Kind.BUILDING, pk=building.pk, name=building.name or building.pk)
        return _Asked(subject=subject, building=building, note=building.pk)
    if code := asked(request, Kind.INSTRUCTOR):
        person = get_object_or_404(Instructor.objects.select_related("department"), pk=code)
        subject = Subject(kind=Kind.INSTRUCTOR, pk=person.pk, name=str(person))
        return _Asked(subject=subject, note=person.department.name if person.department else "")
    if code := asked(request, Kind.DEPARTMENT):
        department = get_object_or_404(week_choices.departments_one_may_see(actor), pk=code)
        subject = Subject(kind=Kind.DEPARTMENT, pk=department.pk, name=department.name or department.pk)
        return _Asked(subject=subject, note=department.pk)
    return None


def _room(pk: int | None) -> _Asked | None:
    if pk is None:
        return None
    room = Room.objects.select_related("building").filter(pk=pk).first()
    if room is None:
        raise Http404
    before, after = week_choices.neighbours(room)
    return _Asked(
        subject=Subject(kind=Kind.ROOM, pk=str(room.pk), name=str(room)),
        room=room,
        before=before,
        after=after,
        building=room.building,
        note=room.building.name,
    )


def _page(request: HttpRequest, wanted: _Asked, term: Term, actor: Viewer) -> dict[str, Any]:
    subject = wanted.subject
    found = weeks.lessons_of(subject.kind, subject.pk, term, actor)
    parts = parts_of_term(found, term)
    part = asked_choice(request, "dates", parts, what="The part of the term")
    day = asked_choice(request, "day", DAY_NAMES, what="The day")
    hours = [str(hour) for hour in range(LAST_HOUR + 1)]
    hour = asked_choice(request, "hour", hours, what="The hour") if day else ""
    return {
        "term": term,
        "wanted": wanted,
        "subject": subject,
        "parts": parts.items(),
        "part": part,
        "part_words": parts.get(part, ""),
        "day": day,
        "day_name": DAY_NAMES.get(day, ""),
        "hour_name": f"from {hour_words(int(hour))}" if hour else "",
        "here": f"?{urlencode({subject.kind: subject.pk} | ({'dates': part} if part else {}))}",
        "next_query": f"&{urlencode({'next': request.get_full_path()})}",
        **_picture(wanted, on_in(found, part), term, actor, at=(day, hour)),
    }


def _picture(
    wanted: _Asked, found: weeks.Lessons, term: Term, actor: Viewer, *, at: tuple[str, str]
) -> dict[str, Any]:
    """The classes as `week`: as a building's rooms, as numbers where they are too many, or each by itself."""
    subject, (day, hour) = wanted.subject, at
    if subject.kind is Kind.BUILDING and wanted.building is not None:
        rooms = week_choices.rooms_of_building(wanted.building, term)
        shown = with_locks(found, term, actor, at=timezone.now())
        building = shown_building(subject, shown, rooms, term, day=day)
        return {"building": building, "days": building.days}
    narrow = on_at(found, day, int(hour) if hour else None)
    if is_too_full(narrow) and not hour:
        return {"dense": dense_week(week_shown(narrow, day), narrow), "days": _days(found)}
    days = _days(found) if day else ()
    shown = with_locks(narrow, term, actor, at=timezone.now())
    return {"week": shown_week(subject, shown, term, day=day), "hour": hour, "days": days}


def _days(found: weeks.Lessons) -> list[tuple[str, str]]:
    return [(letter, DAY_NAMES[letter]) for letter in letters_of(found.lessons)]


def _choice(term: Term, actor: Viewer) -> dict[str, Any]:
    rooms = week_choices.rooms_to_choose(term)
    return {
        "term": term,
        "rooms": rooms,
        "buildings": list(dict.fromkeys(one.building for one in rooms)),
        "instructors": week_choices.instructors_to_choose(term),
        "departments": week_choices.departments_to_choose(term, actor),
        "is_limited": visible_departments(actor) is not None,
    }
