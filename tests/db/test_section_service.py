"""The section service: every guard, the audit, the signal, and what is left as it was."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.domain.errors import (
    ActionRefused,
    Ambiguous,
    InvalidValue,
    NotFound,
    StaleVersion,
    UnknownField,
)
from scheduling.models import Building, Campus, CustomField, Section, Term
from scheduling.selectors import values_of_sections
from scheduling.services import sections
from scheduling.signals import section_saved


def state(section_id):
    return values_of_sections([section_id])[section_id].values


class TestCreate:
    def test_a_section_is_made_with_meetings_and_instructors(self, schedule, mwf):
        schedule.room()
        schedule.instructor()
        made = sections.create_section(
            "20271",
            {
                "course": schedule.course().sis_id,
                "section_number": "01",
                "title": " Cells ",
                "meetings": [mwf, {}],
                "instructors": [{"instructor": "I1", "percent": 50, "is_primary": True}],
            },
            author=schedule.author(),
        )
        found = state(made.section_id)
        assert (made.version, found["title"], found["status"]) == (1, "Cells", "ACTIVE")
        assert [one.is_arranged for one in found["meetings"]] == [True, False]
        assert found["instructors"][0].percent == 50

    def test_the_audit_holds_all_values_in_one_row(self, schedule, changes_of):
        pk = schedule.section(title="Cells")
        (row,) = changes_of(pk)
        assert (row.action, row.version, row.field, row.before) == ("CREATE", 1, "", None)
        assert (row.after["title"], row.after["notes"], row.after["meetings"]) == ("Cells", None, [])
        assert (row.actor, row.actor_name, row.source, row.term_code) == (
            schedule.registrar,
            "registrar",
            "COMMAND",
            "20271",
        )

    def test_the_signal_tells_term_version_and_moment(self, schedule, heard):
        pk = schedule.section()
        assert heard[0] == [
            {"term": "20271", "record_id": pk, "version": 1, "action": "CREATE", "now": schedule.now}
        ]

    @pytest.mark.parametrize("missing", ["course", "section_number"])
    def test_a_section_needs_a_course_and_a_number(self, schedule, missing):
        values = {"course": schedule.course().sis_id, "section_number": "01"}
        with pytest.raises(InvalidValue) as refusal:
            sections.create_section(
                "20271", {name: v for name, v in values.items() if name != missing}, author=schedule.author()
            )
        assert refusal.value.field == missing

    def test_an_unknown_term_is_not_found(self, schedule):
        with pytest.raises(NotFound, match="20279"):
            sections.create_section("20279", {}, author=schedule.author())

    def test_meetings_get_the_sections_dates_as_in_an_import(self, schedule, mwf):
        schedule.room()
        own = {**mwf, "start_date": "2027-03-01", "end_date": "2027-03-31"}
        pk = schedule.section(start_date="2027-02-01", end_date="2027-05-28", meetings=[{"days": "T"}, own])
        assert [(one.days, one.start_date, one.end_date) for one in state(pk)["meetings"]] == [
            ("MWF", "2027-03-01", "2027-03-31"),
            ("T", "2027-02-01", "2027-05-28"),
        ]


class TestUpdate:
    def test_each_changed_field_has_its_audit_row_and_the_version_grows_by_one(self, schedule, changes_of):
        pk = schedule.section(title="Cells", capacity=20)
        author = schedule.author(reason="smaller room")
        saved = sections.update_section(
            pk, {"title": "Genes", "capacity": "25", "notes": None}, author=author, version=1
        )
        assert (saved.version, set(saved.changed)) == (2, {"title", "capacity"})
        rows = {row.field: row for row in changes_of(pk)[1:]}
        assert {name: (row.before, row.after) for name, row in rows.items()} == {
            "title": ("Cells", "Genes"),
            "capacity": (20, 25),
        }
        for row in rows.values():
            assert (row.action, row.version, row.reason, row.at) == (
                "UPDATE",
                2,
                "smaller room",
                schedule.now,
            )

    def test_a_blank_empties_a_field(self, schedule):
        Campus.objects.create(code="N")
        pk = schedule.section(title="Cells", capacity=20, campus="N", credits="1", start_date="2027-02-01")
        blank = dict.fromkeys(("title", "capacity", "campus", "credits", "start_date"), "")
        sections.update_section(pk, blank, author=schedule.author())
        assert {state(pk)[name] for name in blank} == {None}

    def test_the_same_values_in_another_spelling_change_nothing(self, schedule, mwf, heard, changes_of):
        schedule.room()
        pk = schedule.section(title="Cells", credits="1", meetings=[mwf])
        heard[0].clear()
        same = {"title": " Cells ", "credits": 1.0, "meetings": [{**mwf, "days": "FWM"}], "notes": ""}
        saved = sections.update_section(pk, same, author=schedule.author())
        assert (saved.version, saved.changed) == (1, ())
        assert heard[0] == []
        assert len(changes_of(pk)) == 1
        assert Section.objects.get(pk=pk).version == 1

    def test_meetings_and_instructors_are_audited_as_one_field_each(self, schedule, mwf, changes_of):
        schedule.room()
        schedule.instructor()
        pk = schedule.section()
        sections.update_section(
            pk, {"meetings": [mwf], "instructors": [{"instructor": "I1"}]}, author=schedule.author()
        )
        rows = {row.field: row for row in changes_of(pk)[1:]}
        assert rows["meetings"].before == []
        assert rows["meetings"].after[0]["days"] == "MWF"
        assert rows["instructors"].after == [{"instructor": "I1", "percent": 100, "is_primary": False}]

    def test_an_arranged_meeting_stays_beside_a_new_one(self, schedule, mwf):
        schedule.room()
        pk = schedule.section(meetings=[{}])
        sections.update_section(pk, {"meetings": [{}, mwf]}, author=schedule.author())
        assert len(state(pk)["meetings"]) == 2

    def test_an_older_version_is_refused_and_says_so(self, schedule):
        pk = schedule.section()
        sections.update_section(pk, {"title": "Genes"}, author=schedule.author())
        with pytest.raises(StaleVersion, match="at version 2, you changed version 1"):
            sections.update_section(pk, {"title": "Cells"}, author=schedule.author(), version=1)
        assert state(pk)["title"] == "Genes"

    def test_an_unknown_section_is_not_found(self, schedule):
        with pytest.raises(NotFound, match="404"):
            sections.update_section(404, {"title": "x"}, author=schedule.author())

    def test_an_unknown_field_is_refused_with_the_list(self, schedule):
        pk = schedule.section()
        with pytest.raises(UnknownField, match="capacity") as refusal:
            sections.update_section(pk, {"tilte": "x"}, author=schedule.author())
        assert refusal.value.field == "tilte"

    def test_a_misspelt_part_is_not_lost_in_silence(self, schedule):
        pk = schedule.section()
        with pytest.raises(InvalidValue, match="'start'") as refusal:
            sections.update_section(pk, {"meetings": [{"start": "09:00"}]}, author=schedule.author())
        assert refusal.value.part == "start"

    def test_a_nul_inside_a_meeting_is_refused(self, schedule):
        pk = schedule.section()
        with pytest.raises(InvalidValue, match="NUL"):
            sections.update_section(pk, {"meetings": [{"building": "H\x00"}]}, author=schedule.author())

    def test_nothing_is_written_if_a_receiver_fails(self, schedule, changes_of):
        pk = schedule.section(title="Cells")

        def fails(**_said):
            raise OSError("no room left")

        section_saved.connect(fails)
        try:
            with pytest.raises(OSError, match="no room left"):
                sections.update_section(pk, {"title": "Genes"}, author=schedule.author())
        finally:
            section_saved.disconnect(fails)
        assert state(pk)["title"] == "Cells"
        assert len(changes_of(pk)) == 1

    def test_a_save_takes_the_same_number_of_queries_however_large_the_term(self, schedule, mwf):
        schedule.room()
        schedule.instructor()
        pk = schedule.section(meetings=[mwf], instructors=[{"instructor": "I1"}])

        def queries(start):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                later = {**mwf, "start_time": start, "end_time": f"{start[:3]}50"}
                sections.update_section(pk, {"meetings": [later]}, author=schedule.author())
            return len(captured)

        few = queries("10:00")
        for hour in (12, 13, 14, 15, 16):
            schedule.section(
                meetings=[{**mwf, "start_time": f"{hour}:00", "end_time": f"{hour}:50"}],
                instructors=[{"instructor": "I1"}],
            )
        assert queries("11:00") == few


class TestReferences:
    @pytest.mark.parametrize(
        ("changes", "field", "part", "says"),
        [
            ({"course": "C-NO"}, "course", "", "not known in Spring 2027"),
            ({"campus": "X"}, "campus", "", "the campuses are N"),
            ({"meetings": [{"building": "NO"}]}, "meetings", "building", "no building 'NO'"),
            ({"meetings": [{"building": "OLD"}]}, "meetings", "building", "not in use"),
            ({"meetings": [{"building": "HAL", "room": "9"}]}, "meetings", "room", "no room '9' in HAL"),
            ({"instructors": [{"instructor": "I9"}]}, "instructors", "instructor", "no instructor 'I9'"),
            ({"instructors": [{"instructor": "I2"}]}, "instructors", "instructor", "not active"),
        ],
    )
    def test_what_is_not_there_or_not_in_use_is_refused(self, schedule, changes, field, part, says):
        schedule.room()
        schedule.room(building="OLD")
        Building.objects.filter(pk="OLD").update(is_active=False)
        schedule.instructor("I2", is_active=False)
        Campus.objects.create(code="N")
        pk = schedule.section()
        with pytest.raises(InvalidValue, match=says) as refusal:
            sections.update_section(pk, changes, author=schedule.author())
        assert (refusal.value.field, refusal.value.part) == (field, part)

    def test_an_inactive_instructor_who_teaches_it_already_stays(self, schedule):
        schedule.instructor("I1", is_active=False)
        schedule.instructor("I2")
        pk = schedule.imported(team=["I1"])
        sections.update_section(
            pk, {"instructors": [{"instructor": "I1"}, {"instructor": "I2"}]}, author=schedule.author()
        )
        assert len(state(pk)["instructors"]) == 2

    def test_a_course_that_is_offered_no_more_takes_no_section(self, schedule):
        pk = schedule.section()
        gone = schedule.course("BIO", "900", is_active=False)
        with pytest.raises(InvalidValue, match="not offered"):
            sections.update_section(pk, {"course": gone.sis_id}, author=schedule.author())

    def test_a_course_of_another_term_is_not_known(self, schedule):
        pk = schedule.section()
        other_term = Term.objects.create(
            code="20273", name="Fall", start_date=dt.date(2027, 9, 1), end_date=dt.date(2027, 12, 17)
        )
        schedule.course("BIO", "777", term=other_term)
        with pytest.raises(InvalidValue, match="not known"):
            sections.update_section(pk, {"course": "C-BIO-777"}, author=schedule.author())

    def test_a_course_may_be_named_by_its_code(self, schedule):
        pk = schedule.section()
        schedule.course("AS-RE", "2-X")
        sections.update_section(pk, {"course": "AS-RE-2-X"}, author=schedule.author())
        assert state(pk)["course"] == "C-AS-RE-2-X"

    def test_a_code_of_two_courses_is_ambiguous(self, schedule):
        pk = schedule.section()
        schedule.course("CHE", "200", sis_id="C1")
        schedule.course("CHE", "200", sis_id="C2")
        with pytest.raises(Ambiguous, match="C1, C2"):
            sections.update_section(pk, {"course": "CHE-200"}, author=schedule.author())


class TestCustomFields:
    def test_custom_fields_are_saved_by_full_name_or_inside_custom(self, schedule, changes_of):
        CustomField.objects.create(name="wish", label="Wish", kind="text")
        CustomField.objects.create(name="labs", label="Labs", kind="integer")
        pk = schedule.section()
        sections.update_section(pk, {"custom.wish": "north"}, author=schedule.author())
        sections.update_section(pk, {"custom": {"labs": "2"}}, author=schedule.author())
        assert Section.objects.get(pk=pk).custom == {"wish": "north", "labs": 2}
        assert [row.field for row in changes_of(pk)[1:]] == ["custom.wish", "custom.labs"]
        sections.update_section(pk, {"custom.wish": ""}, author=schedule.author())
        assert Section.objects.get(pk=pk).custom == {"labs": 2}

    def test_a_custom_field_that_is_not_defined_is_unknown(self, schedule):
        pk = schedule.section()
        with pytest.raises(UnknownField, match=r"custom\.wish"):
            sections.update_section(pk, {"custom": {"wish": "north"}}, author=schedule.author())


class TestCancelAndDelete:
    def test_cancelling_is_audited_and_told_as_such(self, schedule, mwf, heard, changes_of):
        schedule.room()
        pk = schedule.section(meetings=[mwf])
        saved = sections.cancel_section(pk, author=schedule.author(), version=1)
        assert [one.code for one in saved.findings] == ["CANCELLED_WITH_MEETINGS"]
        row = changes_of(pk)[-1]
        assert (row.action, row.field, row.before, row.after) == ("CANCEL", "status", "ACTIVE", "CANCELLED")
        assert heard[0][-1]["action"] == "CANCEL"
        assert len(state(pk)["meetings"]) == 1

    def test_cancelling_twice_changes_nothing_the_second_time(self, schedule):
        pk = schedule.section()
        sections.cancel_section(pk, author=schedule.author())
        assert sections.cancel_section(pk, author=schedule.author()).changed == ()

    def test_cancelling_with_students_is_allowed(self, schedule):
        pk = schedule.imported(enrollment=12)
        assert sections.cancel_section(pk, author=schedule.author()).changed == ("status",)

    def test_a_deleted_section_leaves_all_its_values_in_the_audit(self, schedule, mwf, heard, changes_of):
        schedule.room()
        pk = schedule.section(title="Cells", meetings=[mwf])
        sections.delete_section(pk, author=schedule.author(), version=1)
        assert not Section.objects.filter(pk=pk).exists()
        row = changes_of(pk)[-1]
        assert (row.action, row.field, row.after) == ("DELETE", "", None)
        assert (row.before["title"], row.before["meetings"][0]["days"]) == ("Cells", "MWF")
        assert (heard[0][-1]["action"], heard[0][-1]["version"]) == ("DELETE", 1)

    def test_the_removal_is_told_while_the_row_is_still_there(self, schedule):
        pk = schedule.section()
        seen = []

        def look(*, records, **_said):
            seen.extend(Section.objects.filter(pk=one.record_id).exists() for one in records)

        section_saved.connect(look)
        try:
            sections.delete_section(pk, author=schedule.author())
        finally:
            section_saved.disconnect(look)
        assert seen == [True]

    def test_a_section_with_students_is_never_deleted(self, schedule):
        pk = schedule.imported(enrollment=12)
        with pytest.raises(ActionRefused, match=r"12 students enrolled.*Cancel it instead"):
            sections.delete_section(pk, author=schedule.author())
        assert Section.objects.filter(pk=pk).exists()

    def test_deleting_an_older_version_is_refused(self, schedule):
        pk = schedule.section()
        sections.update_section(pk, {"title": "x"}, author=schedule.author())
        with pytest.raises(StaleVersion):
            sections.delete_section(pk, author=schedule.author(), version=1)
