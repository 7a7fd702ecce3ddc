"""The other endpoints: making and ending sections, terms, courses, phases, runs, outbound."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.models import Link, MergeRun, OutboundChange
from phases.models import Phase, RolePermission, TimelineEntry
from scheduling.models import ChangeLog, Role, RoleAssignment, Section, Term
from tests.api.conftest import call, new_group, refused

ROOT = "/api/v1/"


# ---- sections


def test_a_section_is_made_with_its_address_and_version(biology, scheduler):
    body = {"term": "20271", "course": "BIO-101", "section_number": "A", "capacity": 24, "credits": "1.00"}
    answer = call(scheduler, "post", "sections/", body)
    assert answer.status_code == 201, answer.content
    made = Section.objects.get()
    assert answer.headers["Location"] == f"/api/v1/sections/{made.pk}/"
    assert answer.headers["ETag"] == '"1"'
    document = answer.json()
    assert (document["section_number"], document["capacity"], document["status"]) == ("A", 24, "ACTIVE")
    assert document["warnings"] == []
    row = ChangeLog.objects.get(record_type="section")
    assert (row.action, row.source, row.actor) == ("CREATE", "API", scheduler.user)


@pytest.mark.usefixtures("biology", "art")
@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"term": "nowhere"}, 404, "NOT_FOUND"),
        ({"term": None}, 400, "INVALID_VALUE"),
        ({"term": 20271}, 400, "INVALID_VALUE"),
        ({"custom": 5}, 400, "INVALID_VALUE"),
        ({"course": "ART-101"}, 403, "ACTION_REFUSED"),
        ({"course": "NO-1"}, 400, "INVALID_VALUE"),
        ({"section_number": ""}, 400, "INVALID_VALUE"),
        ({"crn": "9"}, 403, "FIELD_LOCKED"),
        ({"sis_id": "9"}, 400, "UNKNOWN_FIELD"),
        ({"nonsense": "9"}, 400, "UNKNOWN_FIELD"),
    ],
)
def test_a_section_that_cannot_be_made_says_why(scheduler, changes, status, code):
    body = {"term": "20271", "course": "BIO-101", "section_number": "A"} | changes
    refused(call(scheduler, "post", "sections/", body), status, code)
    assert not Section.objects.exists()


def test_a_section_that_its_maker_would_not_see_is_not_made(art, scheduler):
    desk = Role.objects.create(code="DESK", name="Desk")
    RolePermission.objects.create(role=desk, permission="create_section", grant="ALLOW")
    RoleAssignment.objects.create(user=scheduler.user, role=desk, is_for_all_departments=True)
    body = {"term": "20271", "course": "ART-101", "section_number": "A"}
    refused(call(scheduler, "post", "sections/", body), 404, "NOT_FOUND")
    assert not Section.objects.exists()
    assert not ChangeLog.objects.filter(record_type="section").exists()


def test_a_number_is_given_once(section, registrar):
    body = {"term": "20271", "course": "BIO-101", "section_number": section.section_number}
    refused(call(registrar, "post", "sections/", body), 409, "NUMBER_TAKEN")


def test_a_section_is_cancelled_at_the_version_that_was_read(section, registrar):
    path = f"sections/{section.pk}/cancel/"
    refused(call(registrar, "post", path), 428, "VERSION_REQUIRED")
    refused(call(registrar, "post", path, version=9), 412, "STALE_VERSION")
    answer = call(registrar, "post", path, version=1)
    assert (answer.status_code, answer.json()["status"]) == (200, "CANCELLED")
    assert answer.headers["ETag"] == '"2"'


def test_cancelling_with_students_is_done_and_told(section, registrar):
    Section.objects.filter(pk=section.pk).update(enrollment=7)
    answer = call(registrar, "post", f"sections/{section.pk}/cancel/", version=1)
    assert "STUDENTS_ENROLLED" in [one["code"] for one in answer.json()["warnings"]]


def test_a_section_is_deleted_unless_students_are_in_it(section, registrar):
    path = f"sections/{section.pk}/"
    Section.objects.filter(pk=section.pk).update(enrollment=7)
    refused(call(registrar, "delete", path, version=1), 403, "ACTION_REFUSED")
    Section.objects.filter(pk=section.pk).update(enrollment=0)
    refused(call(registrar, "delete", path), 428, "VERSION_REQUIRED")
    assert call(registrar, "delete", path, version=1).status_code == 204
    refused(call(registrar, "delete", path, version=1), 404, "NOT_FOUND")


def test_another_departments_section_is_not_there(section, api_of, art):
    stranger = api_of("SCHEDULER", ["ART"])
    for method, path in (
        ("get", ""),
        ("patch", ""),
        ("delete", ""),
        ("post", "cancel/"),
    ):
        body = {"title": "x"} if method == "patch" else None
        refused(call(stranger, method, f"sections/{section.pk}/{path}", body, version=1), 404, "NOT_FOUND")
    section.refresh_from_db()
    assert section.version == 1


# ---- terms, courses, phases


def test_terms_tell_their_phase_and_timeline(term, registrar):
    now = timezone.now()
    draft, final = Phase.objects.get(name="Draft"), Phase.objects.get(name="Published")
    TimelineEntry.objects.create(term=term, phase=draft, starts_at=now - dt.timedelta(days=1))
    TimelineEntry.objects.create(term=term, phase=final, starts_at=now + dt.timedelta(days=1))
    (shown,) = call(registrar, "get", "terms/").json()["results"]
    assert (shown["code"], shown["phase"]) == ("20271", "Draft")
    assert [one["phase"] for one in shown["timeline"]] == ["Draft", "Published"]
    assert call(registrar, "get", "terms/20271/").json() == shown
    for conditions, found in (("term=20271", 1), ("term=2027", 0), ("search=spring", 1), ("search=fall", 0)):
        assert len(call(registrar, "get", f"terms/?{conditions}").json()["results"]) == found
    refused(call(registrar, "get", "terms/nowhere/"), 404, "NOT_FOUND")
    refused(call(registrar, "get", "terms/%00/"), 404, "NOT_FOUND")


def test_courses_are_those_of_the_departments_one_sees(biology, art, registrar, scheduler):
    assert [one["subject"] for one in call(registrar, "get", "courses/").json()["results"]] == ["BIO", "ART"]
    (own,) = call(scheduler, "get", "courses/").json()["results"]
    assert own == {
        "id": "C-BIO-101",
        "term": "20271",
        "subject": "BIO",
        "number": "101",
        "title": "Cells",
        "credits": "1.00",
        "department": "BIO",
        "is_active": True,
    }
    assert call(registrar, "get", "courses/?subject=ART&term=20271").json()["results"][0]["id"] == "C-ART-101"
    for words, found in (("bio 101", 1), ("cells", 1), ("bio art", 0)):
        assert len(call(registrar, "get", f"courses/?search={words}").json()["results"]) == found
    refused(call(registrar, "get", "courses/?color=red"), 400, "INVALID")


def test_phases_hold_their_rules(term, registrar):
    shown = call(registrar, "get", "phases/").json()["results"]
    assert {one["name"] for one in shown} >= {"Draft", "Registration", "Closed"}
    closed = next(one for one in shown if one["name"] == "Closed")
    assert {"role", "field", "rule"} == closed["field_rules"][0].keys()
    assert {"role", "action", "rule"} == closed["action_rules"][0].keys()


def test_phases_say_what_each_role_may_then_and_of_others_only_to_who_edits_phases(
    term, registrar, scheduler
):
    shown = {one["name"]: one for one in call(registrar, "get", "phases/").json()["results"]}
    matrix = {name: {one["role"]: one for one in phase["matrix"]} for name, phase in shown.items()}
    assert {"REGISTRAR", "SCHEDULER", "VIEWER"} <= matrix["Draft"].keys()
    assert matrix["Draft"]["SCHEDULER"]["fields"]["capacity"]
    assert not matrix["Published"]["SCHEDULER"]["fields"]["capacity"]
    assert not matrix["Draft"]["REGISTRAR"]["fields"]["crn"]
    assert matrix["Draft"]["SCHEDULER"]["actions"]["create_section"]
    assert not matrix["Draft"]["VIEWER"]["actions"]["create_section"]
    for phase in call(scheduler, "get", "phases/").json()["results"]:
        told = [*phase["field_rules"], *phase["action_rules"], *phase["matrix"]]
        assert {one["role"] for one in told} == {"SCHEDULER"}
        assert phase["matrix"] == [matrix[phase["name"]]["SCHEDULER"]]


@pytest.mark.parametrize("role", ["VIEWER", "SCHEDULER", "INSTRUCTOR"])
def test_the_admin_product_adds_no_role_to_the_phases(term, api_of, role):
    admin = api_of(role, everywhere=True, has_admin=True)
    for phase in call(admin, "get", "phases/").json()["results"]:
        assert [one["role"] for one in phase["matrix"]] == [role]


# ---- runs and outbound changes


@pytest.fixture
def run(term):
    return MergeRun.objects.create(
        merge_type="sections",
        term=term,
        status=MergeRun.Status.SUCCEEDED,
        started_at=dt.datetime(2027, 1, 12, 12, tzinfo=dt.UTC),
        finished_at=dt.datetime(2027, 1, 12, 12, 1, tzinfo=dt.UTC),
        counts={"read": 3},
    )


def waiting(section):
    link = Link.objects.create(merge_type="sections", term=section.term, section=section)
    return OutboundChange.objects.create(
        link=link, merge_type="sections", term=section.term, next_attempt_at=timezone.now()
    )


def test_runs_are_listed_and_read(run, registrar):
    (line,) = call(registrar, "get", "runs/?type=sections&term=20271").json()["results"]
    assert (line["id"], line["seconds"], line["counts"]) == (run.pk, 60.0, {"read": 3})
    whole = call(registrar, "get", f"runs/{run.pk}/").json()
    assert whole["issues"] == []
    assert (whole["trigger"], whole["term"]) == ("AD_HOC", "20271")
    refused(call(registrar, "get", "runs/999999/"), 404, "NOT_FOUND")
    refused(call(registrar, "get", "runs/?type=section"), 400, "INVALID")


def test_a_run_of_a_term_that_is_not_here_tells_the_code_it_was_asked_for(run, registrar):
    MergeRun.objects.update(term=None, asked_term="20279", is_dry_run=True)
    (line,) = call(registrar, "get", "runs/?term=20279").json()["results"]
    assert line["term"] == "20279"
    assert call(registrar, "get", f"runs/{run.pk}/").json()["term"] == "20279"


def test_what_waits_is_listed_with_the_reason(section, registrar):
    row = waiting(section)
    (shown,) = call(registrar, "get", "outbound/").json()["results"]
    assert (shown["id"], shown["section"], shown["state"]) == (row.pk, section.pk, "WAITING")
    assert shown["reasons"][0]["headline"]
    OutboundChange.objects.update(state="DONE")
    assert call(registrar, "get", "outbound/").json()["results"] == []
    for condition in ("state=DONE", "type=courses", "section=1.5", "section=nan", "section=" + "9" * 30):
        refused(call(registrar, "get", f"outbound/?{condition}"), 400, "INVALID")


def test_what_waits_is_told_of_ones_own_departments(section, art, sections_of, scheduler):
    waiting(sections_of(art)[0])
    own = waiting(section)
    assert [one["id"] for one in call(scheduler, "get", "outbound/").json()["results"]] == [own.pk]


def test_what_waits_is_not_told_of_a_department_whose_sections_one_does_not_see(
    section, art, sections_of, scheduler
):
    """Whose other role tells the integration status of all departments, and shows no sections."""
    waiting(sections_of(art)[0])
    own = waiting(section)
    desk = Role.objects.create(code="DESK", name="Desk")
    RolePermission.objects.create(role=desk, permission="view_integration_status", grant="OWN_DEPARTMENTS")
    held = RoleAssignment.objects.create(user=scheduler.user, role=desk)
    held.departments.add("ART", "BIO")
    assert [one["id"] for one in call(scheduler, "get", "outbound/").json()["results"]] == [own.pk]
    held.is_for_all_departments = True
    held.save()
    assert [one["id"] for one in call(scheduler, "get", "outbound/").json()["results"]] == [own.pk]


# ---- who, and what it costs

LISTS = ("sections/", "terms/", "courses/", "phases/", "relationships/", "runs/", "outbound/")
WHO = {
    "none": (),
    "instructor": ("sections/", "terms/", "courses/", "phases/", "relationships/"),
    "viewer": ("sections/", "terms/", "courses/", "phases/", "relationships/"),
    "scheduler": ("sections/", "terms/", "courses/", "phases/", "relationships/", "outbound/"),
    "registrar": LISTS,
}


@pytest.mark.parametrize(("role", "allowed"), WHO.items())
def test_each_role_reads_what_is_for_it(run, biology, api_of, role, allowed):
    api = api_of("" if role == "none" else role.upper(), ["BIO"], everywhere=role == "registrar")
    answers = {path: call(api, "get", path).status_code for path in LISTS}
    assert answers == {path: 200 if path in allowed else 403 for path in LISTS}


def test_the_admin_product_without_a_role_reads_nothing(run, section, api_of):
    waiting(section)
    admin = api_of(has_admin=True)
    for path in ("terms/", "terms/20271/", "phases/", "runs/", f"runs/{run.pk}/", "outbound/"):
        refused(call(admin, "get", path), 403, "PERMISSION_DENIED")
    for path in ("sections/", f"sections/{section.pk}/", "courses/", "relationships/", "relationships/1/"):
        refused(call(admin, "get", path), 403, "PERMISSION_DENIED")
    body = {"term": "20271", "course": "BIO-101", "section_number": "A"}
    refused(call(admin, "post", "sections/", body), 403, "PERMISSION_DENIED")


@pytest.mark.parametrize("path", LISTS)
def test_nobody_reads_nothing(db, client, path):
    assert client.get(ROOT + path).status_code == 401


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("path", LISTS)
def test_a_list_takes_as_many_queries_for_many_as_for_few(path, biology, course_of, sections_of, registrar):
    def fill(count):
        for _number in range(count):
            other = f"T{Term.objects.count()}"
            new = Term.objects.create(code=other, name=other, start_date="2027-09-01", end_date="2027-12-18")
            phase = Phase.objects.create(name=other)
            TimelineEntry.objects.create(term=new, phase=phase, starts_at=timezone.now())
            course_of(f"B{other}", term=new)
            MergeRun.objects.create(merge_type="sections", term=new, started_at=timezone.now())
        made = sections_of(biology, 2 * count)
        for one in made[:count]:
            waiting(one)
        for first, second in zip(made[::2], made[1::2], strict=True):
            new_group(registrar, [first.pk, second.pk])

    fill(1)
    counts = []
    for _round in range(2):
        call(registrar, "get", path)
        with CaptureQueriesContext(connection) as taken:
            assert call(registrar, "get", path).status_code == 200
        counts.append(len(taken))
        fill(8)
    assert counts[0] == counts[1]
    assert counts[0] <= 27
