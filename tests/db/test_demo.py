"""`make demo` as a person meets it: one command starts it all, Ctrl-C stops it all, and the data is kept."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psutil
import pytest
from django.db import connection

from scheduling.models import User

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "schedule-of-classes"
NOT_OURS = ("DATABASE_URL", "SIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")


@pytest.fixture(scope="module")
def state():
    """A folder of its own: where tests run as root, pytest closes the one above its own to the database."""
    with tempfile.TemporaryDirectory(prefix="tandem-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "state"


@pytest.fixture(scope="module")
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Demo:
    """A running demo."""

    def __init__(self, state, port):
        self.port = port
        environment = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.demo"],
            cwd=ROOT,
            env={**environment, "TANDEM_STATE": str(state), "PORT": str(port), "ALLOWED_HOSTS": "127.0.0.1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if line.startswith("Ctrl-C"):
                return
        self.process.communicate()
        raise AssertionError(f"The demo ended with status {self.process.returncode}: {self.said}")

    def sign_in(self, name):
        """The first page that this person sees."""
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", follow_redirects=True) as client:
            page = client.get("/")
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
            form = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": token}
            return client.post(page.url, data=form)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate()

    def started(self):
        """The processes that it has started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def kill(self):
        """End it as a failure of the machine would; what it started goes on, and keeps its output open."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """Press Ctrl-C; the processes that were running and still are."""
        started = self.started()
        self.process.send_signal(signal.SIGINT)
        self.said += self.process.communicate()[0]
        assert self.process.returncode == 0
        return [process for process in started if is_alive(process)]


def is_alive(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def processes_on(state):
    return [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if str(state) in str(process.info)
    ]


def reset(state):
    return subprocess.run(
        [sys.executable, "-m", "config.demo", "--reset"],
        cwd=ROOT,
        env={**os.environ, "TANDEM_STATE": str(state), "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def left_over():
    """What a demo that was killed leaves running."""
    return []


def test_the_demo_serves_an_imported_term_from_a_sis_of_its_own(state, port, left_over):
    with Demo(state, port) as demo:
        assert f"http://127.0.0.1:{port}/" in demo.said
        assert PASSWORD in demo.said
        people = re.findall(r"^  (\w+) ", demo.said, re.MULTILINE)
        assert people == ["admin", "registrar", "scheduler", "colleague", "instructor", "viewer"]
        for name in people:
            page = demo.sign_in(name)
            assert page.status_code == 200
            assert "Spring 2027" in page.text
            assert "the SIS is a simulation" in page.text

        key = state / "sis_api_key"
        assert key.stat().st_mode & 0o777 == 0o600
        started = demo.started()
        assert len([one for one in started if "sandbox_sis" in one.cmdline()]) == 1
        assert key.read_text() not in str([one.cmdline() for one in started])
        demo.kill()
        left_over += [one for one in started if one.name() != "postgres" and is_alive(one)]
        assert left_over


def test_a_port_in_use_is_said_with_the_way_out(state, capfd):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(AssertionError, match="status 2"):
            Demo(state, taken.getsockname()[1])
    assert "Choose another: make demo PORT=8001" in capfd.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_a_database_that_others_use_is_left_alone(tmp_path):
    User.objects.create_user("somebody")
    given = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(given._replace(path=f"/{connection.settings_dict['NAME']}"))
    done = subprocess.run(
        [sys.executable, "-m", "config.demo"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "TANDEM_STATE": str(tmp_path), "PORT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "has users of its own" in done.stderr
    assert not (tmp_path / "sis").exists()


@pytest.fixture(scope="module")
def second(state, port):
    """The demo, started again."""
    with Demo(state, port) as demo:
        yield demo


def test_a_start_after_a_kill_keeps_the_data_and_ends_what_was_left(second, left_over):
    assert [one for one in left_over if is_alive(one)] == []
    assert "Making" not in second.said
    assert "Importing" not in second.said
    assert "Spring 2027" in second.sign_in("registrar").text


def test_a_demo_that_runs_is_not_forgotten(state, second):
    refused = reset(state)

    assert refused.returncode == 2
    assert "Stop it first (Ctrl-C)" in refused.stderr
    assert "Spring 2027" in second.sign_in("registrar").text


def test_the_tutorial_can_be_followed_word_by_word(state, second):
    environment = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    environment |= {"TANDEM_STATE": str(state), "DJANGO_SETTINGS_MODULE": "config.settings.local"}
    tutorial = (ROOT / "docs/tutorial/first-merge.md").read_text()
    said = ""
    for language, text in re.findall(r"```(sh|text)\n(.*?)```", tutorial, re.DOTALL):
        if language == "sh":
            typed = re.sub(r"--approve \d+", "".join(re.findall(r"--approve \d+", said)[-1:]), text)
            done = subprocess.run(
                ["bash", "-c", typed], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
            )
            assert "Traceback" not in done.stderr, done.stderr
            said = done.stdout + done.stderr
        else:
            shown = ".*".join(re.escape(line).replace("…", ".*") for line in text.splitlines())
            assert re.search(shown, said, re.DOTALL), f"{text}\nis not in\n{said}"


def test_a_reset_forgets_everything(state, second):
    assert second.stop() == []
    assert reset(state).returncode == 0

    assert not state.exists()
    assert processes_on(state) == []
