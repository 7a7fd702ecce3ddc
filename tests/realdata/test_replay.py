"""Every day of a real term, as a night's merge without local edits, ends equal to the last state."""

import pytest

from integration.models import OutboundChange

pytestmark = [pytest.mark.realdata, pytest.mark.django_db]
APPROVALS = {"20241": 8, "20243": 7}
"""Nights on which a safeguard asked for a person."""


def test_every_night_of_the_term_converges_to_its_last_day(college):
    college.load()
    college.enable()
    for revision in college.revisions:
        college.adapter.apply_revision(revision)
        college.night(sends=True)
    assert college.ours() == college.last() == college.theirs()
    assert len(college.approved) == APPROVALS[college.term], [
        (plan.merge_type, plan.trips) for plan in college.approved
    ]
    # Nobody edited here, so nothing of all this (enrolment counts above all) was ever sent.
    assert college.adapter.journal() == []
    assert not OutboundChange.objects.exists()
    assert not college.open_conflicts().exists()
