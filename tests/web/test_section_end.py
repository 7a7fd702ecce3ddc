"""Cancelling a section, making it active again, deleting it: asked first, and only by who may."""

import pytest
from django.urls import reverse
from django.utils import timezone

from phases.models import Phase, TimelineEntry
from scheduling.models import ChangeLog, Section
from tests.campus import TERM

HTMX = {"HTTP_HX_REQUEST": "true"}
DEEDS = ["cancel", "activate", "delete"]


def at(campus, deed, sis_id="S1"):
    return reverse(f"section_{deed}", args=[campus.id_of(sis_id)])


def status(campus, sis_id="S1"):
    found = Section.objects.filter(term=TERM, sis_id=sis_id).first()
    return "gone" if found is None else found.status


def posted(campus, sis_id="S1", **given):
    return {"version": str(campus.section(sis_id).version), **given}


# ---- who


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("anonymous", (302, 302, 302)),
        ("no product", (403, 403, 403)),
        ("no role", (403, 403, 403)),
        ("viewer", (200, 200, 422)),
        ("scheduler", (200, 404, 404)),
        ("admin", (403, 403, 403)),
    ],
)
def test_nobody_ends_a_section_where_their_role_does_not_let_them(campus, person, deed, kind, answers):
    own, other, saves = answers
    if deed == "activate":
        campus.edit("S3", status="CANCELLED")
    before = status(campus, "S3")
    client = person(kind)
    assert client.get(at(campus, deed)).status_code == own
    assert client.get(at(campus, deed, "S3")).status_code == other
    assert client.post(at(campus, deed, "S3"), posted(campus, "S3")).status_code == saves
    assert status(campus, "S3") == before


def test_a_viewer_is_told_why_and_given_no_button(campus, person):
    client = person("viewer")
    for deed in ("cancel", "delete"):
        page = client.get(at(campus, deed)).content.decode()
        assert "Your role" in page or "may" in page
        assert '<input type="hidden" name="version"' not in page
    page = client.get(reverse("section", args=[campus.id_of("S1")])).content.decode()
    for words in (">Copy<", "Cancel section", "Delete section"):
        assert words not in page


def test_the_phase_refuses_with_its_sentence(campus, person):
    phase = Phase.objects.get(name="Closed")
    TimelineEntry.objects.create(term_id=TERM, phase=phase, starts_at=timezone.now())
    client = person("scheduler")
    for deed in ("cancel", "delete"):
        assert "Closed" in client.get(at(campus, deed)).content.decode()
        answer = client.post(at(campus, deed), posted(campus))
        assert answer.status_code == 422
        assert "Closed" in answer.content.decode()
    assert status(campus) == "ACTIVE"


# ---- doing it


def test_to_ask_changes_nothing(campus, registrar):
    before = ChangeLog.objects.count()
    for deed in DEEDS:
        for sis_id in ("S1", "S2", "S3"):
            assert registrar.get(at(campus, deed, sis_id)).status_code == 200
    assert ChangeLog.objects.count() == before
    assert status(campus) == "ACTIVE"


def test_a_section_is_cancelled_with_the_reason_and_made_active_again(campus, registrar):
    assert "stays in the schedule as cancelled" in registrar.get(at(campus, "cancel")).content.decode()
    answer = registrar.post(at(campus, "cancel"), posted(campus, reason="Too few"), follow=True)
    assert "BIO 101 A is cancelled." in answer.content.decode()
    assert status(campus) == "CANCELLED"
    row = ChangeLog.objects.get(record_type="section", record_id=str(campus.id_of("S1")), action="CANCEL")
    assert (row.reason, row.actor, row.source) == ("Too few", registrar.user, "FORM")
    answer = registrar.post(at(campus, "activate"), posted(campus), follow=True)
    assert "BIO 101 A is active again." in answer.content.decode()
    assert status(campus) == "ACTIVE"


def test_what_is_done_already_is_said(campus, registrar):
    assert "BIO 101 A is active again already" in registrar.get(at(campus, "activate")).content.decode()
    campus.edit("S1", status="CANCELLED")
    assert "BIO 101 A is cancelled already" in registrar.get(at(campus, "cancel")).content.decode()


def test_a_number_that_went_to_another_section_refuses_to_make_it_active_again(campus, registrar):
    campus.edit("S1", status="CANCELLED")
    campus.create("A")
    assert (
        "There is a live section BIO 101 A already" in registrar.get(at(campus, "activate")).content.decode()
    )
    assert registrar.post(at(campus, "activate"), posted(campus)).status_code == 422
    assert status(campus) == "CANCELLED"


def test_enrolled_students_are_counted_asked_about_and_confirmed(campus, registrar):
    page = registrar.get(at(campus, "cancel", "S2")).content.decode()
    assert "12 enrolled students are in this class" in page
    unaware = registrar.post(at(campus, "cancel", "S2"), posted(campus, "S2", students="11"))
    assert unaware.status_code == 409
    assert status(campus, "S2") == "ACTIVE"
    registrar.post(at(campus, "cancel", "S2"), posted(campus, "S2", students="12"))
    assert status(campus, "S2") == "CANCELLED"


def test_a_section_with_students_is_never_deleted(campus, registrar):
    sentence = "12 students enrolled; a section with students is never deleted"
    assert sentence in registrar.get(reverse("section", args=[campus.id_of("S2")])).content.decode()
    assert sentence in registrar.get(at(campus, "delete", "S2")).content.decode()
    answer = registrar.post(at(campus, "delete", "S2"), posted(campus, "S2", students="99"))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert status(campus, "S2") == "ACTIVE"
    Section.objects.filter(sis_id="S2").update(status="CANCELLED")
    page = registrar.get(reverse("section", args=[campus.id_of("S2")])).content.decode()
    assert sentence in page
    assert "Cancel it instead" not in page


def test_a_deleted_section_leaves_its_crosslist_and_the_list_comes_next(campus, registrar):
    page = registrar.get(at(campus, "delete", "S3")).content.decode()
    assert "It leaves its group with 1 other section." in page
    assert "Delete a section before the schedule is published; cancel it afterwards." in page
    answer = registrar.post(at(campus, "delete", "S3"), posted(campus, "S3"), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("sections", args=[TERM])
    assert "CHE 202 A is deleted." in answer.content.decode()
    assert status(campus, "S3") == "gone"


@pytest.mark.parametrize("deed", ["cancel", "delete"])
def test_what_changed_meanwhile_is_shown_before_it_is_done(campus, registrar, deed):
    old = posted(campus)
    campus.edit("S1", title="Theirs")
    answer = registrar.post(at(campus, deed), old)
    assert answer.status_code == 409
    assert f'name="version" value="{campus.section("S1").version}"' in answer.content.decode()
    assert status(campus) == "ACTIVE"


def test_a_section_that_is_gone_is_not_found(campus, registrar):
    path, given = at(campus, "cancel"), posted(campus)
    campus.delete("S1")
    assert registrar.get(path).status_code == 404
    assert registrar.post(path, given).status_code == 404


def test_in_a_dialog_only_the_question_is_answered_and_the_deed_leads_on(campus, registrar):
    page = registrar.get(at(campus, "cancel"), **HTMX).content.decode()
    assert "<html" not in page
    answer = registrar.post(at(campus, "cancel"), posted(campus), **HTMX)
    assert answer.headers["HX-Redirect"] == reverse("section", args=[campus.id_of("S1")])


@pytest.mark.parametrize("strange", ["\x00", "9" * 400, "-1", "'\"<b>", "x", ""])
def test_strange_forms_are_answered_and_do_nothing(campus, registrar, strange):
    for deed in DEEDS:
        given = dict.fromkeys(("version", "students", "reason", "do"), strange)
        assert registrar.post(at(campus, deed), given).status_code in {409, 422}, deed
    assert status(campus) == "ACTIVE"
