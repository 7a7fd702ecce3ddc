"""Acme under Tandem's port."""

import hashlib
import json
from contextlib import contextmanager

import httpx

from integration.sis.port import (
    BadSisUrl,
    Capabilities,
    CheckResult,
    Evidence,
    Key,
    MergeType,
    Operation,
    SisDenied,
    SisLocked,
    SisNotFound,
    SisOutcomeUnknown,
    SisRateLimited,
    SisRecord,
    SisRejected,
    SisUnavailable,
    SisUnreadable,
    Written,
)

FIELDS = {
    "course": "course",
    "section_number": "number",
    "title": "name",
    "status": "state",
    "capacity": "seats",
    "notes": "remarks",
    "instructors": "teachers",
}  # Tandem's name -> Acme's
STATES = {"ACTIVE": "open", "CANCELLED": "cancelled"}
TEACHER = {"instructor": "who", "percent": "share", "is_primary": "lead"}
CAPABILITIES = Capabilities(
    name="acme",
    reads=frozenset(MergeType) - {MergeType.BUILDINGS, MergeType.ROOMS, MergeType.RELATIONSHIPS},
    writes={MergeType.SECTIONS: frozenset(Operation)},
    readable_fields=frozenset(FIELDS),
    writable_fields=frozenset(FIELDS),
    relationship_kinds=frozenset(),
    search_keys=frozenset({Key.CLIENT_REF}),
)


def open_adapter(url):
    """The entry point: from the text of SIS_URL to the adapter. It connects to nothing yet."""
    address = url.removeprefix("acme+")
    if not httpx.URL(address).host:
        raise BadSisUrl("SIS_URL must name the host, like acme+https://sis.example.edu.")
    return AcmeAdapter(address)


# ---- words, both ways


def from_acme(record):
    states = {theirs: ours for ours, theirs in STATES.items()}
    values = {ours: record.get(theirs) for ours, theirs in FIELDS.items()}
    values["status"] = states.get(record["state"], record["state"])
    values["instructors"] = [
        {ours: one[theirs] for ours, theirs in TEACHER.items()} for one in record["teachers"]
    ]
    return values


def to_acme(values):
    record = {FIELDS[name]: value for name, value in values.items()}
    if "state" in record:
        record["state"] = STATES[record["state"]]
    if "teachers" in record:
        record["teachers"] = [
            {theirs: getattr(one, ours) for ours, theirs in TEACHER.items()} for one in record["teachers"]
        ]
    return record


def sis_record(merge_type, record):
    """`load` is called once or not at all; the fingerprint is the same while the content is."""
    content = json.dumps(record | {"teachers": sorted(map(str, record.get("teachers", ())))}, sort_keys=True)
    return SisRecord(
        sis_id=record["id"],
        fingerprint=hashlib.blake2b(content.encode(), digest_size=16).digest(),
        load=lambda: from_acme(record) if merge_type is MergeType.SECTIONS else record,
        client_ref=record.get("tag") or "",
    )


# ---- what Acme answers


SAID = {
    403: (SisDenied, "Acme refuses our key."),
    404: (SisNotFound, "Acme does not have this section."),
    422: (SisRejected, "Acme refuses this value."),
    423: (SisLocked, "Somebody has the section open in Acme."),
    429: (SisRateLimited, "Acme has too many requests."),
    503: (SisUnavailable, "Acme is in maintenance."),
}


def answer_of(response):
    if response.is_success:
        try:
            return response.json()
        except ValueError as error:
            raise SisUnreadable("Acme answers with something that is not JSON.") from error
    kind, message = SAID.get(response.status_code, (SisOutcomeUnknown, "Acme had an error of its own."))
    if kind is SisRejected:
        said = response.json()
        ours = next((name for name, theirs in FIELDS.items() if theirs == said["field"]), "")
        raise SisRejected(message, words=said["text"], field=ours)
    wait = response.headers.get("retry-after")
    raise kind(message, words=response.text, retry_after_seconds=float(wait) if wait else None)


# ---- the port


class Snapshot:
    """Acme lists everything in one answer, which is of one moment."""

    def __init__(self, adapter, merge_type, term):
        self.adapter, self.merge_type, self.term = adapter, merge_type, term

    def __iter__(self):
        listed = self.adapter.get(f"/{self.merge_type.value}", term=self.term)
        self.records = [sis_record(self.merge_type, one) for one in listed["items"]]
        self.count = listed["count"]
        yield from self.records

    def evidence(self):
        is_complete = len(self.records) == self.count
        content = b"".join(sorted(one.sis_id.encode() + one.fingerprint for one in self.records))
        return Evidence(
            is_complete=is_complete,
            is_proven=is_complete,  # Acme counts, and the count agrees
            digest=hashlib.blake2b(content, digest_size=16).hexdigest(),
            reason="" if is_complete else f"Acme counts {self.count} and gave {len(self.records)}.",
        )


class AcmeAdapter:
    capabilities = CAPABILITIES

    def __init__(self, address):
        self.http = httpx.Client(base_url=address, timeout=30)

    def get(self, path, **query):
        try:
            return answer_of(self.http.get(path, params=query))
        except httpx.TransportError as error:
            raise SisUnavailable("Acme cannot be reached.", words=str(error)) from error

    def check(self):
        terms = self.get("/terms", term="")
        return CheckResult(facts=(("address", str(self.http.base_url)), ("terms", str(terms["count"]))))

    def read_all(self, merge_type, *, term=""):
        if merge_type not in self.capabilities.reads:
            raise NotImplementedError(f"Acme has no {merge_type.value}")
        return Snapshot(self, merge_type, term)

    def read(self, merge_type, sis_ids, *, term):
        found = dict.fromkeys(sis_ids)
        for sis_id in sis_ids:
            try:
                found[sis_id] = sis_record(merge_type, self.get(f"/{merge_type.value}/{sis_id}"))
            except SisNotFound:
                continue
        return found

    def find(self, merge_type, *, term, key, value):
        if key not in self.capabilities.search_keys:
            raise NotImplementedError(f"Acme does not search by {key}")
        listed = self.get(f"/{merge_type.value}", term=term, tag=value)
        return [sis_record(merge_type, one) for one in listed["items"]]

    @contextmanager
    def writing(self, *, term, run, now):
        yield AcmeWriter(self, term)

    def close(self):
        self.http.close()


class AcmeWriter:
    """Each call is one request, and complete when it returns or raises."""

    def __init__(self, adapter, term):
        self.adapter, self.term = adapter, term

    def create(self, merge_type, values, *, client_ref):
        self.adapter.capabilities.check(merge_type, Operation.CREATE, values)
        record = to_acme(values) | {"term": self.term, "tag": client_ref}
        return self._written(merge_type, self._send("POST", "/sections", record))

    def update(self, merge_type, sis_id, changes, *, values, token, client_ref):
        self.adapter.capabilities.check(merge_type, Operation.UPDATE, changes)
        return self._written(merge_type, self._send("PATCH", f"/sections/{sis_id}", to_acme(changes)))

    def cancel(self, merge_type, sis_id, *, token, client_ref):
        self.adapter.capabilities.check(merge_type, Operation.CANCEL, {})
        cancelled = {"state": STATES["CANCELLED"]}
        return self._written(merge_type, self._send("PATCH", f"/sections/{sis_id}", cancelled))

    def delete(self, merge_type, sis_id, *, token, client_ref):
        self.adapter.capabilities.check(merge_type, Operation.DELETE, {})
        self._send("DELETE", f"/sections/{sis_id}", {})
        return Written(sis_id=sis_id)

    def _send(self, method, path, body):
        try:
            return answer_of(self.adapter.http.request(method, path, json=body))
        except httpx.ConnectError as error:  # nothing was sent
            raise SisUnavailable("Acme cannot be reached.", words=str(error)) from error
        except httpx.TransportError as error:  # it was sent, and the answer is lost
            raise SisOutcomeUnknown("Acme's answer was lost.", words=str(error)) from error

    def _written(self, merge_type, record):
        return Written(sis_id=record["id"], record=sis_record(merge_type, record))
