"""Changing the rules: what is written, what is recorded, what is refused."""

import datetime as dt

import pytest

from phases.errors import RuleRefused
from phases.models import Exemption, Phase, PhaseFieldRule, RoleFieldRule, RolePermission, TimelineEntry
from phases.policy import Action, Permission
from phases.rules import ANY_FIELD, Grant, Rule
from phases.selectors import phase_rules, role_rules
from phases.services.exemptions import grant_exemption, revoke_exemption
from phases.services.phases import delete_phase, save_phase, save_phase_rules
from phases.services.roles import copy_role_rules, save_role_rules
from scheduling.domain.fields import CATALOGUE
from scheduling.models import Role, Term

KNOWN = CATALOGUE.names
DAY = dt.timedelta(days=1)


class Recorded(list):
    """What the services had recorded, change by change."""

    def __call__(self, changes):
        assert changes
        self.extend(changes)

    def shown(self):
        return [(one.action, one.record_type, one.field, one.before, one.after) for one in self]


class AuditFailed(Exception):
    pass


def fail(_changes):
    raise AuditFailed


@pytest.fixture
def record():
    return Recorded()


@pytest.fixture
def draft(db):
    return Phase.objects.get(name="Draft").pk


class TestRoles:
    def save(self, record, role="SCHEDULER", *, permissions=None, fields=None):
        return save_role_rules(
            role, permissions=permissions or {}, fields=fields or {}, known_fields=KNOWN, record=record
        )

    def test_what_is_given_is_set_and_what_is_left_out_stays(self, db, record):
        before = role_rules()["SCHEDULER"]
        self.save(
            record,
            permissions={
                Permission.DELETE_SECTION: Grant.ALLOW,
                Permission.CANCEL_SECTION: Grant.DENY,
                Permission.IMPORT_AND_EXPORT: None,
                Permission.VIEW_SECTIONS: Grant.OWN_DEPARTMENTS,
            },
            fields={"title": Rule.LOCKED, ANY_FIELD: Rule.OPEN},
        )
        after = role_rules()["SCHEDULER"]
        assert after.permissions == {
            **{p: g for p, g in before.permissions.items() if p is not Permission.IMPORT_AND_EXPORT},
            Permission.DELETE_SECTION: Grant.ALLOW,
            Permission.CANCEL_SECTION: Grant.DENY,
        }
        assert after.fields == {ANY_FIELD: Rule.OPEN, "title": Rule.LOCKED}
        assert record.shown() == [
            ("UPDATE", "role", "permission cancel_section", "OWN_DEPARTMENTS", "DENY"),
            ("UPDATE", "role", "permission delete_section", None, "ALLOW"),
            ("UPDATE", "role", "permission import_and_export", "OWN_DEPARTMENTS", None),
            ("UPDATE", "role", "title", None, "LOCKED"),
        ]

    def test_a_change_that_changes_nothing_is_not_recorded(self, db, record):
        assert self.save(record, fields={ANY_FIELD: Rule.OPEN, "title": None}) == ()
        assert record == []

    @pytest.mark.parametrize(
        ("role", "fields", "sentence"),
        [
            ("GHOST", {}, "no role 'GHOST'"),
            ("SCHEDULER", {"colour": Rule.OPEN}, "no field 'colour'"),
            ("SCHEDULER", {"title": Rule.DEFAULT}, "it is the default itself"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, db, record, role, fields, sentence):
        with pytest.raises(RuleRefused, match=sentence):
            self.save(record, role, fields=fields)
        assert record == []

    @pytest.mark.parametrize("grant", [None, Grant.DENY])
    def test_the_last_role_that_edits_roles_keeps_it(self, db, record, grant):
        with pytest.raises(RuleRefused, match="nobody could change it back"):
            self.save(record, "REGISTRAR", permissions={Permission.EDIT_ROLES: grant})
        assert role_rules()["REGISTRAR"].permissions[Permission.EDIT_ROLES] is Grant.OWN_DEPARTMENTS
        self.save(record, "VIEWER", permissions={Permission.EDIT_ROLES: Grant.ALLOW})
        self.save(record, "REGISTRAR", permissions={Permission.EDIT_ROLES: grant})

    def test_without_its_record_nothing_is_changed(self, db):
        with pytest.raises(AuditFailed):
            self.save(fail, fields={"title": Rule.LOCKED})
        assert not RoleFieldRule.objects.filter(field="title").exists()

    def test_a_new_role_gets_the_rules_of_another_in_every_phase(self, db, record):
        Role.objects.create(code="DEAN", name="Dean")
        copy_role_rules("SCHEDULER", "DEAN", record=record)
        dean, scheduler = role_rules()["DEAN"], role_rules()["SCHEDULER"]
        assert (dean.permissions, dean.fields) == (scheduler.permissions, scheduler.fields)
        for phase in phase_rules().values():
            for name in [*KNOWN, "custom.wish"]:
                assert phase.field_rule("DEAN", name) is phase.field_rule("SCHEDULER", name)
            for action in Action:
                assert phase.action_rule("DEAN", action) is phase.action_rule("SCHEDULER", action)
        assert record.shown() == [("UPDATE", "role", "rules", None, {"copied_from": "SCHEDULER"})]
        with pytest.raises(RuleRefused, match="rules of its own"):
            copy_role_rules("VIEWER", "DEAN", record=record)

    def test_copying_leaves_the_source_as_it_was(self, db, record):
        Role.objects.create(code="DEAN", name="Dean")
        before = RolePermission.objects.filter(role="SCHEDULER").count()
        copy_role_rules("SCHEDULER", "DEAN", record=record)
        assert RolePermission.objects.filter(role="SCHEDULER").count() == before > 0


class TestPhases:
    GIVEN = {"description": "Students choose.", "colour": "amber", "position": 3}  # noqa: RUF012  # never changed

    def test_a_phase_is_made_and_changed(self, db, record):
        pk = save_phase(None, name=" Advising ", record=record, **self.GIVEN)
        assert Phase.objects.get(pk=pk).name == "Advising"
        assert record.pop().after == {"name": "Advising", **self.GIVEN}

        assert save_phase(pk, name="Advising", record=record, **(self.GIVEN | {"colour": "red"})) == pk
        assert record.shown() == [("UPDATE", "phase", "colour", "amber", "red")]
        assert {one.record_id for one in record} == {str(pk)}

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"name": "  "}, "needs a name"),
            ({"name": "Draft"}, "called Draft already"),
            ({"name": "New", "colour": "pink"}, "colour is one of"),
        ],
    )
    def test_a_phase_that_cannot_be_is_refused(self, db, record, changes, sentence):
        with pytest.raises(RuleRefused, match=sentence):
            save_phase(None, record=record, **(self.GIVEN | changes))

    def test_one_that_somebody_removed_is_refused(self, db, record):
        with pytest.raises(RuleRefused, match="no such phase any more"):
            save_phase(0, name="New", record=record, **self.GIVEN)

    def test_its_rules_are_set_field_by_field_and_action_by_action(self, draft, record):
        save_phase_rules(
            draft,
            fields={("SCHEDULER", "title"): Rule.LOCKED, ("VIEWER", "title"): Rule.OPEN},
            actions={("SCHEDULER", Action.DELETE_SECTION): None},
            known_fields=KNOWN,
            record=record,
        )
        rules = phase_rules()[draft]
        assert rules.field_rule("SCHEDULER", "title") is Rule.LOCKED
        assert rules.field_rule("VIEWER", "title") is Rule.OPEN
        assert rules.action_rule("SCHEDULER", Action.DELETE_SECTION) is Rule.DEFAULT
        both = {"SCHEDULER": "LOCKED", "VIEWER": "OPEN"}
        assert record.shown() == [
            ("UPDATE", "phase", "title", {"SCHEDULER": None, "VIEWER": None}, both),
            ("UPDATE", "phase", "action delete_section", {"SCHEDULER": "OPEN"}, {"SCHEDULER": None}),
        ]

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({("GHOST", "title"): Rule.OPEN}, "no role 'GHOST'"),
            ({("VIEWER", "hue"): Rule.OPEN}, "no field 'hue'"),
        ],
    )
    def test_rules_for_what_does_not_exist_are_refused(self, draft, record, fields, sentence):
        with pytest.raises(RuleRefused, match=sentence):
            save_phase_rules(draft, fields=fields, actions={}, known_fields=KNOWN, record=record)

    def test_without_their_record_no_rules_are_changed(self, draft):
        before = PhaseFieldRule.objects.count()
        with pytest.raises(AuditFailed):
            save_phase_rules(
                draft, fields={("VIEWER", "title"): Rule.OPEN}, actions={}, known_fields=KNOWN, record=fail
            )
        assert PhaseFieldRule.objects.count() == before

    def test_a_phase_that_no_timeline_names_is_removed_with_its_rules(self, draft, record):
        delete_phase(draft, record=record)
        assert not Phase.objects.filter(pk=draft).exists()
        assert [(one.action, one.before["name"]) for one in record] == [("DELETE", "Draft")]

    def test_a_phase_of_a_timeline_is_not_removed(self, schedule, draft, record):
        TimelineEntry.objects.create(term=schedule.term, starts_at=schedule.now, phase_id=draft)
        with pytest.raises(
            RuleRefused, match="Draft is in the timeline of Spring 2027; take it out there first"
        ):
            delete_phase(draft, record=record)
        assert record == []


class TestExemptions:
    @pytest.fixture
    def grant(self, schedule, record):
        schedule.course()
        schedule.bob = schedule.user("SCHEDULER", departments=["BIO"])

        def put(**changes):
            given = {
                "user_id": schedule.bob.pk,
                "department": "BIO",
                "fields": ["title", "notes"],
                "until": schedule.now + DAY,
                "reason": " The catalogue changed. ",
                "granted_by": schedule.registrar.pk,
                "now": schedule.now,
                "known_fields": KNOWN,
                "record": record,
                "term_id": schedule.term.pk,
            } | changes
            return grant_exemption(given.pop("term_id"), **given)

        return put

    def test_it_is_granted_from_now_on_and_recorded(self, schedule, grant, record):
        held = Exemption.objects.get(pk=grant())
        assert (held.since, held.until, held.reason) == (
            schedule.now,
            schedule.now + DAY,
            "The catalogue changed.",
        )
        assert held.granted_by == schedule.registrar
        [change] = record
        assert (change.action, change.record_type, change.term_code) == ("CREATE", "exemption", "20271")
        assert change.after["fields"] == ["notes", "title"]
        assert change.after["user"] == schedule.bob.pk

    def test_it_may_be_for_one_section(self, schedule, grant):
        section = schedule.section()
        assert Exemption.objects.get(pk=grant(department=None, section_id=section)).section_id == section

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"fields": []}, "Name the fields"),
            ({"fields": [ANY_FIELD]}, "Name the fields"),
            ({"fields": ["hue"]}, "no field 'hue'"),
            ({"reason": "  "}, "Say why"),
            ({"department": None}, "for one section or for one department"),
            ({"section_id": 1}, "for one section or for one department"),
            ({"department": None, "section_id": 0}, "no such section"),
            ({"department": "XYZ"}, "no such department"),
            ({"user_id": 0}, "no such user"),
            ({"term_id": "1999"}, "no such term"),
        ],
    )
    def test_one_that_says_too_little_is_refused(self, grant, record, changes, sentence):
        with pytest.raises(RuleRefused, match=sentence):
            grant(**changes)
        assert record == []

    def test_one_that_is_over_is_refused(self, schedule, grant):
        with pytest.raises(RuleRefused, match="ends in the future"):
            grant(until=schedule.now)

    def test_a_section_of_another_term_is_refused(self, schedule, grant):
        fall = Term.objects.create(code="20273", name="Fall", start_date="2027-09-01", end_date="2027-12-17")
        with pytest.raises(RuleRefused, match="no such section"):
            grant(department=None, section_id=schedule.section(), term_id=fall.pk)

    def test_revoking_ends_it_now_and_keeps_it(self, schedule, grant, record):
        pk = grant()
        record.clear()
        now = schedule.now + DAY / 2
        revoke_exemption(pk, now=now, record=record)
        assert Exemption.objects.get(pk=pk).until == now
        assert record.shown() == [
            ("UPDATE", "exemption", "until", (schedule.now + DAY).isoformat(), now.isoformat())
        ]
        with pytest.raises(RuleRefused, match="over already"):
            revoke_exemption(pk, now=now, record=record)

    def test_without_its_record_nothing_is_granted(self, grant):
        with pytest.raises(AuditFailed):
            grant(record=fail)
        assert not Exemption.objects.exists()
