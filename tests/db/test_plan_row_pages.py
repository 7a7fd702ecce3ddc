"""Rows of a plan page by page, in words, and the parts of the plan bar."""

import datetime as dt
import itertools

import pytest

from integration.models import MergeRun, Plan, PlanRow
from integration.plan_rows import batches_of, rows_of
from integration.plan_words import BAR_WIDTH, parts_of, state_words
from integration.record_fields import fields_of
from scheduling.models import Campus
from scheduling.paging import BadCursor

NOW = dt.datetime(2027, 1, 12, 17, 0, tzinfo=dt.UTC)
CHANGE = {"base": 30, "ours": 30, "theirs": 44, "result": 44, "rule": "SIS_CHANGED"}


@pytest.fixture
def plan(schedule):
    run = MergeRun.objects.create(merge_type="sections", term=schedule.term, started_at=NOW)
    return Plan.objects.create(run=run, merge_type="sections", term=schedule.term, created_at=NOW)


@pytest.fixture
def row_of(plan):
    """A row of the plan."""

    def make(key="S1", side="LOCAL", action="UPDATE", **values):
        given = {"label": f"BIO 101 {key}", "fields": {"capacity": CHANGE} if action == "UPDATE" else {}}
        return PlanRow.objects.create(plan=plan, record_key=key, side=side, action=action, **(given | values))

    return make


def keys(page):
    return [row.record_key for row in page.rows]


@pytest.fixture
def mixed(row_of):
    """Rows of every kind, in another order than they are shown; the keys in the order shown."""
    kinds = [(side, action) for side in ("SIS", "LOCAL") for action in ("UPDATE", "CREATE", "CANCEL", "HOLD")]
    made = [row_of(f"K{n}", *kinds[n % len(kinds)]) for n in range(23)]
    row_of("AGREED", action="AGREE")
    return [row.record_key for row in sorted(made, key=lambda row: (row.side, row.action, row.pk))]


@pytest.mark.parametrize("size", [1, 4, 23, 50])
def test_every_row_is_on_one_page_forwards_and_backwards(plan, mixed, size):
    forwards, cursor = [], ""
    while True:
        page = rows_of(plan, cursor=cursor, size=size)
        forwards += keys(page)
        if not page.next:
            break
        cursor = page.next
    backwards = keys(page)
    while page.previous:
        page = rows_of(plan, cursor=page.previous, size=size)
        backwards = keys(page) + backwards

    assert forwards == backwards == mixed


def test_batches_bring_every_row_once(plan, mixed):
    batches = list(batches_of(plan, fields=fields_of("sections"), size=5))

    assert [row.record_key for batch in batches for row in batch] == mixed
    assert max(map(len, batches)) == 5


def test_rows_of_other_plans_stay_out(plan, row_of, schedule):
    row_of("S1")
    run = MergeRun.objects.create(merge_type="sections", term=schedule.term, started_at=NOW)
    other = Plan.objects.create(run=run, merge_type="sections", term=schedule.term, created_at=NOW)

    assert keys(rows_of(other)) == []


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "e30", "bnVsbA", "WzEsICJMT0NBTCIsICJVUERBVEUiLCAxXQ", "é", "WyJhIiwiYiJd"]
)
def test_a_cursor_that_is_none_is_refused(plan, row_of, cursor):
    row_of()

    with pytest.raises(BadCursor):
        rows_of(plan, cursor=cursor)


def test_text_finds_a_part_of_the_label_or_the_whole_key(plan, row_of):
    row_of("S1", label="BIO 101 A")
    row_of("S11", label="CHE 202 B")

    assert keys(rows_of(plan, q="bio 2")) == []
    assert keys(rows_of(plan, q=" bio 101")) == ["S1"]
    assert keys(rows_of(plan, q="S1")) == ["S1"]
    assert keys(rows_of(plan, q="%")) == []
    assert keys(rows_of(plan, q="\x00")) == ["S1", "S11"]


def test_a_field_that_stays_as_it_is_is_told_from_one_that_changes(plan, row_of):
    pending = {"base": "a", "ours": "b", "theirs": "a", "result": "b", "rule": "PENDING"}
    row_of(fields={"title": pending, "capacity": CHANGE})

    (row,) = rows_of(plan).rows

    assert {field.label: field.is_changed for field in row.fields} == {"Title": False, "Capacity": True}
    assert [field.label for field in row.fields] == ["Title", "Capacity"]  # the catalogue's order
    assert row.fields[1].rule_words.startswith("Only the SIS changed it")


@pytest.mark.parametrize("rule", ["ASK", "SEMANTIC", "FIGHT"])
def test_what_a_person_decides_has_no_result_yet(plan, row_of, rule):
    row_of(
        action="HOLD",
        fields={"title": {"base": "a", "ours": "b", "theirs": "c", "result": "b", "rule": rule}},
    )

    (field,) = rows_of(plan).rows[0].fields

    assert set(field.values) == {"base", "ours", "theirs"}
    assert not field.is_changed


def test_a_record_held_as_a_whole_is_told_in_words(plan, row_of):
    whole = {"base": None, "ours": None, "theirs": ["S8", "S9"], "rule": "AMBIGUOUS"}
    row_of(action="HOLD", fields={"": whole}, note="S8 or S9 in the SIS is it.")

    (row,) = rows_of(plan).rows

    assert row.note == "S8 or S9 in the SIS is it."
    assert row.fields[0].label == "The record as a whole"
    assert row.fields[0].rule_words == "Several records of the SIS could be this one; a person decides."
    assert row.fields[0].words("theirs") == "S8; S9"


def test_the_digest_of_an_absence_is_not_shown(plan, row_of):
    row_of(action="MISSING", note="3f2a")

    (row,) = rows_of(plan).rows
    assert (row.note, row.words) == ("", "Not shown by the SIS")


def test_a_field_that_the_catalogue_does_not_know_any_more_is_shown_by_its_name(plan, row_of):
    row_of(fields={"custom.colour": CHANGE, "capacity": CHANGE})

    assert [field.label for field in rows_of(plan).rows[0].fields] == ["Capacity", "colour"]


def test_a_row_is_about_the_section_that_is_here(plan, row_of, schedule):
    pk = schedule.imported(sis_id="S1")
    own = schedule.section()
    row_of("S1")
    row_of("a client ref", side="SIS", action="CREATE", local_id=own)
    row_of("S9", local_id=own + 99)

    assert [row.section_id for row in rows_of(plan).rows] == [pk, None, own]


def test_names_stand_for_ids_only_where_a_field_has_ids(plan, row_of, schedule):
    schedule.course("BIO", "101", sis_id="01")
    change = {"base": None, "ours": None, "theirs": "01", "result": "01", "rule": "SIS_CHANGED"}
    row_of(fields={"course": change, "section_number": change})

    words = {field.name: field.result_words for field in rows_of(plan).rows[0].fields}

    assert words == {"course": "BIO 101", "section_number": "01"}


def test_a_campus_is_called_by_its_name_and_a_note_that_reads_like_its_code_is_not(plan, row_of):
    Campus.objects.create(code="NORTH", name="North Campus")
    change = {"base": None, "ours": None, "theirs": "NORTH", "result": "NORTH", "rule": "SIS_CHANGED"}
    row_of(fields={"campus": change, "notes": change})

    words = {field.name: field.result_words for field in rows_of(plan).rows[0].fields}

    assert words == {"campus": "North Campus", "notes": "NORTH"}


def test_a_member_that_the_sis_does_not_have_yet_is_called_by_its_name(schedule):
    own = schedule.section()
    run = MergeRun.objects.create(merge_type="relationships", term=schedule.term, started_at=NOW)
    plan = Plan.objects.create(run=run, merge_type="relationships", term=schedule.term, created_at=NOW)
    members = [{"section": f"local:{own}", "is_primary": True}, {"section": "GONE", "is_primary": False}]
    change = {"base": None, "ours": members, "theirs": None, "result": members, "rule": "TANDEM_ONLY"}
    PlanRow.objects.create(
        plan=plan,
        record_key="ref",
        label=f"Crosslist of local:{own}, GONE",
        side="SIS",
        action="CREATE",
        fields={"members": change},
    )

    (row,) = rows_of(plan).rows

    assert row.label == "Crosslist of BIO 101 01, GONE"
    assert row.fields[0].result_words == "BIO 101 01 (primary); GONE"
    assert row.fields[0].rule_words == "It is new: it comes from Tandem."


def test_reference_data_becomes_inactive(schedule):
    run = MergeRun.objects.create(merge_type="rooms", started_at=NOW)
    plan = Plan.objects.create(run=run, merge_type="rooms", created_at=NOW)
    PlanRow.objects.create(plan=plan, record_key="HAL/101", label="HAL 101", side="LOCAL", action="DELETE")
    back = {"base": None, "ours": False, "theirs": True, "result": True, "rule": "ALWAYS_SIS"}
    PlanRow.objects.create(
        plan=plan, record_key="HAL/102", side="LOCAL", action="UPDATE", fields={"is_active": back}
    )

    gone, returned = rows_of(plan).rows

    assert gone.words == "Make inactive in Tandem"
    assert (returned.label, returned.fields[0].label) == ("HAL/102", "Active")
    assert returned.fields[0].result_words == "Yes"


@pytest.mark.parametrize(
    ("side", "state", "plan_status", "words"),
    [
        ("LOCAL", "PLANNED", "NEEDS_APPROVAL", ""),
        ("SIS", "PLANNED", "DRY_RUN", ""),
        ("SIS", "PLANNED", "APPLIED", "Not sent yet"),
        ("LOCAL", "APPLIED", "APPLIED", ""),
        ("LOCAL", "STALE", "APPLIED", "Not done: it changed after the plan was made"),
        ("SIS", "DECLINED", "APPLIED", "Not approved"),
    ],
)
def test_what_became_of_a_row_is_said_where_it_is_not_plain(side, state, plan_status, words):
    assert state_words(PlanRow(side=side, state=state), plan_status=plan_status) == words


@pytest.mark.parametrize(
    "counts",
    [
        {},
        {"local_create": 951},
        {"local_create": 999_999, "local_delete": 1, "sis_update": 1, "held": 1},
        dict.fromkeys([f"{side}_{deed}" for side in ("local", "sis") for deed in ("create", "update")], 1),
    ],
)
def test_the_bar_shows_everything_that_is_there_and_no_more(counts):
    parts = parts_of(counts)

    assert {part.number for part in parts if part.width} == {n for n in counts.values() if n}
    assert all(part.width >= 6 for part in parts if part.number)
    assert sum(part.width for part in parts) <= BAR_WIDTH
    for before, after in itertools.pairwise(parts):
        assert after.start == before.start + before.width


def test_the_bar_speaks_of_one_side_and_of_what_would_be():
    words = [part.word for part in parts_of({}, "SIS", is_done=False)]

    assert words == [
        *("to create in the SIS", "to change in the SIS", "to cancel in the SIS", "to remove from the SIS"),
    ]
    assert parts_of({"held": 2})[-1].word == "held for a person"
