"""Whatever the rules, roles and exemptions: what never opens, what never matters, what is always said."""

import datetime as dt
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phases.differences import differences
from phases.policy import Action, Actor, Permission, Policy, SectionFacts
from phases.rules import ANY_FIELD, Exemption, Grant, PhaseRules, RoleRules, Rule
from phases.timeline import Period, Switch, local_moment, periods_of

ZONES = [ZoneInfo("America/Chicago"), ZoneInfo("Europe/Berlin")]
NOW = dt.datetime(2027, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
USER = 7
CODES = ["REGISTRAR", "SCHEDULER", "VIEWER"]
PERMISSIONS = [Permission.EDIT_SECTIONS, Permission.CREATE_SECTION, Permission.EDIT_PHASES]
ACTIONS = [Action.CREATE_SECTION, Action.DELETE_SECTION]
FIELDS = ["title", "notes", "crn"]
WHERE = st.sampled_from(["BIO", "CHE"])


@dataclass(frozen=True)
class Label:
    name: str

    @property
    def label(self):
        return self.name.capitalize()

    @property
    def is_from_sis(self):
        return self.name == "crn"

    @property
    def is_plural(self):
        return self.name == "notes"


CATALOGUE = tuple(Label(name) for name in FIELDS)


def mappings(keys, values):
    return st.dictionaries(st.sampled_from(keys), values, min_size=2, max_size=6)


FIELD_KEYS = [*FIELDS[:2], ANY_FIELD]
GRANTS = st.sampled_from([Grant.OWN_DEPARTMENTS, Grant.OWN_DEPARTMENTS, Grant.ALLOW, Grant.DENY, None])
"""More that allows than that denies: where everything is denied, nothing can be wrong."""
ROLE_RULES = st.fixed_dictionaries(
    {
        code: st.builds(
            RoleRules,
            code=st.just(code),
            name=st.just(code.capitalize()),
            permissions=st.tuples(*[GRANTS] * len(PERMISSIONS)).map(
                lambda grants: {p: g for p, g in zip(PERMISSIONS, grants, strict=True) if g is not None}
            ),
            fields=st.tuples(*[st.sampled_from([Rule.OPEN, Rule.OPEN, Rule.LOCKED])] * len(FIELD_KEYS)).map(
                lambda rules: dict(zip(FIELD_KEYS, rules, strict=True))
            ),
        )
        for code in CODES
    }
)
RULES = st.sampled_from([Rule.LOCKED, Rule.OPEN, Rule.DEFAULT])
PHASES = st.builds(
    PhaseRules,
    code=st.integers(1, 3),
    name=st.sampled_from(["Draft", "Registration"]),
    fields=mappings([(code, name) for code in CODES for name in FIELD_KEYS], RULES),
    actions=mappings([(code, action) for code in CODES for action in ACTIONS], RULES),
)
HELD_FOR = st.sampled_from(
    [None, frozenset({"BIO"}), frozenset({"CHE"}), frozenset({"BIO", "CHE"}), frozenset()]
)
ROLES_HELD = st.one_of(
    st.tuples(st.tuples(st.sampled_from(CODES), HELD_FOR)),
    st.tuples(st.tuples(st.just("SCHEDULER"), HELD_FOR), st.tuples(st.just("VIEWER"), HELD_FOR)),
    st.tuples(st.tuples(st.just("REGISTRAR"), HELD_FOR), st.tuples(st.just("SCHEDULER"), HELD_FOR)),
    st.sampled_from([(), (("GHOST", None),)]),
)
ACTORS = st.builds(Actor, name=st.just("ann"), user_id=st.sampled_from([USER, USER, None]), roles=ROLES_HELD)
DEPARTMENTS = st.sampled_from(
    [frozenset(one) for one in ({"BIO"}, {"CHE"}, {"BIO", "CHE"}, {"BIO", None}, {None}, set())]
)
SECTIONS = st.builds(SectionFacts, section_id=st.sampled_from([1, 2, None]), departments=DEPARTMENTS)
TARGETS = st.sampled_from(
    [{"section_id": 1}, {"department": "BIO"}, {"department": "CHE"}, {"section_id": 2}, {}]
)
EXEMPTIONS = st.lists(
    st.builds(
        lambda target, **given: Exemption(**target, **given),
        TARGETS,
        user_id=st.sampled_from([USER, USER, 8]),
        fields=st.sampled_from([frozenset(FIELDS), frozenset({"title"}), frozenset()]),
        since=st.sampled_from([NOW - HOUR, NOW, NOW + HOUR]),
        until=st.sampled_from([NOW + HOUR, NOW + 2 * HOUR, NOW]),
        reason=st.sampled_from(["late", "ill"]),
    ),
    min_size=1,
    max_size=3,
).map(tuple)


@st.composite
def policies(draw):
    periods = periods_of(
        Switch(starts_at=NOW + n * HOUR, phase=phase)
        for n, phase in enumerate(draw(st.lists(PHASES | st.none(), min_size=1, max_size=3)))
    )
    return Policy(
        roles=draw(ROLE_RULES),
        catalogue=CATALOGUE,
        moment=NOW,
        period=periods.at(NOW),
        later=periods.after(NOW),
        exemptions=draw(EXEMPTIONS),
        zone=draw(st.sampled_from(ZONES)),
    )


def answers(policy, actor, section):
    """Every decision there is: fields, actions, and permissions."""
    return {
        **policy.fields(actor, section),
        **{action: policy.action(actor, section, action) for action in ACTIONS},
        **{
            (permission, where): policy.permission(actor, permission, where)
            for permission in PERMISSIONS
            for where in ("BIO", None)
        },
    }


def allowed(policy, actor, section):
    return {name for name, one in answers(policy, actor, section).items() if one.is_allowed}


def with_role(policy, code, **changes):
    return replace(policy, roles=policy.roles | {code: replace(policy.roles[code], **changes)})


@given(policies(), ACTORS, SECTIONS, st.sampled_from(CODES), st.sampled_from(PERMISSIONS))
def test_adding_a_deny_never_allows_more(policy, actor, section, code, permission):
    denying = with_role(
        policy, code, permissions=dict(policy.roles[code].permissions) | {permission: Grant.DENY}
    )
    assert allowed(denying, actor, section) <= allowed(policy, actor, section)


@given(policies(), ACTORS, SECTIONS, st.sampled_from(CODES), st.sampled_from([*FIELD_KEYS, *ACTIONS]))
def test_a_lock_of_a_phase_never_allows_more(policy, actor, section, code, what):
    if policy.phase is None:
        return
    before = {key: rule for key, rule in policy.phase.fields.items() if key != (code, what)}
    open_phase = replace(policy.phase, fields=before)
    if isinstance(what, Action):
        locked = replace(open_phase, actions=dict(open_phase.actions) | {(code, what): Rule.LOCKED})
    elif what == ANY_FIELD:
        everything = {(code, name): Rule.LOCKED for name in FIELD_KEYS}
        locked = replace(open_phase, fields=dict(open_phase.fields) | everything)
    else:
        locked = replace(open_phase, fields=before | {(code, what): Rule.LOCKED})
        open_phase = policy.phase
    tight, wide = (
        replace(policy, period=replace(policy.period, phase=one), exemptions=())
        for one in (locked, open_phase)
    )
    assert allowed(tight, actor, section) <= allowed(wide, actor, section)


@given(policies(), ACTORS, SECTIONS, st.sampled_from(CODES), HELD_FOR)
def test_a_role_that_denies_nothing_takes_nothing_away(policy, actor, section, code, where):
    kind = {p: g for p, g in policy.roles[code].permissions.items() if g is not Grant.DENY}
    policy = with_role(policy, code, permissions=kind)
    if not any(held == code for held, _where in actor.roles):
        more = replace(actor, roles=(*actor.roles, (code, where)))
        assert allowed(policy, actor, section) <= allowed(policy, more, section)


@given(policies(), ACTORS, SECTIONS, st.randoms(use_true_random=False))
def test_an_answer_depends_on_nothing_but_what_it_is_given(policy, actor, section, shuffled):
    def mixed(found):
        return dict(shuffled.sample(list(found.items()), len(found)))

    roles = {
        code: replace(one, permissions=mixed(one.permissions), fields=mixed(one.fields))
        for code, one in mixed(policy.roles).items()
    }
    exemptions = tuple(shuffled.sample(policy.exemptions, len(policy.exemptions)))
    held = replace(actor, roles=tuple(shuffled.sample(actor.roles, len(actor.roles))))
    other = replace(policy, roles=roles, exemptions=exemptions)

    first = answers(policy, actor, section)
    assert answers(other, held, section) == first
    assert answers(replace(policy), actor, section) == first
    for name in FIELDS:  # asked one by one, after others were asked
        other.fields(replace(held, roles=()), section)
        assert other.field(held, section, name) == first[name]


@given(policies(), ACTORS, SECTIONS)
def test_an_exemption_has_no_effect_before_it_begins_and_after_it_ends(policy, actor, section):
    holding = tuple(one for one in policy.exemptions if one.since <= NOW < one.until)
    assert answers(policy, actor, section) == answers(replace(policy, exemptions=holding), actor, section)
    assert answers(replace(policy, moment=NOW + 2 * HOUR), actor, section) == answers(
        replace(policy, exemptions=()), actor, section
    )


@given(policies(), ACTORS, SECTIONS)
def test_an_exemption_gives_at_most_what_the_roles_have_by_default(policy, actor, section):
    free = allowed(policy.in_period(Period()), actor, section)
    strict = allowed(replace(policy, exemptions=()), actor, section)
    assert allowed(policy, actor, section) <= strict | (free & set(FIELDS))


@given(policies(), ACTORS, SECTIONS)
def test_a_phase_that_says_default_everywhere_allows_what_no_phase_does(policy, actor, section):
    plain = PhaseRules(
        code=9,
        name="Plain",
        fields={(code, name): Rule.DEFAULT for code in CODES for name in FIELD_KEYS},
        actions={(code, action): Rule.DEFAULT for code in CODES for action in ACTIONS},
    )
    assert allowed(policy.in_period(Period(phase=plain)), actor, section) == allowed(
        policy.in_period(Period()), actor, section
    )
    assert differences(policy.in_period(Period(phase=plain)), policy.in_period(Period())) == ()


@given(policies(), ACTORS, SECTIONS)
def test_a_role_for_no_department_never_allows_anything(policy, actor, section):
    nowhere = replace(actor, roles=tuple((code, frozenset()) for code, _where in actor.roles))
    assert allowed(policy, nowhere, section) == set()
    assert all(policy.departments_of(nowhere, one) == frozenset() for one in PERMISSIONS)


@given(policies(), ACTORS, st.sampled_from([{"BIO", "CHE"}, {"BIO", None}, {"CHE", None}]))
def test_a_section_is_allowed_exactly_where_each_of_its_departments_is(policy, actor, departments):
    policy, section = replace(policy, exemptions=()), SectionFacts(departments=frozenset(departments))
    alone = [allowed(policy, actor, SectionFacts(departments=frozenset({one}))) for one in section.concerned]
    assert allowed(policy, actor, section) & set(FIELDS) == set.intersection(*alone) & set(FIELDS)


@given(policies(), ACTORS)
def test_the_departments_of_a_permission_are_those_where_it_is_given(policy, actor):
    for permission in PERMISSIONS:
        where = policy.departments_of(actor, permission)
        for code in ("BIO", "CHE", None):
            given_there = policy.permission(actor, permission, code).is_allowed
            assert given_there is (where is None or code in where)


@given(policies(), ACTORS, SECTIONS)
def test_a_refusal_names_somebody_who_may_and_a_lock_of_the_phase_the_phase(policy, actor, section):
    without = allowed(policy.in_period(Period()), actor, section)
    for name, decision in answers(policy, actor, section).items():
        assert decision.reason.strip()
        if not decision.is_allowed:
            last = decision.reason.rpartition("; ")[2]
            assert last.startswith(("the ", "it is changed there", "ask the registrar"))
            assert (
                policy.phase is None or name not in without or f" in {policy.phase.name}" in decision.reason
            )


@given(policies(), ACTORS, SECTIONS)
def test_an_until_is_the_first_switch_at_which_it_opens(policy, actor, section):
    policy = replace(policy, exemptions=(), zone=dt.UTC)
    for name, decision in policy.fields(actor, section).items():
        if decision.is_allowed or " until " not in decision.reason or "which lasts" in decision.reason:
            continue
        later, now = [], policy
        while (now := now.at_next_switch()) is not None:
            later.append(now)
        opening = next(one for one in later if one.field(actor, section, name).is_allowed)
        assert f"until 12 Jan 2027, {opening.moment:%H:%M};" in decision.reason


# ---- timelines


MOMENTS = st.datetimes(dt.datetime.fromisoformat("2026-10-24"), dt.datetime.fromisoformat("2027-11-09"))
SWITCHES = st.lists(
    st.builds(
        Switch,
        starts_at=st.builds(
            lambda local, zone, fold: local.replace(tzinfo=zone, fold=fold),
            MOMENTS,
            st.sampled_from([*ZONES, dt.UTC]),
            st.sampled_from([0, 1]),
        ),
        phase=st.sampled_from([None, *(PhaseRules(code=n, name=str(n)) for n in range(3))]),
    ),
    max_size=6,
    unique_by=lambda one: one.starts_at.astimezone(dt.UTC),
)


@given(SWITCHES, MOMENTS, st.sampled_from(ZONES), st.sampled_from([0, 1]))
def test_each_moment_lies_in_exactly_one_period_that_of_the_last_switch(switches, local, zone, fold):
    line, moment = periods_of(switches), local.replace(tzinfo=zone, fold=fold)
    assert [one for one in line.periods if one.has(moment)] == [line.at(moment)]
    at = moment.astimezone(dt.UTC)
    begun = [one for one in switches if one.starts_at.astimezone(dt.UTC) <= at]
    last = max(begun, key=lambda one: one.starts_at.astimezone(dt.UTC), default=None)
    assert line.at(moment).phase == (last.phase if last else None)
    assert all(one.start > at for one in line.after(moment))


@given(SWITCHES, st.randoms(use_true_random=False))
def test_periods_follow_each_other_without_gap_in_whatever_order_they_are_given(switches, shuffled):
    line = periods_of(switches)
    assert line.periods[0].start is None
    assert line.periods[-1].end is None
    for before, after in zip(line.periods, line.periods[1:], strict=False):
        assert before.end == after.start
        assert before.phase != after.phase
    assert periods_of(shuffled.sample(switches, len(switches))) == line


@pytest.mark.parametrize("zone", ZONES, ids=str)
@given(MOMENTS, MOMENTS)
def test_local_times_keep_their_order(zone, one, other):
    first, second = sorted([one, other])
    assert local_moment(first, zone) <= local_moment(second, zone)


@pytest.mark.parametrize("zone", ZONES, ids=str)
@given(MOMENTS)
def test_the_clock_shows_the_local_time_at_its_moment_or_jumps_over_it(zone, local):
    shown = local_moment(local, zone).astimezone(zone).replace(tzinfo=None)
    assert local <= shown <= local + HOUR
    if shown != local:
        assert (shown.minute, shown.second, shown.microsecond) == (0, 0, 0)
