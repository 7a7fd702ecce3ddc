"""The embedded PostgreSQL is shared by the processes that use it and gone with the last of them."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg2
import pytest
from django.core.exceptions import ImproperlyConfigured

from config.embedded_postgres import ensure_database_url

ROOT = Path(__file__).resolve().parent.parent.parent
USER = """
import os, sys
from pathlib import Path
from config.embedded_postgres import ensure_database_url
print(ensure_database_url(Path(sys.argv[1]), is_durable=False), flush=True)
if "fork" in sys.argv and os.fork() == 0:
    sys.exit()  # with all exit handlers, as a gunicorn worker does
sys.stdin.read()
"""


class User:
    """A process that uses the server until it is told to leave."""

    def __init__(self, data_dir, *arguments):
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", USER, str(data_dir), *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def url(self):
        return self.process.stdout.readline().strip()

    def leave(self):
        self.process.communicate()
        assert self.process.returncode == 0

    def kill(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def data_dir():
    """One data folder for all tests, so that it is made once.

    It is not under pytest's own, which pytest closes to the database's user where tests run as root.
    """
    with tempfile.TemporaryDirectory(prefix="tandem-embedded-", ignore_cleanup_errors=True) as folder:
        data_dir = Path(folder) / "postgres"
        yield data_dir
        assert not is_running(data_dir), "a server was left running"


def is_running(data_dir):
    try:
        os.kill(int((data_dir / "postmaster.pid").read_text().split("\n")[0]), 0)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return True


def answers(url):
    connection = psycopg2.connect(url)
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        [value] = cursor.fetchone()
    connection.close()
    return value


def test_a_given_database_is_used_and_nothing_is_started(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgres://u@db/x")

    assert ensure_database_url(tmp_path / "postgres") == "postgres://u@db/x"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_a_blank_in_its_name_is_refused_with_the_way_out(monkeypatch, tmp_path):
    monkeypatch.delenv("DATABASE_URL")

    with pytest.raises(ImproperlyConfigured, match=r"blank in its name: .*\n.*set DATABASE_URL"):
        ensure_database_url(tmp_path / "my files" / "postgres")


def test_processes_share_one_server_and_the_last_one_stops_it(data_dir):
    first, second = User(data_dir), User(data_dir)
    url = first.url()
    assert second.url() == url

    first.leave()
    assert answers(url) == "off"

    second.leave()
    assert not is_running(data_dir)


def test_a_killed_process_does_not_keep_the_server_up(data_dir):
    killed, other = User(data_dir), User(data_dir)
    assert killed.url() == other.url()

    killed.kill()
    other.leave()

    assert not is_running(data_dir)


def test_a_server_left_running_by_a_kill_is_taken_over_and_stopped(data_dir):
    killed = User(data_dir)
    url = killed.url()
    killed.kill()
    assert is_running(data_dir)

    following = User(data_dir)
    assert following.url() == url
    following.leave()

    assert not is_running(data_dir)


def test_a_forked_child_that_leaves_does_not_stop_its_parents_server(data_dir):
    parent = User(data_dir, "fork")
    url = parent.url()

    assert answers(url) == "off"
    parent.leave()
    assert not is_running(data_dir)


def test_lock_files_that_name_another_program_are_not_believed(data_dir):
    user = User(data_dir)
    url = user.url()
    lock_files = [data_dir / "postmaster.pid", Path(url.partition("?host=")[2]) / ".s.PGSQL.5432.lock"]
    contents = [lock_file.read_text() for lock_file in lock_files]
    user.leave()
    with subprocess.Popen(["sleep", "60"]) as another_program:
        for lock_file, content in zip(
            lock_files, contents, strict=True
        ):  # as a crash of the machine leaves them
            lock_file.write_text("\n".join([str(another_program.pid), *content.split("\n")[1:]]))

        after_the_crash = User(data_dir)
        assert after_the_crash.url() == url
        assert answers(url) == "off"
        after_the_crash.leave()
        another_program.kill()
