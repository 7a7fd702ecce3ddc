"""`python -m config.health`, by which Docker asks whether the web server answers."""

import socket

from config.health import main


def test_a_site_that_answers_is_healthy(live_server):
    assert main(live_server.thread.port) == 0


def test_a_site_that_is_not_there_is_not_healthy():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert main(closed.getsockname()[1]) == 1


def test_a_site_that_does_not_know_its_own_name_is_not_healthy(live_server, settings):
    settings.ALLOWED_HOSTS = ["tandem.example.edu"]

    assert main(live_server.thread.port) == 1
