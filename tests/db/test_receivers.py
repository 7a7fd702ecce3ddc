"""What a save does to the link and the outbound row, and that it then reaches the SIS."""

import datetime as dt

import pytest
import time_machine
from django.db import transaction

from integration import outbound
from integration.links import add_missing_links
from integration.models import Link, LinkState, OutboundChange
from integration.outbound import State
from integration.sis.port import MergeType
from scheduling.models import Relationship, Section
from scheduling.services import relationships, sections
from tests.campus import NOW, TERM, Campus


@pytest.fixture
def campus(db, tmp_path):
    made = Campus(folder=tmp_path / "sis")
    made.load()
    made.enable()
    return made


def link_of(section_id):
    return Link.objects.get(section_id=section_id)


def row_of(section_id):
    return OutboundChange.objects.get(link__section_id=section_id)


def edit(schedule, pk, **changes):
    return sections.update_section(pk, changes or {"title": "Genes"}, author=schedule.author())


class TestSaved:
    def test_a_new_section_gets_a_link_and_a_due_row_ahead_of_the_night(self, schedule):
        pk = schedule.section()
        link, row = link_of(pk), row_of(pk)
        assert (link.state, link.term_id, link.merge_type, link.label) == (
            LinkState.NEW,
            "20271",
            "sections",
            "BIO 101 01",
        )
        assert (row.state, row.wanted_version, row.priority, row.next_attempt_at) == (
            State.WAITING,
            1,
            1,
            schedule.now,
        )

    def test_a_section_that_had_no_link_gets_one(self, schedule):
        pk = schedule.imported()
        edit(schedule, pk)
        assert link_of(pk).state == LinkState.NEW
        assert row_of(pk).wanted_version == 2

    def test_a_link_that_a_merge_made_is_taken(self, schedule):
        pk = schedule.imported()
        add_missing_links(MergeType.SECTIONS, "20271")
        made = link_of(pk)
        edit(schedule, pk)
        assert link_of(pk) == made

    def test_saves_are_gathered_in_one_row(self, schedule):
        pk = schedule.section()
        edit(schedule, pk, title="Genes")
        edit(schedule, pk, title="Cells")
        assert row_of(pk).wanted_version == 3
        assert OutboundChange.objects.count() == 1

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (State.WAITING, State.WAITING),
            (State.DONE, State.WAITING),
            (State.AWAITING, State.WAITING),
            (State.PARKED, State.WAITING),
            (State.SENDING, State.SENDING),
        ],
    )
    def test_a_save_makes_every_row_due_but_leaves_a_claimed_one_claimed(self, schedule, before, after):
        pk = schedule.section()
        later = schedule.now + dt.timedelta(hours=1)
        OutboundChange.objects.update(state=before, priority=5, next_attempt_at=later)
        edit(schedule, pk)
        row = row_of(pk)
        assert (row.state, row.wanted_version, row.priority, row.next_attempt_at) == (
            after,
            2,
            1,
            schedule.now,
        )

    def test_a_rejected_row_is_released_with_a_clean_sheet(self, schedule):
        pk = schedule.section()
        OutboundChange.objects.update(
            state=State.PARKED,
            attempts=3,
            failing_since=schedule.now,
            error_class="VALIDATION",
            error_text="no",
            error_words="ORA-20100",
        )
        edit(schedule, pk)
        row = row_of(pk)
        assert (row.attempts, row.failing_since, row.error_class, row.error_text, row.error_words) == (
            0,
            None,
            "",
            "",
            "",
        )

    def test_the_night_does_not_take_the_place_in_the_queue_back(self, schedule):
        pk = schedule.section()
        outbound.want([link_of(pk).pk], now=schedule.now)
        assert row_of(pk).priority == 1

    def test_a_row_that_is_done_takes_the_priority_of_what_comes_next(self, schedule):
        pk = schedule.section()
        OutboundChange.objects.update(state=State.DONE)
        outbound.want([link_of(pk).pk], now=schedule.now)
        assert row_of(pk).priority == 5

    def test_the_link_follows_the_sections_name(self, schedule):
        pk = schedule.section()
        edit(schedule, pk, section_number="77")
        assert link_of(pk).label == "BIO 101 77"

    def test_nothing_is_queued_by_a_save_that_is_taken_back(self, schedule):
        with transaction.atomic():
            schedule.section()
            transaction.set_rollback(True)
        assert not Link.objects.exists()
        assert not OutboundChange.objects.exists()

    def test_a_save_that_changes_nothing_queues_nothing(self, schedule):
        pk = schedule.section(title="Genes")
        OutboundChange.objects.update(state=State.DONE)
        edit(schedule, pk)
        assert row_of(pk).state == State.DONE


class TestRemoved:
    def test_what_was_never_sent_is_simply_dropped(self, schedule):
        pk = schedule.section()
        sections.delete_section(pk, author=schedule.author())
        assert not Link.objects.exists()
        assert not OutboundChange.objects.exists()

    @pytest.mark.parametrize(
        "state", [LinkState.LINKED, LinkState.MISSING_IN_SIS, LinkState.CREATING, LinkState.UNKNOWN_OUTCOME]
    )
    def test_what_the_sis_has_or_may_have_is_removed_there_next(self, schedule, state):
        pk = schedule.section()
        Link.objects.update(state=state, sis_id="S9", agreed_version=1)
        OutboundChange.objects.update(state=State.DONE)
        sections.delete_section(pk, author=schedule.author())
        link = Link.objects.get()
        assert (link.removal, link.former_id, link.section_id, link.label, link.agreed_version) == (
            "DELETE",
            pk,
            None,
            "BIO 101 01",
            0,
        )
        assert link.state == state
        assert link.outbound.state == State.WAITING

    def test_what_is_being_sent_at_this_moment_is_not_dropped(self, schedule):
        pk = schedule.section()
        OutboundChange.objects.update(state=State.SENDING)
        sections.delete_section(pk, author=schedule.author())
        link = Link.objects.get()
        assert (link.removal, link.former_id, link.outbound.state) == ("DELETE", pk, State.SENDING)

    def test_a_section_without_a_link_leaves_none(self, schedule):
        sections.delete_section(schedule.imported(), author=schedule.author())
        assert not Link.objects.exists()

    def test_the_groups_it_leaves_are_told_too(self, schedule):
        members = [schedule.section() for _ in range(3)]
        group = schedule.crosslist(*members)
        sections.delete_section(members[0], author=schedule.author())
        link = Link.objects.get(relationship_id=group)
        assert link.label == "Crosslist of BIO 101 02, BIO 101 03"
        assert link.outbound.wanted_version == 2


class TestRelationships:
    @pytest.mark.parametrize("kind", ["CROSSLIST", "LINKED"])
    def test_every_kind_gets_a_link_and_a_row(self, schedule, kind):
        group = schedule.crosslist(schedule.section(), schedule.section(), kind=kind)
        link = Link.objects.get(relationship_id=group)
        assert (link.merge_type, link.label) == (
            "relationships",
            f"{kind.capitalize()} of BIO 101 01, BIO 101 02",
        )
        assert (link.outbound.state, link.outbound.priority) == (State.WAITING, 1)

    def test_a_group_of_many_is_named_as_far_as_the_name_goes(self, schedule):
        group = schedule.crosslist(*(schedule.section() for _ in range(20)))
        assert len(Link.objects.get(relationship_id=group).label) == 120

    def test_a_dissolved_group_that_the_sis_has_is_removed_there_next(self, schedule):
        group = schedule.crosslist(schedule.section(), schedule.section())
        Link.objects.filter(relationship_id=group).update(state=LinkState.LINKED, sis_id="X9")
        relationships.dissolve_relationship(group, author=schedule.author())
        link = Link.objects.get(merge_type="relationships")
        assert (link.removal, link.former_id, link.relationship_id) == ("DELETE", group, None)


def lose_a_creation(campus, how):
    """A new section whose creation is sent and never answered; its id here."""
    campus.adapter.faults(
        [
            {"when": {"operation": "CREATE"}, "then": how, "times": 1},
            {"when": {"operation": "READ_BY_ID"}, "then": "unavailable_before", "times": 1},
        ]
    )
    pk = campus.create("Z")
    campus.sweep()
    assert link_of(pk).state == LinkState.UNKNOWN_OUTCOME
    return pk


def numbers_in_sis(campus):
    return {one["section_number"] for one in campus.adapter.sections(TERM).values()}


class TestUntilTheSis:
    """Against the fake SIS, through the queue."""

    def test_what_comes_from_the_sis_does_not_go_back(self, campus):
        assert not OutboundChange.objects.exists()

    def test_a_new_section_an_edit_and_a_removal_arrive(self, campus):
        pk = campus.create("Z")
        campus.sweep()
        sis_id = Section.objects.get(pk=pk).sis_id
        assert campus.in_sis(sis_id)["title"] == "New"
        campus.edit(pk, title="Newer")
        campus.sweep()
        assert campus.in_sis(sis_id)["title"] == "Newer"
        campus.delete(sis_id)
        campus.sweep()
        assert sis_id not in campus.adapter.sections(TERM)
        assert Link.objects.get(sis_id=sis_id).state == LinkState.RETIRED
        assert not OutboundChange.objects.exclude(state=State.DONE).exists()

    def test_a_cancelled_section_is_cancelled_there(self, campus):
        sections.cancel_section(campus.id_of("S1"), author=campus.author())
        campus.sweep()
        assert campus.in_sis("S1")["status"] == "CANCELLED"

    def test_a_section_cancelled_before_it_was_sent_is_never_made_there(self, campus):
        pk = campus.create("Z")
        sections.cancel_section(pk, author=campus.author())
        campus.sweep()
        assert campus.adapter.journal() == []
        assert row_of(pk).state == State.DONE
        campus.edit(pk, status="ACTIVE")
        campus.sweep()
        assert [one["operation"] for one in campus.adapter.journal()] == ["CREATE"]

    def test_a_section_removed_before_it_was_sent_is_never_made_there(self, campus):
        sections.delete_section(campus.create("Z"), author=campus.author())
        campus.sweep()
        assert campus.adapter.journal() == []

    def test_a_section_removed_while_nobody_knows_whether_it_was_made_is_looked_up_and_removed(self, campus):
        pk = lose_a_creation(campus, "timeout_after_effect")
        assert "Z" in numbers_in_sis(campus)
        sections.delete_section(pk, author=campus.author())
        campus.sweep()
        assert "Z" not in numbers_in_sis(campus)
        link = Link.objects.get(former_id=pk)
        assert (link.state, link.outbound.state) == (LinkState.RETIRED, State.DONE)

    def test_a_removal_waits_until_the_lost_creation_can_no_longer_arrive(self, db, tmp_path):
        with time_machine.travel(NOW) as clock:
            campus = Campus(folder=tmp_path / "sis", options="late=60")
            campus.load()
            campus.enable()
            pk = lose_a_creation(campus, "timeout_before_effect")
            sections.delete_section(pk, author=campus.author())
            campus.sweep()
            link = Link.objects.get(former_id=pk)
            assert (link.state, link.outbound.state) == (LinkState.UNKNOWN_OUTCOME, State.WAITING)
            clock.shift(dt.timedelta(minutes=2))
            campus.sweep()
        link = Link.objects.get(former_id=pk)
        assert (link.state, link.outbound.state) == (LinkState.RETIRED, State.DONE)
        assert len(campus.adapter.journal()) == 1

    def test_a_group_of_new_sections_follows_its_members(self, campus):
        members = [campus.create("Y"), campus.create("Z", course="C2")]
        group = campus.crosslist(*members)
        campus.sweep()
        made = Relationship.objects.get(pk=group)
        assert made.sis_id in campus.adapter.relationships(TERM)

    def test_a_group_that_loses_a_member_loses_it_there(self, campus):
        campus.delete("S3")
        campus.sweep()
        assert campus.adapter.relationships(TERM) == {}
        assert "S3" not in campus.adapter.sections(TERM)
        assert not OutboundChange.objects.exclude(state=State.DONE).exists()

    def test_a_rejected_section_is_tried_again_when_it_changes(self, campus):
        campus.adapter.faults([{"when": {"operation": "UPDATE"}, "then": "refuse", "times": 1}])
        campus.edit("S1", title="Refused")
        campus.sweep()
        assert campus.row("S1").state == State.PARKED
        campus.edit("S1", title="Accepted")
        campus.sweep()
        assert campus.in_sis("S1")["title"] == "Accepted"

    def test_a_night_after_all_this_has_nothing_to_do(self, campus):
        campus.edit("S1", title="Edited")
        campus.create("Z")
        campus.sweep()
        outcome = campus.merge(sends=True)
        for run in outcome.runs:
            assert run.counts["read"] == run.counts["unchanged"]
            assert run.counts["sis_update"] == run.counts["sis_create"] == 0
