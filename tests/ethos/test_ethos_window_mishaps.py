"""The window when something else goes wrong: a process that dies, gaps in the feed, a place that moves."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.feed import OVERDUE, follow
from integration.models import AwaitedEcho, Conflict, FeedPosition, MergeRequest
from integration.real_time import deliver_due
from integration.sweep import sweep
from integration.watching import Watch

PROFILES = ["colleague", pytest.param("banner", marks=pytest.mark.long)]
pytestmark = pytest.mark.parametrize("profile", PROFILES, indirect=True)


@pytest.fixture
def fed(college):
    """The college, its feed followed to the end."""
    follow(college.adapter)
    return college


def write_over(college, deed=lambda: None, *, ours="Ours", theirs="Theirs", **when):
    college.edit("S1", title=ours)

    def edit():
        college.edit_in_sis("S1", title=theirs)
        deed()

    with college.at_the_write(edit, **when):
        deliver_due(college.adapter)


def held():
    return list(Conflict.objects.filter(status="OPEN").values_list("kind", "ours", "theirs"))


class Killed(BaseException):
    """The process is gone."""


def test_a_process_that_dies_after_the_write_hides_nothing(fed):
    def die():
        raise Killed

    fed.edit("S1", title="Ours")
    with (
        pytest.raises(Killed),
        fed.at_the_write(die, after=True),
        fed.at_the_write(lambda: fed.edit_in_sis("S1", title="Theirs")),
    ):
        deliver_due(fed.adapter)
    assert fed.row("S1")["title"] == "Ours"
    assert follow(fed.adapter).covered == 1
    sweep(fed.adapter)
    assert held() == [("COVERED", "Ours", "Theirs")]


def test_a_look_that_was_begun_before_the_place_went_back_changes_nothing(fed):
    watch = Watch.begin(fed.adapter.capabilities)
    fed.edit_in_sis("S1", capacity="50")
    follow(fed.adapter)
    fed.edit_in_sis("S1", capacity="51")
    changes = fed.adapter.changes

    def changes_and_back(*, after):
        batch = changes(after=after)
        watch.hold_place()
        return batch

    fed.adapter.changes = changes_and_back
    try:
        assert follow(fed.adapter).records == 0
    finally:
        del fed.adapter.changes
    place = FeedPosition.objects.get()
    assert (place.position, place.tick) == (watch.place.position, watch.place.tick)
    assert follow(fed.adapter).records == 1
    assert FeedPosition.objects.get().position == str(fed.sis.feed.last)


def test_a_place_never_goes_forward_with_a_delivery(fed):
    early = Watch.begin(fed.adapter.capabilities)
    fed.edit_in_sis("S1", capacity="50")
    follow(fed.adapter)
    late = Watch.begin(fed.adapter.capabilities)
    fed.edit_in_sis("S1", capacity="51")
    follow(fed.adapter)
    for watch in (early, late):
        watch.hold_place()
    assert FeedPosition.objects.get().position == early.place.position


def test_what_a_gap_in_the_feed_swallows_is_lost_and_the_gap_is_told(fed):
    """The edit's message is missing: nothing says that there was one. The import finds both sides equal."""
    fed.edit_in_sis("S2", capacity="50")
    follow(fed.adapter)
    write_over(fed)
    fed.sis.feed.messages.pop(-2)
    followed = follow(fed.adapter)
    assert (followed.covered, followed.has_asked, MergeRequest.objects.count()) == (0, True, 1)
    deliver_due(fed.adapter)
    fed.run("sections")
    assert held() == []


def test_without_its_echo_an_edit_stays_unheld_and_the_echo_is_not_awaited_for_ever(fed):
    write_over(fed)
    fed.sis.feed.messages.pop()
    assert follow(fed.adapter).covered == 0
    deliver_due(fed.adapter)
    assert AwaitedEcho.objects.get().seen == {"": "Theirs"}
    follow(fed.adapter, clock=lambda: timezone.now() + OVERDUE + dt.timedelta(seconds=1))
    assert not AwaitedEcho.objects.exists()


@pytest.mark.parametrize("is_quick", [False, True])
def test_a_meeting_whose_dates_the_sis_fills_in_is_known_as_ours(fed, is_quick):
    """Whether the feed is looked at before the delivery has read what it wrote, or after."""
    fed.edit("S5", meetings=[{"days": "F", "start_time": "08:00", "end_time": "08:50"}])
    look = (lambda: follow(fed.adapter)) if is_quick else (lambda: None)
    with fed.at_the_write(look, resource="instructional-events", after=True):
        deliver_due(fed.adapter)
    assert AwaitedEcho.objects.count() == (not is_quick)
    assert follow(fed.adapter).covered == 0
    assert not AwaitedEcho.objects.exists()


def test_a_look_takes_no_query_a_record(fed):
    """Messages about records without an echo cost what they cost before, and one question for all of them."""

    def queries(*sis_ids):
        for number, sis_id in enumerate(sis_ids):
            fed.edit_in_sis(sis_id, capacity=str(60 + number + len(sis_ids)))
        with CaptureQueriesContext(connection) as taken:
            assert follow(fed.adapter).records == len(sis_ids)
        return len(taken)

    assert queries("S1") == queries("S1", "S2", "S3", "S4")
    with CaptureQueriesContext(connection) as taken:
        follow(fed.adapter)
    assert sum("awaitedecho" in one["sql"] for one in taken.captured_queries) <= 2
