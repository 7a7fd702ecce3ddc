"""Absence and return: when a record that a snapshot does not show is gone, and when an id comes back."""

from dataclasses import dataclass
from enum import Enum, auto


@dataclass(frozen=True, kw_only=True, slots=True)
class SnapshotEvidence:
    """What a snapshot proves (see `port.Evidence`)."""

    is_complete: bool
    is_proven: bool
    digest: str


class AbsenceOutcome(Enum):
    """What an absence means."""

    NOT_EVIDENCE = auto()  # the snapshot may be incomplete, or older than our last read or write
    PRESENT = auto()  # a read by id found it
    FIRST_ABSENCE = auto()
    STILL_MISSING = auto()  # the same snapshot again says nothing new
    REMOVED = auto()
    CONFLICT = auto()  # removed there, edited here


def decide_absence(
    *,
    evidence: SnapshotEvidence,
    missing_since_digest: str | None,
    is_touched_since: bool,
    seen_by_id: bool | None,
    has_local_edits: bool,
) -> AbsenceOutcome:
    """Judge one absent record (MERGE.md, Removals).

    `missing_since_digest`: digest of the snapshot in which it was first absent, if any; `is_touched_since`:
    whether it was pushed or pulled since the snapshot began; `seen_by_id`: what a read by id said, if any.
    """
    if not evidence.is_complete or is_touched_since:
        return AbsenceOutcome.NOT_EVIDENCE
    if seen_by_id is True:
        return AbsenceOutcome.PRESENT
    is_second_sighting = missing_since_digest is not None and missing_since_digest != evidence.digest
    if evidence.is_proven or seen_by_id is False or is_second_sighting:
        return AbsenceOutcome.CONFLICT if has_local_edits else AbsenceOutcome.REMOVED
    return AbsenceOutcome.FIRST_ABSENCE if missing_since_digest is None else AbsenceOutcome.STILL_MISSING


class ReturnOutcome(Enum):
    """What the return of a retired id means."""

    IGNORED = auto()  # the evidence is older than the retirement: a lagging feed
    REVIVED = auto()
    ARCHIVED = auto()  # the id names another record now


def decide_return(*, is_evidence_newer: bool, is_same_record: bool) -> ReturnOutcome:
    """Judge an id that comes back with a retired link."""
    if not is_evidence_newer:
        return ReturnOutcome.IGNORED
    return ReturnOutcome.REVIVED if is_same_record else ReturnOutcome.ARCHIVED
