"""`deliver_outbound` and `replay_outbound`: the outbound queue, worked by hand."""

import io

import pytest
from django.core.management import CommandError, call_command

from tests.campus import TERM

pytestmark = pytest.mark.django_db


def run(*words):
    """(exit status, standard output, standard error)."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    try:
        call_command(*words, stdout=out, stderr=err, no_color=True)
    except SystemExit as end:
        status = end.code
    return status, out.getvalue(), err.getvalue()


@pytest.fixture
def waiting(loaded):
    """A campus with one change that waits to be sent."""
    loaded.enable()
    loaded.edit("S3", capacity=31)
    return loaded


def test_what_waits_is_sent(waiting):
    assert run("deliver_outbound", "--once") == (0, "sis update 1\n", "")
    assert waiting.in_sis("S3")["capacity"] == "31"
    assert run("deliver_outbound", "--once") == (0, "Nothing to send.\n", "")


def test_what_may_not_go_is_said(waiting):
    waiting.enable(send=False, real_time=False)

    status, out, _err = run("deliver_outbound", "--once")

    assert status == 0
    assert "Nothing to send." in out
    assert len(out.splitlines()) == 2
    assert waiting.written() == []


def test_a_sis_that_is_away_is_told_by_the_status(waiting):
    waiting.adapter.faults([{"then": "unavailable_before", "times": 9}])

    assert run("deliver_outbound", "--once")[::2] == (4, "The SIS does not answer.\n")


def test_what_the_sis_rejects_is_told_by_the_status_and_released_by_replay(waiting):
    waiting.adapter.faults([{"when": {"operation": "UPDATE"}, "then": "refuse"}])
    assert run("deliver_outbound", "--once") == (1, "rejected 1\n", "")
    assert run("deliver_outbound", "--once") == (0, "Nothing to send.\n", "")

    assert run("replay_outbound")[1] == "1 change is released.\n"
    assert run("deliver_outbound", "--once")[1] == "sis update 1\n"


def test_replay_releases_the_changes_of_one_term(waiting):
    waiting.adapter.faults([{"when": {"operation": "UPDATE"}, "then": "refuse"}])
    run("deliver_outbound", "--once")

    assert run("replay_outbound", "--term", "20263")[1] == "0 changes are released.\n"
    assert run("replay_outbound", "--term", TERM)[1] == "1 change is released.\n"


def test_replay_of_a_term_that_is_not_here_is_wrong_use(db):
    with pytest.raises(CommandError, match="no term '19991' here") as refused:
        run("replay_outbound", "--term", "19991")

    assert refused.value.returncode == 2


def test_a_sis_url_that_cannot_be_used_is_wrong_configuration(db, settings):
    settings.SIS_URL = "carrier-pigeon://loft"

    with pytest.raises(CommandError, match="no adapter answers to") as refused:
        run("deliver_outbound", "--once")

    assert refused.value.returncode == 2
