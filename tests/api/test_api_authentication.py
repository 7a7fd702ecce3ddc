"""Who gets into the API: tokens, sessions with CSRF, and nobody else."""

import pytest
from django.test import Client

from scheduling.models import ApiToken

LIST = "/api/v1/sections/"


def test_nobody_is_told_how_to_come_in(db):
    answer = Client().get(LIST)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json() == {
        "code": "NOT_AUTHENTICATED",
        "message": "Sign in, or send a token in the header Authorization: Bearer <key>.",
        "field": None,
    }


def test_only_the_digest_of_a_token_is_kept(user_of):
    key = ApiToken.issue(user_of())
    assert key not in str(ApiToken.objects.values().get())


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_token_lets_its_user_in(registrar, scheme):
    key = registrar.headers["Authorization"].split()[1]
    assert Client().get(LIST, headers={"Authorization": f"{scheme} {key}"}).status_code == 200


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Bearer", "Bearer ", "Bearer \xe9\xff", "Basic dTpw", "x"]
)
def test_a_bad_token_is_refused(registrar, header):
    answer = Client().get(LIST, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["code"] in {"AUTHENTICATION_FAILED", "NOT_AUTHENTICATED"}


def test_the_token_of_an_inactive_user_is_refused(registrar):
    registrar.user.is_active = False
    registrar.user.save()
    assert registrar.get().status_code == 401


def test_a_withdrawn_token_is_refused(registrar):
    ApiToken.objects.all().delete()
    assert registrar.get().status_code == 401


def test_a_bad_token_is_not_saved_by_a_session(registrar):
    client = Client()
    client.force_login(registrar.user)
    assert client.get(LIST, headers={"Authorization": "Bearer nonsense"}).status_code == 401


@pytest.mark.parametrize(
    "flags", [{"has_scheduling": False}, {"has_scheduling": False, "is_superuser": True}]
)
def test_a_user_without_the_product_is_refused_with_a_sentence(api_of, flags):
    answer = api_of("REGISTRAR", everywhere=True, **flags).get()
    assert answer.status_code == 403
    assert "Scheduling product" in answer.json()["message"]


def test_a_session_reads(registrar):
    client = Client(enforce_csrf_checks=True)
    client.force_login(registrar.user)
    assert client.get(LIST).status_code == 200


def test_a_session_writes_only_with_the_csrf_token(section, registrar):
    client = Client(enforce_csrf_checks=True)
    client.force_login(registrar.user)
    url, headers = f"{LIST}{section.pk}/", {"If-Match": '"1"'}
    answer = client.patch(url, {"capacity": 30}, "application/json", headers=headers)
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["message"]
    client.get("/sign-in/")
    client.get("/password/")
    headers["X-CSRFToken"] = client.cookies["csrftoken"].value
    assert client.patch(url, {"capacity": 30}, "application/json", headers=headers).status_code == 200


def test_a_token_writes_without_the_csrf_token(section, registrar):
    client = Client(enforce_csrf_checks=True)
    headers = registrar.headers | {"If-Match": '"1"'}
    answer = client.patch(f"{LIST}{section.pk}/", {"capacity": 30}, "application/json", headers=headers)
    assert answer.status_code == 200
