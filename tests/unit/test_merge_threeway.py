"""The per-field rule, sentence by sentence (MERGE.md, Per-field rule)."""

import pytest

from integration.merge.policy import FIGHT_LIMIT, Context, FieldPolicy, Fight, Source
from integration.merge.records import Baseline, Rule, Shape
from integration.merge.threeway import merge_field, merge_record

NEVER = object()
LONG, CUT = "Introduction to Nordic Cinema", "Introduction to"


def decide(base, ours, theirs, source=Source.ASK, *, base_theirs=None, context=Context(), **policy):
    agreed = None
    if base is not NEVER:
        agreed = Baseline(values={"f": base}, theirs={"f": base_theirs} if base_theirs else {})
    return merge_field(
        base=agreed,
        ours=ours,
        theirs=theirs,
        policy=FieldPolicy(name="f", source=source, **policy),
        context=context,
    )


def effect(decision):
    """Rule, value written here, value written there: what a reader of the rule wants to see."""
    here = decision.result if decision.is_pulled else "-"
    there = decision.result if decision.is_pushed else "-"
    return decision.rule, here, there


THREE_WAY = [Source.PREFER_SIS, Source.PREFER_TANDEM, Source.ASK]


class TestWhoeverTheSourceIs:
    @pytest.mark.parametrize("source", Source)
    def test_equal_sides_agree_even_where_both_left_the_base(self, source):
        decision = decide("A", "B", "B", source)
        assert effect(decision) == (Rule.EQUAL, "-", "-")
        assert decision.has_agreed

    @pytest.mark.parametrize("source", Source)
    def test_equal_sides_agree_at_first_sight(self, source):
        assert effect(decide(NEVER, "B", "B", source)) == (Rule.FIRST_LINK, "-", "-")


class TestAlwaysSis:
    def test_takes_theirs_and_logs_an_ours_that_somebody_changed(self):
        decision = decide("A", "B", "A", Source.ALWAYS_SIS)
        assert effect(decision) == (Rule.ALWAYS_SIS, "A", "-")
        assert decision.is_logged

    def test_logs_nothing_where_only_the_sis_changed_it(self):
        decision = decide("A", "A", "B", Source.ALWAYS_SIS)
        assert effect(decision) == (Rule.ALWAYS_SIS, "B", "-")
        assert not decision.is_logged

    def test_takes_a_blank_too(self):
        assert effect(decide(NEVER, "A", None, Source.ALWAYS_SIS)) == (Rule.ALWAYS_SIS, None, "-")

    def test_only_shows_what_may_not_be_imported(self):
        decision = decide("A", "A", "B", Source.ALWAYS_SIS, can_import=False)
        assert effect(decision) == (Rule.DRIFT, "-", "-")
        assert not decision.has_agreed


class TestAlwaysTandem:
    def test_sends_ours_and_logs_the_sis_edit_it_covers(self):
        decision = decide("A", "A", "B", Source.ALWAYS_TANDEM)
        assert effect(decision) == (Rule.ALWAYS_TANDEM, "-", "A")
        assert decision.is_logged

    def test_logs_nothing_where_only_we_changed_it(self):
        assert not decide("A", "B", "A", Source.ALWAYS_TANDEM).is_logged

    def test_keeps_what_may_not_be_sent(self):
        assert effect(decide("A", "A", "B", Source.ALWAYS_TANDEM, can_send=False)) == (Rule.PENDING, "-", "-")

    def test_takes_what_only_the_sis_has_at_first_sight(self):
        assert effect(decide(NEVER, None, "B", Source.ALWAYS_TANDEM)) == (Rule.FIRST_LINK, "B", "-")

    @pytest.mark.parametrize(
        ("fight", "rule"),
        [
            (Fight(value="A", times=FIGHT_LIMIT - 1), Rule.ALWAYS_TANDEM),
            (Fight(value="A", times=FIGHT_LIMIT), Rule.FIGHT),
            (Fight(value="other", times=FIGHT_LIMIT), Rule.ALWAYS_TANDEM),
        ],
    )
    def test_holds_after_the_same_value_had_to_be_rewritten_three_times(self, fight, rule):
        decision = decide("A", "A", "B", Source.ALWAYS_TANDEM, context=Context(fights={"f": fight}))
        assert decision.rule is rule
        assert decision.is_held is (rule is Rule.FIGHT)

    def test_a_new_edit_of_ours_is_no_fight(self):
        fights = {"f": Fight(value="B", times=FIGHT_LIMIT)}
        assert decide("A", "B", "A", Source.ALWAYS_TANDEM, context=Context(fights=fights)).is_pushed


@pytest.mark.parametrize("source", THREE_WAY)
class TestOneSideChanged:
    def test_theirs_is_taken(self, source):
        assert effect(decide("A", "A", "B", source)) == (Rule.SIS_CHANGED, "B", "-")

    def test_ours_is_sent(self, source):
        assert effect(decide("A", "B", "A", source)) == (Rule.TANDEM_CHANGED, "-", "B")

    def test_a_blank_of_theirs_is_taken(self, source):
        assert effect(decide("A", "A", None, source)) == (Rule.SIS_CHANGED, None, "-")

    def test_a_blank_of_ours_is_sent(self, source):
        assert effect(decide("A", None, "A", source)) == (Rule.TANDEM_CHANGED, "-", None)

    def test_a_value_over_a_blank_base_is_a_change(self, source):
        assert effect(decide(None, None, "B", source)) == (Rule.SIS_CHANGED, "B", "-")

    def test_theirs_is_only_shown_where_it_may_not_be_imported(self, source):
        assert effect(decide("A", "A", "B", source, can_import=False)) == (Rule.DRIFT, "-", "-")

    def test_ours_is_kept_and_shown_where_it_may_not_be_sent(self, source):
        assert effect(decide("A", "B", "A", source, can_send=False)) == (Rule.PENDING, "-", "-")


@pytest.mark.parametrize(("base", "ours"), [("A", "B"), (NEVER, "B")])
class TestBothSidesSetDifferently:
    def test_the_sis_is_preferred_and_ours_logged(self, base, ours):
        decision = decide(base, ours, "C", Source.PREFER_SIS)
        assert effect(decision) == (Rule.PREFER_SIS, "C", "-")
        assert decision.is_logged

    def test_tandem_is_preferred_and_theirs_logged(self, base, ours):
        decision = decide(base, ours, "C", Source.PREFER_TANDEM)
        assert effect(decision) == (Rule.PREFER_TANDEM, "-", "B")
        assert decision.is_logged

    def test_a_person_is_asked_and_nothing_written(self, base, ours):
        decision = decide(base, ours, "C", Source.ASK)
        assert effect(decision) == (Rule.ASK, "-", "-")
        assert (decision.is_held, decision.has_agreed) == (True, False)

    def test_a_person_is_asked_where_the_preferred_way_is_barred(self, base, ours):
        assert decide(base, ours, "C", Source.PREFER_SIS, can_import=False).rule is Rule.ASK
        assert decide(base, ours, "C", Source.PREFER_TANDEM, can_send=False).rule is Rule.ASK

    def test_the_other_way_being_barred_does_not_matter(self, base, ours):
        assert decide(base, ours, "C", Source.PREFER_SIS, can_send=False).is_pulled
        assert decide(base, ours, "C", Source.PREFER_TANDEM, can_import=False).is_pushed


class TestNoBase:
    @pytest.mark.parametrize("source", THREE_WAY)
    def test_the_value_there_is_wins_over_a_blank(self, source):
        assert effect(decide(NEVER, None, "B", source)) == (Rule.FIRST_LINK, "B", "-")
        assert effect(decide(NEVER, "B", None, source)) == (Rule.FIRST_LINK, "-", "B")

    def test_a_field_that_the_base_does_not_name_was_never_agreed_on(self):
        base = Baseline(values={"other": 1})
        policy = FieldPolicy(name="f", source=Source.ASK)
        decision = merge_field(base=base, ours=None, theirs="B", policy=policy)
        assert (decision.rule, decision.has_base) == (Rule.FIRST_LINK, False)

    def test_two_sets_that_never_agreed_are_not_mixed(self):
        decision = decide(NEVER, ("a",), ("b",), Source.PREFER_SIS, shape=Shape.KEYED)
        assert effect(decision) == (Rule.PREFER_SIS, ("b",), "-")


class TestInFlight:
    def test_our_own_write_that_landed_is_no_edit_of_the_sis(self):
        sent = Context(sent={"f": ("B",)})
        assert effect(decide("A", "C", "B", context=sent)) == (Rule.TANDEM_CHANGED, "-", "C")

    def test_it_is_the_base_from_then_on(self):
        decision = decide("A", "C", "B", context=Context(sent={"f": ("B",)}), can_send=False)
        assert (decision.base, decision.base_theirs, decision.has_agreed) == ("B", "B", False)

    def test_any_of_the_values_in_flight_may_have_landed(self):
        sent = Context(sent={"f": ("B", "C")})
        assert effect(decide("A", "D", "B", context=sent)) == (Rule.TANDEM_CHANGED, "-", "D")

    def test_it_counts_before_the_first_agreement_too(self):
        sent = Context(sent={"f": ("B",)})
        assert effect(decide(NEVER, "C", "B", context=sent)) == (Rule.TANDEM_CHANGED, "-", "C")

    def test_a_blank_that_landed_counts(self):
        sent = Context(sent={"f": (None,)})
        assert effect(decide("A", "C", None, context=sent)) == (Rule.TANDEM_CHANGED, "-", "C")

    def test_a_value_equal_to_the_old_base_changes_nothing(self):
        sent = Context(sent={"f": ("A",)})
        assert effect(decide("A", "B", "A", context=sent)) == (Rule.TANDEM_CHANGED, "-", "B")

    def test_what_was_taken_back_meanwhile_is_sent_back(self):
        sent = Context(sent={"f": ("B",)})
        assert effect(decide("A", "A", "B", context=sent)) == (Rule.TANDEM_CHANGED, "-", "A")

    def test_a_write_that_the_sis_cut_landed(self):
        decision = decide("Old", LONG, CUT, context=Context(sent={"f": (LONG,)}))
        assert effect(decision) == (Rule.EQUAL, "-", "-")
        assert (decision.base, decision.base_theirs) == (LONG, CUT)

    def test_lengthening_a_title_has_not_landed_while_the_sis_shows_the_old_one(self):
        sent = Context(sent={"f": (LONG,)})
        assert effect(decide(CUT, LONG, CUT, context=sent)) == (Rule.TANDEM_CHANGED, "-", LONG)


WAITING = Context(sent={"f": ("B",)}, is_waiting=True)


class TestASisThatAppliesLater:
    @pytest.mark.parametrize("source", [*THREE_WAY, Source.ALWAYS_TANDEM])
    def test_nothing_is_sent_again_before_the_horizon(self, source):
        decision = decide("A", "B", "A", source, context=WAITING)
        assert effect(decision) == (Rule.IN_FLIGHT, "-", "-")
        assert not decision.has_agreed

    def test_neither_is_a_newer_value(self):
        assert decide("A", "C", "A", context=WAITING).rule is Rule.IN_FLIGHT

    def test_an_edit_of_the_sis_that_the_write_will_cover_is_logged(self):
        for source in (Source.PREFER_TANDEM, Source.ALWAYS_TANDEM):
            decision = decide("A", "B", "X", source, context=WAITING)
            assert (decision.rule, decision.is_logged) == (Rule.IN_FLIGHT, True)

    def test_an_edit_of_the_sis_is_taken_or_held_meanwhile(self):
        assert decide("A", "B", "X", Source.PREFER_SIS, context=WAITING).is_pulled
        assert decide("A", "B", "X", Source.ASK, context=WAITING).is_held

    def test_what_landed_frees_the_field(self):
        assert effect(decide("A", "C", "B", context=WAITING)) == (Rule.TANDEM_CHANGED, "-", "C")

    def test_the_last_of_several_has_to_land(self):
        both = Context(sent={"f": ("B", "C")}, is_waiting=True)
        assert decide("A", "D", "B", context=both).rule is Rule.IN_FLIGHT
        assert decide("A", "D", "C", context=both).is_pushed

    def test_after_the_horizon_it_is_sent_again(self):
        assert decide("A", "B", "A", context=Context(sent={"f": ("B",)})).is_pushed

    def test_a_title_the_sis_is_known_to_cut_is_not_sent_for_ever(self):
        other = LONG + " of the Fifties"
        sent = Context(sent={"f": (other,)})
        decision = decide(LONG, other, CUT, base_theirs=CUT, context=sent)
        assert effect(decision) == (Rule.EQUAL, "-", "-")
        assert (decision.base, decision.base_theirs) == (other, CUT)


class TestTwoRenderingsOfOneValue:
    @pytest.mark.parametrize("source", [*THREE_WAY, Source.ALWAYS_TANDEM])
    def test_are_an_agreement(self, source):
        assert effect(decide(LONG, LONG, CUT, source, base_theirs=CUT)) == (Rule.EQUAL, "-", "-")

    def test_ours_changes_against_our_rendering(self):
        assert effect(decide(LONG, "New", CUT, base_theirs=CUT)) == (Rule.TANDEM_CHANGED, "-", "New")

    def test_theirs_changes_against_theirs(self):
        assert effect(decide(LONG, LONG, "New", base_theirs=CUT)) == (Rule.SIS_CHANGED, "New", "-")


def in_order(end, start):
    return not (end and start) or start <= end


class TestHardChecks:
    policies = (
        FieldPolicy(name="start", source=Source.ASK),
        FieldPolicy(name="end", source=Source.ASK, is_sound=in_order, companions=("start",)),
    )

    def merge(self, ours, theirs, base=("01-10", "05-01"), policies=policies):
        sides = [dict(zip(("start", "end"), side, strict=True)) for side in (base, ours, theirs)]
        return merge_record(base=Baseline(values=sides[0]), ours=sides[1], theirs=sides[2], policies=policies)

    def test_values_that_stand_on_neither_side_and_clash_are_held(self):
        merge = self.merge(ours=("04-01", "05-01"), theirs=("01-10", "03-01"))
        assert {d.rule for d in merge.decisions.values()} == {Rule.SEMANTIC}
        assert (merge.pulls, merge.pushes, merge.held) == ({}, {}, ("start", "end"))

    def test_values_that_go_together_are_merged(self):
        merge = self.merge(ours=("02-01", "05-01"), theirs=("01-10", "03-01"))
        assert (merge.pulls, merge.pushes) == ({"end": "03-01"}, {"start": "02-01"})

    def test_a_clash_that_the_sis_itself_has_comes_in(self):
        merge = self.merge(ours=("01-10", "05-01"), theirs=("04-01", "03-01"))
        assert merge.pulls == {"start": "04-01", "end": "03-01"}

    def test_a_field_that_needs_no_write_is_not_held(self):
        policies = (FieldPolicy(name="start", source=Source.ASK, can_send=False), self.policies[1])
        merge = self.merge(ours=("04-01", "05-01"), theirs=("01-10", "03-01"), policies=policies)
        assert (merge.held, merge.decisions["start"].rule) == (("end",), Rule.PENDING)

    def test_a_field_the_sis_does_not_deliver_is_looked_at_as_it_stands_here(self):
        merge = merge_record(
            base=Baseline(values={"end": "05-01"}),
            ours={"start": "04-01", "end": "05-01"},
            theirs={"end": "03-01"},
            policies=self.policies,
        )
        assert merge.held == ("end",)


class TestARecord:
    policies = (FieldPolicy(name="a", source=Source.ASK), FieldPolicy(name="b", source=Source.ASK))

    def test_a_held_field_does_not_hold_the_others(self):
        merge = merge_record(
            base=Baseline(values={"a": 1, "b": 1}),
            ours={"a": 2, "b": 1},
            theirs={"a": 3, "b": 4},
            policies=self.policies,
        )
        assert (merge.held, merge.pulls) == (("a",), {"b": 4})

    def test_a_field_the_sis_does_not_know_is_never_wiped(self):
        merge = merge_record(
            base=Baseline(values={"a": 1, "b": 1}),
            ours={"a": 1, "b": 1},
            theirs={"a": 1},
            policies=self.policies,
        )
        assert "b" not in merge.decisions
        assert merge.is_settled

    def test_a_field_we_do_not_hold_is_blank(self):
        merge = merge_record(base=None, ours={}, theirs={"a": 1}, policies=self.policies)
        assert merge.pulls == {"a": 1}
