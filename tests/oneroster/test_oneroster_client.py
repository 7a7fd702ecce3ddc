"""How the adapter asks a OneRoster service, and what it makes of odd answers."""

import pytest

from integration.sis.oneroster.address import STANDARD_BASE, Address
from integration.sis.oneroster.client import SCOPE, Client
from integration.sis.port import (
    BadRecord,
    BadSisUrl,
    MergeType,
    SisDenied,
    SisRateLimited,
    SisUnreadable,
)
from integration.sis.registry import open_adapter
from tandem_conformance.institution import TERM
from tandem_conformance.sis_under_test import read_all, values_of
from tests.oneroster.oneroster_server import KEY
from tests.oneroster.oneroster_sis import OneRosterSis

SECTIONS = MergeType.SECTIONS


@pytest.fixture(scope="module")
def one_sis():
    made = OneRosterSis()
    yield made
    made.close()


@pytest.fixture
def sis(one_sis):
    one_sis.renew()
    return one_sis


@pytest.fixture
def client_of(sis):
    """Clients with another key, pace or address; they are closed at the end."""
    made = []

    def make(*, url=sis.server.url, key=KEY, per_second=1_000, **rest):
        made.append(Client(address=Address.parse(url, key=key), per_second=per_second, **rest))
        return made[-1]

    yield make
    for client in made:
        client.close()


def asked(sis, path):
    return [query for _method, where, query in sis.service.requests if where == path]


# ---- the token


def test_a_token_is_asked_for_once_with_the_key_and_the_scope_to_read(sis):
    read_all(sis.adapter)
    (token,) = asked(sis, "/oauth/token")  # the service refuses another Authorization than the key
    assert token == {"grant_type": ["client_credentials"], "scope": [SCOPE]}


def test_a_token_that_ran_out_is_renewed(sis):
    read_all(sis.adapter)
    sis.service.token = "token-2"
    assert len(read_all(sis.adapter).records) == 6
    assert len(asked(sis, "/oauth/token")) == 2


def test_a_wrong_key_is_denied_and_shown_nowhere(client_of):
    client = client_of(key="tandem:wrong-secret")
    with pytest.raises(SisDenied, match="is SIS_API_KEY right") as denied:
        client.get("/terms", {})
    assert "wrong-secret" not in f"{client!r} {denied.value.words}"


# ---- waiting


def test_a_short_wait_that_the_sis_asks_for_is_waited(sis):
    sis.service.fault = ("busy", 2)
    assert len(read_all(sis.adapter).records) == 6


def test_a_long_wait_ends_the_reading_and_is_passed_on(sis):
    sis.fail("rate_limited", "READ")
    with pytest.raises(SisRateLimited) as limited:
        read_all(sis.adapter)
    assert (limited.value.retry_after_seconds, limited.value.words) == (60, "no luck")


def test_requests_keep_the_pace_that_the_institution_allows(client_of):
    pauses = []
    client = client_of(per_second=0.001, sleep=pauses.append)
    for _time in range(3):
        client.get("/terms", {"limit": 1, "offset": 0})
    assert [round(pause / 1_000) for pause in pauses] == [1, 2, 3]  # the token's request counts too


# ---- lists


def test_pages_are_in_order_and_each_begins_with_the_last_record_of_the_one_before(sis):
    read_all(sis.adapter)
    pages = asked(sis, f"/terms/{TERM}/classes")
    assert [page["offset"] for page in pages] == ["0", "1", "2", "3", "4"]
    assert {(page["limit"], page["sort"], page["orderBy"]) for page in pages} == {("2", "sourcedId", "asc")}
    assert {page["filter"] for page in asked(sis, "/enrollments")} == {"role='teacher'"}


def test_a_service_that_does_not_count_is_read_to_its_end_and_proves_nothing(sis):
    sis.service.counts = False
    read = read_all(sis.adapter)
    assert len(read.records) == 6
    assert (read.evidence.is_complete, read.evidence.is_proven) == (True, False)


def test_a_list_that_is_shorter_than_it_says_is_not_complete(sis):
    sis.service.short = 99
    evidence = read_all(sis.adapter).evidence
    assert (evidence.is_complete, evidence.reason) == (False, "The SIS counts 6 classes and gave 1.")


def test_a_service_that_knows_no_filter_makes_no_student_a_teacher(sis):
    sis.service.filters = False
    teams = [values_of(one)["instructors"] for one in read_all(sis.adapter).records.values()]
    assert {one.instructor for team in teams for one in team} == {"I1", "I2", "I3"}


def test_a_class_that_is_to_be_deleted_is_gone(sis):
    sis.service.odd["S001"] = {"status": "tobedeleted"}
    read = read_all(sis.adapter)
    assert "S001" not in read.records
    assert read.evidence.is_proven


# ---- records that cannot be taken


def refused(read):
    return {
        one.sis_id: [issue.code for issue in one.issues] for one in read.bad if isinstance(one, BadRecord)
    }


def test_a_class_that_cannot_be_read_is_refused_and_the_others_go_on(sis):
    sis.service.odd["S001"] = {"title": 7}
    read = read_all(sis.adapter)
    assert refused(read) == {"S001": ["UNREADABLE_RECORD"]}
    assert len(read.records) == 5
    assert read.evidence.is_complete


def test_a_class_without_an_id_leaves_the_list_incomplete(sis):
    sis.service.odd["S001"] = {"sourcedId": None}
    assert not read_all(sis.adapter).evidence.is_complete


def test_a_class_of_a_course_that_is_not_listed_is_refused(sis):
    sis.service.odd["S001"] = {"course": {"sourcedId": "GONE"}}
    assert refused(read_all(sis.adapter)) == {"S001": ["UNKNOWN_COURSE"]}


def test_who_teaches_is_never_guessed_where_an_enrolment_cannot_be_read(sis):
    sis.service.odd["S002-I2"] = {"user": None}
    assert refused(read_all(sis.adapter)) == {"S002": ["UNREADABLE_RECORD"]}
    sis.service.odd["S002-I2"] = {"user": None, "class": None}
    with pytest.raises(SisUnreadable, match="S002-I2 of enrollments cannot be read"):
        read_all(sis.adapter)


def test_a_course_whose_code_shows_no_subject_is_refused(sis):
    sis.service.odd["MATH126"] = {"courseCode": "Independent"}
    assert refused(read_all(sis.adapter, MergeType.COURSES)) == {"MATH126": ["COURSE_CODE"]}


def test_a_department_without_a_code_is_refused_and_none_is_removed(sis):
    sis.service.odd["org-ART"] = {"identifier": " "}
    read = read_all(sis.adapter, MergeType.DEPARTMENTS)
    assert [one.issues[0].code for one in read.bad] == ["NO_ID"]
    assert not read.evidence.is_complete


def test_an_address_that_is_no_such_service_is_told(sis, client_of):
    client = client_of(url=sis.server.url.replace("?", "/wrong/base?"))
    with pytest.raises(SisUnreadable, match="is the path in SIS_URL right"):
        client.get("/terms", {})


# ---- SIS_URL


def test_the_address_may_be_short(settings):
    settings.SIS_API_KEY, settings.SIS_MAX_REQUESTS_PER_SECOND = "id:secret", 3
    made = open_adapter("oneroster+https://sis.example.edu?token=https://login.example.edu/token&page=50")
    assert made.address == Address(
        base_url=f"https://sis.example.edu{STANDARD_BASE}",
        token_url="https://login.example.edu/token",
        client_id="id",
        secret="secret",
        page=50,
    )
    assert made.per_second == 3
    assert made.capabilities.writes == {}


@pytest.mark.parametrize(
    ("url", "key", "says"),
    [
        ("oneroster+https://h", "a:b", "where access tokens are given"),
        ("oneroster+https://h?token=/t", "", "CLIENT_ID:SECRET"),
        ("oneroster+https://h?token=/t", "only-an-id", "CLIENT_ID:SECRET"),
        ("oneroster+https:///x?token=/t", "a:b", "must name the host"),
        ("oneroster+https://a:b@h?token=/t", "a:b", "must not hold a key"),
        ("oneroster+https://h?token=/t&colour=red", "a:b", "oneroster knows token, page"),
        ("oneroster+https://h?token=/t&page=1", "a:b", "2 or more"),
        ("oneroster+http://sis.example.edu?token=/t", "a:b", "must use https"),
        ("oneroster+https://h?token=http://h/t", "a:b", "must use https"),
        ("oneroster+https://h:port?token=/t", "a:b", "cannot be read"),
    ],
)
def test_an_address_that_cannot_be_used_says_what_to_write(url, key, says):
    with pytest.raises(BadSisUrl, match=says):
        Address.parse(url, key=key)
