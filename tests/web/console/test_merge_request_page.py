"""The page of a request: how it goes, what a preview found, and carrying that out."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.models import MergeRequest, MergeRun, Plan
from integration.requests import carry_out, request_approval, request_merge
from integration.sis.port import MergeType
from tests.campus import TERM
from tests.merge_desk import SIXTY, Desk, large_tables
from tests.web.console.page_forms import words_of

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def desk_with(db, tmp_path, settings):
    def make(tables=None):
        made = Desk(
            folder=tmp_path / "sis", django_settings=settings, **({"tables": tables} if tables else {})
        )
        made.load()
        made.enable()
        return made

    return make


@pytest.fixture
def desk(desk_with):
    return desk_with()


@pytest.fixture
def ask(admin):
    """Asks for merges of the campus's term and carries them out; the request as it is then."""

    def make(*types, is_done=True, terms=(TERM,), is_sending=False, is_dry_run=True, **given):
        request = request_merge(
            types=[MergeType(one) for one in types],
            terms=list(terms),
            is_sending=is_sending,
            is_dry_run=is_dry_run,
            actor=admin.user,
            now=timezone.now(),
            **given,
        )
        if is_done:
            carry_out(request.pk)
            request.refresh_from_db()
        return request

    return make


def path_of(request):
    return f"/console/requests/{request.pk}/"


def execute(client, request, **fields):
    return client.post(path_of(request), {"do": "deed"} | fields)


def executions():
    return MergeRequest.objects.filter(is_dry_run=False)


# ---- while it works


def test_a_request_that_waits_says_so_and_asks_again_by_itself(admin, desk, ask):
    request = ask("sections", is_done=False)

    answer = admin.get(path_of(request))

    page = words_of(answer)
    assert "Preview of an import Waiting to begin Sections of Spring 2027. Asked for by full-admin" in page
    assert "It begins as soon as a background worker is free." in page
    assert 'hx-trigger="every 2s"' in answer.content.decode()
    assert f'href="{path_of(request)}">Refresh' in answer.content.decode()


@pytest.mark.parametrize(("seconds", "is_said"), [(5, False), (31, True)])
def test_that_no_worker_runs_is_said_after_half_a_minute(admin, desk, ask, seconds, is_said):
    request = ask("sections", is_done=False)
    MergeRequest.objects.update(requested_at=timezone.now() - dt.timedelta(seconds=seconds))

    assert ("No worker seems to be running." in words_of(admin.get(path_of(request)))) is is_said


def test_a_request_that_waits_for_another_merge_says_which(admin, desk, ask):
    request = ask("sections", is_done=False)
    MergeRequest.objects.update(
        notes=["Another merge of sections of 20271 is running."],
        requested_at=timezone.now() - dt.timedelta(minutes=5),
        attempts=1,
        started_at=timezone.now(),
    )

    page = words_of(admin.get(path_of(request)))

    assert "Another merge of sections of 20271 is running." in page
    assert "No worker" not in page


def test_progress_is_shown_run_by_run(admin, desk, ask):
    request = ask("courses", "sections", is_done=False)
    MergeRequest.objects.update(state="RUNNING", started_at=timezone.now(), attempts=1)
    given = {"request": request, "started_at": timezone.now(), "term_id": TERM}
    MergeRun.objects.create(merge_type="courses", status="SUCCEEDED", counts={"read": 2}, **given)
    progress = {"step": "read and plan", "done": 2000, "total": 8000}
    MergeRun.objects.create(merge_type="sections", progress=progress, **given)

    answer = admin.get(path_of(request), headers=FRAGMENT)

    page = answer.content.decode()
    assert "<html" not in page
    assert "Courses of Spring 2027: 2 read, nothing changed" in page
    assert '<progress value="2000" max="8000">2,000 of 8,000 records</progress>' in page
    assert "Reading the SIS and making the plan" in page
    assert "HX-Refresh" not in answer.headers


def test_the_page_is_loaded_anew_when_it_is_over(admin, desk, ask):
    assert admin.get(path_of(ask("sections")), headers=FRAGMENT).headers["HX-Refresh"] == "true"


# ---- what a preview found


def test_a_preview_shows_counts_that_lead_to_their_rows(admin, desk, ask):
    desk.edit_in_sis("S1", capacity=44)
    request = ask("sections")

    answer = admin.get(path_of(request))

    assert "1 to change in Tandem" in words_of(answer)
    run = request.runs.get()
    assert f"/console/runs/{run.pk}/?side=LOCAL&amp;action=UPDATE#rows" in answer.content.decode()


def test_the_button_says_how_much_and_carries_out_this_very_preview(admin, desk, ask):
    desk.edit_in_sis("S1", capacity=44)
    desk.edit("S3", capacity=55)
    preview = ask("courses", "sections", is_sending=True)
    assert "Import 1 section and send 1 update" in words_of(admin.get(path_of(preview)))

    answer = execute(admin, preview)

    made = executions().get()
    assert answer.headers["Location"] == path_of(made)
    assert (made.preview, made.types, made.terms) == (preview, ["courses", "sections"], [TERM])
    assert made.is_sending
    carry_out(made.pk)
    assert desk.section("S1").capacity == 44
    assert desk.in_sis("S3")["capacity"] in {"55", 55}
    report = words_of(admin.get(path_of(made)))
    assert f"It carries out preview {preview.pk} ." in report
    assert "Report of the run" in report


def test_a_preview_is_carried_out_once(admin, desk, ask):
    desk.edit_in_sis("S1", capacity=44)
    preview = ask("sections")

    first, second = execute(admin, preview), execute(admin, preview)

    assert executions().count() == 1
    assert first.headers["Location"] == second.headers["Location"]
    assert "This preview has been carried out" in words_of(admin.get(path_of(preview)))


def test_a_preview_that_finds_nothing_has_no_button(admin, desk, ask):
    preview = ask("courses", "sections")
    answer = admin.get(path_of(preview))

    assert "Nothing to do: both sides hold the same." in words_of(answer)
    assert 'value="deed"' not in answer.content.decode()
    assert "Courses of Spring 2027 2 read, nothing changed" in words_of(answer)
    assert execute(admin, preview).status_code == 409
    assert not executions().exists()


def test_a_preview_that_is_not_over_cannot_be_carried_out(admin, desk, ask):
    assert execute(admin, ask("sections", is_done=False)).status_code == 409
    assert not executions().exists()


def test_a_merge_that_is_done_cannot_be_carried_out_again(admin, desk, ask):
    desk.edit_in_sis("S1", capacity=44)
    request = ask("sections", is_dry_run=False)

    assert execute(admin, request).status_code == 409
    assert executions().get() == request


# ---- removals are typed


@pytest.mark.parametrize("typed", ["", "2", "one", "1.0"])
def test_what_removes_from_the_sis_waits_for_its_number(admin, desk, ask, typed):
    desk.delete("S4")
    preview = ask("sections", is_sending=True)
    assert "1 record will be cancelled or removed." in words_of(admin.get(path_of(preview)))

    page = words_of(execute(admin, preview, number=typed), status=400)

    assert "Nothing was done. Type 1 to confirm: What was typed is not the number of records" in page
    assert not executions().exists()


def test_the_right_number_lets_removals_go(admin, desk, ask):
    desk.delete("S4")

    execute(admin, ask("sections", is_sending=True), number=" 1 ")

    carry_out(executions().get().pk)
    assert "S4" not in desk.adapter.sections(TERM)


def test_few_removals_in_tandem_alone_need_no_number_and_many_do(admin, desk_with, ask):
    desk = desk_with(large_tables(60))
    desk.vanish(*SIXTY[:4])
    few = words_of(admin.get(path_of(ask("sections"))))
    desk.vanish(SIXTY[4])
    many = words_of(admin.get(path_of(ask("sections"))))

    assert "Remove 4 records from Tandem" in few
    assert "to confirm" not in few
    assert "Type 5 to confirm" in many


# ---- what stops


def test_a_safeguard_is_said_before_and_the_plan_waits_after(admin, desk_with, ask):
    desk = desk_with(large_tables(60))
    desk.vanish(*SIXTY[:6])
    preview = ask("sections")
    page = words_of(admin.get(path_of(preview)))
    assert "A safeguard would hold Sections of Spring 2027" in page
    assert "Make the plan and let it wait for a decision" in page
    assert "to confirm" not in page

    execute(admin, preview)

    request = executions().get()
    carry_out(request.pk)
    plan = Plan.objects.get(status="NEEDS_APPROVAL")
    page = admin.get(path_of(request))
    assert f'href="/console/plans/{plan.pk}/">Look at the plan and decide' in page.content.decode()
    assert len(desk.here) == 60


def test_an_sis_that_is_away_is_said_and_can_be_tried_again(admin, desk, ask):
    (desk.folder).rename(desk.folder.with_name("gone"))
    preview = ask("sections", is_sending=True)
    page = words_of(admin.get(path_of(preview)))
    assert "Not all of it could be done" in page
    assert "Failed" in page
    desk.folder.with_name("gone").rename(desk.folder)

    answer = admin.post(path_of(preview), {"do": "again"})

    again = MergeRequest.objects.latest("pk")
    assert answer.headers["Location"] == path_of(again)
    assert again.pk != preview.pk
    assert (again.is_dry_run, again.is_sending, again.types) == (True, True, ["sections"])


def test_what_is_left_of_a_preview_is_previewed_anew(admin, desk, ask):
    desk.edit("S3", capacity=55)
    preview = ask("sections", is_sending=True)
    execute(admin, preview)
    request = executions().get()
    desk.folder.rename(desk.folder.with_name("gone"))
    carry_out(request.pk)
    assert "Preview what is left" in words_of(admin.get(path_of(request)))

    admin.post(path_of(request), {"do": "again"})

    again = MergeRequest.objects.latest("pk")
    assert (again.is_dry_run, again.preview, again.is_sending) == (True, None, True)


def test_an_import_that_failed_is_tried_again_as_it_was(admin, desk, ask):
    desk.folder.rename(desk.folder.with_name("gone"))
    request = ask("sections", is_dry_run=False)

    admin.post(path_of(request), {"do": "again"})

    again = MergeRequest.objects.latest("pk")
    assert again.pk != request.pk
    assert not again.is_dry_run


def test_an_approval_that_failed_is_answered_on_its_plan_alone(admin, desk_with, ask):
    desk = desk_with(large_tables(60))
    desk.vanish(*SIXTY[:6])
    ask("sections", is_dry_run=False)
    plan = Plan.objects.get(status="NEEDS_APPROVAL")
    request = request_approval(plan, only=None, actor=admin.user, now=timezone.now())
    over = {"state": "FAILED", "finished_at": timezone.now(), "error": {"message": "The SIS is away."}}
    MergeRequest.objects.filter(pk=request.pk).update(**over)

    page = admin.get(path_of(request))

    assert "The SIS is away." in words_of(page)
    assert f'href="/console/plans/{plan.pk}/"' in page.content.decode()
    assert admin.post(path_of(request), {"do": "again"}).status_code == 409


def test_sending_that_was_switched_off_meanwhile_is_said(admin, desk, ask):
    desk.edit("S3", capacity=55)
    preview = ask("sections", is_sending=True)
    desk.enable(send=False, real_time=False)

    answer = execute(admin, preview)

    assert "not set to be sent" in words_of(answer, status=409)
    assert not executions().exists()


def test_what_went_well_is_not_tried_again(admin, desk, ask):
    assert admin.post(path_of(ask("sections")), {"do": "again"}).status_code == 409
    assert MergeRequest.objects.count() == 1


def test_an_empty_answer_leads_to_asking_for_this_type_alone(admin, desk, ask):
    desk.vanish("S1", "S2", "S3", "S4")
    page = admin.get(path_of(ask("sections")))

    assert "The SIS answered with no sections where Tandem holds 4." in words_of(page)
    assert "/console/execute/?type=sections&amp;term=20271" in page.content.decode()


def test_an_approval_leads_to_its_plan(admin, desk_with, ask):
    desk = desk_with(large_tables(60))
    desk.vanish(*SIXTY[:6])
    ask("sections", is_dry_run=False)
    plan = Plan.objects.get(status="NEEDS_APPROVAL")
    request = request_approval(plan, only=None, actor=admin.user, now=timezone.now())
    carry_out(request.pk)

    page = words_of(admin.get(path_of(request)))

    assert f"Approval of plan {plan.pk}" in page
    assert "6 removed from Tandem" in page


def test_held_and_rejected_records_are_named(admin, desk, ask):
    desk.edit_in_sis("S1", title="Theirs")
    desk.edit("S1", title="Ours")
    page = words_of(admin.get(path_of(ask("sections"))))

    assert "Done, look at it" in page
    assert "BIO 101 A Title is Ours here and Theirs in the SIS" in page


def test_a_number_that_is_no_request_is_not_found(admin):
    assert admin.get("/console/requests/77/").status_code == 404
    assert admin.post("/console/requests/77/", {"do": "deed"}).status_code == 404


def test_a_request_with_many_merges_takes_as_many_queries_as_one(admin, desk, ask):
    counts = []
    for types in (["sections"], [one.value for one in MergeType]):
        desk.edit_in_sis("S1", capacity=len(types) + 40)
        path = path_of(ask(*types))
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(path).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 14
