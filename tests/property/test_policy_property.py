"""Whatever roles somebody holds, the policy is total and allows what a registrar's role gives, no more."""

from hypothesis import given
from hypothesis import strategies as st

from phases.policy import REGISTRAR, Action, Actor, action_decision, field_decision

DEPARTMENTS = st.sampled_from(["BIO", "CHE", "PHY"])
ROLES = st.lists(
    st.tuples(
        st.sampled_from([REGISTRAR, "SCHEDULER", "VIEWER", "registrar", ""]),
        st.none() | st.frozensets(DEPARTMENTS),
    ),
    max_size=4,
).map(tuple)
TERM = "Spring 2027"


def allowed(actor, department):
    return field_decision(
        actor=actor, label="Title", department=department, term_name=TERM, is_from_sis=False
    ).is_allowed


@given(ROLES, st.none() | DEPARTMENTS)
def test_allowed_exactly_where_a_registrars_role_reaches(roles, department):
    reaches = any(code == REGISTRAR and (where is None or department in where) for code, where in roles)
    actor = Actor(name="x", roles=roles)
    assert allowed(actor, department) is reaches
    for action in Action:
        decision = action_decision(actor=actor, action=action, department=department, term_name=TERM)
        assert decision.is_allowed is reaches
        assert decision.reason


@given(ROLES, ROLES, DEPARTMENTS)
def test_another_role_never_takes_something_away(roles, more, department):
    if allowed(Actor(name="x", roles=roles), department):
        assert allowed(Actor(name="x", roles=(*roles, *more)), department)


@given(ROLES, st.none() | DEPARTMENTS)
def test_nobody_edits_what_the_sis_keeps(roles, department):
    actor = Actor(name="x", roles=roles)
    decision = field_decision(
        actor=actor, label="CRN", department=department, term_name=TERM, is_from_sis=True
    )
    assert not decision.is_allowed
