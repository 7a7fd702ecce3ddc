"""The report of a run that applied an approved plan."""

from integration.models import MergeRun
from tests.merge_desk import SIXTY, Desk, large_tables
from tests.web.console.page_forms import words_of


def newest_report(client):
    run = MergeRun.objects.filter(merge_type="sections").latest("pk")
    return words_of(client.get(f"/console/runs/{run.pk}/"))


def test_a_run_that_applied_an_approved_plan_shows_that_plans_rows(admin, tmp_path, settings, db):
    desk = Desk(folder=tmp_path / "sis", tables=large_tables(60), django_settings=settings)
    desk.load()
    desk.enable()
    plan = desk.held_removals()
    held = newest_report(admin)
    assert "Look at the plan and decide" in held
    assert "6 to remove from Tandem" in held
    desk.approve_some(plan, plan.rows.filter(record_key__in=SIXTY[:2], action="DELETE"))

    page = newest_report(admin)

    assert f"Plan plan {plan.pk} , made by run {plan.run_id} and approved: applied" in page
    assert "2 removed from Tandem" in page
    assert page.count("Not approved") == 4
