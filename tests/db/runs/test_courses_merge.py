"""Courses: whose they are, and those that sections name before the SIS has told of them."""

import pytest
from django.utils import timezone

from integration.settings import MergeSettings, save_settings
from scheduling.models import ChangeLog, Course, Section
from tests.campus import TERM

pytestmark = pytest.mark.django_db


def test_a_course_belongs_to_the_department_of_its_subject_or_to_the_one_that_is_mapped(desk):
    desk.run("departments")
    desk.run("courses")
    assert dict(Course.objects.values_list("sis_id", "department")) == {"C1": "BIO", "C2": "CHE"}
    mapped = MergeSettings(subject_departments={"BIO": "CHE"})
    save_settings(mapped, actor=desk.registrar, reason="test", now=timezone.now())

    desk.run("courses")

    assert dict(Course.objects.values_list("sis_id", "department")) == {"C1": "CHE", "C2": "CHE"}


def test_a_subject_without_a_department_makes_a_course_without_one(desk):
    desk.run("courses")

    assert set(Course.objects.values_list("department", flat=True)) == {None}
    desk.run("departments")
    assert desk.run("courses").counts == {"read": 2, "local_update": 2}


@pytest.fixture
def sections_first(desk_with):
    return desk_with("order=sections_first")


def test_sections_that_come_first_make_placeholders_which_the_courses_fill(sections_first):
    for merge_type in ("departments", "buildings", "rooms", "instructors", "sections"):
        sections_first.run(merge_type)
    promised = {course.sis_id: course for course in Course.objects.all()}
    assert {str(course) for course in promised.values()} == {"BIO 101", "CHE 202"}
    assert all(course.is_placeholder and not course.title for course in promised.values())

    answer = sections_first.run("courses")

    assert answer.counts == {"read": 2, "local_create": 2}
    course = Course.objects.get(sis_id="C1")
    assert (course.pk, course.title, course.department_id) == (promised["C1"].pk, "Cells", "BIO")
    assert not course.is_placeholder
    assert Section.objects.get(sis_id="S1").course == course
    audit = ChangeLog.objects.filter(record_type="course", record_id="C1").order_by("id")
    assert list(audit.values_list("action", flat=True)) == ["CREATE", "UPDATE"]
    assert sections_first.run("courses").counts == {"read": 2, "unchanged": 2}


def test_a_promised_course_that_the_sis_does_not_list_stays_a_promise(sections_first):
    sections_first.adapter.remove("C1", "courses")

    answer = sections_first.run("all")

    assert answer.exit_code == 0
    course = Course.objects.get(sis_id="C1")
    assert (course.is_placeholder, course.is_active) == (True, True)
    assert sections_first.run("courses").counts == {"read": 1, "unchanged": 1}


def test_a_section_that_moves_to_a_course_not_told_of_yet_promises_it_too(sections_first):
    sections_first.first_load()
    sections_first.adapter.add("courses", TERM, "C9", subject="BIO", number="909", title="", credits="")
    sections_first.edit_in_sis("S1", course="C9")

    answer = sections_first.run("sections")

    assert answer.exit_code == 0
    assert str(Section.objects.get(sis_id="S1").course) == "BIO 909"
