"""Console, Roles: permissions and defaults of each, and a new one by copying."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from phases.models import PhaseFieldRule, RoleFieldRule, RolePermission
from phases.rules import Grant, Permission, Rule
from phases.selectors import role_rules
from phases.services.roles import save_role_rules
from scheduling.models import ChangeLog, Role
from tests.web.console.page_forms import post, words_of

LIST, NEW = "/console/roles/", "/console/roles/new/"


def path_of(code):
    return reverse("role", args=[code])


def send(client, code, *, page=None, step="preview", **options):
    return post(client, path_of(code), page or client.get(path_of(code)), holds="seen", step=step, **options)


def save(client, code, **options):
    return send(client, code, page=send(client, code, **options), step="save")


def granted(code, permission):
    return role_rules()[code].permissions.get(permission)


def test_the_list_says_what_each_role_may_and_how_many_hold_it(admin, person):
    person("scheduler")
    words = words_of(admin.get(LIST))
    assert "Viewer view sections nothing 0" in words
    assert "Scheduler view sections, create sections, edit sections" in words
    assert "import and export nothing 1" in words


def test_a_permission_is_saved_after_its_difference_was_shown(admin):
    page = send(admin, "SCHEDULER", fields={"permission:delete_section": "DENY"})
    words = words_of(page)
    assert "Delete sections Not given Deny Refused to everybody with this role" in words
    assert granted("SCHEDULER", Permission.DELETE_SECTION) is None
    assert not ChangeLog.objects.exists()
    assert send(admin, "SCHEDULER", page=page, step="save").status_code == 302
    assert granted("SCHEDULER", Permission.DELETE_SECTION) is Grant.DENY
    found = ChangeLog.objects.get()
    assert (found.record_type, found.record_id, found.field, found.after) == (
        "role",
        "SCHEDULER",
        "permission delete_section",
        "DENY",
    )
    assert found.actor == admin.user


def test_how_many_hold_the_role_is_said_before_it_is_saved(admin, person):
    person("scheduler")
    page = send(admin, "SCHEDULER", fields={"permission:delete_section": "DENY"})
    assert "One user holds the role; once saved, it counts at once." in words_of(page)


def test_a_permission_is_taken_away(admin):
    save(admin, "VIEWER", fields={"permission:view_sections": ""})
    assert granted("VIEWER", Permission.VIEW_SECTIONS) is None


def test_a_fields_default_is_saved_and_later_fields_stay(admin):
    save(admin, "SCHEDULER", fields={"field:title": "LOCKED"})
    assert dict(RoleFieldRule.objects.filter(role="SCHEDULER").values_list("field", "rule")) == {
        "*": "OPEN",
        "title": "LOCKED",
    }


def test_every_field_is_set_in_the_form_first(admin):
    page = send(admin, "SCHEDULER", step="set", fields={"set_rule": "LOCKED"})
    assert role_rules()["SCHEDULER"].opens("title")
    save(admin, "SCHEDULER", page=page)
    assert dict(RoleFieldRule.objects.filter(role="SCHEDULER").values_list("field", "rule")) == {
        "*": "LOCKED"
    }


def test_a_change_that_locks_everybody_out_is_refused(admin):
    page = send(admin, "REGISTRAR", fields={"permission:edit_roles": ""})
    answer = send(admin, "REGISTRAR", page=page, step="save")
    assert "nobody could change it back" in words_of(answer, status=422)
    assert granted("REGISTRAR", Permission.EDIT_ROLES)
    assert not ChangeLog.objects.exists()


def test_nobody_takes_the_right_to_manage_users_away_from_themselves(admin):
    page = send(admin, "REGISTRAR", fields={"permission:manage_users": ""})
    answer = send(admin, "REGISTRAR", page=page, step="save")
    assert "take away your own right to manage users" in words_of(answer, status=422)
    assert granted("REGISTRAR", Permission.MANAGE_USERS)
    assert not ChangeLog.objects.exists()


def test_a_role_is_renamed_and_its_code_stays(admin):
    save(admin, "VIEWER", fields={"name": "Reader"})
    assert Role.objects.get(pk="VIEWER").name == "Reader"
    assert ChangeLog.objects.get().field == "name"


@pytest.mark.parametrize("name", ["", "registrar", "x" * 101])
def test_a_name_that_cannot_be_is_refused(admin, name):
    assert send(admin, "VIEWER", fields={"name": name}).status_code == 422
    assert Role.objects.get(pk="VIEWER").name == "Viewer"


def test_a_change_saved_meanwhile_is_kept(admin):
    page = send(admin, "SCHEDULER", fields={"permission:delete_section": "ALLOW"})
    save_role_rules(
        "SCHEDULER",
        permissions={},
        fields={"title": Rule.LOCKED},
        known_fields={"title"},
        record=lambda _all: None,
    )
    answer = send(admin, "SCHEDULER", page=page, step="save")
    assert "Title: Editable → Locked" in words_of(answer, status=409)
    save(admin, "SCHEDULER", page=answer)
    assert granted("SCHEDULER", Permission.DELETE_SECTION) is Grant.ALLOW
    assert not role_rules()["SCHEDULER"].opens("title")


def test_what_no_form_sends_changes_nothing(admin):
    for wanted in (
        '{"permission:fly": "ALLOW"}',
        '{"field:nothing": "OPEN"}',
        '{"permission:edit_roles": "X"}',
    ):
        admin.post(path_of("VIEWER"), {"step": "save", "wanted": wanted})
    assert not ChangeLog.objects.exists()


def test_a_new_role_begins_with_the_rules_of_another_in_every_phase(admin):
    fields = {"name": "Office of the dean", "copy_from": "SCHEDULER"}
    page = admin.post(NEW, fields | {"step": "preview"})
    assert "Nobody holds it until it is given to somebody. Nothing is saved yet." in words_of(page)
    assert Role.objects.count() == 4
    answer = admin.post(NEW, fields | {"step": "save"})
    made = Role.objects.get(name="Office of the dean")
    assert answer.headers["Location"] == path_of(made.pk)
    mine, theirs = role_rules()[made.pk], role_rules()["SCHEDULER"]
    assert (mine.permissions, mine.fields) == (theirs.permissions, theirs.fields)
    rules = PhaseFieldRule.objects
    assert rules.filter(role=made).count() == rules.filter(role="SCHEDULER").count() > 0
    assert ChangeLog.objects.filter(record_type="role", record_id=made.pk).count() == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "copy_from": "VIEWER"},
        {"name": "x" * 101, "copy_from": "VIEWER"},
        {"name": "Dean", "copy_from": "NOBODY"},
        {"name": "viewer", "copy_from": "VIEWER"},
    ],
)
def test_a_role_that_cannot_be_made_says_why(admin, fields):
    for step in ("preview", "save"):
        assert admin.post(NEW, fields | {"step": step}).status_code == 422
    assert Role.objects.count() == 4


def test_two_names_of_the_same_letters_get_codes_of_their_own(admin):
    for name in ("Aide", "Aide!"):
        admin.post(NEW, {"name": name, "copy_from": "VIEWER", "step": "save"})
    assert set(Role.objects.values_list("pk", flat=True)) >= {"AIDE", "AIDE_2"}


def test_a_role_that_is_not_there_is_not_found(admin):
    assert admin.get(path_of("NOBODY")).status_code == 404


def test_queries_do_not_grow_with_roles(admin):
    def count(path):
        admin.get(path)
        with CaptureQueriesContext(connection) as found:
            assert admin.get(path).status_code == 200
        return len(found)

    paths = [LIST, path_of("VIEWER"), NEW]
    before = [count(one) for one in paths]
    for number in range(6):
        role = Role.objects.create(code=f"R{number}", name=f"R{number}")
        RolePermission.objects.create(role=role, permission="view_sections", grant="ALLOW")
    assert [count(one) for one in paths] == before


# ---- removing


def remove(client, code, **options):
    return client.post(reverse("role_delete", args=[code]), {"step": "save"}, **options)


def test_a_role_of_the_institution_that_nobody_holds_is_removed_with_its_rules(admin):
    admin.post(NEW, {"name": "Dean", "copy_from": "SCHEDULER", "step": "save"})
    assert 'aria-label="Remove Dean"' in admin.get(LIST).content.decode()
    assert "with what it may and what the phases say of it" in words_of(
        admin.get(reverse("role_delete", args=["DEAN"]))
    )
    assert Role.objects.filter(pk="DEAN").exists()
    assert remove(admin, "DEAN").headers["Location"] == LIST
    assert not Role.objects.filter(pk="DEAN").exists()
    assert not RolePermission.objects.filter(role_id="DEAN").exists()
    row = ChangeLog.objects.get(record_type="role", record_id="DEAN", action="DELETE")
    assert (row.before, row.actor) == ({"name": "Dean"}, admin.user)
    assert remove(admin, "DEAN").status_code == 404


def test_a_role_that_somebody_holds_and_a_delivered_one_stay(admin, person):
    admin.post(NEW, {"name": "Dean", "copy_from": "VIEWER", "step": "save"})
    viewer = person("viewer").user
    viewer.role_assignments.update(role_id="DEAN")
    for code, why in (
        ("DEAN", "Dean is held by viewer; take it from them under Users first."),
        ("SCHEDULER", "Scheduler is delivered with Tandem and stays; what it may can be changed."),
    ):
        assert why in words_of(admin.get(reverse("role_delete", args=[code])))
        assert why in words_of(remove(admin, code), status=422)
        assert Role.objects.filter(pk=code).exists()
    assert 'aria-label="Remove Scheduler"' not in admin.get(LIST).content.decode()
