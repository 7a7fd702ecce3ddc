"""The rooms and how a term uses them, and one room with the sections that meet there."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduling.models import Building, Campus, Course, Meeting, Room, Section, Term
from scheduling.room_directory import hours_in_use
from tests.campus import TERM


@pytest.fixture
def college(campus):
    return campus


def words_of(answer):
    """The page's words, with white space made one."""
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main.partition(">")[2]))


def rooms(**query):
    return reverse("rooms", args=[TERM], query=query)


def hall(number):
    return Room.objects.get(building="HAL", number=number)


def room(number):
    return reverse("room", args=[TERM, hall(number).pk])


def book(room, days, start, end, *, number, **values):
    """A section of chemistry that meets in the room."""
    section = Section.objects.create(
        term_id=TERM, course=Course.objects.get(sis_id="C2"), section_number=number, **values
    )
    Meeting.objects.create(section=section, room=room, days=days, start_time=start, end_time=end)


def listed(answer):
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', answer.content.decode())


# ---- who


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("anonymous", 302),
        ("no product", 403),
        ("no role", 403),
        ("viewer", 200),
        ("scheduler", 200),
        ("registrar", 200),
        ("admin", 403),
    ],
)
def test_each_kind_of_person(college, person, kind, status):
    client = person(kind)
    assert client.get(rooms()).status_code == status
    assert client.get(room("101")).status_code == status


def test_rooms_that_do_not_exist_are_not_found(college, person):
    client = person("registrar")
    assert client.get(reverse("room", args=[TERM, 999_999])).status_code == 404
    assert client.get(reverse("room", args=["NONE", hall("101").pk])).status_code == 404


# ---- the list


def test_the_list_shows_each_room_and_its_use(college, person):
    page = words_of(person("viewer").get(rooms()))
    assert "3 rooms" in page
    assert "HAL 101 Hall — 40 2 5.2 Week of HAL 101" in page  # MWF 50 minutes, TR 80 minutes
    assert "HAL 103 Hall — 40 0 0.0" in page
    assert "Of other departments" not in page


def test_a_scheduler_reads_how_many_sections_of_others_meet_there_and_no_more(college, person):
    page = words_of(person("scheduler").get(rooms()))
    assert "Of other departments" in page
    assert "HAL 101 Hall — 40 2 0 5.2" in page
    assert "HAL 102 Hall — 40 0 2 2.5" in page


@pytest.mark.parametrize(
    ("bookings", "hours"),
    [
        ([("MWF", "09:00", "09:50")], 2.5),
        ([("M", "09:00", "10:00"), ("M", "09:00", "10:00")], 1.0),
        ([("M", "09:00", "10:00"), ("M", "09:30", "10:30"), ("M", "08:00", "09:15")], 2.5),
        ([("M", "09:00", "10:00"), ("T", "09:00", "10:00")], 2.0),
        ([("M", "09:00", "12:00"), ("M", "10:00", "11:00")], 3.0),
        ([("", None, None)], None),
    ],
)
def test_hours_that_are_shared_count_once(college, bookings, hours):
    free = hall("103")
    for number, (days, start, end) in enumerate(bookings):
        book(free, days, start, end, number=f"H{number}")
    assert hours_in_use([free.pk], Term.objects.get(pk=TERM)).get(free.pk) == hours


def test_cancelled_sections_use_no_room(college, person):
    book(hall("103"), "M", "09:00", "10:00", number="X", status="CANCELLED")
    client = person("viewer")
    assert "HAL 103 Hall — 40 0 0.0" in words_of(client.get(rooms()))
    page = words_of(client.get(room("103")))
    assert "CHE 202 X" in page
    assert "Cancelled" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["HAL 101", "HAL 102", "HAL 103", "LAB 1"]),
        ({"q": "hal 102"}, ["HAL 102"]),
        ({"q": "science"}, ["LAB 1"]),
        ({"building": "LAB"}, ["LAB 1"]),
        ({"seats": "41"}, ["LAB 1"]),
        ({"seats": "999999999"}, []),
        ({"type": "WET"}, ["LAB 1"]),
        ({"use": "used"}, ["HAL 101", "HAL 102"]),
        ({"use": "free"}, ["HAL 103", "LAB 1"]),
    ],
)
def test_the_list_is_narrowed(college, person, query, found):
    home = Building.objects.create(code="LAB", name="Science")
    Room.objects.create(building=home, number="1", capacity=60, room_type="WET")
    answer = person("viewer").get(rooms(**query))
    assert listed(answer) == found
    assert ("No room fits" in words_of(answer)) is (not found)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"building": "XXX"}, "The building “XXX” is not in this list"),
        ({"type": "XXX"}, "The type “XXX” is not in this list"),
        ({"use": "XXX"}, "The use “XXX” is not in this list"),
        ({"seats": "many"}, "The number of seats “many” is not a whole number"),
        ({"seats": "-1"}, "The number of seats “-1” is not a whole number"),
        ({"cursor": "nonsense"}, "That page of the list is not there"),
    ],
)
def test_what_the_address_says_wrongly_is_said(college, person, query, words):
    page = words_of(person("viewer").get(rooms(**query)))
    assert words in page
    assert "3 rooms" in page


def test_without_rooms_the_page_says_what_will_be_here(college, person):
    Meeting.objects.all().delete()
    Room.objects.all().delete()
    assert "No room yet" in words_of(person("viewer").get(rooms()))


def test_a_building_that_was_closed_is_marked(college, person):
    Room.objects.filter(number="101").update(is_active=False)
    client = person("viewer")
    assert "Hall closed" in words_of(client.get(rooms()))
    assert "lists this room as closed" in words_of(client.get(room("101")))


# ---- one room


def test_a_room_shows_its_facts_and_sections(college, person):
    Building.objects.filter(pk="HAL").update(campus=Campus.objects.get_or_create(code="MAIN")[0])
    answer = person("viewer").get(room("101"))
    page = words_of(answer)
    assert "HAL 101 · Hall" in page
    assert "Seats 40" in page
    assert "Campus MAIN" in page
    assert "5.2 hours of a full week in Spring 2027" in page
    assert "2 sections" in page
    assert "BIO 101 A Title of S1 MWF 9:00–9:50 am · HAL 101" in page
    assert f'href="{reverse("week", args=[TERM])}?room={hall("101").pk}"' in answer.content.decode()


def test_sections_of_other_departments_are_only_counted(college, person):
    book(hall("101"), "M", "15:00", "16:00", number="X")
    page = words_of(person("scheduler").get(room("101")))
    assert "2 sections, and 1 section of other departments" in page
    assert "CHE" not in page


def test_where_only_others_meet_it_is_said(college, person):
    page = words_of(person("scheduler").get(room("102")))
    assert "2 sections of other departments, and none of yours." in page
    assert "CHE" not in page


def test_a_room_that_nobody_uses_says_so(college, person):
    assert "No section meets here in this term." in words_of(person("viewer").get(room("103")))


def test_a_section_with_two_meetings_in_the_room_is_listed_once(college, person):
    Meeting.objects.create(section=college.section("S1"), room=hall("101"), days="T")
    answer = person("viewer").get(room("101"))
    assert "2 sections" in words_of(answer)
    assert answer.content.decode().count("BIO 101 A</a>") == 1


# ---- what it costs


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize(("which", "queries"), [("list", 9), ("room", 7)])
def test_the_pages_cost_the_same_number_of_queries_however_many(college, person, count, which, queries):
    for number in range(count):
        made = Room.objects.create(building_id="HAL", number=f"N{number}")
        book(made, "M", "09:00", "10:00", number=f"A{number}")
        book(hall("101"), "M", "09:00", "10:00", number=f"B{number}")
    client = person("scheduler")
    path = {"list": rooms(), "room": room("101")}[which]
    client.get(path)
    with CaptureQueriesContext(connection) as taken:
        assert client.get(path).status_code == 200
    assert len(taken) == queries, "\n".join(one["sql"][:150] for one in taken)
