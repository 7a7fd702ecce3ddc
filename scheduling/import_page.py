"""What a file would do to a term's sections: the preview of an import, in words."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import ClassVar

from django.core.exceptions import PermissionDenied

from phases.policy import Permission
from scheduling.domain.errors import DomainError
from scheduling.models import ChangeLog, SectionUpload, Term, User
from scheduling.selectors import catalogue, labels_of_sections
from scheduling.services.audit import Author
from scheduling.services.previewing import previewed
from scheduling.services.students import EVERYBODY
from scheduling.services.uploads import Outcome, Outcomes, save_rows
from scheduling.sheets.naming import Reader
from scheduling.sheets.reading import read_sheet
from scheduling.sheets.wanted import Wanted, wanted
from scheduling.value_names import ValueNames, names_in
from scheduling.visibility import Viewer

MOST_SHOWN = 500
NO_IMPORT = "Your role does not let you import sections. Ask the registrar's office for one that does."


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One field of a section, now and then."""

    label: str
    now: str
    then: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of the file, which stands at `place`.

    `pk`: its section, if there is one; `students`: enrolled ones it touches.
    """

    line: int
    place: str
    label: str
    pk: int | None
    is_new: bool
    steps: Sequence[Step]
    notes: Sequence[str]
    students: int = 0
    refusal: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ImportPreview:
    """The preview. `same`: how many rows change nothing; `refusal`: why nothing can be done at all."""

    rows: Sequence[Row] = ()
    same: int = 0
    students: int = 0
    digest: str = ""
    refusal: str = ""

    most: ClassVar[int] = MOST_SHOWN

    @property
    def saved(self) -> Sequence[Row]:
        """The rows that can be saved."""
        return [row for row in self.rows if not row.refusal]

    @property
    def refused(self) -> Sequence[Row]:
        """The rows that cannot."""
        return [row for row in self.rows if row.refusal]

    @property
    def new(self) -> int:
        """How many sections would be made."""
        return sum(row.is_new for row in self.saved)

    @property
    def shown(self) -> Sequence[Row]:
        """The refused rows, up to `most`, then those that can be saved."""
        return [*self.refused[: self.most], *self.saved]


def reader_of(term: Term, viewer: Viewer) -> Reader:
    """`viewer` as somebody who imports. Raises `PermissionDenied` without the permission."""
    departments = viewer.departments(Permission.IMPORT_AND_EXPORT)
    if departments is not None and not departments:
        raise PermissionDenied(NO_IMPORT)
    return Reader(term=term, viewer=viewer, fields=catalogue(), departments=departments)


def import_author(user: User, *, now: dt.datetime, students: int = 0) -> Author:
    """Who signs an import; `students`: how many enrolled ones the person said yes to."""
    return Author(now=now, source=ChangeLog.Source.FORM, user=user, confirmed_students=students)


def preview(upload: SectionUpload, reader: Reader, author: Author) -> ImportPreview:
    """What saving the file would do, found by doing it and taking it back."""
    sheet = read_sheet(bytes(upload.content), fields=reader.fields)
    rows = wanted(sheet, reader)
    told = dataclasses.replace(author, confirmed_students=EVERYBODY)
    try:
        outcomes = previewed(
            lambda: save_rows(rows, term=reader.term, file_name=upload.file_name, author=told)
        )
    except DomainError as refused:
        return ImportPreview(refusal=refused.message, same=len(sheet.lines) - len(rows))
    return ImportPreview(
        rows=_shown(outcomes, reader),
        same=len(sheet.lines) - len(rows),
        students=outcomes.students,
        digest=outcomes.digest,
    )


def carry_out(upload: SectionUpload, reader: Reader, author: Author, *, digest: str) -> Outcomes:
    """Save the file as it was shown under `digest`. Raises as `save_rows` and `read_sheet`."""
    sheet = read_sheet(bytes(upload.content), fields=reader.fields)
    rows = wanted(sheet, reader)
    return save_rows(rows, term=reader.term, file_name=upload.file_name, author=author, digest=digest)


def _shown(outcomes: Outcomes, reader: Reader) -> list[Row]:
    asked = [one.asked for one in outcomes.rows]
    labels = labels_of_sections(one.section_id for one in asked if one.section_id is not None)
    held = [
        (reader.fields[name], value)
        for one in asked
        for values in (one.changes, {name: one.before.get(name) for name in one.changes})
        for name, value in values.items()
    ]
    names = names_in(held, term_code=reader.term.pk)
    return [_row(one, labels, names, reader) for one in outcomes.rows]


def _row(one: Outcome, labels: dict[int, str], names: ValueNames, reader: Reader) -> Row:
    return Row(
        line=one.asked.line,
        place=one.asked.place,
        label=labels.get(one.asked.section_id or 0) or _name_of_new(one.asked, names, reader),
        pk=one.asked.section_id,
        is_new=one.asked.section_id is None,
        steps=_steps(one.asked, names, reader),
        notes=[finding.message for finding in one.findings],
        students=one.students,
        refusal=one.refusal,
    )


def _name_of_new(asked: Wanted, names: ValueNames, reader: Reader) -> str:
    if not asked.changes:
        return ""
    course = names.words(reader.fields["course"], asked.changes["course"])
    return f"{course} {asked.changes['section_number']}"


def _steps(asked: Wanted, names: ValueNames, reader: Reader) -> list[Step]:
    return [
        Step(
            label=reader.fields[name].label,
            now=names.words(reader.fields[name], asked.before.get(name)),
            then=names.words(reader.fields[name], value),
        )
        for name, value in asked.changes.items()
    ]
