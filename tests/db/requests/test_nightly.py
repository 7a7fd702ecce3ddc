"""The night: begun once at its hour in the institution's zone, for what is switched on, in order."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from integration.models import MergeProfile, MergeRequest, TermSwitch
from integration.nightly import night_due, request_night
from integration.requests import carry_out, unfinished
from integration.sis.port import REFERENCE_TYPES, MergeType
from integration.tasks import run_night
from integration.terms import disable_term
from scheduling.models import ChangeLog, Term
from tests.campus import TERM

CHICAGO = ZoneInfo("America/Chicago")
NIGHT = dt.date(2027, 1, 12)
REFERENCE = [one.value for one in REFERENCE_TYPES]


@pytest.fixture(autouse=True)
def in_chicago(settings):
    settings.TIME_ZONE = "America/Chicago"
    settings.NIGHT_AT = dt.time(2, 30)
    with timezone.override(CHICAGO):
        yield


@pytest.fixture
def night(loaded, clock):
    """The loaded campus, set to send, at half past two in the morning."""
    clock.move_to(at("2027-01-12 02:30"))
    return loaded


def at(local):
    return dt.datetime.fromisoformat(local).replace(tzinfo=CHICAGO)


def wishes():
    return [(one.types, one.terms, one.is_sending) for one in MergeRequest.objects.order_by("id")]


# ---- when


@pytest.mark.parametrize(
    ("local", "night"),
    [
        ("2027-01-12 02:29:59", None),
        ("2027-01-12 02:30", NIGHT),
        ("2027-01-12 05:29", NIGHT),
        ("2027-01-12 05:30", None),
        ("2027-01-12 14:30", None),
        ("2027-03-14 03:10", dt.date(2027, 3, 14)),  # that night has no half past two
        ("2027-11-07 02:30", dt.date(2027, 11, 7)),
    ],
)
def test_a_night_begins_at_its_hour_and_not_much_later(local, night):
    assert night_due(at(local)) == night


def test_a_night_that_begins_before_midnight_keeps_its_date(settings):
    settings.NIGHT_AT = dt.time(23, 30)

    assert night_due(at("2027-01-12 23:45")) == night_due(at("2027-01-13 01:00")) == NIGHT
    assert night_due(at("2027-01-13 02:30")) is None


# ---- what


def test_reference_data_is_merged_once_and_then_each_term(night):
    requests = request_night(now=timezone.now())

    assert wishes() == [
        (REFERENCE, [], False),
        (["courses", "sections", "relationships"], [TERM], True),
    ]
    assert {one.trigger for one in requests} == {"NIGHTLY"}
    assert {one.night for one in requests} == {NIGHT}
    audit = ChangeLog.objects.filter(record_type="merge_request")
    assert {(one.actor, one.source) for one in audit} == {(None, "SYSTEM")}


def test_a_night_is_requested_once(night, clock):
    assert len(request_night(now=timezone.now())) == 2
    clock.move_to(at("2027-01-12 02:35"))
    assert request_night(now=timezone.now()) == []

    clock.move_to(at("2027-01-13 02:30"))
    assert len(request_night(now=timezone.now())) == 2


def test_nothing_is_requested_by_day(night, clock):
    clock.move_to(at("2027-01-12 12:00"))

    assert request_night(now=timezone.now()) == []


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({"relationships": {"is_nightly": False}}, [(["courses", "sections"], True)]),
        (
            {"relationships": {"is_sending": False}},
            [(["courses", "sections"], True), (["relationships"], False)],
        ),
        (
            {"sections": {"is_sending": False}},
            [(["courses", "sections"], False), (["relationships"], True)],
        ),
        ({"sections": {"is_nightly": False}, "relationships": {"is_nightly": False}}, [(["courses"], False)]),
        ({one: {"is_sending": False} for one in ("sections", "relationships")},
         [(["courses", "sections", "relationships"], False)]),
    ],
)  # fmt: skip
def test_only_what_is_on_is_merged_and_only_what_is_set_to_send_is_sent(night, switches, expected):
    TermSwitch.objects.update(is_real_time=False)
    for merge_type, values in switches.items():
        TermSwitch.objects.filter(merge_type=merge_type).update(**values)

    request_night(now=timezone.now())

    assert [(types, sends) for types, terms, sends in wishes() if terms] == expected


def off(night):
    disable_term(Term.objects.get(pk=TERM), types=list(MergeType), actor=None, now=timezone.now())


def withdrawn(night):
    Term.objects.filter(pk=TERM).update(is_active=False)


def over(night):
    TermSwitch.objects.update(until=dt.date(2027, 1, 11))


def not_nightly(night):
    TermSwitch.objects.update(is_nightly=False)


@pytest.mark.parametrize("change", [off, withdrawn, over, not_nightly])
def test_a_night_with_no_term_on_merges_nothing_at_all(night, change):
    change(night)

    assert request_night(now=timezone.now()) == []


def test_a_type_that_merge_settings_switch_off_is_left_out(night):
    night.settings(relationships={"is_enabled": False})

    request_night(now=timezone.now())

    assert wishes()[1] == (["courses", "sections"], [TERM], True)


def test_a_night_without_merge_settings_is_said_and_not_begun(night, caplog):
    MergeProfile.objects.update(is_active=False)

    run_night()

    assert "no night is begun" in caplog.text
    assert wishes() == []


# ---- in what order


def test_terms_wait_for_the_reference_data_and_for_their_own_earlier_part(night):
    TermSwitch.objects.filter(merge_type="relationships").update(is_real_time=False, is_sending=False)
    reference, sections, relationships = (one.pk for one in request_night(now=timezone.now()))

    assert unfinished() == [reference]
    carry_out(sections)
    assert MergeRequest.objects.get(pk=sections).state == "WAITING", "not before the reference data"
    carry_out(reference)
    assert unfinished() == [sections]
    carry_out(sections)
    assert unfinished() == [relationships]
    carry_out(relationships)
    assert unfinished() == []
    assert set(MergeRequest.objects.values_list("state", flat=True)) == {"DONE"}


def test_what_people_ask_for_waits_for_no_night(night, ask):
    request_night(now=timezone.now())

    request = ask("courses", is_dry_run=True)

    assert request.pk in unfinished()


def test_reference_data_that_failed_holds_nobody_up(night, settings):
    reference, term = request_night(now=timezone.now())
    url, settings.SIS_URL = settings.SIS_URL, "csv:///nowhere"
    carry_out(reference.pk)
    settings.SIS_URL = url

    carry_out(term.pk)

    assert list(MergeRequest.objects.order_by("id").values_list("state", flat=True)) == ["FAILED", "DONE"]


def test_a_term_switched_off_after_the_night_was_requested_is_not_sent(night):
    _reference, term = request_night(now=timezone.now())
    night.edit("S1", capacity=44)
    off(night)

    for one in (_reference, term):
        carry_out(one.pk)

    term.refresh_from_db()
    assert term.state == "FAILED"
    assert "are not set to be sent" in term.error["message"]
    assert night.written() == []


def test_the_nights_runs_say_so(night):
    for one in request_night(now=timezone.now()):
        carry_out(one.pk)

    assert {run.trigger for one in MergeRequest.objects.all() for run in one.runs.all()} == {"NIGHTLY"}
