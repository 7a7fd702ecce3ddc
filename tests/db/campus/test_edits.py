"""In which fields a section differs from what was agreed is kept at each save, and told without comparing."""

import pytest

from integration.models import Link
from integration.resolving import Choice
from integration.sis.port import MergeType
from tests.campus import TERM
from tests.kept_columns import assert_kept_is_true


def kept(campus, sis_id="S1"):
    """The kept fields, None where they are not those of the version that stands."""
    assert_kept_is_true(TERM)
    link = Link.objects.get(term=TERM, sis_id=sis_id)
    return sorted(link.edits) if link.edits_version == campus.section(sis_id).version else None


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Mine"},
        {"title": "Mine", "capacity": 77, "notes": "By the window."},
        {"meetings": [{"days": "MW", "start_time": "09:00", "end_time": "09:55"}]},
        {"instructors": []},
    ],
    ids=["title", "some", "meetings", "team"],
)
def test_a_save_keeps_the_fields_that_differ(changes, campus):
    campus.enable()
    campus.edit("S1", **changes)
    assert kept(campus) == sorted(changes)


def test_what_is_put_back_differs_no_more(campus):
    campus.enable()
    was = campus.section("S1").title
    campus.edit("S1", title="Mine", capacity=77)
    campus.edit("S1", title=was)
    assert kept(campus) == ["capacity"]
    campus.edit("S1", capacity=campus.in_sis("S1")["capacity"])
    assert kept(campus) == []
    assert campus.status("S1")["state"] == "SYNCED"


def test_a_merge_that_sends_nothing_keeps_what_still_waits(campus):
    campus.enable(send=False, real_time=False)
    campus.edit("S1", title="Mine")
    campus.adapter.edit("S1", capacity="41")
    campus.merge()
    assert campus.section("S1").capacity == 41
    assert kept(campus) == ["title"]


def test_what_the_sis_took_is_kept_no_longer(campus):
    campus.enable()
    campus.edit("S1", title="Mine")
    campus.sweep()
    link = Link.objects.get(sis_id="S1")
    assert (link.edits, link.edits_version) == ([], 0)
    assert link.agreed_version == campus.section("S1").version


@pytest.mark.parametrize("choice", [Choice.OURS, Choice.THEIRS])
def test_a_decision_makes_the_section_be_compared_again(choice, campus, clock):
    campus.settings(sections={"sources": {"title": "ASK"}})
    campus.enable()
    campus.edit("S1", title="Mine")
    campus.adapter.edit("S1", title="Theirs")
    campus.merge([MergeType.SECTIONS])
    assert kept(campus) == ["title"]
    campus.resolve(campus.conflict(), choice)
    assert kept(campus) is None
    campus.assert_settled()


def test_a_section_that_the_sis_never_had_has_nothing_to_keep(campus):
    campus.enable()
    made = campus.create()
    campus.edit(made, title="Other")
    link = Link.objects.get(section=made)
    assert (link.edits, link.edits_version) == ([], 0)
