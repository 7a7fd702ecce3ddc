"""The courses of a term, and one course with its sections."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduling.models import Course, Department, Section, Term
from tests.campus import TERM


def words_of(answer):
    """The page's words, with white space made one."""
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main.partition(">")[2]))


def courses(term=TERM, **query):
    return reverse("courses", args=[term], query=query)


def course(sis_id):
    return reverse("course", args=[Course.objects.get(sis_id=sis_id).pk])


# ---- who


@pytest.mark.parametrize(
    ("kind", "own", "other"),
    [
        ("anonymous", 302, 302),
        ("no product", 403, 403),
        ("no role", 403, 403),
        ("viewer", 200, 200),
        ("scheduler", 200, 404),
        ("registrar", 200, 200),
        ("admin", 403, 403),
    ],
)
def test_each_kind_of_person_sees_the_courses_of_their_departments(campus, person, kind, own, other):
    client = person(kind)
    assert client.get(courses()).status_code == own
    assert client.get(course("C1")).status_code == own
    assert client.get(course("C2")).status_code == other


def test_the_list_shows_each_course_with_how_it_is_offered(campus, person):
    page = words_of(person("viewer").get(courses()))
    assert "2 courses" in page
    assert "BIO 101 Cells Biology 1.00 2 12 60" in page
    assert "CHE 202 Bonds Chemistry 1.00 2 0 60" in page


def test_a_scheduler_s_list_is_that_of_the_own_departments(campus, person):
    page = words_of(person("scheduler").get(courses()))
    assert "1 course" in page
    assert "CHE" not in page
    assert "Chemistry" not in page


def test_cancelled_sections_are_not_counted_as_offered(campus, person):
    Section.objects.filter(sis_id="S2").update(status="CANCELLED")
    client = person("viewer")
    assert "BIO 101 Cells Biology 1.00 1 0 30" in words_of(client.get(courses()))
    assert "1 section, 1 cancelled; 0 enrolled, 30 seats" in words_of(client.get(course("C1")))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "cel"}, ["BIO 101"]),
        ({"q": "bio 101"}, ["BIO 101"]),
        ({"q": "202"}, ["CHE 202"]),
        ({"q": "bio 202"}, []),
        ({"department": "CHE"}, ["CHE 202"]),
        ({"offered": "with"}, ["BIO 101", "CHE 202"]),
        ({"offered": "without"}, ["BIO 999"]),
        ({"q": "%"}, []),
        ({"q": "\x00"}, ["BIO 101", "BIO 999", "CHE 202"]),
    ],
)
def test_the_list_is_narrowed(campus, person, query, found):
    bio = Department.objects.get(pk="BIO")
    Course.objects.create(term_id=TERM, sis_id="C9", subject="BIO", number="999", department=bio)
    answer = person("viewer").get(courses(**query))
    assert re.findall(r'<a href="/courses/\d+/">([^<]*)</a>', answer.content.decode()) == found
    assert ("No course fits" in words_of(answer)) is (not found)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"department": "XXX"}, "The department “XXX” is not in this list, so it was left out."),
        ({"offered": "maybe"}, "The choice “maybe” is not in this list, so it was left out."),
        ({"cursor": "nonsense"}, "That page of the list is not there; this is its beginning."),
    ],
)
def test_what_the_address_says_wrongly_is_said(campus, person, query, words):
    page = words_of(person("viewer").get(courses(**query)))
    assert words in page
    assert "2 courses" in page


def test_a_department_one_does_not_see_cannot_be_chosen(campus, person):
    page = words_of(person("scheduler").get(courses(department="CHE")))
    assert "The department “CHE” is not in this list" in page
    assert "CHE Chemistry" not in page


def test_a_term_without_courses_says_what_will_be_here(person, term_of):
    term_of("NEW")
    page = words_of(person("viewer").get(courses("NEW")))
    assert "No course yet" in page
    assert "The registrar's office starts the import." in page.replace("&#x27;", "'")


def test_an_admin_is_led_to_the_import_of_courses(person, term_of):
    term_of("NEW")
    client = person("registrar")
    client.user.has_admin = True
    client.user.save()
    main = client.get(courses("NEW")).content.decode().partition("<main")[2]
    assert f'href="{reverse("execute_merge")}"' in main


@pytest.mark.parametrize("code", ["NONE", "a%00b"])
def test_a_term_that_does_not_exist_is_not_found(person, code):
    assert person("registrar").get(f"/terms/{code}/courses/").status_code == 404


# ---- one course


def test_a_course_shows_its_facts_and_sections(campus, person):
    answer = person("viewer").get(course("C1"))
    page = words_of(answer)
    for words in (
        "BIO 101 · Cells",
        "Department Biology BIO",
        "Credits 1.00",
        "Id in the SIS C1",
        "2 sections; 12 enrolled, 60 seats",
        "BIO 101 A Title of S1 MWF 9:00–9:50 am · HAL 101 Ada Yonath (primary) 0 of 30 Active",
    ):
        assert words in page
    assert f'href="{reverse("section", args=[campus.id_of("S1")])}"' in answer.content.decode()


def test_what_the_sis_says_of_a_course_is_passed_on(campus, person):
    Course.objects.filter(sis_id="C1").update(credits=None, is_active=False, is_placeholder=True)
    page = words_of(person("viewer").get(course("C1")))
    assert "Credits Variable" in page
    assert "The SIS no longer has this course" in page
    assert "the next import of courses fills in the rest" in page


def test_a_course_without_sections_says_so(campus, person):
    made = Course.objects.create(term_id=TERM, sis_id="C9", subject="BIO", number="999")
    page = words_of(person("viewer").get(reverse("course", args=[made.pk])))
    assert "It has no section in this term." in page


def test_later_pages_go_on_in_the_course_s_term(campus, person):
    other = Term.objects.get(pk="20263")
    made = Course.objects.create(term=other, sis_id="C9", subject="BIO", number="999")
    client = person("viewer")
    client.get(reverse("course", args=[made.pk]))
    assert client.session["term"] == "20263"


def test_many_sections_come_page_by_page_in_order(campus, person):
    found = Course.objects.get(sis_id="C1")
    Section.objects.bulk_create(
        Section(term_id=TERM, course=found, section_number=f"N{number:03}") for number in range(60)
    )
    client = person("viewer")
    answer = client.get(course("C1"))
    assert "62 sections" in words_of(answer)
    shown = re.findall(r"BIO 101 (\w+)</a>", answer.content.decode())
    following = re.search(r'rel="next" href="([^"]*)"', answer.content.decode())[1]
    shown += re.findall(r"BIO 101 (\w+)</a>", client.get(course("C1") + following).content.decode())
    assert shown == ["A", "B", *(f"N{number:03}" for number in range(60))]


# ---- what it costs


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize(("which", "queries"), [("list", 5), ("course", 6)])
def test_the_pages_cost_the_same_number_of_queries_however_many(campus, person, count, which, queries):
    for number in range(count):
        made = Course.objects.create(term_id=TERM, sis_id=f"N{number}", subject="BIO", number=f"{number:03}")
        for other in (made, Course.objects.get(sis_id="C1")):
            Section.objects.create(term_id=TERM, course=other, section_number=f"N{number}")
    client = person("registrar")
    path = {"list": courses(), "course": course("C1")}[which]
    client.get(path)
    with CaptureQueriesContext(connection) as taken:
        assert client.get(path).status_code == 200
    assert len(taken) == queries, "\n".join(one["sql"][:150] for one in taken)
