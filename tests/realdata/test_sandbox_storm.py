"""The real term at a SIS over HTTP that fails: edits on both sides converge, with nothing doubled or lost."""

from collections import Counter
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from integration.execution import approve
from integration.models import OutboundChange
from integration.runs import Options
from integration.sandbox.server import SandboxServer
from integration.sandbox.sis import SandboxSis
from integration.sis.ethos.adapter import EthosAdapter
from integration.sis.ethos.address import Address
from integration.sis.ethos.pace import Pace
from scheduling.models import Course
from scheduling.services.sections import create_section
from tests.realdata.conftest import NIGHT, College
from tests.realdata.test_both_sides import Department, Histories, assert_nothing_lost, settle

pytestmark = [pytest.mark.realdata, pytest.mark.django_db, pytest.mark.long]
ZONE = "America/Chicago"
DRAFTING = 60
"""Revisions that have passed before the term is imported: the heavy clean-up of the rolled term."""
FAULTS = (
    *("reset_before", "timeout_after_effect", "error_500_after_effect", "too_many_requests", "maintenance"),
    *("expired_token", "truncated_page", "empty_list", "refuse", "locked"),
)
QUIET = {"sis_create", "sis_update", "sis_cancel", "pending", "awaiting"}


@dataclass(kw_only=True)
class FarCollege(College):
    """The college whose SIS is a sandbox; it fails at night, and is looked at by day."""

    sis: SandboxSis
    failed: list = field(default_factory=list)

    def theirs(self, snapshot=None):
        stormy, self.sis.faults.faults = self.sis.faults.faults, []
        try:
            return super().theirs(snapshot)
        finally:
            self.sis.faults.faults = stormy

    def night(self, *, sends=False):
        """Merge, approve what is held; a night that the SIS spoils is only noted."""
        runs = []
        for merge_type in NIGHT:
            outcome = self.merge([merge_type], sends=sends)
            run = outcome.runs[0]
            if run.status == "NEEDS_APPROVAL":
                given = {"adapter": self.adapter, "options": Options(sends=sends), "clock": self.clock}
                plan = run.plan.pk
                run = approve(plan, merge_type=merge_type, terms=[self.term], **given).runs[0]
            if run.status == "FAILED":
                self.failed.append(run.error)
            runs.append(run)
        return runs

    def nights(self):
        """Until one had nothing to send and nothing to wait for."""
        for _night in range(8):
            runs = self.night(sends=True)
            if all(
                run.status != "FAILED" and not QUIET & {k for k, v in run.counts.items() if v} for run in runs
            ):
                return
        raise AssertionError([(run.status, run.counts, run.error) for run in runs])


class Clerk(Department):
    """Edits what either profile takes."""

    def other(self, name, values):
        match name:
            case "title":
                return f"Title {self.random.randrange(1000)}"
            case "credits":
                return self.random.choice(["0.50", "1.00"])
        return super().other(name, values)

    def delete(self, pk):
        self.cancel(pk)  # a section stays, as the SIS will have it

    def create(self, _pk):
        courses = Course.objects.filter(term_id=self.college.term).order_by("id")
        values = {
            "course": self.random.choice(list(courses.values_list("sis_id", flat=True))),
            "section_number": f"N{self.random.randrange(1000)}",
            "title": "New",
            "capacity": 12,
            "schedule_type": "L",
            "instruction_mode": "P",
            "campus": "MAIN",
            "part_of_term": "1",
            "instructors": [
                {"instructor": self.random.choice(self.people), "percent": 100, "is_primary": True}
            ],
        }
        create_section(self.college.term, values, author=self.author())


@pytest.fixture(params=["colleague", "banner"])
def far_college(request, realdata, settings):
    settings.TIME_ZONE = ZONE
    data = realdata / "20241"
    changes = data / "changes.jsonl"
    sis = SandboxSis(folder=data / "first", changes=changes, profile=request.param, zone=ZONE)
    sis.advance(DRAFTING)
    with SandboxServer(sis) as server:
        address = Address.parse(f"ethos+{server.url}?profile={request.param}")
        pace = Pace(per_second=5_000, sleep=lambda _seconds: None)
        adapter = EthosAdapter(address=address, api_key="k", pace=pace, zone=ZoneInfo(ZONE))
        adapter.client.sleep = pace.sleep
        yield FarCollege(term="20241", data=realdata, adapter=adapter, sis=sis)
        adapter.close()


def doubled(sis):
    """What stands twice in the SIS: meetings, instructors, live sections with one number, crosslists."""
    state = sis.export()
    live = {
        row["id"]: (row["course_id"], row["section_number"])
        for row in state["sections"]
        if row["status"] == "ACTIVE"
    }
    things = [
        *(tuple(value for name, value in row.items() if name != "id") for row in state["meetings"]),
        *((row["section_id"], row["instructor_id"]) for row in state["section_instructors"]),
        *live.values(),
        *(row["section_id"] for row in state["relationship_members"]),
    ]
    return {thing for thing, count in Counter(things).items() if count > 1}


def live_through(college, days, *, seed, storm):
    """Days with edits on both sides, a third of the sections in all; after each, nights in a storm."""
    college.load()
    college.enable()
    before = doubled(college.sis)
    clerk, histories = Clerk(college, seed), Histories()
    for _day in range(days):
        theirs = college.theirs()
        college.sis.advance(3)
        histories.note(histories.theirs, theirs, college.theirs())
        ours = college.ours()
        clerk.edit(len(ours) // (3 * days))
        histories.note(histories.ours, ours, college.ours())
        college.sis.faults.add(storm)
        college.night(sends=True)
        college.night(sends=True)
    assert [fault.then for fault in college.sis.faults.faults if fault.left] == []  # each struck
    college.sis.faults.add([])
    call_command("replay_outbound", "--term", college.term)  # a person looked at what the SIS refused
    settle(college, clerk, seed)
    college.nights()
    return before, clerk, histories


def assert_all_is_well(college, before, clerk, histories):
    assert clerk.accepted > 100
    assert doubled(college.sis) <= before
    ours, theirs = college.ours(), college.theirs()
    assert ours.keys() == theirs.keys()
    for record, values in theirs.items():
        assert {name: ours[record][name] for name in values} == values, record
    assert_nothing_lost(college, histories)
    written = len(college.sis.journal)
    for run in college.night(sends=True):
        assert run.counts["unchanged"] == run.counts["read"]
    assert len(college.sis.journal) == written
    assert not OutboundChange.objects.exclude(state="DONE").exists()


def test_each_fault_once_over_a_third_of_the_real_term(far_college):
    storm = [{"then": fault} for fault in FAULTS]
    assert_all_is_well(far_college, *live_through(far_college, 1, seed=20241, storm=storm))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm_of_all_faults_over_a_third_of_the_real_term(far_college, seed):
    chance = 0.05 / len(FAULTS)
    storm = [{"then": fault, "p": chance, "seed": f"{seed}{fault}"} for fault in FAULTS]
    assert_all_is_well(far_college, *live_through(far_college, 2, seed=seed, storm=storm))
