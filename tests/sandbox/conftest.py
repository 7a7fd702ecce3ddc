"""A sandbox SIS behind HTTP for each profile, and somebody who talks to it as a third party would."""

import json
from dataclasses import dataclass, field

import httpx
import pytest

from integration.sandbox.resources import RESOURCES
from integration.sandbox.server import SandboxServer
from integration.sandbox.sis import SandboxSis
from tandem_conformance.institution import ENDS, STARTS, TERM, write_institution

ZONE = "America/Chicago"
ROOM = {"start_time": "08:00", "end_time": "09:20", "building": "TOH", "room": "300"}


def changed(sis_id, course, number, **values):
    """A section as a changes file has it."""
    blank = {"title": "Drawing", "status": "ACTIVE", "schedule_type": "LEC", "instruction_mode": "P"}
    blank |= {
        "campus": "MAIN",
        "part_of_term": "1",
        "start_date": STARTS,
        "end_date": ENDS,
        "credits": "1.00",
    }
    blank |= {"capacity": 30, "waitlist_capacity": 5, "enrollment": 0, "waitlisted": 0, "notes": ""}
    keys = {"id": sis_id, "term": TERM, "course_id": course, "section_number": number}
    return {**keys, **blank, "meetings": [], "instructors": [], **values}


CHANGES = [
    {"revision": 1, "upsert": [changed("S007", "MATH120", "E", schedule_type="LAB")], "delete": []},
    {
        "revision": 2,
        "upsert": [
            changed(
                "S001",
                "ART101",
                "A",
                enrollment=7,
                meetings=[{"id": "1", "days": "TR", **ROOM}, {"days": "F", **ROOM}],
                instructors=[{"instructor_id": "I1", "percent": 50, "is_primary": True}],
            )
        ],
        "delete": ["S005", "S999"],
    },
]
"""A new section; a section that is changed in all its parts, and one removed that a crosslist had."""


@dataclass
class Caller:
    """Holds a token; asks for the newest version of every resource."""

    url: str
    http: httpx.Client = field(init=False)

    def __post_init__(self):
        self.http = httpx.Client(base_url=self.url, timeout=10)
        self.log_in()

    def log_in(self):
        answer = self.http.post("/auth", headers={"Authorization": "Bearer any-key"})
        self.http.headers["Authorization"] = f"Bearer {answer.text}"

    def list(self, resource, **query):
        given = {
            name: json.dumps(value) if isinstance(value, dict | list) else value
            for name, value in query.items()
        }
        return self.http.get(f"/api/{resource}", params=given)

    def all(self, resource, **query):
        return {one["id"]: one for one in self.list(resource, **query).json()}

    def one(self, resource, **wanted):
        """The only record whose top-level properties are these."""
        (found,) = [
            one
            for one in self.all(resource).values()
            if all(one.get(name) == value for name, value in wanted.items())
        ]
        return found

    def section(self, code):
        return self.one("sections", code=code)

    def send(self, method, resource, body=None, guid=""):
        path = f"/api/{resource}/{guid}" if guid else f"/api/{resource}"
        headers = {"Content-Type": RESOURCES[resource].media_type, "Accept": RESOURCES[resource].media_type}
        content = None if body is None else json.dumps(body)
        return self.http.request(method, path, content=content, headers=headers)

    def control(self, path, body=None):
        if body is None:
            return self.http.get(f"/sandbox/{path}").json()
        return self.http.post(f"/sandbox/{path}", json=body).json()

    def row(self, table, **wanted):
        (found,) = [
            row
            for row in self.control("export")[table]
            if all(row[name] == value for name, value in wanted.items())
        ]
        return found


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Start servers for folders; they are stopped at the end of the module."""
    servers = []

    def serve(profile, folder=None, **given):
        path = folder or write_institution(tmp_path_factory.mktemp("sandbox") / "sis")
        changes = path.with_name("changes.jsonl")
        changes.write_text("\n".join(map(json.dumps, CHANGES)))
        sis = SandboxSis(folder=path, profile=profile, zone=ZONE, changes=changes, **given)
        server = SandboxServer(sis).__enter__()
        servers.append(server)
        return server

    yield serve
    for server in servers:
        server.__exit__(None, None, None)


@pytest.fixture(scope="module")
def callers(served):
    """A caller of a sandbox of each profile, by profile."""
    made = {profile: Caller(served(profile).url) for profile in ("colleague", "banner")}
    yield made
    for caller in made.values():
        caller.http.close()


@pytest.fixture(params=["colleague", "banner"])
def caller(request, callers):
    """Of both profiles in turn; the sandbox is in its first state."""
    callers[request.param].control("reset", {})
    return callers[request.param]


@pytest.fixture
def colleague(callers):
    callers["colleague"].control("reset", {})
    return callers["colleague"]


@pytest.fixture
def banner(callers):
    callers["banner"].control("reset", {})
    return callers["banner"]
