"""Each type of record from the lists that hold it."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from integration.sis.port import BadRecord, Evidence, Issue, MergeType, SisRecord, SisUnreadable

from . import mapping
from .client import Client
from .paging import Listing, Wanted, read_list
from .records import Class, Course, Enrollment, Org, Record, Reference, Session, User

R = TypeVar("R", bound=Record)
TERMS = Wanted(path="/terms", name="academicSessions", kind=Session)
ORGS = Wanted(path="/orgs", name="orgs", kind=Org)
TEACHERS = Wanted(path="/teachers", name="users", kind=User)
COURSES = Wanted(path="/courses", name="courses", kind=Course)
TEACHING = Wanted(
    path="/enrollments", name="enrollments", kind=Enrollment, filter=f"role='{mapping.TEACHER}'"
)
_encode = msgspec.json.Encoder(order="sorted").encode


class OfClass(msgspec.Struct):
    """Of an enrolment that cannot be read: whose it is."""

    class_: Reference = msgspec.field(name="class")


@dataclass(kw_only=True)
class Collected:
    """The records of one type, and the lists that say how far they can be trusted."""

    items: list[SisRecord | BadRecord] = field(default_factory=list)
    lists: list[Listing[Any]] = field(default_factory=list)

    def add(self, sis_id: str, values: Mapping[str, Any]) -> None:
        """A record."""
        fingerprint = hashlib.blake2b(_encode(values), digest_size=16).digest()
        self.items.append(SisRecord(sis_id=sis_id, fingerprint=fingerprint, load=lambda: values))

    def refuse(self, sis_id: str, code: str, message: str) -> None:
        """A record that cannot be taken."""
        issue = Issue(code=code, message=message, record=sis_id)
        self.items.append(BadRecord(sis_id=sis_id, issues=(issue,)))

    def evidence(self) -> Evidence:
        """Complete if each list is, proven if the SIS counted each."""
        reason = next((one.reason for one in self.lists if one.reason), "")
        if not all(one.sis_id for one in self.items):
            reason = reason or "A record has no id that can be read."
        parts = sorted(
            one.sis_id.encode() + b"\0" + (one.fingerprint if isinstance(one, SisRecord) else b"")
            for one in self.items
        )
        return Evidence(
            is_complete=not reason,
            is_proven=not reason and all(one.is_counted for one in self.lists),
            digest=hashlib.blake2b(b"\0".join(parts), digest_size=16).hexdigest(),
            reason=reason,
        )


@dataclass(kw_only=True)
class Reading:
    """A snapshot: all is read before the first record is given, so that what comes is of one moment."""

    collect: Callable[[], Collected]
    _collected: Collected = field(default_factory=Collected)

    def __iter__(self) -> Iterator[SisRecord | BadRecord]:
        self._collected = self.collect()
        return iter(self._collected.items)

    def evidence(self) -> Evidence:
        """What the lists prove."""
        return self._collected.evidence()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Reads lists of one service, `page` records at a time."""

    client: Client
    page: int

    def collect(self, merge_type: MergeType, term: str) -> Collected:
        """All records of a type (and term)."""
        match merge_type:
            case MergeType.TERMS:
                return self._simple(TERMS, lambda one: (one.sourcedId, mapping.term(one)))
            case MergeType.DEPARTMENTS:
                return self._departments()
            case MergeType.INSTRUCTORS:
                return self._instructors()
            case MergeType.COURSES:
                return self._of_term(term, self._courses)
            case MergeType.SECTIONS:
                return self._of_term(term, self._sections)
            case _:
                raise NotImplementedError(f"OneRoster has no {merge_type.value}")

    def _list(self, wanted: Wanted[R]) -> Listing[R]:
        return read_list(self.client, wanted, page=self.page)

    def _simple(self, wanted: Wanted[R], made: Callable[[R], tuple[str, Mapping[str, Any]]]) -> Collected:
        listing = self._list(wanted)
        found = Collected(lists=[listing], items=[bad for bad, _text in listing.bad])
        for one in listing.records:
            found.add(*made(one))
        return found

    def _departments(self) -> Collected:
        listing = self._list(ORGS)
        found = Collected(lists=[listing], items=[bad for bad, _text in listing.bad])
        for one in listing.records:
            if one.type != mapping.DEPARTMENT:
                continue
            if one.identifier.strip():
                found.add(one.identifier.strip(), mapping.department(one))
            else:
                message = f"Department {one.name!r} has no identifier; give it its code in the SIS."
                found.refuse("", "NO_ID", message)
        return found

    def _instructors(self) -> Collected:
        orgs = self._list(ORGS).whole()
        departments = {one.sourcedId: one.identifier for one in orgs if one.type == mapping.DEPARTMENT}
        return self._simple(TEACHERS, lambda one: (one.sourcedId, mapping.instructor(one, departments)))

    # ---- of a term

    def _of_term(self, term: str, make: Callable[[str, Listing[Class]], Collected]) -> Collected:
        """From the term's classes; a term that the SIS does not have has none."""
        terms = self._list(TERMS)
        if term not in {one.sourcedId for one in terms.whole()}:
            return Collected(lists=[terms])
        return make(
            term,
            self._list(Wanted(path=f"/terms/{quote(term, safe='')}/classes", name="classes", kind=Class)),
        )

    def _courses(self, term: str, classes: Listing[Class]) -> Collected:
        """OneRoster's courses belong to no term: those that have a class in it are taken."""
        listing = self._list(COURSES)
        offered = {one.course.sourcedId for one in classes.records}
        found = Collected(lists=[classes, listing])
        found.items.extend(bad for bad, _text in listing.bad if bad.sis_id in offered or not bad.sis_id)
        for one in listing.records:
            if one.sourcedId not in offered:
                continue
            parts = mapping.subject_and_number(one.courseCode)
            if parts is None:
                message = (
                    f"The course code {one.courseCode!r} shows no subject and number, as MATH 120 does; "
                    "correct it in the SIS."
                )
                found.refuse(one.sourcedId, "COURSE_CODE", message)
            else:
                found.add(one.sourcedId, mapping.course(one, term, parts))
        return found

    def _sections(self, _term: str, classes: Listing[Class]) -> Collected:
        codes = {one.sourcedId: one.courseCode for one in self._list(COURSES).whole()}
        teams, unclear = self._teams()
        found = Collected(lists=[classes], items=[bad for bad, _text in classes.bad])
        for one in classes.records:
            if one.sourcedId in unclear:
                found.items.append(BadRecord(sis_id=one.sourcedId, issues=tuple(unclear[one.sourcedId])))
            elif one.course.sourcedId not in codes:
                message = (
                    f"Its course {one.course.sourcedId!r} is not among the SIS's courses; correct it there."
                )
                found.refuse(one.sourcedId, "UNKNOWN_COURSE", message)
            else:
                values = mapping.section(one, codes[one.course.sourcedId], teams.get(one.sourcedId, []))
                found.add(one.sourcedId, values)
        return found

    def _teams(self) -> tuple[Mapping[str, list[Enrollment]], Mapping[str, list[Issue]]]:
        """Class -> who teaches it; and the classes of which that cannot be known."""
        listing = self._list(TEACHING)
        teams: dict[str, list[Enrollment]] = {}
        unclear: dict[str, list[Issue]] = {}
        for one in listing.whole():
            if one.role == mapping.TEACHER:  # a service need not know the filter
                teams.setdefault(one.class_.sourcedId, []).append(one)
        for bad, text in listing.bad:
            unclear.setdefault(_class_of(text, bad.issues), []).extend(bad.issues)
        return teams, unclear


def _class_of(text: bytes, issues: Iterable[Issue]) -> str:
    try:
        return msgspec.json.decode(text, type=OfClass).class_.sourcedId
    except msgspec.MsgspecError as error:
        raise SisUnreadable(" ".join(issue.message for issue in issues)) from error
