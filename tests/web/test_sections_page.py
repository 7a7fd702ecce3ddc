"""The schedule's list: who sees which sections, what a row shows, order, pages, empty states."""

import re
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduling.models import Instructor, Room
from tests.list_page import PATH, add, add_four, crns, page_of, words


@pytest.fixture
def schedule(term_of):
    return add_four(term_of("20271"))


# ---- who sees what


@pytest.mark.parametrize(("kind", "said"), [("no product", "Scheduling product"), ("no role", "no role yet")])
def test_without_the_product_or_a_role_nothing_is_shown(schedule, person, kind, said):
    answer = person(kind).get(PATH)
    assert answer.status_code == 403
    assert said in answer.content.decode()


def test_anonymous_people_are_sent_to_sign_in(schedule, person):
    assert person("anonymous").get(PATH).status_code == 302


@pytest.mark.parametrize("kind", ["registrar", "viewer"])
def test_a_role_for_all_departments_shows_all_sections(schedule, person, kind):
    client = person(kind)
    assert crns(client) == ["1001", "1002", "1003", "2001"]
    assert "4 sections" in page_of(client)


def test_a_scheduler_sees_counts_finds_and_chooses_only_the_own_departments(schedule, person):
    client = person("scheduler")
    assert crns(client) == ["1001", "1002", "1003"]
    page = page_of(client)
    assert "3 sections" in page
    assert 'value="BIO"' in page
    assert "CHE" not in page
    assert crns(client, "?q=2001") == []
    refused = page_of(client, "?department=CHE")
    assert "Department “CHE” is none of those in this list that you may see." in refused
    assert "0 sections" in refused


def test_an_unknown_term_is_not_found(schedule, person):
    assert person("registrar").get("/terms/nowhere/sections/").status_code == 404


def test_the_list_is_read_and_nothing_else(schedule, person):
    assert person("registrar").post(PATH).status_code == 405


# ---- what is shown


def test_a_row_tells_the_section_in_words(schedule, person):
    page = words(page_of(person("viewer"), "?q=1001"))
    for said in (
        "BIO 101 A",
        "1001",
        "Cells",
        "Active",
        "MWF 9:00–9:50 am · HAL 101",
        "Marie Curie",
        "12",
        "10",
    ):
        assert said in page
    assert "(primary)" not in page  # who teaches alone
    assert "Ada Yonath (primary)" in words(page_of(person("registrar"), "?q=1003"))


def test_chosen_columns_are_shown_and_no_others(schedule, person):
    page = page_of(person("viewer"), "?col=type&col=credits")
    headings = re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", page)
    assert [words(one) for one in headings] == ["Section", "Type", "Credits"]
    assert "LAB" in page
    assert "3.00" in page


def test_where_nothing_is_merged_nobody_is_told_a_state(schedule, person):
    for kind in ("viewer", "registrar"):
        page = page_of(person(kind))
        assert "Needs attention" not in page
        assert 'name="state"' not in page


# ---- order and pages


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("course", ["1001", "1002", "1003", "2001"]),
        ("-course", ["2001", "1003", "1002", "1001"]),
        ("-crn", ["2001", "1003", "1002", "1001"]),
        ("title", ["2001", "1001", "1002", "1003"]),
        ("status", ["1001", "1002", "1003", "2001"]),
        ("-status", ["2001", "1003", "1002", "1001"]),
        ("time", ["1001", "1002", "1003", "2001"]),
        ("-enrolled", ["1001", "2001", "1003", "1002"]),
        ("-capacity", ["1003", "1001", "2001", "1002"]),
        ("-credits", ["2001", "1003", "1002", "1001"]),
    ],
)
def test_the_list_sorts_by_each_heading(schedule, person, sort, found):
    assert crns(person("registrar"), f"?sort={sort}") == found


def test_headings_say_how_the_list_is_sorted_and_turn_it(schedule, person):
    client = person("registrar")
    page = page_of(client)
    assert page.count("aria-sort=") == 1
    assert re.search(rf'aria-sort="ascending"><a href="{PATH}\?sort=-course">', page)
    assert f'<a href="{PATH}?sort=title">' in page
    page = page_of(client, "?sort=-title&q=b")
    assert re.search(rf'aria-sort="descending"><a href="{PATH}\?q=b&sort=title">', page)
    assert f'<a href="{PATH}?q=b">Section' in page


@pytest.mark.parametrize("sort", ["", "title", "-enrolled", "time", "-credits"])
def test_pages_lead_through_the_whole_list_and_keep_the_conditions(schedule, person, sort):
    for number in range(110):
        add(
            schedule,
            "BIO",
            "300",
            f"{number:03}",
            crn=f"9{number:03}",
            title=f"T{number % 7}",
            enrollment=number % 5,
        )
    client, seen, pages = person("registrar"), [], 0
    query = f"?{urlencode({'q': 'BIO', 'col': 'crn', 'sort': sort} if sort else {'q': 'BIO', 'col': 'crn'})}"
    while True:
        page = page_of(client, query)
        seen += re.findall(r'<td class="crn wide"[^>]*><div>(\d+)</div>', page)
        pages += 1
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if not following:
            break
        query = following[1]
        assert "q=BIO" in query
    assert pages == 3
    assert len(seen) == len(set(seen)) == 113
    assert "113 sections" in page
    assert 'rel="prev"' in page


# ---- nothing to show


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("registrar", "ask the registrar's office when the term is imported"),
        ("viewer", "ask the registrar's office when the term is imported"),
        ("scheduler", "No section of your departments yet"),
    ],
)
def test_a_term_without_sections_says_what_will_be_here(term_of, person, kind, said):
    term_of("20271")
    page = page_of(person(kind))
    assert said in page
    assert "<form" not in page


def test_who_may_import_is_led_there(term_of, person):
    term_of("20271")
    client = person("registrar")
    type(client.user).objects.update(has_admin=True)
    assert f'href="{reverse("execute_merge")}">Execute Merge' in page_of(client)


def test_where_nothing_matches_all_conditions_can_be_cleared(schedule, person):
    page = page_of(person("registrar"), "?q=nothing-like-it")
    assert "No section matches" in page
    assert f'href="{PATH}">Clear all conditions' in page


def test_what_people_typed_is_never_markup(schedule, person):
    raw = person("registrar").get(PATH, {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in raw


# ---- cost


def queries(client, query=""):
    client.get(PATH + query)
    with CaptureQueriesContext(connection) as made:
        assert client.get(PATH + query).status_code == 200
    return len(made)


def test_any_number_of_sections_takes_the_same_number_of_queries(schedule, person):
    client = person("viewer")
    few = queries(client, "?q=BIO")
    curie = Instructor.objects.get(pk="I1")
    for number in range(60):
        meets = [("MWF", "09:00", "09:50", Room.objects.get())]
        add(schedule, "BIO", "300", f"{number:03}", meets=meets, team=[curie])
    assert queries(client, "?q=BIO") == few <= 12
    assert queries(client, "?q=BIO&day=M&room=HAL&instructor=curie&only=over-capacity") <= 12
