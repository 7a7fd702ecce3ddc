"""A group left with one section, or with one that never comes, is held and told, never sent (MERGE.md)."""

import pytest

from integration.models import OutboundChange
from integration.sis.port import MergeType
from scheduling.models import Relationship
from scheduling.services import relationships, sections
from tests.campus import TERM

RELATIONSHIPS = (MergeType.RELATIONSHIPS,)


@pytest.fixture
def left(campus):
    """A crosslist that was never sent, of which the SIS removed one section."""
    campus.enable()
    group = campus.crosslist(campus.id_of("S1"), campus.id_of("S2"))
    campus.adapter.remove("S2")
    campus.merge()
    assert Relationship.objects.get(pk=group).members.count() == 1
    return Relationship.objects.get(pk=group)


def written(campus):
    return [one["operation"] for one in campus.adapter.journal() if one["type"] == "relationships"]


def test_it_is_sent_neither_by_the_queue_nor_by_a_merge(campus, left):
    campus.sweep()
    run = campus.merge(RELATIONSHIPS, sends=True).runs[0]
    assert written(campus) == []
    assert (run.counts["sis_create"], run.counts["pending"], run.status) == (0, 1, "SUCCEEDED")
    [issue] = run.issues.filter(code="TOO_FEW_MEMBERS")
    assert issue.is_notice
    assert "add a section to it or dissolve it" in issue.message


def test_its_last_member_says_why_and_what_to_do(campus, left):
    for _look in ("before the queue saw it", "after"):
        status = campus.status("S1")
        assert (status["state"], status["headline"]) == (
            "HELD",
            "Crosslist of BIO 101 A: held: a group needs two sections",
        )
        reason = status["reasons"][0]
        assert reason["message"] == (
            "Crosslist of BIO 101 A has fewer than two sections left, which is no group. Add a section to it "
            "or dissolve it; until then nothing of it is sent."
        )
        assert reason["who"] == "whoever may edit it here"
        campus.sweep()


def test_a_second_section_sends_it_at_once(campus, left):
    campus.sweep()
    relationships.update_relationship(
        left.pk, members=[campus.id_of("S1"), campus.create("Y")], author=campus.author()
    )
    campus.sweep()
    assert written(campus) == ["CREATE"]
    assert campus.status("S1")["state"] == "SYNCED"


def test_dissolving_it_leaves_nothing_to_send(campus, left):
    campus.sweep()
    relationships.dissolve_relationship(left.pk, author=campus.author())
    campus.sweep()
    assert written(campus) == []
    assert campus.status("S1")["state"] == "SYNCED"
    assert not OutboundChange.objects.filter(merge_type="relationships", term=TERM).exclude(state="DONE")


def test_one_that_the_sis_has_sends_no_change_while_it_is_too_small(campus):
    """An edit of ours that stands when a member goes waits as a new group does."""
    campus.enable()
    group = campus.group()
    relationships.update_relationship(group.pk, capacity=7, author=campus.author())
    group.members.filter(section=campus.id_of("S4")).delete()
    campus.sweep()
    assert written(campus) == []
    assert campus.codes("S3")[0] == "TOO_FEW_MEMBERS"


def test_one_with_a_section_that_the_sis_removed_and_the_settings_keep_is_not_made_there(campus):
    campus.settings(sections={"removal": "CANCEL"})
    campus.enable()
    members = [campus.id_of("S1"), campus.create("Y"), campus.id_of("S2")]
    group = campus.crosslist(*members)
    campus.adapter.remove("S2")
    campus.merge((MergeType.SECTIONS,))
    campus.sweep()
    _held(campus, "BIO 101 B")
    relationships.update_relationship(group, members=members[:2], author=campus.author())
    campus.sweep()
    assert written(campus) == ["CREATE"]


def test_one_with_a_section_that_was_cancelled_before_it_was_sent_does_not_wait_for_it(campus):
    campus.enable()
    made = campus.create("Y")
    group = campus.crosslist(campus.id_of("S1"), campus.id_of("S2"), made)
    sections.cancel_section(made, author=campus.author())
    _held(campus, "BIO 101 Y")
    relationships.update_relationship(
        group, members=[campus.id_of("S1"), campus.id_of("S2")], author=campus.author()
    )
    campus.sweep()
    assert written(campus) == ["CREATE"]


def _held(campus, name):
    """Neither the queue nor a merge sends it, and its sections say why."""
    campus.sweep()
    run = campus.merge(RELATIONSHIPS, sends=True).runs[0]
    assert written(campus) == []
    assert (run.counts["sis_create"], run.counts["pending"], run.counts["rejected"]) == (0, 1, 0)
    assert [one.code for one in run.issues.all()] == ["MEMBER_GONE"]
    status = campus.status("S1")
    assert (status["state"], status["reasons"][0]["code"]) == ("HELD", "MEMBER_GONE")
    assert f"has {name}, not in the SIS and not to come there" in status["reasons"][0]["message"]
