"""The scheduling checks, one by one, on plain values."""

import pytest

from scheduling.domain.checks import (
    Booking,
    Check,
    Namesake,
    Partner,
    RoomFacts,
    Severity,
    Surroundings,
    disagreements,
    findings,
    introduced,
    overlap,
)
from scheduling.domain.values import Assignment, Meeting

HALL = {"building": "HAL", "room": "101"}


def meeting(days="MWF", start="09:00", end="09:50", **parts):
    return Meeting(days=days, start_time=start, end_time=end, **parts)


def section(*meetings, **values):
    return {"status": "ACTIVE", "course": "C1", "section_number": "01", "meetings": meetings} | values


def around(**facts):
    return Surroundings(**({"term_start": "2027-02-01", "term_end": "2027-05-28"} | facts))


def booking(made, section_id=7, people=()):
    return Booking(section_id=section_id, label="CHE 200 02", meeting=made, instructors=frozenset(people))


def codes(found):
    return [one.code for one in found]


class TestOverlap:
    def test_meetings_that_share_a_day_and_a_moment_overlap(self):
        assert overlap(meeting("MWF"), meeting("TRF", "09:30", "10:20"))

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (meeting("MWF"), meeting("TR")),
            (meeting(start="09:00", end="09:50"), meeting(start="09:50", end="10:40")),
            (meeting(), meeting(days="", start="", end="")),
            (meeting(), meeting(start="", end="")),
            (meeting(days=""), meeting(days="")),
            (
                meeting(start_date="2027-02-01", end_date="2027-03-20"),
                meeting(start_date="2027-03-21", end_date="2027-05-28"),
            ),
        ],
        ids=["other days", "touching times", "arranged", "no time", "no days", "other half of the term"],
    )
    def test_meetings_that_do_not_meet_do_not_overlap(self, one, other):
        assert not overlap(one, other)
        assert not overlap(other, one)

    def test_a_blank_date_is_open_ended(self):
        assert overlap(meeting(start_date="2027-03-01"), meeting(end_date="2027-03-01"))

    def test_date_ranges_that_share_one_day_overlap(self):
        assert overlap(meeting(end_date="2027-03-20"), meeting(start_date="2027-03-20"))


class TestDoubleBooking:
    def test_a_room_taken_by_another_section_is_an_error_that_names_it(self):
        (found,) = findings(section(meeting(**HALL)), around(bookings=(booking(meeting(**HALL)),)))
        assert (found.code, found.severity, found.field) == ("ROOM_DOUBLE_BOOKED", "ERROR", "meetings")
        assert "HAL 101" in found.message
        assert "CHE 200 02" in found.message
        assert found.other == "7"

    def test_another_room_of_the_same_number_is_free(self):
        taken = booking(meeting(building="OLD", room="101"))
        assert findings(section(meeting(**HALL)), around(bookings=(taken,))) == ()

    def test_a_building_without_a_room_is_never_double_booked(self):
        online = meeting(building="ONLINE")
        assert findings(section(online), around(bookings=(booking(online),))) == ()

    def test_two_meetings_of_the_section_itself_in_one_room_clash(self):
        found = findings(section(meeting(**HALL), meeting("F", "09:30", "10:00", **HALL)), around())
        assert codes(found) == [Check.ROOM_DOUBLE_BOOKED]

    def test_an_instructor_who_teaches_elsewhere_is_an_error(self):
        team = (Assignment(instructor="I1"), Assignment(instructor="I2"))
        taken = booking(meeting("F", "09:30", "10:20"), people={"I2", "I3"})
        (found,) = findings(section(meeting(), instructors=team), around(bookings=(taken,)))
        assert (found.code, found.severity, found.field) == (
            "INSTRUCTOR_DOUBLE_BOOKED",
            "ERROR",
            "instructors",
        )
        assert "I2" in found.message

    def test_an_instructor_at_another_time_is_free(self):
        taken = booking(meeting("F", "10:30", "11:20"), people={"I1"})
        values = section(meeting(), instructors=(Assignment(instructor="I1"),))
        assert findings(values, around(bookings=(taken,))) == ()

    def test_a_crosslist_partner_shares_room_and_instructor(self):
        shared = meeting(**HALL)
        facts = around(
            bookings=(booking(shared), booking(shared, people={"I1"})),
            partners=(Partner(section_id=7, label="CHE 200 02", meetings=(shared,)),),
        )
        assert findings(section(shared, instructors=(Assignment(instructor="I1"),)), facts) == ()

    def test_two_clashes_with_one_section_are_one_finding(self):
        taken = (booking(meeting("M", **HALL)), booking(meeting("W", **HALL)))
        assert len(findings(section(meeting(**HALL)), around(bookings=taken))) == 1


class TestRoomsAndCapacity:
    @pytest.mark.parametrize(("capacity", "expected"), [(31, ["CAPACITY_OVER_ROOM"]), (30, []), (None, [])])
    def test_more_seats_than_the_room_has_is_a_warning(self, capacity, expected):
        rooms = {("HAL", "101"): RoomFacts(capacity=30, is_active=True)}
        found = findings(section(meeting(**HALL), capacity=capacity), around(rooms=rooms))
        assert codes(found) == expected
        assert all(one.severity is Severity.WARNING for one in found)

    def test_a_room_whose_size_is_unknown_holds_any_number(self):
        rooms = {("HAL", "101"): RoomFacts(capacity=None, is_active=True)}
        assert findings(section(meeting(**HALL), capacity=500), around(rooms=rooms)) == ()

    def test_a_room_that_is_not_in_use_is_an_error(self):
        rooms = {("HAL", "101"): RoomFacts(capacity=30, is_active=False)}
        (found,) = findings(section(meeting(**HALL)), around(rooms=rooms))
        assert (found.code, found.severity) == ("ROOM_INACTIVE", "ERROR")


class TestDatesAndTimes:
    @pytest.mark.parametrize(
        ("first", "last", "expected"),
        [
            ("2027-01-31", "2027-05-28", ["MEETING_OUTSIDE_TERM"]),
            ("2027-02-01", "2027-05-29", ["MEETING_OUTSIDE_TERM"]),
            ("2027-02-01", "2027-05-28", []),
            ("", "", []),
        ],
    )
    def test_a_meeting_outside_the_term_is_an_error(self, first, last, expected):
        found = findings(section(meeting(start_date=first, end_date=last)), around())
        assert codes(found) == expected
        assert all(one.severity is Severity.ERROR for one in found)

    def test_a_section_that_ends_before_it_starts_is_an_error_on_its_end_date(self):
        (found,) = findings(section(start_date="2027-03-02", end_date="2027-03-01"), around())
        assert (found.code, found.severity, found.field) == ("END_BEFORE_START", "ERROR", "end_date")

    @pytest.mark.parametrize("end", ["08:00", "09:00"])
    def test_a_meeting_that_does_not_end_after_it_starts_is_an_error(self, end):
        assert codes(findings(section(meeting(end=end)), around())) == [Check.END_BEFORE_START]

    def test_a_meeting_whose_dates_are_reversed_is_an_error(self):
        reversed_dates = meeting(start_date="2027-03-02", end_date="2027-03-01")
        assert codes(findings(section(reversed_dates), around())) == [Check.END_BEFORE_START]

    def test_an_arranged_meeting_breaks_nothing(self):
        assert findings(section(Meeting()), around(bookings=(booking(meeting()),))) == ()


class TestNumberCreditsStatus:
    def test_a_number_of_another_live_section_is_taken(self):
        other = Namesake(section_id=7, label="BIO 101 01", course="C1", number="01")
        (found,) = findings(section(), around(namesakes=(other,)))
        assert (found.code, found.severity, found.field) == ("NUMBER_TAKEN", "ERROR", "section_number")

    def test_the_same_number_in_another_course_is_free(self):
        other = Namesake(section_id=7, label="BIO 102 01", course="C2", number="01")
        assert findings(section(), around(namesakes=(other,))) == ()

    @pytest.mark.parametrize(
        ("mine", "offered", "expected"),
        [
            ("0.50", "1.00", ["CREDITS_OUTSIDE_COURSE"]),
            ("1.00", "1", []),
            ("3.00", None, []),
            (None, "1.00", []),
        ],
        ids=["differs", "equal as numbers", "variable credit", "blank"],
    )
    def test_other_credits_than_the_course_has_are_a_warning(self, mine, offered, expected):
        found = findings(section(credits=mine), around(course_credits={"C1": offered}))
        assert codes(found) == expected
        assert all(one.severity is Severity.WARNING for one in found)

    def test_a_cancelled_section_with_meetings_is_a_warning_and_clashes_with_nobody(self):
        values = section(meeting(**HALL), status="CANCELLED")
        other = Namesake(section_id=7, label="BIO 101 01", course="C1", number="01")
        (found,) = findings(values, around(bookings=(booking(meeting(**HALL)),), namesakes=(other,)))
        assert (found.code, found.severity) == ("CANCELLED_WITH_MEETINGS", "WARNING")

    def test_a_cancelled_section_without_meetings_is_fine(self):
        assert findings(section(status="CANCELLED"), around()) == ()


class TestCrosslist:
    def test_a_partner_at_another_time_is_a_warning_that_names_it(self):
        partner = Partner(section_id=7, label="CHE 200 02", meetings=(meeting(start="10:00", end="10:50"),))
        (found,) = findings(section(meeting()), around(partners=(partner,)))
        assert (found.code, found.severity) == ("CROSSLIST_DISAGREES", "WARNING")
        assert "CHE 200 02" in found.message

    def test_partners_need_not_share_their_dates(self):
        partner = Partner(section_id=7, label="x", meetings=(meeting(start_date="2027-02-01"),))
        assert list(disagreements((meeting(),), (partner,))) == []


class TestIntroduced:
    CLASH = around(bookings=(booking(meeting(**HALL)), booking(meeting("T", **HALL), section_id=8)))

    def test_an_error_that_stood_before_is_not_introduced(self):
        found = findings(section(meeting(**HALL)), self.CLASH)
        assert found
        assert introduced(found, found) == ()

    def test_the_same_error_with_another_section_is_introduced(self):
        before = findings(section(meeting(**HALL)), self.CLASH)
        after = findings(section(meeting("MT", **HALL)), self.CLASH)
        assert [one.other for one in introduced(before, after)] == ["8"]

    def test_a_warning_is_never_introduced(self):
        after = findings(section(meeting(), status="CANCELLED"), around())
        assert after
        assert introduced((), after) == ()
