"""Every page for every kind of person, and nothing open by oversight."""

import re

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

SIGN_IN = "/sign-in/?next="


@pytest.mark.parametrize(
    ("kind", "status", "shown"),
    [
        ("no product", 403, "Scheduling product"),
        ("no role", 403, "no role yet"),
        ("viewer", 200, "Term 20271"),
        ("scheduler", 200, "Term 20271"),
        ("registrar", 200, "Never merged"),
        ("admin", 403, "no role yet"),
        ("full admin", 200, "Never merged"),
    ],
)
def test_the_terms_for_each_kind_of_person(person, term_of, kind, status, shown):
    term_of("20271")
    answer = person(kind).get("/")
    assert answer.status_code == status
    assert shown in answer.content.decode()


@pytest.mark.parametrize("kind", ["viewer", "scheduler"])
def test_who_is_no_registrar_sees_no_run(person, term_of, run_of, kind):
    run_of("sections", term_of("20271"))
    page = person(kind).get("/").content.decode()
    assert "Term 20271" in page
    assert "Done" not in page
    assert "Sections" not in page


@pytest.mark.parametrize("kind", ["no product", "no role", "viewer", "scheduler", "registrar", "admin"])
def test_everybody_may_change_the_own_password_and_sign_out(person, kind):
    client = person(kind)
    assert client.get("/password/").status_code == 200
    answer = client.post("/sign-out/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in/")
    assert client.get("/").headers["Location"] == SIGN_IN + "/"


@pytest.mark.parametrize("path", ["/", "/password/"])
def test_nobody_is_sent_to_the_sign_in_page_and_back(person, path):
    answer = person("anonymous").get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, SIGN_IN + path)


@pytest.mark.parametrize("path", ["/", "/password/", "/sign-in/"])
def test_pages_take_no_method_that_they_do_not_offer(person, path):
    assert person("registrar").delete(path).status_code in {302, 405}


def test_signing_out_takes_a_post(person):
    assert person("registrar").get("/sign-out/").status_code == 405


OPEN = {
    "/healthz": 200,
    "/sign-in/": 200,
    "/support/login/": 200,
    "/api/v1/schema/": 200,
}
"""What anonymous people may open: it tells nothing of the schedule."""


def addresses(resolver, prefix="/"):
    """One address for each URL pattern, with something in the place of every parameter."""
    for entry in resolver.url_patterns:
        pattern = str(entry.pattern).removeprefix("^").removesuffix("$").replace("\\Z", "")
        pattern = re.sub(r"<int:\w+>|<path:\w+>|<\w+>|<str:\w+>|\(\?P<\w+>[^)]*\)", "1", pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, prefix + pattern)
        elif isinstance(entry, URLPattern):
            yield prefix + pattern


ADDRESSES = sorted(set(addresses(get_resolver())))


def test_the_list_of_addresses_is_not_empty_and_holds_the_open_ones():
    assert set(OPEN) <= set(ADDRESSES)
    assert len(ADDRESSES) > len(OPEN)
    assert not [one for one in ADDRESSES if re.search(r"[<(\\]", one)]


@pytest.mark.parametrize("path", ADDRESSES)
def test_an_address_is_closed_to_anonymous_people_unless_it_is_listed_as_open(db, path):
    client = Client()
    if path in OPEN:
        assert client.get(path).status_code == OPEN[path]
        return
    for method in ("get", "post", "patch", "delete"):
        answer = getattr(client, method)(path)
        if path.startswith("/api/"):
            assert answer.status_code == 401, method
        else:
            assert answer.status_code == 302, method
            assert re.match(r"/(sign-in|support/login)/\?next=", answer.headers["Location"]), method


CONSOLE = [one for one in ADDRESSES if one.startswith("/console/")]
SCHEDULE = [
    one
    for one in ADDRESSES
    if not one.startswith(("/console/", "/support/", "/api/", "/password/", "/sign-out/")) and one not in OPEN
]


def test_there_are_addresses_of_both_sorts():
    assert len(CONSOLE) > 10
    assert len(SCHEDULE) > 10


@pytest.mark.parametrize("kind", ["no product", "no role", "viewer", "scheduler", "registrar"])
def test_the_console_is_closed_to_everybody_without_the_admin_product(person, kind):
    client = person(kind)
    for path in CONSOLE:
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 403, path
            assert "belongs to the Admin product" in answer.content.decode(), path


@pytest.mark.parametrize("path", CONSOLE)
def test_the_console_opens_for_the_admin_product_with_every_permission(person, term_of, path):
    term_of()
    answer = person("full admin").get(path)
    assert answer.status_code in {200, 302, 404, 405}
    if answer.status_code == 404:
        assert re.search(r"/1/|/1\.|/types/", path + "/")


@pytest.mark.parametrize(
    ("kind", "words"), [("no product", "Scheduling product"), ("no role", "no role yet")]
)
def test_the_schedule_is_closed_without_the_product_or_a_role(person, term_of, kind, words):
    term_of("1")
    client = person(kind)
    for path in SCHEDULE:
        answer = client.get(path)
        assert answer.status_code == 403, path
        assert words in answer.content.decode(), path


def test_a_write_without_the_form_s_token_is_refused(person):
    admin = person("full admin", enforce_csrf_checks=True)
    for path in CONSOLE:
        answer = admin.post(path)
        assert answer.status_code == 403, path
        assert "The form was too old" in answer.content.decode(), path
