"""The section editor: what it shows, and what becomes of what somebody typed. No HTTP here.

A save is tried on the version that was seen. If somebody else saved meanwhile, what does not overlap is put
together and told; where both changed one field the person chooses (before, yours, theirs). Nothing typed is
lost.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.http import QueryDict

from phases.policy import SectionFacts
from scheduling.domain.checks import CheckFailed, Finding
from scheduling.domain.errors import ConfirmationNeeded, DomainError, FieldLocked, NotFound, StaleVersion
from scheduling.domain.fields import Catalogue
from scheduling.free_rooms import FreeRoom, rooms_for
from scheduling.input_choices import Choices, choices_of
from scheduling.models import ChangeLog, Section, User
from scheduling.posted_numbers import whole
from scheduling.posted_values import VALUE
from scheduling.section_drafts import Draft, in_order, read_draft
from scheduling.section_inputs import InputGroup, Inputs
from scheduling.section_status import StatusLine, side_for, status_line
from scheduling.section_versions import Overlap, Since, overlaps, since_version
from scheduling.selectors import SectionState, catalogue, section_state
from scheduling.services.audit import Author
from scheduling.services.field_locks import FieldLocks
from scheduling.services.previewing import previewed
from scheduling.services.sections import Saved, update_section
from scheduling.value_names import ValueNames, names_in
from scheduling.visibility import Viewer

ELSEWHERE = frozenset({"status"})
"""What has a page of its own (cancel, make active again)."""
CHOICE = "choose."
ROWS = ("meetings", "instructors")
THEIRS = "theirs"


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What the checks, the locks and the students say of a draft. `is_saved`: nothing stands against it."""

    findings: Sequence[Finding] = ()
    new: frozenset[tuple[str, str]] = frozenset()
    refusals: Sequence[DomainError] = ()
    students: int = 0
    question: str = ""
    rooms: Sequence[FreeRoom] = ()

    @property
    def errors(self) -> list[Finding]:
        """What the draft introduces and cannot be saved with."""
        return [one for one in self.findings if one.identity in self.new]

    @property
    def others(self) -> list[Finding]:
        """Warnings, and what stood before."""
        return [one for one in self.findings if one.identity not in self.new]


@dataclass(kw_only=True)
class Editor:
    """The editor of one section for one person. `posted`: what was typed; None: nothing yet."""

    section: Section
    user: User
    viewer: Viewer
    now: dt.datetime
    posted: QueryDict | None = None
    errors: list[DomainError] = field(default_factory=list)
    overlaps: Sequence[Overlap] = ()
    since: Since | None = None
    students: int = 0
    more_rows: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def fields(self) -> Catalogue:
        """The catalogue."""
        return catalogue()

    @cached_property
    def state(self) -> SectionState:
        """The section as it stands."""
        return section_state(self.section.pk)

    @cached_property
    def locks(self) -> Mapping[str, str]:
        """Field -> why this person may not change it now."""
        locks = FieldLocks(
            terms=[self.section.term_id],
            at=self.now,
            user_id=self.viewer.user_id,
            fields=self.fields,
            roles=self.viewer.rights.roles,
        )
        facts = SectionFacts(
            section_id=self.section.pk, departments=frozenset([self.section.course.department_id])
        )
        return locks.of_section(
            actor=self.viewer, term_code=self.section.term_id, facts=facts, sis_id=self.section.sis_id
        )

    @cached_property
    def choices(self) -> Choices:
        """What the inputs suggest."""
        found = choices_of(self.section.term, [self.section.course.department_id])
        return replace(found, course_codes={**found.course_codes, **self._own_course})

    @property
    def _own_course(self) -> Mapping[str, str]:
        course = self.section.course
        return {course.sis_id: f"{course.subject}-{course.number}"}

    @cached_property
    def names(self) -> ValueNames:
        """What ids in the values are called."""
        held = [(one, self.state.values.get(one.name)) for one in self.fields]
        both = [
            (self.fields[one.name], value)
            for one in self.overlaps
            for value in (one.before, one.mine, one.theirs)
        ]
        return names_in([*held, *both], term_code=self.section.term_id)

    @cached_property
    def line(self) -> StatusLine:
        """How far the SIS has it, for who may know."""
        side = side_for(self.viewer, self.section)
        return status_line(self.section, self.fields, viewer=self.viewer, side=side, now=self.now)

    @property
    def is_all_locked(self) -> bool:
        """Whether there is nothing that this person may change here."""
        return all(one.name in self.locks for one in self.fields if one.name not in ELSEWHERE)

    def groups(self) -> list[InputGroup]:
        """The form."""
        return Inputs(
            fields=self.fields,
            values=self.state.values,
            locks=self.locks,
            choices=self.choices,
            names=self.names,
            posted=self.posted,
            errors=self.errors,
            left_out=ELSEWHERE,
            more_rows=self.more_rows,
        ).groups()

    # ---- what becomes of what was typed

    def save(self, data: QueryDict) -> Saved | None:
        """Save what was typed; None where it could not be: then the form shows it again with the reason.

        Raises `NotFound` where the section is gone.
        """
        self.posted = data
        draft, version = self._draft(data)
        if self.overlaps or draft.errors:
            if self.since is not None:
                self.posted = _only(data, draft)
            self.errors = in_order(draft.errors, self.fields)
            return None
        author = self._author(confirmed=whole(data.get("confirmed")) or 0)
        try:
            return update_section(self.section.pk, draft.changes, author=author, version=version)
        except (NotFound, StaleVersion):  # saved in this very moment: the form is read again by the caller
            raise
        except ConfirmationNeeded as asked:
            self.students = asked.students
            self.errors = [asked]
        except FieldLocked as error:
            self.errors = in_order(self._locked_meanwhile(error, draft), self.fields)
        except DomainError as error:
            self.errors = in_order(told(error), self.fields)
        return None

    def _locked_meanwhile(self, error: FieldLocked, draft: Draft) -> list[DomainError]:
        """The form has no input for these fields any more, so that the sentence keeps what was typed."""
        return [
            FieldLocked(f"{one.message} You wrote: {self._words(one.field, draft)}", one.field)
            for one in told(error)
        ]

    def _words(self, name: str, draft: Draft) -> str:
        return self.names.words(self.fields[name], draft.changes.get(name))

    def check(self, data: QueryDict) -> Checked:
        """What saving this would say, without saving it."""
        self.posted = data
        draft, _version = self._draft(data)
        if draft.errors:
            return Checked(refusals=in_order(draft.errors, self.fields))
        after = {**self.state.values, **draft.changes}
        rooms: Sequence[FreeRoom] = ()
        if "meetings" not in self.locks:
            rooms = rooms_for(self.section.term, after, section_id=self.section.pk)
        try:
            saved = previewed(
                lambda: update_section(self.section.pk, draft.changes, author=self._author(confirmed=10**6))
            )
        except CheckFailed as failed:
            new = frozenset(one.identity for one in failed.introduced)
            return Checked(findings=failed.findings, new=new, rooms=rooms)
        except DomainError as error:
            return Checked(refusals=told(error), rooms=rooms)
        return Checked(findings=saved.findings, rooms=rooms)

    def _draft(self, data: QueryDict) -> tuple[Draft, int]:
        """The draft on the section as it stands, and its version; what overlaps with others' changes.

        A form whose version cannot be, or never was, counts as the oldest: nobody's change is lost unseen.
        """
        seen_version = whole(data.get("version")) or 0
        if seen_version > self.state.version:
            seen_version = 0
        now: Mapping[str, Any] = self.state.values
        seen = now
        if seen_version < self.state.version:
            self.since = since_version(self.section.pk, seen_version, now, self.fields)
            seen = self.since.before
        draft = read_draft(
            data,
            fields=self.fields,
            term=self.section.term,
            seen=seen,
            left_out=ELSEWHERE,
            course_codes=self._own_course,
        )
        self._leave_theirs(data, draft)
        if self.since is not None:
            self.overlaps = overlaps(draft.changes, self.since, now)
        draft.changes = {
            name: value for name, value in draft.changes.items() if (value or None) != (now.get(name) or None)
        }
        return draft, self.state.version

    def _leave_theirs(self, data: QueryDict, draft: Draft) -> None:
        """Where the person chose what the other one saved, their own value goes."""
        for name in list(draft.changes):
            if data.get(CHOICE + name) == THEIRS:
                del draft.changes[name]

    def _author(self, *, confirmed: int) -> Author:
        return Author(
            now=self.now, source=ChangeLog.Source.FORM, user=self.user, confirmed_students=confirmed
        )


def _only(data: QueryDict, draft: Draft) -> QueryDict:
    """What was typed into the fields that the person changed: the others are shown as they stand now."""
    kept = {*draft.changes, *(one.field for one in draft.errors)}
    mine = data.copy()
    for key in data:
        name = key.removeprefix(VALUE) if key.startswith(VALUE) else key.partition(".")[0]
        if (key.startswith(VALUE) or name in ROWS) and name not in kept:
            del mine[key]
    return mine


def told(error: DomainError) -> list[DomainError]:
    """One error for each field that it is about."""
    if isinstance(error, FieldLocked):
        return [FieldLocked(why, name, locked={name: why}) for name, why in error.locked.items()]
    if isinstance(error, CheckFailed) and error.introduced:
        return [CheckFailed(one.message, one.field) for one in error.introduced]
    return [error]
