"""Every refusal is the same JSON, whatever refuses."""

import pytest
from django.core.exceptions import SuspiciousOperation
from django.test import Client, RequestFactory

from config import errors as pages
from scheduling.api.errors import STATUS_OF, answer
from scheduling.domain.errors import DomainError
from tests.api.conftest import call, refused


def all_kinds(kind=DomainError):
    for one in kind.__subclasses__():
        yield one
        yield from all_kinds(one)


KINDS = [kind for kind in all_kinds() if kind.__module__.startswith("scheduling.domain.")]
"""Those that are not of a door of its own (a file, a form, a command)."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_expected_failure_has_a_status(kind):
    response = answer(kind("A sentence.", "title", "room"), {})
    assert response.status_code == STATUS_OF[kind.code]
    assert (
        response.data.items()
        >= {
            "code": kind.code,
            "message": "A sentence.",
            "field": "title",
            "part": "room",
        }.items()
    )


def test_a_surprise_is_left_to_the_server_error_page():
    assert answer(ZeroDivisionError(), {}) is None


@pytest.mark.parametrize(
    ("handler", "status", "code"),
    [
        (lambda request: pages.bad_request(request, SuspiciousOperation()), 400, "BAD_REQUEST"),
        (lambda request: pages.permission_denied(request, Exception()), 403, "PERMISSION_DENIED"),
        (lambda request: pages.not_found(request, Exception()), 404, "NOT_FOUND"),
        (pages.server_error, 500, "SERVER_ERROR"),
    ],
)
def test_failures_below_api_are_json_even_outside_its_views(handler, status, code):
    response = handler(RequestFactory().get("/api/v1/anything/"))
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    assert f'"code": "{code}"'.encode() in response.content


@pytest.mark.parametrize("path", ["nothing/", "nothing", "sections/1/nothing/", "sections/abc"])
def test_an_unknown_address_below_api_is_answered_in_json(registrar, path):
    response = registrar.get(f"/api/v1/{path}")
    assert response.status_code == 404
    assert response.json() == {
        "code": "NOT_FOUND",
        "message": "There is nothing at this address.",
        "field": None,
    }


def test_an_address_outside_the_version_is_answered_in_json(db):
    assert Client().get("/api/v2/sections/").json()["code"] == "NOT_FOUND"


def test_who_reads_without_the_last_slash_is_sent_on(section, registrar):
    answer = registrar.get("/api/v1/sections", term="20271")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/api/v1/sections/?term=20271")


@pytest.mark.parametrize("method", ["post", "patch", "delete"])
def test_a_change_without_the_last_slash_is_refused_and_not_sent_on(section, registrar, method):
    """Many clients repeat a redirected change as a GET, which is answered with 200."""
    path = "sections" if method == "post" else f"sections/{section.pk}"
    answer = call(registrar, method, path, {"notes": "Boots"}, version=1)
    assert f"send it to /api/v1/{path}/" in refused(answer, 404, "NOT_FOUND")["message"]


@pytest.mark.parametrize("method", ["post", "put", "options"])
def test_a_method_that_is_not_offered_is_refused_in_json(section, registrar, method):
    url = f"/api/v1/sections/{section.pk}/"
    response = getattr(registrar.client, method)(url, headers=registrar.headers)
    assert response.status_code == 405
    assert response.json()["code"] == "METHOD_NOT_ALLOWED"


def test_a_format_that_is_not_offered_is_refused_in_json(registrar):
    response = registrar.client.get("/api/v1/sections/", headers=registrar.headers | {"Accept": "text/html"})
    assert response.status_code == 406
    assert response.json()["code"] == "NOT_ACCEPTABLE"
