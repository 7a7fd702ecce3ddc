"""Every page of the console asks for the permission of what it does, whatever the product."""

import pytest
from django.test import Client

import adminconsole.urls
from adminconsole.nav import PERMISSIONS
from phases.models import RolePermission
from phases.rules import PERMISSION_WORDS, Permission
from scheduling.models import Department, Role, RoleAssignment, User
from tests.web.test_who_sees_what import CONSOLE

MERGES, SETTINGS, PHASES, ROLES, USERS = (
    Permission.EXECUTE_MERGES,
    Permission.MANAGE_MERGE_SETTINGS,
    Permission.EDIT_PHASES,
    Permission.EDIT_ROLES,
    Permission.MANAGE_USERS,
)
OPENS = {
    MERGES: {"console", "runs", "execute_merge", "plans", "conflicts", "outbound"},
    SETTINGS: {
        "console",
        "runs",
        "merge_settings",
        "merge_settings_terms",
        "merge_settings_versions",
        "merge_settings_subjects",
    },
    PHASES: {"phases", "phase_new", "timelines", "exemptions", "exemption_new"},
    ROLES: {"roles", "role_new"},
    USERS: {"users", "user_new"},
}
"""The pages without a record that each permission opens."""
LISTED = set().union(*OPENS.values())
PATHS = {one.name: f"/console/{one.pattern}" for one in adminconsole.urls.urlpatterns}


@pytest.fixture
def admin_with(db):
    """`admin_with(permission, …)`: a client of somebody with the Admin product and a role of these alone."""

    def make(*permissions, grant="ALLOW", department=""):
        role = Role.objects.create(code="HELPER", name="Helper")
        RolePermission.objects.bulk_create(
            RolePermission(role=role, permission=one, grant=grant) for one in permissions
        )
        user = User.objects.create_user("lee", has_scheduling=True, has_admin=True)
        held = RoleAssignment.objects.create(user=user, role=role, is_for_all_departments=not department)
        if department:
            held.departments.add(Department.objects.create(code=department, name=department))
        client = Client()
        client.force_login(user)
        return client

    return make


def links_of(page):
    """The console's part of the navigation."""
    return page.partition('id="console-pages"')[2].partition("</ul>")[0]


@pytest.mark.parametrize("permission", OPENS)
def test_a_permission_opens_its_pages_and_shows_their_links_alone(admin_with, permission):
    client = admin_with(permission)
    for name in LISTED:
        answer = client.get(PATHS[name])
        assert answer.status_code == (200 if name in OPENS[permission] else 403), name
        for listed in LISTED:
            link = f'href="{PATHS[listed]}"'
            assert link not in links_of(answer.content.decode()) or listed in OPENS[permission]
        assert f'href="{PATHS[name]}"' in links_of(answer.content.decode()) or (
            name not in OPENS[permission] or name.endswith("_new") or name.startswith("merge_settings_")
        )


def test_every_page_states_permissions_and_the_product_alone_opens_none(admin_with):
    assert all(PERMISSIONS.values())
    client = admin_with(Permission.VIEW_SECTIONS)
    for path in CONSOLE:
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 403, path
            page = answer.content.decode()
            assert "your role Helper does not let you; the Registrar may." in page, path
            assert any(f"You may not {words}" in page for words in PERMISSION_WORDS.values()), path
    assert "console-pages" not in client.get("/").content.decode()


@pytest.mark.parametrize("grant", ["ALLOW", "OWN_DEPARTMENTS"])
def test_a_role_of_one_department_opens_nothing_that_is_for_all(admin_with, grant):
    page = admin_with(PHASES, grant=grant, department="BIO").get("/console/phases/")
    assert page.status_code == (200 if grant == "ALLOW" else 403)
    if grant != "ALLOW":
        told = "for the whole institution: your role Helper is for BIO; the Registrar"
        assert told in page.content.decode()


def test_a_second_role_that_denies_closes_the_page(admin_with):
    client = admin_with(PHASES)
    role = Role.objects.create(code="SUSPENDED", name="Suspended")
    RolePermission.objects.create(role=role, permission=PHASES, grant="DENY")
    RoleAssignment.objects.create(user=User.objects.get(), role=role)
    page = client.get("/console/phases/")
    assert page.status_code == 403
    assert "your role Suspended denies it" in page.content.decode()
