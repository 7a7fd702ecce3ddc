"""What was previewed is what is carried out: a plan that differs waits for a person, with nothing written."""

import pytest

from integration.models import Plan
from integration.previews import NOT_AS_PREVIEWED
from scheduling.models import Relationship
from tests.campus import TERM
from tests.merge_desk import SIXTY, large_tables

WAYS = ["", "applies_later=60", "order=sections_first", "renders=title:10", "read_by_id=no", "complete=yes"]
"""SISes that answer, order and confirm in different ways (docs/reference/memory-sis.md)."""


def statuses(request):
    return {run.merge_type: run.status for run in request.runs.all()}


def held(request):
    """The error of the only run of a request that was held."""
    (run,) = request.runs.filter(status="NEEDS_APPROVAL")
    return run.error


@pytest.mark.parametrize("options", WAYS)
def test_a_first_load_is_as_previewed(desk_with, previewed, done, options):
    desk = desk_with(options)

    request = done(previewed())

    assert set(statuses(request).values()) == {"SUCCEEDED"}
    assert desk.here == {"S1", "S2", "S3", "S4"}
    assert Relationship.objects.count() == 1
    assert [run.asked_term for run in request.preview.runs.order_by("id")] == [""] * 5 + [TERM] * 3


@pytest.mark.parametrize("options", WAYS)
def test_sends_of_all_kinds_are_as_previewed(desk_with, previewed, done, options):
    desk = desk_with(options)
    desk.load()
    desk.enable()
    desk.edit("S1", capacity=44)
    desk.edit_in_sis("S2", capacity="12")
    desk.edit("S3", title="Bonds, revised and much longer than before")
    desk.edit_in_sis("S4", notes="seen there")
    new, other = desk.create("Y"), desk.create("Z", course="C2")
    desk.crosslist(new, other)
    desk.crosslist(desk.id_of("S2"), desk.create("W"))

    request = done(previewed(is_sending=True))

    assert request.state == "DONE"
    assert set(statuses(request).values()) <= {"SUCCEEDED", "FINISHED_WITH_ISSUES"}
    assert desk.in_sis("S1")["capacity"] == "44" or options == "applies_later=60"


def test_a_preview_counts_the_crosslists_of_sections_that_it_would_create(loaded, previewed, done):
    loaded.crosslist(loaded.create("Y"), loaded.create("Z", course="C2"))

    request = done(previewed(is_sending=True))

    shown = request.preview.runs.get(merge_type="relationships").counts
    came = request.runs.get(merge_type="relationships").counts
    assert (shown["sis_create"], came["sis_create"]) == (1, 1)
    assert (shown["pending"], came["pending"]) == (0, 0)


def test_a_crosslist_that_waits_for_an_unsent_section_is_pending_in_both(loaded, previewed, done):
    loaded.crosslist(loaded.create("Y"), loaded.create("Z", course="C2"))

    request = done(previewed("relationships", is_sending=True))

    assert request.runs.get().counts["pending"] == 1
    assert statuses(request) == {"relationships": "SUCCEEDED"}


# ---- what changed meanwhile


def test_a_save_after_the_preview_holds_the_plan_before_anything_is_sent(loaded, previewed, done):
    loaded.edit("S1", capacity=44)

    request = done(previewed("sections", is_sending=True, between=lambda: loaded.edit("S3", capacity=55)))

    assert loaded.written() == []
    error = held(request)
    assert error["code"] == NOT_AS_PREVIEWED
    assert "not the one you looked at" in error["message"]
    assert (
        "since the preview of 12 Jan 2027, 17:00, 1 change came up that it did not show" in error["message"]
    )
    plan = Plan.objects.get(run__request=request)
    assert plan.status == "NEEDS_APPROVAL"
    assert loaded.pause == "", "single saves go on"
    assert loaded.run("sections", "--approve", plan.pk).exit_code == 0
    assert {entry[1] for entry in loaded.written()} == {"S1", "S3"}


def test_a_change_in_the_sis_after_the_preview_holds_the_plan(loaded, previewed, done):
    request = done(previewed("sections", between=lambda: loaded.edit_in_sis("S1", title="Changed there")))

    assert held(request)["code"] == NOT_AS_PREVIEWED
    assert loaded.section("S1").title == "Title of S1"


def test_another_value_than_the_previewed_one_is_another_plan(loaded, previewed, done):
    loaded.edit("S1", capacity=44)

    request = done(previewed("sections", is_sending=True, between=lambda: loaded.edit("S1", capacity=45)))

    assert (
        "1 change came up that it did not show and 1 change that it showed no longer stands"
        in (held(request)["message"])
    )
    assert loaded.in_sis("S1")["capacity"] == "30"


def test_what_the_preview_showed_and_is_gone_is_said_too(loaded, previewed, done):
    loaded.edit("S1", capacity=44)
    loaded.edit("S2", capacity=44)

    request = done(previewed("sections", is_sending=True, between=loaded.sweep))

    assert "2 changes that it showed no longer stand" in held(request)["message"]


def test_types_that_are_as_previewed_go_through_beside_one_that_is_not(loaded, previewed, done):
    request = done(previewed(between=lambda: loaded.edit_in_sis("S1", title="Changed there")))

    came = statuses(request)
    assert came.pop("sections") == "NEEDS_APPROVAL"
    assert set(came.values()) == {"SUCCEEDED"}
    assert request.state == "DONE"


def test_what_the_preview_could_not_plan_is_held(desk, ask, done):
    desk.settings(courses={"is_enabled": False})
    preview = done(ask("terms", "departments", "courses", is_dry_run=True))
    desk.settings()

    request = done(ask("terms", "departments", "courses", preview=preview))

    assert "came to no plan for this" in held(request)["message"]


def test_a_safeguard_speaks_before_the_preview_does(desk_with, previewed, done):
    desk = desk_with(**large_tables(60))
    desk.first_load()

    request = done(previewed("sections", between=lambda: desk.vanish(*SIXTY[:6])))

    error = held(request)
    assert error["code"] == "MANY_LOCAL_REMOVALS"
    assert "not the one you looked at" in error["message"]
    assert desk.pause


def test_a_preview_that_a_safeguard_would_stop_stops_in_earnest_too(desk_with, previewed, done):
    desk = desk_with(**large_tables(60))
    desk.first_load()
    desk.vanish(*SIXTY[:6])

    error = held(done(previewed("sections")))

    assert error["code"] == "MANY_LOCAL_REMOVALS"
    assert "looked at:" not in error["message"]


def test_a_pause_with_sends_outlasts_a_plan_that_was_not_as_previewed(desk_with, previewed, done):
    desk = desk_with(**large_tables(60))
    desk.first_load()
    desk.enable()
    desk.held_sends()

    done(previewed("sections", between=lambda: desk.edit_in_sis("M040", title="Changed there")))
    desk.run("sections")

    assert desk.pause, "an import says nothing of what would be sent"


# ---- an attempt that died


@pytest.fixture
def half_done(loaded, previewed):
    """A request of which an earlier attempt applied S1; S3 is as it was previewed, and not applied."""
    for sis_id in ("S1", "S3"):
        loaded.edit_in_sis(sis_id, title="Changed there")
    request = previewed("sections")
    loaded.edit_in_sis("S3", title="Title of S3")
    loaded.merge(["sections"], request=request.pk)
    loaded.edit_in_sis("S3", title="Changed there")
    return request


def test_the_rest_of_what_was_previewed_is_done_after_a_worker_died(loaded, half_done, done):
    assert loaded.section("S1").title == "Changed there"

    request = done(half_done)

    assert request.state == "DONE"
    assert loaded.section("S3").title == "Changed there"


def test_what_was_not_previewed_is_held_after_a_worker_died_too(loaded, half_done, done):
    loaded.edit_in_sis("S4", title="Changed there")

    request = done(half_done)

    assert held(request)["code"] == NOT_AS_PREVIEWED
    assert loaded.section("S3").title == "Title of S3"
