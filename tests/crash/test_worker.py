"""Background workers: real processes that are killed, messages that are lost or doubled."""

import signal

import pytest
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from integration import hints
from integration.institution.writing import write_institution
from integration.models import MergeRequest, MergeRun
from integration.requests import request_merge
from integration.runs import run_lock
from integration.sis.port import MergeType
from scheduling.models import Section, Term
from tests.broker_in_a_folder import Workers, until
from tests.campus import TERM
from tests.merge_desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)
SECTIONS = 1500


@pytest.fixture
def desk(tmp_path, settings):
    made = Desk(folder=tmp_path / "sis", django_settings=settings)
    made.load()
    made.enable()
    return made


@pytest.fixture
def workers(tmp_path, settings, monkeypatch):
    """Makes the workers of an SIS; what is asked for is hinted to them."""
    made = []

    def make(sis_url):
        started = Workers(tmp_path / "broker", sis_url)
        settings.CELERY_BROKER_URL = started.url
        settings.TASK_APPLICATION = "tests.broker_in_a_folder.app"
        monkeypatch.setattr(hints, "_away_until", 0.0)
        made.append(started)
        return started

    yield make
    for one in made:
        one.stop()


def ask(*types, term=TERM, is_sending=False):
    return request_merge(
        types=[MergeType(one) for one in types] or list(MergeType),
        terms=[term],
        is_sending=is_sending,
        is_dry_run=False,
        actor=None,
        now=timezone.now(),
    )


def state_of(request):
    return MergeRequest.objects.get(pk=request.pk).state


def is_over(request):
    return state_of(request) in {"DONE", "FAILED"}


def test_a_worker_carries_out_what_is_asked_for(desk, workers):
    workers(desk.url).start()
    desk.edit("S1", capacity=44)

    request = ask("sections", is_sending=True)

    until(lambda: is_over(request))
    assert state_of(request) == "DONE"
    assert desk.in_sis("S1")["capacity"] == "44"


def test_what_a_person_saves_is_sent_by_the_worker(desk, workers):
    workers(desk.url).start(pool="prefork")

    desk.edit("S1", capacity=44)

    until(lambda: desk.in_sis("S1")["capacity"] == "44")


def test_a_request_whose_worker_was_killed_while_sending_is_finished_by_the_next(desk, workers):
    desk.enable(real_time=False)  # else a delivery of the same worker may meet the fault before the merge
    for sis_id in ("S1", "S3"):
        desk.edit(sis_id, capacity=55)
    desk.adapter.faults([{"when": {"operation": "UPDATE"}, "then": "kill_after_effect"}])
    team = workers(desk.url)
    request = ask("sections", is_sending=True)

    first = team.start()
    assert first.wait(timeout=60) == -signal.SIGKILL
    assert state_of(request) == "RUNNING"
    team.start()

    until(lambda: is_over(request))
    request.refresh_from_db()
    assert (request.state, request.attempts) == ("DONE", 2)
    assert {desk.in_sis(sis_id)["capacity"] for sis_id in ("S1", "S3")} == {"55"}
    assert sorted(entry[1] for entry in desk.written()) == ["S1", "S3"], "each was sent once"
    killed, finished = request.runs.order_by("id")
    assert (killed.error["code"], finished.status) == ("INTERRUPTED", "SUCCEEDED")


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_a_first_load_whose_worker_was_killed_is_finished_by_the_next(tmp_path, settings, workers, pool):
    folder = tmp_path / "sis"
    (term,) = write_institution(folder, sections=SECTIONS)
    settings.SIS_URL = f"memory://{folder}"
    team = workers(settings.SIS_URL)
    first = team.start(pool=pool)
    request = ask(term=term)

    until(lambda: MergeRun.objects.filter(merge_type="sections", progress__step="apply").exists())
    team.kill(first)
    assert state_of(request) == "RUNNING"
    assert Section.objects.count() < SECTIONS
    team.start(pool=pool)

    until(lambda: is_over(request))
    request.refresh_from_db()
    assert (request.state, request.attempts) == ("DONE", 2), request.error
    assert request.notes == ["The worker stopped before the end; taken up again, attempt 2."]
    assert Section.objects.filter(term=term).count() == SECTIONS
    assert not MergeRun.objects.filter(status="RUNNING").exists()


def test_a_request_whose_message_was_lost_is_found_by_the_scheduler(desk, workers, settings):
    every_second = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(name="soon", task="integration.tasks.look_after", interval=every_second)
    team = workers(desk.url)
    team.start("--beat")
    settings.CELERY_BROKER_URL = ""  # nobody is told
    desk.edit("S1", capacity=44)

    request = ask("courses")

    until(lambda: is_over(request))
    assert state_of(request) == "DONE"
    until(lambda: desk.in_sis("S1")["capacity"] == "44")
    names = set(PeriodicTask.objects.values_list("task", flat=True))
    assert {"integration.tasks.look_after", "integration.tasks.run_night"} <= names


def test_two_workers_that_are_told_of_one_request_work_it_once(desk, workers):
    team = workers(desk.url)
    team.start()
    team.start(pool="prefork")

    request = ask()
    for _again in range(6):
        hints.send("carry_out_request", {"request_id": request.pk})

    until(lambda: is_over(request) and not team.messages())
    request.refresh_from_db()
    assert (request.state, request.attempts, request.runs.count()) == ("DONE", 1, len(MergeType))
    assert Term.objects.filter(pk=TERM).exists()


def test_a_request_waits_for_a_merge_that_runs_and_is_not_counted_as_tried(desk, workers):
    team = workers(desk.url)
    team.start()
    with run_lock(MergeType.SECTIONS, TERM):
        request = ask("courses", "sections")
        until(lambda: MergeRequest.objects.get(pk=request.pk).notes)
        request.refresh_from_db()
        assert (request.state, request.attempts) == ("WAITING", 0)
        assert request.notes == [
            f"Another merge of sections of {TERM} is running; wait for its end, or stop it."
        ]
        assert not request.runs.exists(), "nor is a part of it done"

    hints.send("look_after", {})

    until(lambda: is_over(request))
    assert state_of(request) == "DONE"
