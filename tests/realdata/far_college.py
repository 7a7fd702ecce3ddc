"""The real term behind a sandbox SIS over HTTP that can be told to fail, and the clerk who edits it here."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from integration.execution import approve
from integration.runs import Options
from integration.sandbox.identity import guid
from integration.sandbox.server import SandboxServer
from integration.sandbox.sis import SandboxSis
from integration.sis.ethos.adapter import EthosAdapter
from integration.sis.ethos.address import Address
from integration.sis.ethos.pace import Pace
from scheduling.models import Course
from scheduling.services.sections import create_section
from tests.realdata.conftest import NIGHT, College
from tests.realdata.test_both_sides import Department

ZONE = "America/Chicago"
TERM = "20241"
DRAFTING = 60
"""Revisions that have passed before the term is imported: the heavy clean-up of the rolled term."""
FAULTS = (
    *("reset_before", "timeout_after_effect", "error_500_after_effect", "too_many_requests", "maintenance"),
    *("expired_token", "truncated_page", "empty_list", "refuse", "locked"),
)
QUIET = {"sis_create", "sis_update", "sis_cancel", "pending", "awaiting"}


@dataclass(kw_only=True)
class WatchedSis(SandboxSis):
    """Its journal tells of each write which records (GUIDs) it changed: none, where it was pointless."""

    def note(self, write):
        changed = [(one.resource, one.key) for one in self.books.touched]
        super().note({**write, "changed": [_whole(*one) for one in changed]})


def _whole(resource, key):
    """The GUID of the record that Tandem knows: of the section, where one of its parts was changed."""
    if resource in {"instructional-events", "section-instructors"}:
        return guid("sections", key.partition("/")[0])
    return guid(resource, key)


@dataclass(kw_only=True)
class FarCollege(College):
    """The college whose SIS is a sandbox; it fails at night, and is looked at by day."""

    sis: WatchedSis
    url: str
    failed: list = field(default_factory=list)

    def theirs(self, sis_ids=None):
        stormy, self.sis.faults.faults = self.sis.faults.faults, []
        try:
            return super().theirs(sis_ids)
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
    """Edits what either profile takes, and no section twice."""

    def __init__(self, college, seed):
        super().__init__(college, seed)
        self.free_rooms = iter(self.rooms)  # on Sundays, each once

    def candidates(self):
        return [pk for pk in super().candidates() if pk not in self.edited]

    def other(self, name, values):
        match name:
            case "title":
                return f"Title {self.random.randrange(1000)}"
            case "credits":
                return self.random.choice(["0.50", "1.00"])
        return super().other(name, values)

    def delete(self, pk, values):
        self.cancel(pk, values)  # a section stays, as the SIS will have it

    def create(self, _pk, _values):
        courses = Course.objects.filter(term_id=self.college.term).order_by("id")
        building, room = next(self.free_rooms)
        dates = {"start_date": "2024-09-05", "end_date": "2024-12-17"}
        hours = {"days": "U", "start_time": "08:00", "end_time": "08:55", **dates}
        values = {
            "course": self.random.choice(list(courses.values_list("sis_id", flat=True))),
            "section_number": f"N{self.random.randrange(1000)}",
            "title": "New",
            "capacity": 12,
            "schedule_type": "L",
            "instruction_mode": "P",
            "campus": "MAIN",
            "part_of_term": "1",
            "meetings": [{**hours, "building": building, "room": room}],
            "instructors": [
                {"instructor": self.random.choice(self.people), "percent": 100, "is_primary": True}
            ],
        }
        create_section(self.college.term, values, author=self.author())


@contextmanager
def open_far_college(realdata, profile):
    """The first drafts of the term are over; nothing is imported yet."""
    data = realdata / TERM
    sis = WatchedSis(folder=data / "first", changes=data / "changes.jsonl", profile=profile, zone=ZONE)
    sis.advance(DRAFTING)
    with SandboxServer(sis) as server:
        url = f"ethos+{server.url}?profile={profile}"
        pace = Pace(per_second=5_000, sleep=lambda _seconds: None)
        adapter = EthosAdapter(address=Address.parse(url), api_key="k", pace=pace, zone=ZoneInfo(ZONE))
        adapter.client.sleep = pace.sleep
        yield FarCollege(term=TERM, data=realdata, adapter=adapter, sis=sis, url=url)
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


def pointless(sis):
    """The writes that took effect and changed nothing."""
    return [write for write in sis.journal if write["took_effect"] and not write["changed"]]
