"""What `execute_merge` prints: for people what the golden files show, for programs one document."""

import json
import os
import pty
import re
from pathlib import Path

import pytest

from integration.models import Plan
from tests.campus import TERM
from tests.merge_desk import in_a_process, large_tables, printed, start

GOLDEN = Path(__file__).resolve().parent.parent.parent / "golden"
"""With UPDATE_GOLDEN=1 the files are written anew; look at the difference before you keep it."""


def compare(name, text):
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text)
    assert text == path.read_text()


def without_ids(text):
    """Numbers that the database gave, replaced."""
    return re.sub(r"(plan|Plan|--approve) \d+", r"\1 N", text)


@pytest.fixture
def night(loaded):
    """A night in which everything happens, short of a safeguard."""
    desk = loaded
    desk.enable()
    desk.edit("S1", title="Mine", capacity=44, notes="Here")
    desk.edit_in_sis("S1", title="Theirs", enrollment="3")
    desk.edit_in_sis("S2", credits="1.234")
    desk.edit_in_sis("S3", status="CANCELLED")
    desk.adapter.remove("S4")
    row = desk.in_sis("S2") | {"credits": "", "section_number": "A"}
    desk.adapter.add("sections", TERM, "S5", **row)
    return desk


@pytest.mark.django_db
def test_a_dry_run_for_people(night):
    status, out, err = printed("sections", "--term", TERM, "--send-updates", "--dry-run")

    assert (status, err) == (1, "")
    compare("dry_run.txt", without_ids(out))


@pytest.mark.django_db
def test_a_run_for_people(night):
    status, out, _err = printed("sections", "--term", TERM, "--send-updates")

    assert status == 1
    compare("run.txt", without_ids(out))


@pytest.mark.django_db
def test_a_held_plan_for_people(desk_with):
    desk = desk_with(**large_tables(60))
    desk.first_load()
    desk.vanish(*(f"M{number:03}" for number in range(1, 8)))

    status, out, _err = printed("sections", "--term", TERM)

    assert status == 3
    compare("held_plan.txt", without_ids(out))


@pytest.mark.django_db
def test_failures_for_people(desk):
    rooms = desk.folder / "rooms.csv"
    rooms.write_text(rooms.read_text().replace("HAL,102,40", "HAL,102,many"))
    (desk.folder / "courses.csv").write_text("id,term,subject,number\n")
    desk.django_settings.SIS_URL = f"csv://{desk.folder}"

    status, out, _err = printed("all", "--term", TERM)

    assert status == 2
    compare("failures.txt", without_ids(out))


@pytest.mark.django_db
def test_wrong_use_for_people(desk):
    assert printed("sections") == (2, "", "sections needs a term: add --term CODE.\n")


@pytest.mark.django_db
def test_the_rows_of_a_plan(night):
    printed("sections", "--term", TERM, "--send-updates", "--dry-run")

    rows = [
        {
            "record": row.record_key,
            "label": row.label,
            "side": row.side,
            "action": row.action,
            "fields": row.fields,
            "theirs": row.theirs,
            "note": row.note,
        }
        for row in Plan.objects.get(merge_type="sections", status="DRY_RUN").rows.all()
    ]
    compare("plan.json", json.dumps(rows, indent=1, ensure_ascii=False) + "\n")


# ---- processes


@pytest.mark.django_db(transaction=True)
def test_standard_output_is_one_document_and_logs_and_bars_go_elsewhere(desk):
    status, out, err = in_a_process("all", "--term", TERM, "--json", url=desk.url)

    assert status == 0
    assert len(json.loads(out)["runs"]) == 8
    assert out.count("\n") == 1
    assert all(json.loads(line)["event"] for line in err.splitlines()), "structured logs, and no bar"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("words", "has_bar"), [([], True), (["--no-progress"], False)])
def test_a_terminal_shows_a_progress_bar_unless_it_is_not_wanted(desk, words, has_bar):
    ours, theirs = pty.openpty()

    process = start("manage.py", "execute_merge", "rooms", *words, url=desk.url, stderr=theirs)
    process.communicate(timeout=120)
    shown = os.read(ours, 65536).decode()
    for end in (ours, theirs):
        os.close(end)

    assert ("read and plan: " in shown) is has_bar
    assert "merge run ended" in shown


@pytest.mark.parametrize("words", [["sectionz"], ["rooms", "--approve", "the-first"]])
def test_what_the_command_line_cannot_take_is_wrong_use(words, db):
    status, out, err = in_a_process(*words, url="")

    assert (status, out) == (2, "")
    assert "usage: manage.py execute_merge" in err
