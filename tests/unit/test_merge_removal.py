"""Absence and return, all cases of them (MERGE.md, Removals)."""

from itertools import product

import pytest

from integration.merge.removal import (
    AbsenceOutcome,
    ReturnOutcome,
    SnapshotEvidence,
    decide_absence,
    decide_return,
)

BOOLEANS = (False, True)


def judge(
    *,
    is_complete=True,
    is_proven=False,
    before=None,
    is_touched=False,
    seen=None,
    has_edits=False,
):
    return decide_absence(
        evidence=SnapshotEvidence(is_complete=is_complete, is_proven=is_proven, digest="now"),
        missing_since_digest=before,
        is_touched_since=is_touched,
        seen_by_id=seen,
        has_local_edits=has_edits,
    )


@pytest.mark.parametrize(
    ("is_proven", "before", "seen", "has_edits"),
    list(product(BOOLEANS, (None, "before"), (None, *BOOLEANS), BOOLEANS)),
)
def test_an_incomplete_snapshot_and_a_record_touched_since_are_never_evidence(
    is_proven, before, seen, has_edits
):
    case = {"is_proven": is_proven, "before": before, "seen": seen, "has_edits": has_edits}
    assert judge(is_complete=False, **case) is AbsenceOutcome.NOT_EVIDENCE
    assert judge(is_touched=True, **case) is AbsenceOutcome.NOT_EVIDENCE


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ({}, AbsenceOutcome.FIRST_ABSENCE),
        ({"before": "now"}, AbsenceOutcome.STILL_MISSING),
        ({"before": "before"}, AbsenceOutcome.REMOVED),
        ({"is_proven": True}, AbsenceOutcome.REMOVED),
        ({"seen": False}, AbsenceOutcome.REMOVED),
        ({"seen": True}, AbsenceOutcome.PRESENT),
        ({"seen": True, "is_proven": True, "before": "before"}, AbsenceOutcome.PRESENT),
    ],
)
def test_an_absence_counts_once_it_is_confirmed(case, outcome):
    assert judge(**case) is outcome


@pytest.mark.parametrize(
    ("is_proven", "before", "seen"), list(product(BOOLEANS, (None, "now", "before"), (None, *BOOLEANS)))
)
def test_local_edits_turn_a_removal_into_a_conflict_and_change_nothing_else(is_proven, before, seen):
    case = {"is_proven": is_proven, "before": before, "seen": seen}
    without = judge(**case)
    expected = AbsenceOutcome.CONFLICT if without is AbsenceOutcome.REMOVED else without
    assert judge(**case, has_edits=True) is expected


@pytest.mark.parametrize(
    ("is_newer", "is_same", "outcome"),
    [
        (False, True, ReturnOutcome.IGNORED),
        (False, False, ReturnOutcome.IGNORED),
        (True, True, ReturnOutcome.REVIVED),
        (True, False, ReturnOutcome.ARCHIVED),
    ],
)
def test_an_id_comes_back_only_on_newer_evidence_and_only_as_the_same_record(is_newer, is_same, outcome):
    assert decide_return(is_evidence_newer=is_newer, is_same_record=is_same) is outcome
