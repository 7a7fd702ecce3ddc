"""The sandbox SIS behind the ethos adapter, for the contract suite.

The suite names records by the ids of the exchange folder; Ethos links by GUIDs. `Named` stands between them
and changes nothing but ids.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import structs

from integration.sandbox.identity import guid
from integration.sandbox.server import SandboxServer
from integration.sandbox.sis import SandboxSis
from integration.sis.ethos.adapter import EthosAdapter
from integration.sis.ethos.address import Address
from integration.sis.ethos.pace import Pace
from integration.sis.port import MergeType, SisAdapter, SisAlreadyExists, SisRecord
from tandem_conformance.institution import write_institution
from tandem_conformance.sis_under_test import not_asked

KEY = "0f9b7f0e-6c3a-4a6e-9d57-2f1f6a9f1b11"
ZONE = "America/Chicago"
BY_GUID = {
    MergeType.COURSES: "courses",
    MergeType.SECTIONS: "sections",
    MergeType.RELATIONSHIPS: "section-crosslists",
}


class Names:
    """Ids of the exchange folder by GUID and back, for what links by GUID."""

    def __init__(self, sis: SandboxSis) -> None:
        self.sis = sis

    def guid(self, merge_type: MergeType, name: str) -> str:
        return guid(BY_GUID[merge_type], name) if merge_type in BY_GUID else name

    def name(self, merge_type: MergeType, guid: str) -> str:
        if merge_type not in BY_GUID:
            return guid
        keys = self.sis.books.tables[BY_GUID[merge_type]]
        return next((key for key in keys if self.guid(merge_type, key) == guid), guid)


class Named:
    """An adapter whose ids are those of the exchange folder."""

    def __init__(self, inner: SisAdapter, names: Names) -> None:
        self.inner, self.names = inner, names
        self.check, self.close = inner.check, inner.close

    @property
    def capabilities(self):
        return self.inner.capabilities

    def read_all(self, merge_type, *, term=""):
        return NamedSnapshot(self.inner.read_all(merge_type, term=term), merge_type, self.names)

    def read(self, merge_type, sis_ids: Sequence[str], *, term):
        guids = {self.names.guid(merge_type, one): one for one in sis_ids}
        found = self.inner.read(merge_type, list(guids), term=term)
        return {guids[one]: record and named(record, merge_type, self.names) for one, record in found.items()}

    def find(self, merge_type, *, term, key, value):
        if isinstance(value, tuple):
            kind = MergeType.COURSES if merge_type is MergeType.SECTIONS else MergeType.SECTIONS
            places = (0,) if merge_type is MergeType.SECTIONS else range(1, len(value))
            value = tuple(self.names.guid(kind, one) if i in places else one for i, one in enumerate(value))
        found = self.inner.find(merge_type, term=term, key=key, value=value)
        return [named(record, merge_type, self.names) for record in found]

    @contextmanager
    def writing(self, *, term: str, run: str, now: dt.datetime):
        with self.inner.writing(term=term, run=run, now=now) as writer:
            yield NamedWriter(writer, self.names)


class NamedSnapshot:
    def __init__(self, inner, merge_type, names) -> None:
        self.inner, self.merge_type, self.names = inner, merge_type, names
        self.evidence = inner.evidence

    def __iter__(self):
        return (named(record, self.merge_type, self.names) for record in self.inner)


class NamedWriter:
    def __init__(self, inner, names) -> None:
        self.inner, self.names = inner, names

    def _outgoing(self, values: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(values)
        if found.get("course"):
            found["course"] = self.names.guid(MergeType.COURSES, found["course"])
        if "members" in found:
            found["members"] = tuple(
                structs.replace(one, section=self.names.guid(MergeType.SECTIONS, one.section))
                for one in found["members"]
            )
        return found

    def create(self, merge_type, values, *, client_ref):
        try:
            written = self.inner.create(merge_type, self._outgoing(values), client_ref=client_ref)
        except SisAlreadyExists as error:
            name = self.names.name(merge_type, error.sis_id)
            raise SisAlreadyExists(error.message, sis_id=name, words=error.words) from error
        return replace(written, sis_id=self.names.name(merge_type, written.sis_id))

    def update(self, merge_type, sis_id, changes, *, values, token, client_ref):
        written = self.inner.update(
            merge_type,
            self.names.guid(merge_type, sis_id),
            self._outgoing(changes),
            values=self._outgoing(values),
            token=token,
            client_ref=client_ref,
        )
        return replace(written, sis_id=sis_id)

    def cancel(self, merge_type, sis_id, *, token, client_ref):
        return self.inner.cancel(
            merge_type, self.names.guid(merge_type, sis_id), token=token, client_ref=client_ref
        )

    def delete(self, merge_type, sis_id, *, token, client_ref):
        return self.inner.delete(
            merge_type, self.names.guid(merge_type, sis_id), token=token, client_ref=client_ref
        )


def named(record: SisRecord, merge_type: MergeType, names: Names) -> SisRecord:
    """The record under the folder's ids."""
    values = dict(record.load())
    if merge_type is MergeType.SECTIONS:
        values["course"] = names.name(MergeType.COURSES, values["course"])
    if merge_type is MergeType.RELATIONSHIPS:
        values["members"] = [
            {**one, "section": names.name(MergeType.SECTIONS, one["section"])} for one in values["members"]
        ]
    return replace(record, sis_id=names.name(merge_type, record.sis_id), load=lambda: values)


FAULTS = {
    "unavailable_before": ("maintenance", 3),
    "denied": ("expired_token", 2),
    "rate_limited": ("too_many_requests", 3),
    "locked": ("locked", 1),
    "refuse": ("refuse", 1),
    "timeout_before_effect": ("reset_before", 1),
    "timeout_after_effect": ("timeout_after_effect", 1),
    "empty_read": ("empty_list", 2),
}
"""The suite's names -> the sandbox's, and how many requests the fault has to meet."""
METHODS = {"CREATE": "POST", "UPDATE": "PUT", "CANCEL": "PUT", "DELETE": "DELETE"}
READ_TRIES = 4


class EthosSis:
    """`SisUnderTest` and `FaultySis`: a sandbox on a free port, served in this process."""

    def __init__(self, folder, profile: str) -> None:
        self.sis = SandboxSis(folder=folder, profile=profile, zone=ZONE, api_key=KEY)
        self.server = SandboxServer(self.sis, port=0)
        self.server.__enter__()
        self.is_spoilt = False
        self.names = Names(self.sis)
        self.address = Address.parse(f"ethos+{self.server.url}?profile={profile}")
        self.opened: list[Named] = []

    @cached_property
    def adapter(self) -> Named:
        return self.again()

    def again(self) -> Named:
        inner = EthosAdapter(
            address=self.address, api_key=KEY, pace=Pace(per_second=10_000), zone=ZoneInfo(ZONE)
        )
        inner.client.sleep = inner.pace.sleep = lambda _seconds: None
        self.opened.append(Named(inner, self.names))
        return self.opened[-1]

    def reset(self) -> None:
        """As it was in the beginning, for the next test."""
        self.sis.reset()
        self.__dict__.pop("adapter", None)
        while self.opened:
            self.opened.pop().close()

    def close(self) -> None:
        self.reset()
        if not self.is_spoilt:
            self.server.__exit__(None, None, None)

    def change(self, sis_id: str, **fields: Any) -> None:
        with self.sis.lock:
            exported = self.sis.export()
        (row,) = (one for one in exported["sections"] if one["id"] == sis_id)
        lists = {"meetings": "meetings", "section_instructors": "instructors"}
        parts = {
            name: [one for one in exported[file] if one["section_id"] == sis_id]
            for file, name in lists.items()
        }
        given = as_text(fields)
        for one in given.get("instructors", ()):
            one["instructor_id"] = one.pop("instructor")
        line = {**row, **parts, **given}
        self.sis.apply_revision({"upsert": [line]})

    def remove(self, sis_id: str) -> None:
        self.sis.apply_revision({"delete": [sis_id]})

    def let_time_pass(self) -> None:
        pass

    def writes(self) -> list[tuple[str, str, str, str]]:
        kinds = {"sections": "sections", "section-crosslists": "relationships"}
        return [
            (operation_of(one), kinds[one["resource"]], one.get("id") or "", "")
            for one in self.sis.journal
            if one["resource"] in kinds
        ]

    def take_away(self) -> None:
        self.is_spoilt = True
        self.server.__exit__(None, None, None)
        for adapter in self.opened:
            adapter.close()

    def spoil(self) -> None:
        self.is_spoilt = True
        self.server.RequestHandlerClass = Spoilt

    def cut_short(self) -> None:
        self.sis.faults.add(
            [{"when": {"method": "GET", "resource": "sections"}, "then": "truncated_page", "times": 9}]
        )

    def add(self, sis_id: str) -> None:
        row = {**self.sis.export()["sections"][0], "id": sis_id, "section_number": sis_id}
        self.sis.apply_revision({"upsert": [{**row, "meetings": [], "instructors": []}]})

    def between_pages(self, work: Callable[[], None]) -> None:
        client = self.adapter.inner.client
        client.page, answer, waiting = 3, client.get, [work]

        def get(path: str, **given: Any) -> Any:
            found = answer(path, **given)
            if path == "/api/sections" and waiting:
                waiting.pop()()
            return found

        client.get = get

    def fail(self, fault: str, operation: str) -> None:
        if fault not in FAULTS:
            not_asked(f"the sandbox SIS knows no fault like {fault}")
        then, times = FAULTS[fault]
        method = METHODS.get(operation, "GET")
        if method == "GET" and fault not in {"denied", "empty_read"}:
            times = READ_TRIES
        self.sis.faults.add(
            [{"when": {"method": method, "resource": "sections"}, "then": then, "times": times}]
        )


def operation_of(entry: Mapping[str, Any]) -> str:
    return {"POST": "CREATE", "PUT": "UPDATE", "DELETE": "DELETE"}[entry["method"]]


def as_text(value: Any) -> Any:
    """Values as files have them."""
    if isinstance(value, Mapping):
        return {name: as_text(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_text(one) for one in value]
    return "" if value is None else str(value)


class Spoilt(BaseHTTPRequestHandler):
    """Answers what is no JSON."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"<html/>")

    do_POST = do_GET  # noqa: N815 # the names that the library calls

    def log_message(self, *_args: Any) -> None:
        pass


def open_sis(url: str, folder: Path) -> EthosSis:
    """A sandbox SIS of the profile that `url` names, for one test."""
    profile = Address.parse(url).profile
    return EthosSis(write_institution(folder / "sis"), profile)
