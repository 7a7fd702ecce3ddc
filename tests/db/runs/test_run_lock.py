"""One run a type and term at a time, between real processes; the dead give their lock back at once."""

import datetime as dt
import json
import signal
import subprocess

import pytest
from django.utils import timezone

from integration.approval import reject
from integration.execution import execute
from integration.models import MergeRun, Plan
from integration.runs import AlreadyRunning, run_lock
from integration.sis.port import MergeType
from tests.campus import TERM
from tests.merge_desk import execute_merge, in_a_process, large_tables, start

pytestmark = pytest.mark.django_db(transaction=True)

HOLD = """
import django, sys
django.setup()
from integration.runs import run_lock
from integration.sis.port import MergeType
with run_lock(MergeType(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holding():
    """Makes a process that holds the lock of a type and term until it is killed."""
    processes = []

    def hold(merge_type, term):
        process = start("-c", HOLD, merge_type, term, url="", stdin=subprocess.PIPE)
        processes.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in processes:
        process.kill()
        process.communicate()


def test_a_second_merge_of_a_type_and_term_is_refused_until_the_first_process_is_dead(desk, holding):
    desk.first_load()
    holder = holding("sections", TERM)

    status, out, _err = in_a_process("sections", "--term", TERM, "--json", url=desk.url)

    assert status == 5
    document = json.loads(out)
    assert document["error"]["code"] == "ALREADY_RUNNING"
    assert document["error"]["message"].startswith(f"Another merge of sections of {TERM} is running")
    assert document["runs"] == []
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert desk.run("sections").exit_code == 0


def test_other_types_and_terms_go_on_beside_it(desk, holding):
    desk.first_load()
    holding("sections", TERM)

    assert desk.run("courses").exit_code == 0
    assert execute_merge("sections", "--term", "20263").exit_code == 0
    with run_lock(MergeType.ROOMS, ""), run_lock(MergeType.SECTIONS, "20263"):
        pass
    with pytest.raises(AlreadyRunning), run_lock(MergeType.SECTIONS, TERM):
        pass


def test_of_all_types_only_the_running_one_and_what_builds_on_it_wait(desk, holding):
    desk.first_load()
    holding("courses", TERM)

    answer = execute_merge("all", "--term", TERM, "--term", "20263")

    assert answer.exit_code == 5
    assert answer.document["error"]["code"] == "ALREADY_RUNNING"
    assert answer.of("sections", TERM)["error"]["code"] == "PREREQUISITE"
    assert answer.of("sections", TERM)["error"]["message"].startswith("Another merge of courses")
    assert answer.of("rooms")["status"] == answer.of("sections", "20263")["status"] == "SUCCEEDED"
    assert not [run for run in answer.runs if (run["type"], run["term"]) == ("courses", TERM)]


def test_an_answer_to_a_plan_is_refused_too_while_its_type_and_term_is_merged(desk_with, holding):
    desk = desk_with(**large_tables(60))
    desk.first_load()
    plan = desk.held_removals()
    holding("sections", TERM)

    answer = desk.run("sections", "--approve", plan.pk)

    assert (answer.exit_code, answer.runs) == (5, [])
    with pytest.raises(AlreadyRunning):
        reject(plan.pk, actor=None, now=timezone.now())
    plan.refresh_from_db()
    assert plan.status == Plan.Status.NEEDS_APPROVAL


def test_a_run_that_was_killed_is_marked_by_the_next_one_which_goes_on_from_there(desk):
    desk.first_load()
    desk.enable()
    for sis_id in ("S1", "S3"):
        desk.edit(sis_id, capacity=55)
    desk.adapter.faults([{"when": {"operation": "UPDATE"}, "then": "kill_after_effect"}])

    status, _out, _err = in_a_process("sections", "--term", TERM, "--send-updates", url=desk.url)

    assert status == -signal.SIGKILL
    killed = MergeRun.objects.get(status="RUNNING")
    assert killed.progress == {"step": "send", "done": 0, "total": 2}, "it had told of no batch that was sent"
    answer = desk.run("sections", "--send-updates")
    assert answer.exit_code == 0
    killed.refresh_from_db()
    assert (killed.status, killed.error["code"]) == ("FAILED", "INTERRUPTED")
    assert (killed.progress, killed.finished_at is not None) == ({}, True)
    assert killed.plan.status == Plan.Status.SUPERSEDED
    assert {desk.in_sis(sis_id)["capacity"] for sis_id in ("S1", "S3")} == {"55"}
    assert [entry for entry in desk.written() if entry[1] == "S1"] == [("UPDATE", "S1")]


def test_a_delivery_at_work_is_not_taken_for_a_run_that_died(desk):
    desk.first_load()
    at_work, old = (
        MergeRun.objects.create(
            merge_type="sections",
            term_id=TERM,
            trigger=MergeRun.Trigger.REAL_TIME,
            started_at=timezone.now() - dt.timedelta(minutes=minutes),
        )
        for minutes in (30, 90)
    )

    desk.run("sections")

    at_work.refresh_from_db()
    old.refresh_from_db()
    assert (at_work.status, old.status) == ("RUNNING", "FAILED")


def test_a_run_tells_how_far_it_is_and_how_long_each_step_took(desk):
    seen = []

    outcome = execute(
        [MergeType.BUILDINGS],
        terms=[],
        adapter=desk.adapter,
        progress=lambda step, done: seen.append((step, done, stored_progress())),
    )

    (run,) = outcome.runs
    assert [one[:2] for one in seen] == [("read and plan", 2), ("apply", 2)]
    assert [one[2] for one in seen] == [
        {"step": "read and plan", "done": 0, "total": None},  # nothing was read before
        {"step": "apply", "done": 0, "total": 2},
    ]
    assert [(step["step"], step["records"]) for step in run.steps] == [("read and plan", 2), ("apply", 2)]
    assert all(step["seconds"] >= 0 for step in run.steps)
    assert MergeRun.objects.get(pk=run.pk).progress == {}


def stored_progress():
    return MergeRun.objects.get(status="RUNNING").progress
