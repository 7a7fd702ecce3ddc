"""Whatever stands in the rows: the filter by integration state finds what the status says."""

import datetime as dt
from contextlib import contextmanager

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration.edits import keep_edits
from integration.models import (
    Conflict,
    Link,
    LinkState,
    MergeRun,
    MergeState,
    OutboundChange,
    Plan,
    PlanRow,
    RunIssue,
    TermSwitch,
)
from integration.sis.port import ErrorClass
from integration.standing import Standing
from integration.status import status_of_sections
from integration.status_filter import sections_in_states
from integration.status_rules import State
from scheduling.models import Relationship, RelationshipMember, Section, Term
from tests.campus import DATES, NOW, TERM

RECORDS = ("S1", "S2", "S3", "S4", "X1")
TYPES = {one: "relationships" if one == "X1" else "sections" for one in RECORDS}
usually = st.sampled_from([True, True, True, False])


def mostly(usual, *others):
    """`usual` half of the time, so that one oddity is seldom hidden by another."""
    return st.sampled_from([usual] * max(1, len(others)) + list(others))


rows = st.fixed_dictionaries(
    {
        "link": mostly(LinkState.LINKED, None, *(one for one in LinkState if one is not LinkState.LINKED)),
        "outbound": mostly(None, *OutboundChange.State),
        "error": mostly("", *ErrorClass),
        "lease": st.sampled_from([None, -1, 1]),
        "conflict": mostly(None, "title", "", "section_number"),
        "edit": mostly("", "title", "capacity", "members", "again"),
        "is_kept": st.booleans(),
        "is_cancelled": mostly(False, True),
        "is_absent": mostly(False, True),
        "is_refused": mostly(False, False, True),
        "is_planned": mostly(False, True),
    }
)
channels = st.fixed_dictionaries(
    {
        "is_on": usually,
        "is_sending": usually,
        "is_real_time": usually,
        "is_over": mostly(False, False, True),
        "pause": mostly("", "", "Too many."),
        "is_type_on": usually,
    }
)
worlds = st.fixed_dictionaries(
    {
        "records": st.fixed_dictionaries(dict.fromkeys(RECORDS, rows)),
        "channels": st.fixed_dictionaries({"sections": channels, "relationships": channels}),
        "sent_fields": mostly(None, ("capacity",)),
        "own_rules": mostly({}, {"S1": {"title": "ALWAYS_SIS"}, "S2": {"capacity": "ALWAYS_SIS"}}),
        "is_term_there": mostly(True, True, False),
        "has_plan": st.booleans(),
        "is_small": mostly(False, False, True),
    }
)


@contextmanager
def taken_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def build(campus, world):
    """The rows of `world`, in the place of what a first import left."""
    TermSwitch.objects.all().delete()
    settings_of_types = {}
    for kind, channel in world["channels"].items():
        sent = world["sent_fields"]
        rules = {"overrides": world["own_rules"], "sent_fields": sent} if kind == "sections" else {}
        settings_of_types[kind] = {"is_enabled": channel["is_type_on"], **rules}
        if channel["is_on"]:
            TermSwitch.objects.create(
                merge_type=kind,
                term_id=TERM,
                is_sending=channel["is_sending"],
                is_real_time=channel["is_sending"] and channel["is_real_time"],
                until=dt.date(2027, 1, 1) if channel["is_over"] else dt.date.fromisoformat(DATES[1]),
            )
        MergeState.objects.filter(merge_type=kind, term=TERM).update(pause_reason=channel["pause"])
    campus.settings(**settings_of_types)
    Term.objects.filter(pk=TERM).update(is_active=world["is_term_there"])
    if world["is_small"]:
        RelationshipMember.objects.filter(relationship__sis_id="X1", section__sis_id="S3").delete()
    for name, row in world["records"].items():
        put(name, row, plans=waiting_plans() if world["has_plan"] else {})


def waiting_plans():
    """Type -> the plan of its last run, made to wait."""
    plans = {}
    for plan in Plan.objects.filter(term=TERM, merge_type__in=["sections", "relationships"]).order_by("id"):
        plans[plan.merge_type] = plan
    for plan in plans.values():
        Plan.objects.filter(pk=plan.pk).update(status=Plan.Status.NEEDS_APPROVAL)
    return plans


def put(name, row, *, plans):
    link, kind = Link.objects.get(term=TERM, sis_id=name, merge_type=TYPES[name]), TYPES[name]
    model = Relationship if name == "X1" else Section
    record = model.objects.filter(term=TERM, sis_id=name)
    if row["is_refused"]:
        last = MergeRun.objects.filter(term=TERM, merge_type=kind, plan__isnull=False).latest("id")
        RunIssue.objects.create(run=last, record=name, code="BAD_VALUE", message="Bad.")
    if row["edit"]:
        edit_one(name, record, row["edit"])
        if row["is_kept"] and name != "X1":
            keep_edits([record.get().pk])
    if row["conflict"] is not None:
        number = row["conflict"] == "section_number"
        Conflict.objects.create(
            link=link,
            field=row["conflict"],
            kind=Conflict.Kind.NUMBER if number else Conflict.Kind.FIELD,
            opened_at=NOW,
        )
    if row["outbound"] is not None:
        lease = None if row["lease"] is None else NOW + dt.timedelta(minutes=row["lease"])
        OutboundChange.objects.create(
            link=link,
            merge_type=kind,
            term_id=TERM,
            state=row["outbound"],
            error_class=row["error"],
            lease_until=lease,
            next_attempt_at=NOW,
        )
    if row["is_planned"] and kind in plans:
        PlanRow.objects.create(
            plan=plans[kind],
            record_key=name,
            link=link,
            side=PlanRow.Side.LOCAL,
            action=PlanRow.Action.UPDATE,
        )
    if row["link"] is None:
        link.delete()
    else:
        Link.objects.filter(pk=link.pk).update(state=row["link"])
    if name != "X1" and row["is_cancelled"]:
        record.update(status=Section.Status.CANCELLED)
    if row["is_absent"]:
        record.update(sis_id=None)


def edit_one(name, record, edit):
    """Another version, in which nothing may differ (``again``)."""
    values = {"title": "Mine"} if edit == "title" and name != "X1" else {}
    values |= {"capacity": 77} if edit == "capacity" else {}
    record.update(version=F("version") + 1, **values)
    if name == "X1" and edit == "members":
        first = RelationshipMember.objects.filter(relationship__sis_id="X1").order_by("section_id")[:1].get()
        RelationshipMember.objects.filter(pk=first.pk).update(is_primary=not first.is_primary)


@settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(world=worlds)
def test_the_filter_finds_what_the_status_says(campus, world):
    able, now = campus.adapter.capabilities, timezone.now()
    with taken_back():
        build(campus, world)
        sections = Section.objects.filter(term=TERM).order_by("id")
        told = status_of_sections([one.pk for one in sections], Standing(now, capabilities=able))
        for state in State:
            found = sections_in_states(sections, [state.value], Standing(now, capabilities=able), term=TERM)
            expected = {pk for pk, one in told.items() if one["state"] == state}
            assert {one.pk for one in found} == expected, (state, told)
