"""Changing many sections in one transaction: each with every lock and check of a single save.

What one section refuses is told for it and leaves the others be, or refuses all, as the caller wants. A
preview and the save that follows are the same call: the preview's `fingerprint` goes to the save, which saves
nothing where its own differs.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from django.db import transaction

from scheduling.domain.errors import ConfirmationNeeded, DomainError, InvalidValue, StaleVersion
from scheduling.models import ChangeLog

from .audit import Author
from .saving import Saved, Wish, save_sections
from .students import EVERYBODY, students_of

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
    told = replace(author, confirmed_students=EVERYBODY)  # they are asked about together, in the end
    wishes = [Wish(section_id=pk, changes=changes[pk], version=versions.get(pk, 0)) for pk in sorted(changes)]
    outcomes = zip(wishes, save_sections(wishes, author=told), strict=True)
    results = [_edited(wish.section_id or 0, one) for wish, one in outcomes]
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


def _edited(pk: int, outcome: Saved | DomainError) -> Edited:
    if isinstance(outcome, DomainError):
        return Edited(section_id=pk, refusal=outcome)
    return Edited(section_id=pk, saved=outcome, students=students_of(outcome.findings))


def _ask(results: Sequence[Edited], author: Author) -> None:
    """Raise one question for all sections, unless the author said yes to as many students."""
    students = sum(one.students for one in results)
    if author.source == ChangeLog.Source.FORM and author.confirmed_students < students:
        raise ConfirmationNeeded(
            f"{students:,} enrolled {'student is' if students == 1 else 'students are'} touched.",
            students=students,
        )
