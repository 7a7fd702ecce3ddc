"""Hints to the workers: given when a transaction is committed, never at the cost of a save."""

import pytest
from django.utils import timezone

from integration import hints
from integration.models import MergeProfile
from integration.tasks import look_after, run_night
from tests import broker_in_memory

TASKS = "integration.tasks."


@pytest.fixture
def broker(settings, monkeypatch):
    """A broker in this process; yields what takes its messages out."""
    settings.CELERY_BROKER_URL = "memory://"
    settings.TASK_APPLICATION = "tests.broker_in_memory.app"
    monkeypatch.setattr(hints, "_away_until", 0.0)
    broker_in_memory.messages()
    yield broker_in_memory.messages
    broker_in_memory.messages()


@pytest.fixture
def away(settings, monkeypatch):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.TASK_APPLICATION = "tests.broker_away.app"
    monkeypatch.setattr(hints, "_away_until", 0.0)


def test_a_save_hints_that_something_is_to_be_delivered(loaded, broker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        loaded.edit("S1", capacity=44)
        assert broker() == [], "not before it is committed"

    assert broker() == [(f"{TASKS}deliver", {})]


@pytest.mark.parametrize("what", ["delete", "crosslist"])
def test_removals_and_crosslists_hint_too(loaded, broker, django_capture_on_commit_callbacks, what):
    with django_capture_on_commit_callbacks(execute=True):
        if what == "delete":
            loaded.delete("S1")
        else:
            loaded.crosslist(loaded.id_of("S1"), loaded.id_of("S2"))

    assert (f"{TASKS}deliver", {}) in broker()


def test_a_request_hints_its_number(ask, broker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        request = ask("terms")

    assert broker() == [(f"{TASKS}carry_out_request", {"request_id": request.pk})]


def test_a_save_goes_through_while_the_broker_is_away(
    loaded, away, django_capture_on_commit_callbacks, caplog
):
    with django_capture_on_commit_callbacks(execute=True):
        loaded.edit("S1", capacity=44)

    assert loaded.section("S1").capacity == 44
    assert "the broker is away" in caplog.text


def test_a_broker_that_is_away_is_not_tried_with_every_save(away, caplog):
    assert hints.send("deliver", {}) is False
    assert hints.send("deliver", {}) is False

    assert caplog.text.count("the broker is away") == 1


def test_without_a_broker_there_are_no_hints(settings, caplog):
    settings.CELERY_BROKER_URL = ""

    assert hints.send("deliver", {}) is False
    assert caplog.text == ""


# ---- the scheduler finds what no hint told of


def test_the_scheduler_finds_requests_and_deliveries_whose_hints_were_lost(loaded, ask, broker):
    loaded.edit("S1", capacity=44)
    request = ask("terms")

    look_after()

    assert broker() == [
        (f"{TASKS}carry_out_request", {"request_id": request.pk}),
        (f"{TASKS}deliver", {}),
    ]


def test_the_scheduler_is_quiet_where_nothing_waits(loaded, broker):
    loaded.run("all", "--send-updates")

    look_after()

    assert broker() == []


def test_the_scheduler_goes_on_without_settings_that_can_be_read(loaded, ask, broker):
    loaded.edit("S1", capacity=44)
    request = ask("terms")
    MergeProfile.objects.update(is_active=False)

    look_after()

    assert broker() == [(f"{TASKS}carry_out_request", {"request_id": request.pk})]


def test_the_scheduler_asks_for_the_night(loaded, broker, settings, django_capture_on_commit_callbacks):
    settings.NIGHT_AT = timezone.localtime().time().replace(second=0)
    with django_capture_on_commit_callbacks(execute=True):
        run_night()

    assert [name for name, _about in broker()] == [f"{TASKS}carry_out_request"] * 2
