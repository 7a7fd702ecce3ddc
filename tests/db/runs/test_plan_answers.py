"""A person's answer to a held plan that is not a plain yes, and what becomes of the pause."""

import pytest
from django.utils import timezone

from integration.approval import NotWaiting, reject
from integration.models import PlanRow
from scheduling.models import ChangeLog
from tests.merge_desk import SIXTY

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(sixty):
    return sixty


def test_a_person_approves_some_rows_and_the_rest_is_not_applied(desk):
    plan = desk.held_removals()

    outcome = desk.approve_some(plan, plan.rows.filter(record_key__in=SIXTY[:2]))

    assert desk.here == set(SIXTY[2:])
    assert outcome.runs[0].counts["local_delete"] == 2
    assert set(plan.rows.values_list("state", flat=True)) == {"APPLIED", "DECLINED"}
    assert desk.pause == ""
    assert desk.run("sections").counts["local_delete"] == 4, "four are few enough"


def test_declined_sends_are_not_sent_by_another_way(desk):
    plan = desk.held_sends()

    desk.approve_some(plan, plan.rows.filter(record_key__in=SIXTY[:10]))

    assert sorted(desk.written()) == [("UPDATE", sis_id) for sis_id in SIXTY[:10]]
    assert "30 of 60 records would change in the SIS" in desk.pause
    assert desk.sweep().tally == {}
    assert len(desk.written()) == 10


def test_a_rejected_plan_is_never_applied_and_sending_stays_paused(desk):
    plan = desk.held_sends()

    reject(plan.pk, actor=desk.registrar, now=timezone.now(), reason="a mistake")

    assert desk.run("sections", "--approve", plan.pk).exit_code == 2
    assert desk.pause.startswith(
        f"Plan {plan.pk} was rejected by kim: 30 of 60 records would change in the SIS"
    )
    assert not plan.rows.exclude(state=PlanRow.State.DECLINED).exists()
    change = ChangeLog.objects.get(record_type="plan")
    assert (change.after, change.actor, change.reason) == ("REJECTED", desk.registrar, "a mistake")
    desk.sweep()
    assert desk.written() == []


def test_the_pause_of_sends_ends_with_a_clean_run_that_sends(desk):
    plan = desk.held_sends()
    reject(plan.pk, actor=None, now=timezone.now())
    for sis_id in SIXTY[5:30]:
        desk.edit(sis_id, capacity=30)

    desk.run("sections")
    assert desk.pause, "a run that sends nothing does not show how much would be sent"
    assert desk.run("sections", "--send-updates").counts["sis_update"] == 5
    assert desk.pause == ""


def test_people_go_on_editing_while_a_plan_waits(desk):
    desk.held_removals()

    saved = desk.edit("M030", title="Edited")

    assert saved.changed == ("title",)


def test_only_a_waiting_plan_can_be_rejected(desk):
    plan = desk.held_removals()
    desk.run("sections", "--approve", plan.pk)

    with pytest.raises(NotWaiting, match="applied"):
        reject(plan.pk, actor=None, now=timezone.now())


def test_an_approval_that_died_is_given_again_and_finishes(desk):
    plan = desk.held_sends()
    desk.adapter.faults([{"when": {"operation": "UPDATE"}, "then": "unavailable_before", "times": 1}])
    first = desk.run("sections", "--approve", plan.pk)
    assert first.exit_code == 4

    second = desk.run("sections", "--send-updates")

    assert second.exit_code == 3, "what was not sent is decided anew, under the same safeguards"
    assert desk.run("sections", "--approve", second.run["plan"]).exit_code == 0
    assert sorted(set(desk.written())) == [("UPDATE", sis_id) for sis_id in SIXTY[:30]]
