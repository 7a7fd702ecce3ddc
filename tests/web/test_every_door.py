"""A section of one department, and everybody at every door that could change it.

One row a door, one column for each of `WHO`: it is done, or the status with which it was not; then no row and
no audit is another than before. What is sent is what those who may would send, whoever sends it.
"""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from phases.models import Phase, TimelineEntry
from scheduling.models import ChangeLog
from scheduling.services.relationships import create_relationship
from scheduling.urls import urlpatterns
from tests.campus import TERM

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
BULK, NEW = f"/terms/{TERM}/sections/bulk/", f"/terms/{TERM}/sections/new/"
DONE = "done"
IMPORT = f"/terms/{TERM}/sections/import/"


# ---- pages: each door gives the path and what is posted to it


def edit(world, _user):
    path = world.at("section_edit")
    return path, world.form(path) | {"value.notes": "Mine"}


def move(world, _user):
    meeting = world.section.meetings.get().pk
    form = world.form(f"{world.at('section_move')}?meeting={meeting}&to=T&start=15:00")
    return world.at("section_move"), form


def make(world, _user):
    path = f"{NEW}?course=CHE-202"
    return path, world.form(path) | {"value.section_number": "Z"}


def copy(world, _user):
    path = f"{NEW}?copy={world.section.pk}"
    return path, world.form(path) | {"value.section_number": "Z", "meetings.0.removed": "1"}


def cancel(world, _user):
    return world.at("section_cancel"), {"version": "1"}


def activate(world, _user):
    world.campus.edit("S3", status="CANCELLED")
    return world.at("section_activate"), {"version": "2"}


def delete(world, _user):
    return world.at("section_delete"), {"version": "1"}


def undo(world, user):
    """Who saved it last and belongs to another department since takes nothing back."""
    world.campus.edit("S3", notes="Mine")
    ChangeLog.objects.filter(record_id=str(world.section.pk), version=2).update(actor=user, source="FORM")
    return world.at("section_undo"), {"version": "2"}


def bulk(world, user):
    wish = {"ids": world.section.pk, "value.notes": "Mine"}
    own = Client()
    if user is not None:
        own.force_login(user)
    shown = own.post(BULK, wish | {"do": "preview"}).content.decode()
    return BULK, wish | dict(HIDDEN.findall(shown)) | {"do": "save"}


def join_a_group(world, _user):
    """A group of biology takes in the section."""
    mine = [world.campus.id_of("S1"), world.campus.id_of("S2")]
    made = create_relationship(
        TERM, kind="LINKED", members=mine, primary=None, capacity=None, author=world.campus.author()
    )
    sent = {"step": "save", "version": 1, "member": [*mine, world.section.pk], "add": ["CHE-202-A"]}
    return reverse("crosslist", args=[made.relationship_id]), sent


def make_a_group(world, _user):
    members = [world.campus.id_of("S1"), world.section.pk]
    sent = {"kind": "LINKED", "member": members, "add": ["CHE-202-A"]}
    return reverse("crosslist_new", args=[TERM]), sent


def count_a_group(world, _user):
    members = [world.section.pk, world.campus.id_of("S4")]
    sent = {"step": "save", "version": 1, "member": members, "primary": members[0], "capacity": "7"}
    return reverse("crosslist", args=[world.group]), sent


def align_a_group(world, _user):
    world.campus.edit("S4", meetings=[])
    seen = [f"{one.pk}:{one.version}" for one in (world.section, world.campus.section("S4"))]
    sent = {"step": "align_save", "field": ["meetings"], "seen": seen}
    return reverse("crosslist", args=[world.group]), sent


def dissolve_a_group(world, _user):
    return reverse("crosslist", args=[world.group]), {"step": "dissolve_save", "version": 1}


def ask(world, _user):
    """A field that is locked for all is asked for."""
    phase = Phase.objects.create(name="All closed", position=99)
    phase.field_rules.create(role_id="REGISTRAR", field="*", rule="LOCKED")
    phase.field_rules.create(role_id="SCHEDULER", field="*", rule="LOCKED")
    TimelineEntry.objects.create(term_id=TERM, phase=phase, starts_at=timezone.now())
    return world.at("change_request_new", "title"), {"value.title": "Mine", "reason": "It is better"}


def _request(world):
    return reverse("change_request", args=[world.request()])


def approve(world, _user):
    return _request(world), {"do": "approve", "version": world.section.version}


def refuse(world, _user):
    return _request(world), {"do": "refuse", "sentence": "No"}


def withdraw(world, _user):
    """The registrar asked, and nobody else takes it back."""
    return _request(world), {"do": "withdraw"}


def leave_a_file(world, _user):
    """The registrar's, which nobody else lets go."""
    return _uploaded(world), {"do": "leave"}


def _uploaded(world):
    file = SimpleUploadedFile("edits.csv", f"id,notes\n{world.section.pk},Mine\n".encode())
    return world.client().post(IMPORT, {"file": file}).headers["Location"]


PAGES = {
    # the registrar, its scheduler, another scheduler, an instructor, a viewer, nobody
    edit: [DONE, DONE, 404, 422, 422, 302],
    move: [DONE, DONE, 404, 422, 422, 302],
    make: [DONE, DONE, 403, 403, 403, 302],
    copy: [DONE, DONE, 404, 403, 403, 302],
    cancel: [DONE, DONE, 404, 422, 422, 302],
    activate: [DONE, DONE, 404, 422, 422, 302],
    delete: [DONE, 422, 404, 422, 422, 302],
    undo: [DONE, DONE, 404, 422, 422, 302],
    bulk: [DONE, DONE, 200, 403, 403, 302],
    join_a_group: [DONE, 404, 422, 404, 403, 302],
    make_a_group: [DONE, 422, 422, 403, 403, 302],
    count_a_group: [DONE, DONE, 404, 403, 403, 302],
    align_a_group: [DONE, DONE, 404, 403, 403, 302],
    dissolve_a_group: [DONE, DONE, 404, 403, 403, 302],
    ask: [DONE, DONE, 404, DONE, DONE, 302],
    approve: [DONE, DONE, 404, 422, 422, 302],
    refuse: [DONE, DONE, 404, 422, 422, 302],
    withdraw: [DONE, 422, 404, 422, 422, 302],
    leave_a_file: [DONE, 404, 404, 403, 403, 302],
}


def through(world, send, prepare=lambda _world, _user: ()):
    """What becomes of it for each of `WHO`: `DONE`, or the status of who changed nothing."""
    found = []
    for who, user in world.people.items():
        with transaction.atomic():
            given = prepare(world, user)
            before = world.state()
            status = send(world.client(who), *given).status_code
            if world.state() == before:
                found.append(status)
            else:
                found.append(DONE if status < 400 else f"changed, and answered {status}")
            transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("door", PAGES, ids=lambda door: door.__name__)
def test_a_page_changes_a_section_for_those_who_may_alone(world, door):
    assert through(world, Client.post, door) == PAGES[door]


def test_a_file_changes_a_section_for_those_who_may_alone(world):
    def send(client):
        content = f"id,notes\n{world.section.pk},Mine\n".encode()
        answer = client.post(IMPORT, {"file": SimpleUploadedFile("edits.csv", content)})
        if answer.status_code != 302 or not answer.headers["Location"].startswith(IMPORT):
            return answer
        path = answer.headers["Location"]
        found = dict(HIDDEN.findall(client.get(path).content.decode()))
        return client.post(path, {"digest": found.get("digest", ""), "do": "save"})

    assert through(world, send) == [DONE, DONE, 302, 403, 403, 302], "of another department: no row is saved"


API = {
    # the registrar, its scheduler, another scheduler, an instructor, a viewer, nobody
    ("post", "sections/", "section_of_its_course"): [DONE, DONE, 403, 403, 403, 401],
    ("patch", "sections/{section}/", "notes"): [DONE, DONE, 404, 403, 403, 401],
    ("post", "sections/{section}/cancel/", ""): [DONE, DONE, 404, 403, 403, 401],
    ("delete", "sections/{section}/", ""): [DONE, 403, 404, 403, 403, 401],
    ("post", "relationships/", "members"): [DONE, 400, 400, 400, 403, 401],
    ("patch", "relationships/{group}/", "capacity"): [DONE, DONE, 404, 403, 403, 401],
    ("delete", "relationships/{group}/", ""): [DONE, DONE, 404, 403, 403, 401],
}


@pytest.mark.parametrize("door", API, ids=" ".join)
def test_the_api_changes_a_section_for_those_who_may_alone(world, door):
    method, path, what = door
    ids = {"section": world.section.pk, "group": world.group}
    body = {
        "section_of_its_course": {"term": TERM, "course": "CHE-202", "section_number": "Z"},
        "notes": {"notes": "Mine"},
        "members": {
            "term": TERM,
            "kind": "LINKED",
            "members": [world.campus.id_of("S1"), world.section.pk],
        },
        "capacity": {"capacity": 7},
    }.get(what)

    def send(client):
        call = getattr(client, method)
        return call(f"/api/v1/{path.format(**ids)}", body, "application/json", headers={"If-Match": '"1"'})

    assert through(world, send) == API[door]


def test_every_write_of_the_api_has_its_row_here():
    described = json.loads(
        Client().get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).content
    )["paths"]
    ids = {"section_id": "{section}", "relationship_id": "{group}"}
    assert {(method, path) for method, path, _what in API} == {
        (method, path.removeprefix("/api/v1/").format(**ids))
        for path, operations in described.items()
        for method in operations
        if method != "get"
    }


IN_THE_TABLE = {
    *(
        "section_edit",
        "section_move",
        "section_new",
        "section_cancel",
        "section_activate",
        "section_delete",
        "section_undo",
    ),
    *("bulk_edit", "crosslist", "crosslist_new", "change_request", "change_request_new"),
    *("sections_import", "sections_import_check"),
}
OF_ONESELF = {"login", "logout", "password_change", "saved_lists", "change_requests"}
"""What takes a post and changes no section: one's own account, lists, and which answers are read."""


def test_every_page_that_takes_a_post_has_its_row_here(world):
    found = set()
    for one in urlpatterns:
        with transaction.atomic():
            names = one.pattern.converters
            path = reverse(one.name, kwargs={name: TERM if name == "term_code" else 1 for name in names})
            if world.client().post(path).status_code != 405:
                found.add(one.name)
            transaction.set_rollback(True)
    assert found == IN_THE_TABLE | OF_ONESELF
