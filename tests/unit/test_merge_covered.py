"""A value that a write of ours covered counts as what the SIS shows, until somebody has decided about it."""

import datetime as dt

import pytest

from integration.linkstate import Seen, context_of, has_news, settle
from integration.merge.policy import FieldPolicy, Source
from integration.merge.records import Baseline, Rule, Shape
from integration.merge.threeway import merge_record
from integration.models import Link
from scheduling.domain.values import Assignment

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
LONG, CUT = "Introduction to Nordic Cinema", "Introduction to"
COVERED = {"base": "read", "by": "ours", "value": "theirs", "is_item": False}


def link_with(*covered, baseline="ours", name="title"):
    return Link(state="LINKED", baseline={name: baseline}, covered={name: list(covered)})


def merged(link, ours, theirs, source=Source.ASK, *, name="title", **policy):
    values = link.baseline[name]
    base = tuple(Assignment(**one) for one in values) if isinstance(values, list) else values
    return merge_record(
        base=Baseline(values={name: base}),
        ours={name: ours},
        theirs={name: theirs},
        policies=[FieldPolicy(name=name, source=source, **policy)],
        context=context_of(link, now=NOW, applies_later=False),
    )


def settled(link, merge, theirs, **given):
    seen = Seen(values={"title": theirs}, source_hash=b"h", tick=7, now=NOW, covered=dict(link.covered))
    settle(link, merge, seen=seen, version=3, **given)
    return link


def test_it_is_held_with_what_was_read_as_its_base():
    link = link_with(COVERED)
    merge = merged(link, "ours", "ours")
    decision = merge.decisions["title"]
    assert (decision.base, decision.ours, decision.theirs) == ("read", "ours", "theirs")
    assert (decision.is_held, decision.shows) == (True, "ours")
    settled(link, merge, "ours")
    assert (link.covered, link.baseline) == ({"title": [COVERED]}, {"title": "ours"})
    assert (link.agreed_version, link.source_hash) == (0, None)


@pytest.mark.parametrize(
    ("source", "ours", "result", "is_pulled", "is_pushed"),
    [
        (Source.PREFER_SIS, "ours", "theirs", True, True),
        (Source.PREFER_TANDEM, "ours", "ours", False, False),
        (Source.PREFER_TANDEM, "newer", "newer", False, True),
        (Source.ALWAYS_TANDEM, "ours", "ours", False, False),
        (Source.ASK, "theirs", "theirs", False, True),
        (Source.ASK, "read", "theirs", True, True),
    ],
)
def test_once_it_is_decided_what_the_sis_shows_is_the_base(source, ours, result, is_pulled, is_pushed):
    link = link_with(COVERED)
    merge = merged(link, ours, "ours", source)
    decision = merge.decisions["title"]
    assert (decision.result, decision.is_pulled, decision.is_pushed) == (result, is_pulled, is_pushed)
    settled(link, merge, "ours")
    assert (link.covered, link.baseline) == ({}, {"title": "ours"})
    after = merged(link, result, "ours", source).decisions["title"]
    assert after.is_pushed == (result != "ours")


def test_a_later_value_of_the_sis_ends_it():
    link = link_with(COVERED)
    merge = merged(link, "ours", "later")
    assert merge.decisions["title"].rule is Rule.SIS_CHANGED
    assert settled(link, merge, "later").covered == {}


def test_the_sis_may_render_what_covered_it():
    link = link_with({**COVERED, "by": LONG}, baseline=LONG)
    decision = merged(link, LONG, CUT, Source.PREFER_TANDEM).decisions["title"]
    assert (decision.is_covered, decision.is_pushed, decision.is_pulled) == (True, False, False)


def test_what_nobody_may_send_does_not_go_back():
    decision = merged(link_with(COVERED), "ours", "ours", Source.PREFER_SIS, can_send=False)
    assert (decision.pulls, decision.pushes) == ({"title": "theirs"}, {})


def test_what_was_found_after_the_decision_is_not_over_with_it():
    link = link_with(baseline="ours")
    merge = merged(link, "ours", "ours")
    seen = Seen(values={"title": "ours"}, source_hash=b"h", tick=7, now=NOW)
    link.covered = {"title": [COVERED]}
    settle(link, merge, seen=seen, version=3)
    assert link.covered == {"title": [COVERED]}
    assert has_news(link, {})
    assert not has_news(link, link.covered)


def test_a_pull_that_somebody_forestalled_leaves_it_open():
    link = link_with(COVERED)
    merge = merged(link, "ours", "ours", Source.PREFER_SIS)
    assert settled(link, merge, "ours", unpulled={"title"}).covered == {"title": [COVERED]}


def test_one_of_a_team_comes_back_and_the_others_stay_as_they_are():
    def share(who, percent):
        return {"instructor": who, "percent": percent, "is_primary": False}

    ada, bob = share("ada", 70), share("bob", 30)
    covered = {"base": share("ada", 60), "by": ada, "value": share("ada", 80), "is_item": True}
    link = link_with(covered, baseline=[ada, bob], name="instructors")
    ours = (Assignment(**ada), Assignment(**bob))
    theirs = (Assignment(**ada), Assignment(**share("bob", 20)))
    given = {"name": "instructors", "shape": Shape.KEYED, "key_of": lambda one: one.instructor}
    decision = merged(link, ours, theirs, Source.PREFER_SIS, **given).decisions["instructors"]
    assert [one.percent for one in decision.result] == [80, 20]
    assert (decision.is_pulled, decision.is_pushed) == (True, True)
    gone = merged(link, ours, (Assignment(**share("ada", 75)), theirs[1]), **given).decisions["instructors"]
    assert not gone.is_covered
