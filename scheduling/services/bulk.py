"""Changing many sections in one transaction: each through `update_section`, with every lock and check.

What one section refuses is told for it and leaves the others be, or refuses all, as the caller wants. A
preview and the save that follows are the same call: the preview's `fingerprint` goes to the save, which saves
nothing where its own differs.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from django.db import transaction

from scheduling.domain.errors import ConfirmationNeeded, DomainError, InvalidValue, StaleVersion
from scheduling.domain.values import Assignment, Meeting
from scheduling.models import ChangeLog, Section, Term
from scheduling.selectors import values_of_sections

from .audit import Author
from .field_locks import FieldLocks
from .locking import locked_sections
from .sections import CLASHING, Saved, lock_what_can_clash, update_section
from .students import STUDENTS_ENROLLED

MOST_SECTIONS = 500
Changes = Mapping[str, Any]
"""Field -> raw value, as `update_section` takes them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edited:
    """What became of one section: saved, or refused. `students`: enrolled ones whom the change reaches."""

    section_id: int
    saved: Saved | None = None
    refusal: DomainError | None = None
    students: int = 0


@dataclass(eq=False)
class NotAllEdited(DomainError):
    """Some cannot be changed and all were wanted. `refusals`: section id -> why."""

    refusals: Mapping[int, DomainError] = field(default_factory=dict)


@transaction.atomic
def edit_many(
    changes: Mapping[int, Changes],
    versions: Mapping[int, int],
    *,
    author: Author,
    is_all_or_none: bool = False,
    agreed: str | None = None,
) -> list[Edited]:
    """Change each section (id -> its changes), up to `MOST_SECTIONS`; one result each, in id order.

    `versions`: id -> the version that the author saw; `agreed`: the `fingerprint` of the results that they
    were shown. `author.confirmed_students` counts for all sections together. Raises `InvalidValue` (too
    many), `NotAllEdited`, `StaleVersion` (not what was agreed), `ConfirmationNeeded`; then nothing is saved.
    """
    if len(changes) > MOST_SECTIONS:
        raise InvalidValue(f"{len(changes):,} sections are too many; change up to {MOST_SECTIONS} at a time.")
    sections = locked_sections(list(changes))
    terms = {one.term_id for one in sections.values()}
    _lock_all(changes, terms)
    locks = FieldLocks(terms=terms, at=author.now, user_id=author.user.pk if author.user else None)
    results = [
        _edited(pk, changes[pk], version=versions.get(pk, 0), section=sections.get(pk), by=(author, locks))
        for pk in sorted(changes)
    ]
    if agreed is not None and agreed != fingerprint(changes, results):
        raise StaleVersion("What would be saved is not what you were shown; look at it again.")
    refusals = {one.section_id: one.refusal for one in results if one.refusal is not None}
    if is_all_or_none and refusals:
        count = len(refusals)
        raise NotAllEdited(
            f"{count} section{' is' if count == 1 else 's are'} refused, so nothing was saved.",
            refusals=refusals,
        )
    _ask(results, author)
    return results


def _lock_all(changes: Mapping[int, Changes], terms: Collection[str]) -> None:
    """What the saves will lock, in the order that every save keeps: two bulk edits never deadlock."""
    if not any(CLASHING & one.keys() for one in changes.values()):
        return
    states: list[Mapping[str, Any]] = []
    for pk, state in values_of_sections(list(changes)).items():
        places = [
            Meeting(building=str(one.get("building") or ""), room=str(one.get("room") or ""))
            for one in _rows(changes[pk], "meetings")
        ]
        people = [
            Assignment(instructor=str(one.get("instructor") or ""))
            for one in _rows(changes[pk], "instructors")
        ]
        wanted = {"course": state.values["course"], "meetings": places, "instructors": people}
        states += [state.values, wanted]
    for term in Term.objects.filter(pk__in=terms).order_by("pk"):
        lock_what_can_clash(states, term)


def _rows(changes: Changes, name: str) -> list[Mapping[str, Any]]:
    return [one for one in changes.get(name) or () if isinstance(one, Mapping)]


def fingerprint(changes: Mapping[int, Changes], results: Sequence[Edited]) -> str:
    """The same for the same changes with the same results, whoever computes it and when."""
    told = [
        (
            one.section_id,
            sorted(changes[one.section_id].items()),
            one.saved and (one.saved.version, one.saved.changed),
            one.refusal and one.refusal.message,
            one.students,
        )
        for one in results
    ]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def _edited(
    pk: int, changes: Changes, *, version: int, section: Section | None, by: tuple[Author, FieldLocks]
) -> Edited:
    """One section saved in a savepoint of its own, or why not.

    Its own students are taken as confirmed: they are asked about together, in the end.
    """
    author, locks = by
    own = replace(author, confirmed_students=(section.enrollment or 0) if section is not None else 0)
    try:
        saved = update_section(pk, changes, author=own, version=version, locks=locks)
    except DomainError as refusal:
        return Edited(section_id=pk, refusal=refusal)
    students = next((int(one.other) for one in saved.findings if one.code == STUDENTS_ENROLLED), 0)
    return Edited(section_id=pk, saved=saved, students=students)


def _ask(results: Sequence[Edited], author: Author) -> None:
    """Raise one question for all sections, unless the author said yes to as many students."""
    students = sum(one.students for one in results)
    if author.source == ChangeLog.Source.FORM and author.confirmed_students < students:
        raise ConfirmationNeeded(
            f"{students:,} enrolled {'student is' if students == 1 else 'students are'} touched.",
            students=students,
        )
