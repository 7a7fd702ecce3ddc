"""Reference data and courses: the SIS owns them; what it no longer has becomes inactive, never deleted."""

import pytest

from integration.models import Plan, PlanRow
from scheduling.models import (
    Building,
    Campus,
    ChangeLog,
    Course,
    Department,
    Instructor,
    Room,
    Section,
    Term,
)
from tests.campus import TERM

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(four):
    return four


ONE_OF_EACH = [
    ("terms", Term, "20263", {"name": "Autumn 2026"}, {"name": "Autumn 2026"}),
    ("departments", Department, "BIO", {"name": "Life"}, {"name": "Life"}),
    ("buildings", Building, "HAL", {"campus": "WEST"}, {"campus_id": "WEST"}),
    ("rooms", Room, "HAL/101", {"capacity": "12", "type": "LAB"}, {"capacity": 12, "room_type": "LAB"}),
    ("instructors", Instructor, "I1", {"department": "BIO", "email": ""}, {"department_id": "BIO"}),
    ("courses", Course, "C1", {"title": "Tissues", "credits": ""}, {"title": "Tissues", "credits": None}),
]


def find(model, key):
    if model is Room:
        building, number = key.split("/")
        return Room.objects.get(building_id=building, number=number)
    return Course.objects.get(term=TERM, sis_id=key) if model is Course else model.objects.get(pk=key)


def edit(desk, merge_type, key, **changes):
    record = desk.adapter.records(merge_type)[key]
    desk.adapter.add(merge_type, TERM if merge_type == "courses" else "", key, **record | changes)


@pytest.mark.parametrize(("merge_type", "model", "key", "changes", "result"), ONE_OF_EACH)
def test_what_the_sis_changes_is_taken_and_audited(  # noqa: PLR0917  # the columns of a table
    loaded, merge_type, model, key, changes, result
):
    edit(loaded, merge_type, key, **changes)

    answer = loaded.run(merge_type)

    assert answer.exit_code == 0
    assert answer.counts["local_update"] == 1
    assert {name: getattr(find(model, key), name) for name in result} == result
    change = ChangeLog.objects.get(run_id=answer.run["id"])
    assert (change.record_type, change.record_id) == (merge_type.removesuffix("s"), key)
    assert (change.action, change.rule, change.source) == ("UPDATE", "ALWAYS_SIS", "IMPORT")
    assert change.before.keys() == change.after.keys() <= changes.keys()


@pytest.mark.parametrize(("merge_type", "model", "key", "_changes", "_result"), ONE_OF_EACH)
def test_what_is_gone_becomes_inactive_and_what_comes_back_is_active_again(
    loaded, merge_type, model, key, _changes, _result
):
    record = loaded.adapter.records(merge_type)[key]
    before, number = find(model, key).pk, model.objects.count()
    loaded.adapter.remove(key, merge_type)

    gone = loaded.run(merge_type)

    assert gone.counts["local_delete"] == 1
    assert not find(model, key).is_active
    assert model.objects.count() == number
    assert loaded.run(merge_type).counts.keys() == {"read", "unchanged"}
    loaded.adapter.add(merge_type, TERM if merge_type == "courses" else "", key, **record)
    assert loaded.run(merge_type).counts["local_update"] == 1
    assert find(model, key).is_active
    assert find(model, key).pk == before
    audit = ChangeLog.objects.filter(record_id=key, record_type=merge_type.removesuffix("s"))
    assert list(audit.order_by("id").values_list("after__is_active", flat=True)) == [None, False, True]


def test_sections_of_an_inactive_room_course_and_instructor_keep_them(loaded):
    loaded.adapter.remove("HAL/101", "rooms")
    loaded.adapter.remove("C1", "courses")
    loaded.adapter.remove("I2", "instructors")

    answer = loaded.run("all")

    assert answer.exit_code == 0
    assert answer.of("sections")["counts"]["unchanged"] == 4
    section = Section.objects.get(sis_id="S1")
    assert section.course.sis_id == "C1"
    assert section.meetings.get().room == find(Room, "HAL/101")


def test_campuses_come_with_the_buildings_that_stand_on_them(loaded):
    assert list(Campus.objects.values_list("code", flat=True)) == ["MAIN"]
    edit(loaded, "buildings", "HAL", campus="WEST")
    loaded.run("buildings")

    assert list(Campus.objects.values_list("code", flat=True)) == ["MAIN", "WEST"]


# ---- records that cannot be taken


@pytest.mark.parametrize(
    ("merge_type", "key", "changes", "code", "column"),
    [
        ("terms", "20263", {"end_date": "2026-01-01"}, "INVALID_VALUE", "end_date"),
        ("terms", "20263", {"start_date": "soon"}, "INVALID_VALUE", "start_date"),
        ("departments", "BIO", {"name": ""}, "INVALID_VALUE", "name"),
        ("departments", "BIO", {"name": "x" * 201}, "INVALID_VALUE", "name"),
        ("buildings", "HAL", {"campus": "x" * 41}, "INVALID_VALUE", "campus"),
        ("rooms", "HAL/101", {"capacity": "-1"}, "INVALID_VALUE", "capacity"),
        ("rooms", "HAL/101", {"building": "GONE"}, "UNKNOWN_BUILDING", "building"),
        ("instructors", "I1", {"department": "MAGIC"}, "UNKNOWN_DEPARTMENT", "department"),
        ("courses", "C1", {"credits": "lots"}, "INVALID_VALUE", "credits"),
        ("courses", "C1", {"subject": ""}, "INVALID_VALUE", "subject"),
    ],
)
def test_one_bad_record_is_rejected_and_not_taken_for_gone_and_the_others_go_on(  # noqa: PLR0917  # a table
    loaded, merge_type, key, changes, code, column
):
    model = next(model for name, model, *_rest in ONE_OF_EACH if name == merge_type)
    before = model.objects.filter(is_active=True).count()
    edit(loaded, merge_type, key, **changes)

    answer = loaded.run(merge_type)

    assert answer.exit_code == 1
    (issue,) = answer.run["issues"]
    assert (issue["record"], issue["code"], issue["column"]) == (key, code, column)
    assert answer.counts["rejected"] == 1
    assert model.objects.filter(is_active=True).count() == before


def test_a_room_whose_name_is_too_long_to_be_kept_is_rejected(loaded):
    code, number = "B" * 40, "N" * 40
    loaded.adapter.add("buildings", "", code, code=code, name="Long", campus="")
    loaded.adapter.add("rooms", "", f"{code}/{number}", building=code, number=number, capacity="", type="")

    answer = loaded.run("all")

    (issue,) = answer.of("rooms")["issues"]
    assert "building and number have more than 63 characters together" in issue["message"]


# ---- absence without proof


def test_an_absence_that_nothing_proves_waits_for_a_second_answer_that_differs(loaded):
    loaded.reopen("complete=yes&read_by_id=no")
    loaded.adapter.remove("HAL/101", "rooms")

    assert loaded.run("rooms").counts == {"read": 2, "unchanged": 2, "missing": 1}
    assert loaded.run("rooms").counts == {"read": 2, "unchanged": 2}, "the same answer says nothing new"
    assert find(Room, "HAL/101").is_active
    edit(loaded, "rooms", "HAL/102", capacity="41")
    assert loaded.run("rooms").counts == {"read": 2, "unchanged": 1, "local_update": 1, "local_delete": 1}
    assert not find(Room, "HAL/101").is_active


def test_an_absence_is_forgotten_when_the_record_shows_again(loaded):
    loaded.reopen("complete=yes&read_by_id=no")
    record = loaded.adapter.records("rooms")["HAL/101"]
    loaded.adapter.remove("HAL/101", "rooms")
    loaded.run("rooms")
    loaded.adapter.add("rooms", "", "HAL/101", **record)
    loaded.run("rooms")
    loaded.adapter.remove("HAL/101", "rooms")
    edit(loaded, "rooms", "HAL/102", capacity="41")

    assert loaded.run("rooms").counts["missing"] == 1
    assert find(Room, "HAL/101").is_active


def test_an_answer_that_may_not_be_all_neither_removes_nor_forgets(loaded):
    loaded.reopen("complete=yes&read_by_id=no")
    loaded.adapter.remove("HAL/101", "rooms")
    loaded.run("rooms")
    loaded.adapter.faults([{"when": {"operation": "READ", "type": "rooms"}, "then": "truncated_read"}])

    cut = loaded.run("rooms")

    assert cut.notices == ["INCOMPLETE"]
    assert Room.objects.filter(is_active=True).count() == 3
    edit(loaded, "rooms", "HAL/102", capacity="41")
    assert loaded.run("rooms").counts["local_delete"] == 1


def test_a_look_at_the_single_record_proves_its_absence(loaded):
    loaded.reopen("complete=yes")
    loaded.adapter.remove("HAL/101", "rooms")

    assert loaded.run("rooms").counts["local_delete"] == 1


def test_an_answer_that_may_not_be_all_removes_nothing(loaded):
    loaded.reopen("complete=no")
    loaded.adapter.remove("HAL/101", "rooms")

    answer = loaded.run("rooms")

    assert (answer.exit_code, answer.counts) == (0, {"read": 2, "unchanged": 2})
    assert find(Room, "HAL/101").is_active


# ---- a plan whose records moved on


def test_rows_whose_record_changed_since_the_plan_are_left(loaded):
    for number in range(300, 306):
        loaded.adapter.add(
            "rooms", "", f"HAL/{number}", building="HAL", number=str(number), capacity="5", type=""
        )
    loaded.run("rooms")
    for number in range(300, 306):
        loaded.adapter.remove(f"HAL/{number}", "rooms")
    edit(loaded, "rooms", "HAL/101", capacity="77")
    plan = Plan.objects.get(pk=loaded.run("rooms").run["plan"])
    Room.objects.filter(number="300").update(is_active=False)
    Room.objects.filter(number="101").update(capacity=12)

    answer = loaded.run("rooms", "--approve", plan.pk)

    assert answer.counts == {"read": 3, "unchanged": 3, "local_delete": 5}
    states = dict(plan.rows.values_list("record_key", "state"))
    assert {key for key, state in states.items() if state == PlanRow.State.STALE} == {"HAL/300", "HAL/101"}
    assert find(Room, "HAL/101").capacity == 12
    assert loaded.run("rooms").counts == {"read": 3, "unchanged": 2, "local_update": 1}


def test_what_reference_data_changed_may_be_what_a_rejected_record_lacked(loaded):
    loaded.edit("S3", capacity=31)
    loaded.adapter.faults([{"when": {"operation": "UPDATE"}, "then": "refuse"}])
    loaded.run("sections", "--send-updates")
    assert loaded.row("S3").state == "PARKED"
    loaded.run("rooms")
    assert loaded.row("S3").state == "PARKED", "nothing changed"
    edit(loaded, "rooms", "HAL/102", capacity="41")

    loaded.run("rooms")

    assert loaded.row("S3").state == "WAITING"
    assert loaded.run("sections", "--send-updates").counts["sis_update"] == 1
