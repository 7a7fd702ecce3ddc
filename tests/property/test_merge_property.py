"""What holds of every merge (MERGE.md, Invariants), whatever the values, the rules and what is in flight."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from integration.merge.policy import Source
from integration.merge.records import Baseline, Rule, Shape
from integration.merge.rendering import is_rendering
from integration.merge.threeway import merge_record
from tests.strategies import (
    END,
    SHAPES,
    START,
    TEAM,
    THREE_WAY,
    any_cases,
    are_in_order,
    cases,
    has_one_primary,
    quiet_cases,
    set_cases,
)

MIRRORED_SOURCE = {Source.PREFER_SIS: Source.PREFER_TANDEM, Source.PREFER_TANDEM: Source.PREFER_SIS}
MIRRORED_RULE = {
    Rule.SIS_CHANGED: Rule.TANDEM_CHANGED,
    Rule.TANDEM_CHANGED: Rule.SIS_CHANGED,
    Rule.PREFER_SIS: Rule.PREFER_TANDEM,
    Rule.PREFER_TANDEM: Rule.PREFER_SIS,
    Rule.DRIFT: Rule.PENDING,
    Rule.PENDING: Rule.DRIFT,
}


def decisions_of(case):
    return merge_record(**case.given).decisions


def with_policies(case):
    """Each policy of a case with its decision."""
    decisions = decisions_of(case)
    return [(policy, decisions[policy.name]) for policy in case.policies]


def agreement_after(decision):
    """What both sides hold once the writes are done: our rendering and the SIS's; None if never agreed."""
    if not decision.has_agreed:
        return (decision.base, decision.base_theirs) if decision.has_base else None
    if decision.is_pulled or decision.is_pushed:
        return decision.result, decision.result
    return decision.ours, decision.theirs


def after(case):
    """The record when all that the merge decided is written on both sides."""
    merge = merge_record(**case.given)
    agreed = {
        name: agreement
        for name, decision in merge.decisions.items()
        if (agreement := agreement_after(decision)) is not None
    }
    return replace(
        case,
        base=Baseline(
            values={name: ours for name, (ours, _theirs) in agreed.items()},
            theirs={name: theirs for name, (ours, theirs) in agreed.items() if ours != theirs},
        ),
        ours=case.ours | merge.pulls,
        theirs=case.theirs | merge.pushes,
    )


def is_changed(value, agreed, decision, name):
    """Whether a side differs from what was agreed; without a base, whether it holds anything."""
    blank = () if name in SHAPES else None
    return value != (agreed if decision.has_base else blank)


def is_ours_changed(name, decision):
    return is_changed(decision.ours, decision.base, decision, name)


def is_theirs_changed(name, decision):
    return is_changed(decision.theirs, decision.base_theirs, decision, name)


@given(cases())
def test_every_field_gets_one_decision_in_the_order_of_the_policies(case):
    assert list(decisions_of(case)) == [policy.name for policy in case.policies]


@given(cases())
def test_a_field_the_sis_does_not_deliver_is_left_alone(case):
    name, *others = case.theirs
    found = decisions_of(replace(case, theirs={other: case.theirs[other] for other in others}))
    assert name not in found


@given(st.one_of(quiet_cases, set_cases))
def test_when_the_writes_are_done_nothing_more_is_written(case):
    assert merge_record(**after(case).given).is_settled


@given(st.one_of(quiet_cases, set_cases))
def test_when_the_writes_are_done_both_sides_hold_the_same_or_a_person_or_a_switch_is_waited_for(case):
    done = after(case)
    for name, decision in decisions_of(done).items():
        if decision.has_agreed:
            assert decision.ours == decision.theirs or is_rendering(sent=decision.ours, seen=decision.theirs)
        else:
            assert decision.is_held or decision.rule in {Rule.DRIFT, Rule.PENDING}, name


@given(st.one_of(quiet_cases, set_cases))
def test_merging_again_decides_the_same(case):
    done = after(case)
    assert after(done) == done


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_policies_and_values_does_not_matter(case, random):
    def shuffled(items):
        return random.sample(list(items), len(items))

    other = replace(
        case,
        policies=tuple(shuffled(case.policies)),
        ours=dict(shuffled(case.ours.items())),
        theirs=dict(shuffled(case.theirs.items())),
    )
    assert decisions_of(other) == decisions_of(case)


@given(any_cases)
def test_no_value_is_invented(case):
    for policy, decision in with_policies(case):
        if policy.shape is Shape.SCALAR:
            assert decision.result in (decision.ours, decision.theirs)
        else:
            assert set(decision.result) <= set(decision.ours) | set(decision.theirs)


@given(any_cases)
def test_a_write_changes_only_the_side_it_is_for(case):
    for _policy, decision in with_policies(case):
        assert decision.is_pulled is (decision.result != decision.ours)
        if decision.is_pushed:
            assert decision.result != decision.theirs


@given(cases())
def test_nothing_is_written_against_the_switches(case):
    for policy, decision in with_policies(case):
        assert policy.can_import or not decision.is_pulled
        assert policy.can_send or not decision.is_pushed


@given(any_cases)
def test_an_edit_is_overwritten_only_by_policy_and_then_logged_or_by_nobody_and_then_held(case):
    for policy, decision in with_policies(case):
        lost_here = decision.is_pulled and is_ours_changed(policy.name, decision)
        lost_there = decision.is_pushed and is_theirs_changed(policy.name, decision)
        if decision.rule is Rule.MERGED:
            continue  # the next test
        assert decision.is_logged or not (lost_here or lost_there)


@given(set_cases)
def test_a_merged_set_keeps_what_either_side_added_and_drops_what_either_side_removed(case):
    for _policy, decision in with_policies(case):
        if decision.rule is Rule.MERGED:
            base, ours, theirs = set(decision.base), set(decision.ours), set(decision.theirs)
            result = set(decision.result)
            assert (ours - base) | (theirs - base) <= result
            assert not result & (base - (ours & theirs))


@given(cases(fields=((START, END), (TEAM,)), sources=THREE_WAY))
def test_what_is_written_here_breaks_no_hard_check(case):
    written = case.ours | merge_record(**case.given).pulls
    assert are_in_order(written.get(END), written.get(START))
    assert has_one_primary(written.get(TEAM, ()))


@given(any_cases)
def test_a_person_is_asked_only_where_both_sides_changed(case):
    for policy, decision in with_policies(case):
        if decision.rule is Rule.ASK:
            assert is_ours_changed(policy.name, decision)
            assert is_theirs_changed(policy.name, decision)


@given(quiet_cases)
def test_what_only_one_side_changed_goes_to_the_other_whatever_is_preferred(case):
    mutual = {Source.PREFER_SIS, Source.PREFER_TANDEM, Source.ASK}
    for policy, decision in with_policies(case):
        if not decision.has_base or policy.source not in mutual or decision.rule is Rule.SEMANTIC:
            continue
        ours, theirs = is_ours_changed(policy.name, decision), is_theirs_changed(policy.name, decision)
        if decision.ours == decision.theirs or ours is theirs:
            continue
        expected = (Rule.TANDEM_CHANGED, Rule.PENDING) if ours else (Rule.SIS_CHANGED, Rule.DRIFT)
        may_go = policy.can_send if ours else policy.can_import
        assert decision.rule is expected[0 if may_go else 1]


@given(st.one_of(cases(sources=THREE_WAY, has_context=False), set_cases))
def test_the_sides_are_treated_alike(case):
    """Swapping the sides and turning every policy round gives the same merge, turned round."""
    plain = tuple(replace(policy, is_sound=None) for policy in case.policies)
    case = replace(case, policies=plain)
    mirrored = replace(
        case,
        base=case.base
        and Baseline(
            values={**case.base.values, **case.base.theirs},
            theirs={name: case.base.values[name] for name in case.base.theirs},
        ),
        ours=case.theirs,
        theirs=case.ours,
        policies=tuple(
            replace(
                policy,
                source=MIRRORED_SOURCE.get(policy.source, policy.source),
                can_import=policy.can_send,
                can_send=policy.can_import,
            )
            for policy in plain
        ),
    )
    there = decisions_of(mirrored)
    for name, here in decisions_of(case).items():
        assert there[name].rule is MIRRORED_RULE.get(here.rule, here.rule)
        assert there[name].is_held is here.is_held
        assert (there[name].is_pulled, there[name].is_pushed) == (here.is_pushed, here.is_pulled)
        if here.is_pulled or here.is_pushed:
            assert there[name].result == here.result


@given(cases(has_base=True))
def test_our_own_write_that_landed_is_the_base_and_no_edit_of_the_sis(case):
    at_rest = replace(case.context, is_waiting=False)
    for policy, decision in with_policies(replace(case, context=at_rest)):
        name = policy.name
        if case.theirs[name] not in case.context.sent.get(name, ()) or decision.rule is Rule.SEMANTIC:
            continue
        values = {**case.base.values, name: case.theirs[name]}
        agreed = Baseline(values=values, theirs={n: v for n, v in case.base.theirs.items() if n != name})
        known = replace(case, base=agreed, context=replace(at_rest, sent={}))
        assume(case.base.theirs.get(name) != case.theirs[name])
        assert decisions_of(known)[name] == decision


@given(cases())
def test_what_is_in_flight_is_not_sent_again_before_its_horizon(case):
    waiting = replace(case, context=replace(case.context, is_waiting=True))
    for policy, decision in with_policies(waiting):
        sent = case.context.sent.get(policy.name, ())
        is_landed = bool(sent) and (
            sent[-1] == decision.theirs or is_rendering(sent=sent[-1], seen=decision.theirs)
        )
        if sent and not is_landed:
            assert not decision.is_pushed


RELATIONS = {
    Rule.EQUAL: lambda d, _p: (
        d.has_base and (d.ours == d.theirs or (d.ours == d.base and d.theirs == d.base_theirs))
    ),
    Rule.ALWAYS_SIS: lambda d, p: p.source is Source.ALWAYS_SIS and d.is_pulled and d.result == d.theirs,
    Rule.ALWAYS_TANDEM: lambda d, p: p.source is Source.ALWAYS_TANDEM and d.is_pushed and d.result == d.ours,
    Rule.SIS_CHANGED: lambda d, _p: d.has_base and d.ours == d.base and d.is_pulled and d.result == d.theirs,
    Rule.TANDEM_CHANGED: lambda d, _p: (
        d.has_base and d.theirs == d.base_theirs and d.is_pushed and d.result == d.ours
    ),
    Rule.DRIFT: lambda d, p: not p.can_import and d.ours != d.theirs,
    Rule.PENDING: lambda d, p: not p.can_send and d.ours != d.theirs,
    Rule.PREFER_SIS: lambda d, p: p.source is Source.PREFER_SIS and d.is_logged,
    Rule.PREFER_TANDEM: lambda d, p: p.source is Source.PREFER_TANDEM and d.is_logged,
    Rule.ASK: lambda d, p: (
        d.is_held
        and (
            p.source is Source.ASK
            or (p.source is Source.PREFER_SIS and not p.can_import)
            or (p.source is Source.PREFER_TANDEM and not p.can_send)
        )
    ),
    Rule.MERGED: lambda d, p: p.shape is not Shape.SCALAR and not d.is_logged and d.has_base,
    Rule.SEMANTIC: lambda d, p: d.is_held and p.name in {"start_date", "end_date", "instructors"},
    Rule.FIGHT: lambda d, p: d.is_held and p.source is Source.ALWAYS_TANDEM and d.theirs != d.base_theirs,
    Rule.IN_FLIGHT: lambda d, p: p.can_send and d.ours != d.theirs,
    Rule.FIRST_LINK: lambda d, _p: (
        not d.has_base and (d.ours == d.theirs or () in (d.ours, d.theirs) or None in (d.ours, d.theirs))
    ),
}
"""Rule -> what must be true of base, ours, theirs and result for it to be the explanation."""
NOT_MERGED = {Rule.SIS_ONLY, Rule.TANDEM_ONLY}
QUIET = {Rule.DRIFT, Rule.PENDING, Rule.IN_FLIGHT, Rule.EQUAL}
HELD = {Rule.ASK, Rule.SEMANTIC, Rule.FIGHT}


@given(any_cases)
def test_the_rule_explains_the_result(case):
    for policy, decision in with_policies(case):
        assert RELATIONS[decision.rule](decision, policy), decision.rule
        assert decision.is_held is (decision.rule in HELD)
        if decision.rule in QUIET | HELD:
            assert (decision.is_pulled, decision.is_pushed) == (False, False)
            assert decision.result == decision.ours
        assert decision.has_agreed is (decision.rule not in HELD | QUIET - {Rule.EQUAL})


def test_every_rule_of_a_merge_has_its_explanation():
    assert RELATIONS.keys() == set(Rule) - NOT_MERGED
