"""The fake SIS passes the contract suite, whatever it is told to declare."""

import pytest

from integration.sis.memory_options import Options
from tandem_conformance.fault_contract import FaultContract
from tandem_conformance.memory_sis import MemorySis
from tandem_conformance.reading_contract import ReadingContract
from tandem_conformance.writing_contract import WritingContract

VARIANTS = {
    "everything": {},
    "sections before courses": {"order": "sections_first"},
    "no deletes": {"deletes": "no"},
    "no uniqueness": {"unique": "none"},
    "unique numbers": {"unique": "natural_key", "temporary_number": "yes"},
    "both keys": {"unique": "client_ref,natural_key", "search": "client_ref"},
    "no look-up": {"search": "none", "late": "30"},
    "applies later": {"applies_later": "3600"},
    "no token": {"token": "no"},
    "no read by id": {"read_by_id": "no"},
    "complete, not proven": {"complete": "yes"},
    "never complete": {"complete": "no"},
    "read only": {"read_only": "yes"},
    "few types": {"reads": "terms,courses,sections,relationships"},
    "few operations": {"refuses": "sections.CREATE,sections.CANCEL,relationships.UPDATE"},
    "few fields": {"fields": "title,capacity,notes", "refuses": "sections.CREATE"},
    "crosslists only": {"kinds": "CROSSLIST", "batch": "1"},
}


@pytest.fixture(params=VARIANTS.values(), ids=VARIANTS)
def sis(request, sis_folder):
    made = MemorySis(sis_folder, Options.parse(request.param))
    yield made
    made.close()


class TestReading(ReadingContract):
    pass


class TestWriting(WritingContract):
    pass


class TestFaults(FaultContract):
    @pytest.fixture(params=[{}, {"token": "no", "unique": "none"}], ids=["everything", "bare"])
    def sis(self, request, sis_folder):
        made = MemorySis(sis_folder, Options.parse(request.param))
        yield made
        made.close()
