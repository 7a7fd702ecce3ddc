"""What the csv adapter hands over: the files of docs/reference/exchange-folder.md, whole or not at all."""

import datetime as dt
import os

import pytest

from integration.sis.csvfiles import CsvAdapter
from integration.sis.exchange import COLUMNS
from integration.sis.exchange_writing import write_folder
from integration.sis.port import MergeType, SisRecord, SisRejected, SisUnavailable
from tandem_conformance.institution import TERM, write_institution
from tandem_conformance.sis_under_test import NEW_GROUP, NEW_SECTION, NOW, OTHER_REF, REF

SECTIONS, RELATIONSHIPS = MergeType.SECTIONS, MergeType.RELATIONSHIPS
FOLDER = "20240701T120000.000000Z-7"


@pytest.fixture
def drop(tmp_path):
    return write_institution(tmp_path / "drop")


@pytest.fixture
def adapter(drop):
    return CsvAdapter(path=drop)


def send(adapter, work, *, run="7"):
    with adapter.writing(term=TERM, run=run, now=NOW) as writer:
        work(writer)


def update(sis_id, **values):
    return lambda w: w.update(
        SECTIONS, sis_id, {}, values={**NEW_SECTION, **values}, token="", client_ref=REF
    )


def test_a_folder_holds_the_changed_records_and_nothing_else(adapter, drop):
    def work(writer):
        writer.create(SECTIONS, NEW_SECTION, client_ref=REF)
        writer.update(
            SECTIONS,
            "S001",
            {"title": "Life drawing"},
            values={
                **NEW_SECTION,
                "title": "Life drawing",
                "crn": "S001",
                "enrollment": 7,
                "waitlisted": 1,
                "credits": None,
                "notes": None,
                "meetings": (),
                "instructors": NEW_SECTION["instructors"][:1],
            },
            token="",
            client_ref=OTHER_REF,
        )
        writer.cancel(SECTIONS, "S002", token="", client_ref="c-2")
        writer.delete(SECTIONS, "S003", token="", client_ref="c-3")

    send(adapter, work)
    (folder,) = (drop / "outbound").iterdir()
    assert folder.name == FOLDER
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.csv" for name in COLUMNS)
    files = {path.stem: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    start = "20241,MATH120,D"
    rest = "ACTIVE,LEC,P,MAIN,1,2024-09-05,2024-12-17"
    assert files.pop("sections") == (
        f"action,client_ref,{','.join(COLUMNS['sections'])}\n"
        f'CREATE,{REF},,{start},"Calculus I, ""evening"" — naïve",{rest},1.50,25,0,,,'
        '"Bring ""Meditations"",\nline two; naïve café"\n'
        f"UPDATE,{OTHER_REF},S001,{start},Life drawing,{rest},,25,0,,,\n"
        "CANCEL,c-2,S002,20241,,,,CANCELLED,,,,,,,,,,,,\n"
        "DELETE,c-3,S003,20241,,,,,,,,,,,,,,,,\n"
    )
    assert files.pop("meetings") == (
        f"{','.join(COLUMNS['meetings'])}\n"
        f"{REF},1,,,,Online,,2024-09-05,2024-12-17\n"
        f"{REF},2,TR,18:00,19:20,RNS,204,2024-09-05,2024-12-17\n"
    )
    assert files.pop("section_instructors") == (
        f"{','.join(COLUMNS['section_instructors'])}\n"
        f"{REF},I1,33.5,False\n{REF},I2,66.5,True\nS001,I1,33.5,False\n"
    )
    assert files.pop("relationships") == f"action,client_ref,{','.join(COLUMNS['relationships'])}\n"
    assert files == {name: f"{','.join(COLUMNS[name])}\n" for name in files}


def test_relationships_go_with_their_members(adapter, drop):
    def work(writer):
        writer.create(RELATIONSHIPS, NEW_GROUP, client_ref=REF)
        writer.update(RELATIONSHIPS, "X001", {}, values=NEW_GROUP, token="", client_ref=OTHER_REF)
        writer.delete(RELATIONSHIPS, "L001", token="", client_ref="c-3")

    send(adapter, work)
    folder = drop / "outbound" / FOLDER
    assert (folder / "relationships.csv").read_text() == (
        "action,client_ref,id,term,kind,capacity\n"
        f"CREATE,{REF},,20241,CROSSLIST,60\n"
        f"UPDATE,{OTHER_REF},X001,20241,CROSSLIST,60\n"
        "DELETE,c-3,L001,20241,,\n"
    )
    assert (folder / "relationship_members.csv").read_text() == (
        "relationship_id,section_id,is_primary\n"
        f"{REF},S002,True\n{REF},S006,False\nX001,S002,True\nX001,S006,False\n"
    )


def test_what_is_sent_can_be_read_as_an_exchange_folder(adapter, drop):
    send(adapter, update("S001"))
    again = CsvAdapter(path=drop / "outbound" / FOLDER)
    assert again.check().problems == ()
    (notice, record) = again.read_all(SECTIONS, term=TERM)
    assert notice.is_notice
    assert notice.issues[0].column == "action"
    assert (record.sis_id, record.client_ref) == ("S001", REF)


def test_sessions_of_one_moment_get_folders_of_their_own(adapter, drop):
    for sis_id in ("S001", "S002"):
        send(adapter, update(sis_id))
    send(adapter, update("S003"), run="../8 x")
    names = sorted(path.name for path in (drop / "outbound").iterdir())
    assert names == [FOLDER, f"{FOLDER}.2", "20240701T120000.000000Z-___8_x"]


def test_names_sort_in_the_order_of_sending(adapter, drop):
    for run, seconds in (("10", 0.5), ("9", 0.6), ("8", 61.0)):
        with adapter.writing(term=TERM, run=run, now=NOW + dt.timedelta(seconds=seconds)) as writer:
            update("S001")(writer)
    names = sorted(path.name for path in (drop / "outbound").iterdir())
    assert [name.rpartition("-")[2] for name in names] == ["10", "9", "8"]


def test_an_error_in_a_session_hands_over_nothing(adapter, drop):
    def work(writer):
        writer.create(SECTIONS, NEW_SECTION, client_ref=REF)
        writer.cancel(RELATIONSHIPS, "X001", token="", client_ref=REF)

    with pytest.raises(SisRejected):
        send(adapter, work)
    assert not (drop / "outbound").exists()


def test_a_folder_whose_writing_fails_never_appears(adapter, drop, monkeypatch):
    """The rename is the last step; a disk that is full before it leaves no folder and no rest of one."""

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SisUnavailable, match="No space left"):
        send(adapter, update("S001"))
    assert list((drop / "outbound").iterdir()) == []


def test_a_folder_is_not_there_while_it_is_being_written(tmp_path):
    def rows():
        assert not (tmp_path / "made").exists()
        assert [path.name[0] for path in tmp_path.iterdir()] == ["."]
        yield ("20241", "Fall", "", "")

    write_folder(tmp_path / "made", {"terms": rows()})
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_rows_that_cannot_be_had_leave_no_folder(tmp_path):
    def rows():
        yield ("20241", "Fall", "", "")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_folder(tmp_path / "made", {"terms": rows()})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_never_written_over(tmp_path):
    write_institution(tmp_path / "made")
    with pytest.raises(FileExistsError):
        write_folder(tmp_path / "made", {})


def test_an_outbound_folder_that_cannot_be_written_is_unavailable(adapter, drop):
    (drop / "outbound").touch()  # stands for a place without permission: root may write anywhere
    with pytest.raises(SisUnavailable, match="cannot be written"):
        send(adapter, update("S001"))


@pytest.mark.parametrize("has_manifest", [False, True])
def test_check_counts_the_rows_and_says_what_proves_them(tmp_path, has_manifest):
    adapter = CsvAdapter(path=write_institution(tmp_path / "drop", has_manifest=has_manifest))
    facts = dict(adapter.check().facts)
    assert facts["sections.csv"] == "7 rows"
    assert ("proves" in facts["manifest.csv"]) is has_manifest


def test_check_names_every_file_that_cannot_be_read(adapter, drop):
    (drop / "rooms.csv").write_text("")
    (drop / "terms.csv").write_text("code,code,name,start_date,end_date\n")
    problems = adapter.check().problems
    assert [problem.partition(" ")[0] for problem in problems] == ["terms.csv", "rooms.csv"]


def test_check_names_a_missing_file(adapter, drop):
    (drop / "rooms.csv").unlink()
    (problem,) = adapter.check().problems
    assert problem.startswith("rooms.csv is missing")


def test_a_carriage_return_in_a_text_comes_out_whole(adapter, drop):
    send(adapter, update("S001", notes="one\rtwo\r\nthree"))
    again = CsvAdapter(path=drop / "outbound" / FOLDER)
    (record,) = (one for one in again.read_all(SECTIONS, term=TERM) if isinstance(one, SisRecord))
    assert record.load()["notes"] == "one\rtwo\r\nthree"
