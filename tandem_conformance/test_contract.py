"""The whole contract, asked of the SIS that ``--sis-url`` names."""

import pytest

from tandem_conformance.at_rest_contract import AtRestContract
from tandem_conformance.fault_contract import FaultContract
from tandem_conformance.paging_contract import PagingContract
from tandem_conformance.reading_contract import ReadingContract
from tandem_conformance.sis_under_test import not_asked
from tandem_conformance.writing_contract import WritingContract


class TestAtRest(AtRestContract):
    pass


class TestReading(ReadingContract):
    pass


class TestPaging(PagingContract):
    @pytest.fixture
    def sis(self, sis):
        if not hasattr(sis, "between_pages"):
            not_asked("its hands cannot change it between two pages")
        return sis


class TestWriting(WritingContract):
    pass


class TestFaults(FaultContract):
    @pytest.fixture
    def sis(self, sis):
        if not hasattr(sis, "fail"):
            not_asked("its hands cannot make it fail")
        return sis
