"""Making a section in the browser: for a course, as a copy, with a number that nobody else has."""

import pytest
from django.urls import reverse
from django.utils import timezone

from phases.models import Phase, TimelineEntry
from scheduling.models import ChangeLog, Course, Section
from scheduling.selectors import values_of_sections
from tests.campus import TERM
from tests.section_form import form_of

NEW = f"/terms/{TERM}/sections/new/"
HTMX = {"HTTP_HX_REQUEST": "true"}


def shown(client, query):
    return form_of(client.get(NEW + query).content.decode())


def copy_of(campus, sis_id="S1"):
    return f"?copy={campus.id_of(sis_id)}"


def made():
    return Section.objects.filter(sis_id=None).order_by("-pk").first()


def close():
    TimelineEntry.objects.create(
        term_id=TERM, phase=Phase.objects.get(name="Closed"), starts_at=timezone.now()
    )


# ---- who


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("anonymous", (302, 302, 302)),
        ("no product", (403, 403, 403)),
        ("no role", (403, 403, 403)),
        ("viewer", (403, 403, 403)),
        ("scheduler", (200, 403, 404)),
        ("registrar", (200, 200, 200)),
        ("admin", (403, 403, 403)),
    ],
)
def test_each_kind_of_person_makes_sections_where_the_role_lets_them(campus, person, kind, answers):
    own, other, copied = answers
    client = person(kind)
    assert client.get(NEW + "?course=BIO-101").status_code == own
    assert client.get(NEW + "?course=CHE-202").status_code == other
    assert client.get(NEW + copy_of(campus, "S3")).status_code == copied
    before = Section.objects.count()
    form = {"value.section_number": "Q", "value.title": "New"}
    assert client.post(NEW + "?course=CHE-202", form).status_code in {302, other}
    assert client.post(NEW + copy_of(campus, "S3"), form | {"value.section_number": "R"}).status_code in {
        302,
        copied,
    }
    assert Section.objects.count() == before + (2 if kind == "registrar" else 0)


def test_where_the_phase_does_not_let_one_the_reason_is_told_and_nothing_is_made(campus, person):
    client = person("scheduler")
    form = shown(client, "?course=BIO-101")
    close()
    page = client.get(NEW + "?course=BIO-101")
    assert page.status_code == 403
    assert "Closed" in page.content.decode()
    assert client.post(NEW + "?course=BIO-101", form).status_code == 403
    assert made() is None


# ---- the course


def test_without_a_course_one_is_chosen(campus, registrar):
    page = registrar.get(NEW).content.decode()
    assert 'value="BIO-101"' in page
    assert 'value="CHE-202"' in page


def test_a_scheduler_is_offered_the_courses_of_the_own_departments(campus, person):
    page = person("scheduler").get(NEW).content.decode()
    assert 'value="BIO-101"' in page
    assert "CHE-202" not in page


@pytest.mark.parametrize("code", ["NO-1", "\x00", "9" * 400, "'\"<b>", "-1"])
def test_a_course_that_is_not_there_is_said(campus, registrar, code):
    page = registrar.get(NEW, {"course": code})
    assert page.status_code == 200
    if code != "\x00":
        assert "is called" in page.content.decode()


@pytest.mark.parametrize("given", ["0", "-1", "x", "9" * 400, "\x00", "999999999"])
def test_a_copy_of_nothing_is_not_found(campus, registrar, given):
    assert registrar.get(NEW, {"copy": given}).status_code == 404
    assert registrar.post(f"{NEW}?copy=999999999", {"value.title": "x"}).status_code == 404


# ---- making


def test_a_section_is_made_with_the_next_number_and_the_course_s_title_and_credits(campus, registrar):
    form = shown(registrar, "?course=bio+101")
    proposed = [form[f"value.{name}"] for name in ("section_number", "title", "credits")]
    assert proposed == [["C"], [Course.objects.get(sis_id="C1").title], ["1.00"]]
    form |= {
        "value.title": ["Cells again"],
        "meetings.0.days": ["T", "R"],
        "meetings.0.start_time": ["13:00"],
        "meetings.0.end_time": ["14:20"],
        "meetings.0.place": ["HAL 103"],
    }
    answer = registrar.post(NEW + "?course=BIO-101", form, follow=True)
    one = made()
    assert answer.redirect_chain == [(reverse("section", args=[one.pk]), 302)]
    assert "BIO 101 C is made." in answer.content.decode()
    assert (one.section_number, one.title, one.status) == ("C", "Cells again", "ACTIVE")
    row = ChangeLog.objects.get(record_type="section", record_id=str(one.pk))
    assert (row.action, row.source, row.actor) == ("CREATE", "FORM", registrar.user)


def test_a_number_that_was_taken_meanwhile_is_replaced_and_nothing_typed_is_lost(campus, registrar):
    form = shown(registrar, "?course=BIO-101") | {"value.notes": ["Typed"]}
    campus.create("C")
    answer = registrar.post(NEW + "?course=BIO-101", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "D is free and now stands in the form" in page
    again = form_of(page)
    assert (again["value.section_number"], again["value.notes"]) == (["D"], ["Typed"])
    assert registrar.post(NEW + "?course=BIO-101", again).status_code == 302
    assert made().section_number == "D"


def test_the_same_form_sent_twice_makes_one_section(campus, registrar):
    form = shown(registrar, "?course=BIO-101")
    before = Section.objects.count()
    assert registrar.post(NEW + "?course=BIO-101", form).status_code == 302
    assert registrar.post(NEW + "?course=BIO-101", form).status_code == 422
    assert Section.objects.count() == before + 1


def test_what_cannot_be_made_is_told_at_its_field(campus, registrar):
    form = shown(registrar, "?course=BIO-101") | {"value.capacity": ["many"], "value.title": ["Kept"]}
    answer = registrar.post(NEW + "?course=BIO-101", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert '<a href="#input-capacity">' in page
    assert form_of(page)["value.title"] == ["Kept"]
    assert made() is None


def test_what_only_the_sis_fills_is_no_input_and_cannot_be_sent(campus, registrar):
    form = shown(registrar, "?course=BIO-101")
    assert "value.crn" not in form
    answer = registrar.post(NEW + "?course=BIO-101", form | {"value.crn": ["1"], "value.enrollment": ["99"]})
    assert answer.status_code == 422
    assert made() is None


# ---- copying


def test_a_copy_says_at_once_what_clashes_and_which_rooms_are_free(campus, registrar):
    page = registrar.get(NEW + copy_of(campus)).content.decode()
    assert "HAL 101 is taken MWF 9:00–9:50 am by BIO 101 A" in page
    assert "teaches BIO 101 A" in page
    assert 'data-room="HAL 102"' in page
    assert 'data-room="HAL 101"' not in page


def test_a_copy_has_all_but_what_the_sis_keeps(campus, registrar):
    form = shown(registrar, copy_of(campus, "S2")) | {"meetings.0.place": ["HAL 103"]}
    assert registrar.post(NEW + copy_of(campus, "S2"), form).status_code == 302
    old = values_of_sections([campus.id_of("S2")])[campus.id_of("S2")].values
    one = made()
    new = values_of_sections([one.pk])[one.pk].values
    different = {name for name in old if (old[name] or None) != (new[name] or None)}
    assert different == {"crn", "section_number", "enrollment", "meetings"}
    assert (new["crn"], new["enrollment"], new["meetings"][0].room) == (None, None, "103")


def test_checking_makes_nothing(campus, registrar):
    form = shown(registrar, copy_of(campus)) | {"do": ["check"]}
    before = (Section.objects.count(), ChangeLog.objects.count())
    words = registrar.post(NEW + copy_of(campus), form, **HTMX).content.decode()
    assert "<html" not in words
    assert "HAL 101 is taken" in words
    assert (Section.objects.count(), ChangeLog.objects.count()) == before


@pytest.mark.parametrize("strange", ["\x00", "9" * 400, "-1", "'\"<b>", "%", "\u202e", ""])
def test_strange_forms_are_answered(campus, registrar, strange):
    form = shown(registrar, copy_of(campus))
    for query in ("", "?course=BIO-101", copy_of(campus)):
        answer = registrar.post(NEW + query, dict.fromkeys(form, strange))
        assert answer.status_code in {200, 302, 422}, (query, strange)
