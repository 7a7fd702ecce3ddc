"""The demo says that its worker died, and goes on serving."""

import subprocess
import sys

from config.demo.site import WORKER_DIED, _watch


def process(code):
    return subprocess.Popen([sys.executable, "-c", code])


def test_a_worker_that_died_is_said_once_while_the_site_goes_on(capfd):
    with process("raise SystemExit(3)") as worker, process("import time; time.sleep(2.5)") as server:
        assert _watch(server, {WORKER_DIED: worker}) == 0

    said = capfd.readouterr().err
    assert said.count("The background worker stopped by itself") == 1
    assert "make demo" in said


def test_of_a_worker_that_lives_nothing_is_said(capfd):
    with process("import time; time.sleep(60)") as worker, process("raise SystemExit(4)") as server:
        assert _watch(server, {WORKER_DIED: worker}) == 4
        worker.kill()

    assert capfd.readouterr().err == ""
