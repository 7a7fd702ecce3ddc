"""The bulk edit: which sections, the form, what it would do to each, and the save. No HTTP here."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.http import QueryDict

from scheduling.bulk_wish import Wish, carried, fields_offered, posted_versions, read_wish
from scheduling.domain.errors import DomainError, InvalidValue
from scheduling.domain.fields import Catalogue
from scheduling.input_choices import Choices, choices_of
from scheduling.models import ChangeLog, Section, Term, User
from scheduling.posted_numbers import whole
from scheduling.section_editor import told
from scheduling.section_inputs import Input, Inputs
from scheduling.selectors import SectionState, catalogue, values_of_sections
from scheduling.services.audit import Author
from scheduling.services.bulk import Edited, edit_many, fingerprint
from scheduling.services.previewing import previewed
from scheduling.services.section_values import read_changes
from scheduling.services.students import EVERYBODY, STUDENTS_ENROLLED
from scheduling.value_names import ValueNames, names_in
from scheduling.visibility import Viewer, visible_sections

LONGEST_REASON = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A field of one section, before and after, in words."""

    label: str
    now: str
    then: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What would become of one section. `reasons`: why it cannot be changed; `notes`: what the checks say."""

    section: Section
    steps: Sequence[Step] = ()
    reasons: Sequence[str] = ()
    notes: Sequence[str] = ()
    students: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What a save would do. `agreed` and `seen` go to the save, which then does this or nothing."""

    lines: Sequence[Line]
    agreed: str
    seen: str

    @property
    def changing(self) -> int:
        """How many sections would be saved."""
        return sum(bool(one.steps) for one in self.lines)

    @property
    def refused(self) -> int:
        """How many sections cannot be changed."""
        return sum(bool(one.reasons) for one in self.lines)

    @property
    def same(self) -> int:
        """How many sections stay as they are, since they have it already."""
        return len(self.lines) - self.changing - self.refused

    @property
    def students(self) -> int:
        """How many enrolled students are touched."""
        return sum(one.students for one in self.lines)


@dataclass(kw_only=True)
class Bulk:
    """The bulk edit of the sections with `ids`, of those that the person may see."""

    term: Term
    user: User
    viewer: Viewer
    now: dt.datetime
    ids: Sequence[int]
    data: QueryDict
    errors: list[DomainError] = field(default_factory=list)

    @cached_property
    def fields(self) -> Catalogue:
        """The catalogue."""
        return catalogue()

    @cached_property
    def sections(self) -> Mapping[int, Section]:
        """The sections by id, in the order of their codes."""
        rows = visible_sections(self.viewer).filter(term=self.term, pk__in=self.ids).select_related("course")
        found = rows.order_by("course__subject", "course__number", "section_number", "pk")
        return {one.pk: one for one in found}

    @cached_property
    def states(self) -> Mapping[int, SectionState]:
        """The sections as they stand."""
        return values_of_sections(list(self.sections))

    @cached_property
    def choices(self) -> Choices:
        """What the inputs suggest."""
        return choices_of(self.term, {one.course.department_id for one in self.sections.values()})

    @cached_property
    def wish(self) -> Wish:
        """What is wanted of them."""
        return read_wish(self.data, self.fields, self.term)

    def inputs(self) -> list[Input]:
        """The inputs of the form."""
        offered = fields_offered(self.fields)
        made = Inputs(
            fields=offered,
            values={},
            locks={},
            choices=self.choices,
            names=ValueNames(),
            posted=self.data,
            errors=self.errors,
        )
        return [made.of(one) for one in offered]

    def carried(self) -> list[tuple[str, str]]:
        """The wish as hidden fields."""
        return list(carried(self.data, fields_offered(self.fields)))

    def preview(self) -> Preview:
        """What saving would do, found by saving and taking it back."""
        changes, senseless = self._wanted
        versions = {pk: one.version for pk, one in self.states.items()}
        author = self._author(confirmed=EVERYBODY)
        results = previewed(lambda: edit_many(changes, versions, author=author))
        by_id = {one.section_id: one for one in (*results, *senseless)}
        return Preview(
            lines=list(self._lines(by_id)),
            agreed=fingerprint(changes, results),
            seen=",".join(f"{pk}:{version}" for pk, version in versions.items()),
        )

    def save(self) -> list[Edited]:
        """Save what the person was shown. Raises what `edit_many` raises; then nothing is saved."""
        changes, senseless = self._wanted
        is_all_or_none = bool(self.data.get("all_or_none"))
        if is_all_or_none and senseless:
            raise InvalidValue("Some sections are refused, so all or none means none.")
        results = edit_many(
            changes,
            posted_versions(self.data),
            author=self._author(confirmed=whole(self.data.get("students")) or 0),
            is_all_or_none=is_all_or_none,
            agreed=self.data.get("agreed", ""),
        )
        return [*results, *senseless]

    @cached_property
    def _wanted(self) -> tuple[dict[int, dict[str, object]], list[Edited]]:
        """Section id -> its changes; and the sections for which the wish makes no sense, refused."""
        changes: dict[int, dict[str, object]] = {}
        senseless: list[Edited] = []
        for pk in self.sections:
            try:
                changes[pk] = self.wish.of_section(self.states[pk].values)
            except InvalidValue as refusal:
                senseless.append(Edited(section_id=pk, refusal=refusal))
        return changes, senseless

    def _author(self, *, confirmed: int) -> Author:
        return Author(
            now=self.now,
            source=ChangeLog.Source.FORM,
            user=self.user,
            reason=self.data.get("reason", "").replace("\x00", "").strip()[:LONGEST_REASON],
            confirmed_students=confirmed,
        )

    def _lines(self, results: Mapping[int, Edited]) -> Iterator[Line]:
        after = {pk: self._after(pk) for pk, one in results.items() if one.saved is not None}
        held = [
            (self.fields[name], value)
            for pk, changed in after.items()
            for name in changed
            for value in (self.states[pk].values.get(name), changed[name])
        ]
        names = names_in(held, term_code=self.term.pk)
        for pk, section in self.sections.items():
            one = results[pk]
            if one.refusal is not None:
                yield Line(section=section, reasons=[each.message for each in told(one.refusal)])
                continue
            findings = one.saved.findings if one.saved is not None else ()
            yield Line(
                section=section,
                steps=list(self._steps(self.states[pk].values, after[pk], names)),
                notes=[each.message for each in findings if each.code != STUDENTS_ENROLLED],
                students=one.students,
            )

    def _after(self, pk: int) -> dict[str, object]:
        """The fields that become new, in canonical form."""
        before = self.states[pk].values
        return read_changes(self.wish.of_section(before), fields=self.fields, term=self.term, before=before)

    def _steps(
        self, before: Mapping[str, object], after: Mapping[str, object], names: ValueNames
    ) -> Iterator[Step]:
        for name, value in after.items():
            shown = self.fields[name]
            yield Step(
                label=shown.label,
                now=names.words(shown, before.get(name)),
                then=names.words(shown, value),
            )
