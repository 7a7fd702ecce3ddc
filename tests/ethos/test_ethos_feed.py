"""The change feed: what changes in the SIS comes here soon; echoes, gaps and what no message names."""

import datetime as dt

import pytest
from django.utils import timezone

from integration.feed import REST, follow
from integration.models import Conflict, FeedPosition, MergeRequest, OutboundChange
from integration.real_time import deliver_due
from scheduling.models import Section
from tests.campus import TERM

pytestmark = pytest.mark.parametrize("profile", ["colleague"], indirect=True)


@pytest.fixture
def fed(college):
    """The college, its feed followed to the end."""
    follow(college.adapter)
    return college


def here(sis_id):
    return Section.objects.get(term=TERM, crn=sis_id)


def test_a_change_in_the_sis_comes_here_with_the_next_look(fed):
    fed.edit_in_sis("S1", capacity="77")
    meeting = {**fed.rows_of("S5", "meetings")[0], "room": "102"}
    fed.edit_in_sis("S5", meetings=[meeting])
    followed = follow(fed.adapter)
    assert (followed.due, followed.has_asked) == (2, False)
    deliver_due(fed.adapter)
    assert here("S1").capacity == 77
    assert here("S5").meetings.get().room.number == "102"
    assert not OutboundChange.objects.exclude(state="DONE").exists()
    assert fed.sis.journal == []
    assert follow(fed.adapter).records == 0


def test_our_own_writes_come_back_as_echoes(fed):
    fed.edit("S1", capacity=25, title="Cells at night")
    fed.edit("S5", meetings=[{"days": "F", "start_time": "08:00", "end_time": "08:50"}])
    deliver_due(fed.adapter)
    assert fed.row("S1")["capacity"] == "25"
    followed = follow(fed.adapter)
    assert (followed.echoes, followed.due, followed.has_asked) == (2, 0, False)


def test_an_edit_of_the_same_field_on_both_sides_becomes_a_conflict(fed):
    fed.edit("S1", title="Ours")
    fed.edit_in_sis("S1", title="Theirs")
    assert follow(fed.adapter).due == 1
    deliver_due(fed.adapter)
    conflict = Conflict.objects.get(status=Conflict.Status.OPEN)
    assert (conflict.field, conflict.ours, conflict.theirs) == ("title", "Ours", "Theirs")


@pytest.mark.parametrize("what", ["a new section", "a meeting that is gone", "a gap", "a removed section"])
def test_what_no_message_names_asks_for_one_whole_import(fed, what):
    if what == "a new section":
        row = {**fed.row("S1"), "id": "S9", "section_number": "Q"}
        fed.sis.apply_revision({"upsert": [{**row, "meetings": [], "instructors": []}]})
    elif what == "a meeting that is gone":
        fed.edit_in_sis("S5", meetings=[])
    elif what == "a removed section":
        fed.sis.apply_revision({"delete": ["S2"]})
    else:
        fed.edit_in_sis("S1", capacity="60")
        follow(fed.adapter)
        fed.edit_in_sis("S1", capacity="61")
        fed.edit_in_sis("S1", capacity="62")
        fed.sis.feed.messages.pop(-2)
    assert follow(fed.adapter).has_asked
    request = MergeRequest.objects.get()
    assert (request.types, request.terms, request.is_sending) == (
        ["sections", "relationships"],
        [TERM],
        False,
    )
    row = {**fed.row("S1"), "id": "S10", "section_number": "R"}
    fed.sis.apply_revision({"upsert": [{**row, "meetings": [], "instructors": []}]})
    assert not follow(fed.adapter).has_asked
    assert FeedPosition.objects.get().is_behind
    later = timezone.now() + REST + dt.timedelta(seconds=1)
    assert follow(fed.adapter, clock=lambda: later).has_asked
    assert not FeedPosition.objects.get().is_behind


def test_a_term_that_is_not_in_real_time_is_left_to_the_night(fed):
    fed.enable(real_time=False)
    fed.edit_in_sis("S1", capacity="77")
    assert follow(fed.adapter).records == 0
    assert not OutboundChange.objects.exclude(state="DONE").exists()
