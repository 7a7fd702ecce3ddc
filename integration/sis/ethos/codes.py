"""GUIDs and codes of one another: read at need, kept for a while, read again when one is missing."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from integration.sis.ethos.client import EthosClient
from integration.sis.ethos.listing import THREADS, criteria, read_list
from integration.sis.ethos.lookup import PART_MARK, ROOM_MARK
from integration.sis.port import SisRejected

KEPT_SECONDS = 600
MISSED_SECONDS = 15
"""A list that was read so recently is not read again because something is not on it."""
NATIVE_IDS = ("bannerId", "colleaguePersonId", "elevateId")
CALLED = {
    "sites": "campus",
    "instructional-methods": "schedule type",
    "instructional-delivery-methods": "instruction mode",
    "academic-periods": "term or part of term",
    "rooms": "room",
    "persons": "instructor",
}
INSTRUCTORS_ONLY = criteria(roles=[{"role": "instructor"}])
Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """One resource's codes by GUID and GUIDs by code, and when they were read."""

    by_guid: dict[str, str]
    by_code: dict[str, str]
    at: float


@dataclass(kw_only=True)
class Codes:
    """A `Lookup` that asks the SIS. `kept` may be shared by adapters of one site."""

    client: EthosClient
    kept: dict[str, Kept] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    _reading: threading.RLock = field(default_factory=threading.RLock)

    def code(self, resource: str, guid: str) -> str:
        """The code; the GUID itself where the SIS does not have the record."""
        found = self._map(resource).by_guid.get(guid)
        if found is None and resource == "persons":
            found = self._person(guid)
        elif found is None:
            found = self._map(resource, missed=True).by_guid.get(guid)
        return guid if found is None else found

    def guid(self, resource: str, code: str, *, field: str) -> str:
        """The GUID; raises `SisRejected` for `field` where the SIS has no such code."""
        found = self._map(resource).by_code.get(code) or self._map(resource, missed=True).by_code.get(code)
        if found is None:
            name = CALLED.get(resource, resource)
            raise SisRejected(
                f"The SIS has no {name} {' '.join(code.split())}; import the reference data again.",
                field=field,
            )
        return found

    def first(self, resource: str, *codes: str) -> str:
        """The GUID of the first of these codes that is there, else of the first record; blank: none."""
        by_code = self._map(resource).by_code
        return next((by_code[one] for one in codes if one in by_code), next(iter(by_code.values()), ""))

    def warm(self, *resources: str) -> None:
        """Read these together where they are not at hand: one by one they would leave the pace unused."""
        oldest = self.clock() - KEPT_SECONDS
        stale = [one for one in resources if one not in self.kept or self.kept[one].at < oldest]
        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            self.kept.update(zip(stale, pool.map(self._read, stale), strict=True))

    def forget(self, *resources: str) -> None:
        """Read these again at the next need: their records are just being imported anew."""
        for resource in resources:
            self.kept.pop(resource, None)

    def _map(self, resource: str, *, missed: bool = False) -> Kept:
        with self._reading:  # several threads miss the same list at once: one reads it
            kept = self.kept.get(resource)
            oldest = self.clock() - (MISSED_SECONDS if missed else KEPT_SECONDS)
            if kept is None or kept.at < oldest:
                kept = self._read(resource)
                self.kept[resource] = kept
            return kept

    def _read(self, resource: str) -> Kept:
        query = INSTRUCTORS_ONLY if resource == "persons" else None
        documents = read_list(self.client, resource, query, take=lambda one: one).items
        by_guid = {guid: self._code_of(resource, one, documents) for guid, one in documents.items()}
        by_code: dict[str, str] = {}
        for guid, code in by_guid.items():
            by_code.setdefault(code, guid)
        return Kept(by_guid=by_guid, by_code=by_code, at=self.clock())

    def _code_of(self, resource: str, document: Document, all_of_them: Mapping[str, Document]) -> str:
        match resource:
            case "rooms":
                building = document.get("building") or {}
                return f"{self.code('buildings', building.get('id', ''))}{ROOM_MARK}{document.get('number')}"
            case "persons":
                return native_id(document)
            case "academic-periods":
                return period_code(document, all_of_them)
        return str(document.get("code") or document.get("abbreviation") or document.get("title"))

    def _person(self, guid: str) -> str | None:
        """Somebody who teaches though the SIS does not count them among the instructors."""
        document = self.client.one("persons", guid)
        if document is None:
            return None
        kept, code = self._map("persons"), native_id(document)
        kept.by_guid[guid] = code
        kept.by_code.setdefault(code, guid)
        return code


def native_id(person: Document) -> str:
    """The id by which people of the institution know a person; the GUID where there is none."""
    given = {one.get("type"): one.get("value") for one in person.get("credentials") or ()}
    return str(next((given[kind] for kind in NATIVE_IDS if given.get(kind)), person["id"]))


def period_code(document: Document, all_of_them: Mapping[str, Document]) -> str:
    """A term's code; for a part of term the term's, `PART_MARK`, and the part's own."""
    category = document.get("category") or {}
    code = str(document.get("code"))
    if category.get("type") != "subterm":
        return code if category.get("type") in {"term", None} else f"{PART_MARK}{code}"
    term = str(all_of_them.get(parent_of(document), {}).get("code", ""))
    return f"{term}{PART_MARK}{code.removeprefix(term).lstrip('-_. ') or code}"


def parent_of(period: Document) -> str:
    """The GUID of the term that a part of term belongs to; blank where it names none."""
    parent = (period.get("category") or {}).get("parent") or {}
    return str(parent.get("id") or (parent.get("academicPeriod") or {}).get("id") or "")
