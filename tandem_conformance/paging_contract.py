"""What an adapter makes of a SIS that changes between two pages of an answer (see `sis_under_test`)."""

from collections.abc import Callable
from typing import Protocol

from integration.sis.port import SisUnreadable
from tandem_conformance.institution import TERM, ids
from tandem_conformance.sis_under_test import SisUnderTest, read_all


class PagingSis(SisUnderTest, Protocol):
    """A SIS that answers in pages, so few records a page that the institution's sections need several."""

    def between_pages(self, work: Callable[[], None]) -> None:
        """`work` is done once, after the first page of the next answer about sections."""
        ...

    def add(self, sis_id: str) -> None:
        """Somebody adds a section with this id in the SIS."""
        ...


class PagingContract:
    """No record that was there from beginning to end is missed in silence or comes twice."""

    def assert_nothing_is_missed(self, sis: PagingSis, stayed: set[str]) -> None:
        try:
            read = read_all(sis.adapter)  # which asserts that none came twice
        except SisUnreadable as error:
            assert error.code == "CHANGED_WHILE_READ"  # noqa: PT017  # raising is one of two right answers
            return
        assert stayed <= set(read.records) or not read.evidence.is_complete

    def test_a_section_that_goes_between_two_pages_hides_no_other(self, sis):
        there = set(ids("sections", TERM))
        sis.between_pages(lambda: sis.remove("S001"))
        self.assert_nothing_is_missed(sis, there - {"S001"})
        assert set(read_all(sis.adapter).records) == there - {"S001"}

    def test_a_section_that_comes_between_two_pages_hides_no_other(self, sis):
        there = set(ids("sections", TERM))
        sis.between_pages(lambda: sis.add("S000"))
        self.assert_nothing_is_missed(sis, there)
        assert set(read_all(sis.adapter).records) == there | {"S000"}

    def test_one_that_goes_and_one_that_comes_hide_no_other(self, sis):
        """The count stays the same, so that it alone proves nothing."""

        def swap() -> None:
            sis.remove("S001")
            sis.add("S009")

        there = set(ids("sections", TERM))
        sis.between_pages(swap)
        self.assert_nothing_is_missed(sis, there - {"S001"})
