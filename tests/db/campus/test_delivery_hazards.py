"""Deliveries that were cut short or crossed by people lose, double and invent nothing.

Each case is a counter-example that the delivery model (tests/property) found, on the real delivery.
"""

from contextlib import contextmanager

import pytest
from django.utils import timezone

from integration.delivery import Delivery
from integration.execution import execute
from integration.models import Conflict, Link, LinkState, PlanRow
from integration.runs import Options, record_type_of
from integration.settings import active_version, read
from integration.sis.port import MergeType
from scheduling.models import Section
from scheduling.services import sections
from tests.campus import DATES, TERM

MORNING, NOON, EVENING = (
    {
        "days": days,
        "start_time": start,
        "end_time": end,
        "building": "HAL",
        "room": room,
        "start_date": DATES[0],
        "end_date": DATES[1],
    }
    for days, start, end, room in (
        ("MWF", "09:00", "09:50", "101"),
        ("T", "12:00", "12:50", "102"),
        ("R", "18:00", "18:50", "103"),
    )
)


@pytest.fixture
def campus(campus):
    campus.enable()
    return campus


def fault(campus, operation, then):
    campus.adapter.faults([{"when": {"operation": operation, "type": "sections"}, "then": then}])


def deliver_once(campus, adapter=None):
    """One attempt of one record, and no second look at once."""
    adapter = adapter or campus.adapter
    kind = record_type_of(MergeType.SECTIONS, TERM, settings=read(active_version()), adapter=adapter)
    delivery = Delivery(kind=kind, adapter=adapter, author=campus.author(), clock=timezone.now, run="1")
    delivery.deliver(limit=1)


def link_of(sis_id):
    return Link.objects.get(term=TERM, sis_id=sis_id)


@pytest.mark.parametrize("then", ["timeout_after_effect", "timeout_before_effect", "late"])
def test_a_set_merged_from_both_sides_survives_a_lost_answer(campus, then):
    campus.edit("S1", meetings=[MORNING, NOON])
    campus.adapter.edit("S1", meetings=[MORNING, EVENING])
    fault(campus, "UPDATE", then)
    campus.sweep()
    campus.adapter.tick(3600)
    campus.assert_settled()
    assert {one["days"] for one in campus.in_sis("S1")["meetings"]} == {"MWF", "T", "R"}
    assert campus.section("S1").meetings.count() == 3


def test_a_set_merged_from_both_sides_goes_at_once_without_any_fault(campus):
    campus.edit("S1", meetings=[MORNING, NOON])
    campus.adapter.edit("S1", meetings=[MORNING, EVENING])
    campus.sweep()
    assert {one["days"] for one in campus.in_sis("S1")["meetings"]} == {"MWF", "T", "R"}
    assert campus.section("S1").meetings.count() == 3


@pytest.mark.parametrize("then", ["timeout_after_effect", "late"])
def test_the_value_that_a_write_covered_is_on_record_though_its_answer_was_lost(campus, then):
    campus.edit("S1", capacity=31)
    campus.adapter.edit("S1", capacity="32")
    fault(campus, "UPDATE", then)
    campus.sweep()
    assert PlanRow.objects.filter(state=PlanRow.State.APPLIED, fields__capacity__theirs=32).exists()


class EditedBeforeItIsSent:
    """The fake SIS; its registrar changes something between a merge's plan and what it sends."""

    def __init__(self, campus, **changes):
        self.campus, self.changes = campus, changes

    def __getattr__(self, name):
        return getattr(self.campus.adapter, name)

    def read(self, *words, **given):
        changes, self.changes = self.changes, {}
        if changes:
            self.campus.adapter.edit("S1", **changes)
        return self.campus.adapter.read(*words, **given)


def rows_of_section(plan_id):
    rows = PlanRow.objects.filter(plan_id=plan_id, link=link_of("S1"), side="SIS")
    return [row.fields["capacity"]["theirs"] for row in rows]


@pytest.mark.parametrize(("changes", "covered"), [({}, [30]), ({"capacity": "32"}, [30, 32])])
def test_a_conflict_that_came_up_after_the_plan_was_made_is_added_to_it(campus, changes, covered):
    campus.edit("S1", capacity=31)
    adapter = EditedBeforeItIsSent(campus, **changes)
    (run,) = execute([MergeType.SECTIONS], terms=[TERM], adapter=adapter, options=Options(sends=True)).runs
    assert campus.in_sis("S1")["capacity"] == "31"
    assert run.counts["sis_update"] == 1
    assert rows_of_section(run.plan.pk) == covered


def test_a_conflict_that_was_planned_is_on_record_once(campus):
    campus.edit("S1", capacity=31)
    campus.adapter.edit("S1", capacity="32")
    (run,) = campus.merge([MergeType.SECTIONS], sends=True).runs
    assert rows_of_section(run.plan.pk) == [32]


def test_what_the_sis_refused_is_not_on_record_as_written(campus):
    campus.edit("S1", capacity=31)
    fault(campus, "UPDATE", "refuse")
    campus.sweep()
    assert PlanRow.objects.get(link=link_of("S1"), side="SIS").state == PlanRow.State.STALE


def test_our_own_edit_that_landed_unheard_does_not_hold_our_removal(campus):
    campus.edit("S1", title="Mine")
    fault(campus, "UPDATE", "timeout_after_effect")
    deliver_once(campus)
    campus.delete("S1")
    campus.sweep()
    assert "S1" not in campus.adapter.sections(TERM)
    assert not Conflict.objects.exists()


def test_a_section_removed_here_while_it_is_written_is_removed_there(campus):
    class Meddled:
        """The fake SIS; as soon as it has written, the section is removed here."""

        def __getattr__(self, name):
            return getattr(campus.adapter, name)

        @contextmanager
        def writing(self, **given):
            with campus.adapter.writing(**given) as writer:
                yield writer
            campus.delete("S1")

    campus.edit("S1", title="Mine")
    deliver_once(campus, Meddled())
    assert campus.in_sis("S1")["title"] == "Mine"
    campus.sweep()
    assert "S1" not in campus.adapter.sections(TERM)
    assert not Conflict.objects.exists()


@pytest.mark.parametrize("options", ["search=none", "search=none&late=60"])
def test_a_create_that_is_sent_again_does_not_undo_what_was_edited_since(campus_with, clock, options):
    campus = campus_with(options)
    campus.enable()
    pk = campus.create()
    fault(campus, "CREATE", "timeout_after_effect")
    deliver_once(campus)
    campus.edit(pk, title="Newer")
    campus.sweep()
    made = Section.objects.get(pk=pk)
    assert made.title == campus.in_sis(made.sis_id)["title"] == "Newer"
    assert len(campus.adapter.sections(TERM)) == 5


def test_a_section_removed_here_while_its_create_is_on_the_way_is_removed_when_it_lands(campus, clock):
    pk = campus.create()
    fault(campus, "CREATE", "late")
    deliver_once(campus)
    sections.delete_section(pk, author=campus.author())
    campus.sweep()
    assert Link.objects.filter(state=LinkState.UNKNOWN_OUTCOME).count() == 1
    campus.adapter.tick(3600)
    assert len(campus.adapter.sections(TERM)) == 5
    clock.shift(3600)
    campus.sweep()
    campus.assert_settled()
    assert len(campus.adapter.sections(TERM)) == Section.objects.filter(term=TERM).count() == 4


@pytest.mark.parametrize("is_swept", [True, False])
def test_dates_that_are_in_order_on_each_side_but_not_together_are_held(campus, is_swept):
    campus.edit("S1", start_date="2027-04-01", meetings=[])
    campus.adapter.edit("S1", end_date="2027-03-01", meetings=[])
    if is_swept:
        campus.sweep()
    outcome = campus.merge(sends=True)
    assert outcome.exit_code == 1
    held = Conflict.objects.filter(status=Conflict.Status.OPEN).values_list("field", "kind")
    assert set(held) == {("start_date", "SEMANTIC"), ("end_date", "SEMANTIC")}
    assert campus.in_sis("S1")["start_date"] == DATES[0]
    assert campus.section("S1").end_date.isoformat() == DATES[1]
