"""What a new institution starts with, and that it is made once only."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.db.migrations.executor import MigrationExecutor

from phases.apps import make_delivered_rules
from phases.models import Phase, PhaseFieldRule, RoleFieldRule, RolePermission
from phases.policy import Action, Actor, Permission, SectionFacts
from phases.rules import Grant, Rule
from phases.selectors import phase_rules, policy_for, role_rules
from scheduling.domain.fields import CATALOGUE
from scheduling.models import Role

NOW = dt.datetime(2027, 1, 12, tzinfo=dt.UTC)
BIO = SectionFacts(departments=frozenset({"BIO"}))
NAMES = ["Draft", "Room assignment", "Final review", "Published", "Registration", "Term running", "Closed"]


def test_there_are_the_four_roles_and_the_seven_phases_in_order(db):
    assert {"REGISTRAR", "SCHEDULER", "INSTRUCTOR", "VIEWER"} <= set(
        Role.objects.values_list("pk", flat=True)
    )
    assert list(Phase.objects.values_list("name", flat=True)) == NAMES
    assert all(Phase.objects.values_list("description", flat=True))


def test_the_roles_are_as_delivered(db):
    roles = role_rules()
    assert set(roles["REGISTRAR"].permissions) == set(Permission)
    assert roles["VIEWER"].permissions == {Permission.VIEW_SECTIONS: Grant.OWN_DEPARTMENTS}
    assert Permission.DELETE_SECTION not in roles["SCHEDULER"].permissions
    assert not {Permission.EDIT_ROLES, Permission.EXECUTE_MERGES} & set(roles["SCHEDULER"].permissions)
    assert [code for code, one in sorted(roles.items()) if one.opens("title")] == ["REGISTRAR", "SCHEDULER"]


def test_a_delivered_phase_reads_as_it_was_written(db):
    closed = next(one for one in phase_rules().values() if one.name == "Closed")
    assert closed.field_rule("SCHEDULER", "title") is Rule.LOCKED
    assert closed.field_rule("REGISTRAR", "title") is Rule.DEFAULT
    assert closed.action_rule("SCHEDULER", Action.CREATE_SECTION) is Rule.LOCKED


def test_a_term_without_a_timeline_has_the_roles_defaults(schedule):
    found = policy_for(schedule.term.pk, at=NOW, catalogue=CATALOGUE)
    scheduler = Actor(name="bob", roles=(("SCHEDULER", frozenset({"BIO"})),))
    assert found.phase is None
    assert found.field(scheduler, BIO, "meetings").is_allowed
    assert not found.action(scheduler, BIO, Action.DELETE_SECTION).is_allowed


def test_migrating_again_brings_back_nothing_that_was_removed(db):
    Phase.objects.filter(name="Closed").delete()
    RolePermission.objects.filter(role="SCHEDULER").delete()
    make_delivered_rules()
    assert not Phase.objects.filter(name="Closed").exists()
    assert not RolePermission.objects.filter(role="SCHEDULER").exists()


def test_an_institutions_name_of_a_role_stays(db):
    RolePermission.objects.all().delete()
    Role.objects.filter(pk="REGISTRAR").update(name="Registrar's office")
    make_delivered_rules()
    assert Role.objects.get(pk="REGISTRAR").name == "Registrar's office"
    assert RolePermission.objects.filter(role="REGISTRAR").count() == len(Permission)
    assert RoleFieldRule.objects.filter(role="REGISTRAR").count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_emptied_database_has_them_again():
    call_command("flush", verbosity=0, interactive=False)
    assert list(Phase.objects.values_list("name", flat=True)) == NAMES
    assert role_rules()["REGISTRAR"].opens("title")
    assert PhaseFieldRule.objects.exists()


def test_before_there_were_phases_nothing_is_made(db):
    class Earlier:
        def get_model(self, *names):
            raise LookupError(names)

    RolePermission.objects.all().delete()
    make_delivered_rules(apps=Earlier())
    assert not RolePermission.objects.exists()


def test_the_models_as_migrated_are_enough(db):
    from django.db import connection  # noqa: PLC0415  # only here

    RolePermission.objects.all().delete()
    Phase.objects.all().delete()
    executor = MigrationExecutor(connection)
    make_delivered_rules(apps=executor.loader.project_state().apps)
    assert Phase.objects.count() == len(NAMES)
