"""The filter by integration state finds exactly the sections whose status says that state."""

import dataclasses
import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration import outbound
from integration.edits import keep_edits
from integration.models import (
    Conflict,
    Link,
    LinkState,
    MergeProfile,
    MergeRun,
    MergeState,
    OutboundChange,
    Plan,
    PlanRow,
    RunIssue,
)
from integration.sis.port import MergeType
from integration.standing import Standing
from integration.status import status_of_sections
from integration.status_filter import sections_in_states
from integration.status_rules import State
from scheduling.models import Relationship, Section
from scheduling.services import relationships, sections
from tests.campus import TERM
from tests.status_ways import (
    WAYS,
    fault,
    import_rejected,
    nothing_to_send,
    paused,
    queued,
    sending,
    sis_rejected,
    waiting_for_member,
)


def of_term():
    return Section.objects.filter(term=TERM).order_by("id")


def told(campus):
    """State -> sections, by asking each for its status."""
    able, ids = campus.adapter.capabilities, [one.pk for one in of_term()]
    statuses = status_of_sections(ids, Standing(timezone.now(), capabilities=able))
    return {state: {pk for pk, one in statuses.items() if one["state"] == state} for state in State}


def found(campus, *states, sections=None):
    rows = of_term() if sections is None else sections
    able = campus.adapter.capabilities
    standing = Standing(timezone.now(), capabilities=able)
    return {one.pk for one in sections_in_states(rows, states, standing, term=TERM)}


def assert_filter_is_status(campus):
    expected = told(campus)
    assert {state: found(campus, state) for state in State} == expected
    assert sum(map(len, expected.values())) == of_term().count()
    worst = expected[State.HELD] | expected[State.REJECTED]
    assert found(campus, State.HELD, State.REJECTED) == worst
    return expected


@pytest.mark.parametrize("code", list(WAYS))
def test_each_reason_of_the_status_is_found_by_its_state(code, campus_with, clock):
    happens, options = WAYS[code]
    campus = campus_with(options)
    section = happens(campus, clock)
    pk = section if isinstance(section, int) else campus.id_of(section)
    state = campus.status(pk)["state"]
    expected = assert_filter_is_status(campus)
    assert pk in expected[state]


def test_a_claim_that_is_left_counts_as_waiting(campus, clock):
    sending(campus, clock)
    clock.shift(outbound.LEASE + dt.timedelta(seconds=1))
    campus.enable(real_time=False)
    assert assert_filter_is_status(campus)[State.NOT_SYNCED] == {campus.id_of("S1")}


@pytest.mark.parametrize("happens", [queued, sending, sis_rejected, waiting_for_member])
@pytest.mark.parametrize(
    "switches", [{"send": False, "real_time": False}, {"real_time": False}, {"until": dt.date(2027, 1, 12)}]
)
def test_switches_thrown_later_are_seen(happens, switches, campus, clock):
    happens(campus, clock)
    campus.enable([MergeType.SECTIONS, MergeType.RELATIONSHIPS], **switches)
    clock.shift(dt.timedelta(days=1))
    assert_filter_is_status(campus)


@pytest.mark.parametrize("real_time", [True, False])
@pytest.mark.parametrize("state", [LinkState.CREATING, LinkState.UNKNOWN_OUTCOME])
def test_a_creation_without_an_answer_and_without_a_row(state, real_time, campus, clock):
    campus.enable(real_time=real_time)
    made = campus.create()
    Link.objects.filter(section=made).update(state=state)
    Link.objects.get(section=made).outbound.delete()
    assert made in assert_filter_is_status(campus)[State.ON_ITS_WAY]


@pytest.mark.parametrize("state", [LinkState.RETIRED, LinkState.ARCHIVED])
def test_what_is_gone_there_is_no_longer_on_its_way(state, campus, clock):
    queued(campus, clock)
    Link.objects.filter(sis_id="S1").update(state=state)
    assert campus.id_of("S1") in assert_filter_is_status(campus)[State.SYNCED]


def test_a_group_counts_for_its_members_only(campus, clock):
    campus.enable()
    relationships.update_relationship(campus.group().pk, capacity=61, author=campus.author())
    expected = assert_filter_is_status(campus)
    assert expected[State.ON_ITS_WAY] == {campus.id_of("S3"), campus.id_of("S4")}
    fault(campus, "refuse", {"operation": "UPDATE", "type": "relationships"})
    campus.sweep()
    campus.edit("S3", title="Mine")
    expected = assert_filter_is_status(campus)
    assert expected[State.REJECTED] == {campus.id_of("S3"), campus.id_of("S4")}


def test_a_group_that_waits_for_a_member_is_on_its_way_even_without_real_time(campus):
    made = campus.create("Y"), campus.create("Z")
    campus.crosslist(*made)
    campus.enable([MergeType.SECTIONS])
    campus.enable([MergeType.RELATIONSHIPS], real_time=False)
    assert assert_filter_is_status(campus)[State.ON_ITS_WAY] == set(made)


def test_a_member_in_a_worse_state_keeps_it(campus, clock):
    campus.enable()
    relationships.update_relationship(campus.group().pk, capacity=61, author=campus.author())
    campus.adapter.edit("S3", capacity="-3")
    campus.merge([MergeType.SECTIONS])
    expected = assert_filter_is_status(campus)
    assert expected[State.REJECTED] == {campus.id_of("S3")}


def test_a_group_of_a_kind_that_the_sis_cannot_hold_waits_for_nothing(campus):
    campus.enable()
    pair = [campus.id_of("S1"), campus.id_of("S2")]
    relationships.create_relationship(
        TERM, kind="LINKED", members=pair, primary=None, capacity=None, author=campus.author()
    )
    assert assert_filter_is_status(campus)[State.ON_ITS_WAY] == set(pair)
    able = dataclasses.replace(campus.adapter.capabilities, relationship_kinds=frozenset({"CROSSLIST"}))
    standing = Standing(timezone.now(), capabilities=able)
    assert not sections_in_states(of_term(), [State.ON_ITS_WAY], standing, term=TERM).exists()


def test_a_held_field_hides_no_other_that_may_go(campus, clock):
    campus.enable()
    campus.edit("S1", title="Mine")
    campus.edit("S2", title="Mine")
    campus.adapter.edit("S1", title="Theirs")
    campus.adapter.edit("S2", title="Theirs")
    campus.merge()
    campus.edit("S2", capacity=31)
    assert assert_filter_is_status(campus)[State.HELD] == {campus.id_of("S1"), campus.id_of("S2")}


def test_a_conflict_about_the_whole_record_is_told_before_its_rejection(campus, clock):
    sis_rejected(campus, clock)
    link = Link.objects.get(sis_id="S1")
    Conflict.objects.create(link=link, field="", kind=Conflict.Kind.REMOVAL, opened_at=timezone.now())
    assert assert_filter_is_status(campus)[State.HELD] == {campus.id_of("S1")}


def test_overrides_of_single_records_are_followed(campus, clock):
    campus.settings(sections={"overrides": {"S1": {"title": "ALWAYS_SIS"}}})
    campus.enable()
    campus.edit("S2", title="Mine")
    Section.objects.filter(sis_id="S1").update(title="Mine", version=2)
    expected = assert_filter_is_status(campus)
    assert expected[State.ON_ITS_WAY] == {campus.id_of("S2")}


GROUP_EDITS = {
    "nothing": lambda _group: None,
    "capacity": lambda group: Relationship.objects.filter(pk=group.pk).update(capacity=61),
    "no capacity": lambda group: Relationship.objects.filter(pk=group.pk).update(capacity=None),
    "primary": lambda group: group.members.update(is_primary=False),
    "member": lambda group: group.members.filter(section__sis_id="S4").update(section=of_term()[0]),
}


@pytest.mark.parametrize("edit", GROUP_EDITS)
def test_fields_of_a_group_are_compared_as_the_status_does(edit, campus):
    campus.enable()
    group = campus.group()
    Relationship.objects.filter(pk=group.pk).update(version=group.version + 1)
    GROUP_EDITS[edit](group)
    assert bool(assert_filter_is_status(campus)[State.ON_ITS_WAY]) == (edit != "nothing")


def test_what_is_kept_is_sent_by_the_rules_of_the_section(campus):
    campus.settings(sections={"overrides": {"S1": {"title": "ALWAYS_SIS"}}})
    campus.enable()
    for pk in (campus.id_of("S1"), campus.id_of("S2")):
        Section.objects.filter(pk=pk).update(title="Mine", version=2)
        keep_edits([pk])
    assert assert_filter_is_status(campus)[State.ON_ITS_WAY] == {campus.id_of("S2")}


def test_a_group_that_the_sis_has_is_not_held_for_a_member_that_is_gone(campus):
    campus.enable()
    group = campus.group()
    Relationship.objects.filter(pk=group.pk).update(version=group.version + 1, capacity=61)
    Link.objects.filter(sis_id="S4").update(state=LinkState.RETIRED)
    assert assert_filter_is_status(campus)[State.ON_ITS_WAY] == {campus.id_of("S3"), campus.id_of("S4")}


def test_a_group_with_one_member_left_is_held(campus):
    campus.enable()
    group = campus.group()
    Relationship.objects.filter(pk=group.pk).update(version=group.version + 1)
    group.members.filter(section__sis_id="S4").delete()
    assert assert_filter_is_status(campus)[State.HELD] == {campus.id_of("S3")}


def test_a_section_that_was_cancelled_before_the_sis_had_it_waits_for_nothing(campus):
    campus.enable()
    made = campus.create()
    sections.cancel_section(made, author=campus.author())
    MergeState.objects.update_or_create(
        merge_type="sections", term_id=TERM, defaults={"pause_reason": "Too many."}
    )
    assert assert_filter_is_status(campus)[State.NOT_SYNCED] == {made}


@pytest.mark.parametrize("error", ["", "VALIDATION", "TRANSIENT"])
@pytest.mark.parametrize("state", OutboundChange.State.values)
def test_whatever_the_outbound_row_says_is_seen(state, error, campus):
    campus.enable()
    OutboundChange.objects.create(
        link=Link.objects.get(sis_id="S1"),
        merge_type="sections",
        term_id=TERM,
        state=state,
        error_class=error,
        next_attempt_at=timezone.now(),
    )
    assert_filter_is_status(campus)


def test_a_conflict_that_is_settled_holds_nothing(campus):
    campus.enable()
    for field in ("title", ""):
        Conflict.objects.create(
            link=Link.objects.get(sis_id="S1"),
            field=field,
            kind=Conflict.Kind.FIELD,
            status=Conflict.Status.RESOLVED,
            opened_at=timezone.now(),
        )
    assert campus.id_of("S1") in assert_filter_is_status(campus)[State.SYNCED]


def last_of_sections(model):
    return model.objects.filter(merge_type="sections", term_id=TERM).order_by("-id")


def test_a_notice_about_a_record_is_no_refusal(campus):
    campus.enable()
    run = last_of_sections(MergeRun).filter(plan__isnull=False)[:1].get()
    RunIssue.objects.create(run=run, record="S1", code="BAD_VALUE", message="Odd.", is_notice=True)
    assert campus.id_of("S1") in assert_filter_is_status(campus)[State.SYNCED]


@pytest.mark.parametrize(
    ("action", "state"),
    [("UPDATE", State.HELD), ("AGREE", State.SYNCED), ("MISSING", State.SYNCED)],
)
def test_what_a_waiting_plan_would_not_change_is_not_held(action, state, campus):
    campus.enable()
    plan = last_of_sections(Plan)[:1].get()
    Plan.objects.filter(pk=plan.pk).update(status=Plan.Status.NEEDS_APPROVAL)
    PlanRow.objects.create(
        plan=plan, record_key="S1", link=Link.objects.get(sis_id="S1"), side="LOCAL", action=action
    )
    assert campus.id_of("S1") in assert_filter_is_status(campus)[state]


def test_what_was_kept_of_another_version_is_not_believed(campus):
    campus.enable()
    section = campus.section("S1")
    Section.objects.filter(pk=section.pk).update(version=section.version + 2)
    Link.objects.filter(section=section).update(edits=["title"], edits_version=section.version + 1)
    assert campus.id_of("S1") in assert_filter_is_status(campus)[State.SYNCED]


@pytest.mark.parametrize("happens", [paused, queued, import_rejected])
def test_edits_that_were_not_kept_are_compared(happens, campus, clock):
    happens(campus, clock)
    Link.objects.update(edits_version=0)
    assert_filter_is_status(campus)


def test_settings_that_cannot_be_read_still_get_an_answer(campus, clock):
    queued(campus, clock)
    MergeProfile.objects.update(is_active=False)
    assert_filter_is_status(campus)


def test_only_the_sections_that_are_asked_about_are_found(campus, clock):
    queued(campus, clock)
    others = of_term().exclude(pk=campus.id_of("S1"))
    assert found(campus, State.ON_ITS_WAY, sections=others) == set()
    assert found(campus, State.SYNCED, sections=others) == {one.pk for one in others}
    assert found(campus, State.SYNCED, sections=Section.objects.none()) == set()


@pytest.mark.parametrize("happens", [nothing_to_send, paused, import_rejected])
def test_any_number_of_sections_takes_the_same_number_of_queries(happens, campus, clock):
    happens(campus, clock)
    counts = []
    for numbers in (["K"], [f"K{number}" for number in range(8)]):
        for number in numbers:
            campus.create(number)
        campus.edit("S3", notes=f"Note {number}")
        campus.edit("S4", notes=f"Note {number}")
        with CaptureQueriesContext(connection) as queries:
            found(campus, State.HELD)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 3
