"""`manage.py execute_merge` as CONTRACT.md has it: options, exit status, JSON."""

import re
from dataclasses import replace

import pytest

from integration.execution import execute
from integration.models import MergeRun, TermSwitch
from integration.settings import active_version
from integration.sis.memory import MemoryAdapter
from integration.sis.port import TERM_TYPES, MergeType
from scheduling.models import Section, Term
from tests.campus import TERM
from tests.merge_desk import execute_merge

pytestmark = pytest.mark.django_db

COUNTS = [
    *("read", "unchanged"),
    *("local_create", "local_update", "local_cancel", "local_delete"),
    *("sis_create", "sis_update", "sis_cancel", "sis_delete"),
    *("missing", "pending", "awaiting", "held", "rejected"),
]
RUN_KEYS = {
    "id",
    "type",
    "term",
    "status",
    "dry_run",
    "send_updates",
    "plan",
    "digest",
    "started_at",
    "seconds",
    "error",
    "counts",
    "issues",
}


def test_a_first_load_brings_everything_in_reference_data_first(desk):
    answer = desk.run("all")

    assert answer.exit_code == 0
    assert [run["type"] for run in answer.runs] == [one.value for one in MergeType]
    assert [run["term"] for run in answer.runs] == [None] * 5 + [TERM] * 3
    assert Section.objects.filter(term=TERM).count() == 4


def test_the_document_has_every_key_of_the_contract(desk):
    document = desk.run("all").document

    assert document["error"] is None
    for run in document["runs"]:
        assert run.keys() >= RUN_KEYS
        assert list(run["counts"]) == COUNTS
        assert re.fullmatch("[0-9a-f]{64}", run["digest"])
        assert isinstance(run["plan"], int)
        assert run["seconds"] >= 0
        assert (run["status"], run["dry_run"], run["send_updates"]) == ("SUCCEEDED", False, False)


def test_an_ad_hoc_merge_imports_a_term_that_the_sis_offers_and_enables_nothing(desk):
    answer = execute_merge("courses", "--term", "20263")

    assert answer.exit_code == 0
    assert Term.objects.filter(pk="20263").exists()
    assert not TermSwitch.objects.exists()


def test_several_terms_are_merged_one_after_the_other_each_once(desk):
    answer = execute_merge("all", "--term", TERM, "--term", "20263", "--term", TERM)

    assert answer.exit_code == 0
    bound = [(run["type"], run["term"]) for run in answer.runs if run["term"]]
    assert bound == [(one.value, term) for term in (TERM, "20263") for one in TERM_TYPES]


def test_a_sis_that_lists_sections_first_is_merged_in_its_own_order(desk):
    desk.reopen("order=sections_first")

    assert [run["type"] for run in desk.run("all").runs][5:] == ["sections", "courses", "relationships"]


# ---- wrong use


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sections"], "sections needs a term: add --term CODE."),
        (["all"], "all needs a term: add --term CODE."),
        (["all", "--term", TERM, "--accept-empty"], "--accept-empty is for one type at a time"),
        (["all", "--term", TERM, "--approve", "1"], "--approve is for one type at a time"),
        (["rooms", "--approve", "1", "--dry-run"], "it cannot be a dry run"),
        (["rooms", "--approve", "1", "--accept-empty"], "--accept-empty is for making one"),
        (["rooms", "--approve", "1"], "There is no plan 1 for rooms."),
        (["sections", "--term", "19991"], "The SIS does not offer a term '19991'"),
        (["sections", "--term", TERM, "--send-updates"], f"enable_term {TERM} --send"),
    ],
)
def test_wrong_use_is_told_with_what_to_write_instead_and_nothing_runs(desk, words, sentence):
    answer = execute_merge(*words)

    assert answer.exit_code == 2
    assert sentence in answer.document["error"]["message"]
    assert answer.document["error"].keys() == {"code", "message", "file", "line", "column"}
    assert answer.runs == []
    assert not MergeRun.objects.exists()


def test_sending_is_checked_for_every_type_that_would_be_sent_before_anything_runs(desk):
    desk.first_load()
    desk.enable([MergeType.SECTIONS])
    runs = MergeRun.objects.count()

    assert desk.run("sections", "--send-updates").exit_code == 0
    answer = desk.run("all", "--send-updates")

    assert answer.exit_code == 2
    assert answer.document["error"]["message"].startswith(f"Relationships of {TERM} are not set to be sent")
    assert MergeRun.objects.count() == runs + 1


def test_only_sections_and_relationships_are_sent_whatever_is_asked(desk):
    answer = desk.run("courses", "--send-updates")

    assert answer.exit_code == 0
    assert answer.run["send_updates"] is False


def test_a_term_that_is_gone_is_neither_merged_nor_sent(desk):
    desk.first_load()
    desk.enable()
    desk.adapter.remove(TERM, "terms")
    execute_merge("terms")

    assert not Term.objects.get(pk=TERM).is_active
    assert desk.run("sections").document["error"]["message"].startswith("The SIS does not offer a term")
    desk.adapter.add(
        "terms", "", TERM, code=TERM, name="Back", start_date="2027-02-01", end_date="2027-05-28"
    )
    answer = desk.run("sections", "--send-updates")
    assert answer.exit_code == 2
    assert "the SIS no longer has this term" in answer.document["error"]["message"]


def test_a_term_that_came_back_is_merged_again(desk):
    desk.first_load()
    row = desk.adapter.records("terms")[TERM]
    desk.adapter.remove(TERM, "terms")
    execute_merge("terms")
    desk.adapter.add("terms", "", TERM, **row)

    assert desk.run("all").exit_code == 0
    assert Term.objects.get(pk=TERM).is_active


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "SIS_URL is not set"),
        ("carrier-pigeon://loft", "no adapter answers to"),
        ("csv://relative/folder", "absolute folder"),
        ("memory:///srv/sis?colour=blue", "has the option 'colour'"),
    ],
)
def test_a_sis_url_that_cannot_be_used_is_told(db, settings, url, sentence):
    settings.SIS_URL = url

    answer = execute_merge("rooms")

    assert (answer.exit_code, answer.document["error"]["code"]) == (2, "CONFIGURATION")
    assert sentence in answer.document["error"]["message"]


def test_a_term_for_what_belongs_to_none_is_told_as_not_used(desk):
    desk.first_load()
    assert desk.run("rooms", "--term", "20271").document["notes"] == [
        "--term was not used: rooms belong to no term and are merged whole."
    ]
    assert desk.run("rooms").document["notes"] == []


# ---- merge settings


def test_a_type_that_is_switched_off_is_refused_by_name_and_left_out_of_all(desk):
    desk.first_load()
    desk.settings(rooms={"is_enabled": False})

    alone, all_of_them = desk.run("rooms"), desk.run("all")

    assert (alone.exit_code, alone.runs) == (2, [])
    assert "switched off in Merge Settings" in alone.document["error"]["message"]
    assert all_of_them.exit_code == 0
    assert "rooms" not in [run["type"] for run in all_of_them.runs]
    assert all_of_them.document["notes"] == [
        "rooms left out: Merges of rooms are switched off in Merge Settings."
    ]


def test_a_type_that_the_sis_does_not_have_is_refused_by_name_and_left_out_of_all(desk):
    partial = Partial(path=desk.folder)

    alone = execute([MergeType.ROOMS], terms=[], adapter=partial)
    several = execute([MergeType.BUILDINGS, MergeType.ROOMS], terms=[], adapter=partial)

    assert (alone.exit_code, alone.runs) == (2, [])
    assert alone.error["message"] == "This SIS (memory) has no rooms to read."
    assert [run.merge_type for run in several.runs] == ["buildings"]
    assert several.notes == ["rooms left out: This SIS (memory) has no rooms to read."]


class Partial(MemoryAdapter):
    """A SIS without rooms."""

    @property
    def capabilities(self):
        return replace(super().capabilities, reads=frozenset(MergeType) - {MergeType.ROOMS})


def test_settings_that_cannot_be_read_stop_everything_with_a_sentence(desk):
    active_version().profile.versions.update(document={"types": {"rooms": {"is_enabled": "perhaps"}}})

    answer = desk.run("all")

    assert (answer.exit_code, answer.runs) == (2, [])
    assert "cannot be read" in answer.document["error"]["message"]
