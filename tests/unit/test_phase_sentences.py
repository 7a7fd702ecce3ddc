"""The sentences of the phase policy word by word."""

import datetime as dt

from phases.policy import Action
from phases.rules import PhaseRules, Rule
from phases.timeline import Period
from tests.phase_policies import (
    BIO,
    CHE,
    EVENING,
    HOMELESS,
    NOW,
    OF_BIO,
    PHASE,
    REGISTRAR,
    ROLE_RULES,
    SWITCH,
    held,
    policy,
    reason,
)


class TestSentences:
    def locked(self, name="meetings", *, actor=OF_BIO, section=BIO, **given):
        return reason(policy(**given).field(actor, section, name))

    def test_a_phase_until_the_switch_that_opens_it(self):
        later = [
            Period(phase=PHASE["Closed"], start=NOW + dt.timedelta(days=2), end=SWITCH),
            Period(phase=PHASE["Draft"], start=SWITCH, end=EVENING),
            Period(phase=None, start=EVENING),
        ]
        said = self.locked(phase="Registration", end=NOW + dt.timedelta(days=2), later=later)
        assert said == "Meetings are locked in Registration until 12 Jan 2027; the Registrar may change them."

    def test_a_switch_within_a_day_is_told_with_its_time(self):
        later = [Period(phase=None, start=EVENING)]
        said = self.locked(phase="Registration", end=EVENING, later=later)
        assert (
            said
            == "Meetings are locked in Registration until 12 Jan 2027, 17:00; the Registrar may change them."
        )

    def test_a_phase_that_ends_without_opening_it(self):
        later = [Period(phase=PHASE["Closed"], start=SWITCH)]
        said = self.locked(phase="Registration", end=SWITCH, later=later)
        assert (
            said == "Meetings are locked in Registration, which lasts until 12 Jan 2027; "
            "the Registrar may change them."
        )

    def test_a_phase_for_good(self):
        assert self.locked(phase="Closed") == "Meetings are locked in Closed; the Registrar may change them."

    def test_a_default_of_the_role(self):
        said = self.locked("title", actor=held("DEAN"))
        assert said == ("Title is locked for your role Dean; the Registrar and the Scheduler may change it.")

    def test_another_department(self):
        assert self.locked("title", section=CHE) == (
            "Title is locked for you in CHE: your role Scheduler is for BIO; "
            "the Registrar or the Scheduler for CHE may change it."
        )

    def test_no_department(self):
        assert self.locked("title", section=HOMELESS) == (
            "Title is locked for you for a course of no department: your role Scheduler is for BIO; "
            "the Registrar or the Scheduler for all departments may change it."
        )
        assert "your role Scheduler is for no department" in self.locked(
            "title", actor=held(("SCHEDULER", []))
        )

    def test_a_role_that_does_not_edit(self):
        assert self.locked("title", phase="Closed", actor=held("VIEWER", "INSTRUCTOR")) == (
            "Title is locked for you: your roles Instructor and Viewer do not let you edit sections; "
            "the Registrar may change it."
        )

    def test_no_role(self):
        assert self.locked("title", phase="Closed", actor=held()) == (
            "Title is locked for you: your account has no role; the Registrar may change it."
        )

    def test_a_deny(self):
        assert self.locked("title", phase="Closed", actor=held("REGISTRAR", "SUSPENDED")) == (
            "Title is locked for you: your role Suspended denies it; the Registrar may change it."
        )

    def test_a_field_that_no_role_may_change_names_who_may_open_it(self):
        shut = PhaseRules(
            code=1, name="Shut", fields=dict.fromkeys([(code, "title") for code in ROLE_RULES], Rule.LOCKED)
        )
        assert self.locked("title", phase=shut, actor=REGISTRAR) == (
            "Title is locked in Shut; no role may change it; the Registrar may change the phases."
        )
        assert self.locked("title", phase=shut, actor=held("DEAN"), roles={"DEAN": ROLE_RULES["DEAN"]}) == (
            "Title is locked in Shut; no role may change it; ask the registrar."
        )

    def test_an_action(self):
        def said(action, actor=OF_BIO, section=BIO, phase="Registration", **given):
            return reason(policy(phase, **given).action(actor, section, action))

        assert said(Action.CREATE_SECTION, end=SWITCH, later=[Period(start=SWITCH)]) == (
            "You may not create sections in Registration until 12 Jan 2027; the Registrar may."
        )
        assert (
            said(Action.EDIT_RELATIONSHIPS)
            == "You may not edit relationships in Registration; the Registrar may."
        )
        assert said(Action.DELETE_SECTION, actor=held("VIEWER"), phase=None) == (
            "You may not delete sections: your role Viewer does not let you; the Registrar may."
        )
        assert said(Action.DELETE_SECTION, actor=held("DEAN"), phase=None) == (  # who may edit all the same
            "You may not delete sections: your role Dean does not let you; the Registrar may."
        )
        assert said(Action.CANCEL_SECTION, section=CHE, phase=None) == (
            "You may not cancel sections in CHE: your role Scheduler is for BIO; "
            "the Registrar or the Scheduler for CHE may."
        )

    def test_what_is_allowed_says_by_which_role(self):
        found = policy("Draft")
        assert found.field(OF_BIO, BIO, "title").reason == "You may change it as Scheduler."
        assert (
            found.action(held("REGISTRAR", "SCHEDULER"), BIO, Action.CREATE_SECTION).reason
            == "You may create sections as Registrar and Scheduler."
        )
