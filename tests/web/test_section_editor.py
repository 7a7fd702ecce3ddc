"""Editing a section in the browser: the form, locks, checks, students, and two people at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from phases.models import Phase, TimelineEntry
from scheduling.models import ChangeLog, Section
from scheduling.selectors import values_of_sections
from tests.campus import TERM
from tests.section_form import form_of

HTMX = {"HTTP_HX_REQUEST": "true"}


def edit(campus, sis_id="S1"):
    return reverse("section_edit", args=[campus.id_of(sis_id)])


def state(campus, sis_id="S1"):
    return values_of_sections([campus.id_of(sis_id)])[campus.id_of(sis_id)].values


def shown(client, path):
    return form_of(client.get(path).content.decode())


def close(name="Closed"):
    TimelineEntry.objects.create(term_id=TERM, phase=Phase.objects.get(name=name), starts_at=timezone.now())


# ---- who


@pytest.mark.parametrize(
    ("kind", "own", "other"),
    [
        ("anonymous", 302, 302),
        ("no product", 403, 403),
        ("no role", 403, 403),
        ("viewer", 200, 200),
        ("scheduler", 200, 404),
        ("registrar", 200, 200),
        ("admin", 403, 403),
    ],
)
def test_each_kind_of_person_opens_the_form_of_sections_they_see(campus, person, kind, own, other):
    client = person(kind)
    assert client.get(edit(campus, "S1")).status_code == own
    assert client.get(edit(campus, "S3")).status_code == other
    assert client.post(edit(campus, "S3"), {"value.title": "Mine"}).status_code in {other, 422, 302}
    assert state(campus, "S3")["title"] == ("Mine" if kind == "registrar" else "Title of S3")


def test_a_viewer_sees_every_field_locked_with_the_reason_and_changes_nothing(campus, person):
    client = person("viewer")
    page = client.get(edit(campus)).content.decode()
    assert 'name="value.' not in page
    assert "Title is locked" in page
    assert "You may look at everything here and change nothing" in page
    client.post(edit(campus), {"value.title": "Mine", "meetings.form": "1", "version": "1"})
    assert state(campus)["title"] == "Title of S1"
    assert state(campus)["meetings"]


def test_a_locked_field_says_in_which_phase_and_its_value_stays(campus, person):
    close()
    client = person("scheduler")
    page = client.get(edit(campus)).content.decode()
    assert "Title is locked in Closed; the Registrar may change it." in page
    client.post(edit(campus), {"value.title": "Mine", "version": "1"})
    assert state(campus)["title"] == "Title of S1"


def test_a_lock_that_came_meanwhile_refuses_the_save_and_keeps_what_was_typed(campus, person):
    client = person("scheduler")
    form = shown(client, edit(campus)) | {"value.title": ["Mine"], "value.notes": ["Bring a laptop"]}
    close()
    answer = client.post(edit(campus), form)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Title is locked in Closed; the Registrar may change it. You wrote: Mine" in page
    assert "You wrote: Bring a laptop" in page
    assert '<a href="#input-title">' in page
    assert state(campus)["title"] == "Title of S1"


# ---- saving


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(campus, registrar):
    for sis_id in ("S1", "S2", "S3", "S4"):
        before = Section.objects.get(pk=campus.id_of(sis_id)).version
        answer = registrar.post(edit(campus, sis_id), shown(registrar, edit(campus, sis_id)))
        assert answer.status_code == 302
        assert Section.objects.get(pk=campus.id_of(sis_id)).version == before


def test_what_is_changed_is_saved_audited_and_told(campus, registrar):
    form = shown(registrar, edit(campus))
    form |= {
        "value.title": ["Cells & Genes"],
        "value.notes": ["Line one\r\nLine two"],
        "meetings.0.days": ["T", "R"],
        "meetings.0.place": ["HAL 103"],
        "meetings.1.days": ["S"],
        "meetings.1.start_time": ["10:00"],
        "meetings.1.end_time": ["11:00"],
        "instructors.1.instructor": ["Marie Curie"],
        "instructors.1.percent": ["40"],
        "instructors.0.percent": ["60"],
        "instructors.primary": ["1"],
    }
    answer = registrar.post(edit(campus), form, follow=True)
    assert "BIO 101 A is saved: Title, Notes, Meetings, Instructors." in answer.content.decode()
    now = state(campus)
    assert (now["title"], now["notes"]) == ("Cells & Genes", "Line one\nLine two")
    assert [(one.days, one.start_time, one.building, one.room) for one in now["meetings"]] == [
        ("S", "10:00", "", ""),
        ("TR", "09:00", "HAL", "103"),
    ]
    assert [(one.instructor, one.percent, one.is_primary) for one in now["instructors"]] == [
        ("I1", 40, True),
        ("I2", 60, False),
    ]
    rows = ChangeLog.objects.filter(record_type="section", actor=registrar.user)
    assert {row.field for row in rows} == {"title", "notes", "meetings", "instructors"}
    assert {row.source for row in rows} == {"FORM"}


def test_usual_times_fill_an_empty_row_without_a_script(campus, registrar):
    form = shown(registrar, edit(campus)) | {"meetings.1.pattern": ["TR|13:00|14:20"]}
    registrar.post(edit(campus), form)
    assert ("TR", "13:00", "14:20") in [
        (one.days, one.start_time, one.end_time) for one in state(campus)["meetings"]
    ]


def test_a_meeting_is_removed_and_an_arranged_one_kept(campus, registrar):
    form = shown(registrar, edit(campus)) | {"meetings.0.removed": ["1"], "meetings.1.arranged": ["1"]}
    registrar.post(edit(campus), form)
    (only,) = state(campus)["meetings"]
    assert only.is_arranged
    assert shown(registrar, edit(campus))["meetings.0.arranged"] == ["1"]


def test_a_section_s_dates_take_its_meetings_along(campus, registrar):
    form = shown(registrar, edit(campus)) | {"value.end_date": ["2027-04-30"]}
    registrar.post(edit(campus), form)
    assert [one.end_date for one in state(campus)["meetings"]] == ["2027-04-30"]


@pytest.mark.parametrize(
    ("changes", "words", "anchor"),
    [
        ({"value.capacity": ["many"]}, "it must be a whole number", "input-capacity"),
        ({"value.credits": ["1.234"]}, "at most two decimals", "input-credits"),
        ({"value.section_number": [""]}, "Section number must not be blank", "input-section_number"),
        ({"value.course": ["NO-1"]}, "is not known in Spring 2027", "input-course"),
        ({"value.campus": ["MOON"]}, "There is no campus", "input-campus"),
        ({"value.title": ["a\x00b"]}, "NUL", "input-title"),
        ({"meetings.0.end_time": [""]}, "a start and an end time", "input-meetings"),
        ({"meetings.0.place": ["NOPE 1"]}, "There is no building", "input-meetings"),
        ({"meetings.0.place": ["HAL 999"]}, "There is no room", "input-meetings"),
        ({"meetings.0.start_time": ["25:00"]}, "write the time as HH:MM", "input-meetings"),
        ({"instructors.0.instructor": ["Nobody Here"]}, "There is no instructor", "input-instructors"),
        ({"instructors.0.percent": ["lots"]}, "it must be a number", "input-instructors"),
        ({"meetings.0.arranged": ["1"]}, "Meeting 1 is arranged and has days", "input-meetings"),
        ({"instructors.1.percent": ["40"]}, "Instructor 2 has a share and no name", "input-instructors"),
        ({"instructors.primary": ["1"]}, "Instructor 2 has the primary mark", "input-instructors"),
        ({"value.section_number": ["B"]}, "BIO 101 B", "input-section_number"),
        ({"meetings.0.days": ["T", "R"]}, "HAL 101 is taken TR 9:00–10:20 am by BIO 101 B", "input-meetings"),
    ],
)
def test_what_cannot_be_saved_is_told_at_its_field_and_nothing_typed_is_lost(
    campus, registrar, changes, words, anchor
):
    form = shown(registrar, edit(campus)) | {"value.notes": ["Typed before"]} | changes
    answer = registrar.post(edit(campus), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert f'<a href="#{anchor}">' in page
    assert f'id="{anchor}"' in page
    assert "Typed before" in page
    assert state(campus)["notes"] is None
    if "value.title" not in changes:
        name, (value, *_rest) = next(iter(changes.items()))
        assert value == "" or value in form_of(page)[name]


def test_two_things_wrong_are_both_told(campus, registrar):
    form = shown(registrar, edit(campus)) | {"value.capacity": ["x"], "value.credits": ["y"]}
    page = registrar.post(edit(campus), form).content.decode()
    assert "2 things have to be put right" in page


@pytest.mark.parametrize(
    "odd",
    [
        {"version": "999999999999999999999"},
        {"version": "-1"},
        {"version": "x"},
        {"meetings.999.days": "M", "meetings.form": "1"},
        {"meetings.0.days": "MMMM?", "meetings.form": "1"},
        {"meetings.0.pattern": "|||||", "meetings.form": "1"},
        {"meetings.0.start_date": "31/12/2027", "meetings.0.days": "M", "meetings.form": "1"},
        {"instructors.0.instructor": "\x00", "instructors.form": "1"},
        {"instructors.0.instructor": "()", "instructors.form": "1"},
        {"meetings.0.place": "\x00", "meetings.form": "1"},
        {"value.course": "\x00"},
        {"value.unknown": "1"},
        {"do": "whatever"},
        {"confirmed": "1e9", "value.title": "x"},
        {"next": "https://elsewhere.example/", "value.title": "x"},
        {"next": "/\r\nX-Y: 1", "value.title": "x"},
        {f"meetings.{number}.days": "M" for number in range(61)} | {"meetings.form": "1"},
    ],
)
def test_odd_forms_end_in_a_sentence(campus, registrar, odd):
    answer = registrar.post(edit(campus), odd)
    assert answer.status_code in {200, 302, 422}
    if answer.status_code == 302:
        assert answer.headers["Location"].startswith("/sections/")


def test_the_list_with_its_filters_is_what_one_comes_back_to(campus, registrar):
    here = f"/terms/{TERM}/sections/?department=BIO&sort=-title"
    page = registrar.get(edit(campus), {"next": here}).content.decode()
    form = form_of(page) | {"value.title": ["Cells"]}
    assert registrar.post(edit(campus), form).headers["Location"] == here


# ---- checks and students


def test_a_check_tells_what_a_save_would_say_and_saves_nothing(campus, registrar):
    form = shown(registrar, edit(campus)) | {
        "meetings.0.days": ["T", "R"],
        "value.capacity": ["41"],
        "do": ["check"],
    }
    answer = registrar.post(edit(campus), form, **HTMX)
    words = answer.content.decode()
    assert "<html" not in words
    assert "HAL 101 is taken TR 9:00–10:20 am by BIO 101 B" in words
    assert "Capacity 41 is more than the 40 seats of HAL 101" in words
    assert Section.objects.get(pk=campus.id_of("S1")).version == 1
    whole = registrar.post(edit(campus), form)
    assert whole.status_code == 200
    assert "HAL 101 is taken" in whole.content.decode()


def test_rooms_that_are_free_then_are_offered(campus, registrar):
    form = shown(registrar, edit(campus)) | {"meetings.0.days": ["T"], "do": ["check"]}
    words = registrar.post(edit(campus), form, **HTMX).content.decode()
    assert 'data-room="HAL 102"' in words
    assert 'data-room="HAL 101"' not in words


def test_a_change_that_touches_students_is_asked_and_then_saved(campus, registrar):
    form = shown(registrar, edit(campus, "S2")) | {"meetings.0.start_time": ["09:05"]}
    answer = registrar.post(edit(campus, "S2"), form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "touches its 12 enrolled students" in page
    again = form_of(page) | {"confirmed": ["12"]}
    assert registrar.post(edit(campus, "S2"), again).status_code == 302
    assert state(campus, "S2")["meetings"][0].start_time == "09:05"


# ---- two people at once


def saved_by_other(campus, **changes):
    campus.edit("S1", **changes)


def test_what_does_not_overlap_is_put_together_and_told(campus, registrar):
    form = shown(registrar, edit(campus)) | {"value.title": ["Mine"]}
    saved_by_other(campus, capacity=25, notes="Theirs")
    page = registrar.post(edit(campus), form, follow=True).content.decode()
    now = state(campus)
    assert (now["title"], now["capacity"], now["notes"]) == ("Mine", 25, "Theirs")
    assert "kim saved meanwhile: Capacity, Notes; that is kept." in page


def test_where_both_changed_a_field_the_three_values_are_shown_and_one_is_chosen(campus, registrar):
    form = shown(registrar, edit(campus)) | {"value.title": ["Mine"], "value.notes": ["Also mine"]}
    saved_by_other(campus, title="Theirs", capacity=25)
    answer = registrar.post(edit(campus), form)
    page = answer.content.decode()
    assert answer.status_code == 409
    for words in ("kim saved this section", "Before", "Title of S1", "Mine", "Theirs"):
        assert words in page
    assert state(campus)["title"] == "Theirs"
    again = form_of(page)
    assert again["value.title"] == ["Mine"]
    assert again["value.notes"] == ["Also mine"]
    assert again["choose.title"] == ["mine"]
    theirs = registrar.post(edit(campus), again | {"choose.title": ["theirs"]}, follow=True)
    assert theirs.status_code == 200
    now = state(campus)
    assert (now["title"], now["notes"], now["capacity"]) == ("Theirs", "Also mine", 25)


def test_mine_may_be_chosen_too(campus, registrar):
    form = shown(registrar, edit(campus)) | {"value.title": ["Mine"]}
    saved_by_other(campus, title="Theirs")
    again = form_of(registrar.post(edit(campus), form).content.decode())
    assert registrar.post(edit(campus), again).status_code == 302
    assert state(campus)["title"] == "Mine"


def test_a_third_save_is_asked_about_again(campus, registrar):
    form = shown(registrar, edit(campus)) | {"value.title": ["Mine"]}
    saved_by_other(campus, title="Theirs")
    again = form_of(registrar.post(edit(campus), form).content.decode())
    saved_by_other(campus, title="Theirs again")
    answer = registrar.post(edit(campus), again)
    assert answer.status_code == 409
    assert state(campus)["title"] == "Theirs again"


def test_both_writing_the_same_is_no_overlap(campus, registrar):
    form = shown(registrar, edit(campus)) | {"value.title": ["Same"]}
    saved_by_other(campus, title="Same")
    assert registrar.post(edit(campus), form).status_code == 302


@pytest.mark.parametrize("version", [["77"], ["x"], ["9" * 25], []])
def test_a_version_that_never_was_overwrites_nobody_unseen(campus, registrar, version):
    form = shown(registrar, edit(campus)) | {"value.title": ["Mine"], "version": version}
    assert registrar.post(edit(campus), form).status_code == 302
    assert state(campus)["title"] == "Mine"
    saved_by_other(campus, title="Theirs")
    answer = registrar.post(edit(campus), form)
    assert answer.status_code == 409
    assert state(campus)["title"] == "Theirs"
    assert "Theirs" in answer.content.decode()


# ---- without a script, in a dialog, and what it costs


def test_a_row_is_added_without_a_script_and_what_is_typed_stays(campus, registrar):
    form = shown(registrar, edit(campus)) | {"value.title": ["Typed"], "do": ["add-meeting"]}
    page = registrar.post(edit(campus), form).content.decode()
    assert "meetings.2.days" in page
    assert form_of(page)["value.title"] == ["Typed"]
    assert Section.objects.get(pk=campus.id_of("S1")).version == 1


def test_in_a_dialog_only_the_form_is_answered_and_a_save_leads_on(campus, registrar):
    page = registrar.get(edit(campus), **HTMX).content.decode()
    assert "<html" not in page
    assert 'hx-target="#dialog-body"' in page
    form = form_of(page) | {"value.title": ["Cells"]}
    answer = registrar.post(edit(campus), form, **HTMX)
    assert answer.headers["HX-Redirect"] == reverse("section", args=[campus.id_of("S1")])


def test_opening_and_saving_take_a_fixed_number_of_queries(campus, registrar):
    registrar.get(edit(campus))
    with CaptureQueriesContext(connection) as opened:
        form = shown(registrar, edit(campus))
    form |= {"meetings.0.days": ["T"], "meetings.0.place": ["HAL 103"], "value.title": ["x"]}
    with CaptureQueriesContext(connection) as saved:
        assert registrar.post(edit(campus), form).status_code == 302
    assert (len(opened), len(saved)) == (OPEN_QUERIES, SAVE_QUERIES)


OPEN_QUERIES, SAVE_QUERIES = 19, 44
