"""What was modified in the SIS is brought in by day, too."""

import datetime as dt

import pytest
from django.core.management import call_command

from integration.feed import follow
from integration.models import FeedPosition, MergeRequest
from tandem_conformance.institution import TERM
from tests.merge_desk import execute_merge
from tests.oneroster.oneroster_server import KEY
from tests.oneroster.oneroster_sis import OneRosterSis

NOW = dt.datetime(2024, 7, 1, 12, 0, tzinfo=dt.UTC)
BEFORE, AFTER, LATER = (f"2024-06-0{day}T00:00:00+00:00" for day in (1, 2, 3))


@pytest.fixture
def sis(settings):
    made = OneRosterSis()
    settings.SIS_URL, settings.SIS_API_KEY = made.server.url, KEY
    settings.SIS_MAX_REQUESTS_PER_SECOND = 100_000
    yield made
    made.close()


def modify(sis, at=AFTER, *sourced_ids):
    for one in sourced_ids:
        sis.service.odd[one] = {"dateLastModified": at.replace("+00:00", ".000Z")}


def named(sis, after=BEFORE):
    batch = sis.adapter.changes(after=after)
    return [one.sis_id for one in batch.changes], batch.position, batch.is_partial


def test_classes_and_who_teaches_are_told_by_what_was_modified_since(sis):
    assert named(sis) == ([], BEFORE, False)
    modify(sis, AFTER, "S003", "S004")
    modify(sis, LATER, "S001-I3")
    assert named(sis) == (["S001", "S003", "S004"], LATER, True)  # a page is full: there may be more
    assert named(sis, AFTER) == (["S001"], LATER, False)


def test_a_service_that_knows_no_filter_tells_no_more(sis):
    sis.service.filters = False
    modify(sis, AFTER, "S003", "student")
    assert named(sis) == (["S003"], AFTER, False)


def test_a_moment_without_a_zone_is_no_moment(sis):
    sis.service.odd["S003"] = {"dateLastModified": "2024-06-02T00:00:00"}
    assert named(sis) == ([], BEFORE, True)


def test_at_first_only_the_position_is_known(sis):
    assert sis.adapter.changes(after="").position == BEFORE
    assert sis.adapter.changes(after="").is_partial


@pytest.mark.django_db
def test_what_was_modified_asks_for_an_import_of_the_terms_of_the_night(sis):
    execute_merge("all", "--term", TERM)

    def look(minutes):
        return follow(sis.adapter, clock=lambda: NOW + dt.timedelta(minutes=minutes))

    assert not look(0).has_asked
    assert not FeedPosition.objects.exists()  # no term is on
    call_command("enable_term", TERM, "--nightly")
    assert look(1).has_asked  # what went before is not known
    assert not look(30).has_asked
    modify(sis, AFTER, "S002")
    assert look(60).has_asked
    assert not look(90).has_asked
    asked = MergeRequest.objects.order_by("id").values_list("terms", "is_sending")
    assert list(asked) == [([TERM], False)] * 2
    assert sis.writes() == []
