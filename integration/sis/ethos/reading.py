"""Reading: whole types for a snapshot, single records just before a write, look-ups by natural key."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from integration.sis.ethos.client import EthosClient
from integration.sis.ethos.codes import INSTRUCTORS_ONLY, Codes
from integration.sis.ethos.listing import THREADS, criteria, in_period, read_list
from integration.sis.ethos.lookup import Dialect
from integration.sis.ethos.meetings import meeting_of
from integration.sis.ethos.reference import RESOURCES, SIMPLE, course, instructor, is_offered
from integration.sis.ethos.sections import section_values
from integration.sis.ethos.teams import team_of
from integration.sis.port import MergeType, SisRejected, SisUnavailable

Document = Mapping[str, Any]
Values = Mapping[str, Any]
Found = tuple[Mapping[str, Values], str]
"""Values by SIS id, and why they may not be all."""
PARTS = ("instructional-events", "section-instructors")
NEEDED = (
    "instructional-methods",
    "instructional-delivery-methods",
    "persons",
    "rooms",
    "section-description-types",
    "section-statuses",
    "sites",
)
"""The codes that a term's sections are told in."""
CROSSLIST = "CROSSLIST"


@dataclass(kw_only=True)
class Reader:
    """Reads one site. `codes` translates; it may be newer than what is read, never older than a while.

    `sections_of`: term -> GUIDs of its sections when they were last read: crosslists name no term.
    `term_requests`: how many requests the whole term took, so that many single reads become one whole one.
    `shown`: the sections that were last read by their ids: what a write is decided on.
    """

    client: EthosClient
    codes: Codes
    dialect: Dialect
    sections_of: dict[str, set[str]] = field(default_factory=dict)
    term_requests: dict[str, int] = field(default_factory=dict)
    shown: Mapping[str, Values | None] = field(default_factory=dict)

    # ---- whole types

    def everything(self, merge_type: MergeType, term: str) -> Found:
        """All records of a type (of a term) by SIS id."""
        self.codes.forget(RESOURCES[merge_type])
        match merge_type:
            case MergeType.SECTIONS:
                return self.sections(term)
            case MergeType.RELATIONSHIPS:
                return self.relationships(term)
            case MergeType.COURSES:
                return self._courses(term)
            case MergeType.INSTRUCTORS:
                return self._instructors()
        describe, key = SIMPLE[merge_type]
        listing = read_list(self.client, RESOURCES[merge_type], take=lambda one: describe(one, self.codes))
        values = [one for one in listing.items.values() if one is not None]
        return {"/".join(str(one[name]) for name in key): one for one in values}, listing.problem

    def _courses(self, term: str) -> Found:
        period = self.term_document(term)
        if period is None:
            return {}, ""
        starts, ends = (str(period.get(name) or "")[:10] for name in ("startOn", "endOn"))

        def take(one: Document) -> Values | None:
            return course(one, self.codes) if is_offered(one, starts=starts, ends=ends) else None

        listing = read_list(self.client, "courses", take=take)
        return {guid: one for guid, one in listing.items.items() if one is not None}, listing.problem

    def _instructors(self) -> Found:
        self.codes.forget("persons")
        people = read_list(self.client, "persons", INSTRUCTORS_ONLY, take=lambda one: one)
        listing = read_list(self.client, "instructors", take=lambda one: one)
        found = {}
        for one in listing.items.values():
            person_id = one["instructor"]["id"]
            person = people.items.get(person_id) or self.client.one("persons", person_id) or {"id": person_id}
            values = instructor(one, person, self.codes)
            found[values["id"]] = values
        return found, listing.problem or people.problem

    def term_guid(self, term: str) -> str | None:
        """The GUID of a term; None where the SIS does not offer it."""
        try:
            return self.codes.guid("academic-periods", term, field="term")
        except SisRejected:
            return None

    def term_document(self, term: str) -> Document | None:
        """The academic period of a term; None where the SIS does not offer it."""
        guid = self.term_guid(term)
        return self.client.one("academic-periods", guid) if guid else None

    def sections(self, term: str) -> Found:
        """The sections of a term with their meetings and instructors."""
        guid = self.term_guid(term)
        if guid is None:
            return {}, ""
        self.codes.warm(*NEEDED)
        with ThreadPoolExecutor(max_workers=1 + len(PARTS)) as pool:  # each list's first page goes alone
            period = criteria(academicPeriod={"id": guid})
            own = pool.submit(read_list, self.client, "sections", period, take=self._own_values)
            takes: tuple[Callable[[dict[str, Any]], tuple[str, Any]], ...] = (self._meeting, _assignment)
            begun = [
                pool.submit(read_list, self.client, resource, in_period(guid), take=take)
                for resource, take in zip(PARTS, takes, strict=True)
            ]
            sections, parts = own.result(), [one.result() for one in begun]
        meetings, teams = (_by_section(part.items.values()) for part in parts)
        found = {
            sis_id: {
                **values,
                "meetings": meetings.get(sis_id, []),
                "instructors": team_of(teams.get(sis_id, ()), self.codes),
            }
            for sis_id, values in sections.items.items()
        }
        self.sections_of[term] = set(found)
        self.term_requests[term] = sections.requests + sum(one.requests for one in parts)
        return found, sections.problem or next((one.problem for one in parts if one.problem), "")

    def _own_values(self, document: Document) -> dict[str, Any]:
        return section_values(document, self.codes, self.dialect)

    def _meeting(self, document: Document) -> tuple[str, Any]:
        return document["section"]["id"], meeting_of(document, self.codes, self.dialect.zone)

    def relationships(self, term: str) -> Found:
        """The crosslists that a section of the term is in; they name no term themselves."""
        if self.term_guid(term) is None:
            return {}, ""
        if term not in self.sections_of:
            guids = criteria(academicPeriod={"id": self.term_guid(term)})
            self.sections_of[term] = set(
                read_list(self.client, "sections", guids, take=lambda _one: None).items
            )
        ours = self.sections_of[term]
        listing = read_list(self.client, "section-crosslists", take=group_values)
        found = {
            guid: values
            for guid, values in listing.items.items()
            if any(member["section"] in ours for member in values["members"])
        }
        return found, listing.problem

    # ---- single records

    def some(self, merge_type: MergeType, sis_ids: Sequence[str], term: str) -> dict[str, Values | None]:
        """The records with these ids as they are now; None for one that is not there."""
        found: dict[str, Values | None] = dict.fromkeys(sis_ids)
        if not found:
            return found
        if merge_type not in {MergeType.SECTIONS, MergeType.RELATIONSHIPS, MergeType.COURSES}:
            there, _problem = self.everything(merge_type, term)
            return found | {sis_id: there[sis_id] for sis_id in found if sis_id in there}
        if merge_type is MergeType.SECTIONS and self._is_dearer(len(found), term):
            there, problem = self.sections(term)
            if not problem:
                found |= {sis_id: there[sis_id] for sis_id in found if sis_id in there}
        missing = [sis_id for sis_id, values in found.items() if values is None]
        read: Mapping[MergeType, Callable[[str], Values | None]] = {
            MergeType.SECTIONS: self.section,
            MergeType.RELATIONSHIPS: self._group,
            MergeType.COURSES: self._course,
        }
        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            found |= dict(zip(missing, pool.map(read[merge_type], missing), strict=True))
        if merge_type is MergeType.SECTIONS:
            self.shown = found
        return found

    def _is_dearer(self, count: int, term: str) -> bool:
        """Whether so many sections one by one take more requests than the whole term."""
        whole = self.term_requests.get(term)
        return whole is not None and count * (1 + len(PARTS)) > whole

    def section(self, guid: str) -> Values | None:
        """One section with its meetings and instructors."""
        document = self.client.one("sections", guid)
        if document is None:
            return None
        events, team = (self.parts(resource, guid) for resource in PARTS)
        return {
            **section_values(document, self.codes, self.dialect),
            "meetings": [meeting_of(one, self.codes, self.dialect.zone) for one in events],
            "instructors": team_of(team, self.codes),
        }

    def parts(self, resource: str, section: str) -> list[Document]:
        """The events or assignments of one section as documents; `SisUnavailable` unless they are all."""
        listing = read_list(self.client, resource, criteria(section={"id": section}), take=lambda one: one)
        if listing.problem:
            raise SisUnavailable(f"The SIS does not tell all {resource} of a section: {listing.problem}.")
        return list(listing.items.values())

    def _group(self, guid: str) -> Values | None:
        document = self.client.one("section-crosslists", guid)
        return group_values(document) if document is not None else None

    def _course(self, guid: str) -> Values | None:
        document = self.client.one("courses", guid)
        return course(document, self.codes) if document is not None else None

    # ---- look-ups

    def sections_numbered(self, term: str, course_guid: str, number: str) -> dict[str, Values]:
        """The sections of a course with a number."""
        guid = self.term_guid(term)
        wanted = criteria(academicPeriod={"id": guid}, course={"id": course_guid}, number=number)
        listing = read_list(self.client, "sections", wanted, take=lambda one: str(one["id"]))
        found = {one: self.section(one) for one in listing.items}
        return {sis_id: values for sis_id, values in found.items() if values is not None}

    def groups_of(self, sections: Sequence[str]) -> dict[str, Values]:
        """The crosslists with exactly these members."""
        listing = read_list(self.client, "section-crosslists", {"section": sections[0]}, take=group_values)
        return {
            guid: values
            for guid, values in listing.items.items()
            if sorted(one["section"] for one in values["members"]) == sorted(sections)
        }


def _assignment(document: Document) -> tuple[str, Document]:
    """A section-instructor as far as the team needs it."""
    names = ("instructor", "responsibilityPercentage", "instructorRole")
    return document["section"]["id"], {name: document[name] for name in names if name in document}


def _by_section(parts: Any) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = defaultdict(list)
    for section, part in parts:
        grouped[section].append(part)
    return grouped


def group_values(document: Document) -> dict[str, Any]:
    """A crosslist as the port names it."""
    return {
        "kind": CROSSLIST,
        "capacity": document.get("maxEnrollment"),
        "members": [
            {"section": one["section"]["id"], "is_primary": one.get("type") == "primary"}
            for one in document.get("sections") or ()
        ],
    }
