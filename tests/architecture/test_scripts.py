"""The shell scripts behind `make` do their work, or stop with the sentence that says what to do."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = sorted([*(ROOT / "scripts").glob("*.sh"), ROOT / ".ci" / "run"])


def run(script, *, cwd, **environment):
    return subprocess.run(
        ["/bin/sh", ROOT / "scripts" / script],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def programs(tmp_path):
    """A folder of programs that stands for all that a machine has."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def add(**texts):
        for name, text in texts.items():
            program = folder / name.replace("_", "-")
            program.write_text(f"#!/bin/sh\n{text}\n")
            program.chmod(0o755)
        return str(folder)

    return add


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_can_be_started_and_stops_at_the_first_failure(script):
    assert os.access(script, os.X_OK)
    assert "\nset -eu" in script.read_text()


def test_an_ordinary_user_is_told_what_the_tests_need(programs, tmp_path):
    done = run("test_services.sh", cwd=tmp_path, PATH=programs(id="echo 1000"))

    assert done.returncode == 1
    assert "The tests need redis-server chromium." in done.stderr
    assert "sudo apt-get install redis-server chromium" in done.stderr


def test_only_what_is_missing_is_asked_for(programs, tmp_path):
    done = run("test_services.sh", cwd=tmp_path, PATH=programs(id="echo 1000", chromium="exit"))

    assert "The tests need redis-server." in done.stderr


PRISM = 'echo "$@" >> calls; mkdir -p .node'


def test_a_machine_that_has_all_is_left_alone(programs, tmp_path):
    """The second time: the first brings Prism."""
    path = programs(chromium="exit", redis_server="exit", npm=PRISM)
    found = f"{path}:/usr/bin:/bin"  # cat and mkdir
    first = run("test_services.sh", cwd=tmp_path, PATH=found)
    second = run("test_services.sh", cwd=tmp_path, PATH=found)

    for done in (first, second):
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (call,) = (tmp_path / "calls").read_text().splitlines()
    assert re.search(r"--prefix \.node @stoplight/prism-cli@\d+\.\d+\.\d+$", call)


def test_without_npm_it_is_said_what_is_left_out_and_ci_stops(programs, tmp_path):
    path = programs(chromium="exit", redis_server="exit")
    here = run("test_services.sh", cwd=tmp_path, PATH=path)
    in_ci = run("test_services.sh", cwd=tmp_path, PATH=path, CI="true")

    assert (here.returncode, here.stderr) == (
        0,
        "There is no npm: the tests of OneRoster against Prism are left out.\n",
    )
    assert in_ci.returncode == 1
    assert "The tests need npm" in in_ci.stderr


def test_a_machine_without_a_python_that_is_new_enough_is_told_so(programs, tmp_path):
    done = run("make_venv.sh", cwd=tmp_path, PATH=programs(python3="exit 1"))

    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_python_without_venv_is_told_which_package_is_missing(programs, tmp_path):
    lacks_venv = 'case "$2" in *ensurepip*) exit 1;; esac'
    done = run("make_venv.sh", cwd=tmp_path, PATH=programs(python3=lacks_venv))

    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr


def test_the_first_python_that_is_new_enough_makes_the_environment(programs, tmp_path):
    path = programs(python3="exit 1")
    (tmp_path / "bin" / "python3.13").write_text('#!/bin/sh\necho "$@" >> calls\n')
    (tmp_path / "bin" / "python3.13").chmod(0o755)
    done = run("make_venv.sh", cwd=tmp_path, PATH=path)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "calls").read_text().splitlines()[-1] == "-m venv .venv"
