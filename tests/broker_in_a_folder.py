"""A Celery application whose broker is a folder, and worker processes that listen to it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from celery import Celery
from django.db import connection

from config.broker import transport, transport_options

ROOT = Path(__file__).resolve().parent.parent
app = None
"""The application that hints go through; each test has its own, for an application keeps its connections."""

WORKER = ("worker", "--without-mingle", "--without-gossip", "--without-heartbeat", "--concurrency", "2")


class Workers:
    """Starts workers on this test's database, SIS and broker, and ends them all."""

    def __init__(self, folder, sis_url):
        self.url = f"filesystem://{folder}"
        self.sis_url = sis_url
        self.folder = folder
        self.processes = []
        global app  # noqa: PLW0603  # the settings name it by its path
        app = Celery("tandem-tests-folder", broker=self.url, set_as_current=False)
        app.conf.broker_transport = transport(self.url)
        app.conf.broker_transport_options = transport_options(self.url)

    def start(self, *words, pool="threads"):
        """A worker that is ready, in a process group of its own."""
        given = urlsplit(os.environ["DATABASE_URL"])
        log = self.folder.parent / f"worker{len(self.processes)}.log"
        environment = {
            **os.environ,
            "DATABASE_URL": urlunsplit(given._replace(path=f"/{connection.settings_dict['NAME']}")),
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "CELERY_BROKER_URL": self.url,
            "SIS_URL": self.sis_url,
        }
        options = ("--pool", pool, "--loglevel", "INFO", "--hostname", f"w{len(self.processes)}@%h")
        with log.open("w") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "--app", "config.celery", *WORKER, *options, *words],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        process.log = log
        self.processes.append(process)
        until(lambda: "ready." in log.read_text() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        return process

    def kill(self, process):
        """As the system does that has no memory left: all of it, at once."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self):
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)

    def messages(self):
        return list((self.folder / "messages").iterdir())

    def lose_messages(self):
        for message in self.messages():
            message.unlink(missing_ok=True)


def until(condition, seconds=60):
    """Wait for a condition, which is asked again and again."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)
