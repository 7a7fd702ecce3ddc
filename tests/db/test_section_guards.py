"""Who may change which field of a section, and what the checks let pass."""

import datetime as dt

import pytest

from integration.models import MergeProfileVersion
from phases.models import Phase, TimelineEntry
from scheduling.domain.checks import CheckFailed, NumberTaken
from scheduling.domain.errors import (
    ActionRefused,
    FieldLocked,
)
from scheduling.models import Section, Term
from scheduling.selectors import values_of_sections
from scheduling.services import sections


def state(section_id):
    return values_of_sections([section_id])[section_id].values


@pytest.fixture
def settle(db):
    """Put merge settings for sections in force."""

    def put(**settings):
        MergeProfileVersion.objects.filter(profile__is_active=True).update(
            document={"types": {"sections": settings}}
        )

    return put


class TestWhoMay:
    def test_a_scheduler_is_told_every_locked_field_at_once(self, schedule):
        pk = schedule.section()
        author = schedule.author(schedule.user("SCHEDULER", departments=["BIO"]))
        closed = Phase.objects.get(name="Closed")
        TimelineEntry.objects.create(term=schedule.term, phase=closed, starts_at=schedule.now)
        with pytest.raises(FieldLocked) as refusal:
            sections.update_section(pk, {"title": "x", "capacity": 5}, author=author)
        assert set(refusal.value.locked) == {"title", "capacity"}
        assert "Title is locked in Closed; the Registrar may change it." in refusal.value.message
        assert "Capacity is locked" in refusal.value.message

    def test_fields_that_stay_as_they_are_are_not_asked_for(self, schedule):
        pk = schedule.section(title="Cells")
        author = schedule.author(schedule.user("SCHEDULER", departments=["BIO"]))
        assert sections.update_section(pk, {"title": "Cells"}, author=author).changed == ()

    @pytest.mark.parametrize(
        "who",
        [
            {"role": "REGISTRAR", "departments": ["CHE"]},
            {"role": "REGISTRAR", "departments": []},
            {"role": "REGISTRAR", "is_for_all": True, "is_active": False},
            {"role": "REGISTRAR", "is_for_all": True, "has_scheduling": False},
            {"role": ""},
        ],
        ids=["other department", "no department", "not active", "no product", "no role"],
    )
    def test_a_registrar_needs_the_department_and_an_open_account(self, schedule, who):
        schedule.course("CHE", "200")
        pk = schedule.section(schedule.course())
        author = schedule.author(schedule.user(**who))
        for change in (
            lambda: sections.update_section(pk, {"title": "x"}, author=author),
            lambda: sections.cancel_section(pk, author=author),
            lambda: sections.delete_section(pk, author=author),
            lambda: sections.create_section(
                "20271", {"course": "C-BIO-101", "section_number": "77"}, author=author
            ),
        ):
            with pytest.raises((FieldLocked, ActionRefused)):
                change()
        assert (state(pk)["title"], state(pk)["status"]) == (None, "ACTIVE")

    def test_a_registrar_of_the_department_may(self, schedule):
        pk = schedule.section()
        author = schedule.author(schedule.user("REGISTRAR", departments=["BIO"]))
        assert sections.update_section(pk, {"title": "x"}, author=author).version == 2

    @pytest.mark.parametrize("home", ["BIO", "CHE"])
    def test_moving_a_section_to_another_department_needs_both(self, schedule, home):
        pk = schedule.section(schedule.course())
        schedule.course("CHE", "200")
        author = schedule.author(schedule.user("REGISTRAR", departments=[home]))
        with pytest.raises(FieldLocked):
            sections.update_section(pk, {"course": "C-CHE-200"}, author=author)
        both = schedule.author(schedule.user("REGISTRAR", departments=["BIO", "CHE"]))
        assert sections.update_section(pk, {"course": "C-CHE-200"}, author=both).changed == ("course",)

    def test_a_change_that_nobody_signs_is_refused(self, schedule):
        pk = schedule.section()
        author = schedule.author(user=None)
        nobody = type(author)(now=author.now, source=author.source, name="a script")
        for change in (
            lambda: sections.update_section(pk, {"title": "x"}, author=nobody),
            lambda: sections.cancel_section(pk, author=nobody),
            lambda: sections.delete_section(pk, author=nobody),
            lambda: sections.create_section("20271", {}, author=nobody),
        ):
            with pytest.raises(ActionRefused):
                change()

    @pytest.mark.parametrize("name", ["crn", "enrollment", "waitlisted"])
    def test_what_the_sis_keeps_is_locked_for_a_registrar_too(self, schedule, name):
        pk = schedule.section()
        with pytest.raises(FieldLocked, match="kept by the SIS"):
            sections.update_section(pk, {name: "5"}, author=schedule.author())
        with pytest.raises(FieldLocked, match="kept by the SIS"):
            schedule.section(**{name: "5"})


class TestAlwaysSis:
    def test_a_field_whose_source_is_always_sis_is_locked_with_the_reason(self, schedule, settle):
        pk = schedule.section()
        settle(sources={"title": "ALWAYS_SIS"})
        with pytest.raises(FieldLocked) as refusal:
            sections.update_section(pk, {"title": "x", "capacity": 5}, author=schedule.author())
        assert refusal.value.locked == {
            "title": "Title is kept by the SIS (Always SIS in Merge Settings); it is changed there."
        }

    def test_an_override_locks_one_record_alone(self, schedule, settle):
        ours, other = schedule.imported(sis_id="S-A"), schedule.imported(sis_id="S-B", number="02")
        settle(overrides={"S-A": {"capacity": "ALWAYS_SIS"}})
        with pytest.raises(FieldLocked):
            sections.update_section(ours, {"capacity": 5}, author=schedule.author())
        assert sections.update_section(other, {"capacity": 5}, author=schedule.author()).version == 2

    def test_an_override_opens_one_record_alone(self, schedule, settle):
        pk = schedule.imported(sis_id="S-A")
        settle(default_source="ALWAYS_SIS", overrides={"S-A": {"capacity": "ASK"}})
        assert sections.update_section(pk, {"capacity": 5}, author=schedule.author()).version == 2
        with pytest.raises(FieldLocked):
            sections.update_section(pk, {"title": "x"}, author=schedule.author())

    def test_a_new_section_still_gets_its_course_number_and_status(self, schedule, settle):
        settle(default_source="ALWAYS_SIS")
        assert schedule.section()
        with pytest.raises(FieldLocked):
            schedule.section(title="x")

    def test_a_status_that_the_sis_keeps_cannot_be_cancelled_here(self, schedule, settle):
        pk = schedule.section()
        settle(sources={"status": "ALWAYS_SIS"})
        with pytest.raises(FieldLocked):
            sections.cancel_section(pk, author=schedule.author())

    def test_editing_goes_on_where_no_profile_is_active(self, schedule):
        pk = schedule.section()
        MergeProfileVersion.objects.all().delete()
        assert sections.update_section(pk, {"title": "x"}, author=schedule.author()).version == 2


class TestNumbers:
    def test_a_number_chosen_here_is_reserved(self, schedule):
        pk = schedule.section(section_number="05")
        assert Section.objects.get(pk=pk).reserved_number == "05"
        sections.update_section(pk, {"section_number": "06"}, author=schedule.author())
        assert Section.objects.get(pk=pk).reserved_number == "06"

    def test_a_number_of_a_live_section_is_taken_wherever_it_came_from(self, schedule):
        schedule.imported(number="01")
        pk = schedule.section(section_number="02")
        for change in (
            lambda: schedule.section(section_number="02"),
            lambda: schedule.section(section_number="01"),
            lambda: sections.update_section(pk, {"section_number": "01"}, author=schedule.author()),
        ):
            with pytest.raises(NumberTaken) as refusal:
                change()
            assert refusal.value.field == "section_number"

    def test_the_same_number_in_another_course_is_free(self, schedule):
        schedule.section(section_number="01")
        assert schedule.section(schedule.course("CHE", "200"), section_number="01")

    def test_a_cancelled_section_gives_its_number_free_and_cannot_come_back_while_it_is_used(self, schedule):
        first = schedule.section(section_number="01")
        sections.cancel_section(first, author=schedule.author())
        assert Section.objects.get(pk=first).reserved_number is None
        second = schedule.section(section_number="01")
        with pytest.raises(NumberTaken):
            sections.update_section(first, {"status": "ACTIVE"}, author=schedule.author())
        sections.cancel_section(second, author=schedule.author())
        sections.update_section(first, {"status": "ACTIVE"}, author=schedule.author())
        assert Section.objects.get(pk=first).reserved_number == "01"

    def test_a_pair_that_came_from_the_sis_may_be_edited_otherwise(self, schedule):
        pk, _other = schedule.imported(number="01"), schedule.imported(number="01")
        saved = sections.update_section(pk, {"title": "x"}, author=schedule.author())
        assert [one.code for one in saved.findings] == ["NUMBER_TAKEN"]
        assert Section.objects.get(pk=pk).reserved_number is None

    def test_moving_to_a_course_where_the_number_is_used_is_refused(self, schedule):
        pk = schedule.section(schedule.course(), section_number="01")
        schedule.section(schedule.course("CHE", "200"), section_number="01")
        with pytest.raises(NumberTaken):
            sections.update_section(pk, {"course": "C-CHE-200"}, author=schedule.author())


class TestChecks:
    def test_a_double_booked_room_blocks_the_save_that_introduces_it(self, schedule, mwf):
        schedule.room()
        schedule.section(meetings=[mwf])
        pk = schedule.section()
        with pytest.raises(CheckFailed, match="HAL 101 is taken MWF 9:00–9:50 am by BIO 101 01") as refusal:
            sections.update_section(pk, {"meetings": [mwf]}, author=schedule.author())
        assert refusal.value.field == "meetings"
        assert state(pk)["meetings"] == ()

    def test_a_double_booked_instructor_blocks_the_save_that_introduces_it(self, schedule, mwf):
        schedule.room()
        schedule.room("102")
        schedule.instructor(first_name="Marie")
        schedule.section(meetings=[mwf], instructors=[{"instructor": "I1"}])
        pk = schedule.section(meetings=[{**mwf, "room": "102"}])
        with pytest.raises(CheckFailed, match="Marie I1 teaches BIO 101 01 MWF 9:00–9:50 am; choose"):
            sections.update_section(pk, {"instructors": [{"instructor": "I1"}]}, author=schedule.author())

    def test_what_came_double_booked_is_flagged_and_does_not_block(self, schedule, mwf):
        schedule.room()
        schedule.instructor()
        schedule.imported(number="01", meetings=[mwf], team=["I1"])
        pk = schedule.imported(number="02", meetings=[mwf], team=["I1"])
        saved = sections.update_section(pk, {"title": "x"}, author=schedule.author())
        assert {one.code for one in saved.findings} == {"ROOM_DOUBLE_BOOKED", "INSTRUCTOR_DOUBLE_BOOKED"}

    def test_a_second_clash_blocks_where_a_first_one_stood(self, schedule, mwf):
        schedule.room()
        schedule.imported(number="01", meetings=[mwf])
        pk = schedule.imported(number="02", meetings=[mwf])
        schedule.imported(number="03", meetings=[{**mwf, "days": "T"}])
        with pytest.raises(CheckFailed, match="BIO 101 03"):
            sections.update_section(pk, {"meetings": [{**mwf, "days": "MTWF"}]}, author=schedule.author())

    def test_a_crosslist_may_share_a_room_and_an_outsider_may_not(self, schedule, mwf):
        schedule.room()
        first, second = schedule.section(meetings=[mwf]), schedule.section()
        schedule.crosslist(first, second)
        saved = sections.update_section(second, {"meetings": [mwf]}, author=schedule.author())
        assert saved.findings == ()
        with pytest.raises(CheckFailed):
            schedule.section(meetings=[mwf])

    def test_a_crosslist_that_does_not_meet_together_is_flagged(self, schedule, mwf):
        schedule.room()
        first, second = schedule.section(), schedule.section()
        schedule.crosslist(first, second)
        saved = sections.update_section(second, {"meetings": [mwf]}, author=schedule.author())
        assert [one.code for one in saved.findings] == ["CROSSLIST_DISAGREES"]

    def test_the_two_halves_of_a_term_share_a_room(self, schedule, mwf):
        schedule.room()
        schedule.section(meetings=[{**mwf, "start_date": "2027-02-01", "end_date": "2027-03-20"}])
        assert schedule.section(meetings=[{**mwf, "start_date": "2027-03-21", "end_date": "2027-05-28"}])

    def test_a_cancelled_section_frees_its_room_and_must_ask_for_it_again(self, schedule, mwf):
        schedule.room()
        first = schedule.section(meetings=[mwf])
        sections.cancel_section(first, author=schedule.author())
        assert schedule.section(meetings=[mwf])
        with pytest.raises(CheckFailed):
            sections.update_section(first, {"status": "ACTIVE"}, author=schedule.author())

    def test_an_instructor_is_free_of_cancelled_sections_and_in_other_terms(self, schedule, mwf):
        schedule.instructor()
        timed = {"meetings": [{**mwf, "building": "", "room": ""}], "instructors": [{"instructor": "I1"}]}
        first = schedule.section(**timed)
        fall = Term.objects.create(code="20273", name="Fall", start_date="2027-09-01", end_date="2027-12-17")
        assert schedule.section(schedule.course(term=fall), **timed)
        sections.cancel_section(first, author=schedule.author())
        assert schedule.section(schedule.course("CHE", "200"), **timed)

    def test_the_same_room_in_another_term_is_free(self, schedule, mwf):
        schedule.room()
        schedule.section(meetings=[mwf])
        other_term = Term.objects.create(
            code="20273", name="Fall", start_date=dt.date(2027, 9, 1), end_date=dt.date(2027, 12, 17)
        )
        assert schedule.section(schedule.course(term=other_term), meetings=[mwf])

    def test_an_inactive_room_blocks_and_too_many_seats_warn(self, schedule, mwf):
        schedule.room(is_active=False)
        with pytest.raises(CheckFailed, match="not in use"):
            schedule.section(meetings=[mwf])
        schedule.room("102", capacity=10)
        pk = schedule.section(meetings=[{**mwf, "room": "102"}])
        saved = sections.update_section(pk, {"capacity": 11, "credits": "4"}, author=schedule.author())
        assert {one.code for one in saved.findings} == {"CAPACITY_OVER_ROOM", "CREDITS_OUTSIDE_COURSE"}

    def test_dates_in_the_wrong_order_block_before_the_database_sees_them(self, schedule):
        with pytest.raises(CheckFailed, match="before it starts"):
            schedule.section(start_date="2027-03-02", end_date="2027-03-01")
        with pytest.raises(CheckFailed, match="before it starts"):
            schedule.section(end_date="2027-03-01", meetings=[{"start_date": "2027-03-02"}])

    def test_a_meeting_outside_the_term_blocks(self, schedule):
        with pytest.raises(CheckFailed, match="outside the term"):
            schedule.section(meetings=[{"days": "M", "end_date": "2027-06-30"}])
