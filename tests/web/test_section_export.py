"""The list of sections as a file: who may have it, which sections, which cells."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.models import Role, RoleAssignment, Section
from tests.list_page import add, add_four

PATH = "/terms/20271/sections/export.csv"


@pytest.fixture
def schedule(term_of):
    return add_four(term_of("20271"))


def rows(client, query=""):
    answer = client.get(PATH + query)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_who_does_not_export_gets_no_file_and_no_link(schedule, person):
    client = person("viewer")
    answer = client.get(PATH)
    assert answer.status_code == 403
    assert "does not let you import and export" in answer.content.decode()
    assert "export.csv" not in client.get("/terms/20271/sections/").content.decode()


def test_a_registrar_has_all_sections_in_words(schedule, person):
    client = person("registrar")
    found = rows(client)
    assert [one["code"] for one in found] == ["BIO-101-A", "BIO-101-B", "BIO-200-A", "CHE-202-A"]
    cells, night, genes, bonds = found
    assert (cells["crn"], cells["title"], cells["enrollment"]) == ("1001", "Cells", "12")
    assert cells["meetings"] == "MWF 09:00-09:50 in HAL 101"
    assert cells["instructors"] == "Marie Curie (I1) 100% primary"
    assert genes["meetings"] == "Arranged in WEB"
    assert genes["instructors"].split("; ") == ["Marie Curie (I1) 100%", "Ada Yonath (I2) 100% primary"]
    assert (bonds["status"], bonds["credits"]) == ("CANCELLED", "3.00")
    assert night["version"] == "1"
    assert "export.csv?q=bonds" in client.get("/terms/20271/sections/?q=bonds").content.decode()


def test_the_file_holds_what_the_list_finds(schedule, person):
    assert [one["crn"] for one in rows(person("registrar"), "?q=1002")] == ["1002"]


def test_sections_of_other_departments_are_not_in_it(schedule, person):
    found = rows(person("scheduler"))
    assert [one["crn"] for one in found] == ["1001", "1002", "1003"]
    assert "CHE" not in str(found)


def test_who_sees_all_and_exports_one_department_has_that_one(schedule, person):
    client = person("scheduler")
    viewer = Role.objects.get_or_create(code="VIEWER", defaults={"name": "Viewer"})[0]
    RoleAssignment.objects.create(user=client.user, role=viewer, is_for_all_departments=True)
    assert "CHE 202" in client.get("/terms/20271/sections/").content.decode()
    assert [one["crn"] for one in rows(client)] == ["1001", "1002", "1003"]


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_is_a_formula(schedule, person, title):
    Section.objects.filter(crn="1001").update(title=title)
    assert rows(person("registrar"))[0]["title"] == "'" + title


def test_the_queries_grow_by_batch_and_not_by_section(schedule, person):
    client = person("registrar")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            rows(client)
        return len(captured)

    queries()  # the first also keeps the term in the session
    few = queries()
    for number in range(20):
        add(schedule, "BIO", "300", f"{number:03}")
    assert queries() == few


@pytest.mark.parametrize("query", ["?q=%00", "?department=CHEM", "?sort=nothing", "?cursor=x", "?from=25:00"])
def test_odd_addresses_are_answered(schedule, person, query):
    rows(person("registrar"), query)


@pytest.mark.parametrize(("kind", "may"), [("registrar", True), ("scheduler", True), ("viewer", False)])
def test_the_navigation_leads_there_for_who_may(schedule, person, kind, may):
    client = person(kind)
    page = client.get("/terms/20271/week/").content.decode()
    assert ("Import &amp; export" in page) is may
    form = client.get("/terms/20271/sections/import/")
    assert form.status_code == (200 if may else 403)
    if may:
        assert PATH in form.content.decode()
