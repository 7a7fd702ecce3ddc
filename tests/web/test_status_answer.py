"""The answer how far the SIS has a section: who is told, where, and in which words."""

import re

import pytest
from django.urls import reverse

from tests.list_page import words


def status(campus, sis_id="S1"):
    return reverse("section_status", args=[campus.id_of(sis_id)])


def main_of(answer):
    return words(answer.content.decode().partition("<main")[2])


@pytest.mark.parametrize(
    ("kind", "own", "other"),
    [
        ("anonymous", 302, 302),
        ("no product", 403, 403),
        ("no role", 403, 403),
        ("viewer", 403, 403),
        ("scheduler", 200, 404),
        ("registrar", 200, 200),
        ("admin", 403, 403),
    ],
)
def test_each_kind_of_person_is_told_of_the_sections_of_their_departments(campus, person, kind, own, other):
    client = person(kind)
    assert client.get(status(campus, "S1")).status_code == own
    assert client.get(status(campus, "S3")).status_code == other
    assert client.post(status(campus, "S1")).status_code in {302, 403, 405}


def test_a_viewer_is_told_why_it_is_not_for_them(campus, person):
    answer = person("viewer").get(status(campus))
    assert "Your role does not see the merges with the SIS" in answer.content.decode()


def test_the_whole_answer_stands_on_a_page_and_alone_in_a_dialog(campus, person):
    campus.enable()
    client = person("scheduler")
    page = main_of(client.get(status(campus)))
    assert re.search(r"Synced \d{1,2} \w{3} \d{4}, \d\d:\d\d", page)
    assert "Both sides hold the same" in page
    alone = client.get(status(campus), headers={"HX-Request": "true"}).content.decode()
    assert "Both sides hold the same" in alone
    assert "<html" not in alone


def test_where_no_merge_follows_the_term_that_is_said(campus, person):
    assert "neither nightly nor real-time merges" in main_of(person("registrar").get(status(campus)))


@pytest.mark.parametrize(
    ("kind", "is_on", "is_shown"),
    [("scheduler", True, True), ("registrar", False, False), ("viewer", True, False)],
)
def test_the_editor_shows_the_state_to_who_may_know_where_merges_are_on(
    campus, person, kind, is_on, is_shown
):
    if is_on:
        campus.enable(nightly=False)
        campus.edit("S1", title="Mine")
    page = person(kind).get(reverse("section_edit", args=[campus.id_of("S1")])).content.decode()
    assert (f'href="{status(campus)}"' in page) is is_shown
    assert ("On its way" in page) is is_shown


def test_the_answer_names_no_section_of_another_department(campus, person):
    campus.enable(real_time=False)
    mine, other = campus.create("Z"), campus.create("Y", course="C2")
    campus.crosslist(mine, other)
    page = main_of(person("scheduler").get(reverse("section_status", args=[mine])))
    assert "a section of another department" in page
    assert "CHE" not in page
