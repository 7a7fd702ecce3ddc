"""The change feed, and what a registrar does in the SIS meanwhile."""

import httpx

from tests.sandbox.test_sandbox_writing import meeting, new_section


def told(caller, **query):
    """(operation, resource) of the messages, and how many are left."""
    answer = caller.http.get("/consume", params=query)
    return [(one["operation"], one["resource"]["name"]) for one in answer.json()], answer.headers[
        "x-remaining"
    ]


def test_our_own_writes_come_back(caller):
    section = caller.send("POST", "sections", new_section(caller)).json()
    caller.send("PUT", "sections", {"maxEnrollment": 9}, section["id"])
    whole = caller.http.get(f"/api/sections/{section['id']}").json()
    event = caller.send("POST", "instructional-events", meeting(whole)).json()
    caller.send("DELETE", "instructional-events", guid=event["id"])

    made, replaced, met, gone = caller.http.get("/consume").json()
    assert [one["operation"] for one in (made, replaced, met, gone)] == [
        *("created", "replaced", "created", "deleted")
    ]
    assert replaced["resource"]["version"] == "application/vnd.hedtech.integration.v16.1.0+json"
    assert replaced["contentType"] == "resource-representation"
    assert replaced["content"] == whole
    assert gone["content"] == {"id": event["id"]}
    assert "version" not in gone["resource"]


def test_a_revision_is_told_part_by_part(caller):
    assert caller.control("advance", {"revisions": 5}) == {"applied": 2, "revision": 2, "left": 0}

    messages, _left = told(caller)
    assert messages == [
        ("created", "sections"),
        ("created", "instructional-methods"),
        ("deleted", "section-crosslists"),
        ("deleted", "sections"),
        ("replaced", "sections"),
        ("created", "instructional-events"),
        ("deleted", "section-instructors"),
    ]
    assert caller.row("meetings", section_id="S001", id="2")["start_date"] == "2024-09-05"
    assert [row["kind"] for row in caller.control("export")["relationships"]] == ["LINKED"]


def test_the_changes_file_may_grow_while_it_is_served(served):
    server = served("colleague")
    with httpx.Client(base_url=server.url) as registrar:
        registrar.post("/sandbox/advance", json={"revisions": 9})
        with server.sis.changes.open("a") as file:
            file.write('\n{"delete": ["S002"]}')
        grown = registrar.post("/sandbox/advance", json={"revisions": 9}).json()
        assert (grown["applied"], grown["left"]) == (1, 0)
        assert "S002" not in [one["id"] for one in registrar.get("/sandbox/export").json()["sections"]]

        with server.sis.changes.open("a") as file:
            file.write("\n{oops")
        refused = registrar.post("/sandbox/advance", json={"revisions": 9})

    assert refused.status_code == 400
    assert "line 4 is no JSON object" in refused.json()["error"]


def test_without_a_position_a_batch_is_taken_away_by_the_next_call(caller):
    for places in (1, 2, 3):
        caller.send("PUT", "sections", {"maxEnrollment": places}, caller.section("S004")["id"])

    assert caller.http.head("/consume").headers["x-remaining"] == "3"
    assert told(caller, limit=2) == ([("replaced", "sections")] * 2, "1")
    assert caller.http.head("/consume").headers["x-remaining"] == "1"
    assert told(caller, limit=2) == ([("replaced", "sections")], "0")
    assert told(caller) == ([], "0")
    assert told(caller, lastProcessedID=1) == ([], "0"), "they are gone"


def test_with_a_position_what_comes_after_it_comes_again(caller):
    for places in (1, 2, 3):
        caller.send("PUT", "sections", {"maxEnrollment": places}, caller.section("S004")["id"])

    for _time in range(2):
        answer = caller.http.get("/consume", params={"lastProcessedID": 1, "limit": 1})
        assert [one["id"] for one in answer.json()] == ["2"]
        assert answer.headers["x-remaining"] == "1"


def test_reset_is_the_first_state(caller):
    before = caller.control("export")
    caller.control("advance", {"revisions": 2})
    caller.send("PUT", "sections", {"maxEnrollment": 1}, caller.section("S004")["id"])
    caller.control("faults", [{"then": "maintenance", "times": 9}])

    caller.control("reset", {})

    assert caller.control("export") == before
    assert caller.control("journal") == []
    assert told(caller) == ([], "0")
    assert caller.control("advance", {"revisions": 1})["left"] == 1
