"""The state of the fake SIS: one for several processes, whole at any moment, loaded from a folder."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from integration.sis.port import (
    Key,
    MergeType,
    SisUnavailable,
    SisUnreadable,
)
from tandem_conformance.institution import TABLES, TERM, ids, write_institution
from tandem_conformance.sis_under_test import REF, read_all, values_of
from tests.contract.memory_desk import create_in, write

ROOT = Path(__file__).resolve().parents[2]
SECTIONS, RELATIONSHIPS = MergeType.SECTIONS, MergeType.RELATIONSHIPS


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
    assert len({create_in(sis, "s", section_number="E").sis_id} | set(read_all(sis).records)) == count + 1


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
    made = create_in(opened(sis_folder)).sis_id
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
    create_in(sis)
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
    first = [create_in(opened(sis_folder), str(n), section_number=str(n)).sis_id for n in range(3)]
    second = [create_in(opened(copy), str(n), section_number=str(n)).sis_id for n in range(3)]
    assert first == second
    assert len(set(first)) == 3


def test_an_id_is_never_given_again(sis):
    made = create_in(sis).sis_id
    write(sis, lambda w: w.delete(SECTIONS, made, token="", client_ref=REF))
    assert create_in(sis).sis_id != made


def test_not_even_the_id_of_a_record_that_was_there_at_first(sis):
    sis.remove("T001")  # the highest
    sis.remove("S006")
    assert create_in(sis).sis_id not in {"T001", "S006"}
