"""The term switcher: on to the same page of the other term, and never anywhere else."""

import pytest
from django.urls import reverse

from tests.list_page import add_four

FALL, SPRING = "20271", "2028/1"


@pytest.fixture
def terms(term_of):
    term_of(SPRING, starts=200, ends=300)
    return add_four(term_of(FALL))


def switched(client, start, to=SPRING):
    return client.get("/term/", {"to": to, "from": start})


def page(name, *parts, term=SPRING):
    return reverse(name, args=[term, *parts])


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (page("sections", term=FALL), page("sections")),
        (page("courses", term=FALL), page("courses")),
        (page("rooms", term=FALL), page("rooms")),
        (page("room", 7, term=FALL), page("room", 7)),
        (page("instructors", term=FALL), page("instructors")),
        (page("instructor", "I/1", term=FALL), page("instructor", "I/1")),
        (page("week", term=FALL), page("week")),
        ("/sections/5/", page("sections")),
        ("/courses/5/", page("sections")),
        ("/", "/"),
        ("/password/", "/password/"),
        ("/console/runs/", "/console/runs/"),
    ],
)
def test_the_same_page_of_the_other_term_follows(terms, person, start, end):
    answer = switched(person("viewer"), start)
    assert (answer.status_code, answer.headers["Location"]) == (302, end)


@pytest.mark.parametrize(
    "start",
    [
        "",
        "https://elsewhere.example/",
        "//elsewhere.example/terms/20271/sections/",
        "/\\elsewhere.example/",
        "/no/such/page/",
        "javascript:alert(1)",
        "/terms/20271/sections/?next=https://elsewhere.example/",
        "/term/",
        "/sign-out/",
        "\x00",
        "/terms/\r\nX-Header: 1/sections/",
    ],
)
def test_no_address_leads_away(terms, person, start):
    answer = switched(person("viewer"), start)
    assert answer.status_code == 302
    assert answer.headers["Location"] == page("sections")


@pytest.mark.parametrize("to", ["", "nowhere", "\x00", "20271 "])
def test_an_unknown_term_is_not_found_and_not_remembered(terms, person, to):
    client = person("viewer")
    assert switched(client, "/", to).status_code == 404
    assert "term" not in client.session


def test_the_term_is_remembered_by_pages_that_name_none(terms, person):
    client = person("viewer")
    switched(client, "/")
    assert client.session["term"] == SPRING
    assert f'<option value="{SPRING}" selected>' in client.get("/").content.decode()
    assert f"“bio” in Term {SPRING}" in client.get("/search/", {"q": "bio"}).content.decode()


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("no product", 403),
        ("no role", 403),
        ("viewer", 302),
        ("scheduler", 302),
        ("registrar", 302),
        ("admin", 403),
        ("full admin", 302),
    ],
)
def test_who_sees_the_terms_may_switch(terms, person, kind, status):
    assert switched(person(kind), "/").status_code == status


def test_anonymous_people_are_sent_to_sign_in(terms, person):
    assert switched(person("anonymous"), "/").headers["Location"].startswith("/sign-in/")


def test_switching_takes_no_post(terms, person):
    assert person("viewer").post("/term/", {"to": SPRING}).status_code == 405
