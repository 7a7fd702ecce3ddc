"""Plans: those that wait, one with its rows, approving all, some or none of it, and who was quicker."""

import pytest

from integration.models import MergeRequest, Plan
from integration.plan_deeds import deed_of
from integration.plan_selection import How, Selection
from integration.requests import carry_out
from integration.sis.port import MergeType
from scheduling.paging import PAGE_SIZE
from tests.campus import TERM
from tests.web.console.waiting_campus import (
    REFUSED,
    held_plan,
    plan_path,
    queries_of,
    without_a_token,
    words_of,
)

LIST = "/console/plans/"


@pytest.fixture
def plan_of(college):
    return held_plan


@pytest.fixture
def plan(plan_of):
    return plan_of(removals=6, creates=3, updates=2, is_sending=True)


def ids_of(plan, key):
    return list(plan.rows.filter(record_key__startswith=key).order_by("id").values_list("id", flat=True))


def the_request(plan):
    return MergeRequest.objects.get(plan=plan)


# ---- who


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_the_admin_product_sees_and_answers_plans(person, plan, kind, method):
    client = person(kind)
    for given in ({"how": "all", "shown": "11", "number": "6"}, {"refuse": "1", "reason": "No."}):
        assert getattr(client, method)(plan_path(plan), given).status_code == 403
    assert client.get(LIST).status_code == 403
    plan.refresh_from_db()
    assert plan.status == Plan.Status.NEEDS_APPROVAL
    assert not plan.requests.exists()


def test_whoever_is_not_signed_in_is_asked_to(person, plan):
    for path in (LIST, plan_path(plan)):
        assert person("anonymous").get(path)["Location"].startswith("/sign-in/")


def test_a_form_of_another_site_answers_nothing(admin, plan):
    for given in ({"how": "all", "shown": "11", "number": "6"}, {"refuse": "1", "reason": "No."}):
        assert without_a_token(admin.user, plan_path(plan), given).status_code == 403
    assert not plan.requests.exists()


def test_looking_and_reviewing_change_nothing(admin, plan):
    for query in ("", "?refuse=1&reason=x", "?how=all&shown=11&number=6", "?review=all"):
        assert admin.get(plan_path(plan, query)).status_code == 200
    plan.refresh_from_db()
    assert plan.status == Plan.Status.NEEDS_APPROVAL
    assert not plan.requests.exists()


def test_the_list_takes_no_post_and_an_unknown_plan_is_not_found(admin, db):
    assert admin.post(LIST).status_code == 405
    assert admin.get(f"{LIST}4711/").status_code == 404


# ---- looking


def test_a_plan_that_waits_is_listed_with_its_reason_and_its_numbers(admin, plan):
    page = words_of(admin.get(LIST))
    assert "Sections of Spring 2027 plan" in page
    assert "Waits for a person Why it waits 20 of 60 records would be removed in Tandem." in page
    assert "6 removed from Tandem" in page
    assert "2 changed in the SIS" in page


@pytest.mark.parametrize(
    ("status", "group"),
    [("REJECTED", "decided"), ("SUPERSEDED", "replaced"), ("DRY_RUN", "looked-at"), ("APPLIED", "decided")],
)
def test_plans_that_wait_no_more_are_found_by_a_filter(admin, plan, status, group):
    Plan.objects.filter(pk=plan.pk).update(
        status=status, decided_by=admin.user, decided_at="2027-01-12T12:00Z"
    )
    assert "No plan waits" in words_of(admin.get(LIST))
    page = words_of(admin.get(f"{LIST}?state={group}&type=sections&term={TERM}"))
    assert "Sections of Spring 2027 plan" in page
    assert "12 Jan 2027, 12:00 by full-admin" in page
    assert "No such plan" in words_of(admin.get(f"{LIST}?state={group}&type=rooms"))


def test_plans_that_no_person_decided_are_not_listed_as_decided(admin, college):
    assert "No such plan" in words_of(admin.get(f"{LIST}?state=decided"))


def test_the_page_of_a_plan_says_why_how_much_and_what(admin, plan):
    page = words_of(admin.get(plan_path(plan)))
    assert "Why it waits 20 of 60 records would be removed" in page
    assert "Apply 3 changes in Tandem; remove 6 records from Tandem; send 2 updates…" in page
    assert "Before Old Tandem Mine SIS Old Result Mine" in page
    assert "Only Tandem changed it since both sides agreed" in page


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("side=SIS", 2),
        ("action=DELETE", 6),
        ("side=LOCAL&action=CREATE", 3),
        ("field=title", 2),
        ("q=R1", 1),
        ("cursor=nonsense", 11),
        ("side=x&action=y", 11),
    ],
)
def test_the_rows_can_be_filtered(admin, plan, query, number):
    assert len(admin.get(plan_path(plan, f"?{query}")).context["page"].rows) == number


def test_ticks_go_along_from_page_to_page(admin, plan_of):
    plan = plan_of(removals=PAGE_SIZE + 5)
    first, *_rest, last = ids_of(plan, "R")
    page = admin.get(plan_path(plan)).context["page"]
    after = admin.get(plan_path(plan), {"tick": [first], "cursor": page.next})
    assert after.context["kept"] == str(first)
    back = admin.get(
        plan_path(plan), {"tick": [last], "kept": str(first), "cursor": after.context["page"].previous}
    )
    assert back.context["kept"] == str(last)
    assert f'value="{first}" checked' in back.content.decode()
    review = admin.get(plan_path(plan), {"tick": [first], "kept": str(last), "review": "ticked"})
    assert "Remove 2 records from Tandem" in words_of(review)


def test_more_ticks_than_an_address_holds_are_refused_in_words(admin, plan):
    kept = "-".join(map(str, range(1, 400)))
    answer = admin.get(plan_path(plan, f"?kept={kept}"))
    assert "At most 300 rows can be ticked" in words_of(answer)
    assert len(answer.context["ticked"]) == 300


def test_the_list_and_the_page_cost_the_same_queries_however_many_rows(admin, plan_of):
    few = plan_of(removals=1, updates=1)
    small = queries_of(admin, plan_path(few))[0], queries_of(admin, LIST)[0]
    many = plan_of(removals=80, creates=80, updates=80)
    page, sql = queries_of(admin, plan_path(many))
    large = page, queries_of(admin, LIST)[0]
    assert large == small == (PAGE_QUERIES, LIST_QUERIES), "\n".join(sql)


PAGE_QUERIES = 10
"""Session, user with rights; plan; rows, own fields twice, names; approval; settings; terms."""
LIST_QUERIES = 5
"""Session, user with rights; plans; terms twice."""


# ---- approving


def test_all_of_a_plan_is_approved_once_its_removals_were_typed(admin, plan):
    review = words_of(admin.get(plan_path(plan, "?review=all")))
    assert "approve all of it?" in review
    assert "It cancels or removes 6 records. To go on, type that number." in review
    given = {"how": "all", "shown": "11"}
    for typed in ("", "5", "six"):
        page = words_of(admin.post(plan_path(plan), given | {"number": typed}))
        assert "Nothing was done. It cancels or removes 6: type that number to go on." in page
    assert not plan.requests.exists()
    answer = admin.post(plan_path(plan), given | {"number": "6"})
    wish = the_request(plan)
    assert answer["Location"] == f"/console/requests/{wish.pk}/"
    assert (wish.approved_rows, wish.actor) == (None, admin.user)


def test_nothing_has_to_be_typed_where_nothing_is_removed(admin, plan_of):
    plan = plan_of(creates=3)
    assert "type that number" not in words_of(admin.get(plan_path(plan, "?review=all")))
    assert admin.post(plan_path(plan), {"how": "all", "shown": "3"}).status_code == 302
    assert the_request(plan).approved_rows is None


@pytest.mark.parametrize(
    ("how", "given", "keys"),
    [
        ("ticked", "R", "R"),
        ("unticked", "R", "CU"),
        ("matching", {"action": "CREATE"}, "C"),
        ("others", {"action": "DELETE"}, "CU"),
        ("matching", {"side": "SIS"}, "U"),
        ("others", {"q": "R0"}, "RCU"),
    ],
)
def test_a_part_of_a_plan_is_approved(admin, plan, how, given, keys):
    asked = {"kept": "-".join(map(str, ids_of(plan, given)))} if isinstance(given, str) else given
    review = admin.get(plan_path(plan), asked | {"review": how})
    deed = review.context["deed"]
    expected = [pk for key in keys for pk in ids_of(plan, key)]
    if given == {"q": "R0"}:
        expected.remove(ids_of(plan, "R0")[0])
    assert deed.total == len(expected)
    assert deed.declined == 11 - len(expected)
    answer = admin.post(
        plan_path(plan), asked | {"how": how, "shown": str(deed.total), "number": str(deed.removals)}
    )
    assert answer["Location"].startswith("/console/requests/")
    assert the_request(plan).approved_rows == sorted(expected)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?review=ticked", "Tick some rows first."),
        ("?review=unticked", "Tick some rows first."),
        ("?review=matching", "Choose a filter first"),
        ("?review=everything", "Say which rows are to be applied."),
        ("?review=matching&q=nothing", "None of these rows changes anything."),
    ],
)
def test_where_nothing_is_chosen_the_page_says_so(admin, plan, query, sentence):
    answer = admin.get(plan_path(plan, query))
    assert answer.status_code == 302
    assert sentence in words_of(admin.get(answer["Location"]))


def test_rows_that_are_no_longer_what_was_shown_are_not_approved(admin, plan):
    answer = admin.post(plan_path(plan), {"how": "all", "shown": "10", "number": "6"})
    assert "no longer what was shown" in words_of(answer, status=409)
    assert not plan.requests.exists()


def test_a_form_that_says_nothing_sound_approves_nothing(admin, plan):
    answer = admin.post(plan_path(plan), {"how": "perhaps"})
    assert "Nothing was approved" in words_of(admin.get(answer["Location"]))
    assert not plan.requests.exists()


# ---- a real plan, from the page to the SIS


def test_what_was_approved_on_the_page_is_what_the_worker_applies(admin, plan_of, college):
    college.edit("S1", title="Mine")
    college.edit("S3", title="Mine")
    outcome = college.try_merge([MergeType.SECTIONS], sends=True, is_dry_run=True)
    plan = Plan.objects.get(run=outcome.runs[0])
    Plan.objects.filter(pk=plan.pk).update(status="NEEDS_APPROVAL", trips=["Look."], is_sending=True)
    row = plan.rows.get(record_key="S1", side="SIS")
    admin.post(plan_path(plan), {"how": "ticked", "kept": str(row.pk), "shown": "1"})
    carry_out(the_request(plan).pk)
    assert college.in_sis("S1")["title"] == "Mine"
    assert college.in_sis("S3")["title"] == "Title of S3"


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({"removals": 1}, "Remove 1 record from Tandem"),
        ({"creates": 2, "updates": 1}, "Apply 2 changes in Tandem and send 1 update"),
        ({}, ""),
    ],
)
def test_the_button_says_how_much(plan_of, counts, sentence):
    assert deed_of(plan_of(**counts), Selection(how=How.ALL)).sentence == sentence
