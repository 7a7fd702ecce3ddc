"""The faults of the fake SIS, its journal, and a registrar who works in it."""

import shutil

import pytest

from integration.sis.port import (
    MergeType,
    SisOutcomeUnknown,
    SisRejected,
)
from tandem_conformance.institution import TERM
from tandem_conformance.sis_under_test import REF, read_all
from tests.contract.memory_desk import create_in, update_in

SECTIONS, RELATIONSHIPS = MergeType.SECTIONS, MergeType.RELATIONSHIPS


# ---- faults


def test_a_fault_strikes_as_often_as_told_and_only_what_it_names(sis):
    sis.faults([{"when": {"operation": "UPDATE", "type": "sections"}, "then": "locked", "times": 2}])
    create_in(sis)
    update_in(sis, "X001", RELATIONSHIPS, capacity=41)
    for _ in range(2):
        with pytest.raises(Exception, match="open in the SIS"):
            update_in(sis, "S001", capacity=1)
    update_in(sis, "S001", capacity=1)


def test_chance_is_the_same_for_the_same_seed(sis_folder, tmp_path, opened):
    def struck(path):
        sis = opened(path)
        sis.faults([{"then": "refuse", "p": 0.5, "seed": 7}])
        hits = []
        for n in range(20):
            try:
                update_in(sis, "S001", capacity=n)
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
    update_in(sis, "S001", capacity=1)
    sis.faults([{"then": "refuse", "times": 9}])
    sis.faults([])
    update_in(sis, "S001", capacity=2)


def test_the_journal_tells_what_was_received_and_what_came_of_it(sis):
    update_in(sis, "S001", capacity=1)
    sis.faults([{"then": "refuse"}])
    with pytest.raises(SisRejected):
        update_in(sis, "S001", capacity=2)
    sis.faults([{"then": "timeout_after_effect"}])
    with pytest.raises(SisOutcomeUnknown):
        update_in(sis, "S001", capacity=3)
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
