"""A section of one department, what belongs to it, and everybody at every address that would show it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

import integration.api.urls
import integration.urls
import scheduling.api.urls
import scheduling.urls
from integration.models import MergeRun
from tests.campus import TERM


def _section(world):
    return [world.section.pk]


def _meeting(world):
    return [world.section.pk], {"meeting": world.section.meetings.get().pk}


def _upload(world):
    file = SimpleUploadedFile("edits.csv", f"id,notes\n{world.section.pk},Mine\n".encode())
    answer = world.client().post(f"/terms/{TERM}/sections/import/", {"file": file})
    return [TERM, answer.headers["Location"].rstrip("/").rpartition("/")[2]]


READS = {
    # the registrar, its scheduler, another scheduler, an instructor, a viewer, nobody
    "section": (_section, [200, 200, 404, 200, 200, 302]),
    "section_edit": (_section, [200, 200, 404, 200, 200, 302]),
    "section_status": (_section, [200, 200, 404, 403, 403, 302]),
    "section_move": (_meeting, [200, 200, 404, 200, 200, 302]),
    "section_undo": (_section, [200, 200, 404, 200, 200, 302]),
    "section_cancel": (_section, [200, 200, 404, 200, 200, 302]),
    "section_activate": (_section, [200, 200, 404, 200, 200, 302]),
    "section_delete": (_section, [200, 200, 404, 200, 200, 302]),
    "change_request_new": (lambda world: [world.section.pk, "title"], [302, 302, 404, 200, 200, 302]),
    "change_request": (lambda world: [world.request()], [200, 200, 404, 200, 200, 302]),
    "course": (lambda world: [world.section.course_id], [200, 200, 404, 200, 200, 302]),
    "crosslist": (lambda world: [world.group], [200, 200, 404, 200, 200, 302]),
    "sections_import_check": (_upload, [200, 404, 404, 403, 403, 302]),
    "api-section": (_section, [200, 200, 404, 200, 200, 401]),
    "api-section-cancel": (_section, [405, 405, 405, 405, 405, 401]),
    "api-relationship": (lambda world: [world.group], [200, 200, 404, 200, 200, 401]),
    "api-run": (lambda _world: [MergeRun.objects.latest("pk").pk], [200, 403, 403, 403, 403, 401]),
}
OF_ALL = {"room"}
"""What belongs to no department."""


@pytest.mark.parametrize("name", READS)
def test_what_one_does_not_see_is_not_there(world, name):
    of, statuses = READS[name]
    with transaction.atomic():
        args = of(world)
        args, query = args if isinstance(args, tuple) else (args, {})
        path = reverse(name, args=args)
        assert [world.client(who).get(path, query).status_code for who in world.people] == statuses
        transaction.set_rollback(True)


def test_every_address_of_one_record_has_its_row_here():
    """A number in an address is the id of a record."""
    modules = (scheduling.urls, scheduling.api.urls, integration.urls, integration.api.urls)
    patterns = [one for module in modules for one in module.urlpatterns]
    of_records = {one.name for one in patterns if "<int:" in str(one.pattern)}
    assert of_records == READS.keys() | OF_ALL
