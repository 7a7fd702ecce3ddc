"""The ethos adapter passes the contract suite over HTTP against the sandbox SIS, in both profiles."""

import pytest

from tandem_conformance.ethos_sis import EthosSis
from tandem_conformance.fault_contract import FaultContract
from tandem_conformance.institution import write_institution
from tandem_conformance.paging_contract import PagingContract
from tandem_conformance.reading_contract import ReadingContract
from tandem_conformance.writing_contract import WritingContract

PROFILES = ["colleague", "banner"]


@pytest.fixture(scope="session")
def institution(tmp_path_factory):
    return write_institution(tmp_path_factory.mktemp("ethos") / "sis")


@pytest.fixture(scope="module")
def servers():
    """One sandbox a profile for all tests; it is put back to the beginning after each."""
    kept = {}
    yield kept
    for made in kept.values():
        made.close()


@pytest.fixture(params=PROFILES)
def sis(request, servers, institution):
    made = servers.get(request.param)
    if made is None or made.is_spoilt:
        made = servers[request.param] = EthosSis(institution, request.param)
    yield made
    made.reset()


@pytest.mark.parametrize("sis", ["banner", pytest.param("colleague", marks=pytest.mark.long)], indirect=True)
class TestReading(ReadingContract):
    pass


class TestWriting(WritingContract):
    pass


@pytest.mark.parametrize("sis", ["banner"], indirect=True)
class TestFaults(FaultContract):
    """In the profile that takes all four operations."""


@pytest.mark.parametrize("sis", ["colleague"], indirect=True)
class TestPaging(PagingContract):
    pass
