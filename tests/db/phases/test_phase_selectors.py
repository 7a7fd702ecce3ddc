"""Rules as they are read: the right ones, at the right moment, in a number of queries that does not grow."""

import datetime as dt

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from phases.models import Exemption, Phase, PhaseFieldRule, TimelineEntry
from phases.policy import Actor, Permission, SectionFacts
from phases.selectors import (
    entries_of,
    exemptions_of,
    period_at,
    phase_rules,
    phases,
    policies_for,
    policy_for,
    policy_of_roles,
    role_rules,
    timeline_of,
)
from scheduling.domain.fields import CATALOGUE
from scheduling.models import Role, Term

DAY = dt.timedelta(days=1)
BIO = SectionFacts(section_id=1, departments=frozenset({"BIO"}))


@pytest.fixture
def switch(schedule):
    def put(days, name, term=None):
        return TimelineEntry.objects.create(
            term=term or schedule.term,
            starts_at=schedule.now + days * DAY,
            phase=Phase.objects.get(name=name) if name else None,
        )

    return put


@pytest.fixture
def exempt(schedule):
    schedule.course()

    def put(user, *, days=1, since=0, **given):
        values = {"term": schedule.term, "department_id": "BIO", "fields": ["title"], "reason": "Late"}
        return Exemption.objects.create(
            user=user,
            since=schedule.now + since * DAY,
            until=schedule.now + days * DAY,
            **(values | given),
        )

    return put


def policy_at(schedule, days=0, user=None):
    return policy_for(
        schedule.term.pk, at=schedule.now + days * DAY, catalogue=CATALOGUE, user_id=user and user.pk
    )


def test_the_policy_is_of_the_phase_of_its_moment(schedule, switch):
    switch(-10, "Draft")
    switch(5, "Closed")
    switch(20, None)

    assert policy_at(schedule, -11).phase is None
    assert policy_at(schedule, -10).phase.name == "Draft"
    assert policy_at(schedule).period.end == schedule.now + 5 * DAY
    assert policy_at(schedule, 5).phase.name == "Closed"
    assert policy_at(schedule, 20).phase is None
    assert [one.start for one in policy_at(schedule).later] == [
        schedule.now + 5 * DAY,
        schedule.now + 20 * DAY,
    ]


def test_two_terms_are_in_two_phases(schedule, switch):
    fall = Term.objects.create(code="20273", name="Fall", start_date="2027-09-01", end_date="2027-12-17")
    switch(-1, "Closed")
    switch(-1, "Draft", fall)
    found = policies_for([schedule.term.pk, fall.pk], at=schedule.now, catalogue=CATALOGUE)
    assert {term: one.phase.name for term, one in found.items()} == {
        schedule.term.pk: "Closed",
        fall.pk: "Draft",
    }


def test_sentences_tell_moments_in_the_institutions_zone(schedule, switch):
    switch(-1, "Closed")
    switch(1, None)  # 13 Jan 2027, 17:00 UTC
    scheduler = Actor(name="bob", roles=(("SCHEDULER", None),))
    with override_settings(TIME_ZONE="America/Chicago"):
        reason = policy_at(schedule).field(scheduler, BIO, "title").reason
    assert reason == "Title is locked in Closed until 13 Jan 2027, 11:00; the Registrar may change it."


def test_a_policy_has_the_exemptions_of_its_user_term_and_moment(schedule, exempt):
    ann, bob = schedule.user(), schedule.user()
    fall = Term.objects.create(code="20273", name="Fall", start_date="2027-09-01", end_date="2027-12-17")
    exempt(ann)
    exempt(bob)
    exempt(ann, term=fall)
    exempt(ann, days=3, since=2)
    [held] = policy_at(schedule, user=ann).exemptions
    assert (held.user_id, held.department, held.fields, held.reason) == (ann.pk, "BIO", {"title"}, "Late")
    assert policy_at(schedule, 1, user=ann).exemptions == ()
    assert len(policy_at(schedule, 2, user=ann).exemptions) == 1
    assert policy_at(schedule).exemptions == ()


def test_an_exemption_opens_what_the_phase_locks(schedule, switch, exempt):
    switch(-1, "Closed")
    ann = schedule.user()
    exempt(ann)
    scheduler = Actor(name="ann", roles=(("SCHEDULER", frozenset({"BIO"})),), user_id=ann.pk)
    assert policy_at(schedule, user=ann).field(scheduler, BIO, "title").is_allowed
    assert not policy_at(schedule, user=ann).field(scheduler, BIO, "notes").is_allowed
    assert not policy_at(schedule).field(scheduler, BIO, "title").is_allowed


def test_a_role_without_rules_is_known_by_its_name(db):
    Role.objects.create(code="DEAN", name="Dean of studies")
    dean = role_rules()["DEAN"]
    assert (dean.name, dict(dean.permissions), dean.opens("title")) == ("Dean of studies", {}, False)


def test_reading_a_policy_takes_as_many_queries_with_one_rule_as_with_many(schedule, switch, exempt):
    user, term = schedule.user(), schedule.term
    switch(-1, "Closed")
    exempt(user)

    def queries(terms):
        with CaptureQueriesContext(connection) as captured:
            policies_for(terms, at=schedule.now, catalogue=CATALOGUE, user_id=user.pk)
        return len(captured)

    few = queries([term.pk])
    for n in range(5):
        role = Role.objects.create(code=f"R{n}", name=f"R{n}")
        PhaseFieldRule.objects.create(phase=phases().first(), role=role, field="title", rule="OPEN")
        switch(n + 1, ["Draft", "Closed", None, "Published", "Registration"][n])
        exempt(user)
    other = Term.objects.create(code="20273", name="Fall", start_date="2027-09-01", end_date="2027-12-17")
    switch(-1, "Draft", other)
    assert queries([term.pk, other.pk]) == few == 4


def test_all_phases_take_one_query(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = phase_rules()
    assert [one.name for one in found.values()] == [one.name for one in phases()]


def test_the_lists_of_a_term(schedule, switch, exempt, django_assert_num_queries):
    user = schedule.user()
    switch(3, None)
    switch(1, "Draft")
    exempt(user, days=9)
    exempt(user, days=2)
    exempt(user, days=-1, since=-2)
    with django_assert_num_queries(2):
        shown = [(one.starts_at, one.phase and one.phase.name) for one in entries_of(schedule.term.pk)]
        held = [
            (one.user.username, one.department.code, one.until)
            for one in exemptions_of(schedule.term.pk, at=schedule.now)
        ]
    assert shown == [(schedule.now + DAY, "Draft"), (schedule.now + 3 * DAY, None)]
    assert [until for _user, _code, until in held] == [schedule.now + 2 * DAY, schedule.now + 9 * DAY]


def test_the_period_of_a_moment_and_the_next_switch(schedule, switch):
    switch(1, "Draft")
    assert period_at(schedule.term.pk, schedule.now).end == schedule.now + DAY
    assert timeline_of(schedule.term.pk).after(schedule.now)[0].phase.name == "Draft"


def test_permissions_are_asked_of_the_roles_alone_in_one_query(schedule, django_assert_num_queries):
    scheduler = Actor(name="bob", roles=(("SCHEDULER", frozenset({"BIO"})),))
    with django_assert_num_queries(1):
        found = policy_of_roles(at=schedule.now)
        assert found.departments_of(scheduler, Permission.VIEW_SECTIONS) == {"BIO"}
        assert not found.permission(scheduler, Permission.EXECUTE_MERGES).is_allowed
