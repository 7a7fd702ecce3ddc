"""What an adapter makes of failures, for a SIS that can be made to fail (see `sis_under_test`)."""

from collections.abc import Mapping
from typing import Protocol

import pytest

from integration.sis.port import (
    Operation,
    SisDenied,
    SisLocked,
    SisOutcomeUnknown,
    SisRateLimited,
    SisRejected,
    SisUnavailable,
)
from scheduling.domain.fields import CATALOGUE
from tandem_conformance.institution import TERM
from tandem_conformance.sis_under_test import (
    NEW_SECTION,
    REF,
    SECTIONS,
    SisUnderTest,
    accepted,
    need,
    read_all,
    values_of,
    writing,
)


class FaultySis(SisUnderTest, Protocol):
    """A SIS that can be made to fail."""

    def fail(self, fault: str, operation: str) -> None:
        """The next write (or read) of this operation on sections meets the fault."""
        ...


BEFORE: Mapping[str, type[Exception]] = {
    "unavailable_before": SisUnavailable,
    "denied": SisDenied,
    "rate_limited": SisRateLimited,
    "locked": SisLocked,
    "refuse": SisRejected,
    "timeout_before_effect": SisOutcomeUnknown,
}
"""Faults without effect."""


class FaultContract:
    """Each failure has the error that says what it means, and the effect that the error says."""

    def write(self, sis: FaultySis, operation: Operation) -> None:
        need(sis, operation)
        tokens = {key: one.token for key, one in read_all(sis.adapter).records.items()}
        with writing(sis) as writer:
            match operation:
                case Operation.CREATE:
                    writer.create(SECTIONS, accepted(sis, NEW_SECTION), client_ref=REF)
                case Operation.UPDATE:
                    values = {"capacity": 77}
                    writer.update(
                        SECTIONS, "S001", values, values=values, token=tokens["S001"], client_ref=REF
                    )
                case Operation.CANCEL:
                    writer.cancel(SECTIONS, "S006", token=tokens["S006"], client_ref=REF)
                case Operation.DELETE:
                    writer.delete(SECTIONS, "S004", token=tokens["S004"], client_ref=REF)

    def has_taken_effect(self, sis: FaultySis, operation: Operation) -> bool:
        shown = {key: values_of(one) for key, one in read_all(sis.adapter).records.items()}
        match operation:
            case Operation.CREATE:
                return any(one["section_number"] == "D" for one in shown.values())
            case Operation.UPDATE:
                return bool(shown["S001"]["capacity"] == 77)
            case Operation.CANCEL:
                return bool(shown["S006"]["status"] == "CANCELLED")
            case Operation.DELETE:
                return "S004" not in shown
        raise AssertionError

    @pytest.mark.parametrize("operation", Operation)
    @pytest.mark.parametrize("fault", BEFORE)
    def test_a_failure_before_the_effect_changes_nothing(self, sis, fault, operation):
        sis.fail(fault, operation.value)
        with pytest.raises(BEFORE[fault]) as failed:
            self.write(sis, operation)
        assert type(failed.value) is BEFORE[fault]
        assert failed.value.message.endswith(".")
        sis.let_time_pass()
        assert not self.has_taken_effect(sis, operation)
        self.write(sis, operation)  # the fault is used up
        sis.let_time_pass()
        assert self.has_taken_effect(sis, operation)

    @pytest.mark.parametrize("operation", Operation)
    def test_a_lost_answer_is_an_unknown_outcome_even_if_it_took_effect(self, sis, operation):
        sis.fail("timeout_after_effect", operation.value)
        with pytest.raises(SisOutcomeUnknown):
            self.write(sis, operation)
        assert self.has_taken_effect(sis, operation)

    @pytest.mark.parametrize("operation", Operation)
    def test_a_late_request_takes_effect_after_its_answer_was_lost(self, sis, operation):
        sis.fail("late", operation.value)
        with pytest.raises(SisOutcomeUnknown):
            self.write(sis, operation)
        assert not self.has_taken_effect(sis, operation)
        sis.let_time_pass()
        assert self.has_taken_effect(sis, operation)

    def test_a_refusal_keeps_the_words_of_the_sis_apart_from_the_plain_ones(self, sis):
        sis.fail("refuse", "UPDATE")
        with pytest.raises(SisRejected) as refused:
            self.write(sis, Operation.UPDATE)
        assert refused.value.words != refused.value.message
        assert refused.value.field in {"", *CATALOGUE.names}  # blank: the SIS does not say which

    def test_too_many_requests_say_how_long_to_wait(self, sis):
        sis.fail("rate_limited", "UPDATE")
        with pytest.raises(SisRateLimited) as limited:
            self.write(sis, Operation.UPDATE)
        assert limited.value.retry_after_seconds > 0

    @pytest.mark.parametrize("fault", ["unavailable_before", "denied", "rate_limited"])
    def test_a_failing_read_raises_what_it_is(self, sis, fault):
        sis.fail(fault, "READ")
        with pytest.raises(BEFORE[fault]):
            read_all(sis.adapter)
        assert len(read_all(sis.adapter).records) == 6
        if not sis.adapter.capabilities.can_read_by_id:
            return  # not offered, as the reading contract asserts
        sis.fail(fault, "READ_BY_ID")
        with pytest.raises(BEFORE[fault]):
            sis.adapter.read(SECTIONS, ["S001"], term=TERM)

    def test_an_empty_answer_looks_whole(self, sis):
        """A SIS that lost its data says so with a straight face; the engine's safeguards are for that."""
        sis.fail("empty_read", "READ")
        read = read_all(sis.adapter)
        assert not read.records
        assert read.evidence.is_complete
