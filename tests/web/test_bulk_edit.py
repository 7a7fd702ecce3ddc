"""Many sections changed on one page: who may, what is shown before, what is saved."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from phases.models import Phase, TimelineEntry
from scheduling.models import ChangeLog, Section
from tests.campus import TERM
from tests.list_page import words

PATH = f"/terms/{TERM}/sections/bulk/"
LIST = f"/terms/{TERM}/sections/"
MORNING = {"days": "MWF", "start_time": "09:00", "end_time": "09:50"}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def ids(campus, *names):
    return ",".join(str(campus.id_of(one)) for one in names)


def previewed(client, chosen, **wish):
    answer = client.post(PATH, {"ids": chosen, "do": "preview", **wish})
    assert answer.status_code == 200, words(answer.content.decode())
    return answer.content.decode().partition("<main")[2]


def save(client, page, **more):
    """The form of the preview, sent as a browser sends it."""
    form = {name: value for name, value in HIDDEN.findall(page) if name != "csrfmiddlewaretoken"}
    return client.post(PATH, {**form, "do": "save", **more})


def rooms(campus, name):
    return [one.room.number for one in campus.section(name).meetings.all()]


def titles():
    return dict(Section.objects.values_list("sis_id", "title"))


# ---- who


@pytest.mark.parametrize(
    ("kind", "status"),
    [("anonymous", 302), ("no product", 403), ("no role", 403), ("viewer", 403), ("admin", 403)],
)
def test_nobody_opens_it_whose_role_does_not_edit(campus, person, kind, status):
    client = person(kind)
    wish = {"ids": ids(campus, "S1"), "do": "save", "value.title": "Mine"}
    assert client.get(PATH).status_code == client.post(PATH, wish).status_code == status
    assert "Mine" not in titles().values()


@pytest.mark.parametrize(
    ("kind", "is_offered"), [("registrar", True), ("scheduler", True), ("viewer", False)]
)
def test_the_list_has_ticks_for_who_may_edit(campus, person, kind, is_offered):
    page = person(kind).get(LIST).content.decode()
    assert ('name="ids"' in page) is ("Change ticked sections" in page) is is_offered


def test_sections_of_other_departments_are_left_out_and_never_changed(campus, person):
    client = person("scheduler")
    page = client.get(PATH + f"?ids={ids(campus, 'S1', 'S3')}").content.decode()
    assert "Change 1 section<" in page
    assert "1 of those chosen is left out" in page
    shown = previewed(client, ids(campus, "S1", "S3"), **{"value.title": "Mine"})
    assert "CHE 202" not in shown
    save(client, shown, ids=ids(campus, "S1", "S3"))
    assert titles() == {"S1": "Mine", **{one: f"Title of {one}" for one in ("S2", "S3", "S4")}}


# ---- choosing


def test_all_that_the_list_finds_can_be_chosen(registrar):
    page = registrar.get(PATH + "?all=1&department=BIO").content.decode()
    assert "Change 2 sections" in page


def test_without_a_section_the_way_back_is_shown(registrar):
    assert "No section is chosen" in registrar.get(PATH).content.decode()


# ---- what is shown before, and saved


def test_the_preview_writes_nothing_and_the_save_does_what_it_showed(campus, registrar):
    shown = previewed(registrar, ids(campus, "S1", "S2"), **{"value.title": "New", "value.capacity": "25"})
    assert "Title: Title of S1 → becomes New" in words(shown)
    assert "2 of 2 sections would be saved" in words(shown)
    assert "New" not in titles().values()
    answer = save(registrar, shown, reason="Asked by the dean")
    assert (answer.status_code, answer.headers["Location"]) == (302, LIST)
    assert [campus.section(one).capacity for one in ("S1", "S2", "S3")] == [25, 25, 30]
    assert set(ChangeLog.objects.filter(field="title").values_list("reason", "source")) == {
        ("Asked by the dean", "FORM")
    }


def test_a_field_left_empty_stays_and_a_blank_is_asked_for(campus, registrar):
    save(registrar, previewed(registrar, ids(campus, "S1"), **{"value.title": " ", "blank.capacity": "1"}))
    assert (campus.section("S1").capacity, campus.section("S1").title) == (None, "Title of S1")


def test_all_meetings_move_to_a_room_that_is_free(campus, registrar):
    shown = previewed(registrar, ids(campus, "S1", "S2"), room="HAL 103")
    save(registrar, shown)
    assert rooms(campus, "S1") == rooms(campus, "S2") == ["103"]


def times(campus, name):
    return [(one.days, f"{one.start_time:%H:%M}") for one in campus.section(name).meetings.all()]


def test_times_move_by_minutes_and_never_over_midnight(campus, registrar):
    campus.edit("S3", meetings=[{"days": "M", "start_time": "23:00", "end_time": "23:50"}])
    shown = previewed(registrar, ids(campus, "S1", "S2", "S3"), minutes="10")
    assert "23:50 moved by 10 minutes is not on the same day" in shown
    assert "2 of 3 sections would be saved" in words(shown)
    assert save(registrar, shown, all_or_none="1").status_code == 409
    save(registrar, shown)
    found = [times(campus, one) for one in ("S1", "S2", "S3")]
    assert found == [[("MWF", "09:10")], [("TR", "09:10")], [("M", "23:00")]]
    save(registrar, previewed(registrar, ids(campus, "S1"), minutes="-20"))
    assert times(campus, "S1") == [("MWF", "08:50")]


def test_a_section_with_one_meeting_moves_to_usual_times_and_others_are_told_why_not(campus, registrar):
    campus.edit("S2", meetings=[MORNING, {**MORNING, "days": "TR"}])
    campus.edit("S4", meetings=[])
    page = registrar.get(PATH + f"?ids={ids(campus, 'S1')}").content.decode()
    assert '<option value="MWF|11:00|11:50">' in page
    shown = previewed(registrar, ids(campus, "S1", "S2", "S4"), pattern="MWF|11:00|11:50")
    assert "It has 2 meetings with days or a time" in shown
    assert "It has no meeting with days or a time" in shown
    save(registrar, shown)
    assert times(campus, "S1") == [("MWF", "11:00")]
    assert rooms(campus, "S1") == ["101"]
    assert times(campus, "S2") == [("MWF", "09:00"), ("TR", "09:00")]


def test_an_instructor_is_replaced_and_takes_over_share_and_place(campus, registrar):
    two = [{"instructor": "I2", "percent": 60, "is_primary": True}, {"instructor": "I1", "percent": 40}]
    campus.edit("S2", instructors=two)
    shown = previewed(
        registrar, ids(campus, "S1", "S2", "S3"), **{"replaced": "Ada Yonath", "replaced.by": "I1"}
    )
    assert "2 of 3 sections would be saved · 1 needs no change" in words(shown)
    save(registrar, shown)
    for name in ("S1", "S2"):
        (one,) = campus.section(name).assignments.all()
        assert (one.instructor_id, one.percent, one.is_primary) == ("I1", 100, True)


def test_a_clash_is_told_for_its_section_and_the_others_are_saved(campus, registrar):
    campus.edit("S2", meetings=[{**MORNING, "building": "HAL", "room": "103"}])
    shown = previewed(registrar, ids(campus, "S1", "S3"), room="HAL 103")
    assert "1 of 2 sections would be saved · 1 refused" in words(shown)
    assert save(registrar, shown, all_or_none="1").status_code == 409
    assert rooms(campus, "S3") == ["102"]
    save(registrar, shown)
    assert (rooms(campus, "S1"), rooms(campus, "S3")) == (["101"], ["103"])


def test_what_the_phase_locks_is_told_with_its_reason(campus, person, title_locked):
    client = person("scheduler")
    shown = previewed(client, ids(campus, "S1"), **{"value.title": "Mine"})
    assert "Stays as it is:" in shown
    assert "0 of 1 section would be saved" in words(shown)
    assert 'value="save"' not in shown


@pytest.fixture
def title_locked(campus):
    """The phase in force locks titles for schedulers, as delivered."""
    TimelineEntry.objects.create(
        term_id=TERM, phase=Phase.objects.get(name="Registration"), starts_at="2020-01-01T00:00:00Z"
    )


def test_enrolled_students_are_counted_and_the_save_needs_the_count(campus, registrar):
    shown = previewed(registrar, ids(campus, "S1", "S2"), cancel="1")
    assert "12 enrolled students touched" in words(shown)
    asked = save(registrar, shown, students="0")
    assert asked.status_code == 409
    assert "12 enrolled students are touched. Nothing is saved yet" in words(asked.content.decode())
    assert set(Section.objects.values_list("status", flat=True)) == {"ACTIVE"}
    assert save(registrar, asked.content.decode().partition("<main")[2]).status_code == 302
    assert campus.section("S2").status == "CANCELLED"


def test_what_changed_since_the_preview_is_not_saved_and_shown_again(campus, registrar):
    shown = previewed(registrar, ids(campus, "S1", "S2"), **{"value.title": "New"})
    campus.edit("S2", notes="x")
    answer = save(registrar, shown)
    assert answer.status_code == 409
    assert "Nothing was saved. What would be saved is not what you were shown" in words(
        answer.content.decode()
    )
    assert "New" not in titles().values()
    assert save(registrar, answer.content.decode().partition("<main")[2]).status_code == 302
    assert titles()["S2"] == "New"


def test_a_wish_that_was_not_previewed_is_not_saved(campus, registrar):
    shown = previewed(registrar, ids(campus, "S1"), **{"value.title": "New"})
    assert save(registrar, shown, **{"value.title": "Other"}).status_code == 409
    assert titles()["S1"] == "Title of S1"


# ---- odd input


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({}, "Nothing is written yet"),
        ({"value.capacity": "many"}, "Capacity"),
        ({"value.title": "x\x00"}, "NUL"),
        ({"value.title": "x", "blank.title": "1"}, "choose one"),
        ({"value.title": "x" * 5000}, "Title"),
        ({"minutes": "ten"}, "whole number"),
        ({"minutes": "--10"}, "whole number"),
        ({"minutes": "10", "pattern": "MWF|11:00|11:50"}, "not both"),
        ({"replaced": "I2"}, "who does instead"),
        ({"replaced": "I2", "replaced.by": "Ada Yonath (I2)"}, "same person"),
        ({"replaced": "Nobody\x00", "replaced.by": "I1"}, "There is no instructor"),
    ],
)
def test_what_cannot_be_read_is_said_and_stays_in_the_form(campus, registrar, wish, said):
    answer = registrar.post(PATH, {"ids": ids(campus, "S1"), "do": "preview", **wish})
    assert answer.status_code == 422
    assert said in answer.content.decode()


@pytest.mark.parametrize("chosen", ["\x00", "9" * 400, "-1", "1,,2;3", ",".join(map(str, range(1, 600)))])
@pytest.mark.parametrize("do", ["", "preview", "save"])
def test_strange_ids_are_answered(campus, registrar, chosen, do):
    wish = {"ids": chosen, "do": do, "value.title": "x", "seen": chosen, "students": chosen, "room": chosen}
    wish |= {"minutes": chosen[:4], "pattern": chosen}
    assert registrar.post(PATH, wish).status_code in {200, 409, 422}
    assert registrar.get(PATH, {"ids": chosen}).status_code == 200


def test_a_strange_room_is_refused_in_words(campus, registrar):
    for room in ("\x00", "NOWHERE 1", "x" * 5000, "'\"<b>"):
        shown = previewed(registrar, ids(campus, "S1"), room=room)
        assert "Stays as it is:" in shown


def test_the_form_needs_no_more_queries_for_more_sections(campus, registrar):
    def queries(*names):
        chosen = ids(campus, *names)
        with CaptureQueriesContext(connection) as captured:
            registrar.get(PATH + f"?ids={chosen}")
        return len(captured)

    queries("S1")
    assert queries("S1") == queries("S1", "S2", "S3") <= 30
