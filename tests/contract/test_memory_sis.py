"""What the fake SIS is beyond the port: options, one state for several processes, rules, faults."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from integration.fieldsets import Member
from integration.sis.exchange_writing import write_folder
from integration.sis.memory import MemoryAdapter
from integration.sis.memory_options import Options
from integration.sis.port import (
    BadSisUrl,
    Key,
    MergeType,
    SisAlreadyExists,
    SisConflict,
    SisNotFound,
    SisOutcomeUnknown,
    SisRejected,
    SisUnavailable,
    SisUnreadable,
)
from scheduling.domain.values import Assignment, Meeting
from tests.contract.adapter_contract import NEW_SECTION, NOW, OTHER_REF, REF, read_all, values_of
from tests.contract.institution import TABLES, TERM, ids, section, write_institution

ROOT = Path(__file__).resolve().parents[2]
SECTIONS, RELATIONSHIPS = MergeType.SECTIONS, MergeType.RELATIONSHIPS


@pytest.fixture
def opened():
    """Open adapters with options; they are closed at the end."""
    adapters = []

    def make(path: Path, **given: str) -> MemoryAdapter:
        adapters.append(MemoryAdapter(path=path, options=Options.parse(given)))
        return adapters[-1]

    yield make
    for adapter in adapters:
        adapter.close()


@pytest.fixture
def sis(sis_folder, opened):
    return opened(sis_folder)


def write(adapter, work):
    """One session of writes; `work` gets the writer."""
    with adapter.writing(term=TERM, run="1", now=NOW) as writer:
        return work(writer)


def create(adapter, ref=REF, **changes):
    return write(adapter, lambda w: w.create(SECTIONS, {**NEW_SECTION, **changes}, client_ref=ref))


def update(adapter, sis_id, merge_type=SECTIONS, **changes):
    return write(
        adapter,
        lambda w: w.update(merge_type, sis_id, changes, values=changes, token="", client_ref=REF),
    )


def python(code: str, *arguments: object) -> subprocess.Popen:
    """Another process that knows the project."""
    script = "import sys\nsys.path.insert(0, sys.argv[1])\n" + code
    command = [sys.executable, "-c", script, str(ROOT), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


OPEN = """
from pathlib import Path
from integration.sis.memory import MemoryAdapter
from integration.sis.port import MergeType
from datetime import UTC, datetime
adapter = MemoryAdapter(path=Path(sys.argv[2]))
def create(ref, number="D"):
    values = {"course": "MATH120", "section_number": number, "title": "x" * 200}
    with adapter.writing(term="20241", run="1", now=datetime(2024, 7, 1, tzinfo=UTC)) as writer:
        return writer.create(MergeType.SECTIONS, values, client_ref=ref).sis_id
"""


# ---- one SIS for several processes


def test_processes_that_start_together_load_it_once_and_see_one_sis(tmp_path, opened):
    folder = write_institution(tmp_path / "sis")
    code = OPEN + "for n in range(25): print(create(f'{sys.argv[3]}-{n}', f'{sys.argv[3]}{n}'))"
    processes = [python(code, folder, name) for name in "abcd"]
    answers = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, answers
    made = [line for out, _err in answers for line in out.split()]
    assert len(made) == len(set(made)) == 100
    shown = read_all(opened(folder)).records
    assert set(made) <= set(shown)
    assert len(shown) == 106
    assert [entry["took_effect"] for entry in opened(folder).journal()] == [True] * 100


def test_processes_that_race_for_one_reference_make_one_record(sis_folder, opened):
    code = OPEN + (
        "from integration.sis.port import SisAlreadyExists\n"
        "try: print(create('the same', sys.argv[3]))\n"
        "except SisAlreadyExists as error: print(error.sis_id)"
    )
    processes = [python(code, sis_folder, name) for name in "abcd"]
    answers = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, answers
    assert len({out.strip() for out, _err in answers}) == 1
    assert len(read_all(opened(sis_folder)).records) == 7


@pytest.mark.parametrize(("fault", "count"), [("kill_before_effect", 6), ("kill_after_effect", 7)])
def test_a_process_that_is_killed_leaves_the_effect_or_nothing(sis_folder, opened, fault, count):
    sis = opened(sis_folder)
    sis.faults([{"when": {"operation": "CREATE"}, "then": fault}])
    process = python(OPEN + "create('r')", sis_folder)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert len(read_all(sis).records) == count
    assert len(sis.journal()) == count - 6
    assert len({create(sis, "s", section_number="E").sis_id} | set(read_all(sis).records)) == count + 1


def test_a_process_killed_in_the_middle_of_its_writes_leaves_whole_ones(sis_folder, opened):
    code = OPEN + "for n in range(10**6): print(create(f'r{n}', str(n)), flush=True)"
    process = python(code, sis_folder)
    told = [process.stdout.readline().strip() for _ in range(20)]
    process.kill()
    process.communicate(timeout=60)
    sis = opened(sis_folder)
    made = {entry["id"] for entry in sis.journal()}
    assert set(told) <= made
    assert made == set(read_all(sis).records) - set(ids("sections"))
    assert sis.state.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_a_process_that_died_while_loading_left_is_cleared_away(tmp_path, opened):
    folder = write_institution(tmp_path / "sis")
    state = folder / ".state"
    state.mkdir()
    for name in ("sis.partial", "sis.partial-wal", "sis.partial-shm"):
        (state / name).write_bytes(b"half")
    assert len(read_all(opened(folder)).records) == 6
    assert not list(state.glob("*.partial*"))


def test_state_and_journal_outlive_the_process(sis_folder, opened):
    made = create(opened(sis_folder)).sis_id
    again = opened(sis_folder)
    assert made in read_all(again).records
    assert [entry["id"] for entry in again.journal()] == [made]


# ---- the folder


def test_a_folder_that_cannot_be_written_says_what_to_do(tmp_path, opened):
    folder = write_institution(tmp_path / "sis")
    (folder / ".state").touch()  # stands for a read-only place: root may write anywhere
    with pytest.raises(SisUnavailable, match="Copy the folder"):
        opened(folder).read_all(SECTIONS, term=TERM)


def test_a_missing_folder_is_unavailable(tmp_path, opened):
    with pytest.raises(SisUnavailable, match="is not there"):
        opened(tmp_path / "nowhere").check()


def test_a_state_of_another_version_says_how_to_load_it_anew(sis_folder, opened):
    first = opened(sis_folder)
    first.state.db.execute("PRAGMA user_version = 99")
    first.close()
    with pytest.raises(SisUnreadable, match="delete the folder"):
        read_all(opened(sis_folder))


def test_a_bad_row_in_its_folder_is_named_and_nothing_is_loaded(tmp_path, opened):
    rows = [*TABLES["sections"], TABLES["sections"][0]]
    folder = write_institution(tmp_path / "sis", sections=rows)
    sis = opened(folder)
    with pytest.raises(SisUnreadable) as bad:
        read_all(sis)
    assert (bad.value.code, bad.value.origin.file, bad.value.origin.line) == (
        "DUPLICATE_ID",
        "sections.csv",
        2,
    )
    assert sis.check().problems == (bad.value.message,)
    assert not (folder / ".state" / "sis.sqlite3").exists()


def test_an_export_is_a_folder_that_loads_to_the_same(sis, opened, tmp_path):
    create(sis)
    sis.export(tmp_path / "again", has_refs=True)
    again = opened(tmp_path / "again")
    for merge_type in MergeType:
        if merge_type is not SECTIONS:
            assert again.records(merge_type.value) == sis.records(merge_type.value)
    before, after = read_all(sis).records, read_all(again).records
    assert {key: values_of(one) for key, one in after.items()} == {
        key: values_of(one) for key, one in before.items()
    }
    (found,) = again.find(SECTIONS, term=TERM, key=Key.CLIENT_REF, value=REF)
    assert found.client_ref == REF


# ---- ids


def test_new_ids_are_the_same_for_the_same_state(sis_folder, tmp_path, opened):
    copy = shutil.copytree(sis_folder, tmp_path / "copy")
    first = [create(opened(sis_folder), str(n), section_number=str(n)).sis_id for n in range(3)]
    second = [create(opened(copy), str(n), section_number=str(n)).sis_id for n in range(3)]
    assert first == second
    assert len(set(first)) == 3


def test_an_id_is_never_given_again(sis):
    made = create(sis).sis_id
    write(sis, lambda w: w.delete(SECTIONS, made, token="", client_ref=REF))
    assert create(sis).sis_id != made


# ---- what it refuses and does


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"course": "NONE1"}, "course"),
        ({"meetings": (Meeting(building="XXX"),)}, "meetings"),
        ({"meetings": (Meeting(building="TOH", room="999"),)}, "meetings"),
        ({"instructors": (Assignment(instructor="I9"),)}, "instructors"),
    ],
    ids=["course", "building", "room", "instructor"],
)
def test_what_refers_to_nothing_is_refused_with_its_field(sis, changes, field):
    before = read_all(sis).evidence.digest
    with pytest.raises(SisRejected) as on_create:
        create(sis, **changes)
    with pytest.raises(SisRejected) as on_update:
        update(sis, "S001", **changes)
    assert (on_create.value.field, on_update.value.field) == (field, field)
    assert "ORA-20100" in on_create.value.words
    assert "ORA-20100" not in on_create.value.message
    assert read_all(sis).evidence.digest == before


def test_old_faults_do_not_bar_other_changes(sis):
    sis.edit("S001", meetings=[{"days": "M", "building": "GONE", "room": "1"}])
    update(sis, "S001", capacity=12)
    assert sis.sections()["S001"]["capacity"] == "12"


def test_a_section_with_students_is_not_deleted(sis):
    with pytest.raises(SisRejected):
        write(sis, lambda w: w.delete(SECTIONS, "S005", token="", client_ref=REF))
    assert "S005" in sis.sections()


def test_a_section_is_in_one_crosslist_group_only(sis):
    members = (Member(section="S001"), Member(section="S002", is_primary=True))
    group = {"kind": "CROSSLIST", "capacity": None, "members": members}
    with pytest.raises(SisRejected, match="X001"):
        write(sis, lambda w: w.create(RELATIONSHIPS, group, client_ref=REF))
    write(sis, lambda w: w.create(RELATIONSHIPS, {**group, "kind": "LINKED"}, client_ref=REF))
    update(sis, "X001", RELATIONSHIPS, members=(Member(section="S005"), Member(section="S006")))
    assert write(sis, lambda w: w.create(RELATIONSHIPS, group, client_ref=OTHER_REF)).sis_id


def test_a_group_needs_two_members_that_exist(sis):
    for members in ((Member(section="S001"),), (Member(section="S001"), Member(section="S404"))):
        with pytest.raises(SisRejected) as refused:
            update(sis, "X001", RELATIONSHIPS, members=members)
        assert refused.value.field == "members"


def test_a_removed_section_leaves_its_groups_and_a_group_of_one_dissolves(sis):
    sis.add("relationships", TERM, "X002", kind="LINKED", capacity="", members=[
        {"section": one, "is_primary": "False"} for one in ("S001", "S002", "S003")
    ])  # fmt: skip
    sis.remove("S001")
    groups = sis.relationships()
    assert "X001" not in groups
    assert [one["section"] for one in groups["X002"]["members"]] == ["S002", "S003"]


def test_an_enforced_number_is_refused_to_a_second_section(sis_folder, opened):
    sis = opened(sis_folder, unique="natural_key")
    with pytest.raises(SisAlreadyExists) as exists:
        create(sis, section_number="A")
    assert exists.value.sis_id == "S002"
    with pytest.raises(SisRejected) as refused:
        update(sis, "S006", section_number="A")
    assert refused.value.field == "section_number"
    update(sis, "S006", section_number="C")  # its own


def test_without_uniqueness_a_second_create_makes_a_second_record(sis_folder, opened):
    sis = opened(sis_folder, unique="none")
    assert create(sis).sis_id != create(sis).sis_id


def test_two_sections_with_one_number_load_as_a_real_sis_has_them(tmp_path, opened):
    rows = [*TABLES["sections"], section("S007", "MATH120", "A", "Calculus I")]
    sis = opened(write_institution(tmp_path / "sis", sections=rows), unique="natural_key")
    found = sis.find(SECTIONS, term=TERM, key=Key.NATURAL_KEY, value=("MATH120", "A"))
    assert [record.sis_id for record in found] == ["S002", "S007"]


def test_an_update_leaves_what_the_sis_changed_meanwhile(sis_folder, opened):
    sis = opened(sis_folder, token="no")
    sis.edit("S001", title="Changed there")
    update(sis, "S001", capacity=12)
    shown = sis.sections()["S001"]
    assert (shown["title"], shown["capacity"]) == ("Changed there", "12")


def test_a_record_that_is_not_there_is_not_found(sis):
    with pytest.raises(SisNotFound):
        update(sis, "S404", capacity=1)


def test_a_title_is_rendered_as_the_options_say(sis_folder, opened):
    sis = opened(sis_folder, renders="title:7", drops="notes")
    assert sis.capabilities.must_verify
    made = create(sis, title="Calculus and more", notes="ignored").sis_id
    update(sis, "S001", title="Drawing for all", notes="ignored")
    for sis_id, title in ((made, "Calculu"), ("S001", "Drawing")):
        shown = sis.read(SECTIONS, [sis_id], term=TERM)[sis_id].load()
        assert (shown["title"], shown["notes"]) == (title, "")


def test_a_session_takes_no_more_records_than_declared(sis_folder, opened):
    sis = opened(sis_folder, batch="1")

    def two_records():
        with sis.writing(term=TERM, run="1", now=NOW) as writer:
            writer.create(SECTIONS, NEW_SECTION, client_ref=REF)
            writer.create(SECTIONS, NEW_SECTION, client_ref=OTHER_REF)

    with pytest.raises(RuntimeError, match="at most 1"):
        two_records()


# ---- later


def test_what_is_handed_over_waits_for_its_moment_and_keeps_its_order(sis_folder, opened):
    sis = opened(sis_folder, applies_later="3600", token="no")
    for capacity in (11, 12):
        update(sis, "S001", capacity=capacity)
    sis.tick(3_599)
    assert sis.sections()["S001"]["capacity"] == "30"
    sis.tick(1)
    assert sis.sections()["S001"]["capacity"] == "12"
    answers = [(entry["answer"], entry["took_effect"]) for entry in sis.journal()]
    assert answers == [("accepted", False)] * 2 + [("applied", True)] * 2


def test_what_is_refused_later_is_seen_in_the_journal_only(sis_folder, opened):
    sis = opened(sis_folder, applies_later="60")
    update(sis, "S001", course="NONE1")
    sis.tick(60)
    assert sis.sections()["S001"]["course"] == "ART101"
    assert [entry["answer"] for entry in sis.journal()] == ["accepted", "SisRejected"]


def test_a_late_update_is_refused_if_the_record_changed_since(sis):
    token = read_all(sis).records["S001"].token
    sis.faults([{"then": "late"}])
    with pytest.raises(SisOutcomeUnknown):
        write(
            sis,
            lambda w: w.update(SECTIONS, "S001", {"capacity": 1}, values={}, token=token, client_ref=REF),
        )
    sis.edit("S001", title="Changed there")
    sis.tick(60)
    assert sis.sections()["S001"]["capacity"] == "30"
    assert sis.journal()[-1]["answer"] == SisConflict.__name__


def test_a_promised_time_for_late_requests_is_kept(sis_folder, opened):
    sis = opened(sis_folder, late="5")
    sis.faults([{"then": "late"}])
    with pytest.raises(SisOutcomeUnknown):
        create(sis)
    sis.tick(5)
    assert len(sis.sections(TERM)) == 7


# ---- faults


def test_a_fault_strikes_as_often_as_told_and_only_what_it_names(sis):
    sis.faults([{"when": {"operation": "UPDATE", "type": "sections"}, "then": "locked", "times": 2}])
    create(sis)
    update(sis, "X001", RELATIONSHIPS, capacity=41)
    for _ in range(2):
        with pytest.raises(Exception, match="open in the SIS"):
            update(sis, "S001", capacity=1)
    update(sis, "S001", capacity=1)


def test_chance_is_the_same_for_the_same_seed(sis_folder, tmp_path, opened):
    def struck(path):
        sis = opened(path)
        sis.faults([{"then": "refuse", "p": 0.5, "seed": 7}])
        hits = []
        for n in range(20):
            try:
                update(sis, "S001", capacity=n)
                hits.append(False)
            except SisRejected:
                hits.append(True)
        return hits

    copy = shutil.copytree(sis_folder, tmp_path / "copy")
    hits = struck(sis_folder)
    assert hits == struck(copy)
    assert 0 < sum(hits) < 20


def test_an_empty_list_clears_the_faults_and_a_wrong_name_adds_none(sis):
    with pytest.raises(ValueError, match="known are"):
        sis.faults([{"then": "refuse"}, {"then": "explode"}])
    update(sis, "S001", capacity=1)
    sis.faults([{"then": "refuse", "times": 9}])
    sis.faults([])
    update(sis, "S001", capacity=2)


def test_the_journal_tells_what_was_received_and_what_came_of_it(sis):
    update(sis, "S001", capacity=1)
    sis.faults([{"then": "refuse"}])
    with pytest.raises(SisRejected):
        update(sis, "S001", capacity=2)
    sis.faults([{"then": "timeout_after_effect"}])
    with pytest.raises(SisOutcomeUnknown):
        update(sis, "S001", capacity=3)
    names = ("operation", "type", "id", "ref", "body", "answer", "took_effect")
    assert [tuple(entry[name] for name in names) for entry in sis.journal()] == [
        ("UPDATE", "sections", "S001", REF, {"capacity": "1"}, "ok", True),
        ("UPDATE", "sections", "S001", REF, {"capacity": "2"}, "refuse", False),
        ("UPDATE", "sections", "S001", REF, {"capacity": "3"}, "ok", True),
    ]


# ---- a registrar working in it


def test_a_revision_of_a_changes_file_is_applied(sis):
    row = dict(
        sis.sections()["S002"], id="S002", term=TERM, course_id="MATH120", subject="MATH", number="120"
    )
    del row["course"]
    row["title"] = "Calculus One"
    row["meetings"] = [{"id": "1", "days": "F", "start_time": "08:00", "end_time": "09:00", "building": ""}]
    row["instructors"] = [{"instructor_id": "I3", "percent": "100", "is_primary": "True"}]
    sis.apply_revision({"revision": 1, "at": "2024-07-01", "upsert": [row], "delete": ["S006"]})
    shown = sis.sections()
    assert "S006" not in shown
    assert shown["S002"]["title"] == "Calculus One"
    assert shown["S002"]["instructors"] == [{"instructor": "I3", "percent": "100", "is_primary": "True"}]
    assert (shown["S002"]["meetings"][0]["start_date"], shown["S002"]["meetings"][0]["end_date"]) == (
        row["start_date"],
        row["end_date"],
    )
    assert "L001" not in sis.relationships()


def test_writing_what_is_there_already_changes_nothing(sis):
    before = read_all(sis).records["S001"].fingerprint
    row = sis.sections()["S001"]
    sis.edit("S001", **row)
    assert read_all(sis).records["S001"].fingerprint == before


# ---- options


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"colour": "red"}, "memory knows order, deletes"),
        ({"deletes": "maybe"}, "must be one of yes, no"),
        ({"unique": "title"}, "client_ref, natural_key"),
        ({"late": "soon"}, "must be a whole number"),
        ({"renders": "title"}, "FIELD:LENGTH"),
        ({"reads": "sections,students"}, "names 'students'"),
        ({"refuses": "rooms.CREATE"}, "names 'rooms.CREATE'"),
    ],
)
def test_a_wrong_option_says_what_may_be_written(given, says):
    with pytest.raises(BadSisUrl, match=says):
        Options.parse(given)


def test_a_folder_of_one_column_too_few_is_named_by_check(tmp_path, opened):
    folder = tmp_path / "sis"
    write_folder(folder, TABLES)
    (folder / "rooms.csv").write_text("building,number,capacity\n")
    assert opened(folder).check().problems == (
        "rooms.csv has no column 'type'; add it, the header must name building,number,capacity,type.",
    )
