"""Outbound: what waits and why, in the words of the integration status; trying again what was rejected."""

import pytest
from django.utils import timezone

from integration.models import Link, MergeState, OutboundChange, TermSwitch
from integration.standing import Standing
from integration.status import status_of_sections
from scheduling.models import ChangeLog, Section
from tests.campus import TERM
from tests.web.console.waiting_campus import (
    REFUSED,
    disputed,
    many_conflicts,
    queries_of,
    without_a_token,
    words_of,
)

PATH = "/console/outbound/"
State = OutboundChange.State


@pytest.fixture
def campus(college):
    return college


def park(campus, *sis_ids, error="VALIDATION", text="The title is too long.", words="ERR-17"):
    rows = []
    for sis_id in sis_ids:
        campus.edit(sis_id, title="Mine")
        row = campus.row(sis_id)
        row.state, row.error_class, row.error_text, row.error_words = State.PARKED, error, text, words
        row.attempts, row.failing_since = 1, timezone.now()
        row.save()
        rows.append(row)
    return rows


# ---- who


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_the_admin_product_sees_the_queue_and_tries_again(person, campus, kind, method):
    [row] = park(campus, "S1")
    assert getattr(person(kind), method)(PATH, {"one": row.pk}).status_code == 403
    row.refresh_from_db()
    assert row.state == State.PARKED


def test_whoever_is_not_signed_in_is_asked_to(person, db):
    assert person("anonymous").get(PATH)["Location"].startswith("/sign-in/")


def test_a_form_of_another_site_tries_nothing_again(admin, campus):
    [row] = park(campus, "S1")
    assert without_a_token(admin.user, PATH, {"one": row.pk}).status_code == 403
    row.refresh_from_db()
    assert row.state == State.PARKED


def test_looking_changes_nothing(admin, campus):
    [row] = park(campus, "S1")
    assert admin.get(f"{PATH}?one={row.pk}&all_of={TERM}/sections").status_code == 200
    row.refresh_from_db()
    assert row.state == State.PARKED


# ---- what waits and why


def test_where_nothing_waits_the_page_says_what_will_be_here(admin, campus):
    assert "Nothing waits" in words_of(admin.get(PATH))
    assert "Nothing matches" in words_of(admin.get(f"{PATH}?q=nothing"))


def test_a_change_that_nothing_hinders_goes_at_once(admin, campus):
    campus.edit("S1", title="Mine")
    page = words_of(admin.get(PATH))
    assert "BIO 101 A" in page
    assert "Waiting to be sent" in page
    assert "At once" in page
    assert "By itself, as soon as the worker comes to it" in page


@pytest.mark.parametrize(
    ("change", "headline", "next_try"),
    [
        ({"is_real_time": False}, "real time is off for Spring 2027", "With the next merge that sends"),
        (
            {"is_real_time": False, "is_sending": False},
            "sending is off for Spring 2027",
            "When it may go",
        ),
    ],
)
def test_a_switch_that_is_off_is_the_reason_and_leads_to_the_terms(admin, campus, change, headline, next_try):
    campus.edit("S1", title="Mine")
    TermSwitch.objects.filter(merge_type="sections").update(**change)
    answer = admin.get(PATH)
    page = words_of(answer)
    assert page.count(headline) == 2  # of the row, and of the queue it stands in
    assert next_try in page
    assert "/console/settings/terms/" in answer.content.decode().partition("<main")[2]


def test_a_pause_is_the_reason_and_says_why(admin, campus):
    campus.edit("S1", title="Mine")
    MergeState.objects.filter(merge_type="sections").update(pause_reason="20 would be removed.")
    page = words_of(admin.get(PATH))
    assert page.count("Paused by a safeguard 20 would be removed.") == 2


def test_a_conflict_is_the_reason_and_leads_there(admin, campus):
    [conflict] = disputed(campus, "S1")
    answer = admin.get(PATH)
    assert "Held: Title differs from the SIS" in words_of(answer)
    assert "When the conflict is settled" in words_of(answer)
    assert f"/console/conflicts/{conflict.pk}/" in answer.content.decode()


def test_what_the_sis_said_stands_beside_the_plain_words(admin, campus):
    park(campus, "S1")
    page = words_of(admin.get(PATH))
    assert "Rejected by the SIS The title is too long. What the SIS said ERR-17" in page
    assert "Not by itself" in page
    assert "1 attempt, failing since then" in page


def test_a_group_waits_for_a_member_that_the_sis_does_not_have(admin, campus):
    new = campus.create()
    campus.crosslist(new, campus.id_of("S1"))
    page = words_of(admin.get(f"{PATH}?type=relationships"))
    assert "Crosslist of BIO 101 A, BIO 101 Z" in page
    assert "Waiting for a crosslist member" in page
    assert "It waits for BIO 101 Z" in page


def test_a_removal_that_waits_is_named_though_the_section_is_gone(admin, campus):
    campus.delete("S4")
    page = words_of(admin.get(PATH))
    assert "CHE 202 B" in page
    assert "Waiting to be sent" in page


def test_the_reason_is_the_one_that_the_section_gives(admin, campus):
    """One answer everywhere: the first reason of the status document is the row's first reason."""
    park(campus, "S1", error="TRANSIENT", text="No answer.")
    disputed(campus, "S2")
    campus.edit("S3", title="Mine")
    campus.create()
    now = timezone.now()
    rows = admin.get(PATH).context["rows"]
    assert len(rows) >= 4
    ids = {one.section_id: one for one in rows if one.type_word == "Sections"}
    for pk, status in status_of_sections(list(ids), Standing(now)).items():
        assert ids[pk].reasons[0].headline == status["headline"]


def test_the_counts_stand_on_top_and_lead_to_their_rows(admin, campus):
    park(campus, "S1")
    campus.edit("S2", title="Mine")
    answer = admin.get(PATH)
    assert "Spring 2027 Sections 1 0 0 1 By itself" in words_of(answer)
    assert f"?term={TERM}&amp;type=sections&amp;state=PARKED" in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("", {"BIO 101 A", "BIO 101 B", "CHE 202 A"}),
        ("state=PARKED", {"BIO 101 A"}),
        ("state=WAITING", {"BIO 101 B", "CHE 202 A"}),
        ("state=DONE", set()),
        ("reason=rejected", {"BIO 101 A"}),
        ("reason=conflict", {"BIO 101 B"}),
        ("reason=closed", set()),
        ("reason=nothing", {"BIO 101 B", "CHE 202 A"}),
        ("reason=gibberish&cursor=x&state=y", {"BIO 101 A", "BIO 101 B", "CHE 202 A"}),
        ("q=CHE", {"CHE 202 A"}),
        ("term=20263", set()),
        ("type=relationships", set()),
    ],
)
def test_the_queue_can_be_filtered(admin, campus, query, labels):
    disputed(campus, "S2")
    campus.edit("S3", title="Mine")
    park(campus, "S1")
    assert {one.label for one in admin.get(f"{PATH}?{query}").context["rows"]} == labels


def test_what_is_paused_is_found_by_that_reason(admin, campus):
    campus.edit("S1", title="Mine")
    MergeState.objects.filter(merge_type="sections").update(pause_reason="Because.")
    assert len(admin.get(f"{PATH}?reason=closed").context["rows"]) == 1


def test_the_queue_goes_page_by_page_and_costs_the_same_queries(admin, campus):
    many_conflicts(60)
    queue = Link.objects.filter(section__section_number__startswith="Q").order_by("id")
    make = [
        OutboundChange(link=link, merge_type="sections", term_id=TERM, next_attempt_at=timezone.now())
        for link in queue
    ]
    OutboundChange.objects.bulk_create(make[:1])
    one, _sql = queries_of(admin, PATH)
    OutboundChange.objects.bulk_create(make[1:])
    many, sql = queries_of(admin, PATH)
    assert many == one, "\n".join(sql)
    assert many <= MOST_QUERIES
    first = admin.get(PATH).context
    assert len(first["rows"]) == 50
    assert len(admin.get(f"{PATH}?cursor={first['page'].next}").context["rows"]) == 10


MOST_QUERIES = 26


# ---- trying again


@pytest.mark.parametrize("field", ["one", "tick"])
def test_a_rejected_change_is_tried_again_in_the_person_s_name(admin, campus, field):
    first, second = park(campus, "S1", "S3")
    answer = admin.post(f"{PATH}?state=PARKED", {field: first.pk})
    assert answer["Location"] == f"{PATH}?state=PARKED"
    assert "1 change is tried again" in words_of(admin.get(answer["Location"]))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.attempts, first.error_text) == (State.WAITING, 0, "")
    assert second.state == State.PARKED
    row = ChangeLog.objects.get(record_type="outbound")
    assert (row.actor, row.source, row.record_id) == (admin.user, ChangeLog.Source.FORM, "S1")
    assert row.before == {"state": "PARKED", "error": "The title is too long."}


def test_all_that_was_rejected_in_a_term_is_tried_again(admin, campus):
    park(campus, "S1", "S3")
    admin.post(PATH, {"all_of": f"{TERM}/sections"})
    assert not OutboundChange.objects.filter(state=State.PARKED).exists()
    campus.sweep()
    assert campus.in_sis("S1")["title"] == "Mine"


@pytest.mark.parametrize("given", [{}, {"tick": "x"}, {"one": "9" * 30}, {"all_of": "20263/sections"}])
def test_what_names_no_row_tries_nothing_again(admin, campus, given):
    [row] = park(campus, "S1")
    page = words_of(admin.get(admin.post(PATH, given)["Location"]))
    assert "Tick what is to be tried again first." in page
    row.refresh_from_db()
    assert row.state == State.PARKED


def test_a_row_that_is_not_rejected_is_left_alone(admin, campus):
    campus.edit("S1", title="Mine")
    row = campus.row("S1")
    page = words_of(admin.get(admin.post(PATH, {"one": row.pk})["Location"]))
    assert "0 changes are tried again" in page
    assert not ChangeLog.objects.filter(record_type="outbound").exists()
    assert Section.objects.get(pk=campus.id_of("S1")).title == "Mine"
