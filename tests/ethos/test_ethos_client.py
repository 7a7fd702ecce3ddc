"""The client over HTTP: tokens, waiting, lost answers, lists over data that moves."""

import time

import pytest

from integration.sandbox.server import SandboxServer
from integration.sandbox.sis import SandboxSis
from integration.sis.ethos.adapter import EthosAdapter
from integration.sis.ethos.address import Address
from integration.sis.ethos.check import examine
from integration.sis.ethos.client import READ_TRIES, EthosClient
from integration.sis.ethos.listing import read_list
from integration.sis.ethos.pace import Pace
from integration.sis.port import (
    SisDenied,
    SisNotFound,
    SisOutcomeUnknown,
    SisRateLimited,
    SisRejected,
    SisUnavailable,
)
from tandem_conformance.institution import section, write_institution

KEY = "0f9b7f0e-6c3a-4a6e-9d57-2f1f6a9f1b11"
MANY = [section(f"S{number:03}", "ART101", f"{number:03}", "Drawing") for number in range(250)]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("client") / "sis"
    nothing = {"meetings": [], "section_instructors": [], "relationships": [], "relationship_members": []}
    write_institution(folder, **nothing, sections=MANY)
    with SandboxServer(SandboxSis(folder=folder, profile="banner", api_key=KEY)) as server:
        yield server


class Waits(list):
    """Notes the waits instead of sleeping."""

    def __call__(self, seconds):
        self.append(seconds)


@pytest.fixture
def client(served):
    served.sis.reset()
    waits = Waits()
    made = EthosClient(
        base_url=served.url, api_key=KEY, pace=Pace(per_second=10_000, sleep=lambda _s: None), sleep=waits
    )
    yield made
    made.close()


def fault(served, then, *, method="GET", resource="sections", times=1):
    served.sis.faults.add([{"when": {"method": method, "resource": resource}, "then": then, "times": times}])


def ids(client):
    return list(read_list(client, "sections", take=lambda _one: 1).items)


def test_a_token_that_ran_out_is_renewed_once_and_no_more(served, client):
    fault(served, "expired_token")
    assert client.one("sections", ids(client)[0])
    fault(served, "expired_token", times=2)
    with pytest.raises(SisDenied, match="not even a new one"):
        client.get("/api/sections", resource="sections")


def test_a_wrong_key_is_denied_and_a_site_that_is_not_there_is_away(served):
    for key in ("x", ""):
        wrong = EthosClient(base_url=served.url, api_key=key, pace=Pace(per_second=1_000))
        with pytest.raises(SisDenied, match="SIS_API_KEY"):
            wrong.get("/api/sections")
        wrong.close()
    away = EthosClient(base_url="http://127.0.0.1:9", api_key=KEY, pace=Pace(per_second=1_000), sleep=Waits())
    with pytest.raises(SisUnavailable, match="does not answer"):
        away.get("/api/sections")
    away.close()


@pytest.mark.parametrize(
    "then", ["maintenance", "too_many_requests", "reset_before", "error_500_after_effect"]
)
def test_a_read_waits_out_what_passes_and_gives_up_after_some_tries(served, client, then):
    fault(served, then, times=READ_TRIES - 1)
    assert len(client.get("/api/sections", resource="sections").document) == 100
    assert len(client.sleep) == READ_TRIES - 1
    fault(served, then, times=READ_TRIES)
    with pytest.raises(SisUnavailable):
        client.get("/api/sections", resource="sections")


def test_the_wait_is_the_one_that_the_sis_asks_for_and_the_pace_goes_down(served, client):
    fault(served, "too_many_requests")
    client.get("/api/sections", resource="sections")
    assert client.sleep[0] >= 1
    assert client.pace._rate < client.pace.per_second


@pytest.mark.parametrize(
    ("then", "kind"),
    [
        ("timeout_after_effect", SisOutcomeUnknown),
        ("reset_before", SisOutcomeUnknown),
        ("error_500_after_effect", SisOutcomeUnknown),
        ("maintenance", SisUnavailable),
        ("too_many_requests", SisRateLimited),
        ("refuse", SisRejected),
    ],
)
def test_a_write_is_never_repeated(served, client, then, kind):
    guid = ids(client)[0]
    fault(served, then, method="PUT")
    with pytest.raises(kind):
        client.write("PUT", "sections", guid, {"id": guid, "maxEnrollment": 31})
    assert len(served.sis.journal) == 1


def test_a_write_to_nothing_is_not_found_and_a_wrong_one_says_why(served, client):
    with pytest.raises(SisNotFound):
        client.write("PUT", "sections", KEY, {"id": KEY, "maxEnrollment": 1})
    guid = ids(client)[0]
    long = client.one("sections", guid)["titles"]
    long[0]["value"] = "A title of more than thirty characters"
    with pytest.raises(SisRejected, match="at most 30 characters") as refused:
        client.write("PUT", "sections", guid, {"id": guid, "titles": long})
    assert refused.value.field == "title"
    assert "SchemaValidation" in refused.value.words


def test_a_list_of_several_pages_is_whole_and_every_record_comes_once(served, client):
    listing = read_list(client, "sections", take=lambda one: one["code"])
    assert sorted(listing.items.values()) == [row[0] for row in MANY]
    assert (listing.problem, listing.requests) == ("", 3)


def test_a_page_that_is_cut_short_is_read_again_and_told_where_it_stays_so(served, client):
    fault(served, "truncated_page")
    assert read_list(client, "sections", take=lambda _one: 1).problem == ""
    fault(served, "truncated_page", times=100)
    assert "of 250 records came" in read_list(client, "sections", take=lambda _one: 1).problem


def test_that_there_is_nothing_is_believed_when_it_is_said_twice(served, client):
    fault(served, "empty_list")
    assert len(ids(client)) == len(MANY)
    fault(served, "empty_list", times=2)
    assert ids(client) == []


def test_a_list_whose_middle_moves_is_read_again(served, client):
    """One goes and one comes between two pages: the count is the same, and one would be missed."""
    asked, moved = client.get, []

    def get(path, **given):
        answer = asked(path, **given)
        if not moved:
            moved.append(True)
            served.sis.apply_revision({"delete": ["S000"]})
            row = served.sis.export()["sections"][0]
            new = {**row, "id": "S900", "section_number": "900", "meetings": [], "instructors": []}
            served.sis.apply_revision({"upsert": [new]})
        return answer

    client.get = get
    listing = read_list(client, "sections", take=lambda one: one["code"])
    assert listing.problem == ""
    assert sorted(listing.items.values()) == [*(row[0] for row in MANY[1:]), "S900"]


def test_check_tells_versions_methods_and_limits_and_what_is_not_there(served, client):
    address = Address.parse(f"ethos+{served.url}?profile=banner&statuses=A:ACTIVE,Q:CANCELLED")
    declared = EthosAdapter(address=address, api_key=KEY, pace=client.pace, zone=None).capabilities
    result = examine(client, address, declared, rate=7)
    facts = dict(result.facts)
    assert facts["requests"] == "at most 7 a second"
    assert facts["sections"] == "version 16.1.0; delete, get, post, put; pages of 100"
    assert result.problems == ("The site has no code Q among its section-statuses; it has A, C, I, P.",)
    asked = client.get

    def older(path, **given):
        answer = asked(path, **given)
        if path == "/admin/available-resources":
            (application,) = answer.document
            for one in application["resources"]:
                if one["name"] == "sections":
                    one["representations"][0] |= {"version": "12.0.0"}
        return answer

    client.get = older
    problems = " ".join(examine(client, address, declared, rate=7).problems)
    assert "sections in version 12; Tandem needs 16: sections are not imported, no create or" in problems


def test_the_pace_is_kept_by_many_and_never_passed():
    now, pace = [0.0], None

    def sleep(seconds):
        now[0] += seconds

    pace = Pace(per_second=10, clock=lambda: now[0], sleep=sleep)
    for _request in range(21):
        pace.take()
    assert now[0] == pytest.approx(2.0)  # the first at once, then ten a second
    pace.slow_down(5)
    pace.take()
    assert now[0] == pytest.approx(7.0)
    pace.take()
    assert now[0] == pytest.approx(7.2)  # half the rate
    for _answer in range(200):
        pace.went_through()
    assert pace._rate == 10


def test_a_slow_sis_is_read_at_nine_tenths_of_the_allowed_rate(served):
    """The delay of each answer is hidden by asking for several pages at once."""
    served.sis.reset()
    served.latency_seconds = 0.1
    try:
        client = EthosClient(base_url=served.url, api_key=KEY, pace=Pace(per_second=20), page=12)
        client.get("/api/sites", resource="sites")
        began = time.monotonic()
        listing = read_list(client, "sections", take=lambda _one: 1)
        seconds = time.monotonic() - began
    finally:
        served.latency_seconds = 0.0
        client.close()
    assert listing.problem == ""
    assert 0.8 * 20 <= listing.requests / seconds <= 20 * 1.1  # the first page goes alone
