"""The rooms, and one room with the sections that meet there."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from scheduling import room_directory as rooms
from scheduling.asking import asked, asked_choice, asked_number, asked_page
from scheduling.models import Room, Section
from scheduling.section_table import section_table
from scheduling.terms import term_of_page
from scheduling.visibility import viewer_of, visible_departments, visible_sections


@require_safe
def room_list(request: HttpRequest, term_code: str) -> HttpResponse:
    """The rooms, with how the term uses them."""
    _user, actor = viewer_of(request)
    term = term_of_page(request, term_code)
    buildings, types = rooms.buildings_with_rooms(), rooms.room_types()
    filters = rooms.RoomFilters(
        words=asked(request, "q"),
        building=asked_choice(request, "building", {one.pk for one in buildings}, what="The building"),
        room_type=asked_choice(request, "type", types, what="The type"),
        seats=asked_number(request, "seats", what="The number of seats"),
        use=asked_choice(request, "use", {rooms.USED, rooms.FREE}, what="The use"),
    )
    found = asked_page(request, lambda cursor: rooms.room_list(term, actor, filters, cursor))
    shown = {
        "term": term,
        "buildings": buildings,
        "types": types,
        "filters": filters,
        "page": found,
        "is_limited": visible_departments(actor) is not None,
    }
    return render(request, "scheduling/rooms.html", shown)


@require_safe
def room(request: HttpRequest, term_code: str, pk: int) -> HttpResponse:
    """One room and the sections that meet there in the term."""
    _user, actor = viewer_of(request)
    term = term_of_page(request, term_code)
    found = get_object_or_404(Room.objects.select_related("building__campus"), pk=pk)
    seen = rooms.sections_in_room(visible_sections(actor), found, term)
    every = rooms.sections_in_room(Section.objects.all(), found, term)
    table = asked_page(request, lambda cursor: section_table(seen, cursor, every=every))
    hours = rooms.hours_in_use([found.pk], term).get(found.pk, 0.0)
    shown = {"room": found, "term": term, "table": table, "hours": hours}
    return render(request, "scheduling/room.html", shown)
