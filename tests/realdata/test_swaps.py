"""Days that need a SIS of their own: 168 sections vanish, two sections exchange their numbers."""

import pytest

from integration.execution import approve
from integration.models import Link, MergeState, PlanRow
from integration.runs import Options
from integration.sis.port import MergeType
from scheduling.models import Role, RoleAssignment, Section, User
from scheduling.services.audit import Author
from scheduling.services.sections import update_section
from tests.realdata.test_days import natural_keys

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
    assert f"{LARGE_REMOVAL} of {len(before):,} records would be removed" in run.error["message"]
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
