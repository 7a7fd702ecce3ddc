"""A small college is merged over HTTP: what was edited arrives, and a second run has nothing to do."""

import pytest
from django.utils import timezone

from integration.models import OutboundChange
from scheduling.models import Section
from scheduling.services import sections
from tests.campus import DATES, TERM
from tests.ethos.http_campus import USUAL

ONLINE = {"building": "Online", "start_date": DATES[0], "end_date": DATES[1]}
LATE = {"days": "TR", "start_time": "18:00", "end_time": "19:20", "building": "HAL", "room": "103"}
TEAM = [{"instructor": "I1", "percent": 60, "is_primary": True}, {"instructor": "I2", "percent": 40}]


def assert_nothing_to_do(college):
    writes = len(college.sis.journal)
    for run in college.run("all", "--send-updates").runs:
        assert run["counts"]["unchanged"] == run["counts"]["read"], str(run["issues"])
        assert run["status"] == "SUCCEEDED"
    assert len(college.sis.journal) == writes


def test_edits_go_and_a_second_run_writes_nothing(college):
    assert_nothing_to_do(college)
    college.edit("S1", title="Cells and more", capacity=25, notes="Bring a ruler", instructors=TEAM)
    college.edit("S4", meetings=[{"days": "F", "start_time": "08:00", "end_time": "08:50"}, ONLINE])
    college.create(
        "Z", course="BIO-101", title="Evening cells", meetings=[LATE, ONLINE], instructors=TEAM, **USUAL
    )
    sections.cancel_section(college.id_of("S5"), author=college.author())
    college.crosslist(college.id_of("S1"), Section.objects.get(term=TERM, section_number="Z").pk)
    answer = college.run("all", "--send-updates")
    assert answer.exit_code == 0, str([run["issues"] for run in answer.runs if run["issues"]])
    evening = college.row("Z", key="section_number")
    assert (evening["title"], len(college.rows_of(evening["id"], "meetings"))) == ("Evening cells", 2)
    assert {one["percent"] for one in college.rows_of(evening["id"], "section_instructors")} == {"60", "40"}
    assert college.row("S1")["notes"] == "Bring a ruler"
    assert college.row("S5")["status"] == "CANCELLED"
    assert [one["building"] for one in college.rows_of("S4", "meetings")].count("Online") == 1
    (group,) = [one for one in college.sis.export()["relationships"] if one["id"] != "X1"]
    members = college.sis.export()["relationship_members"]
    assert {one["section_id"] for one in members if one["relationship_id"] == group["id"]} == {
        "S1",
        evening["id"],
    }
    assert_nothing_to_do(college)
    assert (not college.rows_of("S5", "meetings")) is (college.profile == "banner")
    assert Section.objects.get(term=TERM, crn="S5").meetings.exists() is (college.profile == "colleague")


FAULTS = [
    ("timeout_after_effect", "POST", "sections"),
    pytest.param("reset_before", "POST", "instructional-events", marks=pytest.mark.long),
    ("refuse", "POST", "instructional-events"),
    ("error_500_after_effect", "POST", "section-instructors"),
    ("timeout_after_effect", "PUT", "sections"),
    pytest.param("locked", "PUT", "section-instructors", marks=pytest.mark.long),
    ("timeout_after_effect", "POST", "section-crosslists"),
    pytest.param("maintenance", "PUT", "sections", marks=pytest.mark.long),
    ("truncated_page", "GET", "instructional-events"),
]


@pytest.mark.parametrize("profile", ["colleague"], indirect=True)
@pytest.mark.parametrize(("fault", "method", "resource"), FAULTS)
def test_a_fault_is_survived_without_a_duplicate_and_without_a_loss(college, fault, method, resource):
    college.edit("S1", capacity=25, instructors=TEAM)
    made = college.create("Z", course="BIO-101", meetings=[LATE, ONLINE], instructors=TEAM, **USUAL)
    college.crosslist(college.id_of("S1"), made)
    college.sis.faults.add([{"when": {"method": method, "resource": resource}, "then": fault}])
    for _run in range(4):
        answers = [college.run(one, "--send-updates") for one in ("sections", "relationships")]
        if not OutboundChange.objects.exclude(state="DONE").exists():
            break
        OutboundChange.objects.update(next_attempt_at=timezone.now())
    assert [one.exit_code for one in answers] == [0, 0]
    assert college.sis.faults.faults == []
    assert_nothing_to_do(college)
    section = Section.objects.get(pk=made)
    assert (section.meetings.count(), section.assignments.count()) == (2, 2)
    exported = college.sis.export()
    assert [one["section_number"] for one in exported["sections"]].count("Z") == 1
    assert len(college.rows_of(section.crn, "meetings")) == 2
    assert len(college.rows_of(section.crn, "section_instructors")) == 2
    team = college.rows_of("S1", "section_instructors")
    assert {one["instructor_id"]: one["percent"] for one in team} == {"I1": "60", "I2": "40"}
    assert len(exported["relationships"]) == 2
