"""The csv adapter passes the contract suite, together with a SIS that exchanges folders."""

import pytest

from tandem_conformance.csv_sis import CsvSis
from tandem_conformance.reading_contract import ReadingContract
from tandem_conformance.writing_contract import WritingContract


@pytest.fixture(params=[False, True], ids=["no manifest", "manifest"])
def sis(request, sis_folder):
    made = CsvSis(sis_folder, has_manifest=request.param)
    yield made
    made.close()


class TestReading(ReadingContract):
    pass


class TestWriting(WritingContract):
    pass
