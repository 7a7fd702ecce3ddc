"""The records of an exchange folder: which row is whose, what is bad about it, and what the whole proves."""

import pytest

from integration.sis.exchange import Folder
from integration.sis.exchange_writing import write_folder
from integration.sis.port import BadRecord, MergeType, SisRecord, SisUnavailable, SisUnreadable
from integration.sis.snapshots import FolderSnapshot
from tandem_conformance.institution import TABLES, TERM, replace_in, section, write_institution

SECTIONS = MergeType.SECTIONS


@pytest.fixture
def folder(tmp_path):
    return write_institution(tmp_path / "drop")


class Read:
    """A snapshot read to its end."""

    def __init__(self, folder, merge_type=SECTIONS, *, term=TERM):
        snapshot = FolderSnapshot(folder=Folder(path=folder), merge_type=merge_type, term=term)
        items = list(snapshot)
        self.records = {item.sis_id: item for item in items if isinstance(item, SisRecord)}
        self.bad = [item for item in items if isinstance(item, BadRecord)]
        self.evidence = snapshot.evidence()

    def issues(self):
        """(record, code, file, line, column) of everything that is wrong."""
        return [
            (bad.sis_id, issue.code, issue.origin.file, issue.origin.line, issue.column)
            for bad in self.bad
            for issue in bad.issues
        ]


def fingerprints(read):
    return {key: record.fingerprint for key, record in read.records.items()}


# ---- records that cannot be taken


def test_a_repeated_id_is_one_bad_record_with_all_its_lines(tmp_path):
    again = [section("S002", "MATH120", "Z", "Other"), section("S001", "ART101", "Z", "Other")]
    read = Read(write_institution(tmp_path / "drop", sections=[*TABLES["sections"], *again]))
    assert read.issues() == [
        ("S001", "DUPLICATE_ID", "sections.csv", 2, "id"),
        ("S001", "DUPLICATE_ID", "sections.csv", 11, "id"),
        ("S002", "DUPLICATE_ID", "sections.csv", 3, "id"),
        ("S002", "DUPLICATE_ID", "sections.csv", 10, "id"),
    ]
    assert [bad.sis_id for bad in read.bad] == ["S001", "S002"]
    assert sorted(read.records) == ["S003", "S004", "S005", "S006"]
    assert read.evidence.is_complete


def test_an_id_that_stands_in_two_terms_is_told_in_the_one_that_is_read(tmp_path):
    again = section("T001", "ART101", "Z", "Drawing")
    read = Read(write_institution(tmp_path / "drop", sections=[*TABLES["sections"], again]))
    # line 8 of the file is line 9: the notes of S004 go over two
    assert [one[:4] for one in read.issues()] == [
        ("T001", "DUPLICATE_ID", "sections.csv", 9),
        ("T001", "DUPLICATE_ID", "sections.csv", 10),
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("S002,20241,MATH120,A,", "S002,20241,MATH120,A,x,", ("S002", "TOO_MANY_FIELDS", 3, "notes")),
        ("S002,20241,MATH120,A,Calculus I,", "S002,20241,MATH120,A,", ("S002", "TOO_FEW_FIELDS", 3, "notes")),
        ("S006,20241", "S006", ("", "TOO_FEW_FIELDS", 8, "notes")),
        ("S006,20241", "20241", ("", "TOO_FEW_FIELDS", 8, "notes")),
        ("S006,20241", "x,S006,20241", ("", "TOO_MANY_FIELDS", 8, "notes")),
        ("S006,20241", " ,20241", ("", "NO_ID", 8, "id")),
        ("S006,20241", "S006,", ("S006", "UNKNOWN_TERM", 8, "term")),
        ("S006,20241", "S006,20149", ("S006", "UNKNOWN_TERM", 8, "term")),
    ],
)
def test_a_bad_row_is_rejected_with_its_place_and_the_others_come(folder, old, new, expected):
    replace_in(folder, "sections", old, new)
    read = Read(folder)
    sis_id, code, line, column = expected
    assert read.issues()[0] == (sis_id, code, "sections.csv", line, column)
    assert len(read.records) == 5
    assert read.evidence.is_complete is bool(sis_id)
    assert all(issue.message.endswith(".") for bad in read.bad for issue in bad.issues)


def test_a_row_whose_id_cannot_be_read_says_why_the_snapshot_is_not_complete(folder):
    replace_in(folder, "sections", "S006,", ",")
    evidence = Read(folder).evidence
    assert (evidence.is_complete, evidence.is_proven) == (False, False)
    assert "1 rows have no id" in evidence.reason


def test_a_room_needs_both_parts_of_its_id(folder):
    replace_in(folder, "rooms", "RNS,204", "RNS,")
    read = Read(folder, MergeType.ROOMS, term="")
    assert read.issues() == [("", "NO_ID", "rooms.csv", 3, "building")]


def test_a_bad_child_row_rejects_the_whole_record(folder):
    replace_in(folder, "meetings", "S002,1,MWF", "S002,1,MWF,x")
    replace_in(folder, "section_instructors", "S002,I2,100", "S002,I2")
    read = Read(folder)
    assert read.issues() == [
        ("S002", "TOO_MANY_FIELDS", "meetings.csv", 3, "end_date"),
        ("S002", "TOO_FEW_FIELDS", "section_instructors.csv", 4, "is_primary"),
    ]
    assert len(read.bad) == 1
    assert "S002" not in read.records


def test_child_rows_without_a_record_are_strays(folder):
    replace_in(folder, "meetings", "S003,1", "S404,1")
    replace_in(folder, "section_instructors", "S002,I2", ",I2")
    read = Read(folder)
    assert read.issues() == [
        ("S404", "UNKNOWN_PARENT", "meetings.csv", 5, "section_id"),
        ("", "NO_ID", "section_instructors.csv", 4, "section_id"),
    ]
    assert all(bad.is_stray and not bad.is_notice for bad in read.bad)
    assert read.records["S003"].load()["meetings"] == []


def test_child_rows_of_another_terms_records_are_no_strays(folder):
    assert Read(folder).bad == []
    assert len(Read(folder, term="20243").records["T001"].load()["meetings"]) == 1


def test_columns_that_are_not_known_are_a_notice(folder):
    (folder / "rooms.csv").write_text("building,colour,number,capacity,type,mood\nTOH,red,300,30,LAB,\n")
    read = Read(folder, MergeType.ROOMS, term="")
    (notice,) = read.bad
    assert notice.is_notice
    (issue,) = notice.issues
    assert (issue.code, issue.origin.line, issue.column) == ("UNKNOWN_COLUMN", 1, "colour")
    assert "'colour', 'mood'" in issue.message
    assert read.records["TOH/300"].load() == {
        "building": "TOH",
        "number": "300",
        "capacity": "30",
        "type": "LAB",
    }


# ---- what a record is


def test_a_record_and_its_parts_know_their_lines(folder):
    read = Read(folder)
    assert {key: record.origin.line for key, record in read.records.items()} == {
        "S001": 2,
        "S002": 3,
        "S003": 4,
        "S004": 5,
        "S005": 7,  # the notes of S004 go over two lines
        "S006": 8,
    }
    origins = [part["_origin"] for part in read.records["S002"].load()["meetings"]]
    assert [(origin.file, origin.line) for origin in origins] == [("meetings.csv", 3), ("meetings.csv", 4)]


def test_neither_the_order_of_columns_nor_of_rows_is_content(tmp_path, folder):
    other = tmp_path / "other"
    write_folder(other, {name: list(reversed(rows)) for name, rows in TABLES.items()})
    path = other / "rooms.csv"
    path.write_text("type,number,capacity,building\nLAB,204,40,RNS\nCLASSROOM,300,30,TOH\n")
    assert fingerprints(Read(other)) == fingerprints(Read(folder))
    rooms = MergeType.ROOMS
    assert fingerprints(Read(other, rooms, term="")) == fingerprints(Read(folder, rooms, term=""))


def test_text_that_moves_from_one_field_to_the_next_is_other_content(folder):
    before = fingerprints(Read(folder))
    for pair in (("Calculus I,ACTIVE", "Calculus,IACTIVE"), ("S002,1,MWF", "S002,1M,WF")):
        name = "meetings" if "MWF" in pair[0] else "sections"
        replace_in(folder, name, *pair)
        assert fingerprints(Read(folder))["S002"] != before["S002"]
        replace_in(folder, name, *reversed(pair))
    assert fingerprints(Read(folder)) == before


def test_our_reference_is_read_where_it_stands(tmp_path):
    rows = [("ref-1", *TABLES["sections"][0])]
    leading = {"sections": ("client_ref",)}
    write_folder(tmp_path / "drop", {**TABLES, "sections": rows}, leading=leading)
    assert Read(tmp_path / "drop").records["S001"].client_ref == "ref-1"


# ---- what the whole proves


def test_a_manifest_proves_the_snapshot(tmp_path, folder):
    proven = Read(write_institution(tmp_path / "proven", has_manifest=True))
    assert (proven.evidence.is_complete, proven.evidence.is_proven) == (True, True)
    unproven = Read(folder)
    assert (unproven.evidence.is_complete, unproven.evidence.is_proven) == (True, False)
    assert proven.evidence.digest == unproven.evidence.digest


def test_any_file_of_the_folder_makes_its_content_another(folder):
    before = Read(folder).evidence.digest
    for name in ("sections", "meetings", "buildings"):
        old = {"sections": "Drawing", "meetings": "08:00", "buildings": "Regents"}[name]
        replace_in(folder, name, old, "09:00")
        changed = Read(folder).evidence.digest
        assert changed != before, name
        replace_in(folder, name, "09:00", old)
        assert Read(folder).evidence.digest == before


@pytest.mark.parametrize("name", ["sections", "meetings", "terms"])
def test_a_file_that_is_not_the_vouched_one_stops_the_type_that_reads_it(tmp_path, name):
    folder = write_institution(tmp_path / "drop", has_manifest=True)
    path = folder / f"{name}.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(SisUnreadable) as refused:
        Read(folder)
    assert (refused.value.code, refused.value.origin.file) == ("MANIFEST_MISMATCH", f"{name}.csv")
    assert len(Read(folder, MergeType.ROOMS, term="").records) == 2


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("sections.csv,", "others.csv,", "NOT_IN_MANIFEST"),
        ("file,rows,sha256", "file,sha256", "MISSING_COLUMN"),
        ("sections.csv,", "sections.csv,,", "TOO_MANY_FIELDS"),
    ],
)
def test_a_manifest_that_is_wrong_itself_is_refused(tmp_path, old, new, code):
    folder = write_institution(tmp_path / "drop", has_manifest=True)
    replace_in(folder, "manifest", old, new)
    with pytest.raises(SisUnreadable) as refused:
        Read(folder)
    assert refused.value.code == code


def test_a_manifest_may_name_a_file_without_its_ending_and_digests_in_capitals(tmp_path):
    folder = write_institution(tmp_path / "drop", has_manifest=True)
    path = folder / "manifest.csv"
    header, *lines = path.read_text().splitlines()
    rows = [line.split(",") for line in lines]
    rewritten = [f"{file.removesuffix('.csv')},{count},{digest.upper()}" for file, count, digest in rows]
    path.write_text("\n".join([header, *rewritten, ""]))
    assert Read(folder).evidence.is_proven


def test_a_folder_without_one_of_the_eleven_files_is_not_read(folder):
    (folder / "rooms.csv").unlink()
    with pytest.raises(SisUnreadable) as refused:
        Read(folder)
    assert (refused.value.code, refused.value.origin.file) == ("MISSING_FILE", "rooms.csv")


def test_a_folder_that_is_not_there_is_unavailable(tmp_path):
    with pytest.raises(SisUnavailable, match="check SIS_URL"):
        Read(tmp_path / "nowhere")


def test_a_file_that_is_replaced_while_it_is_read_is_noticed(folder):
    """Meetings are read before sections: a drop that comes in between would mix two nights."""
    snapshot = iter(FolderSnapshot(folder=Folder(path=folder), merge_type=SECTIONS, term=TERM))
    next(snapshot)
    replace_in(folder, "meetings", "08:00", "09:00")
    with pytest.raises(SisUnreadable) as refused:
        list(snapshot)
    assert refused.value.code == "CHANGED_WHILE_READ"
