"""Pages of failure, in plain words, in the frame, without the frame's needs."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.test import RequestFactory

from config import errors


@pytest.fixture
def request_of_nobody():
    return RequestFactory().get("/somewhere/")


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (
            lambda request: errors.bad_request(request, SuspiciousOperation("secret")),
            400,
            "cannot be answered",
        ),
        (lambda request: errors.permission_denied(request, PermissionDenied("Ask Rita.")), 403, "Ask Rita."),
        (lambda request: errors.permission_denied(request, PermissionDenied()), 403, "not open to your role"),
        (lambda request: errors.not_found(request, Http404("secret")), 404, "There is nothing here"),
        (errors.server_error, 500, "Something went wrong on our side"),
    ],
)
def test_each_failure_has_a_page_that_tells_what_to_do_and_no_secret(
    request_of_nobody, answer, status, words
):
    response = answer(request_of_nobody)
    page = response.content.decode()
    assert response.status_code == status
    assert words in page
    assert "secret" not in page
    assert '<link rel="stylesheet" href="/static/scheduling/tokens.css">' in page


def test_an_unknown_address_keeps_the_frame_for_who_is_signed_in(person):
    answer = person("registrar").get("/nothing-here/")
    assert answer.status_code == 404
    assert "Sign out" in answer.content.decode()


def test_a_refusal_names_the_sentence_and_lets_one_sign_out(person):
    page = person("no role").get("/").content.decode()
    assert "whoever runs the server can give it one" in page
    assert "Sign out" in page
