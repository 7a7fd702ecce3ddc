"""A small OneRoster 1.2 service over HTTP that serves the kit's institution and can be worked in."""

import base64
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tandem_conformance.institution import TABLES

BASE = "/ims/oneroster/rostering/v1p2"
KEY = "tandem:s3cret:with a colon"
MODIFIED = "2024-06-01T00:00:00.000Z"
LISTS = {"/terms": "academicSessions", "/orgs": "orgs", "/teachers": "users", "/courses": "courses"}
FAULTS = {
    "unavailable_before": (503, "60"),
    "denied": (403, ""),
    "rate_limited": (429, "60"),
    "busy": (429, "0"),
}


def ref(kind, sourced_id):
    return {"href": f"https://sis.example.edu/{kind}/{sourced_id}", "sourcedId": sourced_id, "type": kind}


def record(sourced_id, **rest):
    return {"sourcedId": sourced_id, "status": "active", "dateLastModified": MODIFIED, **rest}


def institution():
    """Path -> the records of its list, as the standard writes them."""
    people = [
        record(
            sis_id,
            enabledUser="true",
            givenName=first,
            familyName=last,
            email=email,
            roles=[{"roleType": "primary", "role": "teacher", "org": ref("org", "U")}],
            **({"primaryOrg": ref("org", f"org-{department}")} if department else {}),
        )
        for sis_id, first, last, email, department in TABLES["instructors"]
    ]
    return {
        "/terms": [
            record(code, title=name, startDate=start, endDate=end, type="term", schoolYear="2025")
            for code, name, start, end in TABLES["terms"]
        ],
        "/orgs": [
            record("U", name="University", type="school", identifier="0001"),
            *(
                record(f"org-{code}", name=name, type="department", identifier=code)
                for code, name in TABLES["departments"]
            ),
        ],
        "/teachers": people,
        "/courses": [
            record(row[0], title=row[4], courseCode=f"{row[2]}{row[3]}") for row in TABLES["courses"]
        ],
    }


@dataclass
class Service:
    """What the service holds: `sections` by id, in the words of the exchange folder."""

    lists: dict = field(default_factory=institution)
    sections: dict = field(default_factory=dict)
    odd: dict = field(default_factory=dict)
    """What is odd about the record with this id."""
    token: str = "token-1"
    requests: list = field(default_factory=list)
    """(method, path, query) of each, tokens included."""
    fault: tuple | None = None
    counts: bool = True
    filters: bool = True
    short: int = 0
    """How many answers about classes lack their last record."""
    garbled: bool = False
    empty: bool = False
    between_pages: Callable | None = None

    def __post_init__(self):
        for row in TABLES["sections"]:
            team = [
                {"instructor": who, "is_primary": primary == "True"}
                for owner, who, _percent, primary in TABLES["section_instructors"]
                if owner == row[0]
            ]
            self.sections[row[0]] = {
                "term": row[1],
                "course": row[2],
                "section_number": row[3],
                "title": row[4],
                "instructors": team,
            }

    def records(self, path, query):
        term = re.fullmatch(r"/terms/([^/]+)/classes", path)
        if term:
            return "classes", [
                self.section(key, one) for key, one in self.sections.items() if one["term"] == term[1]
            ]
        if path == "/classes":
            return "classes", [self.section(key, one) for key, one in self.sections.items()]
        if path == "/enrollments":
            return "enrollments", self.enrollments(query.get("filter"))
        return LISTS[path], list(self.lists[path])

    def section(self, key, one):
        code = next(row["courseCode"] for row in self.lists["/courses"] if row["sourcedId"] == one["course"])
        return record(
            key,
            title=one["title"],
            classCode=f"{code}-{one['section_number']}",
            course=ref("course", one["course"]),
            school=ref("org", "U"),
            terms=[ref("academicSession", one["term"])],
        )

    def enrollments(self, wanted):
        found = [
            record(
                f"{key}-{one['instructor']}",
                user=ref("user", one["instructor"]),
                **{"class": ref("class", key)},
                school=ref("org", "U"),
                role="teacher",
                primary=str(one["is_primary"]).lower(),
            )
            for key, section in self.sections.items()
            for one in section["instructors"]
        ]
        found.append({**found[0], "sourcedId": "student", "user": ref("user", "STUDENT"), "role": "student"})
        return [one for one in found if one["role"] == "teacher"] if wanted and self.filters else found

    def answer(self, path, query):
        """Status, headers and body of a page."""
        name, found = self.records(path, query)
        found = [{**one, **self.odd.get(one["sourcedId"], {})} for one in found]
        found.sort(
            key=lambda one: str(one[query.get("sort", "sourcedId")]), reverse=query.get("orderBy") == "desc"
        )
        since = re.search("dateLastModified>'(.*)'", query.get("filter", ""))
        if since and self.filters:
            found = [one for one in found if one["dateLastModified"] > since[1]]
        limit, offset = int(query["limit"]), int(query["offset"])
        about_classes = name == "classes"
        if about_classes and self.fault:
            status, wait = FAULTS[self.fault[0]]
            self.fault = None if self.fault[1] == 1 else (self.fault[0], self.fault[1] - 1)
            words = {"imsx_codeMajor": "failure", "imsx_severity": "error", "imsx_description": "no luck"}
            return status, {"Retry-After": wait} if wait else {}, json.dumps(words).encode()
        if about_classes and self.garbled:
            return 200, {}, b"<html>Sign in</html>"
        if about_classes and self.empty:
            self.empty, found = False, []
        page = found[offset : offset + limit]
        if about_classes and self.short:
            self.short, page = self.short - 1, page[:-1]
        if about_classes and self.between_pages:
            work, self.between_pages = self.between_pages, None
            headers = {"X-Total-Count": str(len(found))}
            work()
            return 200, headers, json.dumps({name: page}).encode()
        total = {"X-Total-Count": str(len(found))} if self.counts else {}
        return 200, total, json.dumps({name: page}).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536  # headers and body in one packet: no waiting for the other side's acknowledgement

    def log_message(self, *_args):
        pass

    def do_POST(self):
        service = self.server.service
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        service.requests.append(("POST", self.path, parse_qs(body)))
        basic = "Basic " + base64.b64encode(KEY.encode()).decode()
        if self.headers["Authorization"] != basic:
            self.reply(401, {}, b'{"error": "invalid_client"}')
        else:
            token = {"access_token": service.token, "token_type": "Bearer", "expires_in": 3600}
            self.reply(200, {}, json.dumps(token).encode())

    def do_GET(self):
        service = self.server.service
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        service.requests.append(("GET", parts.path.removeprefix(BASE), query))
        if self.headers["Authorization"] != f"Bearer {service.token}":
            self.reply(401, {}, b"{}")
        elif not parts.path.startswith(BASE):
            self.reply(404, {}, b"")
        else:
            self.reply(*service.answer(parts.path.removeprefix(BASE), query))

    def reply(self, status, headers, body):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class Server:
    """The service on a free port of this machine, until it is closed."""

    def __init__(self):
        self.service = Service()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.service = self.service
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._http.server_port}"
        self.url = f"oneroster+{self.origin}?token=/oauth/token&page=2"

    def renew(self):
        """Begin again with the institution as it was."""
        self.service = self._http.service = Service()

    def close(self):
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
            self._http.server_close()
