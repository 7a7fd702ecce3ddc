"""Safeguards that depend on the size of a term, at and over their boundaries, and those of reference data."""

import pytest

from integration.models import MergeState
from scheduling.models import Course, Room, Section
from tests.campus import TABLES, TERM, section_row
from tests.merge_desk import large_tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def college(desk_with):
    """A loaded campus with so many sections."""

    def build(sections, **tables):
        desk = desk_with(**large_tables(sections, **tables))
        desk.first_load()
        return desk

    return build


def ids(number):
    return [f"M{n:03}" for n in range(1, number + 1)]


def remove(desk, number):
    desk.vanish(*ids(number))


def change(desk, number):
    for index, sis_id in enumerate(ids(number)):  # no field on more than half of them
        desk.edit_in_sis(sis_id, **{("title", "notes", "schedule_type")[index % 3]: "New"})


@pytest.mark.parametrize(
    ("size", "work", "passes", "code"),
    [
        (300, remove, 6, "MANY_LOCAL_REMOVALS"),
        (140, change, 28, "MANY_LOCAL_UPDATES"),
    ],
)
def test_a_large_term_may_lose_two_in_a_hundred_and_change_twenty(college, size, work, passes, code):
    desk = college(size)
    work(desk, passes)
    assert desk.run("sections", "--dry-run").exit_code == 0
    work(desk, passes + 1)

    over = desk.run("sections", "--dry-run")

    assert (over.exit_code, over.run["error"]["code"]) == (3, code)


@pytest.mark.parametrize(("size", "number", "trips"), [(50, 25, 0), (50, 26, 1), (49, 26, 0)])
def test_one_field_may_change_on_half_of_the_sections_from_fifty_on(college, size, number, trips):
    """Half of fifty is as many as may change at all, so the two limits are told apart by their codes."""
    desk = college(size)
    desk.edit_in_sis(*ids(number), notes="New")

    answer = desk.run("sections", "--dry-run")

    told = (answer.run["error"] or {"message": ""})["message"]
    assert told.count("notes would change in Tandem") == trips


@pytest.mark.parametrize(
    ("size", "gone", "trips"), [(60, 6, 0), (60, 7, 1), (50, 5, 0), (50, 6, 1), (49, 9, 0)]
)
def test_an_answer_may_be_a_tenth_shorter_than_the_last_from_fifty_on(college, size, gone, trips):
    desk = college(size)
    remove(desk, gone)

    answer = desk.run("sections", "--dry-run")

    told = (answer.run["error"] or {"message": ""})["message"]
    assert told.count(f"The SIS sent {size - gone} records; last time it sent {size}.") == trips


def test_a_first_load_never_trips(desk_with):
    tables = large_tables(60)
    tables["sections"] = [*tables["sections"], *(section_row(f"BAD{n}", "NONE", str(n)) for n in range(40))]
    desk = desk_with(**tables)

    answer = desk.run("all")

    assert answer.exit_code == 1
    assert answer.of("sections")["counts"]["rejected"] == 40
    assert Section.objects.count() == 60


def test_no_answer_is_needed_where_nothing_is_held(desk_with):
    desk = desk_with(**large_tables(0))

    answer = desk.run("all")

    assert answer.exit_code == 0
    assert answer.of("sections")["counts"]["read"] == 0


def rooms(number):
    return [*TABLES["rooms"], *(("HAL", f"2{n:02}", 20, "") for n in range(number - len(TABLES["rooms"])))]


def test_rooms_that_vanish_in_numbers_are_kept_until_a_person_has_looked(college):
    desk = college(4, rooms=rooms(60))
    for n in range(6):
        desk.adapter.remove(f"HAL/2{n:02}", "rooms")

    answer = desk.run("rooms")

    assert (answer.exit_code, answer.run["error"]["code"]) == (3, "MANY_LOCAL_REMOVALS")
    assert Room.objects.filter(is_active=True).count() == 60
    assert not MergeState.objects.exclude(pause_reason="").exists(), "rooms are never sent"


def test_all_rooms_at_once_are_an_empty_answer(college):
    desk = college(4)
    for sis_id in list(desk.adapter.records("rooms")):
        desk.adapter.remove(sis_id, "rooms")

    assert desk.run("rooms").run["status"] == "NO_DATA"
    assert desk.run("rooms", "--accept-empty").counts == {"local_delete": 3}
    assert not Room.objects.filter(is_active=True).exists()


def test_courses_made_by_sections_are_filled_without_tripping(desk_with):
    courses = [(f"K{n}", TERM, "BIO", str(n), f"Course {n}", "1.00") for n in range(60)]
    tables = large_tables(60, courses=courses)
    tables["sections"] = [section_row(f"M{n:03}", f"K{n}", "A") for n in range(60)]
    desk = desk_with("order=sections_first", **tables)

    answer = desk.run("all")

    assert answer.exit_code == 0
    assert answer.of("courses")["counts"]["local_create"] == 60
    assert not Course.objects.filter(is_placeholder=True).exists()
