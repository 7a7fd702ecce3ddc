"""A file that cannot be read stops its type with nothing changed (exit 2); what is no fault is none."""

import pytest

from scheduling.models import (
    ChangeLog,
    Course,
    Instructor,
    Room,
    Section,
    Term,
)
from tandem_conformance.institution import NOTE, TERM, replace_in
from tests.spoiled_drop import SECTIONS, TEAM, content, merge, place, write_manifest

pytestmark = pytest.mark.django_db


# ---- a file that cannot be read


def cut(path):
    path.write_bytes(path.read_bytes()[:-8])


def as_utf16(path):
    path.write_bytes(path.read_text().encode("utf-16"))


def change(old, new):
    def work(path):
        data = path.read_bytes()
        assert old in data
        path.write_bytes(data.replace(old, new, 1))

    return work


BAD_FILES = {
    "no column": ("sections", change(b",credits,", b","), "MISSING_COLUMN", 1, "credits"),
    "a column twice": ("sections", change(b",notes\n", b",notes,notes\n"), "DUPLICATE_COLUMN", 1, "notes"),
    "latin-1": ("sections", change("café".encode(), b"caf\xe9"), "WRONG_ENCODING", 6, "notes"),
    "utf-16": ("sections", as_utf16, "WRONG_ENCODING", 1, None),
    "a NUL byte": ("sections", change(b"Independent", b"Inde\x00pendent"), "NUL_BYTE", 5, "title"),
    "cut off": ("sections", cut, "TRUNCATED", 9, "capacity"),
    "an open quote": ("sections", change(b'\xc3\xa9"', b""), "TRUNCATED", 5, "notes"),
    "text behind a quote": ("sections", change(b'\xa9"', b'\xa9" yes'), "MALFORMED_CSV", 5, "notes"),
    "an empty file": ("sections", lambda path: path.write_bytes(b""), "NO_HEADER", 1, None),
    "no file": ("sections", lambda path: path.unlink(), "MISSING_FILE", None, None),
    "meetings cut off": ("meetings", cut, "TRUNCATED", 6, "end_date"),
    "no room column": ("meetings", change(b",room,", b","), "MISSING_COLUMN", 1, "room"),
    "no owner column": (TEAM, change(b"section_id,", b""), "MISSING_COLUMN", 1, "section_id"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_cannot_be_read_stops_its_type_with_nothing_changed(imported, case):
    name, spoil, code, line, column = case
    replace_in(imported, SECTIONS, "S001,20241,ART101,A,Drawing", "S001,20241,ART101,A,Life drawing")
    spoil(imported / f"{name}.csv")
    before = content()

    answer = merge("sections")

    assert (answer.exit_code, answer.run["status"]) == (2, "FAILED")
    error = answer.run["error"]
    assert (error["code"], *place(error)) == (code, f"{name}.csv", line, column)
    assert error["message"].startswith(f"{name}.csv ")
    assert error["message"].endswith(".")
    assert content() == before
    assert ChangeLog.objects.filter(run_id=answer.run["id"]).count() == 0


def test_what_does_not_build_on_a_bad_file_goes_on(imported):
    (imported / "instructors.csv").write_text("id\n")
    replace_in(imported, "rooms", "TOH,300,30", "TOH,300,31")
    replace_in(imported, "courses", "Calculus I,", "Calculus One,")
    before = Section.objects.get(sis_id="S002").version

    answer = merge("all")

    assert answer.exit_code == 2
    assert {run["type"]: (run["error"] or {}).get("code") for run in answer.runs} == {
        **dict.fromkeys(["terms", "departments", "buildings", "rooms", "courses"]),
        "instructors": "MISSING_COLUMN",
        "sections": "PREREQUISITE",
        "relationships": "PREREQUISITE",
    }
    assert Room.objects.get(number="300").capacity == 31
    assert Course.objects.get(sis_id="MATH120").title == "Calculus One"
    assert Instructor.objects.filter(is_active=True).count() == 3
    assert Section.objects.get(sis_id="S002").version == before


def test_a_new_term_is_not_brought_in_from_a_bad_file(drop):
    replace_in(drop, "terms", "name,", "")
    answer = merge("sections")
    assert answer.exit_code == 2
    error = answer.document["error"] or answer.run["error"]
    assert (error["code"], *place(error)) == ("MISSING_COLUMN", "terms.csv", 1, "name")
    assert not Term.objects.exists()


@pytest.mark.parametrize(
    ("spoil", "code", "file"),
    [
        (
            lambda folder: replace_in(folder, "meetings", "08:00", "09:00"),
            "MANIFEST_MISMATCH",
            "meetings.csv",
        ),
        (
            lambda folder: replace_in(folder, "manifest", "sections.csv", "x.csv"),
            "NOT_IN_MANIFEST",
            "sections.csv",
        ),
        (lambda folder: replace_in(folder, "manifest", "file,", "name,"), "MISSING_COLUMN", "manifest.csv"),
        (lambda folder: (folder / "rooms.csv").unlink(), "MISSING_FILE", "rooms.csv"),
    ],
)
def test_a_half_written_folder_changes_nothing(imported, spoil, code, file):
    write_manifest(imported)
    spoil(imported)
    before = content()

    answer = merge("sections")

    assert answer.exit_code == 2
    assert (answer.run["error"]["code"], answer.run["error"]["file"]) == (code, file)
    assert content() == before


def test_a_missing_folder_is_a_sis_that_cannot_be_reached(imported):
    imported.rename(imported.with_name("elsewhere"))
    before = content()
    answer = merge("sections")
    assert (answer.exit_code, answer.run["error"]["code"]) == (4, "SIS_UNAVAILABLE")
    assert content() == before


# ---- what is no fault


def test_what_a_csv_file_may_have_is_no_fault(drop):
    """A byte order mark, CRLF, odd quotes, other column orders, no last line end, unknown columns."""
    path = drop / "sections.csv"
    text = path.read_text(encoding="utf-8").replace("A,Calculus I,", 'A,5" Calculus,')
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    (drop / "rooms.csv").write_text(
        '"number",capacity,colour,"type",building\n300,30,red,LAB,TOH\n204,40,,LAB,RNS\n'
    )
    path = drop / "meetings.csv"
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))

    answer = merge("all")

    assert answer.exit_code == 0, [run["error"] for run in answer.runs]
    (notice,) = answer.of("rooms")["issues"]
    assert (notice["code"], notice["notice"], *place(notice)) == (
        "UNKNOWN_COLUMN",
        True,
        "rooms.csv",
        1,
        "colour",
    )
    assert Section.objects.get(sis_id="S002").title == '5" Calculus'
    assert Section.objects.get(sis_id="S004").notes == NOTE.replace("\n", "\r\n")
    assert Section.objects.filter(term=TERM).count() == 6
