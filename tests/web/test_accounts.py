"""Signing in, out, and changing the password."""

import pytest
from django.test import Client

from scheduling.models import ChangeLog

PASSWORD = "a long made-up password"
NEW = "another long password"


def sign_in(client, name="registrar", password=PASSWORD, **more):
    return client.post("/sign-in/", {"username": name, "password": password, **more})


def change(client, old=PASSWORD, new=NEW, again=NEW):
    return client.post("/password/", {"old_password": old, "new_password1": new, "new_password2": again})


def test_signing_in_leads_to_the_terms_or_to_where_one_was_going(person):
    person("registrar")
    assert sign_in(Client()).headers["Location"] == "/"
    assert sign_in(Client(), next="/password/").headers["Location"] == "/password/"


def test_signing_in_never_leads_to_another_site(person):
    person("registrar")
    assert sign_in(Client(), next="https://elsewhere.example/").headers["Location"] == "/"


@pytest.mark.parametrize(
    ("name", "password"), [("registrar", "wrong"), ("nobody", PASSWORD), ("inactive", PASSWORD)]
)
def test_a_wrong_name_password_and_an_inactive_user_are_refused_alike(person, name, password):
    inactive = person("viewer").user
    inactive.username, inactive.is_active = "inactive", False
    inactive.save()
    person("registrar")
    answer = sign_in(Client(), name, password)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "This user name and password do not fit together. Capital letters count." in page
    assert 'role="alert"' in page
    assert password not in page


def test_who_is_signed_in_goes_on_to_the_terms(person):
    assert person("registrar").get("/sign-in/").headers["Location"] == "/"


def test_a_user_who_becomes_inactive_is_out_at_once(person):
    client = person("registrar")
    client.user.is_active = False
    client.user.save()
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("path", ["/sign-in/", "/sign-out/", "/password/"])
def test_every_form_needs_its_csrf_token_and_says_so_in_words(person, path):
    kind = "anonymous" if path == "/sign-in/" else "registrar"
    answer = person(kind, enforce_csrf_checks=True).post(path)
    assert answer.status_code == 403
    assert "The form was too old" in answer.content.decode()


def test_a_changed_password_is_audited_without_the_password_and_keeps_this_session(person):
    client = person("registrar")
    answer = change(client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert "Your password is changed." in client.get("/").content.decode()
    assert sign_in(Client(), password=NEW).status_code == 302
    assert sign_in(Client()).status_code == 200
    row = ChangeLog.objects.get(record_type="user")
    assert (row.actor, row.source, row.action, row.field) == (client.user, "FORM", "UPDATE", "password")
    assert (row.before, row.after, row.record_id) == (None, None, str(client.user.pk))


def test_a_changed_password_ends_the_other_sessions(person):
    client, other = person("registrar"), Client()
    sign_in(other)
    assert other.get("/").status_code == 200
    change(client)
    assert other.get("/").status_code == 302


@pytest.mark.parametrize(
    ("given", "told", "field"),
    [
        ({"old": "wrong"}, "This is not your old password.", "id_old_password"),
        ({"again": "something else"}, "The two new passwords differ.", "id_new_password2"),
        ({"new": "short", "again": "short"}, "too short", "id_new_password2"),
        ({"new": "password123", "again": "password123"}, "too common", "id_new_password2"),
        ({"new": "registrar-1", "again": "registrar-1"}, "too similar", "id_new_password2"),
    ],
)
def test_a_password_that_cannot_be_is_refused_with_a_summary_that_leads_to_the_field(
    person, given, told, field
):
    client = person("registrar")
    page = change(client, **given).content.decode()
    assert told in page
    assert f'<a href="#{field}">' in page
    assert f'id="{field}"' in page
    client.user.refresh_from_db()
    assert client.user.check_password(PASSWORD)
    assert not ChangeLog.objects.exists()
