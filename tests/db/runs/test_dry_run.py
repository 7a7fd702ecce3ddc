"""`execute_merge --dry-run`: it says what a real run would do, and changes nothing on either side."""

import pytest
from django.apps import apps

from integration.models import Conflict, Link, LinkState, MergeState, OutboundChange, Plan
from scheduling.models import Term
from tests.campus import TERM
from tests.merge_desk import counts_of, large_tables

pytestmark = pytest.mark.django_db

SCHEDULE = list(apps.get_app_config("scheduling").get_models())


def everything(desk):
    """All that a merge may change: the schedule with its audit, the agreements, the queue, the SIS."""
    models = [*SCHEDULE, Link, Conflict, OutboundChange, MergeState]
    rows = {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}
    return rows | {"sections": desk.adapter.sections(), "groups": desk.adapter.relationships()}


def said(answer):
    """What both a dry and a real run say of a plan."""
    return [(run["type"], run["term"], run["status"], counts_of(run), run["digest"]) for run in answer.runs]


def compared(desk, *words):
    """A dry run, which must change nothing, and the real one after it, which must come out as was said."""
    before = everything(desk)
    dry = desk.run(*words, "--dry-run")
    assert everything(desk) == before
    real = desk.run(*words)
    assert said(dry) == said(real)
    assert dry.exit_code == real.exit_code
    return dry


def test_of_a_first_load_it_says_all_that_will_come_though_nothing_of_it_is_here(desk):
    dry = compared(desk, "all")

    assert counts_of(dry.of("sections")) == {"read": 4, "local_create": 4}
    assert counts_of(dry.of("relationships")) == {"read": 1, "local_create": 1}
    assert all(run["dry_run"] for run in dry.runs)


def test_of_a_first_load_from_a_sis_that_lists_sections_first(desk):
    desk.reopen("order=sections_first")

    compared(desk, "all")


def test_of_one_type_of_a_term_that_is_not_here_it_says_what_that_type_alone_would_do(desk):
    for merge_type in ("departments", "buildings", "rooms", "instructors"):
        desk.run(merge_type)
    dry = desk.run("sections", "--dry-run")

    assert not Term.objects.exists()
    assert dry.run["term"] == TERM
    assert dry.codes == ["UNKNOWN_COURSE"] * 4
    real = desk.run("sections")
    assert (real.exit_code, real.counts) == (dry.exit_code, dry.counts) == (1, {"read": 4, "rejected": 4})


def test_of_new_rooms_in_new_buildings_with_new_sections_in_them(desk):
    desk.first_load()
    desk.adapter.add("buildings", "", "NEW", code="NEW", name="New", campus="EAST")
    desk.adapter.add("rooms", "", "NEW/1", building="NEW", number="1", capacity="20", type="")
    desk.adapter.add("instructors", "", "I9", first_name="N", last_name="N", email="", department="CHE")
    desk.adapter.add("courses", TERM, "C9", subject="CHE", number="9", title="New", credits="1.00")
    meeting = {"days": "F", "start_time": "08:00", "end_time": "09:00", "building": "NEW", "room": "1"}
    old = desk.in_sis("S1")
    desk.adapter.add(
        "sections",
        TERM,
        "S9",
        **(
            old
            | {
                "course": "C9",
                "meetings": [meeting],
                "instructors": [{"instructor": "I9", "percent": "100", "is_primary": "True"}],
            }
        ),
    )
    members = [{"section": "S9", "is_primary": "True"}, {"section": "S1", "is_primary": "False"}]
    desk.adapter.add("relationships", TERM, "X9", kind="CROSSLIST", capacity="", members=members)

    dry = compared(desk, "all")

    assert counts_of(dry.of("sections")) == {"read": 5, "unchanged": 4, "local_create": 1}
    assert counts_of(dry.of("relationships")) == {"read": 2, "unchanged": 1, "local_create": 1}


def test_of_changes_on_both_sides_with_conflicts_rejections_and_sends(desk):
    desk.first_load()
    desk.enable()
    desk.edit("S1", title="Mine", capacity=44)
    desk.edit_in_sis("S1", title="Theirs", enrollment="3")
    desk.edit("S2", capacity=55)
    desk.edit_in_sis("S3", credits="1.234")
    desk.adapter.remove("S4")
    desk.create()

    dry = compared(desk, "sections", "--send-updates")

    assert counts_of(dry.run) == {
        "read": 3,
        "local_update": 1,
        "local_delete": 1,
        "sis_create": 1,
        "sis_update": 2,
        "held": 1,
        "rejected": 1,
    }


def test_it_counts_what_a_sis_that_applies_later_will_have_to_confirm(desk):
    desk.first_load()
    desk.enable()
    desk.reopen("applies_later=3600")
    desk.edit("S2", capacity=55)

    assert counts_of(compared(desk, "sections", "--send-updates").run)["awaiting"] == 1


def test_what_the_sis_rejected_is_told_by_it_too(desk):
    desk.first_load()
    desk.enable()
    desk.edit("S3", capacity=31)
    desk.adapter.faults([{"when": {"operation": "UPDATE"}, "then": "refuse"}])
    desk.run("sections", "--send-updates")

    assert compared(desk, "sections", "--send-updates").codes == ["SIS_REJECTED"]
    assert compared(desk, "sections").codes == ["SIS_REJECTED"]


def test_it_records_no_absence(desk):
    desk.first_load()
    desk.reopen("complete=yes&read_by_id=no")
    desk.adapter.remove("S1")

    dry = desk.run("sections", "--dry-run")

    assert dry.counts["missing"] == 1
    assert Link.objects.get(sis_id="S1").state == LinkState.LINKED
    assert desk.run("sections").counts["missing"] == 1
    assert Link.objects.get(sis_id="S1").state == LinkState.MISSING_IN_SIS


@pytest.mark.parametrize("removed", [6, 60])
def test_a_safeguard_stops_it_as_it_would_stop_the_real_run(desk_with, removed):
    desk = desk_with(**large_tables(60))
    desk.first_load()
    for number in range(1, removed + 1):
        desk.adapter.remove(f"M{number:03}")
    before = everything(desk)

    dry, real = desk.run("sections", "--dry-run"), desk.run("sections")

    assert (dry.exit_code, dry.run["status"]) == (real.exit_code, real.run["status"])
    assert dry.exit_code == 3
    assert dry.run["digest"] == real.run["digest"]
    assert dry.counts == real.counts
    if removed == 6:
        assert dry.run["error"]["message"].endswith(
            "Nothing was changed. A real run would stop here and wait for a person."
        )
        assert Plan.objects.get(pk=dry.run["plan"]).status == Plan.Status.DRY_RUN
        assert everything(desk)["MergeState"] != before["MergeState"], "the real run paused sending"


def test_it_neither_supersedes_a_held_plan_nor_ends_a_pause(desk_with):
    desk = desk_with(**large_tables(60))
    desk.first_load()
    for number in range(1, 7):
        desk.adapter.remove(f"M{number:03}")
    held = desk.run("sections").run["plan"]

    desk.run("sections", "--dry-run")

    assert Plan.objects.get(pk=held).status == Plan.Status.NEEDS_APPROVAL
    assert MergeState.objects.get(merge_type="sections").pause_reason


def test_its_plan_cannot_be_approved(desk):
    plan = desk.run("rooms", "--dry-run").run["plan"]

    answer = desk.run("rooms", "--approve", plan)

    assert answer.exit_code == 2
    assert answer.document["error"]["message"] == f"Plan {plan} does not wait for approval: only looked at."
