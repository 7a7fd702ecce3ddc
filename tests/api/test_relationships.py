"""Relationships over the API: made, changed, dissolved, and what other departments see of them."""

from types import SimpleNamespace

import pytest
from django.utils import timezone

from integration.sis.port import TERM_TYPES
from integration.terms import enable_term
from phases.models import RoleFieldRule, RolePermission
from scheduling import integration_side
from scheduling.models import ChangeLog, Relationship, Section
from tests.api.conftest import call, new_group, refused

ROOT = "/api/v1/"


def test_a_relationship_is_made_changed_and_dissolved(pair, biology, sections_of, scheduler):
    answer = new_group(scheduler, pair, capacity=50)
    assert answer.status_code == 201, answer.content
    document = answer.json()
    assert answer.headers["Location"] == f"/api/v1/relationships/{document['id']}/"
    assert document | {"id": 0, "warnings": []} == {
        "id": 0,
        "version": 1,
        "term": "20271",
        "kind": "CROSSLIST",
        "sis_id": None,
        "capacity": 50,
        "members": pair,
        "primary": pair[0],
        "hidden_members": 0,
        "warnings": [],
    }
    path = f"relationships/{document['id']}/"
    third = sections_of(biology)[0].pk
    refused(call(scheduler, "patch", path, {"capacity": 60}), 428, "VERSION_REQUIRED")
    changed = call(scheduler, "patch", path, {"members": [*pair, third], "primary": third}, version=1).json()
    assert (changed["members"], changed["primary"], changed["capacity"]) == ([*pair, third], third, 50)
    refused(call(scheduler, "patch", path, {"capacity": 60}, version=1), 412, "STALE_VERSION")
    assert call(scheduler, "patch", path, {"capacity": None}, version=2).json()["capacity"] is None
    assert call(scheduler, "get", path).json()["version"] == 3
    assert call(scheduler, "delete", path, version=3).status_code == 204
    refused(call(scheduler, "get", path), 404, "NOT_FOUND")


@pytest.mark.parametrize("kind", ["CROSSLIST", "LINKED"])
def test_a_group_that_is_asked_for_twice_is_made_once(pair, scheduler, kind):
    assert new_group(scheduler, pair, kind=kind).status_code == 201
    refused(new_group(scheduler, pair, kind=kind), 409, "ALREADY_GROUPED")
    refused(new_group(scheduler, pair[::-1], kind=kind, capacity=9), 409, "ALREADY_GROUPED")
    assert Relationship.objects.get().version == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"members": []}, "INVALID_VALUE"),
        ({"members": "12"}, "INVALID_VALUE"),
        ({"members": [True, 2]}, "INVALID_VALUE"),
        ({"members": [10**30, 2]}, "INVALID_VALUE"),
        ({"primary": 999_999}, "INVALID_VALUE"),
        ({"capacity": -1}, "INVALID_VALUE"),
        ({"kind": "OTHER"}, "INVALID_VALUE"),
        ({"kind": 5}, "INVALID_VALUE"),
        ({"kind": None}, "INVALID_VALUE"),
        ({"term": 20271}, "INVALID_VALUE"),
        ({"color": "red"}, "UNKNOWN_FIELD"),
    ],
)
def test_a_relationship_that_cannot_be_made_says_why(pair, scheduler, changes, code):
    refused(new_group(scheduler, pair, **changes), 400, code)
    assert not Relationship.objects.exists()


def test_a_section_tells_of_its_group_no_member_that_one_does_not_see(
    pair, art, sections_of, registrar, scheduler
):
    new_group(registrar, [pair[0], sections_of(art)[0].pk])
    enable_term(
        art.term,
        types=TERM_TYPES,
        is_sending=True,
        is_real_time=True,
        is_nightly=True,
        until=None,
        actor=None,
        now=timezone.now(),
    )
    path = f"sections/{pair[0]}/"
    assert "ART 101" in str(call(registrar, "get", path).json()["integration"])
    told = call(scheduler, "get", path).json()["integration"]
    assert "Crosslist" in str(told)
    assert "ART 101" not in str(told)


def test_members_of_other_departments_are_counted_and_bar_a_change(
    pair, art, sections_of, registrar, scheduler
):
    foreign = sections_of(art)[0].pk
    made = new_group(registrar, [*pair, foreign]).json()
    path = f"relationships/{made['id']}/"
    seen = call(scheduler, "get", path).json()
    assert (seen["members"], seen["hidden_members"]) == (pair, 1)
    refused(call(scheduler, "patch", path, {"capacity": 5}, version=1), 403, "ACTION_REFUSED")
    refused(call(scheduler, "delete", path, version=1), 403, "ACTION_REFUSED")
    unseen = refused(new_group(scheduler, [pair[0], foreign], kind="LINKED"), 400, "INVALID_VALUE")
    unknown = refused(new_group(scheduler, [pair[0], 10**6], kind="LINKED"), 400, "INVALID_VALUE")
    assert unseen["message"].replace(str(foreign), str(10**6)) == unknown["message"]
    only_art = new_group(registrar, [foreign, sections_of(art)[0].pk], kind="LINKED").json()
    refused(call(scheduler, "get", f"relationships/{only_art['id']}/"), 404, "NOT_FOUND")
    listed = call(scheduler, "get", "relationships/").json()["results"]
    assert [one["id"] for one in listed] == [made["id"]]
    for member, found in ((pair[0], [made["id"]]), (foreign, [])):
        asked = call(scheduler, "get", f"relationships/?section={member}").json()["results"]
        assert [one["id"] for one in asked] == found


def test_a_relationship_that_one_may_edit_but_not_see_whole_stays(pair, art, sections_of, registrar, api_of):
    """A role may edit relationships everywhere and see sections in its own departments only."""
    made = new_group(registrar, [*pair, sections_of(art)[0].pk]).json()
    editor = api_of("LINKER", ["BIO"])
    role = editor.user.role_assignments.get().role
    RolePermission.objects.create(role=role, permission="view_sections", grant="OWN_DEPARTMENTS")
    RolePermission.objects.create(role=role, permission="edit_relationships", grant="ALLOW")
    path = f"relationships/{made['id']}/"
    for method, body in (("patch", {"members": pair}), ("delete", None)):
        said = refused(call(editor, method, path, body, version=1), 403, "ACTION_REFUSED")
        assert "1 section of another department, which you do not see" in said["message"]
    assert Relationship.objects.get().members.count() == 3


def test_a_section_that_its_author_would_not_see_is_neither_made_nor_moved(section, art, api_of):
    author = api_of("ADDER", ["BIO"])
    role = author.user.role_assignments.get().role
    RolePermission.objects.create(role=role, permission="view_sections", grant="OWN_DEPARTMENTS")
    RolePermission.objects.create(role=role, permission="create_section", grant="ALLOW")
    RolePermission.objects.create(role=role, permission="edit_sections", grant="ALLOW")
    RoleFieldRule.objects.create(role=role, field="*", rule="OPEN")
    body = {"term": "20271", "course": "ART-101", "section_number": "A"}
    refused(call(author, "post", "sections/", body), 404, "NOT_FOUND")
    path = f"sections/{section.pk}/"
    refused(call(author, "patch", path, {"course": "ART-101"}, version=1), 404, "NOT_FOUND")
    assert Section.objects.get().course.subject == "BIO"
    assert not ChangeLog.objects.exists()


@pytest.fixture
def foreign(art, sections_of):
    return sections_of(art)[0]


def test_the_status_of_a_section_names_no_member_that_one_does_not_see(
    section, foreign, registrar, scheduler, monkeypatch
):
    new_group(registrar, [section.pk, foreign.pk])
    words = f"The crosslist waits for {foreign}."
    reason = {"code": "WAITING_FOR_MEMBER", "message": words, "field": None, "who": None}
    status = {"section": section.pk, "state": "HELD", "headline": words, "at": None, "reasons": [reason]}
    provider = SimpleNamespace(statuses=lambda ids, **_now: dict.fromkeys(ids, status))
    monkeypatch.setattr(integration_side, "_registered", [lambda: provider])
    shown = {
        api.user.pk: str(call(api, "get", f"sections/{section.pk}/").json()["integration"])
        for api in (registrar, scheduler)
    }
    assert str(foreign) in shown[registrar.user.pk]
    assert str(foreign) not in shown[scheduler.user.pk]
    assert "a section of another department" in shown[scheduler.user.pk]
