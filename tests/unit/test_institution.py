"""The synthetic institution: repeatable, complete, clash-free, and fit for a first import."""

import csv
import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from integration.execution import execute
from integration.institution.curriculum import zipf_sizes
from integration.institution.week import DISCUSSIONS, LABS, LECTURES, SEMINARS, Part
from integration.institution.writing import FolderInUse, write_institution
from integration.models import RunIssue
from integration.sis.csvfiles import CsvAdapter
from integration.sis.exchange import COLUMNS
from integration.sis.port import MergeType
from scheduling.models import RelationshipMember

SECTIONS = 1_500


@dataclass(frozen=True)
class Written:
    path: Path
    tables: dict[str, list[dict[str, str]]]

    def __getitem__(self, name):
        return self.tables[name]

    def of(self, name, column):
        """Rows of a file grouped by a column."""
        grouped = defaultdict(list)
        for row in self.tables[name]:
            grouped[row[column]].append(row)
        return grouped


def read(path):
    tables = {}
    for name in COLUMNS:
        with (path / f"{name}.csv").open(encoding="utf-8", newline="") as text:
            tables[name] = list(csv.DictReader(text))
    return Written(path, tables)


@pytest.fixture(scope="module")
def one_term(tmp_path_factory):
    path = tmp_path_factory.mktemp("institution") / "sis"
    write_institution(path, sections=SECTIONS)
    return read(path)


def contents(path):
    return {file.name: file.read_bytes() for file in sorted(path.iterdir())}


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_institution(tmp_path / name, sections=300, term_count=2, seed=7)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_another_seed_gives_another_institution(tmp_path):
    write_institution(tmp_path / "a", sections=300, seed=7)
    write_institution(tmp_path / "b", sections=300, seed=8)
    a, b = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert {name for name in a if a[name] != b[name]} >= {"sections.csv", "meetings.csv", "rooms.csv"}


def test_each_term_has_the_sections_asked_for_and_ids_are_unique_in_their_file(tmp_path):
    codes = write_institution(tmp_path / "sis", sections=200, term_count=3)
    written = read(tmp_path / "sis")
    assert Counter(row["term"] for row in written["sections"]) == dict.fromkeys(codes, 200)
    for name in ("sections", "courses", "relationships", "instructors"):
        ids = [row["id"] for row in written[name]]
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("sections", [1, 2, 13])
def test_a_tiny_institution_is_whole_too(tmp_path, sections):
    write_institution(tmp_path / "sis", sections=sections)
    assert len(read(tmp_path / "sis")["sections"]) == sections


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(FolderInUse, match="is there and not empty; name a new folder"):
        write_institution(tmp_path, sections=5)
    assert contents(tmp_path) == {"mine.txt": b"precious"}


def test_an_empty_folder_is_filled(tmp_path):
    call_command("make_institution", str(tmp_path), sections=5, verbosity=0)
    assert {path.stem for path in tmp_path.iterdir()} == {*COLUMNS, "manifest"}


def test_the_command_refuses_numbers_below_one(tmp_path):
    with pytest.raises(CommandError, match="must be 1 or more") as refused:
        call_command("make_institution", str(tmp_path / "sis"), sections=0)
    assert refused.value.returncode == 2


def test_subjects_follow_zipfs_law(one_term):
    subject = {row["id"]: row["subject"] for row in one_term["courses"]}
    sizes = [n for _, n in Counter(subject[row["course_id"]] for row in one_term["sections"]).most_common()]
    assert sizes == sorted(zipf_sizes(SECTIONS, len(one_term["departments"])), reverse=True)
    assert sizes[0] == pytest.approx(2 * sizes[1], abs=1)
    assert sizes[0] == pytest.approx(10 * sizes[9], rel=0.1)


@pytest.mark.parametrize(
    ("what", "share", "tolerance"),
    [
        ("crosslisted", 0.08, 0.001),
        ("online", 0.08, 0.02),
        ("arranged", 0.03, 0.02),
        ("cancelled", 0.016, 0.01),
        ("half term", 0.12, 0.03),
        ("no instructor", 0.08, 0.02),
        ("team", 0.09, 0.03),
        ("variable credit", 0.03, 0.02),
        ("noted", 0.06, 0.02),
        ("waited for", 0.12, 0.04),
        ("overfull", 0.02, 0.01),
    ],
)
def test_shares_are_as_declared(one_term, what, share, tolerance):
    crosslists = {row["id"] for row in one_term["relationships"] if row["kind"] == "CROSSLIST"}
    members = one_term["relationship_members"]
    crosslisted = {row["section_id"] for row in members if row["relationship_id"] in crosslists}
    team = Counter(row["section_id"] for row in one_term["section_instructors"])
    belongs = {
        "crosslisted": lambda one: one["id"] in crosslisted,
        "online": lambda one: one["instruction_mode"] == "O",
        "arranged": lambda one: one["schedule_type"] == "IND",
        "cancelled": lambda one: one["status"] == "CANCELLED",
        "half term": lambda one: one["part_of_term"] in {"H1", "H2"},
        "no instructor": lambda one: team[one["id"]] == 0,
        "team": lambda one: team[one["id"]] > 1,
        "variable credit": lambda one: one["credits"] == "",
        "noted": lambda one: one["notes"] != "",
        "waited for": lambda one: int(one["waitlisted"]) > 0,
        "overfull": lambda one: int(one["enrollment"]) > int(one["capacity"]),
    }[what]
    found = sum(map(belongs, one_term["sections"])) / SECTIONS
    assert found == pytest.approx(share, abs=tolerance)


def overlaps(one, other):
    return (
        set(one["days"]) & set(other["days"])
        and one["start_time"] < other["end_time"]
        and other["start_time"] < one["end_time"]
        and one["start_date"] <= other["end_date"]
        and other["start_date"] <= one["end_date"]
    )


def crosslist_of(written):
    kinds = {row["id"]: row["kind"] for row in written["relationships"]}
    return {
        row["section_id"]: row["relationship_id"]
        for row in written["relationship_members"]
        if kinds[row["relationship_id"]] == "CROSSLIST"
    }


def clashes(written, meetings_of_each):
    group = crosslist_of(written)
    return [
        (one, other)
        for meetings in meetings_of_each.values()
        for one, other in itertools.combinations(meetings, 2)
        if overlaps(one, other)
        and group.get(one["section_id"], one["section_id"])
        != group.get(other["section_id"], other["section_id"])
    ]


def test_no_room_is_booked_twice(one_term):
    in_rooms = defaultdict(list)
    for row in one_term["meetings"]:
        if row["room"]:
            in_rooms[row["building"], row["room"]].append(row)
    assert len(in_rooms) > 50
    assert clashes(one_term, in_rooms) == []


def test_nobody_teaches_two_classes_at_once(one_term):
    meetings = one_term.of("meetings", "section_id")
    of_people = defaultdict(list)
    for row in one_term["section_instructors"]:
        of_people[row["instructor_id"]] += meetings[row["section_id"]]
    assert len(of_people) > 300
    assert clashes(one_term, of_people) == []


def test_classes_fit_into_their_rooms(one_term):
    seats = {(row["building"], row["number"]): int(row["capacity"]) for row in one_term["rooms"]}
    group = crosslist_of(one_term)
    capacity = {row["id"]: int(row["capacity"]) for row in one_term["relationships"] if row["capacity"]}
    own = {row["id"]: int(row["capacity"]) for row in one_term["sections"]}
    for row in one_term["meetings"]:
        if row["room"]:
            needed = (
                capacity[group[row["section_id"]]] if row["section_id"] in group else own[row["section_id"]]
            )
            assert needed <= seats[row["building"], row["room"]]


def test_a_crosslist_shares_time_room_and_people_and_has_one_primary_and_the_seats_of_all(one_term):
    meetings = one_term.of("meetings", "section_id")
    people = one_term.of("section_instructors", "section_id")
    sections = {row["id"]: row for row in one_term["sections"]}
    members = one_term.of("relationship_members", "relationship_id")

    def without_owner(rows):
        return [{name: cell for name, cell in row.items() if name != "section_id"} for row in rows]

    for group in one_term["relationships"]:
        if group["kind"] != "CROSSLIST":
            continue
        ids = [row["section_id"] for row in members[group["id"]]]
        assert len({sections[one]["course_id"] for one in ids}) == len(ids) >= 2
        assert [row["is_primary"] for row in members[group["id"]]].count("True") == 1
        assert int(group["capacity"]) == sum(int(sections[one]["capacity"]) for one in ids)
        for one in ids[1:]:
            assert without_owner(meetings[one]) == without_owner(meetings[ids[0]]) != []
            assert without_owner(people[one]) == without_owner(people[ids[0]])


def test_labs_are_linked_to_a_lecture_of_their_course_at_another_time(one_term):
    sections = {row["id"]: row for row in one_term["sections"]}
    meetings = one_term.of("meetings", "section_id")
    members = one_term.of("relationship_members", "relationship_id")
    labs = set()
    for group in one_term["relationships"]:
        if group["kind"] == "LINKED":
            lecture, *others = (sections[row["section_id"]] for row in members[group["id"]])
            assert lecture["schedule_type"] == "LEC"
            for lab in others:
                assert (lab["schedule_type"], lab["course_id"]) == ("LAB", lecture["course_id"])
                assert not any(
                    overlaps(a, b) for a in meetings[lab["id"]] for b in meetings[lecture["id"]] if a["days"]
                )
                labs.add(lab["id"])
    assert labs == {one["id"] for one in sections.values() if one["schedule_type"] == "LAB"} != set()


def test_percents_add_up_with_one_primary(one_term):
    for team in one_term.of("section_instructors", "section_id").values():
        assert sum(int(row["percent"]) for row in team) == 100
        assert [row["is_primary"] for row in team].count("True") == 1


def test_patterns_of_a_part_of_term_clash_with_the_full_term_but_not_with_the_other_half():
    for menu in (LECTURES, LABS, SEMINARS, DISCUSSIONS):
        rows = zip(menu[Part.FULL], menu[Part.FIRST_HALF], menu[Part.SECOND_HALF], strict=True)
        for full, first, second in rows:
            assert full.bits & first.bits
            assert full.bits & second.bits
            assert not first.bits & second.bits


@pytest.mark.django_db
def test_it_comes_in_whole_and_flags_no_room_outside_its_crosslists(one_term):
    adapter = CsvAdapter(path=one_term.path, horizon_seconds=0)
    outcome = execute(list(MergeType), terms=[one_term["terms"][0]["code"]], adapter=adapter)
    assert outcome.exit_code == 0
    assert [(run.merge_type, run.status) for run in outcome.runs if run.status != "SUCCEEDED"] == []
    created = {run.merge_type: run.counts["local_create"] for run in outcome.runs}
    assert created == {one.value: len(one_term[one.value]) for one in MergeType}
    assert sum(run.counts["rejected"] for run in outcome.runs) == 0
    notes = Counter(RunIssue.objects.order_by().values_list("code", flat=True))
    assert notes.keys() <= {"VARIABLE_CREDITS"}  # members of one crosslist may share their room
    assert RelationshipMember.objects.filter(kind="CROSSLIST").exists()
