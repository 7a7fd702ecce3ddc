"""What the database itself keeps true of merge requests."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from integration.models import MergeRequest, MergeRun, Plan
from tests.campus import NOW

NIGHT = dt.date(2027, 1, 12)
GOOD = {"types": ["sections"], "terms": ["20271"], "requested_at": NOW}
OVER = {"state": "FAILED", "finished_at": NOW, "error": {"code": "X", "message": "It failed."}}


@pytest.fixture
def plan(db):
    run = MergeRun.objects.create(merge_type="sections", started_at=NOW)
    return Plan.objects.create(run=run, merge_type="sections", created_at=NOW)


def make(**values):
    with transaction.atomic():
        return MergeRequest.objects.create(**{**GOOD, **values})


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("merge_request_state_and_end", {"state": "LOST"}),
        ("merge_request_state_and_end", {"state": "DONE"}),
        ("merge_request_state_and_end", {"finished_at": NOW}),
        (
            "merge_request_state_and_end",
            {"state": "RUNNING", "attempts": 1, "started_at": NOW, "finished_at": NOW},
        ),
        ("merge_request_running_began", {"state": "RUNNING", "started_at": NOW}),
        ("merge_request_running_began", {"state": "RUNNING", "attempts": 1}),
        ("merge_request_failed_says_why", {**OVER, "error": None}),
        ("merge_request_has_type", {"types": []}),
        ("merge_request_rows_of_a_plan", {"approved_rows": [1]}),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(db, constraint, values):
    with pytest.raises(IntegrityError, match=constraint):
        make(**values)


@pytest.mark.parametrize(
    "values",
    [{}, {"state": "RUNNING", "attempts": 1, "started_at": NOW}, {"state": "DONE", "finished_at": NOW}, OVER],
)
def test_each_state_can_be_told(db, values):
    assert MergeRequest.objects.get(pk=make(**values).pk).state == values.get("state", "WAITING")


def test_only_a_real_merge_has_a_preview(plan):
    preview = make(is_dry_run=True)

    assert make(preview=preview).preview == preview
    for values in ({"is_dry_run": True}, {"plan": plan}):
        with pytest.raises(IntegrityError, match="merge_request_preview_of_real_run"):
            make(preview=preview, **values)


@pytest.mark.parametrize("values", [{"is_dry_run": True}, {"accept_empty": True}])
def test_an_approval_is_no_dry_run_and_makes_no_plan(plan, values):
    assert make(plan=plan, approved_rows=[1, 2]).approved_rows == [1, 2]
    with pytest.raises(IntegrityError, match="merge_request_approval_is_real"):
        make(plan=plan, **values)


def test_a_night_is_requested_once_for_each_term(db):
    make(night=NIGHT)
    make(night=NIGHT, terms=["20281"])
    make(night=NIGHT, is_sending=True)
    make(night=NIGHT + dt.timedelta(days=1))
    make(), make()

    with pytest.raises(IntegrityError, match="merge_request_once_a_night"):
        make(night=NIGHT)


def test_a_preview_that_was_confirmed_is_kept(db):
    preview = make(is_dry_run=True)
    make(preview=preview)

    with pytest.raises(IntegrityError):
        preview.delete()
