"""Real time: what people save goes at once where the switch says so; an SIS that is away gets its rest."""

import datetime as dt

import pytest
from django.utils import timezone

from integration.models import MergeRun, MergeState, OutboundChange, TermSwitch
from integration.real_time import deliver_due, due_queues, rests_until
from integration.runs import run_lock
from integration.sis.memory import MemoryAdapter
from integration.sis.port import MergeType
from integration.tasks import deliver, look_after
from scheduling.models import Term
from tests.campus import TERM

pytestmark = pytest.mark.django_db


def due():
    return [(one.merge_type.value, one.term) for one in due_queues(now=timezone.now())]


def deliveries():
    return MergeRun.objects.filter(trigger="REAL_TIME")


def test_a_save_is_sent(loaded):
    loaded.edit("S1", capacity=44)
    assert due() == [("sections", TERM)]

    deliver_due(loaded.adapter)

    assert loaded.in_sis("S1")["capacity"] == "44"
    assert due() == []
    assert [run.status for run in deliveries()] == ["SUCCEEDED"]


def test_a_crosslist_of_new_sections_goes_after_them(loaded):
    loaded.crosslist(loaded.create("Y"), loaded.create("Z", course="C2"))

    deliver_due(loaded.adapter)

    assert [operation for operation, _id in loaded.written()] == ["CREATE", "CREATE", "CREATE"]
    assert not OutboundChange.objects.exclude(state="DONE").exists()


def test_a_removal_is_sent(loaded):
    loaded.delete("S1")

    deliver_due(loaded.adapter)

    assert loaded.written() == [("DELETE", "S1")]


def real_time_off(desk):
    TermSwitch.objects.update(is_real_time=False)


def sending_off(desk):
    TermSwitch.objects.update(is_real_time=False, is_sending=False)


def over(desk):
    TermSwitch.objects.update(until=dt.date(2027, 1, 11))


def withdrawn(desk):
    Term.objects.update(is_active=False)


def paused(desk):
    MergeState.objects.update(pause_reason="Too much at once.")


def type_off(desk):
    desk.settings(sections={"is_enabled": False})


@pytest.mark.parametrize("change", [real_time_off, sending_off, over, withdrawn, paused, type_off])
def test_nothing_is_sent_where_it_may_not(loaded, change):
    loaded.edit("S1", capacity=44)
    change(loaded)

    deliver_due(loaded.adapter)

    assert loaded.written() == []
    assert not deliveries().exists(), "nor is a run shown that did nothing"


def test_what_waits_for_its_next_try_makes_no_run(loaded, clock):
    loaded.edit("S1", capacity=44)
    OutboundChange.objects.update(next_attempt_at=timezone.now() + dt.timedelta(minutes=5))

    assert due() == []
    deliver_due(loaded.adapter)
    assert not deliveries().exists()

    clock.shift(dt.timedelta(minutes=5))
    assert due() == [("sections", TERM)]


def test_a_row_that_a_dead_process_was_sending_is_due(loaded):
    loaded.edit("S1", capacity=44)
    OutboundChange.objects.filter(state="WAITING").update(
        state="SENDING", lease_owner=77, lease_until=timezone.now() + dt.timedelta(minutes=5), fence=1
    )

    deliver_due(loaded.adapter)

    assert loaded.in_sis("S1")["capacity"] == "44"


def test_while_a_merge_runs_only_what_people_saved_goes_along(loaded):
    loaded.edit("S1", capacity=44)
    loaded.edit("S3", capacity=44)
    OutboundChange.objects.filter(link__sis_id="S3").update(priority=5)

    with run_lock(MergeType.SECTIONS, TERM):
        deliver_due(loaded.adapter)
        assert loaded.written() == [("UPDATE", "S1")]

    deliver_due(loaded.adapter)
    assert loaded.written() == [("UPDATE", "S1"), ("UPDATE", "S3")]


def test_the_queries_do_not_grow_with_what_is_due(loaded, django_assert_num_queries):
    loaded.edit("S1", capacity=44)
    with django_assert_num_queries(3):
        due()
    loaded.edit("S3", capacity=44)
    loaded.crosslist(loaded.id_of("S1"), loaded.id_of("S2"))
    with django_assert_num_queries(3):
        assert len(due()) == 2


# ---- an SIS that is away


@pytest.fixture
def away(loaded):
    loaded.edit("S1", capacity=44)
    loaded.adapter.faults([{"when": {}, "then": "unavailable_before", "times": 1000}])
    return loaded


def test_a_sis_that_is_away_is_asked_less_and_less_often(away, clock):
    pauses = []
    for _try in range(7):
        clock.shift(dt.timedelta(minutes=6))
        swept = deliver_due(away.adapter)
        assert swept.unavailable is not None
        pauses.append((rests_until(now=timezone.now()) - timezone.now()).total_seconds())

    assert pauses == [20, 40, 80, 160, 300, 300, 300]
    assert deliveries().count() == 7


def test_while_it_rests_nothing_is_tried(away):
    deliver_due(away.adapter)
    deliver_due(away.adapter)
    deliver()
    look_after()

    assert deliveries().count() == 1
    assert OutboundChange.objects.get(state="WAITING").attempts == 0


def test_when_it_is_back_all_goes_on(away, clock):
    deliver_due(away.adapter)
    away.adapter.faults([])
    clock.shift(dt.timedelta(seconds=20))

    deliver_due(away.adapter)

    assert away.in_sis("S1")["capacity"] == "44"
    assert rests_until(now=timezone.now()) is None


class Broken(MemoryAdapter):
    """An adapter with a fault of its own."""

    def read(self, *_which, **_more):
        raise RuntimeError("a surprise")


def test_a_surprise_goes_on_up_is_told_and_is_not_repeated_at_once(loaded, clock):
    loaded.edit("S1", capacity=44)
    broken = Broken(path=loaded.folder)

    with pytest.raises(RuntimeError, match="a surprise"):
        deliver_due(broken)
    deliver_due(broken)

    (run,) = deliveries()
    assert (run.status, run.error["code"]) == ("FAILED", "CRASHED")
    clock.shift(dt.timedelta(minutes=6))
    deliver_due(loaded.adapter)
    assert loaded.in_sis("S1")["capacity"] == "44"


# ---- the task


def test_the_task_delivers_with_the_configured_sis(loaded):
    loaded.edit("S1", capacity=44)

    deliver()

    assert loaded.in_sis("S1")["capacity"] == "44"


def test_the_task_says_that_there_is_no_sis_and_ends(loaded, settings, caplog):
    loaded.edit("S1", capacity=44)
    settings.SIS_URL = ""

    deliver()

    assert "SIS_URL is not set" in caplog.text
    assert due() == [("sections", TERM)]
