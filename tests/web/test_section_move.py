"""Moving a meeting by its page: who may, what is checked, and that nothing else of the section changes."""

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from phases.models import Phase, TimelineEntry
from scheduling.models import ChangeLog, Meeting, User
from scheduling.selectors import values_of_sections
from scheduling.services.audit import Author
from scheduling.services.sections import update_section
from tests.section_form import form_of
from tests.week_college import TERM, College

HTMX = {"HTTP_HX_REQUEST": "true"}
WEEK = f"/terms/{TERM}/week/?department=BIO"


@pytest.fixture
def campus(db):
    """Three classes by the names S1 to S3; the first two meet in one room on other days."""
    made = College()
    made.sections = {
        "S1": made.section("BIO", "A", ("MWF", "09:00", "09:50", "101")),
        "S2": made.section("BIO", "B", ("TR", "09:00", "10:20", "101"), enrollment=12),
        "S3": made.section("CHE", "A", ("MWF", "11:00", "11:50", "102")),
    }
    return made


def page_of(campus, name="S1"):
    return reverse("section_move", args=[campus.sections[name].pk])


def move(campus, name="S1", **query):
    meeting = Meeting.objects.filter(section=campus.sections[name]).order_by("id").first()
    return f"{page_of(campus, name)}?{urlencode({'meeting': meeting.pk, **query})}"


def edit(campus, **changes):
    author = Author(now=timezone.now(), source="COMMAND", user=User.objects.get(username="registrar"))
    update_section(campus.sections["S1"].pk, changes, author=author)


def values(campus, name="S1"):
    pk = campus.sections[name].pk
    return values_of_sections([pk])[pk].values


def meetings(campus, name="S1"):
    return [
        (one.days, one.start_time, one.end_time, one.building, one.room)
        for one in values(campus, name)["meetings"]
    ]


def shown(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return form_of(answer.content.decode())


def words(answer):
    return " ".join(answer.content.decode().split())


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
def test_who_sees_the_page_and_whose_classes_they_move(campus, person, kind, own, other):
    client = person(kind)
    form = {
        "version": "1",
        "meetings.form": "1",
        "row": "0",
        "length": "50",
        "meetings.0.days": "MWF",
        "meetings.0.start_time": "15:00",
        "meetings.0.place": "HAL 102",
    }
    assert client.get(move(campus, "S1")).status_code == own
    assert client.get(move(campus, "S3")).status_code == other
    client.post(move(campus, "S3"), form)
    assert meetings(campus, "S3")[0][1] == ("15:00" if kind == "registrar" else "11:00")


def test_a_move_keeps_the_length_and_all_else_and_leads_back_to_the_week(campus, registrar):
    edit(
        campus,
        meetings=[
            {"days": "MWF", "start_time": "09:00", "end_time": "09:50", "building": "HAL", "room": "101"},
            {"days": "S", "start_time": "10:00", "end_time": "12:00", "end_date": "2027-03-01"},
        ],
    )
    before = values(campus)
    form = shown(registrar, move(campus, next=WEEK))
    form |= {
        "meetings.0.days": ["T", "R"],
        "meetings.0.start_time": ["13:10"],
        "meetings.0.place": ["HAL 103"],
    }
    answer = registrar.post(move(campus), form)
    assert (answer.status_code, answer.url) == (302, WEEK)
    assert "BIO 101 A is saved: Meetings." in words(registrar.get(WEEK))
    assert meetings(campus) == [
        ("S", "10:00", "12:00", "", ""),
        ("TR", "13:10", "14:00", "HAL", "103"),
    ]
    after = values(campus)
    assert {name for name in after if after[name] != before[name]} == {"meetings"}
    assert [one.end_date for one in after["meetings"]] == ["2027-03-01", before["meetings"][0].end_date]
    assert ChangeLog.objects.filter(record_type="section", source="FORM").get().actor == registrar.user


def test_a_form_that_is_sent_as_it_was_shown_moves_nothing(campus, registrar):
    for sis_id in ("S1", "S2", "S3"):
        before = meetings(campus, sis_id)
        answer = registrar.post(move(campus, sis_id), shown(registrar, move(campus, sis_id)), follow=True)
        assert "nothing was changed" in words(answer)
        assert meetings(campus, sis_id) == before


def test_a_drag_fills_the_form_and_shows_the_clash_and_free_rooms_and_saves_nothing(campus, registrar):
    drag = move(campus, "S1", **{"from": "W", "to": "R"}, start="09:15")
    answer = registrar.get(drag, **HTMX)
    form, page = form_of(answer.content.decode()), words(answer)
    assert form["meetings.0.days"] == ["M", "R", "F"]
    assert form["meetings.0.start_time"] == ["09:15"]
    assert "<b>It would meet:</b> MRF 9:15–10:05 am · HAL 101" in page
    assert "It meets <b>MWF 9:00–9:50 am · HAL 101</b> now." in page
    assert "<b>Cannot be saved:</b> HAL 101 is taken" in page
    assert 'data-room="HAL 102"' in page
    assert "<html" not in page
    assert meetings(campus) == [("MWF", "09:00", "09:50", "HAL", "101")]
    refused = registrar.post(drag, form, **HTMX)
    assert refused.status_code == 422
    assert '<a href="#input-meetings">HAL 101 is taken' in words(refused)
    assert meetings(campus) == [("MWF", "09:00", "09:50", "HAL", "101")]
    moved = registrar.post(drag, form | {"meetings.0.place": ["HAL 102"]}, **HTMX)
    assert moved.headers["HX-Redirect"] == reverse("section", args=[campus.sections["S1"].pk])
    assert meetings(campus) == [("MRF", "09:15", "10:05", "HAL", "102")]


def test_checking_tells_and_saves_nothing(campus, registrar):
    form = shown(registrar, move(campus)) | {"meetings.0.days": ["T"], "do": "check"}
    for options in ({}, HTMX):
        answer = registrar.post(move(campus), form, **options)
        assert "HAL 101 is taken" in words(answer)
        assert ("<form" in words(answer)) is not bool(options)
    assert meetings(campus)[0][0] == "MWF"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"meetings.0.start_time": ["23:30"]}, "would end after midnight"),
        ({"meetings.0.start_time": ["soon"]}, "Choose at least one day and a start time"),
        ({"meetings.0.days": []}, "Choose at least one day and a start time"),
        ({"meetings.0.place": ["HAL 999"]}, "There is no room"),
        ({"meetings.0.place": ["\x00"]}, "NUL"),
        ({"row": ["9"]}, "Choose at least one day and a start time"),
    ],
)
def test_what_is_no_move_is_said_and_what_was_typed_stays(campus, registrar, typed, sentence):
    form = shown(registrar, move(campus)) | {"meetings.0.start_time": ["13:00"]} | typed
    for do, status in (("save", 422), ("check", 200)):
        answer = registrar.post(move(campus), form | {"do": do})
        assert answer.status_code in {status, 422}
        assert sentence in words(answer)
    assert meetings(campus) == [("MWF", "09:00", "09:50", "HAL", "101")]


def test_enrolled_students_are_asked_about_first(campus, registrar):
    form = shown(registrar, move(campus, "S2")) | {"meetings.0.start_time": ["14:00"]}
    asked = registrar.post(move(campus, "S2"), form)
    assert asked.status_code == 409
    assert "touches its 12 enrolled students" in words(asked)
    assert meetings(campus, "S2")[0][1] == "09:00"
    registrar.post(move(campus, "S2"), form_of(asked.content.decode()) | {"confirmed": ["12"]})
    assert meetings(campus, "S2")[0][1] == "14:00"


def test_a_move_on_top_of_somebody_elses_shows_three_values(campus, registrar):
    form = shown(registrar, move(campus)) | {"meetings.0.start_time": ["14:00"]}
    stands = {"days": "MWF", "start_time": "16:00", "end_time": "16:50", "building": "HAL", "room": "103"}
    edit(campus, meetings=[stands], title="Cells and more")
    asked = registrar.post(page_of(campus), form)
    assert asked.status_code == 409
    assert "registrar saved this section while you were editing it" in words(asked)
    assert meetings(campus)[0][1] == "16:00"
    again = form_of(asked.content.decode()) | {"choose.meetings": ["mine"]}
    registrar.post(move(campus), again)
    assert meetings(campus) == [("MWF", "14:00", "14:50", "HAL", "101")]
    assert values(campus)["title"] == "Cells and more"


def test_a_locked_class_says_why_and_is_refused(campus, person):
    scheduler = person("scheduler")
    form = shown(scheduler, move(campus)) | {"meetings.0.start_time": ["14:00"]}
    TimelineEntry.objects.create(
        term_id=TERM, phase=Phase.objects.get(name="Closed"), starts_at=timezone.now()
    )
    page = words(scheduler.get(move(campus, start="14:00")))
    assert "locked in Closed; the Registrar may change them." in page
    assert "Ask for this change" in page
    assert "Move it" not in page
    answer = scheduler.post(move(campus), form)
    assert answer.status_code == 422
    assert "You wrote: MWF 2:00–2:50 pm" in words(answer)
    assert meetings(campus)[0][1] == "09:00"


def test_a_meeting_that_is_gone_or_has_no_time_leads_to_the_editor(campus, registrar):
    stale = move(campus, next=WEEK)
    edit(campus, meetings=[{"building": "HAL", "room": "101"}])
    for path in (stale, move(campus)):
        answer = registrar.get(path, follow=True)
        assert answer.redirect_chain[0][0].startswith(
            reverse("section_edit", args=[campus.sections["S1"].pk])
        )
        assert "This meeting was changed meanwhile" in words(answer)


def test_the_only_meeting_needs_no_name(campus, registrar):
    bare = page_of(campus)
    assert shown(registrar, bare)["meetings.0.days"] == ["M", "W", "F"]
