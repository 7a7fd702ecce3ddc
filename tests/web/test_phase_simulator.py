"""The phase simulator: for oneself, and for whomever the Admin product names."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from phases.models import Exemption, Phase, PhaseFieldRule, TimelineEntry
from scheduling.models import ChangeLog, Department, Role
from tests.list_page import add
from tests.web.console.page_forms import words_of

PATH = "/phases/"


@pytest.fixture
def term(term_of):
    """In *Closed*, and in *Draft* from tomorrow on."""
    made = term_of("20271")
    now = timezone.now()
    for name, days in (("Closed", -3), ("Draft", 1)):
        moment = now + dt.timedelta(days=days)
        TimelineEntry.objects.create(term=made, phase=Phase.objects.get(name=name), starts_at=moment)
    return made


@pytest.fixture
def sections(term):
    return add(term, "BIO", "101", "A", crn="1001"), add(term, "CHE", "202", "A", crn="2001")


# ---- who


@pytest.mark.parametrize("kind", ["viewer", "scheduler", "registrar", "full admin"])
def test_everybody_with_the_product_and_a_role_may_look_at_their_own(person, term, kind):
    assert "You · " in words_of(person(kind).get(PATH))


def test_nobody_without_the_product_or_a_role_may(person, term):
    assert person("no role").get(PATH).status_code == 403
    assert person("no product").get(PATH).status_code == 403
    assert person("anonymous").get(PATH).headers["Location"].startswith("/sign-in/?next=")


def test_it_is_read_only(person, term):
    client = person("full admin")
    assert client.post(PATH).status_code == 405
    client.get(PATH, {"who": "role:SCHEDULER", "date": "2027-01-12", "before": "default", "after": "default"})
    assert not ChangeLog.objects.exists()


@pytest.mark.parametrize("kind", ["viewer", "scheduler", "registrar"])
def test_only_the_admin_product_looks_at_others(person, term, kind):
    answer = person(kind).get(PATH, {"who": "role:REGISTRAR"})
    assert "You · " in words_of(answer)
    assert 'name="who"' not in answer.content.decode()


def test_an_admin_looks_at_a_role_in_a_department(person, term, sections):
    asked = {"who": "role:SCHEDULER", "department": "BIO", "section": "2001"}
    words = words_of(person("full admin").get(PATH, asked))
    assert "Somebody with the role Scheduler for BIO" in words
    assert "Title is locked for you in CHE: your role Scheduler is for BIO" in words


def test_an_admin_looks_at_a_user_with_their_exemptions(person, term, sections):
    user = person("scheduler").user
    now = timezone.now()
    Exemption.objects.create(
        term=term,
        user=user,
        section=sections[0],
        fields=["title"],
        since=now - dt.timedelta(days=1),
        until=now + dt.timedelta(days=9),
        reason="The room moved",
    )
    asked = {"who": f"user:{user.pk}", "section": "BIO-101-A"}
    words = words_of(person("full admin").get(PATH, asked))
    assert "Title Yes You may change it until" in words
    assert "by exemption: The room moved" in words


def test_somebody_who_is_not_there_is_said(person, term):
    client = person("full admin")
    for who in ("user:999999", "role:NOBODY", "x"):
        assert "There is no such user or role" in words_of(client.get(PATH, {"who": who}))


# ---- what is said


def test_locks_have_their_sentence_and_the_next_switch_what_it_opens(person, term):
    words = words_of(person("scheduler").get(PATH))
    assert "Term 20271: Closed until" in words
    assert "Title No Title is locked in Closed until" in words
    assert "CRN No CRN is kept by the SIS; it is changed there." in words
    assert "Draft begins at" in words
    assert "Title opens You may change it as Scheduler." in words


def test_another_moment_is_looked_at(person, term):
    client = person("scheduler")
    day = timezone.localdate() + dt.timedelta(days=5)
    words = words_of(client.get(PATH, {"date": day.isoformat(), "time": "09:00"}))
    assert "Term 20271: Draft" in words
    assert "Title Yes You may change it as Scheduler." in words
    assert "No switch is set after" in words


@pytest.mark.parametrize("date", ["soon", "0001-01-01", "9999-12-31", "2027-02-30", "2027-01-12\x00"])
def test_a_moment_that_cannot_be_read_is_said(person, term, date):
    asked = {"date": date, "time": "25:00" if "\x00" in date else ""}
    assert "could not be read, so this is what holds now" in words_of(person("viewer").get(PATH, asked))


def test_a_section_of_another_department_is_not_shown(person, term, sections):
    words = words_of(person("scheduler").get(PATH, {"section": "2001"}))
    assert "No section “2001” that you may see" in words
    assert "CHE" not in words


def test_a_section_one_may_see_is_asked_about(person, term, sections):
    words = words_of(person("scheduler").get(PATH, {"section": "1001"}))
    assert "BIO 101 A : 0 of 19 fields may be edited" in words


def test_two_phases_are_compared_for_ones_own_roles(person, term):
    known = {one.name: one.pk for one in Phase.objects.all()}
    asked = {"before": known["Draft"], "after": known["Term running"]}
    words = words_of(person("scheduler").get(PATH, asked))
    assert "Role Field or action Draft Term running" in words
    assert "Scheduler Title open locked" in words
    assert "Scheduler Notes open" not in words
    assert "Registrar" not in words.partition("Role Field")[2]
    assert "Viewer" not in words.partition("Role Field")[2]


def test_phases_that_say_the_same_are_said_to(person, term):
    assert "open and lock the same" in words_of(
        person("viewer").get(PATH, {"before": "default", "after": "default"})
    )


def test_without_a_term_the_page_says_what_will_be_here(person):
    assert "No term yet" in words_of(person("viewer").get(PATH))


def test_a_term_without_a_timeline_has_the_roles_defaults(person, term_of):
    term_of("20281")
    words = words_of(person("scheduler").get(PATH))
    assert "Term 20281: Roles&#x27; defaults" in words
    assert "No switch is set after" in words


def test_queries_do_not_grow_with_phases_roles_terms_and_people(person, term, term_of, sections):
    client = person("full admin")
    asked = {
        "term": "20271",
        "who": "role:SCHEDULER",
        "section": "1001",
        "before": "default",
        "after": "default",
    }

    def count():
        client.get(PATH, asked)
        with CaptureQueriesContext(connection) as found:
            assert client.get(PATH, asked).status_code == 200
        return len(found)

    before = count()
    person("scheduler")
    person("viewer")
    for number in range(5):
        phase = Phase.objects.create(name=f"P{number}")
        role = Role.objects.create(code=f"R{number}", name=f"R{number}")
        PhaseFieldRule.objects.create(phase=phase, role=role, field="title", rule="OPEN")
        moment = timezone.now() + dt.timedelta(days=20 + number)
        TimelineEntry.objects.create(term=term, phase=phase, starts_at=moment)
        term_of(f"2030{number}")
        Department.objects.create(code=f"D{number}", name="")
    assert count() == before
