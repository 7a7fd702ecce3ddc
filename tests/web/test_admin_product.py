"""The Admin product alone shows nothing: what is seen follows the roles, and who may give one is named."""

import re

import pytest
from django.urls import reverse

from phases.models import RolePermission
from phases.rules import Permission
from scheduling.models import Role, RoleAssignment, User
from tests.campus import TERM
from tests.web.conftest import user_with
from tests.web.console.page_forms import words_of

PATHS = ("/", "/phases/", "/search/?q=x", f"/terms/{TERM}/sections/", "/console/", "/console/users/")
LOOKERS = {Permission.EDIT_PHASES, Permission.EDIT_ROLES, Permission.MANAGE_USERS}


@pytest.mark.parametrize("path", PATHS)
def test_without_a_role_every_page_says_so_and_who_can_give_one(person, term_of, path):
    term_of("20991")
    client = person("admin")
    answer = client.get(path)
    said = words_of(answer, status=403)
    assert "has no role yet" in said
    assert "Nobody manages users here yet; whoever runs the server can give it one" in said
    for name in ("ada", "bo"):
        user_with(name, role="REGISTRAR", has_admin=True, first_name=name.capitalize(), last_name="Admin")
    user_with("carl", role="VIEWER", has_admin=True)
    user_with("dee", role="REGISTRAR")
    user_with("eve", role="REGISTRAR", has_admin=True, is_active=False)
    assert "Ada Admin or Bo Admin can give it one." in words_of(client.get(path), status=403)


@pytest.mark.parametrize("has_admin", [True, False])
@pytest.mark.parametrize(
    ("role", "is_told"), [("VIEWER", False), ("INSTRUCTOR", False), ("SCHEDULER", True), ("REGISTRAR", True)]
)
def test_the_status_in_the_sis_is_for_roles_that_see_it(campus, client, role, is_told, has_admin):
    campus.enable()
    user_with("newcomer", role=role, has_admin=has_admin)
    client.force_login(User.objects.get(username="newcomer"))
    section = campus.section("S1")
    page = client.get(reverse("sections", args=[TERM])).content.decode()
    assert ('name="state"' in page) is is_told
    status = client.get(reverse("section_status", args=[section.pk]))
    assert status.status_code == (200 if is_told else 403)
    assert ("Between Tandem and the SIS" in words_of(client.get(reverse("section", args=[section.pk])))) is (
        is_told
    )
    crosslists = words_of(client.get(reverse("crosslists", args=[TERM])))
    assert ("In the SIS" in crosslists) is is_told


@pytest.mark.parametrize("permission", list(Permission))
@pytest.mark.parametrize("has_admin", [True, False])
def test_the_simulator_shows_others_to_who_looks_after_them(term_of, client, permission, has_admin):
    term_of("20991")
    role = Role.objects.create(code="HELPER", name="Helper")
    RolePermission.objects.create(role=role, permission=permission, grant="ALLOW")
    user = user_with("lee", has_admin=has_admin)
    RoleAssignment.objects.create(user=user, role=role, is_for_all_departments=True)
    client.force_login(user)
    asked = {"who": "role:VIEWER", "before": "default", "after": "default"}
    page = client.get("/phases/", asked).content.decode()
    is_shown = has_admin and permission in LOOKERS
    assert ('name="who"' in page) is is_shown
    assert (re.search("Somebody with the role Viewer", page) is not None) is is_shown


def test_the_simulator_names_no_section_that_the_looker_does_not_see(campus, client):
    role = Role.objects.create(code="HELPER", name="Helper")
    RolePermission.objects.create(role=role, permission=Permission.EDIT_PHASES, grant="ALLOW")
    user = user_with("lee", has_admin=True)
    RoleAssignment.objects.create(user=user, role=role, is_for_all_departments=True)
    client.force_login(user)
    crn = campus.section("S1").crn
    page = words_of(client.get("/phases/", {"term": TERM, "section": crn}))
    assert f"No section “{crn}” that you may see" in page
