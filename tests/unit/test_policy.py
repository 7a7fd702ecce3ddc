"""The phase policy as it is until phases are built: a registrar may do all, others nothing."""

import pytest

from phases.policy import REGISTRAR, Action, Actor, action_decision, field_decision

EVERYWHERE = Actor(name="ann", roles=((REGISTRAR, None),))
IN_BIOLOGY = Actor(name="bob", roles=((REGISTRAR, frozenset({"BIO"})),))
NOWHERE = Actor(name="cid", roles=((REGISTRAR, frozenset()),))
SCHEDULER = Actor(name="dee", roles=(("SCHEDULER", None), ("VIEWER", None)))
NOBODY = Actor(name="eve")


def may_edit(actor, department, *, is_from_sis=False):
    return field_decision(
        actor=actor, label="Title", department=department, term_name="Spring 2027", is_from_sis=is_from_sis
    )


@pytest.mark.parametrize(
    ("actor", "department", "allowed"),
    [
        (EVERYWHERE, "BIO", True),
        (EVERYWHERE, None, True),
        (IN_BIOLOGY, "BIO", True),
        (IN_BIOLOGY, "CHE", False),
        (IN_BIOLOGY, None, False),
        (NOWHERE, "BIO", False),
        (SCHEDULER, "BIO", False),
        (NOBODY, "BIO", False),
    ],
)
def test_a_registrar_may_do_all_in_the_departments_of_the_role_and_others_nothing(actor, department, allowed):
    assert may_edit(actor, department).is_allowed is allowed
    for action in Action:
        decision = action_decision(actor=actor, action=action, department=department, term_name="Spring 2027")
        assert decision.is_allowed is allowed


def test_what_the_sis_keeps_is_locked_for_everybody():
    decision = may_edit(EVERYWHERE, "BIO", is_from_sis=True)
    assert not decision.is_allowed
    assert decision.reason == "Title is kept by the SIS; it is changed there."


def test_a_refusal_names_the_field_and_the_term_and_says_whom_to_ask():
    assert (
        may_edit(NOBODY, "BIO").reason == "Title is locked in Spring 2027 for your role; ask the registrar."
    )


@pytest.mark.parametrize("action", list(Action))
def test_a_refused_action_is_named_in_words(action):
    reason = action_decision(actor=NOBODY, action=action, department="BIO", term_name="Spring 2027").reason
    assert action.value.replace("_", " ").split()[0] in reason
    assert "ask the registrar" in reason
