"""Each change over the API for each role, for the roles of another department, and for nobody."""

import pytest

from scheduling.models import ChangeLog
from tests.api.conftest import call


@pytest.fixture
def records(section, biology, course_of, sections_of, registrar):
    """A section, a pair of them that is linked, all of BIO; ART has none."""
    course_of("ART")
    pair = [one.pk for one in sections_of(biology, 2)]
    body = {"term": "20271", "kind": "CROSSLIST", "members": pair}
    group = call(registrar, "post", "relationships/", body).json()["id"]
    return {"section": section.pk, "pair": pair, "group": group}


WRITES = {
    "a section": ("post", "sections/", {"term": "20271", "course": "BIO-101", "section_number": "A"}),
    "fields": ("patch", "sections/{section}/", {"notes": "Bring boots"}),
    "a cancellation": ("post", "sections/{section}/cancel/", None),
    "a removal": ("delete", "sections/{section}/", None),
    "a group": ("post", "relationships/", {"term": "20271", "kind": "LINKED", "members": []}),
    "a capacity": ("patch", "relationships/{group}/", {"capacity": 60}),
    "a dissolution": ("delete", "relationships/{group}/", None),
}
WRITERS = {
    # who: (role, departments or None for all), statuses in the order of WRITES
    "nobody": (None, None, [401] * 7),
    "no role": ("", None, [403] * 7),
    "viewer": ("VIEWER", None, [403] * 7),
    "instructor": ("INSTRUCTOR", ["BIO"], [403] * 7),
    "scheduler": ("SCHEDULER", ["BIO"], [201, 200, 200, 403, 201, 200, 204]),
    "another scheduler": ("SCHEDULER", ["ART"], [403, 404, 404, 404, 400, 404, 404]),
    "registrar": ("REGISTRAR", None, [201, 200, 200, 204, 201, 200, 204]),
    "another registrar": ("REGISTRAR", ["ART"], [403, 404, 404, 404, 400, 404, 404]),
}


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize("who", WRITERS)
def test_each_change_for_each_role_and_for_nobody(records, api_of, client, who, what):
    before = ChangeLog.objects.count()
    role, departments, statuses = WRITERS[who]
    method, path, body = WRITES[what]
    path = path.format(**records)
    if body and "members" in body:
        body = body | {"members": records["pair"]}
    if role is None:
        answer = getattr(client, method)(f"/api/v1/{path}", body or {}, content_type="application/json")
    else:
        api = api_of(role, departments or [], everywhere=departments is None)
        answer = call(api, method, path, body, version=1)
    assert answer.status_code == statuses[list(WRITES).index(what)], answer.content
    assert (ChangeLog.objects.count() > before) is (answer.status_code < 300)
