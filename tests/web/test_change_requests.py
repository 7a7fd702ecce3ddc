"""Asking for a change of a locked field, and the answer."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from phases.models import Phase, TimelineEntry
from scheduling.models import ChangeLog, ChangeRequest, Section
from scheduling.selectors import values_of_sections
from tests.campus import TERM
from tests.section_form import form_of

LIST = f"/terms/{TERM}/requests/"


@pytest.fixture
def campus(campus):
    closed = Phase.objects.get(name="Closed")
    TimelineEntry.objects.create(term_id=TERM, phase=closed, starts_at=timezone.now())
    return campus


@pytest.fixture
def scheduler(campus, person):
    return person("scheduler")


def ask_path(campus, field="title", sis_id="S1"):
    return reverse("change_request_new", args=[campus.id_of(sis_id), field])


def ask(client, campus, field="title", sis_id="S1", *, reason="The room is too small", **changes):
    form = form_of(client.get(ask_path(campus, field, sis_id)).content.decode())
    form |= {"reason": [reason]} | ({"value.title": ["Wished"]} if field == "title" else {}) | changes
    return client.post(ask_path(campus, field, sis_id), form)


def open_one():
    return ChangeRequest.objects.get(state="OPEN")


def page_of(row):
    return reverse("change_request", args=[row.pk])


def answer(client, row, do, **more):
    version = Section.objects.get(pk=row.section_id).version
    return client.post(page_of(row), {"do": do, "version": version} | more)


def title(campus, sis_id="S1"):
    return values_of_sections([campus.id_of(sis_id)])[campus.id_of(sis_id)].values["title"]


def words_of(answer):
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main.partition(">")[2]))


def test_a_locked_field_offers_it_and_it_is_applied_when_approved(campus, scheduler, registrar):
    form = scheduler.get(reverse("section_edit", args=[campus.id_of("S1")])).content.decode()
    assert f'href="{ask_path(campus)}"' in form
    assert ask(scheduler, campus).headers["Location"] == LIST
    row = open_one()
    assert (row.wanted, row.seen, row.requester) == ("Wished", "Title of S1", scheduler.user)
    assert title(campus) == "Title of S1"
    queue = words_of(registrar.get(LIST))
    for words in ("BIO 101 A", "Wished", "The room is too small", "scheduler"):
        assert words in queue
    assert answer(registrar, row, "approve").headers["Location"] == LIST
    assert title(campus) == "Wished"
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("APPROVED", registrar.user)
    saved = ChangeLog.objects.get(record_type="section", field="title", actor=registrar.user)
    assert saved.reason == "Asked for by scheduler: The room is too small"


def test_who_asked_already_is_led_to_the_request(campus, scheduler):
    ask(scheduler, campus)
    answer = scheduler.get(ask_path(campus), follow=True)
    assert answer.redirect_chain == [(page_of(open_one()), 302)]
    assert "You ask for Title of BIO 101 A already" in answer.content.decode()
    assert scheduler.get(ask_path(campus, "meetings")).status_code == 200


def test_who_asked_is_told_until_it_is_read(campus, scheduler, registrar):
    ask(scheduler, campus)
    answer(registrar, open_one(), "refuse", sentence="Too late for this term.")
    page = scheduler.get(LIST)
    assert "1 new answer to your requests" in words_of(page)
    assert "“Too late for this term.”" in words_of(page)
    assert "new answers" in scheduler.get(f"/terms/{TERM}/sections/").content.decode()
    scheduler.post(LIST)
    assert "new answer" not in words_of(scheduler.get(LIST))


def test_a_refusal_says_why(campus, scheduler, registrar):
    ask(scheduler, campus)
    refused = answer(registrar, open_one(), "refuse", sentence="  ")
    assert refused.status_code == 422
    assert "Say in a sentence why not" in words_of(refused)
    assert open_one().state == "OPEN"


def test_only_who_may_change_the_field_answers(campus, scheduler, person):
    ask(scheduler, campus)
    row = open_one()
    for kind in ("scheduler", "viewer"):
        client = scheduler if kind == "scheduler" else person(kind)
        for do in ("approve", "refuse"):
            assert answer(client, row, do, sentence="x").status_code == 422
        assert "For you to answer Nothing waits for you." in words_of(client.get(LIST))
    assert (open_one().state, title(campus)) == ("OPEN", "Title of S1")


def test_only_who_asked_withdraws(campus, scheduler, registrar):
    ask(scheduler, campus)
    row = open_one()
    assert answer(registrar, row, "withdraw").status_code == 422
    assert answer(scheduler, row, "withdraw").status_code == 302
    row.refresh_from_db()
    assert row.state == "WITHDRAWN"
    assert answer(registrar, row, "approve").status_code == 422
    assert title(campus) == "Title of S1"


def test_one_request_a_field_and_person_is_open(campus, scheduler):
    ask(scheduler, campus)
    again = ask(scheduler, campus)
    assert again.status_code == 422
    assert "withdraw that request first" in words_of(again)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": [""]}, "Say why the change is needed"),
        ({"value.title": ["Title of S1"]}, "holds that already"),
        ({"value.title": ["x" * 201]}, "200 are allowed"),
        ({"value.title": ["a\x00b"]}, "NUL"),
    ],
)
def test_what_cannot_be_asked_for_is_told(campus, scheduler, changes, words):
    refused = (
        ask(scheduler, campus, **changes) if "reason" not in changes else ask(scheduler, campus, reason="")
    )
    assert refused.status_code == 422
    assert words in words_of(refused)
    assert not ChangeRequest.objects.exists()


def test_meetings_may_be_asked_for_and_a_clash_stops_the_approval(campus, scheduler, registrar):
    ask(scheduler, campus, "meetings", **{"meetings.0.days": ["T", "R"]})
    row = open_one()
    page = registrar.get(page_of(row))
    assert "HAL 101 is taken TR 9:00–10:20 am by BIO 101 B" in words_of(page)
    assert answer(registrar, row, "approve").status_code == 422
    assert open_one().state == "OPEN"


def test_a_place_that_is_not_there_cannot_be_asked_for(campus, scheduler):
    refused = ask(scheduler, campus, "meetings", **{"meetings.0.place": ["HAL 999"]})
    assert "There is no room" in words_of(refused)


def test_students_are_asked_about_when_it_is_approved(campus, scheduler, registrar):
    ask(scheduler, campus, "credits", "S2", **{"value.credits": ["0.50"]})
    row = open_one()
    asked = answer(registrar, row, "approve")
    assert asked.status_code == 409
    assert "12 enrolled students" in words_of(asked)
    assert answer(registrar, row, "approve", students="12").status_code == 302


def test_a_save_meanwhile_is_shown_and_stops_a_blind_approval(campus, scheduler, registrar):
    ask(scheduler, campus)
    row = open_one()
    campus.edit("S1", title="Kim's")
    page = words_of(registrar.get(page_of(row)))
    assert "The field was changed after this was asked." in page
    assert registrar.post(page_of(row), {"do": "approve", "version": "1"}).status_code == 422
    assert title(campus) == "Kim's"
    assert answer(registrar, row, "approve").status_code == 302
    assert title(campus) == "Wished"


def test_an_open_field_leads_to_the_form_and_one_of_the_sis_is_not_there(campus, registrar):
    assert registrar.get(ask_path(campus)).headers["Location"].endswith("/edit/")
    assert registrar.get(ask_path(campus, "enrollment")).status_code == 404
    assert registrar.get(ask_path(campus, "nonsense")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "status"), [("anonymous", 302), ("no product", 403), ("no role", 403), ("viewer", 200)]
)
def test_each_kind_of_person(campus, person, kind, status):
    client = person(kind)
    assert client.get(LIST).status_code == status
    assert client.get(ask_path(campus)).status_code == status


def test_other_departments_sections_are_not_there(campus, scheduler, registrar, person):
    assert scheduler.get(ask_path(campus, "title", "S3")).status_code == 404
    viewer = person("viewer")
    ask(viewer, campus, "title", "S3")
    assert scheduler.get(page_of(open_one())).status_code == 404
    assert answer(scheduler, open_one(), "refuse", sentence="x").status_code == 404
    assert "CHE 202 A" not in words_of(scheduler.get(LIST))
    assert "CHE 202 A" in words_of(registrar.get(LIST))


@pytest.mark.parametrize("pk", [0, 999_999])
def test_a_request_that_is_not_there(campus, registrar, pk):
    assert registrar.get(f"/requests/{pk}/").status_code == 404


def test_a_section_that_goes_takes_its_requests_along(campus, scheduler, registrar):
    ask(scheduler, campus)
    campus.adapter.remove("S1")
    Section.objects.filter(pk=campus.id_of("S1")).delete()
    assert not ChangeRequest.objects.exists()


def test_many_requests_take_as_many_queries_as_few(campus, scheduler, registrar):
    counts = []
    for sis_ids in (["S1"], ["S2"]):
        for sis_id in sis_ids:
            for field in ("title", "notes", "capacity"):
                value = {"value.notes": ["x"], "value.capacity": ["7"]}
                ask(scheduler, campus, field, sis_id, **({} if field == "title" else value))
        registrar.get(LIST)
        with CaptureQueriesContext(connection) as taken:
            registrar.get(LIST)
        counts.append(len(taken))
    assert counts[0] == counts[1]
