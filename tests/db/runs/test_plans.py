"""Held plans: what is approved is what is applied, all of it, some of it or none (MERGE.md)."""

import pytest

from integration.approval import Approval, NotWaiting
from integration.merge.plan import PlanRow as EngineRow
from integration.merge.plan import digest
from integration.models import MergeRun, Plan, PlanRow
from integration.reports import plan_of
from integration.runs import Options, RunFrame
from integration.sis.port import MergeType
from scheduling.models import ChangeLog
from tests.campus import TERM
from tests.merge_desk import SIXTY, execute_merge

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(sixty):
    return sixty


# ---- a plan


def test_a_plan_is_kept_whole_and_its_digest_is_that_of_its_rows(desk):
    plan = desk.held_removals()

    rows = [
        EngineRow(
            record_key=row.record_key,
            label=row.label,
            merge_type=plan.merge_type,
            side=row.side,
            action=row.action,
            fields=row.fields or row.theirs or {},
        )
        for row in plan.rows.all()
    ]
    assert {(row.record_key, row.action) for row in rows} == {(sis_id, "DELETE") for sis_id in SIXTY[:6]}
    assert digest(rows) == digest(reversed(rows)) == plan.digest


def test_the_same_changes_make_the_same_plan_and_others_another(desk):
    digests = []
    for title in ("One", "One", "Two"):
        desk.edit_in_sis("M001", title=title)
        digests.append(desk.run("sections", "--dry-run").run["digest"])

    assert digests[0] == digests[1] != digests[2]


# ---- all of it


def test_an_approved_plan_is_applied_and_the_run_says_which_it_was(desk):
    plan = desk.held_removals()

    answer = desk.run("sections", "--approve", plan.pk)

    assert answer.exit_code == 0
    assert desk.here == set(SIXTY[6:])
    assert (answer.run["plan"], answer.run["digest"]) == (plan.pk, plan.digest)
    assert answer.counts == {"read": 54, "unchanged": 54, "local_delete": 6}
    assert plan_of(MergeRun.objects.get(pk=answer.run["id"])) == plan
    plan.refresh_from_db()
    assert plan.status == Plan.Status.APPLIED
    assert plan.decided_at is not None
    assert not plan.rows.exclude(state=PlanRow.State.APPLIED).exists()


def test_after_an_approved_drop_the_next_run_is_measured_by_the_smaller_term(desk):
    desk.vanish(*SIXTY[:20])
    answer = desk.run("sections")
    assert len(Plan.objects.get(pk=answer.run["plan"]).trips) == 2
    assert desk.run("sections", "--approve", answer.run["plan"]).exit_code == 0

    assert desk.run("sections").counts == {"read": 40, "unchanged": 40}


def test_an_approved_plan_sends_what_the_person_saw_and_ends_the_pause(desk):
    plan = desk.held_sends()
    assert desk.written() == []
    assert "30 of 60 records would change in the SIS" in desk.pause

    answer = desk.run("sections", "--approve", plan.pk)

    assert answer.exit_code == 0
    assert answer.run["send_updates"] is True
    assert answer.counts == {"read": 60, "unchanged": 30, "sis_update": 30}
    assert sorted(desk.written()) == [("UPDATE", sis_id) for sis_id in SIXTY[:30]]
    assert desk.pause == ""


def test_an_approval_is_in_the_audit_with_who_gave_it(desk):
    plan = desk.held_removals()

    desk.approve_some(plan, plan.rows.all())

    change = ChangeLog.objects.get(record_type="plan", record_id=str(plan.pk))
    assert (change.before, change.after) == ("NEEDS_APPROVAL", "APPLIED")
    assert change.actor == desk.registrar
    plan.refresh_from_db()
    assert plan.decided_by == desk.registrar


def test_what_the_plan_reported_of_records_is_told_again(desk):
    desk.edit_in_sis("M060", credits="1.234")
    plan = desk.held_removals()

    answer = desk.run("sections", "--approve", plan.pk)

    assert (answer.exit_code, answer.codes) == (1, ["INVALID_VALUE"])
    assert answer.counts["rejected"] == 1


def test_a_held_plan_of_reference_data_is_approved_too(desk):
    for number in range(200, 210):
        desk.adapter.add(
            "rooms", "", f"HAL/{number}", building="HAL", number=str(number), capacity="", type=""
        )
    assert desk.run("rooms").exit_code == 0
    for number in range(200, 206):
        desk.adapter.remove(f"HAL/{number}", "rooms")
    plan = desk.run("rooms").run["plan"]

    answer = desk.run("rooms", "--approve", plan)

    assert answer.counts == {"read": 7, "unchanged": 7, "local_delete": 6}
    assert desk.run("rooms").counts == {"read": 7, "unchanged": 7}


# ---- only that plan, and only once


def test_a_plan_is_applied_once(desk):
    plan = desk.held_removals()
    desk.run("sections", "--approve", plan.pk)

    again = desk.run("sections", "--approve", plan.pk)

    assert (again.exit_code, again.runs) == (2, [])
    assert again.document["error"]["message"] == f"Plan {plan.pk} does not wait for approval: applied."


def test_who_comes_second_to_approve_finds_it_applied(desk):
    """Both saw it waiting; the second gets the lock when the first is done."""
    plan = desk.held_removals()
    frame = RunFrame(merge_type=MergeType.SECTIONS, term=TERM, adapter=desk.adapter, options=Options())
    late = Approval(frame=frame, plan=Plan.objects.get(pk=plan.pk))
    desk.run("sections", "--approve", plan.pk)

    with pytest.raises(NotWaiting, match="applied"):
        late.execute()

    assert frame.opened is None


def test_a_later_plan_replaces_one_that_waits(desk):
    first = desk.held_removals()
    second = desk.run("sections")

    answer = desk.run("sections", "--approve", first.pk)

    assert answer.exit_code == 2
    assert "replaced by a later plan" in answer.document["error"]["message"]
    assert desk.run("sections", "--approve", second.run["plan"]).exit_code == 0


def test_a_clean_run_replaces_a_plan_that_waits_and_ends_the_pause(desk):
    rows = {sis_id: desk.in_sis(sis_id) for sis_id in SIXTY[:6]}
    plan = desk.held_removals()
    for sis_id, row in rows.items():
        desk.adapter.add("sections", TERM, sis_id, **row)

    assert desk.run("sections").counts == {"read": 60, "unchanged": 60}

    plan.refresh_from_db()
    assert plan.status == Plan.Status.SUPERSEDED
    assert desk.pause == ""


@pytest.mark.parametrize(
    "words",
    [["rooms"], ["sections", "--term", "20263"], ["sections", "--term", TERM, "--term", "20263"]],
)
def test_a_plan_is_approved_by_its_type_and_term(desk, words):
    plan = desk.held_removals()

    answer = execute_merge(*words, "--approve", plan.pk)

    assert answer.exit_code == 2
    assert answer.document["error"]["message"].startswith(f"There is no plan {plan.pk} for {words[0]}")


def test_a_plan_without_sends_is_not_approved_as_one_with_sends(desk):
    plan = desk.held_removals()

    answer = desk.run("sections", "--approve", plan.pk, "--send-updates")

    assert answer.exit_code == 2
    assert "approve it without --send-updates" in answer.document["error"]["message"]


def test_sends_are_not_approved_for_a_term_that_may_no_longer_send(desk):
    plan = desk.held_sends()
    desk.enable(send=False, real_time=False)

    answer = desk.run("sections", "--approve", plan.pk)

    assert (answer.exit_code, answer.runs) == (2, [])
    assert desk.written() == []


# ---- rows that moved on


def test_a_row_whose_record_was_edited_since_is_left_and_said(desk):
    plan = desk.held_removals()
    desk.edit("M002", title="Still needed")

    answer = desk.run("sections", "--approve", plan.pk)

    assert desk.here == {"M002", *SIXTY[6:]}
    assert answer.counts == {"read": 54, "unchanged": 54, "local_delete": 5}
    assert answer.notices == ["STALE"]
    assert "CHE 202 002 changed after the plan was made" in answer.run["issues"][0]["message"]
    assert plan.rows.get(record_key="M002").state == PlanRow.State.STALE
    after = desk.run("sections")
    assert (after.codes, after.counts["held"]) == (["HELD_REMOVAL"], 1)


def test_a_send_whose_record_was_edited_since_is_left_for_the_next_run(desk):
    plan = desk.held_sends()
    desk.edit("M001", title="More")

    answer = desk.run("sections", "--approve", plan.pk)

    assert ("UPDATE", "M001") not in desk.written()
    assert answer.counts == {"read": 60, "unchanged": 31, "sis_update": 29}
    assert answer.notices == ["STALE"]
    assert desk.run("sections", "--send-updates").counts == {"read": 60, "unchanged": 59, "sis_update": 1}


def test_a_creation_that_was_edited_since_is_left_for_the_next_run(desk):
    new = desk.create()
    plan = desk.held_sends()
    desk.edit(new, title="Another")

    desk.run("sections", "--approve", plan.pk)

    assert plan.rows.get(action="CREATE").state == PlanRow.State.STALE
    assert not [entry for entry in desk.written() if entry[0] == "CREATE"]


def test_settings_that_changed_since_decide_the_rows_again(desk):
    """Title was taken from the SIS when the plan was made; now it is not."""
    desk.edit_in_sis("M010", title="Theirs")
    desk.edit_in_sis("M011", capacity="99")
    plan = desk.held_removals()
    desk.settings(sections={"sources": {"title": "ALWAYS_TANDEM"}})

    answer = desk.run("sections", "--approve", plan.pk)

    assert desk.section("M010").title == "Title of M010"
    assert desk.section("M011").capacity == 99
    assert plan.rows.get(record_key="M010").state == PlanRow.State.STALE
    assert sorted(answer.notices) == ["SETTINGS_CHANGED", "STALE"]


def test_a_removal_is_not_applied_in_another_way_than_was_approved(desk):
    plan = desk.held_removals()
    desk.settings(sections={"removal": "CANCEL"})

    answer = desk.run("sections", "--approve", plan.pk)

    assert desk.here == set(SIXTY)
    assert answer.counts == {"read": 54, "unchanged": 54}


def test_a_type_that_was_switched_off_since_is_not_applied(desk):
    plan = desk.held_removals()
    desk.settings(sections={"is_enabled": False})

    answer = desk.run("sections", "--approve", plan.pk)

    assert (answer.exit_code, answer.run["error"]["code"]) == (2, "CONFIGURATION")
    assert desk.here == set(SIXTY)
    plan.refresh_from_db()
    assert plan.status == Plan.Status.NEEDS_APPROVAL
