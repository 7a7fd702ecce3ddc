"""A file of sections: kept while its author looks at what it would do, then carried out whole.

Each row goes through `create_section` or `update_section` in one transaction; a row that is refused leaves
the others be. What is saved is what was shown: the rows' outcomes have a digest, and where it differs from
the one that was shown, nothing is saved.
"""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from django.db import transaction

from scheduling.domain.checks import Finding
from scheduling.domain.errors import ConfirmationNeeded, DomainError, InvalidValue, StaleVersion
from scheduling.models import SectionUpload, Term
from scheduling.sheets.wanted import Wanted

from .audit import Author
from .field_locks import FieldLocks
from .locking import locked_sections
from .sections import create_section, lock_what_can_clash, update_section
from .students import STUDENTS_ENROLLED

KEPT = dt.timedelta(days=1)
MOST_CHANGES = 500
LONGEST_NAME = 200
EVERYBODY = 10**9
"""More students than there are: rows are asked about their students together, not one by one."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a row. `refusal`: why nothing did; `students`: how many enrolled ones it touches."""

    asked: Wanted
    section_id: int | None = None
    refusal: str = ""
    findings: Sequence[Finding] = ()
    students: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Outcomes:
    """All rows that ask for something. `digest`: equal for equal outcomes."""

    rows: Sequence[Outcome]
    digest: str

    @property
    def saved(self) -> Sequence[Outcome]:
        """The rows that are saved."""
        return [one for one in self.rows if not one.refusal]

    @property
    def students(self) -> int:
        """How many enrolled students are touched in all."""
        return sum(one.students for one in self.saved)


@transaction.atomic
def keep_upload(term: Term, *, file_name: str, content: bytes, author: Author) -> SectionUpload:
    """Keep a file for its author; the author's older ones of this term, and all of yesterday, go."""
    if author.user is None:
        raise InvalidValue("A file is kept for somebody; sign in first.")
    drop_old_uploads(now=author.now)
    SectionUpload.objects.filter(term=term, user=author.user).delete()
    return SectionUpload.objects.create(
        term=term, user=author.user, file_name=file_name[-LONGEST_NAME:], content=content, at=author.now
    )


def drop_old_uploads(*, now: dt.datetime) -> None:
    """Forget the files that have been kept for longer than `KEPT`, whoever's they are."""
    SectionUpload.objects.filter(at__lt=now - KEPT).delete()


def drop_upload(upload_id: int) -> None:
    """Keep a file no longer."""
    SectionUpload.objects.filter(pk=upload_id).delete()


@transaction.atomic
def save_rows(
    rows: Sequence[Wanted], *, term: Term, file_name: str, author: Author, digest: str | None = None
) -> Outcomes:
    """Save all rows that can be saved. `digest`: of what the author was shown (None: nothing was).

    Raises `InvalidValue` (too many changes), `ConfirmationNeeded` (for all rows together), `StaleVersion`
    (the outcomes are not those that were shown); then nothing is saved.
    """
    if sum(not one.refusal for one in rows) > MOST_CHANGES:
        raise InvalidValue(
            f"The file asks for more than {MOST_CHANGES} changes; so many can be saved at once. Split it."
        )
    _lock(rows, term)
    locks = FieldLocks(terms=[term.pk], at=author.now, user_id=author.user.pk if author.user else None)
    signed = dataclasses.replace(author, reason=f"From {file_name}", confirmed_students=EVERYBODY)
    outcomes = [_save(one, signed, locks, term) for one in rows]
    found = Outcomes(rows=outcomes, digest=_digest(outcomes))
    if digest is not None and digest != found.digest:
        raise StaleVersion("What this file would do has changed since it was shown, so nothing was saved.")
    if found.students > author.confirmed_students:
        count = found.students
        raise ConfirmationNeeded(
            f"These changes touch {count:,} enrolled {'student' if count == 1 else 'students'}.",
            students=count,
        )
    return found


def _lock(rows: Collection[Wanted], term: Term) -> None:
    """All that saving will lock, in the order that every save keeps: two imports never deadlock."""
    changing = [one for one in rows if not one.refusal]
    locked_sections([one.section_id for one in changing if one.section_id is not None])
    lock_what_can_clash([{**one.before, **one.changes} for one in changing], term)


def _save(asked: Wanted, author: Author, locks: FieldLocks, term: Term) -> Outcome:
    if asked.refusal:
        return Outcome(asked=asked, section_id=asked.section_id, refusal=asked.refusal)
    signed = dataclasses.replace(author, reason=f"{author.reason}, {asked.place}")
    try:
        if asked.section_id is None:
            saved = create_section(term.pk, asked.changes, author=signed)
        else:
            saved = update_section(
                asked.section_id, asked.changes, author=signed, version=asked.version, locks=locks
            )
    except DomainError as refused:
        return Outcome(asked=asked, section_id=asked.section_id, refusal=refused.message)
    told = [one for one in saved.findings if one.code == STUDENTS_ENROLLED]
    return Outcome(
        asked=asked,
        section_id=saved.section_id,
        findings=[one for one in saved.findings if one not in told],
        students=sum(int(one.other) for one in told),
    )


def _digest(outcomes: Sequence[Outcome]) -> str:
    shown = [
        (
            one.asked.line,
            one.asked.section_id,
            one.asked.version,
            _plain(one.asked.changes),
            one.refusal,
            one.students,
            [finding.message for finding in one.findings],
        )
        for one in outcomes
    ]
    return hashlib.sha256(msgspec.json.encode(shown)).hexdigest()


def _plain(changes: Mapping[str, Any]) -> Any:
    return sorted(msgspec.to_builtins(changes).items())
