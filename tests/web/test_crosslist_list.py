"""The crosslists of a term: who sees which, what is told of each, conditions, pages."""

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduling.models import Relationship, Section, Term
from scheduling.services.relationships import create_relationship
from tests.campus import TERM

PATH = reverse("crosslists", args=[TERM])


def main_of(answer):
    assert answer.status_code == 200
    page = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return html.unescape(page.partition(">")[2])


def words_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", main_of(answer)).split())


def shown(answer):
    """The ids of the groups on a page, in order."""
    return [int(pk) for pk in re.findall(r'href="/crosslists/(\d+)/"', main_of(answer))]


SEEN = {
    "anonymous": 302,
    "no product": 403,
    "no role": 403,
    "viewer": {"X1", "mixed"},
    "scheduler": {"mixed"},
    "registrar": {"X1", "mixed"},
    "admin": 403,
}


@pytest.mark.parametrize("kind", SEEN)
def test_who_sees_which_groups(campus, mixed, person, kind):
    answer = person(kind).get(PATH)
    if answer.status_code != 200:
        assert answer.status_code == SEEN[kind]
    else:
        names = {campus.group().pk: "X1", mixed.pk: "mixed"}
        assert {names[pk] for pk in shown(answer)} == SEEN[kind]


def test_a_group_is_told_in_words(campus, person):
    Section.objects.filter(term=TERM).update(enrollment=20)
    words = words_of(person("viewer").get(PATH))
    assert "Crosslist of 2 : Crosslist of CHE 202 A, CHE 202 B CHE 202 A primary" in words
    assert "MWF 11:00–11:50 am · HAL 102 Nobody yet 40 60" in words
    assert words.count("MWF 11:00") == 1
    assert "Do not meet together" not in words.partition("Show")[2]


def test_members_that_do_not_meet_together_are_flagged_and_each_is_told(campus, mixed, person):
    words = words_of(person("viewer").get(PATH))
    row = words[words.index("BIO 101 A primary") :]
    assert "MWF 9:00–9:50 am · HAL 101 Ada Yonath" in row
    assert "CHE 202 N Not yet No meetings yet Nobody yet" in row
    assert "Do not meet together Not all in the SIS yet BIO 101 A primary" in words


def test_more_students_than_combined_seats_are_flagged(campus, person):
    Section.objects.filter(sis_id="S3").update(enrollment=61)
    assert "61 over 60" in words_of(person("viewer").get(PATH))


def test_members_of_other_departments_are_counted_not_named(campus, mixed, person):
    page = main_of(person("scheduler").get(PATH))
    assert "1 section of another department" in page
    assert "1 of other departments" in page
    assert "CHE" not in page.replace("CHE · Chemistry", "")


CONDITIONS = [
    ("?q=CHE+202+B", {"X1"}),
    ("?q=che-202-b", {"X1"}),
    ("?q=Title", {"X1", "mixed", "linked"}),
    ("?q=nothing", set()),
    ("?department=BIO", {"mixed", "linked"}),
    ("?department=CHE&q=N", {"mixed"}),
    ("?kind=LINKED", {"linked"}),
    ("?kind=CROSSLIST&problem=apart", {"mixed"}),
    ("?problem=waiting", {"mixed"}),
    ("?problem=headless", {"linked"}),
]


@pytest.mark.parametrize(("query", "found"), CONDITIONS)
def test_conditions(campus, mixed, person, query, found):
    linked = create_relationship(
        TERM,
        kind="LINKED",
        members=[campus.id_of("S1"), campus.id_of("S2")],
        primary=None,
        capacity=None,
        author=campus.author(),
    )
    names = {campus.group().pk: "X1", mixed.pk: "mixed", linked.relationship_id: "linked"}
    answer = person("viewer").get(PATH + query)
    assert {names[pk] for pk in shown(answer)} == found
    if not found:
        assert "No group fits" in words_of(answer)


def test_a_condition_that_does_not_exist_is_said(campus, person):
    words = words_of(person("viewer").get(PATH + "?kind=SAME&department=XYZ"))
    assert "The kind “SAME” is not in this list" in words
    assert "The department “XYZ” is not in this list" in words


def test_an_empty_term_says_what_will_be_here(campus, person):
    path = reverse("crosslists", args=["20263"])
    empty = words_of(person("viewer").get(path))
    assert "No crosslist yet" in empty
    assert "New crosslist" not in empty
    assert "New crosslist" in words_of(person("registrar").get(path))


def test_sis_states_are_told_to_those_who_may_know_where_something_is_merged(campus, person):
    registrar = person("registrar")
    assert "In the SIS" not in words_of(registrar.get(PATH))
    campus.enable()
    campus.edit("S3", title="New")
    assert "Not yet synced" in words_of(registrar.get(PATH)) or "On its way" in words_of(registrar.get(PATH))
    assert "In the SIS" not in words_of(person("viewer").get(PATH))


def many(count):
    """So many crosslists of two sections each, as an import writes them."""
    course = Section.objects.get(sis_id="S1").course
    for number in range(count):
        group = Relationship.objects.create(term_id=TERM, kind="CROSSLIST", sis_id=f"G{number}")
        for letter in "YZ":
            section = Section.objects.create(
                term_id=TERM, course=course, section_number=f"{letter}{number}", sis_id=f"{letter}{number}"
            )
            group.members.create(section=section, kind=group.kind, term_id=TERM)


def test_pages_by_code_and_back(campus, person):
    many(110)
    client, seen, path = person("viewer"), [], PATH
    while path:
        answer = client.get(path)
        seen.append(shown(answer))
        following = re.search(r'rel="next" href="([^"]+)"', main_of(answer))
        path = following and PATH + following[1]
    assert [len(one) for one in seen] == [50, 50, 11]
    assert len({pk for one in seen for pk in one}) == 111
    back = re.search(r'rel="prev" href="([^"]+)"', main_of(answer))
    assert shown(client.get(PATH + back[1])) == seen[1]


def test_a_lost_place_is_said(campus, person):
    assert "this is its beginning" in words_of(person("viewer").get(PATH + "?cursor=nonsense"))


def queries(client, path=PATH):
    with CaptureQueriesContext(connection) as made:
        assert client.get(path).status_code == 200
    return len(made)


@pytest.mark.parametrize(
    ("query", "more"), [("", 0), ("?q=BIO&department=BIO&problem=waiting", 0), ("?problem=apart", 1)]
)
def test_the_number_of_queries_does_not_grow(campus, mixed, person, query, more):
    campus.enable()
    client = person("registrar")
    client.get(PATH)
    few = queries(client, PATH + query)
    many(12)
    assert queries(client, PATH + query) == few == QUERIES + more


QUERIES = 9


def test_a_term_that_is_not_there(campus, person):
    assert Term.objects.count() == 2
    assert person("viewer").get(reverse("crosslists", args=["1999"])).status_code == 404
