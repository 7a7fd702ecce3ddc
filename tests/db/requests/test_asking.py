"""Asking for merges: what cannot be asked is refused with a sentence, and what is asked is on record."""

import pytest
from django.utils import timezone

from integration.approval import NotWaiting
from integration.models import MergeRequest
from integration.requests import request_approval, request_merge, unfinished
from integration.settings import ConfigurationError
from integration.sis.port import REFERENCE_TYPES, MergeType
from scheduling.models import ChangeLog
from tests.campus import TERM
from tests.merge_desk import large_tables


def test_a_request_waits_and_is_audited(ask, desk):
    request = ask("sections", "courses", is_dry_run=True)

    assert (request.state, request.attempts, request.actor) == ("WAITING", 0, desk.registrar)
    assert request.types == ["courses", "sections"], "in the order of work"
    assert request.terms == [TERM]
    assert unfinished() == [request.pk]
    audit = ChangeLog.objects.get(record_type="merge_request", record_id=str(request.pk))
    assert (audit.action, audit.actor, audit.source, audit.term_code) == (
        "CREATE",
        desk.registrar,
        "FORM",
        TERM,
    )
    assert audit.after["types"] == ["courses", "sections"]
    assert audit.after["is_dry_run"] is True


def test_reference_data_belongs_to_no_term(ask):
    assert ask(*REFERENCE_TYPES).terms == []


def test_a_term_named_twice_is_merged_once(ask):
    assert ask("courses", terms=(TERM, "20263", TERM)).terms == [TERM, "20263"]


@pytest.mark.parametrize(
    ("types", "given", "sentence"),
    [
        ([], {}, "Choose at least one type to merge."),
        (["sections"], {"terms": ()}, "Sections belong to a term; choose at least one."),
        (["sections"], {"terms": (" ",)}, "There can be no term ' '; check the code."),
        (["sections"], {"terms": ("9" * 41,)}, "There can be no term"),
        (["courses", "sections"], {"accept_empty": True}, "one type at a time"),
        (["courses"], {"is_sending": True}, "Only sections and relationships are sent"),
        (["sections"], {"is_sending": True}, f"Sections of {TERM} are not set to be sent"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_sentence(ask, desk, types, given, sentence):
    desk.first_load()
    asked = {"terms": [TERM], "is_sending": False, "is_dry_run": False, **given}

    with pytest.raises(ConfigurationError, match=sentence):
        request_merge(
            types=[MergeType(one) for one in types], actor=desk.registrar, now=timezone.now(), **asked
        )

    assert not MergeRequest.objects.exists()


def test_sending_may_be_asked_where_it_is_switched_on(ask, loaded):
    assert ask("sections", is_sending=True).is_sending is True
    with pytest.raises(ConfigurationError, match="20263"):
        ask("sections", terms=(TERM, "20263"), is_sending=True)


# ---- previews


def test_a_preview_has_to_be_over(ask):
    preview = ask("courses", is_dry_run=True)

    with pytest.raises(ConfigurationError, match="has not ended yet"):
        ask("courses", preview=preview)


@pytest.mark.parametrize(
    ("types", "given"),
    [
        (["sections"], {}),
        (["courses"], {"terms": ("20263",)}),
        (["courses"], {"accept_empty": True}),
        (["courses", "sections"], {"is_sending": True}),
    ],
)
def test_a_preview_of_other_merges_is_no_preview(ask, done, loaded, types, given):
    preview = done(ask("courses", is_dry_run=True))

    with pytest.raises(ConfigurationError, match="one of other merges"):
        ask(*types, preview=preview, **given)


def test_neither_is_what_was_carried_out_a_preview_nor_is_a_preview_compared(ask, done, desk):
    carried_out = done(ask("terms"))
    preview = done(ask("terms", is_dry_run=True))

    with pytest.raises(ConfigurationError, match="compared with a preview"):
        ask("terms", preview=carried_out)
    with pytest.raises(ConfigurationError, match="compared with a preview"):
        ask("terms", preview=preview, is_dry_run=True)


# ---- approvals


@pytest.fixture
def held(desk_with):
    made = desk_with(**large_tables(60))
    made.first_load()
    return made, made.held_removals()


def test_an_approval_is_asked_for_and_audited(held):
    desk, plan = held

    request = request_approval(plan, only=[3, 1, 3], actor=desk.registrar, now=timezone.now())

    assert (request.types, request.terms, request.plan) == (["sections"], [TERM], plan)
    assert request.approved_rows == [1, 3]
    audit = ChangeLog.objects.get(record_type="merge_request", record_id=str(request.pk))
    assert (audit.after["plan"], audit.after["approved_rows"]) == (plan.pk, 2)


def test_a_plan_is_approved_once(held):
    desk, plan = held
    request_approval(plan, only=None, actor=desk.registrar, now=timezone.now())

    with pytest.raises(NotWaiting, match="was approved by kim already"):
        request_approval(plan, only=None, actor=desk.registrar, now=timezone.now())


def test_a_plan_that_does_not_wait_cannot_be_approved(held):
    desk, plan = held
    assert desk.run("sections", "--approve", plan.pk).exit_code == 0

    with pytest.raises(NotWaiting, match="does not wait for approval: applied"):
        request_approval(plan, only=None, actor=desk.registrar, now=timezone.now())
