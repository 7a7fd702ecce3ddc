"""Which fields are locked for whom, and why: the policy and the merge settings in one answer."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integration.models import MergeProfileVersion
from phases.models import Exemption, Phase, TimelineEntry
from phases.policy import SectionFacts
from scheduling.models import CustomField
from scheduling.selectors import actor_for
from scheduling.services import field_locks
from scheduling.services.field_locks import FieldLocks

KEPT = {"crn", "enrollment", "waitlisted"}
DAY = dt.timedelta(days=1)


@pytest.fixture
def locks_of(schedule):
    def read(user=None, *, at=None):
        at = at or schedule.now
        return FieldLocks(terms=[schedule.term.pk], at=at, user_id=user and user.pk)

    return read


@pytest.fixture
def locked(schedule, locks_of):
    def ask(user=None, *, departments=("BIO",), sis_id=None, at=None, section_id=None):
        user = user or schedule.registrar
        return locks_of(user, at=at).of_section(
            actor=actor_for(user),
            term_code=schedule.term.pk,
            facts=SectionFacts(section_id=section_id, departments=frozenset(departments)),
            sis_id=sis_id,
        )

    return ask


@pytest.fixture
def scheduler(schedule):
    schedule.course()
    return schedule.user("SCHEDULER", departments=["BIO"])


@pytest.fixture
def enter(schedule):
    """From `at` on the term is in the delivered phase of this name."""

    def put(name, at=None):
        TimelineEntry.objects.create(
            term=schedule.term, phase=Phase.objects.get(name=name), starts_at=at or schedule.now
        )

    return put


@pytest.fixture
def settle(schedule):
    def put(**settings):
        MergeProfileVersion.objects.update(document={"types": {"sections": settings}})

    return put


def test_for_a_registrar_only_what_the_sis_keeps_is_locked(locked):
    assert locked().keys() == KEPT
    assert locked()["crn"] == "CRN is kept by the SIS; it is changed there."


def test_for_a_scheduler_too_in_the_departments_of_the_role_where_no_phase_locks(schedule, scheduler, locked):
    schedule.course("CHE")
    assert locked(scheduler).keys() == KEPT
    assert locked(scheduler, departments=("CHE",))["title"] == (
        "Title is locked for you in CHE: your role Scheduler is for BIO; "
        "the Registrar or the Scheduler for CHE may change it."
    )


@pytest.mark.parametrize("role", ["VIEWER", "INSTRUCTOR", "DEAN", ""])
def test_for_everybody_else_every_field_is_locked_with_its_own_reason(schedule, locks_of, locked, role):
    CustomField.objects.create(name="wish", label="Wish", kind="text")
    found = locked(schedule.user(role, is_for_all=True))
    assert found.keys() == set(locks_of().fields.names)
    assert found["title"].startswith("Title is locked for you: your ")
    assert found["custom.wish"].startswith("Wish is locked for you: your ")


def test_a_phase_locks_from_its_switch_to_the_next(schedule, scheduler, locked, enter):
    enter("Room assignment")
    enter("Draft", schedule.now + DAY)
    assert locked(scheduler, at=schedule.now - DAY).keys() == KEPT
    assert locked(scheduler)["meetings"] == (
        "Meetings are locked in Room assignment until 13 Jan 2027, 17:00; the Registrar may change them."
    )
    assert "title" not in locked(scheduler)
    assert locked(scheduler, at=schedule.now + DAY).keys() == KEPT
    assert locked().keys() == KEPT


def test_an_exemption_opens_its_fields_to_its_user_until_it_ends(schedule, scheduler, locked, enter):
    section = schedule.section(capacity=20)
    enter("Closed")
    Exemption.objects.create(
        term=schedule.term,
        user=scheduler,
        section_id=section,
        fields=["capacity"],
        since=schedule.now,
        until=schedule.now + DAY,
        reason="A late room",
    )
    assert "capacity" not in locked(scheduler, section_id=section)
    assert "title" in locked(scheduler, section_id=section)
    assert "capacity" in locked(scheduler)
    assert "capacity" in locked(scheduler, section_id=section, at=schedule.now + DAY)
    other = schedule.user("SCHEDULER", departments=["BIO"])
    assert "capacity" in locked(other, section_id=section)


def test_every_department_concerned_must_allow(schedule, scheduler, locked):
    schedule.course("CHE")
    assert "title" in locked(scheduler, departments=("BIO", "CHE"))
    both = schedule.user("SCHEDULER", departments=["BIO", "CHE"])
    assert locked(both, departments=("BIO", "CHE")).keys() == KEPT


def test_another_department_is_locked_for_a_registrar_of_one(schedule, locked):
    schedule.course()
    registrar = schedule.user("REGISTRAR", departments=["BIO"])
    assert locked(registrar).keys() == KEPT
    assert "title" in locked(registrar, departments=("CHE",))
    assert "title" in locked(registrar, departments=(None,))
    assert "title" in locked(registrar, departments=())


def test_what_the_policy_refuses_is_told_before_what_the_source_locks(scheduler, locked, settle, enter):
    settle(sources={"title": "ALWAYS_SIS", "capacity": "ALWAYS_SIS"})
    enter("Room assignment")
    found = locked(scheduler)
    assert found["capacity"].startswith("Capacity is locked in Room assignment;")
    assert found["title"].startswith("Title is kept by the SIS (Always SIS")


def test_an_always_sis_source_locks_for_everybody_with_the_place_where_it_is_set(locked, settle):
    settle(sources={"title": "ALWAYS_SIS"}, overrides={"S1": {"notes": "ALWAYS_SIS", "title": "ASK"}})
    sentence = "Title is kept by the SIS (Always SIS in Merge Settings); it is changed there."
    assert locked() == locked(sis_id=None) | {"title": sentence}
    assert locked(sis_id="S1").keys() == KEPT | {"notes"}


def test_a_default_source_locks_all_but_the_institutions_own_fields(locked, locks_of, settle):
    CustomField.objects.create(name="wish", label="Wish", kind="text")
    settle(default_source="ALWAYS_SIS")
    assert set(locks_of().fields.names) - locked().keys() == {"custom.wish"}


def test_the_locks_of_many_sections_take_one_reading_of_catalogue_rules_and_settings(
    schedule, locks_of, enter
):
    actor = actor_for(schedule.registrar)

    def queries(count):
        with CaptureQueriesContext(connection) as captured:
            locks = locks_of(schedule.registrar)
            for number in range(count):
                facts = SectionFacts(section_id=number, departments=frozenset(["BIO"]))
                locks.of_section(actor=actor, term_code=schedule.term.pk, facts=facts, sis_id=f"S{number}")
        return len(captured)

    assert queries(1) == queries(50) == 5
    enter("Closed")
    assert queries(1) == queries(50) == 6


def test_without_a_registered_reader_the_settings_lock_nothing(locked, settle, monkeypatch):
    settle(sources={"title": "ALWAYS_SIS"})
    monkeypatch.setattr(field_locks, "_reader", field_locks.NoLocks)
    assert locked().keys() == KEPT
