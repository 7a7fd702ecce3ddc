"""A run remembers the phase that its term was in when it began."""

import datetime as dt

import pytest
from django.utils import timezone

from integration.models import MergeRun
from phases.models import Phase, TimelineEntry
from tests.campus import TERM, Campus

DAY = dt.timedelta(days=1)


@pytest.fixture
def campus(db, tmp_path):
    made = Campus(folder=tmp_path / "sis")
    made.load()
    made.enable()
    return made


def enter(name, at):
    TimelineEntry.objects.create(term_id=TERM, phase=Phase.objects.get(name=name), starts_at=at)


def test_a_merge_and_a_delivery_say_in_which_phase_they_began(campus):
    before = MergeRun.objects.latest("pk").pk
    enter("Registration", timezone.now() - DAY)
    enter("Closed", timezone.now() + DAY)
    campus.edit("S1", capacity=31)
    campus.sweep()
    campus.merge()
    runs = MergeRun.objects.filter(pk__gt=before)
    assert {(one.trigger == "REAL_TIME", one.phase) for one in runs} == {
        (True, "Registration"),
        (False, "Registration"),
    }


def test_without_a_phase_a_run_names_none(campus):
    assert set(MergeRun.objects.values_list("phase", flat=True)) == {""}
