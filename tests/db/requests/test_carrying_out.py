"""Carrying out a request: what becomes of it, and that it is done once."""

import pytest
from django.db import InternalError, OperationalError, connection
from django.utils import timezone

from integration.models import MergeRequest, MergeRun
from integration.request_claims import MOST_ATTEMPTS
from integration.requests import carry_out, request_approval, unfinished
from integration.sis.port import MergeType
from scheduling.models import ChangeLog
from tests.campus import NOW, TERM
from tests.merge_desk import SIXTY, large_tables


def died(request, *, attempts=1):
    """What a worker leaves behind that is killed: the row says RUNNING, the lock is free."""
    MergeRequest.objects.filter(pk=request.pk).update(state="RUNNING", attempts=attempts, started_at=NOW)


def test_all_types_are_merged_and_their_runs_belong_to_the_request(ask, done, desk):
    request = done(ask())

    assert (request.state, request.error, request.attempts) == ("DONE", None, 1)
    assert request.started_at == request.finished_at == NOW
    assert desk.here == {"S1", "S2", "S3", "S4"}
    runs = list(request.runs.order_by("id"))
    assert [run.merge_type for run in runs] == [one.value for one in MergeType]
    assert {run.actor for run in runs} == {desk.registrar}
    assert [run.asked_term for run in runs] == ["", "", "", "", "", TERM, TERM, TERM]
    assert unfinished() == []


def test_a_dry_run_of_a_term_that_is_not_here_says_which_it_was(ask, done, desk):
    request = done(ask("courses", is_dry_run=True))

    (run,) = request.runs.all()
    assert (run.term_id, run.asked_term, run.is_dry_run) == (None, TERM, True)


def test_what_is_over_is_not_done_again(ask, done, desk):
    request = done(ask())

    carry_out(request.pk)

    assert request.runs.count() == len(MergeType)
    assert MergeRequest.objects.get(pk=request.pk).attempts == 1


def test_what_is_not_there_is_passed_over(db):
    carry_out(12345)

    assert unfinished() == []


def test_sends_go_out(ask, done, loaded):
    loaded.edit("S1", capacity=44)

    request = done(ask("sections", is_sending=True))

    assert request.state == "DONE"
    assert loaded.in_sis("S1")["capacity"] == "44"


def test_an_empty_answer_is_accepted_where_that_was_asked(ask, done, loaded):
    loaded.vanish("S1", "S2", "S3", "S4")
    stopped, accepted = done(ask("sections")), done(ask("sections", accept_empty=True))

    assert [run.status for run in stopped.runs.all()] == ["NO_DATA"]
    assert stopped.state == "DONE", "it came to its end; the run says how"
    assert accepted.state == "DONE"
    assert loaded.here == set()


# ---- what fails


def test_a_term_that_the_sis_does_not_offer_fails_with_the_sentence(ask, done, desk):
    request = done(ask("courses", terms=("20999",)))

    assert request.state == "FAILED"
    assert request.error["code"] == "CONFIGURATION"
    assert "does not offer a term '20999'" in request.error["message"]
    assert request.error["file"] is None


def test_an_unset_sis_fails_with_the_sentence(ask, done, settings):
    request = ask("terms")
    settings.SIS_URL = ""

    assert "SIS_URL is not set" in done(request).error["message"]


def test_a_sis_that_is_away_fails_the_request_with_the_runs_error(ask, done, desk):
    request = ask()
    (desk.folder / "sections.csv").unlink()
    desk.django_settings.SIS_URL = "csv:///nowhere"

    request = done(request)

    assert request.state == "FAILED"
    assert request.error["code"] == "SIS_UNAVAILABLE"


def test_the_first_cause_is_told_not_what_followed_from_it(ask, done, desk, settings):
    (desk.folder / "courses.csv").write_text("nonsense")
    settings.SIS_URL = f"csv://{desk.folder}"

    request = done(ask())

    assert request.state == "FAILED"
    assert request.error["file"] == "courses.csv"
    assert {run.error["code"] for run in request.runs.filter(status="FAILED")} > {"PREREQUISITE"}


def test_a_type_that_is_switched_off_is_left_out_and_said(ask, done, loaded):
    loaded.settings(courses={"is_enabled": False})

    request = done(ask("courses", "sections"))

    assert request.state == "DONE"
    assert request.notes == ["courses left out: Merges of courses are switched off in Merge Settings."]


@pytest.fixture
def failing():
    """Makes the database refuse new terms with an error of this SQLSTATE."""

    def fail(state):
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION 'a surprise' USING ERRCODE = '{state}'; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON scheduling_term FOR EACH ROW "
                "EXECUTE FUNCTION refuse()"
            )

    return fail


def test_a_surprise_fails_the_request_and_goes_on_up(ask, desk, failing):
    request = ask("terms")
    failing("P0001")

    with pytest.raises(InternalError, match="a surprise"):
        carry_out(request.pk)

    request.refresh_from_db()
    assert (request.state, request.error["code"]) == ("FAILED", "CRASHED")
    assert unfinished() == []


def test_a_database_that_went_away_is_no_surprise_and_the_request_is_tried_again(ask, desk, failing):
    request = ask("terms")
    failing("57P01")

    with pytest.raises(OperationalError, match="a surprise"):
        carry_out(request.pk)

    assert unfinished() == [request.pk]
    assert MergeRequest.objects.get(pk=request.pk).attempts == 1


# ---- workers that die


def test_what_a_dead_worker_left_is_taken_up_again(ask, done, desk):
    request = ask()
    died(request)

    assert unfinished() == [request.pk]
    request = done(request)

    assert (request.state, request.attempts) == ("DONE", 2)
    assert request.notes == ["The worker stopped before the end; taken up again, attempt 2."]
    assert request.started_at == NOW


def test_a_request_whose_workers_keep_dying_is_given_up(ask, done):
    request = ask()
    died(request, attempts=MOST_ATTEMPTS)

    request = done(request)

    assert (request.state, request.error["code"]) == ("FAILED", "WORKER_DIED")
    assert "died 3 times" in request.error["message"]
    assert not MergeRun.objects.exists()
    assert unfinished() == []


# ---- approvals


@pytest.fixture
def held(desk_with):
    made = desk_with(**large_tables(60))
    made.first_load()
    return made, made.held_removals()


def test_a_plan_is_approved_as_a_whole(held, done):
    desk, plan = held

    request = done(request_approval(plan, only=None, actor=desk.registrar, now=timezone.now()))

    assert request.state == "DONE"
    assert desk.here == set(SIXTY[6:])
    (run,) = request.runs.all()
    assert (run.status, run.actor) == ("SUCCEEDED", desk.registrar)
    plan.refresh_from_db()
    assert (plan.status, plan.decided_by) == ("APPLIED", desk.registrar)
    audit = ChangeLog.objects.get(record_type="plan", record_id=str(plan.pk))
    assert (audit.actor, audit.source, audit.after) == (desk.registrar, "FORM", "APPLIED")


def test_some_rows_of_a_plan_are_approved(held, done):
    desk, plan = held
    rows = list(plan.rows.filter(action="DELETE").order_by("record_key")[:2])

    request = request_approval(plan, only=[row.pk for row in rows], actor=desk.registrar, now=timezone.now())

    assert done(request).state == "DONE"
    assert desk.here == set(SIXTY) - {row.record_key for row in rows}


def test_a_plan_that_was_answered_meanwhile_fails_with_the_sentence(held, done):
    desk, plan = held
    request = request_approval(plan, only=None, actor=desk.registrar, now=timezone.now())
    assert desk.run("sections", "--approve", plan.pk).exit_code == 0

    request = done(request)

    assert (request.state, request.error["code"]) == ("FAILED", "PLAN_NOT_WAITING")


def test_an_approval_that_was_applied_before_its_worker_died_is_done(held, done):
    desk, plan = held
    request = request_approval(plan, only=None, actor=desk.registrar, now=timezone.now())
    assert desk.run("sections", "--approve", plan.pk).exit_code == 0
    died(request)

    request = done(request)

    assert (request.state, request.error) == ("DONE", None)
    assert "applied before the worker stopped" in request.notes[-1]
