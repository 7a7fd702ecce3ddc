"""Console, Exemptions: what holds and what is over, granting after seeing what opens, and ending."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from phases.models import Exemption, Phase, TimelineEntry
from scheduling.models import ChangeLog, Department
from tests.list_page import add
from tests.web.console.page_forms import words_of

LIST, NEW = "/console/exemptions/", "/console/exemptions/new/"


@pytest.fixture
def term(term_of):
    made = term_of("20271")
    start = timezone.now() - dt.timedelta(days=1)
    TimelineEntry.objects.create(term=made, phase=Phase.objects.get(name="Closed"), starts_at=start)
    return made


@pytest.fixture
def section(term):
    return add(term, "BIO", "101", "A", crn="1001")


@pytest.fixture
def user(person):
    return person("scheduler").user


@pytest.fixture
def form(user, term, section):
    """What the form sends."""
    return {
        "user": user.pk,
        "term": term.pk,
        "section": "1001",
        "department": "",
        "date": "2099-01-12",
        "time": "17:00",
        "reason": "The room moved",
        "fields_chosen": ["title", "notes"],
    }


def held(user, term, *, days=1, **values):
    now = timezone.now()
    return Exemption.objects.create(
        term=term,
        user=user,
        department=values.pop("department", Department.objects.get(pk="BIO")),
        fields=["title"],
        since=now - dt.timedelta(days=9),
        until=now + dt.timedelta(days=days),
        reason="late",
        **values,
    )


def test_what_somebody_has_already_is_not_granted_twice(admin, form):
    assert admin.post(NEW, form | {"step": "save"}).status_code == 302
    for less in ({}, {"date": "2098-01-12"}, {"fields_chosen": ["title"]}):
        words = words_of(admin.post(NEW, form | less | {"step": "save"}), status=422)
        assert "The user is exempt for this already, until then or longer." in words
    for more in ({"date": "2099-01-13"}, {"fields_chosen": ["title", "capacity"]}):
        assert admin.post(NEW, form | more | {"step": "save"}).status_code == 302
    assert Exemption.objects.count() == 3


def test_what_it_opens_is_shown_before_it_is_granted(admin, form, section, user):
    words = words_of(admin.post(NEW, form | {"step": "preview"}))
    assert "BIO 101 A in Term 20271, until 12 Jan 2099, 17:00: The room moved" in words
    assert "Title yes Opened. Without it: Title is locked in Closed" in words
    assert not Exemption.objects.exists()
    assert not ChangeLog.objects.exists()
    assert admin.post(NEW, form | {"step": "save"}).headers["Location"] == LIST
    made = Exemption.objects.get()
    assert (made.section, made.user, made.fields, made.granted_by) == (
        section,
        user,
        ["notes", "title"],
        admin.user,
    )
    found = ChangeLog.objects.get()
    assert (found.record_type, found.action, found.actor) == ("exemption", "CREATE", admin.user)


def test_what_it_cannot_open_is_said(admin, form, term):
    add(term, "CHE", "202", "A", crn="2001")
    words = words_of(admin.post(NEW, form | {"section": "2001", "step": "preview"}))
    assert "It opens nothing now; the last column says why." in words
    assert "Stays locked: Title is locked for you in CHE" in words


def test_it_may_be_for_a_department(admin, form):
    admin.post(NEW, form | {"section": "", "department": "BIO", "step": "save"})
    made = Exemption.objects.get()
    assert (made.section, made.department_id) == (None, "BIO")


def test_going_back_keeps_what_was_written(admin, form):
    page = admin.post(NEW, form | {"step": "edit"}).content.decode()
    assert 'value="The room moved"' in page
    assert page.count(" checked") == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"section": ""}, "fill in one of the two"),
        ({"department": "BIO"}, "fill in one of the two"),
        (
            {"section": "9999"},
            "There is no section 9999 in Term 20271. Write its CRN, or its code like BIO-101-A.",
        ),
        ({"date": "2020-01-12"}, "An exemption ends in the future."),
        ({"date": "9999-12-31"}, "Write a day of these years."),
        ({"date": "soon"}, "Until the day: Enter a valid date."),
        ({"reason": " "}, "Why: Say why, in a few words."),
        ({"fields_chosen": []}, "Tick the fields that may be edited."),
        ({"fields_chosen": ["crn"]}, "Fields that may be edited"),
        ({"user": "999999"}, "User: Select a valid choice"),
    ],
)
def test_one_that_cannot_be_granted_says_why(admin, form, changes, sentence):
    answer = admin.post(NEW, form | changes | {"step": "save"})
    assert sentence in words_of(answer, status=422)
    assert not Exemption.objects.exists()


def test_the_list_has_those_that_hold_and_those_that_are_over(admin, user, term, section):
    held(user, term, department=None, section=section)
    held(user, term, days=-1)
    active, _heading, past = words_of(admin.get(LIST)).partition(" Over ")
    assert "BIO 101 A , Term 20271" in active
    assert "Department BIO, Term 20271" in past
    assert "End" in active


def test_without_any_the_list_says_so(admin):
    assert "No exemption holds." in words_of(admin.get(LIST))


def test_ending_one_is_asked_first_and_keeps_the_row(admin, user, term):
    one = held(user, term)
    path = reverse("exemption_revoke", args=[one.pk])
    assert "from now on" in words_of(admin.get(path))
    assert admin.post(path).headers["Location"] == LIST
    one.refresh_from_db()
    assert one.until <= timezone.now()
    assert ChangeLog.objects.get().field == "until"
    assert "over already" in words_of(admin.post(path), status=409)


def test_one_that_is_not_there_is_not_found(admin):
    assert admin.get("/console/exemptions/999999/end/").status_code == 404


def test_queries_do_not_grow_with_exemptions(admin, user, term, section):
    def count(path):
        admin.get(path)
        with CaptureQueriesContext(connection) as found:
            assert admin.get(path).status_code == 200
        return len(found)

    held(user, term, granted_by=user)
    held(user, term, days=-1)
    before = [count(LIST), count(NEW)]
    for _number in range(5):
        held(user, term, department=None, section=section, granted_by=user)
        held(user, term, days=-1)
    assert [count(LIST), count(NEW)] == before
