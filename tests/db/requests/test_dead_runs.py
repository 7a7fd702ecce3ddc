"""Runs whose process is gone are marked as ended; those that live are let alone."""

import datetime as dt

import pytest
from django.utils import timezone

from integration.dead_runs import bury_dead_runs
from integration.models import MergeRun, Plan
from tests.campus import TERM


@pytest.fixture
def run(loaded):
    def make(merge_type="sections", minutes=1, **values):
        given = {"term_id": TERM, "asked_term": TERM, "started_at": timezone.now(), **values}
        given["started_at"] -= dt.timedelta(minutes=minutes)
        return MergeRun.objects.create(merge_type=merge_type, **given)

    return make


def test_a_merge_that_died_is_ended_with_its_plan(run):
    dead = run(progress={"step": "apply", "done": 5, "total": 9})
    plan = Plan.objects.create(run=dead, merge_type="sections", term_id=TERM, created_at=timezone.now())

    bury_dead_runs(now=timezone.now())

    dead.refresh_from_db()
    plan.refresh_from_db()
    assert (dead.status, dead.error["code"], dead.progress) == ("FAILED", "INTERRUPTED", {})
    assert dead.finished_at == timezone.now()
    assert plan.status == "SUPERSEDED"


def test_a_dry_run_of_a_term_that_is_not_here_is_ended_too(run):
    dead = run(term_id=None, asked_term="20999", is_dry_run=True)

    bury_dead_runs(now=timezone.now())

    dead.refresh_from_db()
    assert dead.status == "FAILED"


def test_a_delivery_is_taken_for_dead_only_after_an_hour(run):
    young, old = run(trigger="REAL_TIME", minutes=30), run(trigger="REAL_TIME", minutes=61)

    bury_dead_runs(now=timezone.now())

    young.refresh_from_db()
    old.refresh_from_db()
    assert (young.status, old.status) == ("RUNNING", "FAILED")
    assert "goes with the next one" in old.error["message"]


def test_what_ended_is_let_alone(loaded):
    before = list(MergeRun.objects.order_by("id").values())

    bury_dead_runs(now=timezone.now())

    assert list(MergeRun.objects.order_by("id").values()) == before
