"""Search from anywhere: straight to the one section of a CRN or code, else all that the words may mean."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.models import Course, Instructor, Room, Section
from tests.list_page import add, add_four, page_of

SEARCH = "/search/"


@pytest.fixture
def schedule(term_of):
    return add_four(term_of("20271"))


def found(client, text):
    return page_of(client, f"?q={text}", SEARCH)


@pytest.mark.parametrize(("kind", "said"), [("no product", "Scheduling product"), ("no role", "no role yet")])
def test_without_the_product_or_a_role_nothing_is_found(schedule, person, kind, said):
    answer = person(kind).get(SEARCH, {"q": "1001"})
    assert answer.status_code == 403
    assert said in answer.content.decode()


@pytest.mark.parametrize("text", ["1001", "BIO 101 A", "bio 101 a", " BIO-101-A ", "S9", "bio  101-a"])
@pytest.mark.parametrize("kind", ["viewer", "scheduler"])
def test_a_crn_an_id_or_a_code_leads_to_its_section(schedule, person, kind, text):
    section = Section.objects.get(crn="1001")
    Section.objects.filter(pk=section.pk).update(sis_id="S9")
    answer = person(kind).get(SEARCH, {"q": text})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/sections/{section.pk}/")


def test_a_code_whose_parts_have_signs_leads_to_its_section(schedule, person):
    section = add(schedule, "AS/RE", "1-A", "B")
    for text in ("AS/RE 1-A B", "as/re-1-a-b"):
        assert person("viewer" if text[0] == "A" else "registrar").get(SEARCH, {"q": text}).headers[
            "Location"
        ] == (f"/sections/{section.pk}/")


def test_a_code_of_several_sections_lists_them(schedule, person):
    add(schedule, "BIO", "101", "A", crn="1009")
    page = found(person("viewer"), "BIO 101 A")
    assert "1001" in page
    assert "1009" in page


def test_a_section_of_another_term_is_not_meant(schedule, term_of, person):
    add(term_of("20263", starts=-200, ends=-100), "BIO", "101", "A", crn="777")
    client = person("viewer")
    assert client.get("/terms/20271/sections/").status_code == 200
    assert "Nothing found" in found(client, "777")


def test_the_words_find_sections_courses_rooms_and_people(schedule, person):
    Course.objects.filter(subject="BIO").update(title="Cells and more")
    client = person("viewer")
    page = found(client, "cells")
    assert "“cells” in Term 20271" in page
    assert "BIO 101 A" in page
    assert f'href="/courses/{Course.objects.get(number="101").pk}/"' in page
    assert 'href="/terms/20271/sections/?q=cells"' in page
    assert f'href="/terms/20271/rooms/{Room.objects.get().pk}/"' in found(client, "hal 1")
    assert f'href="/terms/20271/rooms/{Room.objects.get().pk}/"' in found(client, "long")
    assert 'href="/terms/20271/instructors/I1/">Marie Curie' in found(client, "Curie, Marie")
    assert "Marie Curie" in found(client, "i1")


def test_a_scheduler_finds_no_section_or_course_of_other_departments(schedule, person):
    client = person("scheduler")
    Course.objects.update(title="Everything")
    page = found(client, "everything")
    assert "BIO 101" in page
    assert "CHE 202" not in page
    assert "Nothing found" in found(client, "2001")
    assert "Nothing found" in found(client, "CHE 202 A")


def test_more_sections_than_the_page_holds_are_in_the_list(schedule, person):
    for number in range(30):
        add(schedule, "BIO", "300", f"{number:02}", title="Plants & soil")
    page = found(person("viewer"), "plants %26")
    assert len(re.findall(r"BIO 300 \d\d", page)) == 20
    assert 'href="/terms/20271/sections/?q=plants%20%26">All sections that match' in page


@pytest.mark.parametrize("text", ["", "   "])
def test_without_a_word_it_is_said_what_can_be_found(schedule, person, text):
    assert "Nothing typed yet" in found(person("viewer"), text)


@pytest.mark.parametrize("text", ["zzz", "%00", "x" * 101, "%25", "_", "%5C"])
def test_where_nothing_is_called_so_that_is_said(schedule, person, text):
    assert "Nothing found" in found(person("viewer"), text)


def test_without_any_term_nothing_can_be_found_yet(person):
    assert "No term yet" in found(person("viewer"), "1001")


def test_the_box_keeps_what_was_typed_and_it_is_no_markup(schedule, person):
    page = person("viewer").get(SEARCH, {"q": '"><script>x'}).content.decode()
    assert (
        'name="q" placeholder="CRN or MATH 252 A" autocomplete="off" aria-keyshortcuts="/" value="&quot;&gt;'
        in page
    )
    assert "<script>x" not in page


def test_any_number_of_findings_takes_the_same_number_of_queries(schedule, person):
    client, counts = person("viewer"), []
    client.get(SEARCH, {"q": "curie"})
    for step in range(2):
        for number in range(step * 30):
            add(schedule, "BIO", "300", f"{number:02}", title="Curie")
            Instructor.objects.create(sis_id=f"X{number}", last_name="Curie")
        if not step:
            Section.objects.filter(crn="1003").update(title="Curie")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(SEARCH, {"q": "curie"}).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16
