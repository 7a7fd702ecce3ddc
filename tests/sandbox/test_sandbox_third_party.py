"""`EllucianEthosPythonClient`, which others wrote for the real thing, works against the sandbox."""

import pytest

from integration.sandbox.identity import NIL

reason = "EllucianEthosPythonClient is not installed"
client = pytest.importorskip("EllucianEthosPythonClient", reason=reason)


@pytest.fixture
def session(caller):
    """(its client, its log-in)."""
    api = client.EllucianEthosAPIClient(baseURL=caller.url)
    return api, api.getLoginSessionFromAPIKey("any-key")


def test_it_reads_changes_and_hears_of_it(session, caller):
    api, login = session
    sections = list(api.getResourceIterator(login, "sections", version="16.1.0", pageSize=3))
    assert [one.dict["code"] for one in sections] == ["S001", "S002", "S003", "S004", "S005", "S006", "T001"]
    person = next(iter(api.getResourceIterator(login, "persons")))
    assert (person.version, person.dict["names"][0]["lastName"]) == ("12.4.0", "Farris")

    section = api.getResource(login, "sections", sections[3].resourceID)
    section.dict["maxEnrollment"] = 12
    section.save(login)

    assert caller.row("sections", id="S004")["capacity"] == "12"
    (message,) = api.getChangeNotificationIterator(login, pageLimit=5, maxRequests=2)
    assert (message.operation, message.resourceName) == ("replaced", "sections")
    assert message.resourceWrapper.dict == section.dict


def test_it_makes_and_removes_records(banner):
    api = client.EllucianEthosAPIClient(baseURL=banner.url)
    login = api.getLoginSessionFromAPIKey("any-key")
    members = [
        {"section": {"id": banner.section(code)["id"]}, "type": kind}
        for code, kind in (("S002", "primary"), ("S006", "secondary"))
    ]

    body = {"id": NIL, "sections": members, "maxEnrollment": 60}
    made = api.createResource(login, "section-crosslists", body, version="6")
    assert banner.row("relationships", id="X002")["capacity"] == "60"
    api.deleteResource(
        login, "section-crosslists", made.resourceID
    )  # it takes 200 for done, as Banner says it

    assert api.getResource(login, "section-crosslists", made.resourceID) is None


def test_it_renews_a_token_that_ran_out(session, caller):
    api, login = session
    caller.control("faults", [{"when": {"resource": "sites"}, "then": "expired_token"}])

    assert len(list(api.getResourceIterator(login, "sites"))) == 1
    assert api.getResource(login, "sites", NIL) is None
