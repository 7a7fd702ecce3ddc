"""The week of a building, and the week of a department with too many classes to draw."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from phases.models import Phase, TimelineEntry
from scheduling import week_density
from scheduling.models import Building, Meeting, Room
from tests.week_college import TERM, College

WEEK = f"/terms/{TERM}/week/"
HALL = f"{WEEK}?building=HAL"


@pytest.fixture
def college(db):
    return College()


def words(answer):
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def rooms_of(client, url=HALL):
    return {
        row.name: {cell.letter: cell.words for cell in row.cells if cell.words}
        for row in client.get(url).context["building"].rows
    }


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
def test_the_week_of_a_building_is_for_those_with_a_role_in_the_schedule(college, person, kind, status):
    assert person(kind).get(HALL).status_code == status


def test_every_room_has_a_row_with_its_classes_by_day_and_one_day_has_their_names(college, person):
    college.section("BIO", "A", ("MW", "09:00", "09:50", "101"), people=["I1"])
    college.section("CHE", "B", ("W", "09:30", "10:20", "102"))
    roomless = college.section("CHE", "C", ("F", "13:00", "13:50", ""))
    Meeting.objects.filter(section=roomless).update(building=Building.objects.get())
    registrar = person("registrar")
    assert rooms_of(registrar) == {
        "HAL 101": {"M": "9:00–9:50 BIO 101 A", "W": "9:00–9:50 BIO 101 A"},
        "HAL 102": {"W": "9:30–10:20 CHE 202 B"},
        "HAL 103": {},
        "No room yet": {"F": "1:00–1:50 CHE 202 C"},
    }
    shown = words(registrar.get(HALL))
    assert "<title>BIO 101 A, Wednesday 9:00–9:50 am, HAL 101, Marie Curie</title>" in shown
    assert "<b>3 h 20 min</b> in use a week" in shown
    assert f'data-move="/sections/{roomless.pk}/move/?meeting=' in shown
    one_day = registrar.get(f"{HALL}&day=W")
    assert set(rooms_of(registrar, f"{HALL}&day=W")["HAL 101"]) == {"W"}
    assert "<b>BIO 101 A</b>" in words(one_day)
    assert 'aria-label="Move BIO 101 A"' in words(one_day)
    assert "CHE 202 C" not in words(one_day)


def test_a_double_booked_room_is_said_and_leads_to_its_row(college, person):
    college.section("BIO", "A", ("MW", "09:00", "09:50", "101"))
    college.section("CHE", "B", ("W", "09:30", "10:20", "101"))
    registrar = person("registrar")
    shown = words(registrar.get(HALL))
    assert "BIO 101 A and CHE 202 B both want HAL 101 on Wednesday, 9:30–9:50 am." in shown
    assert f'href="#room-{college.rooms["101"].pk}"' in shown
    assert f'<tr id="room-{college.rooms["101"].pk}">' in shown
    assert rooms_of(registrar)["HAL 101"]["W"] == "9:00–9:50 BIO 101 A (clash)\n9:30–10:20 CHE 202 B (clash)"
    assert "No clashes" in words(registrar.get(f"{HALL}&day=M"))


def test_a_class_of_another_department_is_taken_and_who_teaches_it_stays_unknown(college, person):
    college.section("BIO", "A", ("M", "09:00", "09:50", "101"), people=["I1"])
    other = college.section("CHE", "B", ("M", "09:30", "10:20", "102"), people=["I1"], title="Secret bonds")
    college.section("CHE", "C", ("M", "09:30", "10:20", "101"))
    scheduler = person("scheduler")
    shown = words(scheduler.get(HALL))
    assert rooms_of(scheduler)["HAL 102"] == {"M": "9:30–10:20 Taken"}
    assert "BIO 101 A and a section of another department both want HAL 101 on Monday" in shown
    assert "1 clash" in shown
    secrets = ["CHE 202", "Secret bonds", f"/sections/{other.pk}/", "both want Marie Curie"]
    assert [one for one in secrets if one in shown] == []
    assert "both want Marie Curie" in words(person("registrar").get(HALL))


@pytest.mark.parametrize("url", [HALL, f"{HALL}&day=M", f"{WEEK}?department=BIO"])
def test_only_those_who_may_move_a_class_find_the_way_and_the_others_the_reason(college, person, url):
    college.section("BIO", "A", ("M", "09:00", "09:50", "101"))
    scheduler = person("scheduler")
    assert "data-move=" in words(scheduler.get(url))
    for_viewer = words(person("viewer").get(url))
    assert "/move/" not in for_viewer
    assert 'data-lock="Meetings ' in for_viewer
    TimelineEntry.objects.create(
        term_id=TERM, phase=Phase.objects.get(name="Closed"), starts_at=timezone.now()
    )
    closed = words(scheduler.get(url))
    assert "/move/" not in closed
    assert "locked in Closed; the Registrar may change them." in closed


def test_what_cannot_be_drawn_is_counted(college, person):
    college.section("BIO", "A", ("", "", "", "101"))
    for number in range(13):
        one = college.section("CHE", f"{number}", ("M", "09:00", "09:50", ""))
        Meeting.objects.filter(section=one).update(building=Building.objects.get())
    registrar = person("registrar")
    assert "No room yet" not in rooms_of(registrar)
    shown = words(registrar.get(HALL))
    assert "Not drawn: 1 meeting without a day and a time, 13 meetings without a room." in shown


def test_what_is_not_there_is_said(college, person):
    registrar = person("registrar")
    assert registrar.get(f"{WEEK}?building=NONE").status_code == 404
    shown = words(registrar.get(f"{HALL}&day=X&hour=99"))
    assert "The day “X” is not in this list" in shown
    assert "HAL 103" in words(registrar.get(f"{HALL}&day=S"))
    Room.objects.update(is_active=False)
    assert "No room of this building is in use" in words(registrar.get(HALL))
    assert '<option value="HAL">' not in words(registrar.get(WEEK))


def test_a_room_that_may_be_mistaken_for_another_is_written_as_the_form_reads_it(college, person):
    for code, number in (("OLD", "HALL 1"), ("OLD HALL", "1")):
        Room.objects.create(building=Building.objects.create(code=code, name=code), number=number)
    (row,) = person("registrar").get(f"{WEEK}?building=OLD").context["building"].rows
    assert (row.name, row.place) == ("OLD HALL 1", "OLD, HALL 1")


def test_a_building_takes_as_many_queries_for_many_classes_as_for_one(college, person):
    registrar = person("registrar")
    college.section("BIO", "A", ("M", "09:00", "09:50", "101"), people=["I1"])
    registrar.get(HALL)
    counts = []
    for batch in ("B", "C"):
        with CaptureQueriesContext(connection) as queries:
            registrar.get(HALL)
        counts.append(len(queries))
        made = [
            college.section("BIO", f"{batch}{number}", ("TR", "09:00", "09:50", "102"), people=["I1", "I2"])
            for number in range(8)
        ]
        college.crosslist(*made[:2])
    assert counts[0] == counts[1] <= 19, counts


# ---- a department with too many classes to draw


def test_too_many_classes_are_counted_by_hour_and_one_hour_is_drawn(college, person, monkeypatch):
    monkeypatch.setattr(week_density, "MOST_DRAWN", 2)
    college.section("BIO", "A", ("MW", "09:00", "10:20", "101"))
    college.section("BIO", "B", ("M", "10:10", "11:00", "101"))
    college.section("BIO", "C", ("M", "13:00", "13:50", "101"))
    college.section("BIO", "D")
    registrar = person("registrar")
    dense = registrar.get(f"{WEEK}?department=BIO")
    spots = {
        (spot.day, spot.hour): (spot.classes, spot.clashes)
        for _word, row in dense.context["dense"].hours
        for spot in row
        if spot.classes
    }
    assert spots == {
        ("M", 9): (1, 0),
        ("M", 10): (2, 1),
        ("M", 13): (1, 0),
        ("W", 9): (1, 0),
        ("W", 10): (1, 0),
    }
    assert "4 meetings are too many to draw" in words(dense)
    assert 'href="?department=BIO&amp;day=M&amp;hour=10"' in words(dense)
    hour = registrar.get(f"{WEEK}?department=BIO&day=M&hour=10").context["week"]
    assert [row.label for row in hour.rows] == ["BIO 101 A", "BIO 101 B"]
    assert [day.letter for day in hour.picture.days] == ["M"]
    empty = registrar.get(f"{WEEK}?department=BIO&day=S&hour=10")
    assert "No class then" in words(empty)
