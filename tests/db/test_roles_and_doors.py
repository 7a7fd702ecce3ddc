"""Each role at each door: what it sees, what it changes, and what it is told. Phases aside."""

import tempfile

import pytest
from django.test import Client
from django.urls import reverse

from phases.models import RolePermission
from scheduling.domain.errors import DomainError
from scheduling.models import ApiToken, Role, RoleAssignment, Section
from scheduling.services import sections
from tests.edit_line import apply_line

EDITS, SEES, NOTHING = "edits", "sees", "sees nothing"
ROLES = {
    "registrar": (["REGISTRAR", None], EDITS),
    "registrar of BIO": (["REGISTRAR", ["BIO"]], EDITS),
    "registrar of CHE": (["REGISTRAR", ["CHE"]], NOTHING),
    "scheduler": (["SCHEDULER", None], EDITS),
    "scheduler of BIO": (["SCHEDULER", ["BIO"]], EDITS),
    "scheduler of CHE": (["SCHEDULER", ["CHE"]], NOTHING),
    "scheduler of none": (["SCHEDULER", []], NOTHING),
    "viewer": (["VIEWER", None], SEES),
    "viewer of CHE": (["VIEWER", ["CHE"]], NOTHING),
    "instructor of BIO": (["INSTRUCTOR", ["BIO"]], SEES),
    "a role without rules": (["DEAN", None], NOTHING),
    "no role": (["", None], NOTHING),
}
CASES = pytest.mark.parametrize("case", ROLES.values(), ids=ROLES)


@pytest.fixture
def section(schedule):
    schedule.course("CHE")
    return schedule.imported(schedule.course("BIO"), crn="10001", title="Cells")


@pytest.fixture
def somebody(schedule, section):
    def make(held):
        role, departments = held
        return schedule.user(role, is_for_all=departments is None, departments=departments or ())

    return make


def service(schedule, user, pk):
    try:
        sections.update_section(pk, {"title": "Genes"}, author=schedule.author(user))
    except DomainError as error:
        return str(error)
    return ""


def command(schedule, user, _pk):
    edit = {"op": "update", "section": "10001", "set": {"title": "Genes"}}
    with tempfile.TemporaryDirectory() as folder:
        result = apply_line(edit, folder=folder, term=schedule.term.pk, user=user.username)
    return result.get("message", "")


def api(_schedule, user, pk):
    headers = {"Authorization": f"Bearer {ApiToken.issue(user)}", "If-Match": '"1"'}
    answer = Client().patch(
        f"/api/v1/sections/{pk}/", {"title": "Genes"}, "application/json", headers=headers
    )
    return "" if answer.status_code == 200 else answer.json()["message"]


@pytest.mark.parametrize("door", [service, command, api])
@CASES
def test_a_role_changes_what_it_may_and_is_told_otherwise(somebody, section, schedule, door, case):
    held, may = case
    told = door(schedule, somebody(held), section)
    assert (Section.objects.get(pk=section).title == "Genes") is (may == EDITS)
    assert bool(told) is (may != EDITS)


@CASES
def test_a_role_finds_what_it_may_see_and_nothing_else(schedule, section, somebody, case):
    held, may = case
    user, client = somebody(held), Client()
    client.force_login(user)
    sees = may != NOTHING
    assert (client.get(reverse("section", args=[section])).status_code == 200) is sees
    page = client.get(reverse("sections", args=[schedule.term.pk]))
    assert (page.status_code == 200 and "Cells" in page.content.decode()) is sees
    headers = {"Authorization": f"Bearer {ApiToken.issue(user)}"}
    listed = client.get("/api/v1/sections/", headers=headers)
    assert (listed.status_code == 200 and len(listed.json()["results"]) == 1) is sees
    found = client.get(reverse("search"), {"q": "Cells"})
    assert ("BIO" in found.content.decode().partition("<main")[2]) is sees


@pytest.mark.parametrize("grant", [None, "DENY"])
def test_a_role_that_may_not_view_sections_is_told_so(schedule, section, somebody, grant):
    RolePermission.objects.filter(role="VIEWER", permission="view_sections").delete()
    if grant:
        RolePermission.objects.create(role_id="VIEWER", permission="view_sections", grant=grant)
    client = Client()
    client.force_login(somebody(["VIEWER", None]))
    answer = client.get(reverse("sections", args=[schedule.term.pk]))
    assert answer.status_code == 403
    assert "does not let you view sections" in answer.content.decode()


def test_a_second_role_that_denies_closes_what_the_first_one_shows(schedule, section, somebody):
    user = somebody(["REGISTRAR", None])
    Role.objects.create(code="SUSPENDED", name="Suspended")
    for permission in ("view_sections", "edit_sections"):
        RolePermission.objects.create(role_id="SUSPENDED", permission=permission, grant="DENY")
    RoleAssignment.objects.create(user=user, role_id="SUSPENDED")
    client = Client()
    client.force_login(user)
    assert client.get(reverse("section", args=[section])).status_code == 403
    assert "your role Suspended denies it" in service(schedule, user, section)


@pytest.mark.parametrize(
    ("held", "is_told"),
    [(["SCHEDULER", ["BIO"]], True), (["VIEWER", None], False), (["INSTRUCTOR", ["BIO"]], False)],
)
def test_the_api_tells_the_integration_status_to_whom_the_role_allows_it(section, somebody, held, is_told):
    headers = {"Authorization": f"Bearer {ApiToken.issue(somebody(held))}"}
    document = Client().get(f"/api/v1/sections/{section}/", headers=headers).json()
    assert (document["integration"] is not None) is is_told


def test_who_views_all_and_follows_one_department_is_told_the_status_of_that_one(schedule, section, somebody):
    user = somebody(["SCHEDULER", ["BIO"]])
    RoleAssignment.objects.create(user=user, role_id="VIEWER", is_for_all_departments=True)
    other = schedule.imported(schedule.course("CHE", "200"))
    headers = {"Authorization": f"Bearer {ApiToken.issue(user)}"}
    listed = Client().get("/api/v1/sections/", headers=headers).json()["results"]
    assert {one["id"]: one["integration"] is not None for one in listed} == {section: True, other: False}
