"""Execute Merge: what can be asked for, what is refused in words, and what was asked for last."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.models import MergeProfile, MergeRequest, TermSwitch
from scheduling.models import ChangeLog
from tests.web.console.page_forms import sent_by, words_of

PATH = "/console/execute/"
REFERENCE = ["terms", "departments", "buildings", "rooms", "instructors"]
BOUND = ["courses", "sections", "relationships"]


@pytest.fixture
def term(term_of):
    return term_of("20271", name="Spring 2027")


@pytest.fixture
def sending(term):
    """The term is set to send sections; relationships are only imported."""
    for merge_type in BOUND:
        is_sending = merge_type == "sections"
        TermSwitch.objects.create(term=term, merge_type=merge_type, is_sending=is_sending)


def ask(client, **fields):
    return client.post(PATH, {"sending": "no", "deed": "preview"} | fields)


def asked():
    return MergeRequest.objects.get()


def test_nothing_is_sent_unless_somebody_says_so(admin, sending):
    form = sent_by(admin.get(PATH), holds="sending")

    assert form["sending"] == ["no"]
    assert "types" not in form
    assert "terms" not in form


def test_a_preview_is_asked_for_and_shown(admin, term):
    answer = ask(admin, types=["courses", "sections"], terms=[term.pk])

    request = asked()
    assert answer.headers["Location"] == f"/console/requests/{request.pk}/"
    assert (request.types, request.terms) == (["courses", "sections"], ["20271"])
    assert (request.is_dry_run, request.is_sending, request.state) == (True, False, "WAITING")
    assert request.actor == admin.user
    assert ChangeLog.objects.get(record_type="merge_request").actor == admin.user


def test_pressed_twice_it_is_asked_for_once(admin, term):
    first, second = (ask(admin, types=["sections", "courses"], terms=[term.pk]) for _press in range(2))
    assert first.headers["Location"] == second.headers["Location"] == f"/console/requests/{asked().pk}/"
    assert ChangeLog.objects.filter(record_type="merge_request").count() == 1


@pytest.mark.parametrize(
    ("state", "seconds", "number"),
    [("WAITING", 600, 1), ("RUNNING", 600, 1), ("DONE", 5, 1), ("DONE", 15, 2), ("FAILED", 5, 2)],
)
def test_what_is_over_is_asked_for_anew_after_a_moment(admin, term, state, seconds, number):
    ask(admin, types=["sections"], terms=[term.pk])
    then = timezone.now() - dt.timedelta(seconds=seconds)
    over = {"finished_at": then} if state in {"DONE", "FAILED"} else {"started_at": then, "attempts": 1}
    MergeRequest.objects.update(
        state=state, requested_at=then, **over, error={} if state == "FAILED" else None
    )
    ask(admin, types=["sections"], terms=[term.pk])
    assert MergeRequest.objects.count() == number


@pytest.mark.parametrize(
    "other",
    [{"deed": "import"}, {"types": ["courses"]}, {"types": ["sections", "courses"]}, {"accept_empty": "on"}],
)
def test_another_wish_is_another_request(admin, term, other):
    ask(admin, types=["sections"], terms=[term.pk])
    ask(admin, **({"types": ["sections"], "terms": [term.pk]} | other))
    assert MergeRequest.objects.count() == 2


def test_another_persons_wish_is_their_own(admin, term, person):
    ask(admin, types=["sections"], terms=[term.pk])
    MergeRequest.objects.update(actor=person("viewer").user)
    ask(admin, types=["sections"], terms=[term.pk])
    assert MergeRequest.objects.count() == 2


def test_an_import_can_be_asked_for_without_a_preview(admin, term):
    ask(admin, types=["sections"], terms=[term.pk], deed="import")

    assert not asked().is_dry_run


@pytest.mark.parametrize(
    ("ticked", "types"),
    [
        (["everything"], REFERENCE + BOUND),
        (["reference"], REFERENCE),
        (["reference", "courses"], [*REFERENCE, "courses"]),
        (["relationships", "courses"], ["courses", "relationships"]),
    ],
)
def test_what_is_ticked_is_merged_in_order(admin, term, ticked, types):
    ask(admin, types=ticked, terms=[term.pk])

    assert asked().types == types


def test_reference_data_belongs_to_no_term(admin, term):
    ask(admin, types=["reference"], terms=[term.pk])

    assert asked().terms == []


def test_a_term_that_is_not_here_is_named_by_its_code(admin, term):
    ask(admin, types=["courses"], terms=[term.pk], new_term="20273")

    assert asked().terms == ["20271", "20273"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Tick at least one thing to merge."),
        ({"types": ["sections"]}, "Tick the terms to merge"),
        ({"types": ["sections"], "terms": ["19991"]}, "Term 19991 is not here; import the terms first."),
        (
            {"types": ["courses", "sections"], "terms": ["20271"], "accept_empty": "on"},
            "This goes with exactly one type",
        ),
        (
            {"types": ["sections", "relationships"], "terms": ["20271"], "sending": "yes"},
            "Relationships of Spring 2027 are not set to be sent.",
        ),
        (
            {"types": ["sections"], "terms": ["20271"], "new_term": "20273", "sending": "yes"},
            "Sections of 20273 are not set to be sent.",
        ),
        ({"types": ["courses"], "terms": ["20271"], "sending": "yes"}, "Only sections and relationships"),
        (
            {"types": ["sections"], "terms": ["20271"], "sending": "yes", "deed": "import"},
            "What goes to the SIS is always previewed first.",
        ),
    ],
)
def test_what_cannot_be_asked_for_is_said_and_nothing_starts(admin, sending, fields, sentence):
    assert sentence in words_of(ask(admin, **fields), status=400)
    assert not MergeRequest.objects.exists()


def test_a_sentence_about_a_group_leads_to_it(admin, sending):
    page = ask(admin).content.decode()

    assert 'href="#id_types"' in page
    assert 'id="id_types"' in page


def test_what_was_chosen_stands_again_beside_the_sentence(admin, sending):
    answer = ask(admin, types=["courses"], terms=["20271"], sending="yes")

    form = sent_by(answer, holds="sending")
    assert (form["types"], form["terms"], form["sending"]) == (["courses"], ["20271"], ["yes"])


def test_a_preview_with_sending_where_it_is_on(admin, sending):
    ask(admin, types=["sections"], terms=["20271"], sending="yes")

    assert (asked().is_sending, asked().is_dry_run) == (True, True)


def test_sending_is_barred_with_the_reason_where_no_term_sends(admin, term):
    page = admin.get(PATH)

    assert "No term here is set to send to the SIS" in words_of(page)
    assert 'id="send-yes" disabled' in page.content.decode()


def test_a_term_that_is_over_sends_no_more(admin, term_of):
    term = term_of("20261", starts=-200, ends=-50)
    TermSwitch.objects.create(term=term, merge_type="sections", is_sending=True)

    page = words_of(ask(admin, types=["sections"], terms=[term.pk], sending="yes"), status=400)

    assert "are not set to be sent" in page


def test_each_term_says_what_is_on(admin, sending, term_of):
    term_of("20273", name="Fall 2027")

    page = words_of(admin.get(PATH))

    assert "Courses and relationships: Import · Sections: Import, Send" in page
    assert "Fall 2027 20273 Off" in page


def test_an_address_can_choose_for_somebody(admin, term):
    form = sent_by(admin.get(f"{PATH}?type=sections&term=20271"), holds="sending")

    assert (form["types"], form["terms"]) == (["sections"], ["20271"])


def test_settings_that_cannot_be_used_are_said(admin, term):
    MergeProfile.objects.update(is_active=False)

    assert "No merge profile is active" in words_of(admin.get(PATH))
    assert "No merge profile is active" in words_of(ask(admin, types=["sections"]))
    assert not MergeRequest.objects.exists()


def test_what_runs_stands_before_what_is_over(admin, term):
    over = {"state": "DONE", "finished_at": timezone.now()}
    for values in ({}, over, over):
        MergeRequest.objects.create(types=["rooms"], requested_at=timezone.now(), **values)

    page = words_of(admin.get(PATH))

    assert page.count("Rooms") == 3
    assert page.index("Waiting to begin") < page.index("Done")


def test_nothing_asked_for_yet_is_said(admin, term):
    assert "Nothing yet. Previews and merges" in words_of(admin.get(PATH))


def test_the_page_takes_as_many_queries_for_many_requests_and_terms_as_for_one(admin, sending, term_of):
    counts = []
    for number in (1, 8):
        for one in range(number):
            term_of(f"2{number}{one}")
            MergeRequest.objects.create(
                types=["sections"], terms=["20271"], requested_at=timezone.now(), actor=admin.user
            )
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(PATH).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 16


@pytest.mark.parametrize("kind", ["no product", "no role", "viewer", "scheduler", "registrar"])
@pytest.mark.parametrize("path", [PATH, "/console/requests/1/", "/console/runs/", "/console/runs/1/"])
def test_only_the_admin_product_opens_these_pages(person, kind, path):
    client = person(kind)
    for answer in (client.get(path), client.get(f"{path}changes.csv") if path.endswith("runs/1/") else None):
        assert answer is None or answer.status_code == 403


@pytest.mark.parametrize("kind", ["no product", "no role", "viewer", "scheduler", "registrar"])
def test_nobody_else_starts_a_merge(person, term, kind):
    assert ask(person(kind), types=["sections"], terms=[term.pk]).status_code == 403
    assert not MergeRequest.objects.exists()


def test_who_is_not_signed_in_is_sent_to_sign_in(person, term):
    client = person("anonymous")
    assert client.get(PATH).status_code == 302
    assert ask(client, types=["sections"]).status_code == 302
    assert not MergeRequest.objects.exists()


def test_a_request_is_dated_in_the_institutions_zone(admin, term):
    at = dt.datetime(2027, 1, 12, 17, 0, tzinfo=dt.UTC)
    MergeRequest.objects.create(types=["rooms"], requested_at=at)

    with timezone.override("America/Chicago"):
        assert "12 Jan 2027, 11:00" in words_of(admin.get(PATH))


@pytest.mark.parametrize(
    ("trigger", "in_list", "on_page"),
    [
        ("NIGHTLY", "The night's merge", "Asked for by the night's merge"),
        ("AD_HOC", "An operator", "Asked for by an operator"),
    ],
)
def test_a_request_of_nobody_says_what_asked(admin, term, trigger, in_list, on_page):
    made = MergeRequest.objects.create(types=["rooms"], requested_at=timezone.now(), trigger=trigger)
    assert in_list in words_of(admin.get(PATH))
    assert on_page in words_of(admin.get(f"/console/requests/{made.pk}/"))
