"""The exit status of `execute_merge` and the errors in its document, from a real failure of each kind."""

import io
import json

import pytest
from django.utils import timezone

from integration.execution import Outcome, execute
from integration.management.commands.execute_merge import Command, Report
from integration.models import Conflict, Link, MergeRun
from integration.sis.port import Capabilities, Evidence, MergeType
from scheduling.models import Room
from tests.campus import TERM
from tests.merge_desk import execute_merge

pytestmark = pytest.mark.django_db


# ---- the SIS is away, or not what it claims to be


def test_a_missing_folder_means_that_the_sis_cannot_be_reached(db, settings, tmp_path):
    settings.SIS_URL = f"csv://{tmp_path}/nowhere"

    known, unknown = execute_merge("rooms"), execute_merge("sections", "--term", TERM)

    assert (known.exit_code, known.run["error"]["code"]) == (4, "SIS_UNAVAILABLE")
    assert (unknown.exit_code, unknown.document["error"]["code"]) == (4, "SIS_UNAVAILABLE")
    assert f"{tmp_path}/nowhere is not there" in known.run["error"]["message"]


def test_refused_credentials_count_as_unreachable(desk):
    desk.first_load()
    desk.adapter.faults([{"when": {"operation": "READ"}, "then": "denied"}])

    answer = desk.run("sections")

    assert (answer.exit_code, answer.run["error"]["code"]) == (4, "SIS_DENIED")
    assert answer.counts == {}


def test_a_type_that_failed_stops_what_builds_on_it_and_nothing_else(desk):
    desk.first_load()
    fault = {"when": {"operation": "READ", "type": "departments"}, "then": "unavailable_before"}
    desk.adapter.faults([fault])

    answer = desk.run("all")

    assert answer.exit_code == 4
    failed = {run["type"]: run["error"]["code"] for run in answer.runs if run["status"] == "FAILED"}
    assert failed == {
        "departments": "SIS_UNAVAILABLE",
        "instructors": "PREREQUISITE",
        "courses": "PREREQUISITE",
        "sections": "PREREQUISITE",
        "relationships": "PREREQUISITE",
    }
    words = answer.of("instructors")["error"]["message"]
    assert words == "Departments failed. Instructors build on that."
    assert all(run["status"] == "SUCCEEDED" for run in answer.runs if run["type"] not in failed)


def test_what_fails_in_one_term_does_not_stop_another(desk):
    desk.first_load()
    desk.adapter.faults(
        [{"when": {"operation": "READ", "type": "courses"}, "then": "unavailable_before", "times": 1}]
    )

    answer = execute_merge("all", "--term", TERM, "--term", "20263")

    assert answer.of("sections", TERM)["error"]["code"] == "PREREQUISITE"
    assert answer.of("sections", "20263")["status"] == "SUCCEEDED"


def test_a_file_that_cannot_be_read_is_named_with_line_and_column(desk, tmp_path):
    csv_desk(desk)
    break_file(tmp_path / "sis" / "rooms.csv", "building,number,capacity,type", "building,number,size,type")

    answer = desk.run("rooms")

    assert answer.exit_code == 2
    error = answer.run["error"]
    assert (error["file"], error["line"], error["column"]) == ("rooms.csv", 1, "capacity")
    assert answer.run["plan"] is None
    assert not Room.objects.exists()


def test_terms_that_cannot_be_read_do_not_stop_what_does_not_build_on_them(desk, tmp_path):
    csv_desk(desk)
    break_file(tmp_path / "sis" / "terms.csv", "code,name", "code,title")

    answer = desk.run("all")

    assert answer.exit_code == 2
    status = {run["type"]: (run["error"] or {}).get("code") for run in answer.runs}
    assert status["rooms"] is None
    assert status["instructors"] is None
    assert status["courses"] == status["sections"] == status["relationships"] == "PREREQUISITE"
    assert [run["term"] for run in answer.runs][5:] == [TERM] * 3
    alone = desk.run("sections")
    assert (alone.exit_code, alone.document["error"]["file"]) == (2, "terms.csv")


def test_a_term_that_cannot_be_taken_stops_its_own_merges(desk, tmp_path):
    csv_desk(desk)
    break_file(tmp_path / "sis" / "terms.csv", "2027-05-28", "2026-05-28")

    answer = desk.run("all")

    assert answer.exit_code == 2
    assert answer.of("terms")["counts"]["rejected"] == 1
    assert answer.of("courses")["error"]["code"] == "TERM_NOT_HERE"
    alone = desk.run("sections")
    assert "it ends on 2026-05-28, before it starts" in alone.document["error"]["message"]


# ---- exit status


@pytest.mark.parametrize(
    ("happened", "status"),
    [
        ([], 0),
        (["done"], 0),
        (["done", "issues"], 1),
        (["issues", "held", "empty"], 3),
        (["held", "unreadable"], 2),
        (["unreadable", "prerequisite"], 2),
        (["unreadable", "running"], 5),
        (["running", "away", "held"], 4),
        (["away", "prerequisite"], 4),
    ],
)
def test_the_exit_status_is_the_gravest_by_precedence(happened, status):
    statuses = MergeRun.Status
    known = {
        "done": MergeRun(status=statuses.SUCCEEDED),
        "issues": MergeRun(status=statuses.FINISHED_WITH_ISSUES),
        "held": MergeRun(status=statuses.NEEDS_APPROVAL),
        "empty": MergeRun(status=statuses.NO_DATA),
        "unreadable": MergeRun(status=statuses.FAILED, error={"code": "MISSING_COLUMN"}),
        "away": MergeRun(status=statuses.FAILED, error={"code": "SIS_UNAVAILABLE"}),
        "prerequisite": MergeRun(status=statuses.FAILED, error={"code": "PREREQUISITE"}),
    }
    outcome = Outcome(runs=[known[name] for name in happened if name in known])
    if "running" in happened:
        outcome.refuse("ALREADY_RUNNING", "Another merge is running.", exit_code=5)

    assert outcome.exit_code == status


def test_rejected_and_held_records_are_told_on_every_run_while_they_are(desk):
    desk.first_load()
    desk.enable()
    desk.edit("S1", title="Mine")
    desk.edit_in_sis("S1", title="Theirs")
    desk.edit_in_sis("S2", capacity="-1")
    desk.edit("S3", capacity=31)
    desk.adapter.faults([{"when": {"operation": "UPDATE"}, "then": "refuse"}])

    first, second = desk.run("sections", "--send-updates"), desk.run("sections", "--send-updates")
    pulled = desk.run("sections")

    for answer in (first, second, pulled):
        assert (answer.exit_code, answer.run["status"]) == (1, "FINISHED_WITH_ISSUES")
        assert sorted(answer.codes) == ["HELD_ASK", "INVALID_VALUE", "SIS_REJECTED"]
        assert answer.counts == {"read": 4, "unchanged": 1, "held": 1, "rejected": 2}
    held, refused = (issue for issue in second.run["issues"] if issue["code"] != "INVALID_VALUE")
    assert (held["record"], held["field"]) == ("S1", "title")
    assert "title is Mine here and Theirs in the SIS" in held["message"]
    assert (refused["record"], refused["field"]) == ("S3", "title")
    assert refused["message"] == "CHE 202 A: The SIS refuses this record."


def test_what_a_delivery_left_to_a_person_is_told_by_every_run_too(desk_with):
    desk = desk_with("unique=none")
    desk.first_load()
    desk.enable()
    desk.adapter.faults([{"when": {"operation": "CREATE"}, "then": "timeout_before_effect"}])
    desk.create("Z")
    assert desk.run("sections", "--send-updates").counts["awaiting"] == 1
    link = Link.objects.get(state="UNKNOWN_OUTCOME")
    note = "Its creation was sent and the answer was lost; T1, T2 in the SIS could be it."
    kind = Conflict.Kind.AMBIGUOUS
    Conflict.objects.create(link=link, kind=kind, rule=kind, note=note, opened_at=timezone.now())

    for words in (["--dry-run"], [], []):
        answer = desk.run("sections", *words)
        assert (answer.exit_code, answer.codes, answer.counts["held"]) == (1, ["HELD_AMBIGUOUS"], 1)
        assert answer.run["issues"][0]["message"] == f"{link}: {note} A person has to choose."


# ---- a surprise


class Broken:
    """A SIS whose adapter raises what no adapter may."""

    capabilities = Capabilities(name="broken")

    def __init__(self, surprise=ZeroDivisionError):
        self.surprise = surprise

    def read_all(self, merge_type, *, term=""):
        if merge_type is MergeType.DEPARTMENTS:
            raise self.surprise
        return Nothing()


class Nothing:
    def __iter__(self):
        return iter(())

    def evidence(self):
        return Evidence(is_complete=True)


@pytest.mark.parametrize(
    ("surprise", "code"), [(ZeroDivisionError, "CRASHED"), (KeyboardInterrupt, "STOPPED")]
)
def test_a_surprise_marks_the_run_failed_and_propagates_with_what_was_done_before(db, surprise, code):
    outcome = Outcome()

    with pytest.raises(surprise):
        execute(list(MergeType), terms=[], adapter=Broken(surprise), outcome=outcome)

    terms, departments = outcome.runs
    assert terms.status == "SUCCEEDED"
    assert (departments.status, departments.error["code"]) == ("FAILED", code)


def test_the_status_of_a_surprise_is_not_that_of_a_run_that_is_done(db):
    document, told = io.StringIO(), io.StringIO()

    with (
        pytest.raises(SystemExit) as end,
        Report(Command(stdout=document, stderr=told), is_json=True) as report,
    ):
        execute([MergeType.DEPARTMENTS], terms=[], adapter=Broken(), outcome=report.outcome)

    assert end.value.code == 2
    found = json.loads(document.getvalue())
    assert found["error"]["code"] == found["runs"][0]["error"]["code"] == "CRASHED"
    assert "ZeroDivisionError" in told.getvalue()


def csv_desk(desk):
    """From now on the SIS is a folder of files."""
    desk.django_settings.SIS_URL = f"csv://{desk.folder}"


def break_file(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
