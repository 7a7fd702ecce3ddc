"""The phase policy rule by rule."""

import datetime as dt
from dataclasses import replace

import pytest

from phases.differences import differences
from phases.policy import Action, Permission, SectionFacts
from phases.rules import ANY_FIELD, Exemption, PhaseRules, Rule
from phases.timeline import Period
from tests.phase_policies import (
    BIO,
    BOTH,
    CATALOGUE,
    CHE,
    HOMELESS,
    NOW,
    OF_BIO,
    PHASE,
    REGISTRAR,
    SWITCH,
    Label,
    held,
    open_fields,
    policy,
    reason,
)


class TestRoles:
    def test_a_role_reaches_its_departments_and_one_for_all_reaches_every_one(self):
        found = policy()
        assert found.field(OF_BIO, BIO, "title").is_allowed
        assert not found.field(OF_BIO, CHE, "title").is_allowed
        assert not found.field(OF_BIO, HOMELESS, "title").is_allowed
        assert all(found.field(REGISTRAR, one, "title").is_allowed for one in (BIO, CHE, BOTH, HOMELESS))

    @pytest.mark.parametrize("role", ["SCHEDULER", "REGISTRAR", "DEAN"])
    def test_a_role_for_no_department_gives_nothing_whatever_it_allows(self, role):
        found, actor = policy(), held((role, []))
        assert open_fields(found, actor) == set()
        assert not any(one.is_allowed for one in found.actions(actor, BIO).values())
        assert not any(found.permission(actor, one).is_allowed for one in Permission)

    def test_a_section_of_no_department_at_all_is_not_let_through(self):
        empty = SectionFacts(departments=frozenset())
        assert not policy().field(OF_BIO, empty, "title").is_allowed
        assert policy().field(REGISTRAR, empty, "title").is_allowed

    def test_allow_reaches_departments_beyond_those_of_the_role(self):
        found = policy()
        assert found.field(held(("DEAN", ["BIO"])), CHE, "notes").is_allowed

    def test_every_department_of_a_crosslist_must_allow(self):
        found = policy()
        assert not found.field(OF_BIO, BOTH, "title").is_allowed
        assert not found.field(held(("SCHEDULER", ["CHE"])), BOTH, "title").is_allowed
        assert found.field(held(("SCHEDULER", ["BIO", "CHE"])), BOTH, "title").is_allowed
        assert found.field(held(("SCHEDULER", ["BIO"]), ("REGISTRAR", ["CHE"])), BOTH, "title").is_allowed

    def test_of_several_roles_one_is_enough(self):
        found = policy("Closed")
        assert found.field(held("VIEWER", "REGISTRAR"), BIO, "title").is_allowed
        assert found.action(held("SCHEDULER", "REGISTRAR"), BIO, Action.CREATE_SECTION).is_allowed

    def test_a_deny_beats_what_other_roles_allow(self):
        found, actor = policy(), held("REGISTRAR", ("SUSPENDED", []))
        assert open_fields(found, actor) == set()
        assert not found.action(actor, BIO, Action.CREATE_SECTION).is_allowed
        assert found.action(actor, BIO, Action.CANCEL_SECTION).is_allowed

    def test_without_a_rule_a_field_is_locked_for_the_role(self):
        assert open_fields(policy(), held("DEAN")) == {"notes"}

    def test_a_role_that_the_rules_do_not_know_gives_nothing(self):
        assert open_fields(policy(), held("GHOST")) == set()

    def test_a_rule_for_any_field_holds_for_the_institutions_own(self):
        found = policy(catalogue=(Label("custom.wish", "Wish"),))
        assert found.field(OF_BIO, BIO, "custom.wish").is_allowed
        assert (
            not replace(found, period=Period(phase=PHASE["Closed"]))
            .field(OF_BIO, BIO, "custom.wish")
            .is_allowed
        )

    def test_what_the_sis_keeps_nobody_edits(self):
        found = policy()
        assert reason(found.field(REGISTRAR, BIO, "crn")) == "CRN is kept by the SIS; it is changed there."


class TestPhases:
    def test_a_phase_opens_what_the_role_has_not_by_default(self):
        opened = PhaseRules(code=1, name="Open", fields={("DEAN", "title"): Rule.OPEN})
        assert open_fields(policy(opened), held("DEAN")) == {"title", "notes"}

    def test_a_phase_opens_no_field_to_a_role_that_may_not_edit_sections(self):
        opened = PhaseRules(code=1, name="Open", fields={("VIEWER", ANY_FIELD): Rule.OPEN})
        assert open_fields(policy(opened), held("VIEWER")) == set()

    def test_a_phase_opens_an_action_within_the_roles_departments(self):
        found = policy("Draft")
        assert found.action(OF_BIO, BIO, Action.DELETE_SECTION).is_allowed
        assert not found.action(OF_BIO, CHE, Action.DELETE_SECTION).is_allowed
        assert not policy().action(OF_BIO, BIO, Action.DELETE_SECTION).is_allowed

    @pytest.mark.parametrize("rule", list(Rule))
    def test_a_phase_lifts_no_deny(self, rule):
        phase = PhaseRules(
            code=1,
            name="Open",
            fields={("SUSPENDED", ANY_FIELD): rule},
            actions={("SUSPENDED", Action.CREATE_SECTION): rule},
        )
        for actor in (held("SUSPENDED"), held("REGISTRAR", "SUSPENDED")):
            assert open_fields(policy(phase), actor) == set()
            assert not policy(phase).action(actor, BIO, Action.CREATE_SECTION).is_allowed

    def test_a_fields_own_rule_comes_before_the_rule_for_any_field(self):
        mixed = PhaseRules(
            code=1,
            name="Mixed",
            fields={("SCHEDULER", ANY_FIELD): Rule.LOCKED, ("SCHEDULER", "notes"): Rule.DEFAULT},
        )
        assert open_fields(policy(mixed), OF_BIO) == {"notes"}

    @pytest.mark.parametrize(
        ("phase", "fields", "actions"),
        [
            ("Draft", set(CATALOGUE.names) - {"crn", "enrollment", "waitlisted"}, set(Action)),
            (
                "Room assignment",
                {"title", "notes", "instructors", "waitlist_capacity"},
                {Action.CANCEL_SECTION, Action.EDIT_RELATIONSHIPS},
            ),
            ("Final review", {"title", "notes", "instructors"}, set()),
            ("Published", {"notes", "instructors"}, set()),
            ("Registration", {"capacity", "waitlist_capacity", "notes", "instructors"}, set()),
            ("Term running", {"notes"}, set()),
            ("Closed", set(), set()),
        ],
    )
    def test_the_delivered_phases_tighten_for_schedulers_and_leave_the_registrar_all(
        self, phase, fields, actions
    ):
        found = policy(phase)
        assert open_fields(found, OF_BIO) == fields
        assert {name for name, one in found.actions(OF_BIO, BIO).items() if one.is_allowed} == actions
        assert open_fields(found, REGISTRAR) == set(CATALOGUE.names) - {"crn", "enrollment", "waitlisted"}
        assert all(one.is_allowed for one in found.actions(REGISTRAR, BIO).values())
        assert open_fields(found, held("INSTRUCTOR", "VIEWER")) == set()


class TestExemptions:
    UNTIL = dt.datetime(2026, 12, 20, 17, tzinfo=dt.UTC)

    def exemption(self, **given):
        values = {
            "user_id": 7,
            "fields": frozenset({"title", "crn"}),
            "since": NOW,
            "until": self.UNTIL,
            "reason": "The catalogue changed late.",
            "department": "BIO",
        }
        return Exemption(**(values | given))

    def opened(self, *, actor=OF_BIO, section=BIO, phase="Closed", moment=NOW, **given):
        found = policy(phase, exemptions=(self.exemption(**given),), moment=moment)
        return open_fields(found, actor, section)

    def test_it_opens_what_the_phase_locks_and_says_until_when_and_why(self):
        found = policy("Closed", exemptions=(self.exemption(),)).field(OF_BIO, BIO, "title")
        assert found.is_allowed
        assert (
            found.reason
            == "You may change it until 20 Dec 2026, 11:00 by exemption: The catalogue changed late."
        )

    def test_of_two_the_one_that_lasts_longer_counts(self):
        longer = self.exemption(until=self.UNTIL + dt.timedelta(days=1), reason="Ill.")
        for both in ((longer, self.exemption()), (self.exemption(), longer)):
            found = policy("Closed", exemptions=both).field(OF_BIO, BIO, "title")
            assert found.reason == "You may change it until 21 Dec 2026, 11:00 by exemption: Ill."

    def test_it_opens_its_own_fields_and_never_what_the_sis_keeps(self):
        assert self.opened() == {"title"}

    def test_it_is_for_its_user_department_or_section_only(self):
        assert self.opened(user_id=8) == set()
        assert self.opened(actor=held(("SCHEDULER", ["BIO", "CHE"])), section=CHE) == set()
        assert self.opened(section=BIO, department=None, section_id=1) == {"title"}
        assert self.opened(section=BIO, department=None, section_id=2) == set()

    def test_one_for_a_section_opens_no_other_of_the_same_department_whichever_is_asked_first(self):
        found = policy("Closed", exemptions=(self.exemption(department=None, section_id=1),))
        other = SectionFacts(section_id=9, departments=BIO.departments)
        assert [open_fields(found, OF_BIO, one) for one in (other, BIO, other)] == [set(), {"title"}, set()]

    def test_it_is_nobodys_where_the_user_is_not_known(self):
        assert self.opened(actor=held(("SCHEDULER", ["BIO"]), user_id=None)) == set()

    def test_one_for_neither_section_nor_department_exempts_nothing(self):
        assert self.opened(department=None) == set()
        unmade = SectionFacts(departments=frozenset({"BIO"}))
        assert self.opened(department=None, section=unmade) == set()

    def test_a_departments_exemption_opens_its_part_of_a_crosslist_only(self):
        actor = held(("SCHEDULER", ["BIO", "CHE"]))
        assert self.opened(actor=actor, section=BOTH) == set()
        both = policy("Closed", exemptions=(self.exemption(), self.exemption(department="CHE")))
        assert open_fields(both, actor, BOTH) == {"title"}

    @pytest.mark.parametrize(
        ("moment", "holds"),
        [
            (NOW - dt.timedelta(seconds=1), False),
            (NOW, True),
            (UNTIL - dt.timedelta(seconds=1), True),
            (UNTIL, False),
        ],
    )
    def test_it_holds_from_its_beginning_to_before_its_end(self, moment, holds):
        assert bool(self.opened(moment=moment)) is holds

    @pytest.mark.parametrize(
        "actor", [held("VIEWER"), held("DEAN"), held("SCHEDULER", "SUSPENDED"), held("GHOST")]
    )
    def test_it_gives_nothing_that_the_role_itself_may_not_do(self, actor):
        assert "title" not in self.opened(actor=actor, section=BIO)

    def test_it_does_not_reach_other_departments_than_the_role(self):
        assert self.opened(section=CHE, department="CHE") == set()


class TestPermissions:
    def test_within_departments_a_permission_of_the_whole_institution_needs_a_role_for_all(self):
        found = policy("Closed")
        assert found.permission(REGISTRAR, Permission.EXECUTE_MERGES).is_allowed
        assert reason(found.permission(held(("REGISTRAR", ["BIO"])), Permission.EXECUTE_MERGES)) == (
            "You may not execute merges for the whole institution: your role Registrar is for BIO; "
            "the Registrar for all departments may."
        )

    def test_phases_have_no_say(self):
        assert policy("Closed").permission(OF_BIO, Permission.EDIT_SECTIONS, "BIO").is_allowed

    @pytest.mark.parametrize(
        ("actor", "departments"),
        [
            (REGISTRAR, None),
            (OF_BIO, {"BIO"}),
            (held(("SCHEDULER", ["BIO"]), ("REGISTRAR", ["CHE"])), {"BIO", "CHE"}),
            (held(("SCHEDULER", [])), set()),
            (held("VIEWER"), set()),
            (held("REGISTRAR", "SUSPENDED"), set()),
            (held(("DEAN", ["BIO"])), None),
            (held(("DEAN", [])), set()),
            (held(), set()),
        ],
    )
    def test_the_departments_in_which_somebody_may_edit(self, actor, departments):
        assert policy().departments_of(actor, Permission.EDIT_SECTIONS) == departments


class TestSimulator:
    def test_the_differences_of_two_phases_role_by_role(self):
        before = policy("Published")
        after = before.in_period(Period(phase=PHASE["Registration"]))
        found = differences(before, after)
        assert [(one.role, one.name, one.is_open_before, one.is_open_after) for one in found] == [
            ("SCHEDULER", "capacity", False, True),
            ("SCHEDULER", "waitlist_capacity", False, True),
        ]
        assert found[0].label == "Capacity"
        assert found[0].role_name == "Scheduler"
        assert differences(before, before) == ()

    def test_actions_are_among_the_differences(self):
        found = differences(policy("Draft"), policy("Draft").in_period(Period()))
        assert [(one.role, one.name, one.label, one.is_action) for one in found] == [
            ("SCHEDULER", "delete_section", "delete sections", True)
        ]

    def test_the_next_switch_is_the_policy_of_its_moment(self):
        later = (Period(phase=PHASE["Closed"], start=SWITCH),)
        found = policy("Draft", end=SWITCH, later=later)
        assert found.field(OF_BIO, BIO, "title").is_allowed
        following = found.at_next_switch()
        assert (following.moment, following.phase.name) == (SWITCH, "Closed")
        assert not following.field(OF_BIO, BIO, "title").is_allowed
        assert following.at_next_switch() is None
