"""Safeguards, through real runs: each limit at its boundary and one over it (MERGE.md)."""

import pytest

from integration.models import Link, MergeState, Plan
from integration.sis.exchange import COLUMNS
from scheduling.models import Course, Room, Section
from tests.campus import TABLES, TERM, section_row
from tests.merge_desk import Desk, large_tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def college(db, tmp_path, settings):
    """A loaded campus with so many sections, set to send."""

    def build(sections, **tables):
        desk = Desk(
            folder=tmp_path / f"sis{sections}",
            tables=large_tables(sections, **tables),
            django_settings=settings,
        )
        desk.first_load()
        desk.enable()
        return desk

    return build


def ids(first, last):
    return [f"M{number:03}" for number in range(first, last + 1)]


def remove(desk, number):
    for sis_id in ids(1, number):
        desk.adapter.remove(sis_id)


def cancel(desk, number):
    desk.edit_in_sis(*ids(1, number), status="CANCELLED")


def change(desk, number):
    for index, sis_id in enumerate(ids(1, number)):
        name = ("title", "notes", "schedule_type")[index % 3]  # no field on more than half of them
        desk.edit_in_sis(sis_id, **{name: "New"})


def change_one_field(desk, number):
    desk.edit_in_sis(*ids(1, number), notes="New")


def change_here(desk, number):
    for index, sis_id in enumerate(ids(1, number)):
        desk.edit(sis_id, **{("title", "notes", "schedule_type")[index % 3]: "New"})


def cancel_here(desk, number):
    for sis_id in ids(1, number):
        desk.edit(sis_id, status="CANCELLED")


def spoil(desk, number):
    desk.edit_in_sis(*ids(1, number), credits="1.234")


@pytest.mark.parametrize(
    ("size", "work", "passes", "code"),
    [
        (60, remove, 5, "MANY_LOCAL_REMOVALS"),
        (60, cancel, 5, "MANY_LOCAL_REMOVALS"),
        (350, remove, 7, "MANY_LOCAL_REMOVALS"),
        (60, change, 25, "MANY_LOCAL_UPDATES"),
        (140, change, 28, "MANY_LOCAL_UPDATES"),
        (60, spoil, 5, "MANY_REJECTED"),
        (60, cancel_here, 5, "MANY_SIS_REMOVALS"),
        (60, change_here, 25, "MANY_SIS_UPDATES"),
    ],
)
def test_so_many_pass_without_a_person_and_one_more_does_not(college, size, work, passes, code):
    desk = college(size)
    work(desk, passes + 1)

    over = desk.run("sections", "--send-updates", "--dry-run")

    assert (over.exit_code, over.run["error"]["code"]) == (3, code)
    assert len(Plan.objects.get(pk=over.run["plan"]).trips) == 1
    first = ids(1, 1)[0]
    if work in {change_here, cancel_here}:
        row = desk.in_sis(first)
        desk.edit(first, title=row["title"], notes=row["notes"], schedule_type="", status="ACTIVE")
    else:
        desk.adapter.add("sections", TERM, first, **sis_row(first))
    assert desk.run("sections", "--send-updates").exit_code == int(work is spoil)


def sis_row(sis_id):
    """The row of a section as it was at first."""
    number = int(sis_id[1:])
    row = section_row(sis_id, "C1" if number % 2 else "C2", f"{number:03}")
    made = dict(zip(COLUMNS["sections"], row, strict=True))
    made["course"] = made.pop("course_id")
    return {name: value for name, value in made.items() if name not in {"id", "term"}}


@pytest.mark.parametrize(("size", "number", "trips"), [(50, 25, 0), (50, 26, 1), (49, 26, 0)])
def test_one_field_may_change_on_half_of_the_sections_from_fifty_on(college, size, number, trips):
    """Half of fifty is as many as may change at all, so the two limits are told apart by their codes."""
    desk = college(size)
    change_one_field(desk, number)

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


def test_an_incomplete_answer_is_no_measure_for_the_next_one(college):
    desk = college(60)
    desk.reopen("complete=no")
    remove(desk, 3)
    assert desk.run("sections").notices == ["INCOMPLETE"]
    assert desk.run("sections").exit_code == 0

    assert MergeState.objects.get(merge_type="sections").last_read == 60


def test_enrolment_changes_are_never_counted(college):
    desk = college(60)
    desk.edit_in_sis(*ids(1, 60), enrollment="12", waitlisted="1")

    answer = desk.run("sections")

    assert (answer.exit_code, answer.counts) == (0, {"read": 60, "local_update": 60})


def test_a_field_that_the_settings_leave_to_the_sis_is_not_counted_either(college):
    desk = college(60)
    desk.settings(sections={"sources": {"notes": "ALWAYS_SIS"}})
    change_one_field(desk, 60)

    assert desk.run("sections").exit_code == 0


def test_what_comes_in_and_what_goes_out_is_counted_separately(college):
    """Twenty-five of each kind pass, also where they meet in the same sections."""
    desk = college(100)
    for sis_id in ids(1, 25):
        desk.edit(sis_id, title="Mine")
        desk.edit_in_sis(sis_id, notes="Theirs")

    answer = desk.run("sections", "--send-updates")

    assert answer.exit_code == 0
    assert answer.counts == {"read": 100, "unchanged": 75, "local_update": 25, "sis_update": 25}


def test_what_waits_to_be_sent_is_no_change_here(college):
    """Enrolment comes in for sections of which many wait to be sent: nothing to stop for."""
    desk = college(60)
    for sis_id in ids(1, 40):
        desk.edit(sis_id, capacity=77)
    desk.edit_in_sis(*ids(1, 60), enrollment="3")

    answer = desk.run("sections")

    assert (answer.exit_code, answer.counts["local_update"], answer.counts["pending"]) == (0, 60, 40)


def test_a_first_load_never_trips(db, tmp_path, settings):
    tables = large_tables(60)
    tables["sections"] = [*tables["sections"], *(section_row(f"BAD{n}", "NONE", str(n)) for n in range(40))]
    desk = Desk(folder=tmp_path / "sis", tables=tables, django_settings=settings)

    answer = desk.run("all")

    assert answer.exit_code == 1
    assert answer.of("sections")["counts"]["rejected"] == 40
    assert Section.objects.count() == 60


# ---- an empty answer


def test_an_empty_answer_is_refused_and_nothing_is_changed(college):
    desk = college(60)
    desk.adapter.faults([{"when": {"operation": "READ", "type": "sections"}, "then": "empty_read"}])

    answer = desk.run("sections")

    assert (answer.exit_code, answer.run["status"]) == (3, "NO_DATA")
    assert answer.run["error"]["code"] == "NO_DATA"
    assert "no sections where Tandem holds 60" in answer.run["error"]["message"]
    assert "--accept-empty: all 60 follow" in answer.run["error"]["message"]
    assert (answer.run["plan"], answer.counts) == (None, {})
    assert Section.objects.count() == 60
    assert desk.run("sections").counts == {"read": 60, "unchanged": 60}


def test_an_empty_answer_is_accepted_once(college):
    desk = college(60)
    remove(desk, 60)
    assert desk.run("sections").exit_code == 3

    answer = desk.run("sections", "--accept-empty")

    assert (answer.exit_code, answer.counts) == (0, {"local_delete": 60})
    assert not Section.objects.exists()
    assert Link.objects.filter(state="RETIRED").count() == 60
    assert desk.run("sections").exit_code == 0, "there is nothing left to refuse it for"


def test_accepting_an_empty_answer_is_no_leave_for_any_other(college):
    desk = college(60)
    remove(desk, 6)

    answer = desk.run("sections", "--accept-empty")

    assert (answer.exit_code, answer.run["error"]["code"]) == (3, "MANY_LOCAL_REMOVALS")


def test_an_empty_answer_that_may_not_be_all_removes_nothing_even_if_accepted(college):
    desk = college(60)
    desk.reopen("complete=no")
    remove(desk, 60)

    answer = desk.run("sections", "--accept-empty")

    assert answer.notices == ["INCOMPLETE"]
    assert Section.objects.count() == 60


def test_no_answer_is_needed_where_nothing_is_held(db, tmp_path, settings):
    desk = Desk(folder=tmp_path / "sis", tables=large_tables(0), django_settings=settings)

    answer = desk.run("all")

    assert answer.exit_code == 0
    assert answer.of("sections")["counts"]["read"] == 0


# ---- the pause


def test_a_tripped_safeguard_pauses_sending_for_that_type_and_term_only(college):
    desk = college(60)
    desk.edit("M060", title="Mine")
    remove(desk, 6)
    answer = desk.run("sections")

    swept = desk.sweep()

    assert swept.tally == {}
    sentence = f"Plan {answer.run['plan']} waits for a person: 6 of 60 records would be removed in Tandem"
    assert f"is paused by a safeguard. {sentence}" in swept.waiting[0]
    assert [state.merge_type for state in MergeState.objects.exclude(pause_reason="")] == ["sections"]
    desk.run("sections", "--approve", answer.run["plan"])
    assert desk.sweep().tally["sis_update"] == 1


def test_an_empty_answer_pauses_nothing(college):
    desk = college(60)
    desk.adapter.faults([{"when": {"operation": "READ", "type": "sections"}, "then": "empty_read"}])
    desk.run("sections")

    assert not MergeState.objects.exclude(pause_reason="").exists()


# ---- reference data


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


def test_courses_made_by_sections_are_filled_without_tripping(db, tmp_path, settings):
    courses = [(f"K{n}", TERM, "BIO", str(n), f"Course {n}", "1.00") for n in range(60)]
    tables = large_tables(60, courses=courses)
    tables["sections"] = [section_row(f"M{n:03}", f"K{n}", "A") for n in range(60)]
    desk = Desk(
        folder=tmp_path / "sis", options="order=sections_first", tables=tables, django_settings=settings
    )

    answer = desk.run("all")

    assert answer.exit_code == 0
    assert answer.of("courses")["counts"]["local_create"] == 60
    assert not Course.objects.filter(is_placeholder=True).exists()
