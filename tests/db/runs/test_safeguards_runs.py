"""Safeguards, through real runs: each limit at its boundary and one over it (MERGE.md)."""

import pytest

from integration.models import Link, MergeState, Plan
from integration.sis.exchange import COLUMNS
from scheduling.models import Section
from tests.campus import TERM, section_row

pytestmark = pytest.mark.django_db


def ids(first, last):
    return [f"M{number:03}" for number in range(first, last + 1)]


def remove(desk, number):
    desk.vanish(*ids(1, number))


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
    ("work", "passes", "code"),
    [
        (remove, 5, "MANY_LOCAL_REMOVALS"),
        (cancel, 5, "MANY_LOCAL_REMOVALS"),
        (change, 25, "MANY_LOCAL_UPDATES"),
        (spoil, 5, "MANY_REJECTED"),
        (cancel_here, 5, "MANY_SIS_REMOVALS"),
        (change_here, 25, "MANY_SIS_UPDATES"),
    ],
)
def test_so_many_pass_without_a_person_and_one_more_does_not(sixty, work, passes, code):
    desk = sixty
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


def test_an_incomplete_answer_is_no_measure_for_the_next_one(sixty):
    desk = sixty
    desk.reopen("complete=no")
    remove(desk, 3)
    assert desk.run("sections").notices == ["INCOMPLETE"]
    assert desk.run("sections").exit_code == 0

    assert MergeState.objects.get(merge_type="sections").last_read == 60


def test_enrolment_changes_are_never_counted(sixty):
    desk = sixty
    desk.edit_in_sis(*ids(1, 60), enrollment="12", waitlisted="1")

    answer = desk.run("sections")

    assert (answer.exit_code, answer.counts) == (0, {"read": 60, "local_update": 60})


def test_a_field_that_the_settings_leave_to_the_sis_is_not_counted_either(sixty):
    desk = sixty
    desk.settings(sections={"sources": {"notes": "ALWAYS_SIS"}})
    change_one_field(desk, 60)

    assert desk.run("sections").exit_code == 0


def test_what_comes_in_and_what_goes_out_is_counted_separately(sixty):
    """Twenty-five of each kind pass, also where they meet in the same sections."""
    desk = sixty
    for sis_id in ids(1, 25):
        desk.edit(sis_id, title="Mine")
        desk.edit_in_sis(sis_id, notes="Theirs")

    answer = desk.run("sections", "--send-updates")

    assert answer.exit_code == 0
    assert answer.counts == {"read": 60, "unchanged": 35, "local_update": 25, "sis_update": 25}


def test_what_waits_to_be_sent_is_no_change_here(sixty):
    """Enrolment comes in for sections of which many wait to be sent: nothing to stop for."""
    desk = sixty
    for sis_id in ids(1, 40):
        desk.edit(sis_id, capacity=77)
    desk.edit_in_sis(*ids(1, 60), enrollment="3")

    answer = desk.run("sections")

    assert (answer.exit_code, answer.counts["local_update"], answer.counts["pending"]) == (0, 60, 40)


# ---- an empty answer


def test_an_empty_answer_is_refused_and_nothing_is_changed(sixty):
    desk = sixty
    desk.adapter.faults([{"when": {"operation": "READ", "type": "sections"}, "then": "empty_read"}])

    answer = desk.run("sections")

    assert (answer.exit_code, answer.run["status"]) == (3, "NO_DATA")
    assert answer.run["error"]["code"] == "NO_DATA"
    assert "no sections where Tandem holds 60" in answer.run["error"]["message"]
    assert "--accept-empty: all 60 follow" in answer.run["error"]["message"]
    assert (answer.run["plan"], answer.counts) == (None, {})
    assert Section.objects.count() == 60
    assert desk.run("sections").counts == {"read": 60, "unchanged": 60}


def test_an_empty_answer_is_accepted_once(sixty):
    desk = sixty
    remove(desk, 60)
    assert desk.run("sections").exit_code == 3

    answer = desk.run("sections", "--accept-empty")

    assert (answer.exit_code, answer.counts) == (0, {"local_delete": 60})
    assert not Section.objects.exists()
    assert Link.objects.filter(state="RETIRED").count() == 60
    assert desk.run("sections").exit_code == 0, "there is nothing left to refuse it for"


def test_accepting_an_empty_answer_is_no_leave_for_any_other(sixty):
    desk = sixty
    remove(desk, 6)

    answer = desk.run("sections", "--accept-empty")

    assert (answer.exit_code, answer.run["error"]["code"]) == (3, "MANY_LOCAL_REMOVALS")


def test_an_empty_answer_that_may_not_be_all_removes_nothing_even_if_accepted(sixty):
    desk = sixty
    desk.reopen("complete=no")
    remove(desk, 60)

    answer = desk.run("sections", "--accept-empty")

    assert answer.notices == ["INCOMPLETE"]
    assert Section.objects.count() == 60


# ---- the pause


def test_a_tripped_safeguard_pauses_sending_for_that_type_and_term_only(sixty):
    desk = sixty
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


def test_an_empty_answer_pauses_nothing(sixty):
    desk = sixty
    desk.adapter.faults([{"when": {"operation": "READ", "type": "sections"}, "then": "empty_read"}])
    desk.run("sections")

    assert not MergeState.objects.exclude(pause_reason="").exists()
