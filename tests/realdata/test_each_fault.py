"""Each fault by itself, night after night, at one college with a third of the real term edited on both sides.

Every night runs `execute_merge` as an operator does. What it says (exit status, counts, sentences) is held
against what happened: the journal of the SIS and the rows of the queue.
"""

import re
from dataclasses import dataclass, field

import pytest
from django.core.management import call_command
from django.utils import timezone

from integration.models import Link, OutboundChange
from integration.resolving import Choice
from scheduling.models import ChangeLog, Section
from scheduling.services.relationships import create_relationship
from tests.merge_desk import execute_merge
from tests.realdata.conftest import NIGHT
from tests.realdata.far_college import ZONE, Clerk, doubled, open_far_college, pointless
from tests.realdata.test_both_sides import SIS_OWNED, Histories, assert_nothing_lost, decide

pytestmark = [pytest.mark.realdata, pytest.mark.django_db]
A_NIGHT = 6
"""Revisions between two nights; in all they change a third of the term, enrolment not counted."""
A_FEW_REFUSED = 8
PARTS = ("instructional-events", "section-instructors")
NEW = [("POST", one) for one in ("sections", *PARTS, "section-crosslists")]
LISTS = [("GET", one) for one in ("sections", *PARTS, "section-crosslists")]
EVERYWHERE = [*NEW, ("PUT", "sections"), ("GET", "sections")]
WAITED_FOR = [("POST", "sections"), ("PUT", "sections"), ("GET", "sections")]
"""Each takes a second: the sandbox asks to wait so long."""
FAULTS = {
    "refuse": [*NEW, ("PUT", "sections")],
    "locked": [*NEW, ("PUT", "sections")],
    "reset_before": EVERYWHERE,
    "timeout_after_effect": EVERYWHERE,
    "error_500_after_effect": EVERYWHERE,
    "expired_token": EVERYWHERE,
    "too_many_requests": WAITED_FOR,
    "maintenance": WAITED_FOR,
    "slow": WAITED_FOR,
    "truncated_page": LISTS,
    "empty_list": LISTS,
}
"""Fault -> where it strikes in its night, once each."""
STAYS = {
    "reset_before": (4, 4, "SIS_UNAVAILABLE", "broke off its answer"),
    "maintenance": (4, 4, "SIS_UNAVAILABLE", "in maintenance"),
    "expired_token": (2, 4, "SIS_DENIED", "does not take our token"),
    "empty_list": (2, 3, "NO_DATA", "answered with no sections where Tandem holds"),
}
"""Fault -> how often in a row it strikes the reading, so that the run gives up: exit status, code, words."""
SENT = ("sis_create", "sis_update", "sis_cancel", "sis_delete")


@dataclass(kw_only=True)
class Nights:
    """The nights of one college. `rounds`: every answer so far."""

    college: object
    clerk: Clerk
    histories: Histories = field(default_factory=Histories)

    # ---- by day

    def day(self):
        """Both sides are edited; at least one new section with its parts, and one new crosslist."""
        college, before = self.college, self.theirs
        college.sis.advance(A_NIGHT)
        after = college.theirs()
        self.histories.note(self.histories.theirs, before, after)
        self.clerk.edit(self.third // len(FAULTS) + A_FEW_REFUSED, self.histories)
        self.clerk.create(0, {})
        free = Section.objects.filter(status="ACTIVE", memberships=None, sis_id__in=after)
        pair = self.clerk.random.sample(list(free.order_by("id").values_list("id", flat=True)), 2)
        given = {"kind": "CROSSLIST", "members": pair, "primary": pair[0], "capacity": None}
        create_relationship(college.term, **given, author=self.clerk.author())

    # ---- by night

    def run(self, merge_type, *words):
        """One command; what it says is compared with what it did."""
        journal = self.college.sis.journal
        mark = len(journal)
        answer = execute_merge(merge_type.value, "--term", self.college.term, "--send-updates", *words)
        tells_the_truth(answer, journal[mark:])
        return answer

    def merge(self, merge_type):
        """A merge, approved where a safeguard holds it."""
        answer = self.run(merge_type)
        if answer.run["status"] == "NEEDS_APPROVAL":
            answer = self.run(merge_type, "--approve", answer.run["plan"])
        return answer

    def give_up(self, fault):
        """The fault stays so long that the run gives up: nothing is changed on either side."""
        times, status, code, words = STAYS[fault]
        before = (ChangeLog.objects.count(), len(self.college.sis.journal))
        self.strike(fault, LISTS[:1], times=times)
        answer = self.run(NIGHT[0])
        assert (answer.exit_code, answer.run["error"]["code"]) == (status, code)
        assert words in answer.run["error"]["message"]
        assert (ChangeLog.objects.count(), len(self.college.sis.journal)) == before

    def strike(self, fault, doors, **how):
        specs = [{"then": fault, "when": {"method": method, "resource": name}} for method, name in doors]
        self.college.sis.faults.add([{**spec, "seconds": 0.1, **how} for spec in specs])

    def survive(self, fault):
        """Merges until the fault has struck wherever it was to."""
        self.strike(fault, FAULTS[fault])
        refused = []
        for _round in range(4):
            for merge_type in NIGHT:
                answer = self.merge(merge_type)
                assert answer.exit_code in {0, 1}, answer.run["error"]
                refused += [one["message"] for one in answer.run["issues"] if one["code"] == "SIS_REJECTED"]
            if not self.college.sis.faults.faults:
                break
            self.release()
        assert self.college.sis.faults.faults == []
        return refused

    def release(self):
        """A person has what the SIS refused sent once more."""
        call_command("replay_outbound", "--term", self.college.term)

    def recover(self):
        """A person looks at what was refused and what is held; then there is nothing left to do."""
        self.release()
        for _round in range(5):
            answers = [self.merge(merge_type) for merge_type in NIGHT]
            for conflict in self.college.open_conflicts().select_related("link").order_by("id"):
                choice = self.clerk.random.choice(list(Choice))
                decide(conflict, choice, college=self.college, actor=self.clerk.user)
            waiting = OutboundChange.objects.exclude(state="DONE")
            if not waiting.exists() and not any(answer.exit_code for answer in answers):
                return
        raise AssertionError([(answer.exit_code, answer.run["issues"]) for answer in answers])

    def assert_all_is_well(self):
        ours, theirs = self.college.ours(), self.college.theirs()
        assert ours.keys() == theirs.keys()
        for record, values in theirs.items():
            assert {name: ours[record][name] for name in values} == values, record
        assert_nothing_lost(self.college, self.histories)
        assert doubled(self.college.sis) <= self.doubled_before
        assert pointless(self.college.sis) == []
        self.theirs = theirs


def tells_the_truth(answer, journal):
    """The exit status and the counts of one run, against the writes of the journal and the queue."""
    run, counts = answer.run, answer.run["counts"]
    rows = OutboundChange.objects.filter(merge_type=run["type"], term=run["term"])
    conflicts = Link.objects.filter(merge_type=run["type"], term=run["term"], conflicts__status="OPEN")
    assert (counts["held"], counts["rejected"]) == (
        conflicts.distinct().count(),
        rows.filter(state="PARKED").count(),
    )
    match run["status"]:
        case "FAILED":
            assert answer.exit_code == (4 if run["error"]["code"].startswith("SIS_") else 2)
            if left := re.search(r"(\d+) changes wait for the next run", run["error"]["message"]):
                assert int(left[1]) == rows.filter(state="WAITING").count()
        case "NO_DATA" | "NEEDS_APPROVAL":
            assert (answer.exit_code, journal) == (3, [])
        case status:
            assert status == ("FINISHED_WITH_ISSUES" if counts["held"] + counts["rejected"] else "SUCCEEDED")
            assert answer.exit_code == (1 if counts["held"] + counts["rejected"] else 0)
    written = {record for one in journal if one["took_effect"] for record in one["changed"]}
    done = Link.objects.filter(merge_type=run["type"], sis_id__in=written, outbound__state="DONE")
    assert sum(counts[name] for name in SENT) == done.count(), (counts, len(written))


@pytest.fixture(params=["colleague", "banner"])
def nights(request, realdata, settings):
    settings.TIME_ZONE = ZONE
    with open_far_college(realdata, request.param) as college:
        settings.SIS_URL, settings.SIS_API_KEY, settings.SIS_MAX_REQUESTS_PER_SECOND = college.url, "k", 5_000
        college.clock = timezone.now  # as the commands have it
        college.load()
        college.enable()
        made = Nights(college=college, clerk=Clerk(college, 20241))
        made.doubled_before, made.theirs = doubled(college.sis), college.theirs()
        made.third = len(made.theirs) // 3
        yield made


def test_each_fault_is_survived_and_told_as_it_was(nights):
    for fault in FAULTS:
        nights.day()
        if fault in STAYS:
            nights.give_up(fault)
        refused = nights.survive(fault)
        assert bool(refused) is (fault == "refuse"), refused
        assert all("value that is not valid" in one or "Invalid value" in one for one in refused), refused
        nights.recover()
        nights.assert_all_is_well()
    changed = {record for record, name in nights.histories.theirs if name not in SIS_OWNED}
    assert min(len(changed), len(nights.clerk.edited)) >= nights.third
