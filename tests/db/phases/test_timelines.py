"""Setting the timeline of a term: local times, replacing, what is refused."""

import datetime as dt

import pytest
from django.test import override_settings

from phases.errors import RuleRefused
from phases.models import Phase, TimelineEntry
from phases.selectors import timeline_of
from phases.services.timelines import set_timeline

IN_CHICAGO = override_settings(TIME_ZONE="America/Chicago")


def local(text):
    return dt.datetime.fromisoformat(text)


def utc(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.fixture
def recorded():
    return []


@pytest.fixture
def put(schedule, recorded):
    def set_it(*switches):
        ids = dict(Phase.objects.values_list("name", "pk"))
        return set_timeline(
            schedule.term.pk,
            [(moment, ids[name] if name else None) for moment, name in switches],
            record=recorded.extend,
        )

    return set_it


@pytest.fixture
def shown(schedule):
    def read():
        return [
            (one.phase and one.phase.name, one.start, one.end)
            for one in timeline_of(schedule.term.pk).periods
        ]

    return read


@IN_CHICAGO
def test_local_times_are_the_institutions_across_the_change_of_the_clock(put, shown):
    put(
        (local("2027-03-14T03:00"), "Published"),
        (local("2027-03-13T00:00"), "Draft"),
        (local("2027-11-07T01:30"), "Closed"),
        (local("2027-11-07T02:00"), None),
    )
    draft, published, closed, end = (
        utc("2027-03-13T06:00"),
        utc("2027-03-14T08:00"),
        utc("2027-11-07T06:30"),
        utc("2027-11-07T08:00"),
    )
    assert shown() == [
        (None, None, draft),
        ("Draft", draft, published),
        ("Published", published, closed),
        ("Closed", closed, end),
        (None, end, None),
    ]


@IN_CHICAGO
def test_in_the_hour_that_comes_twice_each_moment_is_in_one_phase(schedule, put):
    put((utc("2027-11-07T06:45"), "Draft"), (utc("2027-11-07T07:15"), "Closed"))  # 1:45, then 1:15 again
    line = timeline_of(schedule.term.pk)
    names = [
        (found := line.at(utc(f"2027-11-07T{at}"))).phase and found.phase.name
        for at in ("06:44", "06:45", "07:14", "07:15")
    ]
    assert names == [None, "Draft", "Draft", "Closed"]


def test_setting_replaces_what_stood_and_records_both(schedule, put, shown, recorded):
    put((utc("2027-01-01T00:00"), "Draft"), (utc("2027-02-01T00:00"), "Closed"))
    recorded.clear()
    put((utc("2027-01-01T00:00"), "Draft"), (utc("2027-03-01T00:00"), None))

    assert [name for name, _start, _end in shown()] == [None, "Draft", None]
    [change] = recorded
    assert (change.record_type, change.record_id, change.term_code) == ("term", "20271", "20271")
    assert (change.action, change.field) == ("UPDATE", "timeline")
    assert change.before == [
        {"starts_at": "2027-01-01T00:00:00+00:00", "phase": "Draft"},
        {"starts_at": "2027-02-01T00:00:00+00:00", "phase": "Closed"},
    ]
    assert change.after == [
        {"starts_at": "2027-01-01T00:00:00+00:00", "phase": "Draft"},
        {"starts_at": "2027-03-01T00:00:00+00:00", "phase": None},
    ]


def test_setting_the_same_again_writes_and_records_nothing(put, recorded):
    switches = [(utc("2027-01-01T00:00"), "Draft"), (utc("2027-02-01T00:00"), "Closed")]
    put(*switches)
    before = list(TimelineEntry.objects.values_list("pk", flat=True))
    recorded.clear()
    assert put(*reversed(switches)) == ()
    assert list(TimelineEntry.objects.values_list("pk", flat=True)) == before
    assert recorded == []


def test_no_switch_leaves_the_roles_defaults(put, shown):
    put((utc("2027-01-01T00:00"), "Draft"))
    put()
    assert shown() == [(None, None, None)]


@IN_CHICAGO
def test_two_phases_at_one_moment_are_refused_also_where_the_clock_skips(put, recorded):
    with pytest.raises(RuleRefused, match="Two phases begin at 14 Mar 2027, 03:00; keep one of them"):
        put((local("2027-03-14T02:15"), "Draft"), (local("2027-03-14T02:45"), "Closed"))
    assert recorded == []
    assert not TimelineEntry.objects.exists()


def test_a_phase_or_a_term_that_is_not_there_is_refused(schedule):
    with pytest.raises(RuleRefused, match="no such phase"):
        set_timeline(schedule.term.pk, [(schedule.now, 0)], record=list)
    with pytest.raises(RuleRefused, match="no term '1999'"):
        set_timeline("1999", [], record=list)


def test_without_its_record_the_timeline_stays(schedule, put, shown):
    class AuditFailed(Exception):
        pass

    def fail(_changes):
        raise AuditFailed

    put((utc("2027-01-01T00:00"), "Draft"))
    before = shown()
    with pytest.raises(AuditFailed):
        set_timeline(schedule.term.pk, [], record=fail)
    assert shown() == before
