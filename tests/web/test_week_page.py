"""The week of a room, a person and a department, as each kind of person sees it."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.models import Room, Term
from tests.week_college import END, HALF, START, TERM, College

WEEK = f"/terms/{TERM}/week/"


@pytest.fixture
def college(db):
    return College()


def text_of(client, url):
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    return " ".join(response.content.decode().split())


# ---- who may see it


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
@pytest.mark.parametrize("query", ["", "?room=1", "?instructor=I1"])
def test_the_week_is_for_those_with_a_role_in_the_schedule(college, person, kind, status, query):
    query = query.replace("room=1", f"room={college.rooms['101'].pk}")
    assert person(kind).get(WEEK + query).status_code == status


@pytest.mark.parametrize(
    "query", ["?room=999999", "?instructor=nobody", "?department=NONE", "?instructor=%00x"]
)
def test_what_is_not_there_is_not_found(college, person, query):
    assert person("registrar").get(WEEK + query).status_code == 404


def test_a_term_that_is_not_there_is_not_found(college, person):
    assert person("registrar").get("/terms/nowhere/week/").status_code == 404


def test_a_room_that_is_no_number_is_said_and_leads_to_the_choice(college, person):
    shown = text_of(person("registrar"), f"{WEEK}?room=HAL101")
    assert "The room “HAL101” is not a whole number" in shown
    assert "Choose a room" in shown


def test_nothing_is_changed_by_looking(college, person):
    assert person("registrar").post(college.week()).status_code == 405


def test_a_scheduler_sees_the_week_of_their_departments_only(college, person):
    college.section("BIO", "A", ("M", "09:00", "09:50", "101"))
    college.section("CHE", "A", ("M", "10:00", "10:50", "101"))
    scheduler = person("scheduler")
    assert "BIO 101 A" in text_of(scheduler, f"{WEEK}?department=BIO")
    assert scheduler.get(f"{WEEK}?department=CHE").status_code == 404
    assert person("viewer").get(f"{WEEK}?department=CHE").status_code == 200


@pytest.mark.parametrize("subject", ["room", "instructor"])
def test_a_class_of_another_department_is_taken_and_nothing_else(college, person, subject):
    mine = college.section("BIO", "A", ("MWF", "09:00", "09:50", "101"), people=["I1"])
    other = college.section(
        "CHE",
        "B",
        ("MW", "09:30", "10:20", "101"),
        ("F", "", "", "101"),
        people=["I1", "I2"],
        title="Secret bonds",
    )
    third = college.section("CHE", "C", ("T", "09:30", "10:20", "103"), people=["I1"], enrollment=17)
    college.crosslist(other, third)
    shown = text_of(person("scheduler"), college.week() if subject == "room" else f"{WEEK}?instructor=I1")
    over = "HAL 101" if subject == "room" else "Marie Curie"
    assert f"/sections/{mine.pk}/" in shown
    assert "Taken" in shown
    assert f"Clashes with a section of another department over {over} on Monday and Wednesday" in shown
    assert f"BIO 101 A and a section of another department both want {over} on" in shown
    secrets = [
        "CHE 202",
        "Secret bonds",
        "Yonath",
        "17 of",
        "Crosslisted",
        f"/sections/{other.pk}/",
        "HAL 103",
    ]
    assert [one for one in secrets if one in shown] == []
    everything = text_of(
        person("registrar"), college.week() if subject == "room" else f"{WEEK}?instructor=I1"
    )
    assert "Taken" not in everything
    assert "Secret bonds" in everything
    assert f"/sections/{other.pk}/" in everything


def test_a_clash_of_two_classes_of_other_departments_names_neither(college, person):
    college.section("CHE", "A", ("M", "09:00", "09:50", "101"))
    college.section("CHE", "B", ("M", "09:30", "10:20", "101"))
    shown = text_of(person("scheduler"), college.week())
    assert "Two sections of other departments both want HAL 101 on Monday, 9:30–9:50 am." in shown
    assert "Clashes with another class over HAL 101" in shown
    assert "CHE 202" not in shown


# ---- what is in it


def test_picture_and_table_say_the_same(college, person):
    made = college.section("BIO", "A", ("MW", "09:00", "09:50", "101"), people=["I2", "I1"], enrollment=24)
    response = person("viewer").get(college.week())
    shown = " ".join(response.content.decode().split())
    for day in ("Monday", "Wednesday"):
        assert f'aria-label="BIO 101 A, {day} 9:00–9:50 am, HAL 101, Marie Curie, Ada Yonath"' in shown
    assert shown.count('class="week-block"') == 2
    (row,) = response.context["week"].rows
    assert (row.label, row.section_id, row.days, row.time) == (
        "BIO 101 A",
        made.pk,
        "Mon, Wed",
        "9:00–9:50 am",
    )
    assert (row.people, row.seats, row.clashes) == ("Marie Curie, Ada Yonath", "24 of 30", [])
    assert "<b>1 h 40 min</b> in use a week" in shown
    assert "No clashes" in shown


def test_a_room_shows_the_meetings_in_it_alone(college, person):
    college.section("BIO", "A", ("M", "09:00", "09:50", "101"), ("F", "13:00", "13:50", "102"))
    rows = person("viewer").get(college.week()).context["week"].rows
    assert [(row.days, row.place) for row in rows] == [("Mon", "HAL 101")]


def test_cancelled_sections_take_no_time(college, person):
    college.section("BIO", "A", ("M", "09:00", "09:50", "101"), status="CANCELLED")
    assert "Free all week" in text_of(person("viewer"), college.week())


def test_sections_of_other_terms_are_not_in_it(college, person):
    college.section("BIO", "A", ("M", "09:00", "09:50", "101"))
    Term.objects.create(code="20273", start_date=START, end_date=END)
    shown = text_of(person("viewer"), f"/terms/20273/week/?room={college.rooms['101'].pk}")
    assert "Free all week" in shown


def test_a_double_booked_room_is_marked_in_words_everywhere(college, person):
    college.section("BIO", "A", ("MW", "09:00", "09:50", "101"))
    college.section("CHE", "B", ("W", "09:30", "10:20", "101"))
    shown = text_of(person("registrar"), college.week())
    assert "1 clash" in shown
    assert "BIO 101 A and CHE 202 B both want HAL 101 on Wednesday, 9:30–9:50 am." in shown
    assert (
        'aria-label="BIO 101 A, Wednesday 9:00–9:50 am, HAL 101, clashes with CHE 202 B over HAL 101"'
        in shown
    )
    assert 'aria-label="BIO 101 A, Monday 9:00–9:50 am, HAL 101"' in shown
    assert shown.count("week-block-clash") == 2


def test_a_clash_leads_to_its_row(college, person):
    college.section("BIO", "A", ("MW", "09:00", "09:50", "101"))
    college.section("CHE", "B", ("W", "09:30", "10:20", "101"))
    response = person("registrar").get(college.week())
    (clash,) = response.context["week"].clashes
    assert f'<tr id="{clash.anchor}">' in response.content.decode()


def test_a_double_booked_person_is_marked_in_their_week_and_their_departments(college, person):
    college.section("BIO", "A", ("M", "09:00", "09:50", "101"), people=["I1"])
    college.section("BIO", "B", ("M", "09:30", "10:20", "102"), people=["I1"])
    registrar = person("registrar")
    for query in ("?instructor=I1", "?department=BIO"):
        shown = text_of(registrar, WEEK + query)
        assert "BIO 101 A and BIO 101 B both want Marie Curie on Monday, 9:30–9:50 am." in shown
    assert "No clashes" in text_of(registrar, college.week())


def test_a_crosslist_does_not_clash_and_counts_once(college, person):
    one = college.section("BIO", "A", ("M", "09:00", "10:00", "101"), people=["I1"])
    other = college.section("CHE", "B", ("M", "09:00", "10:00", "101"), people=["I1"])
    college.crosslist(one, other)
    registrar = person("registrar")
    for url in (college.week(), f"{WEEK}?instructor=I1"):
        shown = text_of(registrar, url)
        assert "No clashes" in shown
        assert "Crosslisted with CHE 202 B" in shown
        assert "<b>1 h</b>" in shown


def test_halves_of_the_term_share_a_room_and_can_be_looked_at_alone(college, person):
    later = HALF + dt.timedelta(days=1)
    college.section("BIO", "A", ("M", "09:00", "09:50", "101", START, HALF))
    college.section("CHE", "B", ("M", "09:00", "09:50", "101", later, END))
    college.section("CHE", "C", ("T", "09:00", "09:50", "101"))
    registrar = person("registrar")
    shown = text_of(registrar, college.week())
    assert "No clashes" in shown
    assert "<span>11 Jan–10 Mar</span>" in shown
    assert "11 Jan 2027 to 10 Mar 2027" in shown
    labels = [
        row.label for row in registrar.get(f"{college.week()}&dates={START}_{HALF}").context["week"].rows
    ]
    assert labels == ["BIO 101 A", "CHE 202 C"]


def test_a_part_of_the_term_that_is_none_is_said_and_left_out(college, person):
    college.section("BIO", "A", ("M", "09:00", "09:50", "101"))
    shown = text_of(person("registrar"), f"{college.week()}&dates=2027-02-30_x")
    assert "The part of the term “2027-02-30_x” is not in this list" in shown
    assert "BIO 101 A" in shown


def test_dates_within_a_week_of_the_terms_are_the_whole_term(college, person):
    college.section("BIO", "A", ("M", "09:00", "09:50", "101", START + dt.timedelta(days=3), END))
    assert not person("registrar").get(college.week()).context["week"].shows_dates


def test_what_has_no_time_is_listed_below(college, person):
    college.section("BIO", "A", ("", "", "", ""), people=["I1"])
    college.section("BIO", "B")
    college.section("BIO", "C", ("MW", "", "", "101"))
    week = person("registrar").get(f"{WEEK}?department=BIO").context["week"]
    found = {(row.label, row.time) for row in week.without_slot}
    assert found == {("BIO 101 A", "Arranged"), ("BIO 101 B", "No meeting yet"), ("BIO 101 C", "MW")}
    assert week.rows == []


def test_a_class_that_ends_before_it_starts_is_listed_not_drawn(college, person):
    college.section("BIO", "A", ("M", "10:00", "09:00", "101"))
    week = person("registrar").get(college.week()).context["week"]
    assert [row.label for row in week.without_slot] == ["BIO 101 A"]
    assert all(not day.blocks for day in week.picture.days)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?instructor=I1", "Nobody has assigned this person"),
        ("?department=BIO", "The department has no section"),
    ],
)
def test_an_empty_week_says_so_and_the_next_step(college, person, query, words):
    shown = text_of(person("registrar"), WEEK + query)
    assert words in shown
    assert f'href="{WEEK}">Choose another week' in shown


def test_time_goes_down_for_a_room_and_across_for_a_department(college, person):
    college.section("BIO", "A", ("M", "09:00", "09:50", "101"))
    registrar = person("registrar")
    assert not registrar.get(college.week()).context["week"].picture.is_across
    assert registrar.get(f"{WEEK}?department=BIO").context["week"].picture.is_across


def test_a_person_with_many_classes_at_once_keeps_their_names_legible(college, person):
    for number in range(5):
        college.section("BIO", f"{number}", ("M", "09:00", "09:50", ""), people=["I1"])
    assert person("registrar").get(f"{WEEK}?instructor=I1").context["week"].picture.is_across


# ---- ways on


def test_a_room_leads_to_its_neighbours_and_its_page(college, person):
    shown = text_of(person("viewer"), college.week("102"))
    assert f'href="?room={college.rooms["101"].pk}"' in shown
    assert f'href="?room={college.rooms["103"].pk}"' in shown
    assert f'href="/terms/{TERM}/rooms/{college.rooms["102"].pk}/"' in shown
    assert "Room before" not in text_of(person("registrar"), college.week("101"))


def test_the_choice_lists_rooms_by_building_people_who_teach_and_departments(college, person):
    college.section("BIO", "A", ("M", "09:00", "09:50", "101"), people=["I1"])
    Room.objects.filter(number="103").update(is_active=False)
    shown = text_of(person("registrar"), WEEK)
    assert '<optgroup label="Holland Hall">' in shown
    assert "HAL 102 (40 seats)" in shown
    assert "HAL 103" not in shown
    assert "Curie, Marie" in shown
    assert "Yonath" not in shown
    assert '<option value="BIO">' in shown
    assert '<option value="CHE">' not in shown


def test_a_scheduler_chooses_among_their_departments(college, person):
    college.section("BIO", "A")
    college.section("CHE", "A")
    shown = text_of(person("scheduler"), WEEK)
    assert '<option value="BIO">' in shown
    assert '<option value="CHE">' not in shown
    assert "as taken" in shown


def test_the_choice_without_anything_says_what_will_be_there(person, term_of):
    term_of(TERM)
    shown = text_of(person("registrar"), WEEK)
    for words in ("The rooms will be listed here", "will be listed here once sections have instructors"):
        assert words in shown


# ---- queries


@pytest.mark.parametrize("subject", ["room", "instructor", "department", "choice"])
def test_a_week_takes_as_many_queries_for_many_classes_as_for_one(college, person, subject):
    registrar = person("registrar")
    url = {"room": college.week(), "choice": WEEK}.get(
        subject, f"{WEEK}?{subject}={'I1' if subject == 'instructor' else 'BIO'}"
    )
    college.section("BIO", "A", ("M", "09:00", "09:50", "101"), people=["I1"])
    registrar.get(url)
    counts = []
    for batch in ("B", "C"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            registrar.get(url)
        counts.append(len(queries))
        one = [
            college.section("BIO", f"{batch}{number}", ("TR", "09:00", "09:50", "101"), people=["I1", "I2"])
            for number in range(8)
        ]
        college.crosslist(*one[:2])
    assert counts[0] == counts[1] <= 18, counts
