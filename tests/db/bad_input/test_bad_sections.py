"""What is wrong with a SIS's answer is told with file, line, column and fix, and never does damage.

One bad section is rejected and the others go on (exit 1); it is never taken for a removal.
"""

import pytest

from integration.models import Link, LinkState
from scheduling.models import (
    Section,
)
from tandem_conformance.institution import NOTE, TERM, replace_in
from tests.spoiled_drop import BAD, LONG, MEETINGS, SECTIONS, TEAM, faults, merge, place, write_manifest

pytestmark = pytest.mark.django_db
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
