"""Reports and plans call a record by its name; a long id of the SIS is for details and files."""

import shutil

import pytest

from integration.models import Link, MergeRun, Plan, PlanRow, RunIssue
from scheduling.models import Section
from tests.merge_desk import Desk
from tests.web.console.page_forms import words_of

GUID = "589dbe55-ade8-5d18-95e1-ca2baa6f0533"


@pytest.fixture
def desk(loaded_college, db, tmp_path, settings):
    shutil.copytree(loaded_college.folder, tmp_path / "sis")
    return Desk(folder=tmp_path / "sis", django_settings=settings, registrar=loaded_college.registrar)


@pytest.fixture
def run(desk):
    """The run that loaded the sections; the SIS knows S1 under a GUID."""
    Link.objects.filter(section__sis_id="S1").update(sis_id=GUID)
    Section.objects.filter(sis_id="S1").update(sis_id=GUID)
    return MergeRun.objects.filter(merge_type="sections").latest("pk")


def tell(run, record, message):
    RunIssue.objects.create(run=run, record=record, code="X", message=message)


def test_an_issue_stands_under_the_name_of_its_record_with_a_way_there(admin, run):
    tell(run, GUID, "BIO 101 A: title is One here and Two in the SIS.")
    answer = admin.get(f"/console/runs/{run.pk}/?show=issues")
    page = answer.content.decode()
    assert GUID not in page
    assert "BIO 101 A Title is One here and Two in the SIS." in words_of(answer)
    assert f'href="/sections/{Section.objects.get(sis_id=GUID).pk}/">BIO 101 A</a>' in page


def test_an_issue_of_a_record_that_is_not_here_keeps_its_id(admin, run):
    tell(run, "0b42b3ea", "Its course is not known.")
    assert "0b42b3ea Its course is not known." in words_of(admin.get(f"/console/runs/{run.pk}/?show=issues"))


def test_an_issue_of_a_group_names_its_members(admin, desk, run):
    of_groups = MergeRun.objects.filter(merge_type="relationships").latest("pk")
    group = Link.objects.filter(relationship__isnull=False).first()
    tell(of_groups, group.sis_id, "It is refused.")
    page = words_of(admin.get(f"/console/runs/{of_groups.pk}/?show=issues"))
    members = [str(one.section) for one in group.relationship.members.order_by("-is_primary", "section_id")]
    assert f"Crosslist of {', '.join(members)} It is refused." in page


@pytest.mark.parametrize("key", [GUID, "S1"])
def test_of_the_ids_of_a_plan_only_a_short_one_stands_under_the_name(admin, run, key):
    plan = Plan.objects.get(run=run)
    PlanRow.objects.create(plan=plan, record_key=key, label="BIO 109 X", side="LOCAL", action="DELETE")
    for path in (f"/console/runs/{run.pk}/?action=DELETE", f"/console/plans/{plan.pk}/?action=DELETE"):
        assert (key in admin.get(path).content.decode()) is (key == "S1")
    file = admin.get(f"/console/runs/{run.pk}/changes.csv")
    assert key in b"".join(file.streaming_content).decode()


def test_the_long_id_of_a_new_record_stands_in_its_details(admin, run):
    plan = Plan.objects.get(run=run)
    made = {"side": "LOCAL", "action": "CREATE", "theirs": {"title": "Cells"}}
    PlanRow.objects.create(plan=plan, record_key=GUID, label="BIO 109 X", **made)
    page = admin.get(f"/console/runs/{run.pk}/?q=BIO+109").content.decode()
    assert page.count(GUID) == 1
    assert GUID in page.partition("<details>")[2].partition("</details>")[0]
