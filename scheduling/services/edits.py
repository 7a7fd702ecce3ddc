"""Edits as lines of JSON, each applied on its own through the write services (CONTRACT.md, `apply_edits`)."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, assert_never

import msgspec

from scheduling.domain.errors import DomainError, FieldLocked, NotFound
from scheduling.domain.values import is_storable
from scheduling.models import Relationship, Term
from scheduling.selectors import section_named

from . import relationships, sections
from .audit import Author

FORMS = (
    '{"op": "update", "section": S, "set": {field: value}}',
    '{"op": "create", "set": {field: value}}',
    '{"op": "cancel", "section": S}',
    '{"op": "delete", "section": S}',
    '{"op": "crosslist", "members": [S, S], "primary": S, "capacity": n}',
    '{"op": "dissolve", "relationship": id}',
)
SectionName = str | int
"""A crn, a SIS id, or SUBJECT-NUMBER-SECTIONNUMBER; a bare number stands for its digits."""


class _Edit(msgspec.Struct, tag_field="op", tag=str.lower, forbid_unknown_fields=True, kw_only=True):
    """One line. `version`: the one its author saw."""


class Update(_Edit):
    """Change fields of a section."""

    section: SectionName
    set: dict[str, Any]
    version: int | None = None


class Create(_Edit):
    """Make a section."""

    set: dict[str, Any]


class Cancel(_Edit):
    """Cancel a section."""

    section: SectionName
    version: int | None = None


class Delete(_Edit):
    """Remove a section."""

    section: SectionName
    version: int | None = None


class Crosslist(_Edit):
    """Group sections."""

    members: list[SectionName]
    primary: SectionName | None = None
    capacity: int | None = None


class Dissolve(_Edit):
    """Remove a relationship."""

    relationship: int
    version: int | None = None


Edit = Update | Create | Cancel | Delete | Crosslist | Dissolve
_decoder: msgspec.json.Decoder[Edit] = msgspec.json.Decoder(Edit)


class NotAnEdit(DomainError):
    """A line that is no edit; the message says what to write."""

    code = "NOT_AN_EDIT"


def read_edit(line: bytes) -> Edit:
    """The edit in one line. Raises `NotAnEdit`."""
    try:
        edit = _decoder.decode(line)
        if is_storable(msgspec.to_builtins(edit)):
            return edit
        problem = "a text holds a NUL or half of a character"
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        problem = str(error)
    raise NotAnEdit(f"This is no edit ({problem}). Write one of: {'; '.join(FORMS)}.")


def apply_edits(
    lines: Iterable[bytes], *, term: Term, author: Callable[[], Author]
) -> Iterator[dict[str, Any]]:
    """Apply each line that is not blank; yield its result as JSON. A refused line leaves the others be.

    `author` is called for every line: each edit has its own moment.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        result: dict[str, Any] = {"line": number}
        try:
            result |= {"ok": True, **_apply(read_edit(line), term, author())}
        except DomainError as error:
            place = f"Line {number}: " if isinstance(error, NotAnEdit) else ""
            result |= {"ok": False, "code": error.code, "field": error.field or None}
            result["message"] = f"{place}{error.message}"
            if isinstance(error, FieldLocked):
                result["locked"] = dict(error.locked)
        yield result


def _apply(edit: Edit, term: Term, author: Author) -> dict[str, Any]:
    match edit:
        case Create():
            return _saved(sections.create_section(term.pk, edit.set, author=author))
        case Update():
            pk = _section(term, edit.section)
            return _saved(sections.update_section(pk, edit.set, author=author, version=edit.version))
        case Cancel():
            pk = _section(term, edit.section)
            return _saved(sections.cancel_section(pk, author=author, version=edit.version))
        case Delete():
            pk = _section(term, edit.section)
            sections.delete_section(pk, author=author, version=edit.version)
            return {"section": pk, "version": None}
        case Crosslist():
            return _crosslist(edit, term, author)
        case Dissolve():
            if not Relationship.objects.filter(pk=edit.relationship, term=term).exists():
                raise NotFound(f"There is no relationship {edit.relationship} in {term}.")
            relationships.dissolve_relationship(edit.relationship, author=author, version=edit.version)
            return {"relationship": edit.relationship, "version": None}
    assert_never(edit)


def _section(term: Term, name: SectionName) -> int:
    return section_named(term.pk, str(name).strip())


def _saved(saved: sections.Saved) -> dict[str, Any]:
    warnings = [{"code": one.code, "message": one.message, "field": one.field} for one in saved.findings]
    return {"section": saved.section_id, "version": saved.version, "warnings": warnings}


def _crosslist(edit: Crosslist, term: Term, author: Author) -> dict[str, Any]:
    saved = relationships.create_relationship(
        term.pk,
        kind="CROSSLIST",
        members=[_section(term, name) for name in edit.members],
        primary=None if edit.primary is None else _section(term, edit.primary),
        capacity=edit.capacity,
        author=author,
    )
    warnings = [{"code": one.code, "message": one.message, "field": one.field} for one in saved.findings]
    return {"relationship": saved.relationship_id, "version": saved.version, "warnings": warnings}
