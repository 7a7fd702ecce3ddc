"""Where a building's code reads like a building and a room, no door takes the one for the other."""

import pytest
from django.urls import reverse

from scheduling.models import Building, Room
from scheduling.place_texts import place_text, places_meant
from tests.campus import TERM
from tests.section_form import form_of
from tests.web.test_section_import import refusals, shown

MORNING = {"days": "MWF", "start_time": "09:00", "end_time": "09:50"}


@pytest.fixture
def buildings(db):
    """OLD with its room HALL and its room HALL 1; OLD HALL with its room 1."""
    for code, number in (("OLD", "HALL"), ("OLD", "HALL 1"), ("OLD HALL", "1"), ("NEW WING", "7")):
        building, _made = Building.objects.get_or_create(code=code, defaults={"name": code})
        Room.objects.create(building=building, number=number, capacity=40)
    return frozenset(Building.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(
    "place",
    [
        ("OLD", "HALL"),
        ("OLD", "HALL 1"),
        ("OLD HALL", "1"),
        ("OLD HALL", ""),
        ("OLD HALL", "unknown"),
        ("OLD", "9"),
        ("NEW WING", "7"),
        ("NEW WING", ""),
        ("", ""),
    ],
)
def test_what_is_written_for_a_place_is_read_as_that_place(buildings, place):
    text = place_text(*place, buildings)
    assert places_meant([text]) == {text: place}


def test_a_text_of_one_meaning_needs_no_comma(buildings):
    assert place_text("NEW WING", "7", buildings) == "NEW WING 7"
    assert places_meant(["NEW WING 7", "OLD  2", "OLD HALL 2", "NOWHERE 1"]) == {
        "NEW WING 7": ("NEW WING", "7"),
        "OLD  2": ("OLD", "2"),
        "OLD HALL 2": ("OLD HALL", "2"),
        "NOWHERE 1": ("NOWHERE", "1"),
    }


def where(campus):
    return [
        (one.room.building_id, one.room.number) if one.room else (one.building_id, "")
        for one in campus.section("S1").meetings.select_related("room")
    ]


def test_a_form_keeps_the_room_and_refuses_a_text_of_two_meanings(campus, buildings, person):
    campus.edit("S1", meetings=[{**MORNING, "building": "OLD", "room": "HALL"}])
    path, client = reverse("section_edit", args=[campus.id_of("S1")]), person("registrar")
    form = form_of(client.get(path).content.decode())
    assert form["meetings.0.place"] == ["OLD, HALL"]
    client.post(path, form | {"value.notes": "x"})
    assert (where(campus), campus.section("S1").notes) == ([("OLD", "HALL")], "x")
    form["version"] = ["3"]
    answer = client.post(path, form | {"meetings.0.place": "OLD HALL"})
    assert answer.status_code == 422
    assert "may be more than one place; write “OLD, HALL” or “OLD HALL,”" in answer.content.decode()
    assert client.post(path, form | {"meetings.0.place": "OLD HALL,"}).status_code == 302
    assert where(campus) == [("OLD HALL", "")]
    bulk = {"ids": campus.id_of("S1"), "do": "preview", "room": "OLD HALL 1"}
    page = client.post(f"/terms/{TERM}/sections/bulk/", bulk).content.decode()
    assert "write “OLD, HALL 1” or “OLD HALL, 1”" in page
    assert "Nothing is written yet" not in page


def test_a_file_keeps_the_room_and_refuses_two_words_that_are_a_building_too(campus, buildings, person):
    campus.edit("S1", meetings=[{**MORNING, "building": "OLD", "room": "HALL"}])
    client, pk = person("registrar"), campus.id_of("S1")
    for number, (place, refused) in enumerate(
        [("OLD HALL", None), ("OLD HALL", True), ('OLD ""HALL""', False), ('""OLD HALL""', False)]
    ):
        if number:
            campus.edit("S1", meetings=[])
        answer = shown(client, f'id,meetings\n{pk},"MWF 09:00-09:50 in {place}, 2027-02-01 to 2027-05-28"\n')
        if refused is None:
            assert not answer.context["preview"].saved, "the room it has is no change"
        elif refused:
            assert "is a building, and room HALL in OLD too" in refusals(answer)[2]
        else:
            assert not refusals(answer)
    assert where(campus) == []
