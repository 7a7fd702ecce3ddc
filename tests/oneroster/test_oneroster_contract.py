"""The oneroster adapter passes the kit: its read half, and the refusal of every write."""

import pytest

from tandem_conformance.fault_contract import FaultContract
from tandem_conformance.paging_contract import PagingContract
from tandem_conformance.reading_contract import ReadingContract
from tandem_conformance.writing_contract import WritingContract
from tests.oneroster.oneroster_sis import OneRosterSis


@pytest.fixture
def sis():
    made = OneRosterSis()
    yield made
    made.close()


class TestReading(ReadingContract):
    pass


class TestPaging(PagingContract):
    pass


class TestWriting(WritingContract):
    pass


class TestFaults(FaultContract):
    pass
