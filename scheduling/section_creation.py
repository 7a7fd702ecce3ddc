"""Making a section in a form: for a course, or as a copy of another section. No HTTP here."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict

from phases.policy import Action, SectionFacts
from scheduling.domain.checks import CheckFailed, NumberTaken
from scheduling.domain.errors import DomainError
from scheduling.domain.fields import Catalogue
from scheduling.domain.section_numbers import next_number
from scheduling.free_rooms import rooms_for
from scheduling.input_choices import Choices, choices_of
from scheduling.models import ChangeLog, Course, Section, Term, User
from scheduling.posted_values import VALUE
from scheduling.section_drafts import Draft, in_order, read_draft
from scheduling.section_editor import Checked, told
from scheduling.section_inputs import InputGroup, Inputs
from scheduling.selectors import catalogue, section_state
from scheduling.services.audit import Author
from scheduling.services.field_locks import FieldLocks
from scheduling.services.previewing import previewed
from scheduling.services.section_values import blank_values
from scheduling.services.sections import CHOSEN_AT_CREATION, Saved, create_section
from scheduling.value_names import ValueNames, names_in
from scheduling.visibility import Viewer

LEFT_OUT = frozenset({"status", "course"})
"""A new section is active, and of the course that was chosen before."""


@dataclass(kw_only=True)
class NewSection:
    """The form of a new section of `course`. `copied`: the section whose values it begins with."""

    term: Term
    course: Course
    user: User
    viewer: Viewer
    now: dt.datetime
    copied: Section | None = None
    posted: QueryDict | None = None
    errors: list[DomainError] = field(default_factory=list)
    more_rows: Mapping[str, int] = field(default_factory=dict)
    overlaps: tuple[()] = ()
    state: None = None
    students: int = 0

    @cached_property
    def fields(self) -> Catalogue:
        """The catalogue."""
        return catalogue()

    @cached_property
    def _rules(self) -> FieldLocks:
        return FieldLocks(
            terms=[self.term.pk],
            at=self.now,
            user_id=self.viewer.user_id,
            fields=self.fields,
            roles=self.viewer.rights.roles,
        )

    @cached_property
    def _facts(self) -> SectionFacts:
        return SectionFacts(departments=frozenset([self.course.department_id]))

    @property
    def refusal(self) -> str:
        """Why this person may not make a section of this course now; blank where they may."""
        decision = self._rules.policies[self.term.pk].action(self.viewer, self._facts, Action.CREATE_SECTION)
        return "" if decision.is_allowed else decision.reason

    @cached_property
    def locks(self) -> Mapping[str, str]:
        """Field -> why it stays blank; who may make a section may choose its number."""
        found = self._rules.of_section(
            actor=self.viewer, term_code=self.term.pk, facts=self._facts, sis_id=None
        )
        return {name: why for name, why in found.items() if name not in CHOSEN_AT_CREATION}

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """What the form begins with: what is copied, where it may be set, and the next number."""
        blank = blank_values(self.fields)
        if self.copied is not None:
            held = section_state(self.copied.pk).values
            blank |= {name: value for name, value in held.items() if name not in self.locks}
        else:
            offered = self.course.credits
            of_course = {"title": self.course.title, "credits": None if offered is None else str(offered)}
            blank |= {name: value for name, value in of_course.items() if name not in self.locks}
        return {**blank, "section_number": self.proposed(), "status": "ACTIVE", "course": self.course.sis_id}

    @property
    def not_copied(self) -> list[str]:
        """Labels of the fields that the copied section has and this person may not set."""
        if self.copied is None:
            return []
        held = section_state(self.copied.pk).values
        return [
            one.label
            for one in self.fields
            if one.name in self.locks and not one.is_from_sis and held.get(one.name)
        ]

    def proposed(self) -> str:
        """The next number of the course. Nobody else gets it once this section is saved."""
        taken = Section.objects.filter(course=self.course, status=Section.Status.ACTIVE)
        return next_number(sorted(taken.values_list("section_number", flat=True)))

    @cached_property
    def choices(self) -> Choices:
        """What the inputs suggest."""
        return choices_of(self.term, [self.course.department_id])

    @cached_property
    def names(self) -> ValueNames:
        """What ids in the values are called."""
        return names_in([(one, self.values.get(one.name)) for one in self.fields], term_code=self.term.pk)

    def groups(self) -> list[InputGroup]:
        """The form, without what only the SIS fills."""
        hidden = {one.name for one in self.fields if one.is_from_sis}
        return Inputs(
            fields=self.fields,
            values=self.values,
            locks=self.locks,
            choices=self.choices,
            names=self.names,
            posted=self.posted,
            errors=self.errors,
            left_out=LEFT_OUT | hidden,
            more_rows=self.more_rows,
        ).groups()

    def save(self, data: QueryDict) -> Saved | None:
        """Make the section; None where it could not be: then the form shows what was typed and why."""
        self.posted = data
        draft = self._draft(data)
        if not draft.errors:
            try:
                return self._create(draft)
            except NumberTaken as taken:
                self._propose_anew(taken)
                return None
            except DomainError as error:
                draft.errors = told(error)
        self.errors = in_order(draft.errors, self.fields)
        return None

    def check(self, data: QueryDict | None = None) -> Checked:
        """What making it as it is typed (None: as the form begins) would say, without making it."""
        self.posted = data
        draft = self._draft(data) if data is not None else self._first_draft()
        if draft.errors:
            return Checked(refusals=in_order(draft.errors, self.fields))
        rooms = rooms_for(self.term, draft.changes, section_id=None)
        try:
            return Checked(findings=previewed(lambda: self._create(draft)).findings, rooms=rooms)
        except CheckFailed as failed:
            new = frozenset(one.identity for one in failed.introduced)
            return Checked(findings=failed.findings, new=new, rooms=rooms)
        except DomainError as error:
            return Checked(refusals=told(error), rooms=rooms)

    def _draft(self, data: QueryDict) -> Draft:
        seen = blank_values(self.fields)
        return read_draft(
            data,
            fields=self.fields,
            term=self.term,
            seen=seen,
            left_out=LEFT_OUT,
        )

    def _first_draft(self) -> Draft:
        unset = LEFT_OUT | self.locks.keys()
        return Draft(
            changes={
                name: value
                for name, value in self.values.items()
                if name not in unset and value not in (None, ())
            }
        )

    def _create(self, draft: Draft) -> Saved:
        author = Author(now=self.now, source=ChangeLog.Source.FORM, user=self.user)
        return create_section(self.term.pk, {**draft.changes, "course": self.course.sis_id}, author=author)

    def _propose_anew(self, taken: NumberTaken) -> None:
        """Somebody was faster: the form comes again with the number after theirs."""
        number = self.proposed()
        self.errors = [
            NumberTaken(f"{taken.message} {number} is free and now stands in the form.", taken.field)
        ]
        if self.posted is not None:
            self.posted = self.posted.copy()
            self.posted[f"{VALUE}section_number"] = number
