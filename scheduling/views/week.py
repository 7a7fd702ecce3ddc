"""The week grid of a room, a person or a department: a picture, and a table that says the same."""

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
from scheduling.models import Instructor, Room, Term
from scheduling.terms import term_of_page
from scheduling.visibility import Viewer, viewer_of, visible_departments
from scheduling.week import Kind
from scheduling.week_moves import with_locks
from scheduling.week_page import on_in, parts_of_term, shown_week
from scheduling.week_words import Subject


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """What the week is of, with what its page says of it beside the classes."""

    subject: Subject
    room: Room | None = None
    before: Room | None = None
    after: Room | None = None
    note: str = ""


@require_safe
def week(request: HttpRequest, term_code: str) -> HttpResponse:
    """The week of what ``?room=``, ``?instructor=`` or ``?department=`` names; without any, the choice."""
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
        note=room.building.name,
    )


def _page(request: HttpRequest, wanted: _Asked, term: Term, actor: Viewer) -> dict[str, Any]:
    subject = wanted.subject
    found = weeks.lessons_of(subject.kind, subject.pk, term, actor)
    parts = parts_of_term(found, term)
    part = asked_choice(request, "dates", parts, what="The part of the term")
    shown = with_locks(on_in(found, part), term, actor, at=timezone.now())
    return {
        "term": term,
        "wanted": wanted,
        "subject": subject,
        "parts": parts.items(),
        "part": part,
        "part_words": parts.get(part, ""),
        "next_query": f"&{urlencode({'next': request.get_full_path()})}",
        "week": shown_week(subject, shown, term),
    }


def _choice(term: Term, actor: Viewer) -> dict[str, Any]:
    return {
        "term": term,
        "rooms": week_choices.rooms_to_choose(term),
        "instructors": week_choices.instructors_to_choose(term),
        "departments": week_choices.departments_to_choose(term, actor),
        "is_limited": visible_departments(actor) is not None,
    }
