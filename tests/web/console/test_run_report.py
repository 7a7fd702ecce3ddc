"""The report of a run: counts, the rows that changed with their three values, issues, and the file."""

import csv
import io
import shutil

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integration.before_after import COLUMNS, guarded
from integration.models import MergeRun, Plan, PlanRow, RunIssue
from tests.campus import TERM
from tests.merge_desk import Desk
from tests.web.console.page_forms import words_of


@pytest.fixture
def desk(loaded_college, db, tmp_path, settings):
    shutil.copytree(loaded_college.folder, tmp_path / "sis")
    return Desk(folder=tmp_path / "sis", django_settings=settings, registrar=loaded_college.registrar)


def latest(merge_type="sections"):
    return MergeRun.objects.filter(merge_type=merge_type).latest("pk")


def path_of(run):
    return f"/console/runs/{run.pk}/"


def report(client, query="", run=None):
    return words_of(client.get(path_of(run or latest()) + query)).replace("&#x27;", "'")


def changed_on_both_sides(desk):
    """One change that came in, one that went out, one held."""
    desk.edit_in_sis("S1", capacity=44)
    desk.edit("S3", capacity=55)
    desk.edit_in_sis("S4", title="Theirs")
    desk.edit("S4", title="Ours")
    desk.merge(["sections"], sends=True)


def test_every_count_is_told_in_words(admin, desk):
    changed_on_both_sides(desk)

    page = report(admin)

    assert "Sections of Spring 2027 Before and after (CSV) Done, with issues 4 read" in page
    assert "Created 0 0 Changed 1 1 Cancelled 0 0 Removed 0 0" in page
    for words in (
        "Read from the SIS 4",
        "The same on both sides 1",
        "Not shown by the SIS for the first time 0",
        "Changed in Tandem and not sent in this run 0",
        "Sent, and not confirmed by the SIS yet 0",
        "Held for a person 1",
        "Rejected 0",
    ):
        assert words in page


def test_a_change_shows_its_three_values_and_the_rule(admin, desk):
    changed_on_both_sides(desk)

    page = report(admin)

    assert "Capacity Before 30 Tandem 30 SIS 44 Result 44 Only the SIS changed it" in page
    assert "Capacity Before 30 Tandem 55 SIS 30 Result 55 Only Tandem changed it" in page
    held = page.partition("Held for a person Title")[2]
    assert held.startswith(" stays as it is Before Title of S4 Tandem Ours SIS Theirs Both sides changed it")


def test_records_that_did_not_change_have_no_row(admin, desk):
    changed_on_both_sides(desk)

    assert "BIO 101 B" not in report(admin)


def test_a_row_leads_to_its_section(admin, desk):
    changed_on_both_sides(desk)

    assert f'href="/sections/{desk.id_of("S1")}/"' in admin.get(path_of(latest())).content.decode()


def test_a_new_record_shows_what_it_brings_by_name(admin, desk):
    page = report(admin, run=latest())

    row = page.partition("BIO 101 A S1 Create in Tandem")[2].partition("BIO 101 B")[0]
    assert "fields, all new" in row
    assert "Instructors Ada Yonath (primary)" in row
    assert "MWF 9:00–9:50 am · HAL 101" in row
    assert "Course BIO 101" in row


def test_the_members_of_a_group_are_shown_by_name(admin, desk):
    page = report(admin, run=latest("relationships"))

    assert "Crosslist of CHE 202 A, CHE 202 B X1 Create in Tandem" in page
    assert "Members CHE 202 A (primary); CHE 202 B" in page


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("?side=LOCAL", {"S1", "S4"}),
        ("?side=SIS", {"S3"}),
        ("?action=HOLD", {"S4"}),
        ("?action=UPDATE", {"S1", "S3"}),
        ("?side=SIS&action=UPDATE", {"S3"}),
        ("?field=title", {"S4"}),
        ("?q=bio", {"S1"}),
        ("?q=S3", {"S3"}),
        ("?q=nothing", set()),
        ("?side=moon&action=AGREE", {"S1", "S3", "S4"}),
    ],
)
def test_rows_are_filtered(admin, desk, query, keys):
    changed_on_both_sides(desk)
    labels = {"S1": "BIO 101 A", "S3": "CHE 202 A", "S4": "CHE 202 B"}

    page = admin.get(path_of(latest()) + query).content.decode().partition('id="rows-title"')[2]

    assert {key for key, label in labels.items() if f">{label}</a></h3>" in page} == keys
    assert ("No row fits these filters." in page) is (not keys)


def test_a_preview_says_that_nothing_was_changed(admin, desk):
    desk.edit_in_sis("S1", capacity=44)
    desk.merge(["sections"], is_dry_run=True)

    page = report(admin)

    assert "This was a preview: nothing was changed on either side." in page
    assert "1 to change in Tandem" in page
    assert "What it would change" in page


def test_a_run_that_found_nothing_says_so(admin, desk):
    desk.merge(["sections"])

    assert "Nothing changed: both sides hold the same." in report(admin)


def test_a_run_without_a_plan_says_why_and_shows_no_rows(admin, desk):
    desk.vanish("S1", "S2", "S3", "S4")
    desk.try_merge(["sections"])

    page = report(admin)

    assert "Stopped, no data" in page
    assert "The SIS answered with no sections where Tandem holds 4." in page
    assert "This run came to no plan, so it changed nothing." in page
    assert "Before and after (CSV)" not in page


def test_steps_settings_and_plan_are_told(admin, desk):
    changed_on_both_sides(desk)

    page = report(admin)

    assert "Reading the SIS and making the plan 0" in page
    assert "Sending to the SIS 0" in page
    assert f"Plan plan {latest().plan.pk} : applied" in page
    assert "Merge settings Default v1" in page
    assert "Sends Yes" in page


def test_a_real_time_run_shows_its_rows(admin, desk):
    desk.edit("S3", capacity=55)
    desk.sweep()

    page = report(admin)

    assert "Started by Real time" in page
    assert "Capacity Before 30 Tandem 55 SIS 30 Result 55" in page


def test_a_run_at_work_shows_progress_and_asks_again(admin, desk):
    run = MergeRun.objects.create(
        merge_type="sections",
        term_id=TERM,
        started_at=latest().started_at,
        progress={"step": "send", "done": 3, "total": 16},
    )

    page = admin.get(path_of(run)).content.decode()
    assert 'hx-trigger="every 2s"' in page
    assert "3 of 16 records" in page
    fragment = admin.get(path_of(run), headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    assert "HX-Refresh" not in fragment.headers
    MergeRun.objects.filter(pk=run.pk).update(status="SUCCEEDED")
    assert admin.get(path_of(run), headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_a_run_that_is_not_there_is_not_found(admin):
    assert admin.get("/console/runs/77/").status_code == 404
    assert admin.get("/console/runs/77/changes.csv").status_code == 404


# ---- issues


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"H", "R", "N"}),
        ("&kind=held", {"H"}),
        ("&kind=rejected", {"R"}),
        ("&kind=notice", {"N"}),
        ("&kind=odd", {"H", "R", "N"}),
    ],
)
def test_issues_are_told_by_kind_and_with_their_place(admin, run_of, query, shown):
    run = run_of("sections")
    for key, code, is_notice in (
        ("H", "HELD_ASK", False),
        ("R", "UNKNOWN_COURSE", False),
        ("N", "SAID", True),
    ):
        RunIssue.objects.create(
            run=run,
            record=f"REC-{key}",
            code=code,
            message="What it is.",
            file="sections.csv",
            line=7,
            column="course_id",
            is_notice=is_notice,
        )

    page = report(admin, f"?show=issues{query}", run=run)

    assert {key for key in "HRN" if f"REC-{key}" in page} == shown
    assert "sections.csv:7, course_id" in page
    assert "All (3) Held for a person (1) Rejected (1) Worth knowing (1)" in page


def test_issues_go_on_page_by_page(admin, run_of):
    run = run_of("sections")
    RunIssue.objects.bulk_create(RunIssue(run=run, record=f"R{n}", code="X", message="m") for n in range(60))

    first = admin.get(f"{path_of(run)}?show=issues").content.decode()
    after = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")

    assert "show=issues" in after
    second = report(admin, after, run=run)
    assert "R59" in second
    assert "R49 " not in second


@pytest.mark.parametrize("show", ["", "show=issues&"])
def test_a_page_that_is_not_there_shows_the_first(admin, desk, show):
    assert "could not be found" in report(admin, f"?{show}cursor=nonsense", run=latest())


# ---- the file


def rows_of_file(client, run=None):
    answer = client.get(f"{path_of(run or latest())}changes.csv")
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return answer, list(csv.DictReader(io.StringIO(text)))


def test_the_file_has_a_line_for_each_field(admin, desk):
    changed_on_both_sides(desk)

    answer, rows = rows_of_file(admin)

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert f'filename="run-{latest().pk}-sections-20271.csv"' in answer["Content-Disposition"]
    assert tuple(rows[0]) == COLUMNS
    came = next(row for row in rows if row["record"] == "S1")
    assert list(came.values()) == [
        *("sections", "20271", "S1", "BIO 101 A", "Tandem", "Change in Tandem", "Capacity"),
        *("30", "30", "44", "44", "SIS_CHANGED"),
        "Only the SIS changed it since both sides agreed, so the SIS's value was taken.",
        "",
    ]
    held = next(row for row in rows if row["record"] == "S4")
    assert (held["tandem"], held["sis"], held["result"]) == ("Ours", "Theirs", "")


def test_a_removal_is_a_line_without_a_field(admin, desk):
    desk.vanish("S2")
    desk.merge(["sections"])

    _answer, rows = rows_of_file(admin)

    assert [(row["record"], row["action"], row["field"]) for row in rows] == [
        ("S2", "Remove from Tandem", "")
    ]


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(admin, desk, value):
    desk.edit("S1", title=f"{value} x")
    desk.edit_in_sis("S1", title="Cells")
    desk.merge(["sections"])

    (row,) = [row for row in rows_of_file(admin)[1] if row["record"] == "S1"]

    assert not row["tandem"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert value.strip() in row["tandem"]
    assert guarded(value) == f"'{value}"


def test_the_file_of_a_run_without_a_plan_has_only_its_header(admin, run_of):
    assert rows_of_file(admin, run_of("rooms"))[1] == []


def test_the_file_is_not_kept_by_browsers_and_streams(admin, desk):
    answer, _rows = rows_of_file(admin)

    assert "no-store" in answer["Cache-Control"]
    assert answer.streaming


# ---- costs


def test_a_report_takes_as_many_queries_for_many_rows_as_for_one(admin, desk):
    run = latest()
    counts = []
    for number in (1, 300):
        plan = Plan.objects.get(run=run)
        given = dict.fromkeys(("base", "ours"), 30) | dict.fromkeys(("theirs", "result"), 44)
        row = {"side": "LOCAL", "action": "UPDATE", "fields": {"capacity": given | {"rule": "SIS_CHANGED"}}}
        PlanRow.objects.bulk_create(
            PlanRow(plan=plan, record_key=f"K{number}-{n}", label=f"BIO {n}", **row) for n in range(number)
        )
        RunIssue.objects.bulk_create(
            RunIssue(run=run, record=f"R{n}", code="X", message="m") for n in range(number)
        )
        for query in ("?action=UPDATE", "?show=issues"):
            with CaptureQueriesContext(connection) as queries:
                assert admin.get(path_of(run) + query).status_code == 200
            counts.append(len(queries))

    assert counts[:2] == counts[2:]
    assert max(counts) <= 13
