"""Which fields are locked for whom, and why: the policy and the merge settings in one answer."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integration.models import MergeProfileVersion
from scheduling.models import CustomField
from scheduling.selectors import actor_for
from scheduling.services import field_locks
from scheduling.services.field_locks import FieldLocks, locked_fields

KEPT = {"crn", "enrollment", "waitlisted"}


@pytest.fixture
def locked(schedule):
    def ask(user=None, *, department="BIO", sis_id=None):
        actor = actor_for(user or schedule.registrar)
        return locked_fields(actor=actor, term=schedule.term, department=department, sis_id=sis_id)

    return ask


@pytest.fixture
def settle(schedule):
    def put(**settings):
        MergeProfileVersion.objects.update(document={"types": {"sections": settings}})

    return put


def test_for_a_registrar_only_what_the_sis_keeps_is_locked(locked):
    assert locked().keys() == KEPT
    assert locked()["crn"] == "CRN is kept by the SIS; it is changed there."


def test_for_others_every_field_is_locked_with_its_own_reason(schedule, locked):
    CustomField.objects.create(name="wish", label="Wish", kind="text")
    schedule.course()
    found = locked(schedule.user("SCHEDULER", departments=["BIO"]))
    assert found["title"] == "Title is locked in Spring 2027 for your role; ask the registrar."
    assert found["custom.wish"].startswith("Wish is locked")
    assert found.keys() == set(FieldLocks().fields.names)


def test_another_department_is_locked_for_a_registrar_of_one(schedule, locked):
    schedule.course()
    registrar = schedule.user("REGISTRAR", departments=["BIO"])
    assert locked(registrar).keys() == KEPT
    assert "title" in locked(registrar, department="CHE")
    assert "title" in locked(registrar, department=None)


def test_an_always_sis_source_locks_for_everybody_with_the_place_where_it_is_set(locked, settle):
    settle(sources={"title": "ALWAYS_SIS"}, overrides={"S1": {"notes": "ALWAYS_SIS", "title": "ASK"}})
    sentence = "Title is kept by the SIS (Always SIS in Merge Settings); it is changed there."
    assert locked() == locked(sis_id=None) | {"title": sentence}
    assert locked(sis_id="S1").keys() == KEPT | {"notes"}


def test_a_default_source_locks_all_but_the_institutions_own_fields(locked, settle):
    CustomField.objects.create(name="wish", label="Wish", kind="text")
    settle(default_source="ALWAYS_SIS")
    assert set(FieldLocks().fields.names) - locked().keys() == {"custom.wish"}


def test_the_locks_of_many_sections_take_one_reading_of_catalogue_and_settings(schedule):
    actor = actor_for(schedule.registrar)
    with CaptureQueriesContext(connection) as captured:
        locks = FieldLocks()
        for number in range(50):
            locks.of_section(actor=actor, term=schedule.term, department="BIO", sis_id=f"S{number}")
    assert len(captured) == 2


def test_without_a_registered_reader_the_settings_lock_nothing(locked, settle, monkeypatch):
    settle(sources={"title": "ALWAYS_SIS"})
    monkeypatch.setattr(field_locks, "_reader", field_locks.NoLocks)
    assert locked().keys() == KEPT
