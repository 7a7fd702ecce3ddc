"""Plans: what keeps one from being approved, answers that come second, and refusing one."""

import pytest
from django.utils import timezone

from integration.approval import reject
from integration.models import Plan, TermSwitch
from integration.requests import request_approval
from integration.settings import MergeSettings, TypeSettings, save_settings
from scheduling.models import ChangeLog, User
from tests.web.console.waiting_campus import held_plan, plan_path, words_of

ALL = {"how": "all", "shown": "11", "number": "6"}
NONE = {"refuse": "1", "reason": "No."}


@pytest.fixture
def plan(college):
    return held_plan(removals=6, creates=3, updates=2, is_sending=True)


# ---- what stands in the way


def test_a_plan_that_sends_waits_until_the_term_may_send(admin, plan):
    TermSwitch.objects.filter(merge_type="sections").update(is_sending=False, is_real_time=False)
    answer = admin.get(plan_path(plan))
    assert "It cannot be approved now: Sections of 20271 are not set to be sent" in words_of(answer)
    assert "disabled" in answer.content.decode()
    assert 'name="tick"' not in answer.content.decode()
    answer = admin.post(plan_path(plan), ALL)
    assert "Nothing was approved: Sections of 20271" in words_of(admin.get(answer["Location"]))
    assert not plan.requests.exists()


def test_a_type_that_is_switched_off_takes_no_approval(admin, plan):
    off = MergeSettings(types={"sections": TypeSettings(is_enabled=False)})
    save_settings(off, actor=None, reason="", now=timezone.now())
    assert "Merges of sections are switched off" in words_of(admin.get(plan_path(plan)))


def test_a_plan_that_waits_no_more_takes_no_answer(admin, plan):
    reject(plan.pk, actor=plan_registrar(), now=timezone.now())
    for given in (ALL, NONE):
        page = words_of(admin.post(plan_path(plan), given), status=409)
        assert f"Plan {plan.pk} waits no more: refused by a person by kim." in page
    assert words_of(admin.get(plan_path(plan, "?review=all")), status=409)
    page = words_of(admin.get(plan_path(plan)))
    assert "Your answer" not in page
    assert "Not approved" in page


def plan_registrar():
    return User.objects.get(username="kim")


def test_a_plan_that_is_being_applied_takes_no_second_answer(admin, plan):
    wish = request_approval(plan, only=None, actor=plan_registrar(), now=timezone.now())
    for given in (ALL, NONE):
        page = words_of(admin.post(plan_path(plan), given), status=409)
        assert "was approved by kim already and is being carried out" in page
    answer = admin.get(plan_path(plan))
    assert "It was approved and is being carried out" in words_of(answer)
    assert f"/console/requests/{wish.pk}/" in answer.content.decode()


def test_an_approval_that_failed_leaves_the_plan_to_be_answered_again(admin, plan):
    wish = request_approval(plan, only=None, actor=admin.user, now=timezone.now())
    wish.state, wish.finished_at, wish.error = "FAILED", timezone.now(), {"message": "Away."}
    wish.save()
    page = words_of(admin.get(plan_path(plan)))
    assert "An approval could not be carried out" in page
    assert "Your answer" in page


def test_a_plan_that_was_only_looked_at_is_read_only(admin, plan):
    Plan.objects.filter(pk=plan.pk).update(status=Plan.Status.DRY_RUN)
    answer = admin.get(plan_path(plan))
    assert "This plan was only looked at" in words_of(answer)
    assert 'name="tick"' not in answer.content.decode()


# ---- refusing


def test_a_plan_is_refused_with_a_reason_in_the_person_s_name(admin, plan):
    answer = admin.post(plan_path(plan), {"refuse": "1", "reason": "The SIS was restored."})
    page = words_of(admin.get(answer["Location"]))
    assert "is refused: nothing of it was or will be applied" in page
    assert "The SIS was restored." in page
    plan.refresh_from_db()
    assert (plan.status, plan.decided_by) == (Plan.Status.REJECTED, admin.user)
    row = ChangeLog.objects.get(record_type="plan", record_id=str(plan.pk))
    assert (row.actor, row.source, row.reason) == (
        admin.user,
        ChangeLog.Source.FORM,
        "The SIS was restored.",
    )


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_refusal_without_a_reason_is_asked_for_one(admin, plan, reason):
    page = words_of(admin.post(plan_path(plan), {"refuse": "1", "reason": reason}))
    assert "Say in a few words why; nothing was refused yet." in page
    plan.refresh_from_db()
    assert plan.status == Plan.Status.NEEDS_APPROVAL
