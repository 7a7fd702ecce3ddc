"""The database itself refuses rules that must not be: every constraint of phases has its case."""

import datetime as dt

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from phases.models import (
    Exemption,
    Phase,
    PhaseActionRule,
    PhaseFieldRule,
    RoleFieldRule,
    RolePermission,
    TimelineEntry,
)
from scheduling.models import Department, Section, Term

MODELS = list(apps.get_app_config("phases").get_models())


@pytest.fixture
def world(schedule):
    """A row in every table: the delivered rules, a switch and two exemptions."""
    term, phase = schedule.term, Phase.objects.first()
    schedule.section_id = schedule.section()
    TimelineEntry.objects.create(term=term, starts_at=schedule.now, phase=phase)
    given = {
        "term": term,
        "user": schedule.registrar,
        "fields": ["title"],
        "since": schedule.now,
        "until": schedule.now + dt.timedelta(days=1),
        "reason": "Late",
    }
    schedule.of_section = Exemption.objects.create(section_id=schedule.section_id, **given)
    Exemption.objects.create(department=Department.objects.get(), **given)
    return schedule


def refusal(act):
    """What PostgreSQL says to `act`, deferred constraints included."""

    def act_and_judge():
        with transaction.atomic(), connection.cursor() as cursor:
            act()
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError) as refused:
        act_and_judge()
    return refused.value.__cause__.diag


def copy(row, **values):
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    del fields[row._meta.pk.attname]
    return type(row).objects.create(**(fields | values))


def again(model):
    return lambda _world: copy(model.objects.first())


def change(model, **values):
    return lambda _world: model.objects.filter(pk=model.objects.first().pk).update(**values)


def change_exemption(**values):
    return lambda world: Exemption.objects.filter(pk=world.of_section.pk).update(**values)


def exempt_in_another_term(world):
    fall = Term.objects.create(code="20273", name="Fall", start_date="2027-09-01", end_date="2027-12-17")
    copy(world.of_section, term_id=fall.pk)


CASES = {
    "role_permission_once": again(RolePermission),
    "role_permission_known": change(RolePermission, permission="fly"),
    "role_grant_known": change(RolePermission, grant="MAYBE"),
    "role_field_rule_once": again(RoleFieldRule),
    "role_field_rule_has_field": change(RoleFieldRule, field=""),
    "role_field_rule_known": change(RoleFieldRule, rule="DEFAULT"),
    "phase_has_name": change(Phase, name=""),
    "phase_colour_known": change(Phase, colour="#ff0000"),
    "phase_field_rule_once": again(PhaseFieldRule),
    "phase_field_rule_has_field": change(PhaseFieldRule, field=""),
    "phase_field_rule_known": change(PhaseFieldRule, rule="MAYBE"),
    "phase_action_rule_once": again(PhaseActionRule),
    "phase_action_rule_action_known": change(PhaseActionRule, action="view_sections"),
    "phase_action_rule_known": change(PhaseActionRule, rule="MAYBE"),
    "timeline_one_phase_a_moment": lambda _w: copy(TimelineEntry.objects.get(), phase_id=None),
    "exemption_section_or_department": change_exemption(section=None),
    "exemption_names_fields": change_exemption(fields=[]),
    "exemption_dates_in_order": change_exemption(until="2020-01-01T00:00Z"),
    "exemption_has_reason": change_exemption(reason=""),
    "exemption_of_its_sections_term": exempt_in_another_term,
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_database_refuses_a_rule_that_must_not_be(world, name):
    assert refusal(lambda: CASES[name](world)).constraint_name == name


def test_both_a_section_and_a_department_are_refused(world):
    act = change_exemption(department=Department.objects.get())
    assert refusal(lambda: act(world)).constraint_name == "exemption_section_or_department"


def test_every_constraint_of_phases_has_its_case():
    declared = {one.name for model in MODELS for one in model._meta.constraints}
    assert declared - CASES.keys() == set()


def test_every_constraint_of_phases_in_the_database_is_known(db):
    """Foreign keys over one column, primary keys and Django's own names aside (`table_column_hash…`)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
            WHERE t.relname ~ '^phases_' AND contype IN ('c', 'f', 'u', 'x')
              AND conname !~ ('^' || left(t.relname, 20))
            """
        )
        found = {name for (name,) in cursor.fetchall()}
    assert found
    assert found - CASES.keys() == set()


def test_a_phases_name_is_its_own(world):
    said = refusal(lambda: copy(Phase.objects.first()))
    assert "(name)" in said.message_detail


def test_no_position_is_negative(world):
    said = refusal(lambda: Phase.objects.filter(pk=Phase.objects.first().pk).update(position=-1))
    assert "position" in said.constraint_name


def test_a_phase_in_a_timeline_stays(world):
    with pytest.raises(models.ProtectedError):
        Phase.objects.first().delete()


def test_an_exemption_goes_with_its_section(world):
    Section.objects.filter(pk=world.section_id).delete()
    assert Exemption.objects.filter(section__isnull=False).count() == 0
    assert Exemption.objects.count() == 1


def test_an_exemption_may_be_over_at_the_moment_it_began(world):
    assert change_exemption(until=world.of_section.since)(world)
