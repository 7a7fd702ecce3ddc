"""Changes that touch enrolled students, and saves that are taken back."""

import dataclasses

import pytest

from integration.models import OutboundChange
from scheduling.domain.checks import CheckFailed
from scheduling.domain.errors import ConfirmationNeeded, FieldLocked
from scheduling.models import ChangeLog, Section
from scheduling.services import sections
from scheduling.services.previewing import previewed
from scheduling.services.students import STUDENTS_ENROLLED
from tests.db.conftest import MWF

REACHING = [
    ({"meetings": [{**MWF, "start_time": "09:05"}]}, "days or times"),
    ({"credits": "3.00"}, "the credits"),
    ({"status": "CANCELLED"}, "Cancelling"),
]
NOT_REACHING = [{"meetings": [{**MWF, "room": "102"}]}, {"title": "x"}, {"capacity": 40}, {"notes": "x"}]


@pytest.fixture
def person(schedule):
    return dataclasses.replace(schedule.author(), source=ChangeLog.Source.FORM)


@pytest.fixture
def rooms(schedule):
    return schedule.room(), schedule.room("102")


@pytest.fixture
def taught(schedule, rooms):
    pk = schedule.section(meetings=[MWF])
    Section.objects.filter(pk=pk).update(enrollment=12)
    return pk


class TestStudents:
    @pytest.mark.parametrize(("changes", "words"), REACHING)
    def test_a_person_is_asked_with_the_number_and_nothing_is_written(self, person, taught, changes, words):
        with pytest.raises(ConfirmationNeeded, match=f"{words}.*12 enrolled students") as asked:
            sections.update_section(taught, changes, author=person)
        assert asked.value.students == 12
        assert Section.objects.get(pk=taught).version == 1

    @pytest.mark.parametrize(("changes", "words"), REACHING)
    def test_who_said_yes_to_as_many_may_and_is_told_again(self, person, taught, changes, words):
        author = dataclasses.replace(person, confirmed_students=12)
        saved = sections.update_section(taught, changes, author=author)
        assert [one.code for one in saved.findings if one.code == STUDENTS_ENROLLED] == [STUDENTS_ENROLLED]

    def test_who_said_yes_to_fewer_is_asked_again(self, person, taught):
        author = dataclasses.replace(person, confirmed_students=11)
        with pytest.raises(ConfirmationNeeded):
            sections.cancel_section(taught, author=author)

    @pytest.mark.parametrize("changes", NOT_REACHING)
    def test_what_reaches_no_student_is_not_asked(self, person, taught, changes):
        assert sections.update_section(taught, changes, author=person).version == 2

    def test_nobody_is_asked_where_nobody_is_enrolled(self, person, schedule, rooms):
        pk = schedule.section(meetings=[MWF])
        assert sections.cancel_section(pk, author=person).version == 2

    @pytest.mark.parametrize("source", [ChangeLog.Source.API, ChangeLog.Source.COMMAND])
    def test_a_program_is_told_and_goes_on(self, person, taught, source):
        author = dataclasses.replace(person, source=source)
        saved = sections.update_section(taught, {"credits": "3.00"}, author=author)
        told = [one.message for one in saved.findings if one.code == STUDENTS_ENROLLED]
        assert len(told) == 1
        assert "12 enrolled students" in told[0]


class TestPreviews:
    def test_a_preview_answers_as_the_save_and_leaves_nothing_behind(self, schedule, person, rooms):
        pk = schedule.section(meetings=[MWF])
        logged, queued = ChangeLog.objects.count(), OutboundChange.objects.count()
        asked = {"title": "Cells", "meetings": [{**MWF, "days": "TR"}]}
        seen = previewed(lambda: sections.update_section(pk, asked, author=person))
        assert (ChangeLog.objects.count(), OutboundChange.objects.count()) == (logged, queued)
        assert Section.objects.get(pk=pk).version == 1
        assert seen == sections.update_section(pk, asked, author=person)

    def test_a_preview_is_refused_with_all_that_was_found(self, schedule, person, rooms):
        schedule.section(section_number="Z", meetings=[MWF])
        pk = schedule.section(meetings=[{**MWF, "days": "TR"}])
        asked = {"meetings": [MWF], "capacity": 9999}
        with pytest.raises(CheckFailed) as refused:
            previewed(lambda: sections.update_section(pk, asked, author=person))
        assert [one.code for one in refused.value.introduced] == ["ROOM_DOUBLE_BOOKED"]
        assert {one.code for one in refused.value.findings} >= {"ROOM_DOUBLE_BOOKED", "CAPACITY_OVER_ROOM"}

    def test_a_preview_of_a_new_section_makes_none(self, schedule, person, rooms):
        course = schedule.course()
        values = {"course": course.sis_id, "section_number": "Q"}
        before = Section.objects.count()
        previewed(lambda: sections.create_section(schedule.term.pk, values, author=person))
        assert Section.objects.count() == before

    def test_a_preview_refuses_a_locked_field(self, schedule, person, rooms):
        pk = schedule.section()
        author = dataclasses.replace(person, user=schedule.user("VIEWER", departments=["BIO"]))
        with pytest.raises(FieldLocked):
            previewed(lambda: sections.update_section(pk, {"title": "x"}, author=author))
