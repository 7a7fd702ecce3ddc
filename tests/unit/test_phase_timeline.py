"""Which phase is when: periods without gaps, and local times in the nights the clock changes."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from phases.rules import PhaseRules
from phases.timeline import Period, Switch, local_moment, periods_of

CHICAGO, BERLIN = ZoneInfo("America/Chicago"), ZoneInfo("Europe/Berlin")
SWITCH = dt.datetime(2027, 1, 12, tzinfo=CHICAGO)
EVENING = dt.datetime(2027, 1, 12, 17, tzinfo=CHICAGO)


class TestTimeline:
    FIRST, SECOND = PhaseRules(code=1, name="Draft"), PhaseRules(code=2, name="Published")

    def test_periods_are_half_open(self):
        line = periods_of([Switch(starts_at=SWITCH, phase=self.FIRST), Switch(starts_at=EVENING, phase=None)])
        just = dt.timedelta(microseconds=1)
        assert line.at(SWITCH - just).phase is None
        assert line.at(SWITCH) == Period(phase=self.FIRST, start=SWITCH, end=EVENING)
        assert line.at(EVENING - just).phase is self.FIRST
        assert line.at(EVENING) == Period(phase=None, start=EVENING, end=None)

    def test_a_switch_to_the_phase_that_holds_is_none(self):
        line = periods_of(
            [Switch(starts_at=SWITCH, phase=self.FIRST), Switch(starts_at=EVENING, phase=self.FIRST)]
        )
        assert line.at(SWITCH).end is None
        assert line.after(SWITCH) == ()

    def test_in_the_hour_that_comes_twice_the_clock_does_not_decide(self):
        first, second = (
            dt.datetime(2027, 11, 7, 1, minute, tzinfo=CHICAGO, fold=fold)
            for minute, fold in ((45, 0), (15, 1))
        )
        line = periods_of(
            [Switch(starts_at=second, phase=self.SECOND), Switch(starts_at=first, phase=self.FIRST)]
        )
        assert [one.phase for one in line.periods] == [None, self.FIRST, self.SECOND]
        assert line.at(first).phase is self.FIRST
        assert line.at(second).phase is self.SECOND

    def test_no_switch_at_all_is_no_phase_for_good(self):
        assert periods_of([]).at(SWITCH) == Period()

    def test_two_phases_at_one_moment_are_refused_whatever_their_zones(self):
        pair = [
            Switch(starts_at=SWITCH, phase=self.FIRST),
            Switch(starts_at=SWITCH.astimezone(dt.UTC), phase=self.SECOND),
        ]
        with pytest.raises(ValueError, match="same moment"):
            periods_of(pair)


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        (CHICAGO, "2027-01-12T00:00", "2027-01-12T06:00"),
        (BERLIN, "2027-01-12T00:00", "2027-01-11T23:00"),
        # Skipped, as the clock goes forward: the moment of the jump.
        (CHICAGO, "2027-03-14T01:59", "2027-03-14T07:59"),
        (CHICAGO, "2027-03-14T02:00", "2027-03-14T08:00"),
        (CHICAGO, "2027-03-14T02:30", "2027-03-14T08:00"),
        (CHICAGO, "2027-03-14T02:59:59.500000", "2027-03-14T08:00"),
        (CHICAGO, "2027-03-14T03:00", "2027-03-14T08:00"),
        (BERLIN, "2027-03-28T02:30", "2027-03-28T01:00"),
        (BERLIN, "2027-03-28T03:00", "2027-03-28T01:00"),
        (ZoneInfo("America/Santiago"), "2027-09-05T00:00", "2027-09-05T04:00"),
        (ZoneInfo("Pacific/Apia"), "2011-12-30T12:00", "2011-12-30T10:00"),
        # Twice, as it goes back: the first time.
        (CHICAGO, "2027-11-07T01:30", "2027-11-07T06:30"),
        (BERLIN, "2027-10-31T02:30", "2027-10-31T00:30"),
        (BERLIN, "2027-10-31T03:00", "2027-10-31T02:00"),
    ],
)
def test_a_local_time_means_one_moment_in_the_nights_the_clock_changes_too(zone, local, utc):
    found = local_moment(dt.datetime.fromisoformat(local), zone)
    assert found == dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)
    assert found.tzinfo is dt.UTC


def test_a_local_time_with_a_zone_is_refused():
    with pytest.raises(ValueError, match="no zone"):
        local_moment(SWITCH, CHICAGO)
