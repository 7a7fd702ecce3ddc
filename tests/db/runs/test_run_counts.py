"""Counts are records: whatever happens on both sides, a run's counts agree with what it really did.

Each run is measured by what others saw of it: the audit trail of the schedule and the journal of the SIS.
"""

import random
from collections import defaultdict

import pytest

from integration.execution import execute
from integration.models import Link
from integration.runs import Options
from integration.sis.memory import MemoryAdapter
from integration.sis.port import MergeType
from scheduling.models import ChangeLog, Section
from tests.campus import TERM
from tests.merge_desk import counts_of

pytestmark = pytest.mark.django_db


class Storm:
    """Seeded work of departments, of registrars in the SIS, and of a SIS that refuses now and then."""

    def __init__(self, desk, seed):
        self.desk, self.random = desk, random.Random(seed)
        self.added = 0

    def blow(self):
        for work in self.random.sample(self.works(), k=7):
            work()

    def works(self):
        return [
            self.edit_here,
            self.edit_here,
            self.edit_there,
            self.edit_there,
            self.edit_on_both_sides,
            self.enrol,
            self.spoil,
            self.create_here,
            self.create_there,
            self.delete_here,
            self.remove_there,
            self.refuse,
        ]

    def somewhere(self):
        known = Section.objects.filter(term=TERM, sis_id__in=self.desk.adapter.sections()).order_by("id")
        return self.random.choice(list(known)).sis_id

    def values(self):
        name = self.random.choice(["title", "capacity", "notes"])
        return {name: str(self.random.randrange(10, 99))}

    def edit_here(self):
        self.desk.edit(self.somewhere(), **self.values())

    def edit_there(self):
        self.desk.edit_in_sis(self.somewhere(), **self.values())

    def edit_on_both_sides(self):
        sis_id = self.somewhere()
        self.desk.edit(sis_id, title=f"Ours {self.random.random()}")
        self.desk.edit_in_sis(sis_id, title=f"Theirs {self.random.random()}")

    def enrol(self):
        self.desk.edit_in_sis(self.somewhere(), enrollment=str(self.random.randrange(1, 30)))

    def spoil(self):
        self.desk.edit_in_sis(self.somewhere(), credits=self.random.choice(["1.00", "1.234"]))

    def create_here(self):
        self.added += 1
        self.desk.create(f"N{self.added}")

    def create_there(self):
        self.added += 1
        row = self.desk.in_sis(self.somewhere())
        self.desk.adapter.add(
            "sections", TERM, f"A{self.added:03}", **row | {"section_number": f"A{self.added}"}
        )

    def delete_here(self):
        self.desk.delete(self.somewhere()) if self.can_delete() else None

    def can_delete(self):
        return not Section.objects.filter(term=TERM, enrollment__gt=0).exists()

    def remove_there(self):
        self.desk.adapter.remove(self.somewhere())

    def refuse(self):
        self.desk.adapter.faults([{"when": {"type": "sections", "operation": "UPDATE"}, "then": "refuse"}])


def done_here(run):
    """Action → the records here that this run changed, by the audit; their SIS ids aside."""
    changes = ChangeLog.objects.filter(run_id=run["id"], record_type="section").exclude(field="sis_id")
    done = defaultdict(set)
    for change in changes:
        done[change.action].add(int(change.record_id))
    return done


def done_there(desk, before):
    """Operation → the records of the SIS that were written, by its journal."""
    done = defaultdict(set)
    for entry in desk.adapter.journal()[before:]:
        if entry["took_effect"]:
            done[entry["operation"]].add(entry["id"])
    return done


def measured(desk, run, here, there, there_before):
    """The counts that the run ought to have, from what was seen of it."""
    issues = [issue for issue in run["issues"] if not issue["notice"]]
    held = {issue["record"] for issue in issues if issue["code"].startswith("HELD_")}
    rejected = {issue["record"] for issue in issues if not issue["code"].startswith("HELD_")}
    ids = dict(Link.objects.filter(term=TERM, section__isnull=False).values_list("section_id", "sis_id"))
    created_there = there["CREATE"]
    updated = {ids.get(pk, pk) for pk in here["UPDATE"]} - created_there
    touched = {ids[pk] for pk in here["CREATE"]} | updated | held | rejected
    for operation in ("UPDATE", "CANCEL", "DELETE"):
        touched |= there[operation]
    return {
        "read": len(there_before),
        "unchanged": len(there_before - touched),
        "local_create": len(here["CREATE"]),
        "local_update": len(updated),
        "local_delete": len(here["DELETE"]),
        "sis_create": len(created_there),
        "sis_update": len(there["UPDATE"]),
        "sis_delete": len(there["DELETE"]),
        "held": len(held),
        "rejected": len(rejected),
    }


@pytest.mark.parametrize("sends", [True, False])
@pytest.mark.parametrize("seed", range(2))
def test_counts_agree_with_the_audit_and_with_the_journal_of_the_sis(sixty, seed, sends):
    desk, storm = sixty, Storm(sixty, seed)
    for night in range(4):
        storm.blow()
        before, there_before = len(desk.adapter.journal()), set(desk.adapter.sections())
        answer = desk.run("sections", *(["--send-updates"] if sends or night == 3 else []))
        run = answer.run
        assert answer.exit_code in {0, 1}, run["error"]
        expected = measured(desk, run, done_here(run), done_there(desk, before), there_before)
        assert {name: run["counts"][name] for name in expected} == expected
        assert answer.exit_code == bool(run["counts"]["held"] or run["counts"]["rejected"])
        assert run["counts"]["missing"] == run["counts"]["awaiting"] == 0


# ---- what becomes of a send


def test_what_stays_behind_when_the_sis_goes_away_while_sending_is_pending(sixty):
    desk = sixty
    for number in range(1, 11):
        desk.edit(f"M{number:03}", capacity=99)
    desk.adapter.faults([{"when": {"operation": "UPDATE"}, "then": "unavailable_before", "times": 99}])

    answer = desk.run("sections", "--send-updates")

    assert (answer.exit_code, answer.run["error"]["code"]) == (4, "SIS_UNAVAILABLE")
    assert answer.run["error"]["message"] == "The SIS does not answer. 10 changes wait for the next run."
    assert answer.counts == {"read": 60, "unchanged": 60, "pending": 10}
    desk.adapter.faults([])
    assert desk.run("sections", "--send-updates").counts == {"read": 60, "unchanged": 50, "sis_update": 10}


def test_a_record_that_turns_out_to_need_nothing_is_unchanged(sixty):
    """Between plan and send somebody makes the same change in the SIS: found by the read before the write."""
    desk = sixty
    desk.edit("M001", capacity=99)
    adapter = Hurried(path=desk.folder)

    outcome = execute([MergeType.SECTIONS], terms=[TERM], adapter=adapter, options=Options(sends=True))

    assert counts_of({"counts": outcome.runs[0].counts}) == {"read": 60, "unchanged": 60}
    assert desk.written() == []


class Hurried(MemoryAdapter):
    """A SIS in which somebody is quicker than we are."""

    def read(self, merge_type, sis_ids, *, term):
        self.edit("M001", capacity="99")
        return super().read(merge_type, sis_ids, term=term)
