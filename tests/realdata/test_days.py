"""Days that a real term had, each looked at by itself."""

import pytest

from integration.models import Link, LinkState, RunIssue
from scheduling.models import ChangeLog, Relationship, RelationshipMember, Section

pytestmark = [pytest.mark.realdata, pytest.mark.django_db]


def natural_keys(college):
    return {
        sis_id: (doc["course"], doc["section_number"]) for sis_id, doc in college.adapter.sections().items()
    }


def movers(before, after):
    """Sections that take, in one night, a number that another section leaves."""
    left = {key for sis_id, key in before.items() if after.get(sis_id) not in {key, None}}
    return {sis_id for sis_id, key in after.items() if before.get(sis_id) not in {key, None} and key in left}


def test_numbers_that_swap_and_chain_in_one_night_all_arrive(loaded):
    seen = 0
    before = natural_keys(loaded)
    for revision in loaded.revisions:
        loaded.adapter.apply_revision(revision)
        after = natural_keys(loaded)
        moved = movers(before, after)
        before = after
        if moved:
            loaded.night()
            ours = loaded.ours()
            assert {sis_id: (ours[sis_id]["course"], ours[sis_id]["section_number"]) for sis_id in moved} == {
                sis_id: after[sis_id] for sis_id in moved
            }
            seen += len(moved)
    assert seen == {"20241": 50, "20243": 71}[loaded.term]


def test_two_live_sections_with_one_number_come_in_and_are_flagged(loaded):
    for revision in loaded.revisions:
        loaded.adapter.apply_revision(revision)
        keys = [
            (doc["course"], doc["section_number"])
            for doc in loaded.adapter.sections().values()
            if doc["status"] == "ACTIVE"
        ]
        if len(keys) != len(set(keys)):
            break
    runs = loaded.night()
    flagged = RunIssue.objects.filter(run=runs[0], code="NUMBER_TAKEN")
    twice = {key for key in keys if keys.count(key) > 1}
    found = {sis_id for sis_id, key in natural_keys(loaded).items() if key in twice}
    assert {issue.record for issue in flagged} == found
    assert all(issue.is_notice and issue.message.endswith(").") for issue in flagged)
    assert loaded.ours() == loaded.theirs()


def returns(college):
    """(id, day it went, day it came back), for every id of the term that did."""
    gone, found = {}, []
    for day, revision in enumerate(college.revisions):
        back = [(row["id"], gone.pop(row["id"]), day) for row in revision["upsert"] if row["id"] in gone]
        found += back
        gone |= dict.fromkeys(revision["delete"], day)
    return found


def test_an_id_that_comes_back_takes_its_old_place(loaded):
    found = returns(loaded)
    assert len(found) == {"20241": 1, "20243": 31}[loaded.term]
    back_on = {(sis_id, back) for sis_id, _went, back in found}
    nights = {day for _sis_id, went, back in found for day in (went, back)}
    places, checked = {}, 0
    for day, revision in enumerate(loaded.revisions[: max(nights) + 1]):
        places |= dict(Section.objects.filter(sis_id__in=revision["delete"]).values_list("sis_id", "id"))
        loaded.adapter.apply_revision(revision)
        if day not in nights:
            continue
        loaded.night()
        for sis_id in [one for one, back in back_on if back == day and one in places]:
            checked += 1
            assert Section.objects.get(sis_id=sis_id).pk == places[sis_id]
            link = Link.objects.get(merge_type="sections", sis_id=sis_id)
            assert (link.state, link.section_id) == (LinkState.LINKED, places[sis_id])
    assert checked > len(found) // 2  # the others came and went between two nights


def test_a_member_that_the_sis_removes_leaves_its_crosslist_and_the_audit_says_so(loaded):
    group = Relationship.objects.order_by("id").first()
    member = RelationshipMember.objects.filter(relationship=group).order_by("id").last()
    sis_id = member.section.sis_id
    loaded.adapter.remove(sis_id)
    loaded.night()
    assert not Section.objects.filter(sis_id=sis_id).exists()
    # The SIS dissolves a group that is left with one member; ours follows.
    assert group.sis_id not in loaded.adapter.relationships()
    assert not Relationship.objects.filter(pk=group.pk).exists()
    told = ChangeLog.objects.filter(record_type="relationship", record_id=str(group.pk)).order_by("id")
    assert [(one.action, one.field) for one in told] == [
        ("CREATE", ""),
        ("UPDATE", "members"),
        ("DELETE", ""),
    ]


def test_enrolment_that_changes_in_the_sis_is_never_a_reason_to_send(loaded):
    loaded.enable()
    for sis_id, doc in loaded.adapter.sections().items():
        loaded.adapter.edit(sis_id, enrollment=str(int(doc.get("enrollment") or 0) + 1))
    runs = loaded.night(sends=True)
    assert loaded.approved == []  # nor does a safeguard stop it
    assert runs[0].counts["local_update"] == runs[0].counts["read"]
    assert runs[0].counts["sis_update"] == 0
    assert loaded.adapter.journal() == []
