"""A file of sections: kept while its author looks at what it would do, then carried out whole.

All rows are saved in one transaction, each by the rules of a single save; a row that is refused leaves the
others be. What is saved is what was shown: the rows' outcomes have a digest, and where it differs from
the one that was shown, nothing is saved.
"""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.db import transaction

from scheduling.domain.checks import Finding
from scheduling.domain.errors import ConfirmationNeeded, DomainError, InvalidValue, StaleVersion
from scheduling.models import SectionUpload, Term
from scheduling.sheets.wanted import Wanted

from .audit import Author
from .saving import Saved, Wish, save_sections
from .students import EVERYBODY, STUDENTS_ENROLLED, students_of

KEPT = dt.timedelta(days=1)
MOST_CHANGES = 500
LONGEST_NAME = 200


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
    told = dataclasses.replace(author, confirmed_students=EVERYBODY)  # they are asked about together
    wanted = [one for one in rows if not one.refusal]
    saved = iter(save_sections([_wish(one, term, file_name) for one in wanted], author=told))
    outcomes = [_outcome(one, InvalidValue(one.refusal) if one.refusal else next(saved)) for one in rows]
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


def _wish(asked: Wanted, term: Term, file_name: str) -> Wish:
    reason = f"From {file_name}, {asked.place}"
    return Wish(
        section_id=asked.section_id, changes=asked.changes, version=asked.version, term=term, reason=reason
    )


def _outcome(asked: Wanted, saved: Saved | DomainError) -> Outcome:
    if isinstance(saved, DomainError):
        return Outcome(asked=asked, section_id=asked.section_id, refusal=saved.message)
    return Outcome(
        asked=asked,
        section_id=saved.section_id,
        findings=[one for one in saved.findings if one.code != STUDENTS_ENROLLED],
        students=students_of(saved.findings),
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
