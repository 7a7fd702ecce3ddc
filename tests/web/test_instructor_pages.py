"""Who teaches in a term, and one person with what they teach."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduling.models import Course, Instructor, InstructorAssignment, Section
from tests.campus import TERM


def words_of(answer):
    """The page's words, with white space made one."""
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main.partition(">")[2]))


def people(**query):
    return reverse("instructors", args=[TERM], query=query)


def one(sis_id):
    return reverse("instructor", args=[TERM, sis_id])


def teach(sis_id, number, *, course="C2", percent=100, **values):
    """A section that somebody teaches."""
    section = Section.objects.create(
        term_id=TERM, course=Course.objects.get(sis_id=course), section_number=number, **values
    )
    InstructorAssignment.objects.create(section=section, instructor_id=sis_id, percent=percent)


def listed(answer):
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', answer.content.decode())


# ---- who


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("anonymous", 302),
        ("no product", 403),
        ("no role", 403),
        ("viewer", 200),
        ("scheduler", 200),
        ("registrar", 200),
        ("admin", 403),
    ],
)
def test_each_kind_of_person(campus, person, kind, status):
    client = person(kind)
    assert client.get(people()).status_code == status
    assert client.get(one("I2")).status_code == status


@pytest.mark.parametrize("path", ["I9", "I%00", "I2/other"])
def test_people_who_do_not_exist_are_not_found(campus, person, path):
    assert person("registrar").get(people() + f"{path}/").status_code == 404


def test_an_id_may_hold_a_slash(campus, person):
    Instructor.objects.create(sis_id="A/1 ?", last_name="Slash")
    client = person("viewer")
    page = client.get(people(q="Slash")).content.decode()
    link = re.search(r'<th scope="row"><a href="([^"]*)"', page)[1]
    assert "Slash" in words_of(client.get(link))
    assert "?instructor=A%2F1%20%3F" in page


# ---- the list


def test_the_list_shows_each_person_and_the_load(campus, person):
    teach("I2", "X", percent=50)
    page = words_of(person("viewer").get(people()))
    assert "2 instructors" in page
    assert "Marie Curie I1 Chemistry 0 0 % Week of Marie Curie" in page
    assert "Ada Yonath I2 Biology 2 150 %" in page
    assert "Of other departments" not in page


def test_a_scheduler_reads_how_many_sections_of_others_and_no_more(campus, person):
    teach("I2", "X", percent=50)
    page = words_of(person("scheduler").get(people()))
    assert "Of other departments" in page
    assert "Ada Yonath I2 Biology 1 1 100 %" in page


def test_cancelled_sections_are_no_load(campus, person):
    teach("I1", "X", status="CANCELLED")
    client = person("viewer")
    assert "Marie Curie I1 Chemistry 0 0 %" in words_of(client.get(people()))
    page = words_of(client.get(one("I1")))
    assert "Teaches 0 sections in Spring 2027" in page
    assert "CHE 202 X" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "yon"}, ["Ada Yonath"]),
        ({"q": "ada yonath"}, ["Ada Yonath"]),
        ({"q": "i1"}, ["Marie Curie"]),
        ({"q": "ada curie"}, []),
        ({"department": "CHE"}, ["Marie Curie"]),
        ({"load": "teaching"}, ["Ada Yonath"]),
        ({"load": "idle"}, ["Marie Curie"]),
    ],
)
def test_the_list_is_narrowed(campus, person, query, found):
    answer = person("viewer").get(people(**query))
    assert listed(answer) == found
    assert ("No instructor fits" in words_of(answer)) is (not found)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"department": "XXX"}, "The department “XXX” is not in this list"),
        ({"load": "XXX"}, "The choice “XXX” is not in this list"),
        ({"cursor": "nonsense"}, "That page of the list is not there"),
    ],
)
def test_what_the_address_says_wrongly_is_said(campus, person, query, words):
    page = words_of(person("viewer").get(people(**query)))
    assert words in page
    assert "2 instructors" in page


def test_without_people_the_page_says_what_will_be_here(campus, person):
    InstructorAssignment.objects.all().delete()
    Instructor.objects.all().delete()
    assert "No instructor yet" in words_of(person("viewer").get(people()))


def test_many_people_come_page_by_page_by_name(campus, person):
    Instructor.objects.bulk_create(
        Instructor(sis_id=f"N{number}", first_name=f"{99 - number}", last_name="Zorn") for number in range(70)
    )
    client = person("viewer")
    answer = client.get(people())
    found = listed(answer)
    following = re.search(r'rel="next" href="([^"]*)"', answer.content.decode())[1]
    found += listed(client.get(people() + following))
    assert found == ["Marie Curie", "Ada Yonath", *(f"{number} Zorn" for number in range(30, 100))]


# ---- one person


def test_a_person_s_page_shows_what_they_teach_and_how_much(campus, person):
    teach("I2", "X", percent=50)
    answer = person("viewer").get(one("I2"))
    page = words_of(answer)
    assert "Ada Yonath" in page
    assert "Id in the SIS I2 Department Biology" in page
    assert "2 sections in Spring 2027, 150 % in all" in page
    assert "BIO 101 A Title of S1 100 %, primary MWF 9:00–9:50 am · HAL 101" in page
    assert "CHE 202 X Bonds 50 %" in page
    assert f'href="{reverse("week", args=[TERM])}?instructor=I2"' in answer.content.decode()


def test_sections_of_other_departments_are_only_counted(campus, person):
    teach("I2", "X", percent=50)
    page = words_of(person("scheduler").get(one("I2")))
    assert "1 section, and 1 section of other departments" in page
    assert "1 section of your departments in Spring 2027, 100 % in all" in page
    assert "CHE" not in page


def test_who_teaches_nothing_and_is_gone_is_said(campus, person):
    Instructor.objects.filter(pk="I1").update(is_active=False)
    page = words_of(person("viewer").get(one("I1")))
    assert "They teach no section in this term." in page
    assert "no longer active" in page


# ---- what it costs


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize(("which", "queries"), [("list", 7), ("person", 7)])
def test_the_pages_cost_the_same_number_of_queries_however_many(campus, person, count, which, queries):
    for number in range(count):
        Instructor.objects.create(sis_id=f"N{number}", last_name=f"N{number}")
        teach(f"N{number}", f"A{number}")
        teach("I2", f"B{number}", course="C1")
    client = person("scheduler")
    path = {"list": people(), "person": one("I2")}[which]
    client.get(path)
    with CaptureQueriesContext(connection) as taken:
        assert client.get(path).status_code == 200
    assert len(taken) == queries, "\n".join(each["sql"][:150] for each in taken)
