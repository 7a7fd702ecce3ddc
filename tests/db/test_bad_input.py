"""What is wrong with a SIS's answer is told with file, line, column and fix, and never does damage.

One bad record is rejected and the others go on (exit 1); a file that cannot be read stops its type with
nothing changed (exit 2); neither is ever taken for a removal.
"""

import hashlib
import shutil

import pytest
from django.apps import apps
from django.db import connection
from django.test import override_settings

from integration.models import Link, LinkState, MergeRun
from integration.sis.memory import MemoryAdapter
from scheduling.models import (
    Building,
    Campus,
    ChangeLog,
    Course,
    Department,
    Instructor,
    Relationship,
    Room,
    Section,
    Term,
)
from tests.contract.institution import NOTE, TERM, replace_in, write_institution
from tests.merge_desk import execute_merge

pytestmark = pytest.mark.django_db
BAD = "INVALID_VALUE"
LONG = "9" * 5_000
ROOTS = (Term, Department, Building, Campus, Instructor, MergeRun, ChangeLog)
CLEAR = f"TRUNCATE {', '.join(model._meta.db_table for model in ROOTS)} CASCADE"


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """A good first import, made once and taken away after the last test of this module: its folder."""
    folder = write_institution(tmp_path_factory.mktemp("loaded") / "drop")
    with django_db_blocker.unblock(), override_settings(SIS_URL=f"csv://{folder}"):
        assert merge("all").exit_code == 0
    yield folder
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(CLEAR)


@pytest.fixture
def imported(loaded, db, tmp_path, settings):
    """A copy of its folder to spoil; what is done to the database is undone."""
    folder = shutil.copytree(loaded, tmp_path / "drop")
    settings.SIS_URL = f"csv://{folder}"
    return folder


@pytest.fixture
def empty(loaded, db):
    """A database in which nothing was imported yet."""
    with connection.cursor() as cursor:
        cursor.execute(CLEAR)


@pytest.fixture
def drop(empty, tmp_path, settings):
    """The folder, of which nothing was imported yet."""
    folder = write_institution(tmp_path / "drop")
    settings.SIS_URL = f"csv://{folder}"
    return folder


def merge(merge_type, *words):
    bound = merge_type in {"courses", "sections", "relationships", "all"}
    return execute_merge(merge_type, *(["--term", TERM] if bound else []), *words)


def write_manifest(folder):
    """Vouch for the files as they stand."""
    paths = sorted(set(folder.glob("*.csv")) - {folder / "manifest.csv"})
    rows = [f"{path.name},,{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in paths]
    (folder / "manifest.csv").write_text("\n".join(["file,rows,sha256", *rows, ""]))


def content():
    """All rows of the scheduling tables and of the links; runs and plans are a merge's diary."""
    found = []
    for model in [*apps.get_app_config("scheduling").get_models(), Link]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT t::text FROM {model._meta.db_table} t ORDER BY 1")
            found += [f"{model.__name__}: {row}" for (row,) in cursor.fetchall()]
    return found


def faults(run):
    """The issues that are no mere notices."""
    return [issue for issue in run["issues"] if not issue["notice"]]


def place(issue):
    return issue["file"], issue["line"], issue["column"]


# ---- one bad record

SECTIONS, MEETINGS, TEAM = "sections", "meetings", "section_instructors"
GROUPS, MEMBERS = "relationships", "relationship_members"
AT_S002 = "S002,20241,MATH120,A,Calculus I,ACTIVE,LEC,P,MAIN,1,2024-09-05,2024-12-17,1.00,30,5,0,0,"


def in_s002(old, new):
    assert AT_S002.count(old) == 1, old
    return SECTIONS, AT_S002, AT_S002.replace(old, new)


BAD_SECTIONS = {
    "a bad date": (in_s002("2024-12-17", "2024-13-17"), BAD, 3, "end_date", "no such day"),
    "a date of another form": (in_s002("2024-09-05", "9/5/2024"), BAD, 3, "start_date", "YYYY-MM-DD"),
    "end before start": (in_s002("2024-12-17", "2024-09-04"), BAD, 3, "end_date", "correct one"),
    "an unknown course": (in_s002("MATH120", "MATH999"), "UNKNOWN_COURSE", 3, "course_id", "correct"),
    "no course": (in_s002("MATH120", ""), BAD, 3, "course_id", "must not be blank"),
    "no number": (in_s002(",A,C", ",,C"), BAD, 3, "section_number", "must not be blank"),
    "a long number": (in_s002(",A,C", ",A2345678901,C"), BAD, 3, "section_number", "10 are allowed"),
    "a long title": (in_s002("Calculus I", "x" * 201), BAD, 3, "title", "200 are allowed"),
    "an unknown status": (in_s002("ACTIVE", "OPEN"), BAD, 3, "status", "one of ACTIVE"),
    "negative capacity": (in_s002(",30,", ",-1,"), BAD, 3, "capacity", "0 or"),
    "capacity with decimals": (in_s002(",30,", ",30.5,"), BAD, 3, "capacity", "whole number"),
    "huge capacity": (in_s002(",30,", f",{LONG},"), BAD, 3, "capacity", "must be"),
    "credits with 3 decimals": (in_s002("1.00", "1.125"), BAD, 3, "credits", "two decimals"),
    "huge credits": (in_s002("1.00", "1e400"), BAD, 3, "credits", "must be"),
    "credits that are no number": (in_s002("1.00", "NaN"), BAD, 3, "credits", "must be"),
    "too many fields": (in_s002("Calculus I", "Calculus, I"), "TOO_MANY_FIELDS", 3, "notes", "put quotes"),
    "too few fields": (in_s002(",30,5", ",30"), "TOO_FEW_FIELDS", 3, "notes", "write every column"),
    "a term that is not there": (in_s002("20241", "20149"), "UNKNOWN_TERM", 3, "term", "add the term there"),
    "no term": (in_s002("20241", ""), "UNKNOWN_TERM", 3, "term", "correct it"),
    "an id twice": ((SECTIONS, "S006,20241", "S002,20241"), "DUPLICATE_ID", 3, "id", "keep one"),
    "bad days": ((MEETINGS, "S002,1,MWF", "S002,1,MXF"), BAD, 3, "days", "MTWRFSU"),
    "a day twice": ((MEETINGS, "S002,1,MWF", "S002,1,MMF"), BAD, 3, "days", "at most once"),
    "a bad time": ((MEETINGS, "11:50", "25:50"), BAD, 3, "start_time", "HH:MM"),
    "half a time": ((MEETINGS, ",13:00,14:00", ",13:00,"), BAD, 4, "start_time", "or neither"),
    "no such building": ((MEETINGS, "12:45,RNS", "12:45,XXX"), "UNKNOWN_BUILDING", 3, "building", "or"),
    "an unknown room": ((MEETINGS, "12:45,RNS,204", "12:45,RNS,999"), "UNKNOWN_ROOM", 3, "room", "correct"),
    "a room without building": ((MEETINGS, "12:45,RNS", "12:45,"), BAD, 3, "building", "name the"),
    "a meeting that ends first": (
        (MEETINGS, "12:45,RNS,204,2024-09-05,2024-12-17", "12:45,RNS,204,2024-09-05,2024-09-01"),
        *(BAD, 3, "end_date", "before it starts"),
    ),
    "a wide meeting row": ((MEETINGS, "S002,1,", "S002,1,,"), "TOO_MANY_FIELDS", 3, "end_date", "put quotes"),
    "an unknown instructor": ((TEAM, "S002,I2", "S002,I9"), "UNKNOWN_INSTRUCTOR", 4, "instructor_id", "or"),
    "no instructor": ((TEAM, "S002,I2", "S002,"), BAD, 4, "instructor_id", "names no instructor"),
    "percent 120": ((TEAM, "S002,I2,100", "S002,I2,120"), BAD, 4, "percent", "0 to 100"),
    "percent that is no number": ((TEAM, "S002,I2,100", "S002,I2,all"), BAD, 4, "percent", "a number"),
    "a primary that is neither": ((TEAM, "I2,100,True", "I2,100,yes"), BAD, 4, "is_primary", "True or"),
    "two primaries": (
        (TEAM, "S002,I2,100,True", "S002,I2,50,True\nS002,I3,50,True"),
        *("TWO_PRIMARIES", 5, "is_primary", "mark one"),
    ),
    "a person twice": (
        (TEAM, "S002,I2,100,True", "S002,I2,50,True\nS002,I2,50,False"),
        *("DUPLICATE_INSTRUCTOR", 5, "instructor_id", "keep one"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_SECTIONS.values(), ids=BAD_SECTIONS)
def test_a_bad_section_is_rejected_with_its_place_and_is_still_here(imported, case):
    (file, old, new), code, line, column, fix = case
    before = Section.objects.get(sis_id="S002")
    replace_in(imported, file, old, new)
    replace_in(imported, SECTIONS, "S001,20241,ART101,A,Drawing", "S001,20241,ART101,A,Life drawing")
    write_manifest(imported)  # absence would be proof

    answer = merge("sections")

    assert (answer.exit_code, answer.run["status"]) == (1, "FINISHED_WITH_ISSUES")
    issue = faults(answer.run)[0]
    assert (issue["code"], *place(issue)) == (code, f"{file}.csv", line, column)
    assert issue["record"] == "S002"
    assert fix in issue["message"]
    assert issue["message"].endswith(".")
    assert answer.counts["rejected"] == 1
    assert answer.counts["local_update"] == 1, "the others go on"
    assert Section.objects.get(sis_id="S001").title == "Life drawing"
    after = Section.objects.get(sis_id="S002")
    assert (after.pk, after.version, after.title) == (before.pk, before.version, before.title)
    assert Link.objects.get(sis_id="S002").state == LinkState.LINKED


@pytest.mark.parametrize("case", ["a bad date", "an unknown room", "too many fields"])
def test_a_bad_section_of_a_first_import_is_left_out_and_comes_once_it_is_right(drop, case):
    file, old, new = BAD_SECTIONS[case][0]
    replace_in(drop, file, old, new)

    answer = merge("all")

    assert answer.exit_code == 1
    assert [issue["record"] for issue in faults(answer.of("sections"))] == ["S002"]
    assert set(Section.objects.values_list("sis_id", flat=True)) == {"S001", "S003", "S004", "S005", "S006"}
    assert merge("sections").exit_code == 1, "told on every run while it stands"
    replace_in(drop, file, new, old)
    again = merge("sections")
    assert (again.exit_code, again.counts) == (0, {"read": 6, "unchanged": 5, "local_create": 1})


def test_a_record_is_told_everything_that_is_wrong_with_it(imported):
    replace_in(imported, SECTIONS, *in_s002(",30,5", ",-1,many")[1:])
    replace_in(imported, MEETINGS, "11:50", "25:50")

    issues = faults(merge("sections").run)

    assert [place(issue) for issue in issues] == [
        ("sections.csv", 3, "capacity"),
        ("sections.csv", 3, "waitlist_capacity"),
        ("meetings.csv", 3, "start_time"),
    ]


def test_lines_are_physical_ones_behind_notes_of_several_lines(imported):
    replace_in(imported, SECTIONS, "S005,20241,ART101,B", "S005,20241,ART999,B")
    replace_in(imported, SECTIONS, NOTE.replace('"', '""'), "one\n\ntwo\nthree")

    (issue,) = faults(merge("sections").run)

    assert (issue["record"], *place(issue)) == ("S005", "sections.csv", 9, "course_id")


def test_an_id_of_more_than_64_characters_is_rejected_and_one_of_64_is_not(imported):
    replace_in(imported, SECTIONS, "S004,20241", f"{'a' * 64},20241")
    replace_in(imported, SECTIONS, "S005,20241", f"{'b' * 65},20241")

    answer = merge("sections")

    (issue,) = faults(answer.run)
    assert (issue["code"], *place(issue)) == ("ID_TOO_LONG", "sections.csv", 7, "id")
    assert "64 are allowed" in issue["message"]
    made = Section.objects.get(sis_id="a" * 64)
    assert made.crn == "a" * 64


def test_without_an_id_nothing_is_removed_because_of_that_file(imported):
    replace_in(imported, SECTIONS, "S002,20241", ",20241")
    path = imported / "sections.csv"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if "S006" not in line))
    write_manifest(imported)

    answer = merge("sections")

    assert answer.exit_code == 1
    codes = {issue["code"]: place(issue) for issue in faults(answer.run)}
    assert codes["NO_ID"] == ("sections.csv", 3, "id")
    assert Section.objects.filter(term=TERM).count() == 6
    assert set(Link.objects.filter(merge_type="sections").values_list("state", flat=True)) == {
        LinkState.LINKED
    }
    assert "missing" not in answer.counts


def test_a_meeting_of_a_section_that_does_not_exist_is_rejected(imported):
    path = imported / "meetings.csv"
    path.write_text(path.read_text() + "S404,1,M,08:00,09:00,TOH,300,2024-09-05,2024-12-17\n")

    answer = merge("sections")

    assert answer.exit_code == 1
    (issue,) = faults(answer.run)
    assert (issue["code"], issue["record"], *place(issue)) == (
        *("UNKNOWN_PARENT", "S404"),
        *("meetings.csv", 7, "section_id"),
    )
    assert answer.counts == {"read": 6, "unchanged": 6, "rejected": 1}


def test_meetings_left_behind_by_a_removed_section_do_not_keep_it(imported):
    path = imported / "sections.csv"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if "S002" not in line))

    answer = merge("sections")

    assert answer.exit_code == 0
    assert answer.counts == {"read": 5, "unchanged": 5, "missing": 1}
    assert set(answer.notices) == {"UNKNOWN_PARENT"}


BAD_GROUPS = {
    "an unknown kind": ((GROUPS, "CROSSLIST", "TEAM"), BAD, 2, "kind", "one of CROSSLIST"),
    "negative capacity": ((GROUPS, "CROSSLIST,40", "CROSSLIST,-40"), BAD, 2, "capacity", "0 or"),
    "an unknown member": ((MEMBERS, "X001,S005", "X001,S404"), "UNKNOWN_SECTION", 3, "section_id", "correct"),
    "a member twice": ((MEMBERS, "X001,S005", "X001,S001"), "DUPLICATE_MEMBER", 3, "section_id", "keep one"),
    "two primaries": ((MEMBERS, "S005,False", "S005,True"), "TWO_PRIMARIES", 3, "is_primary", "mark one"),
    "a primary that is neither": ((MEMBERS, "S005,False", "S005,no"), BAD, 3, "is_primary", "True or"),
    "a term that is not there": ((GROUPS, "X001,20241", "X001,1"), "UNKNOWN_TERM", 2, "term", "correct it"),
    "an id twice": ((GROUPS, "L001", "X001"), "DUPLICATE_ID", 2, "id", "keep one"),
    "too few fields": ((GROUPS, "CROSSLIST,40", "CROSSLIST"), "TOO_FEW_FIELDS", 2, "capacity", "every"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_GROUPS.values(), ids=BAD_GROUPS)
def test_a_bad_relationship_is_rejected_with_its_place_and_is_still_here(imported, case):
    (file, old, new), code, line, column, fix = case
    replace_in(imported, file, old, new)
    write_manifest(imported)

    answer = merge("relationships")

    assert answer.exit_code == 1
    issue = faults(answer.run)[0]
    assert (issue["code"], issue["record"], *place(issue)) == (code, "X001", f"{file}.csv", line, column)
    assert fix in issue["message"]
    assert answer.counts["rejected"] == 1
    group = Relationship.objects.get(sis_id="X001")
    assert sorted(group.members.values_list("section__sis_id", flat=True)) == ["S001", "S005"]
    assert Link.objects.get(sis_id="X001").state == LinkState.LINKED


def add(folder, name, *rows):
    path = folder / f"{name}.csv"
    path.write_text("".join([path.read_text(), *(f"{row}\n" for row in rows)]))


def members():
    groups = Relationship.objects.order_by("sis_id")
    return {
        one.sis_id: sorted(one.members.values_list("section__sis_id", flat=True))
        for one in groups.filter(kind="CROSSLIST")
    }


def test_a_section_in_two_crosslists_keeps_the_second_out_and_the_others_come(imported):
    add(imported, GROUPS, "X002,20241,CROSSLIST,10", "X003,20241,CROSSLIST,10")
    add(imported, MEMBERS, "X002,S001,True", "X002,S002,False", "X003,S003,True", "X003,S004,False")

    answer = merge("relationships")

    assert answer.exit_code == 1
    (issue,) = faults(answer.run)
    assert (issue["code"], issue["record"], issue["field"]) == ("IN_ANOTHER_CROSSLIST", "X002", "members")
    assert "S001" in issue["message"]
    assert answer.counts == {"read": 4, "unchanged": 2, "local_create": 1, "rejected": 1}
    assert members() == {"X001": ["S001", "S005"], "X003": ["S003", "S004"]}


def test_a_member_that_another_crosslist_keeps_is_not_added(imported):
    add(imported, GROUPS, "X002,20241,CROSSLIST,10")
    add(imported, MEMBERS, "X002,S002,True", "X002,S003,False")
    assert merge("relationships").exit_code == 0
    replace_in(imported, MEMBERS, "X002,S003", "X002,S005")

    answer = merge("relationships")

    assert (answer.exit_code, [issue["record"] for issue in faults(answer.run)]) == (1, ["X002"])
    assert members()["X002"] == ["S002", "S003"]
    assert Link.objects.get(sis_id="X002").baseline["members"][1]["section"] == "S003"
    replace_in(imported, MEMBERS, "X001,S005", "X001,S004")  # now S005 is free
    assert merge("relationships").exit_code == 0
    assert members() == {"X001": ["S001", "S004"], "X002": ["S002", "S005"]}


def test_a_group_that_takes_the_place_of_another_comes_once_the_other_is_surely_gone(imported):
    """Nothing vouches for this folder: an absence counts with the second sight only."""
    replace_in(imported, GROUPS, "X001", "X009")
    for _ in range(2):
        replace_in(imported, MEMBERS, "X001", "X009")

    first = merge("relationships")
    assert (first.exit_code, first.counts["missing"], members()) == (1, 1, {"X001": ["S001", "S005"]})
    replace_in(imported, "buildings", "Regents", "Regents Hall")
    merge("relationships")
    assert members() == {"X009": ["S001", "S005"]}
    assert merge("relationships").exit_code == 0


BAD_REFERENCES = {
    "a term that ends first": ("terms", "2024-12-17", "2024-09-01", BAD, 2, "end_date"),
    "a term without a date": ("terms", "2024-12-17", "", BAD, 2, "end_date"),
    "a department without a name": ("departments", "Mathematics", "", BAD, 3, "name"),
    "a building without a code": ("buildings", "RNS", "", "NO_ID", 3, "code"),
    "a room of no building": ("rooms", "RNS,204", "XXX,204", "UNKNOWN_BUILDING", 3, "building"),
    "a capacity in words": ("rooms", "204,40", "204,forty", BAD, 3, "capacity"),
    "a person of no department": (
        *("instructors", "I2,Gus,Castell,,MATH", "I2,Gus,Castell,,X"),
        *("UNKNOWN_DEPARTMENT", 3, "department"),
    ),
    "a person's long id": ("instructors", "I2", "I" * 65, BAD, 3, "id"),
    "a course without a subject": ("courses", "MATH120,20241,MATH", "MATH120,20241,", BAD, 3, "subject"),
    "a course's bad credits": ("courses", "Calculus I,1.00", "Calculus I,one", BAD, 3, "credits"),
    "a course twice": ("courses", "MATH126", "MATH120", "DUPLICATE_ID", 3, "id"),
    "a course of no term": ("courses", "MATH120,20241", "MATH120,1", "UNKNOWN_TERM", 3, "term"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_REFERENCES.values(), ids=BAD_REFERENCES)
def test_bad_reference_data_is_rejected_with_its_place_and_stays_active(imported, case):
    name, old, new, code, line, column = case
    before = content()
    replace_in(imported, name, old, new)
    write_manifest(imported)

    answer = merge(name)

    assert answer.exit_code == 1
    issue = faults(answer.run)[0]
    assert (issue["code"], *place(issue)) == (code, f"{name}.csv", line, column)
    assert issue["message"].endswith(".")
    if old.split(",")[0] in new:  # else its id is another one, and the one that was is gone
        assert content() == before


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


# ---- the same from a SIS without files


BAD_EDITS = {
    "a bad date": ({"start_date": "2024-02-31"}, "start_date", BAD),
    "an unknown course": ({"course": "MATH999"}, "course", "UNKNOWN_COURSE"),
    "negative capacity": ({"capacity": "-1"}, "capacity", BAD),
    "credits with 3 decimals": ({"credits": "1.125"}, "credits", BAD),
    "end before start": ({"end_date": "2024-01-01"}, "end_date", BAD),
    "an unknown room": ({"meetings": [{"building": "TOH", "room": "9"}]}, "meetings", "UNKNOWN_ROOM"),
    "percent 120": ({"instructors": [{"instructor": "I1", "percent": "120"}]}, "instructors", BAD),
    "a NUL byte": ({"title": "Cal\x00culus"}, "title", BAD),
}  # fmt: skip


@pytest.fixture
def sis(empty, tmp_path, settings):
    folder = write_institution(tmp_path / "sis")
    settings.SIS_URL = f"memory://{folder}"
    adapter = MemoryAdapter(path=folder)
    yield adapter
    adapter.close()


@pytest.mark.parametrize("case", BAD_EDITS.values(), ids=BAD_EDITS)
def test_a_bad_record_of_the_fake_sis_is_rejected_and_is_still_here(sis, case):
    changes, field, code = case
    assert merge("all").exit_code == 0
    before = Section.objects.get(sis_id="S002")
    sis.edit("S002", **changes)
    sis.edit("S001", title="Life drawing")

    answer = merge("sections")

    assert answer.exit_code == 1
    (issue,) = faults(answer.run)
    assert (issue["record"], issue["field"], issue["code"]) == ("S002", field, code)
    assert (issue["file"], issue["line"]) == (None, None)
    assert answer.counts == {"read": 6, "unchanged": 4, "local_update": 1, "rejected": 1}
    after = Section.objects.get(sis_id="S002")
    assert (after.version, after.status) == (before.version, "ACTIVE")
    assert Link.objects.get(sis_id="S002").state == LinkState.LINKED


def test_a_fake_sis_that_cannot_load_its_folder_names_the_place(empty, tmp_path, settings):
    folder = write_institution(tmp_path / "sis")
    replace_in(folder, "sections", "S002,20241", "S001,20241")
    settings.SIS_URL = f"memory://{folder}"

    answer = merge("all")

    assert answer.exit_code == 2
    error = answer.document["error"] or answer.runs[0]["error"]
    assert (error["code"], *place(error)) == ("DUPLICATE_ID", "sections.csv", 2, "id")
    assert not Term.objects.exists()


def test_an_answer_of_the_fake_sis_that_is_cut_short_removes_nothing(sis):
    assert merge("all").exit_code == 0
    sis.faults([{"when": {"operation": "READ", "type": "sections"}, "then": "truncated_read"}])
    before = content()

    answer = merge("sections")

    assert answer.counts == {"read": 3, "unchanged": 3}
    assert content() == before
