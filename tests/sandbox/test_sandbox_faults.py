"""Faults, and what the journal says of the writes that met them."""

import time

import httpx
import pytest

from tests.sandbox.test_sandbox_writing import new_section

ON_SECTIONS = {"method": "POST", "resource": "sections"}


def order(caller, then, when=ON_SECTIONS, **how):
    caller.control("faults", [{"when": when, "then": then, **how}])


def post(caller):
    return caller.send("POST", "sections", new_section(caller))


@pytest.mark.parametrize(
    ("then", "status", "took_effect"),
    [
        ("refuse", 400, False),
        ("locked", 400, False),
        ("too_many_requests", 429, False),
        ("maintenance", 503, False),
        ("expired_token", 401, False),
        ("error_500_after_effect", 500, True),
    ],
)
def test_a_fault_strikes_once_and_the_journal_tells_the_truth(caller, then, status, took_effect):
    order(caller, then)
    first = post(caller)
    caller.log_in()
    second = post(caller)

    assert first.status_code == status
    assert ("retry-after" in first.headers) is (status in {429, 503})
    assert second.status_code == (400 if took_effect else 201), "the number is taken only if it took effect"
    written = caller.control("journal")
    assert [one["took_effect"] for one in written] == [took_effect, not took_effect]
    assert [one["answer"]["status"] for one in written] == [status, second.status_code]
    assert len(caller.all("sections")) == 8


@pytest.mark.parametrize(("then", "took_effect"), [("reset_before", False), ("timeout_after_effect", True)])
def test_an_answer_can_be_lost(caller, then, took_effect):
    order(caller, then)
    with pytest.raises(httpx.TransportError):
        post(caller)

    (write,) = caller.control("journal")
    assert (write["method"], write["resource"], write["answer"]) == ("POST", "sections", None)
    assert write["took_effect"] is took_effect
    assert len(caller.all("sections")) == (8 if took_effect else 7)


def test_a_page_can_be_cut_short_or_empty(caller):
    whole = caller.list("sections")
    order(caller, "truncated_page", {"method": "GET"})
    order(caller, "empty_list", {"resource": "sections"})
    caller.http.get(f"/api/sections/{whole.json()[0]['id']}").raise_for_status()  # no list: not struck
    short, empty = caller.list("sections"), caller.list("sections")

    assert (len(short.json()), short.headers["x-total-count"]) == (3, "7")
    assert (empty.json(), empty.headers["x-total-count"]) == ([], "0")
    assert caller.list("sections").json() == whole.json()


def test_slowness_adds_up_with_another_fault(caller):
    order(caller, "slow", {"resource": "sites"}, seconds=0.2)
    order(caller, "too_many_requests", {"resource": "sites"})
    begun = time.monotonic()

    assert caller.list("sites").status_code == 429
    assert time.monotonic() - begun >= 0.2
    assert caller.list("sites").status_code == 200


def test_faults_by_chance_are_the_same_for_the_same_seed(caller):
    def met():
        caller.control("faults", [])
        caller.control(
            "faults", [{"then": "maintenance", "when": {"resource": "sites"}, "p": 0.5, "seed": 7}]
        )
        return [caller.list("sites").status_code for _time in range(12)]

    first = met()
    assert set(first) == {200, 503}
    assert met() == first
    assert caller.control("faults", []) == {"faults": 0}


@pytest.mark.parametrize(
    "fault",
    [
        {"then": "explode"},
        {"when": {}},
        {"then": "slow", "when": {"day": "Monday"}},
        {"then": "slow", "when": "x"},
    ],
)
def test_a_fault_that_does_not_exist_is_refused(colleague, fault):
    answer = colleague.http.post("/sandbox/faults", json=[fault])

    assert answer.status_code == 400
    assert "fault" in answer.json()["error"]
    assert colleague.control("faults") == []


def test_the_journal_keeps_every_write_in_order(caller):
    section = caller.section("S004")["id"]
    caller.send("PUT", "sections", {"maxEnrollment": 3}, section)
    caller.send("PUT", "sections", {"colour": "red"}, section)
    made = post(caller).json()

    first, second, third = caller.control("journal")
    assert (first["method"], first["id"], first["body"]) == ("PUT", section, {"maxEnrollment": 3})
    assert (second["took_effect"], second["answer"]["status"]) == (False, 400)
    assert (third["id"], third["answer"]["body"]) == (made["id"], made)
