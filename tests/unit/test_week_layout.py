"""The layout of a week: every class once a day, lanes that never overlap, clashes by the house's checks."""

from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.checks import Booking, Check, Partner, Surroundings, findings
from scheduling.domain.clashes import Lesson, clash_of, clashes_by_block, clashes_of
from scheduling.domain.fields import DAYS
from scheduling.domain.values import Assignment, Meeting
from scheduling.domain.week import is_on, minutes, time_used, week_of

TIMES = [f"{hour:02}:{minute}" for hour in (7, 9, 10, 18, 20) for minute in ("00", "50")]
DATES = [("", ""), ("2027-01-11", "2027-05-07"), ("2027-01-11", "2027-03-10"), ("2027-03-11", "")]
MEETINGS = st.builds(
    lambda days, times, place, dates: Meeting(
        days="".join(day for day in DAYS if day in days),
        start_time=times[0],
        end_time=times[1],
        building=place[0],
        room=place[1],
        start_date=dates[0],
        end_date=dates[1],
    ),
    st.sets(st.sampled_from(DAYS), max_size=3),
    st.one_of(
        st.just(("", "")),
        st.lists(st.sampled_from(TIMES), min_size=2, max_size=2, unique=True).map(
            lambda two: tuple(sorted(two))
        ),
        st.tuples(st.sampled_from(TIMES), st.sampled_from(TIMES)),
    ),
    st.sampled_from([("HAL", "101"), ("HAL", "102"), ("HAL", ""), ("", "")]),
    st.sampled_from(DATES),
)
GROUP_OF = {1: None, 2: None, 3: 7, 4: 7, 5: 8}
TEAM_OF = {1: {"ada"}, 2: {"ada", "bob"}, 3: {"bob"}, 4: {"bob"}, 5: set()}


def lesson(key, section_id, meeting, *, team=None):
    return Lesson(
        key=key,
        booking=Booking(
            section_id=section_id,
            label=f"BIO {section_id}",
            meeting=meeting,
            instructors=frozenset(TEAM_OF[section_id] if team is None else team),
        ),
        crosslist=GROUP_OF[section_id],
    )


LESSONS = st.lists(st.tuples(st.sampled_from(sorted(GROUP_OF)), MEETINGS), max_size=9).map(
    lambda found: [
        lesson(key, section_id, meeting) for key, (section_id, meeting) in enumerate(found, start=1)
    ]
)


def at(start, end, days="M", **parts):
    return Meeting(days=days, start_time=start, end_time=end, **parts)


def check_finds_double_booking(one, other):
    """What the scheduling checks say of section `one` if `other` is booked: the oracle."""
    values = {
        "status": "ACTIVE",
        "meetings": (one.meeting,),
        "instructors": tuple(Assignment(instructor=who) for who in one.booking.instructors),
    }
    bookings, partners = (other.booking,), ()
    if one.booking.section_id == other.booking.section_id:
        bookings, values["meetings"] = (), (one.meeting, other.meeting)
    elif one.crosslist is not None and one.crosslist == other.crosslist:
        partners = (Partner(section_id=other.booking.section_id, label="", meetings=()),)
    found = findings(values, Surroundings(bookings=bookings, partners=partners))
    codes = {Check.ROOM_DOUBLE_BOOKED.value, Check.INSTRUCTOR_DOUBLE_BOOKED.value}
    return {finding.code for finding in found} & codes


@given(LESSONS)
def test_each_class_stands_once_on_each_of_its_days(lessons):
    week = week_of(lessons)
    placed = sorted((block.lesson.key, block.day) for block in week.blocks)
    assert placed == sorted((one.key, day) for one in lessons if one.has_slot for day in one.meeting.days)
    assert sorted(one.key for one in (*week.lessons, *week.without_slot)) == [one.key for one in lessons]


@given(LESSONS)
def test_classes_of_one_lane_never_overlap_and_lanes_are_counted(lessons):
    for day in week_of(lessons).days:
        for block in day.blocks:
            assert 0 <= block.lane < block.lanes <= day.lanes
        for one, other in combinations(day.blocks, 2):
            if one.start < other.end and other.start < one.end:
                assert one.lane != other.lane
                assert one.lanes == other.lanes  # each as wide as the other


@given(LESSONS)
def test_a_day_has_no_more_lanes_than_classes_at_once(lessons):
    for day in week_of(lessons).days:
        at_once = [sum(other.start <= one.start < other.end for other in day.blocks) for one in day.blocks]
        assert day.lanes == max(at_once, default=1)


@given(LESSONS)
def test_the_hours_shown_hold_every_class(lessons):
    week = week_of(lessons)
    assert (week.first_hour <= 8, week.last_hour >= 18) == (True, True)
    for block in week.blocks:
        assert week.first_hour * 60 <= block.start < block.end <= week.last_hour * 60


@given(LESSONS)
def test_a_clash_is_what_the_checks_call_double_booked(lessons):
    for one, other in permutations(lessons, 2):
        if one.meeting == other.meeting and one.booking.section_id == other.booking.section_id:
            continue  # two equal meetings of a section are one (domain.values)
        clash = clash_of(one, other)
        codes = set()
        if clash is not None:
            codes |= {Check.ROOM_DOUBLE_BOOKED.value} if clash.is_of_room else set()
            codes |= {Check.INSTRUCTOR_DOUBLE_BOOKED.value} if clash.instructors else set()
        assert codes == check_finds_double_booking(one, other)


@given(LESSONS)
def test_clashes_are_those_of_all_pairs_each_once_and_both_ways(lessons):
    assert all(clash_of(one, one) is None for one in lessons)
    expected = {
        frozenset({one.key, other.key}) for one, other in combinations(lessons, 2) if clash_of(one, other)
    }
    assert expected == {
        frozenset({one.key, other.key}) for one, other in combinations(lessons, 2) if clash_of(other, one)
    }
    found = clashes_of(lessons)
    assert {frozenset({one.one.key, one.other.key}) for one in found} == expected
    assert len(found) == len(expected)


@given(LESSONS)
def test_a_clash_is_marked_on_both_classes_on_the_days_they_share(lessons):
    marked = clashes_by_block(clashes_of(lessons))
    for (key, day), clashes in marked.items():
        for clash in clashes:
            assert key in {clash.one.key, clash.other.key}
            assert day in clash.one.meeting.days
            assert day in clash.other.meeting.days
            assert clash in marked[clash.one.key, day]
            assert clash in marked[clash.other.key, day]


@given(LESSONS)
def test_time_used_is_the_minutes_of_the_week_with_a_class(lessons):
    blocks = week_of(lessons).blocks
    used = {(block.day, minute) for block in blocks for minute in range(block.start, block.end)}
    assert time_used(blocks) == len(used)
    assert time_used(blocks, apart=lambda one: one.key) == sum(block.end - block.start for block in blocks)


@pytest.mark.parametrize(
    ("meeting", "has_slot"),
    [
        (at("09:00", "09:50"), True),
        (at("", ""), False),
        (at("09:00", "09:50", days=""), False),
        (at("09:00", "09:00"), False),
        (at("10:00", "09:00"), False),
    ],
    ids=["a class", "days alone", "a time alone", "no length", "ends before it starts"],
)
def test_what_cannot_be_drawn_is_kept_apart(meeting, has_slot):
    week = week_of([lesson(1, 1, meeting)])
    assert bool(week.blocks) is has_slot
    assert bool(week.without_slot) is not has_slot


def test_saturday_and_sunday_are_there_only_if_they_are_needed():
    assert [day.letter for day in week_of([]).days] == list("MTWRF")
    assert [day.letter for day in week_of([lesson(1, 1, at("09:00", "09:50", days="U"))]).days] == list(
        "MTWRFU"
    )


def test_classes_that_touch_share_a_lane():
    week = week_of([lesson(1, 1, at("09:00", "10:00")), lesson(2, 5, at("10:00", "11:00"))])
    assert [(block.lane, block.lanes) for block in week.blocks] == [(0, 1), (0, 1)]


def test_halves_of_a_term_stand_side_by_side_and_do_not_clash():
    place = {"building": "HAL", "room": "101"}
    first = at("09:00", "10:00", start_date="2027-01-11", end_date="2027-03-10", **place)
    second = at("09:00", "10:00", start_date="2027-03-11", end_date="2027-05-07", **place)
    week = week_of([lesson(1, 1, first), lesson(2, 5, second)])
    assert [block.lanes for block in week.blocks] == [2, 2]
    assert week.clashes == ()


def test_a_clash_tells_what_is_shared():
    place = {"building": "HAL", "room": "101"}
    one = lesson(1, 1, at("09:00", "10:20", days="MW", **place))
    other = lesson(2, 2, at("10:00", "10:50", days="MWF", **place))
    (clash,) = clashes_of([one, other])
    assert (clash.days, clash.start_time, clash.end_time) == ("MW", "10:00", "10:20")
    assert clash.is_of_room
    assert clash.instructors == {"ada"}


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("", "", True),
        ("2027-01-11", "2027-03-10", True),
        ("2027-03-11", "", False),
        ("", "2027-01-10", False),
        ("2027-03-10", "2027-03-10", True),
    ],
)
def test_a_meeting_is_on_where_its_dates_touch(start, end, expected):
    meeting = at("09:00", "10:00", start_date=start, end_date=end)
    assert is_on(meeting, first="2027-01-11", last="2027-03-10") is expected


def test_minutes_count_from_midnight():
    assert minutes("00:00") == 0
    assert minutes("13:05") == 785
