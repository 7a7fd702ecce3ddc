"""A stand-in for Acme, and the hands by which the suite leads it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from acme_sis import FIELDS, STATES, TEACHER

from integration.sis.exchange import COLUMNS
from integration.sis.registry import open_adapter
from tandem_conformance.institution import TABLES
from tandem_conformance.sis_under_test import not_asked

FAULTS = {"unavailable_before": 503, "denied": 403, "rate_limited": 429, "locked": 423, "refuse": 422}
METHODS = {"READ": "GET", "CREATE": "POST", "UPDATE": "PATCH", "CANCEL": "PATCH", "DELETE": "DELETE"}


def in_acmes_words(row):
    """A section of the exchange folder as Acme keeps it."""
    teachers = row.pop("instructors", None)
    record = {FIELDS[name]: value for name, value in row.items() if name in FIELDS}
    if "state" in record:
        record["state"] = STATES[record["state"]]
    if teachers is not None:
        record["teachers"] = [{TEACHER[name]: value for name, value in one.items()} for one in teachers]
    return record


def institution():
    """The kit's institution as Acme has it: list -> id -> record."""
    lists = {}
    for name in ("terms", "departments", "instructors", "courses"):
        rows = [dict(zip(COLUMNS[name], row, strict=True)) for row in TABLES[name]]
        lists[name] = {row.get("code", row.get("id")): row for row in rows}
        for sis_id, row in lists[name].items():
            row["id"] = sis_id
    lists["sections"] = {}
    for cells in TABLES["sections"]:
        row = dict(zip(COLUMNS["sections"], cells, strict=True))
        team = [
            dict(zip(TEACHER, rest, strict=True))
            for owner, *rest in TABLES["section_instructors"]
            if owner == row["id"]
        ]
        words = in_acmes_words(row | {"course": row["course_id"], "instructors": team})
        lists["sections"][row["id"]] = {"id": row["id"], "term": row["term"], **words}
    return lists


class Acme(ThreadingHTTPServer):
    """Everything in memory, over HTTP."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lists, self.journal, self.fault = institution(), [], ("", "")
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def do(self, method, path, query, body):
        """Status and answer."""
        name, _, sis_id = path.strip("/").partition("/")
        records = self.lists[name]
        if method == "GET" and not sis_id:
            items = list(records.values())
            if query.get("term"):
                items = [one for one in items if one.get("term", query["term"]) == query["term"]]
            if "tag" in query:
                items = [one for one in items if one.get("tag") == query["tag"]]
            return 200, {"count": len(items), "items": items}
        if method == "POST":
            sis_id = f"N{len(records)}"
            records[sis_id] = {"id": sis_id}
        elif sis_id not in records:
            return 404, {}
        if method == "DELETE":
            return 200, records.pop(sis_id)
        records[sis_id].update(body or {})
        return 200, records[sis_id]


class Handler(BaseHTTPRequestHandler):
    wbufsize = 65_536

    def handle_any(self):
        acme, parts = self.server, urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
        if self.command != "GET":
            acme.journal.append((self.command, parts.path, body))
        fault = acme.fault[0] if acme.fault[1] == self.command and parts.path.startswith("/sections") else ""
        acme.fault = ("", "") if fault else acme.fault
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        status, answer = FAULTS.get(fault, 200), {"field": "seats", "text": "SEATS-17"}
        if fault not in {*FAULTS, "timeout_before_effect"}:
            status, answer = acme.do(self.command, parts.path, query, body)
        if fault.startswith("timeout"):
            self.close_connection = True  # and no answer
        elif fault == "spoilt":
            self.reply(200, answer, text="<html>Sign in</html>")
        elif fault == "cut short":
            self.reply(status, answer | {"items": answer["items"][:-1]})
        elif fault == "empty_read":
            self.reply(status, {"count": 0, "items": []})
        else:
            self.reply(status, answer)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any

    def reply(self, status, answer, text=""):
        content = (text or json.dumps(answer)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if status == FAULTS["rate_limited"]:
            self.send_header("Retry-After", "60")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args):
        pass


class AcmeUnderTest:
    """What the suite asks of a SIS under test."""

    def __init__(self):
        self.acme = Acme()
        self.opened = []
        self.adapter = self.again()

    def again(self):
        self.opened.append(open_adapter(f"acme+http://127.0.0.1:{self.acme.server_port}"))
        return self.opened[-1]

    def change(self, sis_id, **fields):
        self.acme.lists["sections"][sis_id].update(in_acmes_words(fields))

    def remove(self, sis_id):
        del self.acme.lists["sections"][sis_id]

    def let_time_pass(self):
        """A write has taken effect when it returns."""

    def writes(self):
        operations = {method: operation for operation, method in METHODS.items()}
        return [
            (operations[method], "sections", path[len("/sections/") :], body.get("tag", ""))
            for method, path, body in self.acme.journal
        ]

    def take_away(self):
        self.acme.shutdown()
        self.acme.server_close()

    def spoil(self):
        self.acme.fault = ("spoilt", "GET")

    def cut_short(self):
        self.acme.fault = ("cut short", "GET")

    def fail(self, fault, operation):
        if fault == "late":
            not_asked("Acme never does later what it was asked before")
        self.acme.fault = (fault, METHODS.get(operation, "GET"))

    def close(self):
        self.take_away()
        for adapter in self.opened:
            adapter.close()


def open_sis(url, folder):
    """A fresh Acme for one test. A real test system of the vendor would be at `url`."""
    return AcmeUnderTest()
