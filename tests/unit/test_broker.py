"""Which broker is spoken to how, and that the scheduler's tasks are there."""

import json

import pytest
from celery import Celery
from django.conf import settings

from config.broker import transport, transport_options
from config.celery import app


def test_redis_is_tried_once_and_not_waited_for():
    assert transport("redis://host:6379/0") is None
    assert transport_options("redis://host:6379/0")["max_retries"] == 0


@pytest.mark.parametrize("host", ["", "localhost"])
def test_a_folder_with_odd_letters_in_its_name_is_a_broker(tmp_path, host):
    folder = tmp_path / "a folder"
    url = f"filesystem://{host}{str(folder).replace(' ', '%20')}"
    sender = Celery("test", broker=url, set_as_current=False)
    sender.conf.broker_transport = transport(url)
    sender.conf.broker_transport_options = transport_options(url)

    sender.send_task("integration.tasks.deliver")

    (message,) = (folder / "messages").iterdir()
    assert message.name.endswith(".celery.msg")
    assert json.loads(message.read_text())["headers"]["task"] == "integration.tasks.deliver"


def test_every_task_of_the_schedule_exists_and_is_dropped_before_the_next():
    app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["expire_seconds"] <= entry["schedule"]


def test_no_task_keeps_a_result():
    assert app.conf.task_ignore_result
    assert app.conf.result_backend is None
