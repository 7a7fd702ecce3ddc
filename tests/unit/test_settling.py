"""What a link says after a merge: what is agreed, what is still in flight, what is outstanding."""

import datetime as dt

import pytest

from integration.linkstate import (
    Seen,
    baseline_of,
    context_of,
    count_fights,
    settle,
    still_in_flight,
    write_ahead,
)
from integration.merge.policy import Context, FieldPolicy, Source
from integration.merge.records import Shape
from integration.merge.threeway import merge_record
from integration.models import Link
from scheduling.domain.values import Meeting

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
LONG, CUT = "Introduction to Nordic Cinema", "Introduction to"
X, Y, Z = (Meeting(days="M", start_time=f"{hour:02}:00", building="RML") for hour in (8, 9, 10))
Z_MOVED = Meeting(days="M", start_time="10:00", building="HH")


def merged(link, ours, theirs, *, source=Source.ASK, shape=Shape.SCALAR, context=None, **policy):
    (name,) = ours
    return merge_record(
        base=baseline_of(link),
        ours=ours,
        theirs=theirs,
        policies=[FieldPolicy(name=name, source=source, shape=shape, **policy)],
        context=context or context_of(link, now=NOW, applies_later=False),
    )


def settled(link, merge, theirs, **given):
    settle(link, merge, seen=Seen(values=theirs, source_hash=b"h", tick=7, now=NOW), version=3, **given)
    return link


def linked(baseline, **given):
    return Link(baseline=baseline, state="LINKED", **given)


def entry(values, *, minutes=60, is_ordered=False):
    until = None if minutes is None else (NOW + dt.timedelta(minutes=minutes)).isoformat()
    return {"operation": "UPDATE", "values": values, "until": until, "is_ordered": is_ordered}


class TestAgreement:
    def test_what_was_pulled_and_what_was_pushed_is_agreed(self):
        link = linked({"title": "A"})
        settled(link, merged(link, {"title": "A"}, {"title": "B"}), {"title": "B"})
        assert (link.baseline, link.agreed_version, link.touched) == ({"title": "B"}, 3, 7)
        merge = merged(link, {"title": "C"}, {"title": "B"})
        settled(link, merge, {"title": "B"}, pushed={"title": "C"}, after_write={"title": "C"})
        assert (link.baseline, link.agreed_version) == ({"title": "C"}, 3)

    def test_what_was_not_sent_stays_outstanding_on_the_old_base(self):
        link = linked({"title": "A"})
        settled(link, merged(link, {"title": "B"}, {"title": "A"}), {"title": "A"})
        assert (link.baseline, link.agreed_version) == ({"title": "A"}, 0)

    def test_both_renderings_are_kept_where_the_sis_cut_ours(self):
        link = linked({"title": "A"})
        merge = merged(link, {"title": LONG}, {"title": "A"})
        settled(link, merge, {"title": "A"}, pushed={"title": LONG}, after_write={"title": CUT})
        assert (link.baseline, link.baseline_theirs) == ({"title": LONG}, {"title": CUT})
        assert merged(link, {"title": LONG}, {"title": CUT}).is_settled

    def test_a_value_that_the_sis_made_of_ours_itself_is_not_agreed(self):
        link = linked({"title": "A"})
        merge = merged(link, {"title": "B"}, {"title": "A"})
        settled(link, merge, {"title": "A"}, pushed={"title": "B"}, after_write={"title": "X"})
        assert link.baseline == {"title": "A"}

    def test_a_held_field_that_was_never_agreed_stays_so(self):
        link = Link()
        merge = merged(link, {"meetings": (X,)}, {"meetings": (Z,)}, shape=Shape.GROUPS)
        settled(link, merge, {"meetings": (Z,)})
        assert (link.baseline, link.agreed_version) == ({}, 0)

    def test_a_set_merged_from_both_sides_is_agreed_as_the_sis_has_it_until_it_is_sent(self):
        link = linked({"meetings": [{"days": "M", "start_time": "08:00", "building": "RML"}]})
        ours, theirs = {"meetings": (Y,)}, {"meetings": (X, Z)}
        merge = merged(link, ours, theirs, shape=Shape.GROUPS)
        assert (merge.is_two_way, merge.pulls) == (True, {"meetings": (Y, Z)})
        settled(link, merge, theirs)
        assert link.agreed_version == 0
        later = merged(link, merge.pulls, {"meetings": (X, Z_MOVED)}, shape=Shape.GROUPS)
        assert later.decisions["meetings"].result == tuple(sorted((Y, Z_MOVED)))

    def test_a_pull_that_somebody_forestalled_is_not_agreed(self):
        link = linked({"title": "A"})
        merge = merged(link, {"title": "A"}, {"title": "B"})
        settled(link, merge, {"title": "B"}, unpulled={"title"})
        assert (link.baseline, link.agreed_version) == ({"title": "A"}, 0)


class TestLanding:
    def test_a_write_that_was_seen_is_the_base_even_where_nothing_can_be_agreed(self):
        link = linked({"title": "A"}, sent=[entry({"title": "B"})])
        settled(link, merged(link, {"title": "C"}, {"title": "B"}, can_send=False), {"title": "B"})
        assert (link.baseline, link.sent, link.touched) == ({"title": "B"}, [], 7)

    def test_so_it_is_with_a_write_that_the_sis_cut(self):
        link = linked({"title": "A"}, baseline_theirs={"title": "a"}, sent=[entry({"title": LONG})])
        settled(link, merged(link, {"title": "C"}, {"title": CUT}, can_send=False), {"title": CUT})
        assert (link.baseline, link.baseline_theirs) == ({"title": LONG}, {"title": CUT})
        assert link.sent == []

    def test_looking_without_learning_anything_does_not_touch(self):
        link = linked({"title": "A"})
        assert settled(link, merged(link, {"title": "A"}, {"title": "A"}), {"title": "A"}).touched == 0


class TestFights:
    def push(self, link, ours, theirs):
        count_fights(link, merged(link, {"title": ours}, {"title": theirs}, source=Source.ALWAYS_TANDEM))
        return {name: fight["times"] for name, fight in link.fights.items()}

    def test_a_value_that_covers_an_edit_of_the_sis_again_is_counted(self):
        link = linked({"title": "A"})
        assert [self.push(link, "A", "X"), self.push(link, "A", "X")] == [{"title": 1}, {"title": 2}]

    def test_another_value_of_ours_begins_anew(self):
        link = linked({"title": "A"})
        assert [self.push(link, "A", "X"), self.push(link, "B", "X")] == [{"title": 1}, {"title": 1}]

    def test_a_change_of_ours_alone_is_no_fight_and_ends_one(self):
        link = linked({"title": "A"})
        self.push(link, "A", "X")
        assert self.push(link, "B", "A") == {}

    def test_the_rendering_of_the_sis_is_no_edit_of_it(self):
        link = linked({"title": LONG}, baseline_theirs={"title": CUT})
        assert self.push(link, "B", CUT) == {}


class TestInFlight:
    def test_an_entry_stays_until_it_is_seen(self):
        sent = [entry({"title": "B", "notes": "N"})]
        assert still_in_flight(sent, {"title": "A", "notes": "M"}, now=NOW) == sent
        (left,) = still_in_flight(sent, {"title": "B", "notes": "M"}, now=NOW)
        assert left["values"] == {"notes": "N"}
        assert still_in_flight(sent, {"title": "B", "notes": "N"}, now=NOW) == []

    @pytest.mark.parametrize(("minutes", "is_kept"), [(1, True), (0, False), (-1, False), (None, True)])
    def test_or_until_its_horizon_has_passed(self, minutes, is_kept):
        sent = [entry({"title": "B"}, minutes=minutes)]
        assert bool(still_in_flight(sent, {"title": "A"}, now=NOW)) is is_kept

    def test_a_blank_is_not_seen_in_a_field_that_is_not_shown(self):
        assert still_in_flight([entry({"notes": None})], {"title": "A"}, now=NOW)
        assert not still_in_flight([entry({"notes": None})], {"notes": None}, now=NOW)

    @pytest.mark.parametrize(("is_ordered", "left"), [(True, []), (False, ["B"])])
    def test_a_later_write_that_was_seen_says_of_an_earlier_one_only_where_order_is_kept(
        self, is_ordered, left
    ):
        sent = [entry({"title": value}, is_ordered=is_ordered) for value in ("B", "C")]
        assert [one["values"]["title"] for one in still_in_flight(sent, {"title": "C"}, now=NOW)] == left

    def test_seeing_a_value_that_was_sent_twice_does_not_tell_which_of_the_two_landed(self):
        sent = write_ahead(write_ahead([], entry({"title": "B"})), entry({"title": "B"}))
        assert len(still_in_flight(sent, {"title": "B"}, now=NOW)) == 1
        later = NOW + dt.timedelta(hours=2)
        assert still_in_flight(sent, {"title": "B"}, now=later) == []

    def test_with_a_token_only_one_of_the_two_can_land(self):
        sent = write_ahead(write_ahead([], entry({"title": "B"})), entry({"title": "B"}), has_token=True)
        assert still_in_flight(sent, {"title": "B"}, now=NOW) == []

    def test_what_is_in_flight_is_read_oldest_first(self):
        link = linked({"title": "A"}, sent=[entry({"title": "B"}), entry({"title": "C", "notes": "N"})])
        context = context_of(link, now=NOW, applies_later=True)
        assert context == Context(sent={"title": ("B", "C"), "notes": ("N",)}, is_waiting=True)
