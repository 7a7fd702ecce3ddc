"""GET /api/v1/sections/: who sees what, conditions, pages, and what it costs."""

import base64
import datetime as dt
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integration.models import MergeProfile
from scheduling import integration_side
from scheduling.models import Department, RoleAssignment, Section, Term

ALL = None
GROWTH = [(0, 1), (1, 19), (20, 80)]
"""Sections there, sections added: lists of 1, 20 and 100."""


def numbers_of(answer):
    assert answer.status_code == 200, answer.content
    return [one["section_number"] for one in answer.json()["results"]]


def ids_of(answer):
    assert answer.status_code == 200, answer.content
    return [one["id"] for one in answer.json()["results"]]


@pytest.fixture
def two_departments(course_of, sections_of):
    """BIO has 01 and 02, ART has 03."""
    sections_of(course_of("BIO"), 2)
    sections_of(course_of("ART"), 1, title="Clay")


@pytest.mark.parametrize(
    ("role", "departments", "seen"),
    [
        ("REGISTRAR", ALL, ["01", "02", "03"]),
        ("REGISTRAR", ["ART"], ["03"]),
        ("VIEWER", ALL, ["01", "02", "03"]),
        ("VIEWER", ["BIO"], ["01", "02"]),
        ("SCHEDULER", ["BIO"], ["01", "02"]),
        ("SCHEDULER", ["BIO", "ART"], ["01", "02", "03"]),
        ("SCHEDULER", [], []),
        ("INSTRUCTOR", [], []),
    ],
)
def test_a_role_shows_the_sections_of_its_departments(two_departments, api_of, role, departments, seen):
    api = api_of(role, everywhere=True) if departments is ALL else api_of(role, departments)
    assert numbers_of(api.get()) == seen


def test_two_roles_show_what_either_of_them_shows(two_departments, api_of):
    api = api_of("SCHEDULER", ["BIO"])
    other = api_of("VIEWER", ["ART"])
    RoleAssignment.objects.filter(user=other.user).update(user=api.user)
    assert numbers_of(api.get()) == ["01", "02", "03"]


def test_a_section_without_a_department_is_seen_only_by_those_for_all(course_of, sections_of, api_of):
    sections_of(course_of("BIO", department=None))
    assert numbers_of(api_of("SCHEDULER", ["BIO"]).get()) == []
    assert numbers_of(api_of("VIEWER", everywhere=True).get()) == ["01"]


def test_a_user_without_a_role_is_refused_with_a_sentence(two_departments, api_of):
    answer = api_of().get()
    assert answer.status_code == 403
    assert answer.json()["code"] == "PERMISSION_DENIED"
    assert "no role" in answer.json()["message"]


@pytest.fixture
def varied(course_of, sections_of):
    """Five sections that differ in everything one can ask for."""
    bio, art = course_of("BIO", "252"), course_of("AS/RE", "101")
    sections_of(bio, 2, title="Genetics")
    sections_of(art, 1, title="Clay and glaze")
    sections_of(bio, 1, status="CANCELLED")
    term = Term.objects.create(
        code="20273", name="Fall 2027", start_date=dt.date(2027, 9, 1), end_date=dt.date(2027, 12, 18)
    )
    sections_of(course_of("BIO", "101", term=term, department=Department.objects.get(pk="AS/RE")), 1)


@pytest.mark.parametrize(
    ("conditions", "seen"),
    [
        ({"term": "20273"}, ["05"]),
        ({"term": "nowhere"}, []),
        ({"department": "AS/RE"}, ["03", "05"]),
        ({"subject": "BIO"}, ["01", "02", "04", "05"]),
        ({"status": "CANCELLED"}, ["04"]),
        ({"sis_id": "S2"}, ["02"]),
        ({"crn": "00003"}, ["03"]),
        ({"subject": "BIO", "status": "ACTIVE", "term": "20271"}, ["01", "02"]),
        ({"search": "00002"}, ["02"]),
        ({"search": "bio 252 02"}, ["02"]),
        ({"search": "GENETICS"}, ["01", "02"]),
        ({"search": "glaze clay"}, ["03"]),
        ({"search": "as/re"}, ["03"]),
        ({"search": "nobody"}, []),
        ({"search": "%"}, []),
    ],
)
def test_conditions_narrow_the_list(varied, registrar, conditions, seen):
    assert numbers_of(registrar.get(**conditions)) == seen


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("terms=20271", "terms", "There is no condition terms; known are: term, department"),
        ("term=", "term", "term is empty"),
        ("term=%20", "term", "term is empty"),
        ("crn=1&crn=2", "crn", "crn is given 2 times"),
        ("status=OPEN", "status", "There is no OPEN; it must be one of ACTIVE, CANCELLED."),
        ("search=%00", "search", "Null characters are not allowed"),
        ("cursor=x", "cursor", "This cursor is none of ours"),
        ("cursor=" + base64.b64encode(b"p=abc").decode(), "cursor", "This cursor is none of ours"),
        ("cursor=" + base64.b64encode(b"p=%00").decode(), "cursor", "This cursor is none of ours"),
    ],
)
def test_a_condition_that_means_nothing_is_refused_and_not_ignored(registrar, query, field, told):
    answer = registrar.client.get(f"/api/v1/sections/?{query}", headers=registrar.headers)
    assert answer.status_code == 400
    body = answer.json()
    assert (body["code"], body["field"]) == ("INVALID", field)
    assert body["message"].startswith(told) or told in body["message"]


def test_pages_hold_every_section_once_in_one_order_and_lead_back(biology, sections_of, registrar):
    made = [one.pk for one in sections_of(biology, 230)]
    first = registrar.get()
    second = registrar.client.get(first.json()["next"], headers=registrar.headers)
    third = registrar.client.get(second.json()["next"], headers=registrar.headers)
    assert [len(ids_of(page)) for page in (first, second, third)] == [100, 100, 30]
    assert ids_of(first) + ids_of(second) + ids_of(third) == sorted(made)
    assert third.json()["next"] is None
    back = registrar.client.get(third.json()["previous"], headers=registrar.headers)
    assert ids_of(back) == ids_of(second)
    assert first.json()["previous"] is None


def test_pages_keep_the_conditions_and_stay_right_while_sections_come_and_go(biology, sections_of, registrar):
    made = [one.pk for one in sections_of(biology, 150)]
    sections_of(biology, 20, status="CANCELLED")
    first = registrar.get(status="ACTIVE")
    Section.objects.filter(pk=made[0]).delete()
    late = sections_of(biology, 1)[0].pk
    second = registrar.client.get(first.json()["next"], headers=registrar.headers)
    assert ids_of(second) == [*made[100:], late]


def cost(api, shown):
    """How many queries a list of so many sections takes."""
    with CaptureQueriesContext(connection) as queries:
        assert len(numbers_of(api.get(term="20271", search="cells"))) == shown
    return len(queries)


OWN_QUERIES = 9
"""Token with user; roles with departments and rules; sections; meetings; teachers; custom fields;
exemptions; timelines; settings."""


def test_a_list_costs_the_same_queries_however_long(biology, sections_of, registrar, monkeypatch):
    monkeypatch.setattr(integration_side, "_registered", [])
    costs = [cost(registrar, len(sections_of(biology, more)) + before) for before, more in GROWTH]
    assert costs == [OWN_QUERIES] * 3


def test_the_integration_status_adds_the_same_queries_however_long(biology, sections_of, registrar):
    costs = [cost(registrar, len(sections_of(biology, more)) + before) for before, more in GROWTH]
    assert len(set(costs)) == 1
    assert costs[0] > OWN_QUERIES


def test_settings_that_cannot_be_used_do_not_keep_sections_from_being_read(section, registrar):
    MergeProfile.objects.update(is_active=False)
    assert numbers_of(registrar.get()) == ["01"]


def test_a_section_is_in_the_list_as_in_its_detail(section, registrar):
    listed = registrar.get().json()["results"][0]
    assert listed == registrar.get(f"/api/v1/sections/{section.pk}/").json()


def test_an_unknown_address_of_a_page_keeps_its_query(registrar):
    answer = registrar.client.get("/api/v1/sections?" + urlencode({"crn": 1}), headers=registrar.headers)
    assert answer.status_code == 301
    assert answer.headers["Location"].endswith("/api/v1/sections/?crn=1")
