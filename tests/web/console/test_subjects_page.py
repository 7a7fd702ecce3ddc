"""Merge Settings, Subjects: a subject is given to a department of another code."""

import pytest
from django.urls import reverse
from django.utils import timezone

from integration.models import MergeProfile
from integration.settings import MergeSettings, TypeSettings, active_version, read, save_settings
from scheduling.models import ChangeLog, Course
from tests.web.console.page_forms import sent_by, words_of

PATH = "/console/settings/subjects/"


def mapped():
    return dict(read(active_version()).subject_departments)


def keep(**subjects):
    document = MergeSettings(types={"rooms": TypeSettings(is_enabled=False)}, subject_departments=subjects)
    save_settings(document, actor=None, reason="", now=timezone.now())


def send(client, lines, *, page=None, step="preview"):
    data = sent_by(page or client.get(PATH), holds="seen")
    if "wanted" in data:
        return client.post(PATH, data | {"step": step})
    subjects, departments = zip(*lines, strict=True)
    return client.post(PATH, data | {"subject": subjects, "department": departments, "step": step})


@pytest.fixture
def english(college):
    """Courses of a subject that is no department's code."""
    Course.objects.filter(sis_id="C2").update(subject="ENGL", department=None)
    return college


def test_a_subject_without_a_department_is_told_and_given_one(admin, english):
    assert "No department: ENGL." in words_of(admin.get(PATH))
    page = send(admin, [("ENGL", "CHE"), ("", "")])
    words = words_of(page)
    assert (
        "Department of subject ENGL ENGL CHE Imported courses of ENGL belong to the department CHE." in words
    )
    assert mapped() == {}
    answer = send(admin, [], page=page, step="save")
    assert answer.headers["Location"] == reverse("merge_settings")
    assert mapped() == {"ENGL": "CHE"}
    row = ChangeLog.objects.get(field="subject_departments.ENGL")
    assert (row.after, row.actor) == ("CHE", admin.user)


def test_a_new_subject_without_a_department_is_asked_about_and_stays_in_the_form(admin, english):
    page = send(admin, [("ENGL", ""), ("HIST", ""), ("", "")])
    assert "Choose a department for HIST." in words_of(page, status=422)
    assert "Choose a department for ENGL." not in words_of(page, status=422)
    assert sent_by(page, holds="seen")["subject"] == ["ENGL", "HIST", "", ""]
    assert mapped() == {}


def test_the_next_merge_of_courses_follows(admin, college):
    send(admin, [], page=send(admin, [("CHE", "BIO")]), step="save")
    college.merge(["courses"])
    assert Course.objects.get(sis_id="C2").department_id == "BIO"


def test_a_subject_is_taken_out_and_the_other_settings_stay(admin, college):
    keep(BIOL="BIO", CHEM="CHE")
    send(admin, [], page=send(admin, [("BIOL", ""), ("CHEM", "CHE")]), step="save")
    assert mapped() == {"CHEM": "CHE"}
    assert read(active_version()).types["rooms"] == TypeSettings(is_enabled=False)


def test_a_department_that_is_gone_stays_until_somebody_chooses(admin, college):
    keep(BIOL="OLD")
    assert "OLD (no such department now)" in words_of(admin.get(PATH))
    send(admin, [], page=send(admin, [("BIOL", "OLD"), ("CHEM", "CHE")]), step="save")
    assert mapped() == {"BIOL": "OLD", "CHEM": "CHE"}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([("", "BIO")], "Write a subject"),
        ([("x" * 41, "BIO")], "at most 40"),
        ([("ENGL", "X")], "no department X"),
        ([("ENGL", "BIO"), ("ENGL", "CHE")], "in two lines"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(admin, college, lines, told):
    assert told in words_of(send(admin, lines), status=422)
    assert mapped() == {}


def test_settings_saved_meanwhile_are_kept_and_looked_at(admin, college):
    page = send(admin, [("ENGL", "BIO")])
    keep(CHEM="CHE")
    answer = send(admin, [], page=page, step="save")
    assert "Department of subject CHEM: CHEM → CHE" in words_of(answer, status=409)
    assert mapped() == {"CHEM": "CHE"}


def test_without_active_settings_the_versions_are_shown(admin, college):
    MergeProfile.objects.update(is_active=False)
    assert admin.get(PATH).headers["Location"] == reverse("merge_settings_versions")
