"""What a write makes of reads that fail on the way: the record is several of the SIS, written one by one."""

import datetime as dt

import pytest

from integration.sis.ethos.client import READ_TRIES
from integration.sis.port import MergeType, SisOutcomeUnknown, SisUnavailable
from scheduling.domain.values import assignment, meeting
from tests.campus import DATES, TERM

EVENING = {"days": "F", "start_time": "18:00", "end_time": "19:20", "building": "HAL", "room": "103"}
TEAM = (assignment({"instructor": "I1", "percent": 100, "is_primary": True}),)
EVENTS, ASSIGNMENTS = "instructional-events", "section-instructors"


@pytest.fixture
def update(college):
    """Writes changes of S1 with a fault in the way."""
    guid = college.row("S1")["guid"]
    there = college.adapter.read(MergeType.SECTIONS, [guid], term=TERM)[guid].load()

    def write(changes, *, then="", resource="", times=1):
        spec = {"when": {"method": "GET", "resource": resource}, "then": then, "times": times}
        college.sis.faults.add([spec] if then else [])
        with college.adapter.writing(term=TERM, run="1", now=dt.datetime.now(dt.UTC)) as writer:
            writer.update(
                MergeType.SECTIONS, guid, changes, values={**there, **changes}, token="", client_ref=""
            )

    write.there = tuple(meeting(one) for one in there["meetings"])
    return write


def test_a_list_of_events_that_comes_empty_makes_no_event_twice(college, update):
    before = college.rows_of("S1", "meetings")
    new = meeting({**EVENING, "start_date": DATES[0], "end_date": DATES[1]})
    update({"meetings": (*update.there, new)}, then="empty_list", resource=EVENTS)
    assert len(college.rows_of("S1", "meetings")) == len(before) + 1
    assert [entry["method"] for entry in college.sis.journal] == ["POST"]


def test_a_list_of_events_that_is_not_whole_writes_nothing(college, update):
    new = meeting({**EVENING, "start_date": DATES[0], "end_date": DATES[1]})
    with pytest.raises(SisUnavailable, match="does not tell all instructional-events"):
        update({"meetings": (*update.there, new)}, then="truncated_page", resource=EVENTS, times=100)
    assert college.sis.journal == []


def test_a_read_that_fails_after_a_write_is_an_unknown_outcome(college, update):
    new = meeting({**EVENING, "start_date": DATES[0], "end_date": DATES[1]})
    away = {"when": {"method": "GET"}, "then": "maintenance", "times": READ_TRIES}
    with (
        college.at_the_write(lambda: college.sis.faults.add([away]), after=True),
        pytest.raises(SisOutcomeUnknown, match="Part of it was written"),
    ):
        update({"capacity": 25, "meetings": (*update.there, new)})
    assert college.row("S1")["capacity"] == "25"
    assert [entry["method"] for entry in college.sis.journal] == ["PUT"]


def test_a_read_that_fails_before_any_write_had_no_effect(college, update):
    with pytest.raises(SisUnavailable):
        update({"instructors": TEAM}, then="maintenance", resource=ASSIGNMENTS, times=READ_TRIES)
    assert college.sis.journal == []
