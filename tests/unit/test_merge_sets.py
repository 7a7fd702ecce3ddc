"""Sets merged item by item: meetings have no identity, instructors have their person."""

import pytest

from integration.merge.policy import FieldPolicy, Source
from integration.merge.records import Baseline, Rule, Shape
from integration.merge.sets import pair
from integration.merge.threeway import merge_record
from scheduling.domain.values import Assignment, Meeting


def meeting(days, start, room, **parts):
    return Meeting(days=days, start_time=start, building="RML", room=room, **parts)


MON, TUE, LAB = meeting("M", "08:00", "101"), meeting("T", "10:00", "202"), meeting("F", "14:00", "303")
MON_MOVED, MON_LATE = meeting("M", "08:00", "999"), meeting("M", "09:00", "101")
ADA, BOB, CY = (Assignment(instructor=who, percent=50) for who in ("ada", "bob", "cy"))
ADA_ALL = Assignment(instructor="ada", percent=100)
ADA_FIRST, BOB_FIRST = (Assignment(instructor=who, percent=50, is_primary=True) for who in ("ada", "bob"))


def of(*items):
    return tuple(sorted(items))


def has_one_primary(team):
    return sum(one.is_primary for one in team) <= 1


def merge_sets(base, ours, theirs, source=Source.ASK, **policy):
    given = FieldPolicy(name="f", source=source, **policy)
    merge = merge_record(
        base=Baseline(values={"f": base}), ours={"f": ours}, theirs={"f": theirs}, policies=[given]
    )
    return merge.decisions["f"]


def merge_meetings(base, ours, theirs, source=Source.ASK, **policy):
    return merge_sets(base, ours, theirs, source, shape=Shape.GROUPS, **policy)


def merge_team(base, ours, theirs, source=Source.ASK, **policy):
    policy = {"key_of": lambda one: one.instructor, "is_sound": has_one_primary} | policy
    return merge_sets(base, ours, theirs, source, shape=Shape.KEYED, **policy)


class TestMeetings:
    def test_changes_of_different_meetings_are_both_kept(self):
        decision = merge_meetings(of(MON, TUE), of(MON_MOVED, TUE), of(MON, TUE, LAB))
        assert decision.result == of(MON_MOVED, TUE, LAB)
        assert (decision.rule, decision.is_pulled, decision.is_pushed) == (Rule.MERGED, True, True)
        assert not decision.is_logged

    def test_the_same_meeting_added_on_both_sides_is_there_once(self):
        assert merge_meetings(of(MON), of(MON, TUE, LAB), of(MON, TUE)).result == of(MON, TUE, LAB)

    def test_the_same_change_on_both_sides_is_no_conflict(self):
        decision = merge_meetings(of(MON, TUE), of(MON_MOVED, TUE, LAB), of(MON_MOVED, TUE))
        assert (decision.rule, decision.result) == (Rule.MERGED, of(MON_MOVED, TUE, LAB))

    def test_a_meeting_removed_on_one_side_goes(self):
        decision = merge_meetings(of(MON, TUE), of(TUE), of(MON, TUE, LAB))
        assert (decision.rule, decision.result) == (Rule.MERGED, of(TUE, LAB))

    @pytest.mark.parametrize(
        ("source", "rule", "result"),
        [
            (Source.PREFER_TANDEM, Rule.PREFER_TANDEM, of(MON_MOVED)),
            (Source.PREFER_SIS, Rule.PREFER_SIS, of(MON_LATE)),
            (Source.ASK, Rule.ASK, of(MON_MOVED)),
        ],
    )
    def test_one_meeting_changed_on_both_sides_is_a_conflict_and_never_mixed(self, source, rule, result):
        decision = merge_meetings(of(MON), of(MON_MOVED), of(MON_LATE), source)
        assert (decision.rule, decision.result) == (rule, result)
        assert decision.is_held is (source is Source.ASK)

    @pytest.mark.parametrize(
        ("source", "result"), [(Source.PREFER_TANDEM, of(TUE)), (Source.PREFER_SIS, of(MON_LATE, TUE))]
    )
    def test_removed_here_and_changed_there_is_a_conflict(self, source, result):
        decision = merge_meetings(of(MON, TUE), of(TUE), of(MON_LATE, TUE), source)
        assert (decision.result, decision.is_logged) == (result, True)

    @pytest.mark.parametrize(
        ("source", "result"), [(Source.PREFER_TANDEM, of(MON_LATE, TUE)), (Source.PREFER_SIS, of(TUE))]
    )
    def test_changed_here_and_removed_there_is_a_conflict(self, source, result):
        decision = merge_meetings(of(MON, TUE), of(MON_LATE, TUE), of(TUE), source)
        assert (decision.result, decision.is_logged) == (result, True)

    def test_a_person_is_asked_about_a_removal_against_a_change(self):
        assert merge_meetings(of(MON, TUE), of(TUE), of(MON_LATE, TUE)).is_held

    def test_a_conflict_over_one_meeting_does_not_undo_changes_of_the_others(self):
        decision = merge_meetings(
            of(MON, TUE), of(MON_MOVED, TUE), of(MON_LATE, TUE, LAB), Source.PREFER_TANDEM
        )
        assert decision.result == of(MON_MOVED, TUE, LAB)

    def test_all_removed_on_both_sides_in_turn_leaves_none(self):
        assert merge_meetings(of(MON, TUE), of(TUE), of(MON)).result == ()

    def test_where_one_way_is_barred_the_whole_set_goes_by_the_source(self):
        sides = (of(MON, TUE), of(MON_MOVED, TUE), of(MON, TUE, LAB))
        assert merge_meetings(*sides, Source.PREFER_TANDEM, can_import=False).result == of(MON_MOVED, TUE)
        assert merge_meetings(*sides, Source.PREFER_SIS, can_send=False).result == of(MON, TUE, LAB)
        assert merge_meetings(*sides, Source.PREFER_TANDEM, can_send=False).is_held


class TestPairing:
    def test_equal_content_pairs_first(self):
        matched, new = pair((MON, TUE), of(MON, LAB))
        assert (matched[0], new) == (MON, [])

    def test_the_nearest_pair_next(self):
        matched, new = pair((MON,), of(MON_MOVED, TUE))
        assert (matched, new) == ({0: MON_MOVED}, [TUE])

    def test_nothing_in_common_is_no_pair(self):
        arranged = Meeting(start_date="2025-01-10")
        assert pair((MON,), (arranged,)) == ({}, [arranged])

    def test_blanks_have_nothing_in_common(self):
        assert pair((Meeting(days="M"),), (Meeting(days="T"),)) == ({}, [Meeting(days="T")])

    def test_an_item_is_paired_once(self):
        matched, new = pair((MON, MON_LATE), (MON_MOVED,))
        assert (list(matched.values()), new) == ([MON_MOVED], [])


class TestInstructors:
    def test_people_added_on_either_side_stay(self):
        decision = merge_team(of(ADA), of(ADA, BOB), of(ADA, CY))
        assert (decision.rule, decision.result) == (Rule.MERGED, of(ADA, BOB, CY))

    def test_one_person_changed_on_both_sides_is_a_conflict(self):
        decision = merge_team(of(ADA), of(ADA_ALL), of(ADA_FIRST), Source.PREFER_SIS)
        assert (decision.rule, decision.result, decision.is_logged) == (Rule.PREFER_SIS, of(ADA_FIRST), True)

    def test_a_removed_person_against_a_changed_one_is_a_conflict(self):
        assert merge_team(of(ADA), of(), of(ADA_ALL)).is_held
        assert merge_team(of(ADA), of(), of(ADA_ALL), Source.PREFER_TANDEM).result == ()

    def test_the_primary_flag_moves_with_the_side_that_moved_it(self):
        decision = merge_team(of(ADA_FIRST, BOB), of(ADA, BOB_FIRST), of(ADA_FIRST, BOB, CY))
        assert (decision.rule, decision.result) == (Rule.MERGED, of(ADA, BOB_FIRST, CY))

    def test_two_primaries_that_nobody_chose_are_held(self):
        decision = merge_team(of(ADA, BOB), of(ADA_FIRST, BOB), of(ADA, BOB_FIRST), Source.PREFER_TANDEM)
        assert (decision.rule, decision.result) == (Rule.SEMANTIC, of(ADA_FIRST, BOB))
        assert (decision.is_held, decision.is_pulled, decision.is_pushed) == (True, False, False)

    def test_a_fault_that_one_side_has_already_comes_in(self):
        decision = merge_team(of(ADA, BOB), of(ADA, BOB), of(ADA_FIRST, BOB_FIRST))
        assert (decision.rule, decision.result) == (Rule.SIS_CHANGED, of(ADA_FIRST, BOB_FIRST))
