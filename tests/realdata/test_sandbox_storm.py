"""The real term at a SIS over HTTP where each request may meet any fault: nothing is doubled or lost."""

import pytest
from django.core.management import call_command

from integration.models import OutboundChange
from tests.realdata.far_college import FAULTS, ZONE, Clerk, doubled, open_far_college, pointless
from tests.realdata.test_both_sides import Histories, assert_nothing_lost, settle

pytestmark = [pytest.mark.realdata, pytest.mark.django_db, pytest.mark.long]


@pytest.fixture(params=["colleague", "banner"])
def far_college(request, realdata, settings):
    settings.TIME_ZONE = ZONE
    with open_far_college(realdata, request.param) as college:
        yield college


def live_through(college, days, *, seed, storm):
    """Days with edits on both sides, a third of the sections in all; after each, nights in a storm."""
    college.load()
    college.enable()
    before = doubled(college.sis)
    clerk, histories = Clerk(college, seed), Histories()
    for _day in range(days):
        theirs = college.theirs()
        college.sis.advance(3)
        histories.note(histories.theirs, theirs, college.theirs())
        clerk.edit(len(theirs) // (3 * days), histories)
        college.sis.faults.add(storm)
        college.night(sends=True)
        college.night(sends=True)
    assert [fault.then for fault in college.sis.faults.faults if fault.left] == []  # each struck
    college.sis.faults.add([])
    call_command("replay_outbound", "--term", college.term)  # a person looked at what the SIS refused
    settle(college, clerk, seed)
    college.nights()
    return before, clerk, histories


def assert_all_is_well(college, before, clerk, histories):
    assert clerk.accepted > 100
    assert doubled(college.sis) <= before
    assert pointless(college.sis) == []
    ours, theirs = college.ours(), college.theirs()
    assert ours.keys() == theirs.keys()
    for record, values in theirs.items():
        assert {name: ours[record][name] for name in values} == values, record
    assert_nothing_lost(college, histories)
    written = len(college.sis.journal)
    for run in college.night(sends=True):
        assert run.counts["unchanged"] == run.counts["read"]
    assert len(college.sis.journal) == written
    assert not OutboundChange.objects.exclude(state="DONE").exists()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm_of_all_faults_over_a_third_of_the_real_term(far_college, seed):
    chance = 0.05 / len(FAULTS)
    storm = [{"then": fault, "p": chance, "seed": f"{seed}{fault}"} for fault in FAULTS]
    assert_all_is_well(far_college, *live_through(far_college, 2, seed=seed, storm=storm))
