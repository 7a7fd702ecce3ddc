"""Days that a real term had, each looked at by itself."""

import pytest

from integration.execution import approve
from integration.models import Link, LinkState, MergeState, PlanRow, RunIssue
from integration.runs import Options
from integration.sis.port import MergeType
from scheduling.models import ChangeLog, Relationship, RelationshipMember, Role, RoleAssignment, Section, User
from scheduling.services.audit import Author
from scheduling.services.sections import update_section

pytestmark = [pytest.mark.realdata, pytest.mark.django_db]
LARGE_REMOVAL_DAY = 171
LARGE_REMOVAL = 168


def until(college, index):
    """Let the SIS live through its days before `index`."""
    for revision in college.revisions[:index]:
        college.adapter.apply_revision(revision)


def test_the_day_on_which_168_sections_vanish_is_held_shown_and_approved(open_college, db):
    college = open_college("20241")
    until(college, LARGE_REMOVAL_DAY)
    college.load()
    before = college.ours()
    college.adapter.apply_revision(college.revisions[LARGE_REMOVAL_DAY])

    outcome = college.merge([MergeType.SECTIONS])
    run = outcome.runs[0]
    assert (outcome.exit_code, run.status) == (3, "NEEDS_APPROVAL")
    assert f"{LARGE_REMOVAL} of {len(before)} records would be removed" in run.error["message"]
    assert college.ours() == before  # nothing was changed
    state = MergeState.objects.get(merge_type="sections", term_id="20241")
    assert str(LARGE_REMOVAL) in state.pause_reason
    assert PlanRow.objects.filter(plan=run.plan, action="DELETE").count() == LARGE_REMOVAL

    outcome = approve(
        run.plan.pk,
        merge_type=MergeType.SECTIONS,
        terms=["20241"],
        adapter=college.adapter,
        options=Options(),
        clock=college.clock,
    )
    assert outcome.exit_code == 0
    assert outcome.runs[0].counts["local_delete"] == LARGE_REMOVAL
    assert college.ours() == college.theirs()
    state.refresh_from_db()
    assert state.pause_reason == ""


def natural_keys(college):
    return {
        sis_id: (doc["course"], doc["section_number"]) for sis_id, doc in college.adapter.sections().items()
    }


def movers(before, after):
    """Sections that take, in one night, a number that another section leaves."""
    left = {key for sis_id, key in before.items() if after.get(sis_id) not in {key, None}}
    return {sis_id for sis_id, key in after.items() if before.get(sis_id) not in {key, None} and key in left}


def test_numbers_that_swap_and_chain_in_one_night_all_arrive(college):
    college.load()
    seen = 0
    before = natural_keys(college)
    for revision in college.revisions:
        college.adapter.apply_revision(revision)
        after = natural_keys(college)
        moved = movers(before, after)
        before = after
        if moved:
            college.night()
            ours = college.ours()
            assert {sis_id: (ours[sis_id]["course"], ours[sis_id]["section_number"]) for sis_id in moved} == {
                sis_id: after[sis_id] for sis_id in moved
            }
            seen += len(moved)
    assert seen == {"20241": 50, "20243": 71}[college.term]


def test_two_live_sections_with_one_number_come_in_and_are_flagged(college):
    college.load()
    for revision in college.revisions:
        college.adapter.apply_revision(revision)
        keys = [
            (doc["course"], doc["section_number"])
            for doc in college.adapter.sections().values()
            if doc["status"] == "ACTIVE"
        ]
        if len(keys) != len(set(keys)):
            break
    runs = college.night()
    flagged = RunIssue.objects.filter(run=runs[0], code="NUMBER_TAKEN")
    twice = {key for key in keys if keys.count(key) > 1}
    found = {sis_id for sis_id, key in natural_keys(college).items() if key in twice}
    assert {issue.record for issue in flagged} == found
    assert all(issue.is_notice and issue.message.endswith(").") for issue in flagged)
    assert college.ours() == college.theirs()


def returns(college):
    """(id, day it went, day it came back), for every id of the term that did."""
    gone, found = {}, []
    for day, revision in enumerate(college.revisions):
        back = [(row["id"], gone.pop(row["id"]), day) for row in revision["upsert"] if row["id"] in gone]
        found += back
        gone |= dict.fromkeys(revision["delete"], day)
    return found


def test_an_id_that_comes_back_takes_its_old_place(college):
    college.load()
    found = returns(college)
    assert len(found) == {"20241": 1, "20243": 31}[college.term]
    back_on = {(sis_id, back) for sis_id, _went, back in found}
    nights = {day for _sis_id, went, back in found for day in (went, back)}
    places, checked = {}, 0
    for day, revision in enumerate(college.revisions[: max(nights) + 1]):
        places |= dict(Section.objects.filter(sis_id__in=revision["delete"]).values_list("sis_id", "id"))
        college.adapter.apply_revision(revision)
        if day not in nights:
            continue
        college.night()
        for sis_id in [one for one, back in back_on if back == day and one in places]:
            checked += 1
            assert Section.objects.get(sis_id=sis_id).pk == places[sis_id]
            link = Link.objects.get(merge_type="sections", sis_id=sis_id)
            assert (link.state, link.section_id) == (LinkState.LINKED, places[sis_id])
    assert checked > len(found) // 2  # the others came and went between two nights


def test_a_member_that_the_sis_removes_leaves_its_crosslist_and_the_audit_says_so(college):
    college.load()
    group = Relationship.objects.order_by("id").first()
    member = RelationshipMember.objects.filter(relationship=group).order_by("id").last()
    sis_id = member.section.sis_id
    college.adapter.remove(sis_id)
    college.night()
    assert not Section.objects.filter(sis_id=sis_id).exists()
    # The SIS dissolves a group that is left with one member; ours follows.
    assert group.sis_id not in college.adapter.relationships()
    assert not Relationship.objects.filter(pk=group.pk).exists()
    told = ChangeLog.objects.filter(record_type="relationship", record_id=str(group.pk)).order_by("id")
    assert [(one.action, one.field) for one in told] == [
        ("CREATE", ""),
        ("UPDATE", "members"),
        ("DELETE", ""),
    ]


@pytest.fixture
def registrar(db):
    user = User.objects.create(username="registrar", has_scheduling=True)
    role, _made = Role.objects.get_or_create(code="REGISTRAR", name="Registrar")
    RoleAssignment.objects.create(user=user, role=role, is_for_all_departments=True)
    return user


def two_of_a_course(college):
    for one in Section.objects.filter(term_id=college.term, status="ACTIVE").order_by("id"):
        same = Section.objects.filter(course=one.course, status="ACTIVE").order_by("id")
        if len(same) == 2 and same[0].section_number != same[1].section_number:
            return same[0], same[1]
    raise AssertionError("no course with two sections")


def swap(college, registrar):
    """Two sections exchange their numbers, as people do it: by way of a free one."""
    first, second = two_of_a_course(college)
    for section, number in ((first, "ZZ9"), (second, first.section_number), (first, second.section_number)):
        author = Author(now=college.clock(), source="COMMAND", user=registrar)
        update_section(section.pk, {"section_number": number}, author=author)
    return first.sis_id, second.sis_id


@pytest.mark.parametrize("unique", ["client_ref", "client_ref,natural_key"])
def test_a_swap_made_here_reaches_the_sis_in_one_night(open_college, registrar, unique):
    college = open_college("20241", unique=unique, temporary_number="yes")
    college.load()
    college.enable()
    before = natural_keys(college)
    first, second = swap(college, registrar)
    college.night(sends=True)
    after = natural_keys(college)
    assert (after[first], after[second]) == (before[second], before[first])
    assert college.ours() == college.theirs()


def test_a_swap_that_the_sis_cannot_take_waits_and_names_both(open_college, registrar):
    college = open_college("20241", unique="natural_key", temporary_number="no")
    college.load()
    college.enable()
    before = natural_keys(college)
    first, second = swap(college, registrar)
    college.night(sends=True)
    assert natural_keys(college) == before
    waiting = list(Link.objects.filter(sis_id__in=[first, second]).order_by("id"))
    for link in waiting:
        assert link.outbound.error_class == "NUMBER_CYCLE"
        assert all(str(one) in link.outbound.error_text for one in waiting)


def test_enrolment_that_changes_in_the_sis_is_never_a_reason_to_send(college):
    college.load()
    college.enable()
    for sis_id, doc in college.adapter.sections().items():
        college.adapter.edit(sis_id, enrollment=str(int(doc.get("enrollment") or 0) + 1))
    runs = college.night(sends=True)
    assert college.approved == []  # nor does a safeguard stop it
    assert runs[0].counts["local_update"] == runs[0].counts["read"]
    assert runs[0].counts["sis_update"] == 0
    assert college.adapter.journal() == []
