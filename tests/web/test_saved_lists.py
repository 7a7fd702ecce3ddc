"""Lists of sections kept under a name."""

import pytest

from scheduling.models import ChangeLog
from scheduling.services.saved_lists import MOST

HERE = "/terms/20271/lists/"
LIST = "/terms/20271/sections/"


@pytest.fixture
def scheduler(person, term_of):
    term_of("20271")
    return person("scheduler")


def keep(client, name, query="status=ACTIVE&only=no-room", **more):
    return client.post(HERE, {"do": "save", "name": name, "query": query} | more)


def kept(client):
    client.user.refresh_from_db()
    return [(one["name"], one["query"]) for one in client.user.saved_lists]


def told(client, answer):
    return client.get(answer.headers["Location"]).content.decode()


def test_a_list_is_kept_shown_and_forgotten(scheduler):
    answer = keep(scheduler, "  My  rooms ", "status=ACTIVE&only=no-room&cursor=abc")
    assert answer.headers["Location"] == f"{LIST}?status=ACTIVE&only=no-room"
    assert kept(scheduler) == [("My rooms", "status=ACTIVE&only=no-room")]
    page = told(scheduler, answer)
    assert "kept as “My rooms”" in page
    assert f'<a href="{LIST}?status=ACTIVE&amp;only=no-room" aria-current="true">My rooms</a>' in page
    answer = scheduler.post(HERE, {"do": "forget", "name": "My rooms", "query": ""})
    assert kept(scheduler) == []
    assert "is forgotten" in told(scheduler, answer)


def test_a_name_stands_for_one_list(scheduler):
    keep(scheduler, "Mine", "status=ACTIVE")
    keep(scheduler, "Mine", "status=CANCELLED")
    assert kept(scheduler) == [("Mine", "status=CANCELLED")]


def test_lists_are_everybodys_own(scheduler, person):
    keep(scheduler, "Mine")
    assert "Mine" not in person("registrar").get(LIST).content.decode()


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a\x00b"])
def test_a_name_that_is_none_is_refused_in_a_sentence(scheduler, name):
    answer = keep(scheduler, name)
    assert kept(scheduler) == []
    assert answer.status_code == 302


def test_a_name_too_long_is_told(scheduler):
    assert "name of up to 40 letters" in told(scheduler, keep(scheduler, "x" * 41))


@pytest.mark.parametrize("query", ["q=" + "x" * 2000, "q=%00", "a=1%0d%0aX-Y:%201", "//elsewhere.example/"])
def test_an_address_that_cannot_be_kept_changes_nothing_and_leads_nowhere_else(scheduler, query):
    answer = keep(scheduler, "Odd", query)
    assert answer.headers["Location"].startswith(LIST)
    assert "\n" not in answer.headers["Location"]
    assert scheduler.get(answer.headers["Location"]).status_code in {200, 302}


def test_there_is_an_end_to_them(scheduler):
    for number in range(MOST + 1):
        answer = keep(scheduler, f"List {number:02d}")
    assert len(kept(scheduler)) == MOST
    assert "forget one first" in told(scheduler, answer)
    keep(scheduler, "List 03", "status=CANCELLED")
    assert ("List 03", "status=CANCELLED") in kept(scheduler)


def test_keeping_is_audited_and_keeping_the_same_again_is_not(scheduler):
    keep(scheduler, "Mine")
    keep(scheduler, "Mine")
    row = ChangeLog.objects.get(record_type="user", field="saved_lists")
    assert (row.actor, row.before) == (scheduler.user, [])
    assert row.after == [{"name": "Mine", "query": "status=ACTIVE&only=no-room"}]


@pytest.mark.parametrize(
    ("kind", "status"), [("anonymous", 302), ("no product", 403), ("no role", 403), ("viewer", 302)]
)
def test_who_sees_the_schedule_may_keep_lists(person, term_of, kind, status):
    term_of("20271")
    client = person(kind)
    answer = keep(client, "Mine")
    assert answer.status_code == status
    if client.user:
        assert bool(kept(client)) is (kind == "viewer")


def test_looking_at_the_address_changes_nothing(scheduler):
    assert scheduler.get(HERE, {"do": "save", "name": "x"}).headers["Location"] == LIST
    assert kept(scheduler) == []
