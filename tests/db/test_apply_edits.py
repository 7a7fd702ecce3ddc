"""`manage.py apply_edits` (CONTRACT.md): each line on its own, through the write services."""

import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command

from scheduling.models import ChangeLog, Relationship, Section
from scheduling.selectors import section_named, sections_by_code
from scheduling.services import sections


class Stdin:
    """What is piped into the command."""

    def __init__(self, data):
        self.buffer = io.BytesIO(data)


@pytest.fixture
def apply(schedule, tmp_path, capsys):
    """Apply edits (objects, or raw bytes); return (exit status, results)."""

    def run(*edits, user="registrar", term="20271"):
        lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in edits]
        file = tmp_path / "edits.jsonl"
        file.write_bytes(b"\n".join(lines))
        out = io.StringIO()
        try:
            call_command("apply_edits", str(file), "--term", term, "--user", user, "--json", stdout=out)
            status = 0
        except SystemExit as error:
            status = error.code
        return status, json.loads(out.getvalue())["results"]

    return run


def title_of(pk):
    return Section.objects.get(pk=pk).title


class TestOperations:
    def test_update(self, schedule, apply):
        pk = schedule.imported(crn="10001")
        status, results = apply(
            {"op": "update", "section": "10001", "set": {"title": "Genes", "capacity": 20}, "version": 1}
        )
        assert status == 0
        assert results == [{"line": 1, "ok": True, "section": pk, "version": 2, "warnings": []}]
        assert title_of(pk) == "Genes"

    def test_create(self, schedule, apply, mwf):
        schedule.room()
        schedule.course("BIO", "101")
        values = {"course": "BIO-101", "section_number": "07", "meetings": [mwf, {}]}
        status, (result,) = apply({"op": "create", "set": values})
        assert (status, result["version"]) == (0, 1)
        assert Section.objects.get(pk=result["section"]).meetings.count() == 2

    def test_cancel_and_delete(self, schedule, apply):
        first, second = schedule.section(section_number="01"), schedule.section(section_number="02")
        status, results = apply(
            {"op": "cancel", "section": "BIO-101-01"},
            {"op": "delete", "section": "BIO-101-02", "version": 1},
        )
        assert status == 0
        assert [(one["section"], one["version"]) for one in results] == [(first, 2), (second, None)]
        assert Section.objects.get().status == "CANCELLED"

    def test_crosslist_and_dissolve(self, schedule, apply):
        first = schedule.section(section_number="01")
        second = schedule.section(schedule.course("CHE", "200"), section_number="01")
        status, (result,) = apply(
            {
                "op": "crosslist",
                "members": ["BIO-101-01", "CHE-200-01"],
                "primary": "CHE-200-01",
                "capacity": 40,
            }
        )
        assert (status, result["version"]) == (0, 1)
        group = Relationship.objects.get(pk=result["relationship"])
        assert (group.kind, group.capacity) == ("CROSSLIST", 40)
        assert list(group.members.values_list("section_id", "is_primary")) == [(second, True), (first, False)]
        status, _results = apply({"op": "dissolve", "relationship": group.pk, "version": 1})
        assert (status, Relationship.objects.count()) == (0, 0)

    def test_a_crosslist_needs_neither_primary_nor_capacity(self, schedule, apply):
        schedule.section(section_number="01")
        schedule.section(section_number="02")
        status, _results = apply({"op": "crosslist", "members": ["BIO-101-01", "BIO-101-02"]})
        assert (status, Relationship.objects.get().capacity) == (0, None)

    def test_what_the_checks_flag_is_told(self, schedule, apply):
        schedule.imported(crn="10001")
        status, (result,) = apply({"op": "update", "section": 10001, "set": {"credits": "4"}})
        assert status == 0
        assert [one["code"] for one in result["warnings"]] == ["CREDITS_OUTSIDE_COURSE"]

    def test_the_audit_names_the_user_and_the_command(self, schedule, apply):
        schedule.imported(crn="10001")
        apply({"op": "update", "section": "10001", "set": {"title": "Genes"}})
        row = ChangeLog.objects.get(record_type="section", field="title")
        assert (row.actor_name, row.source) == ("registrar", "COMMAND")


class TestRefusedLines:
    def test_the_others_are_applied(self, schedule, apply):
        first, second = schedule.imported(crn="10001"), schedule.imported(crn="10002", number="02")
        status, results = apply(
            {"op": "update", "section": "10001", "set": {"title": "Genes"}},
            {"op": "update", "section": "10001", "set": {"enrollment": 3}},
            {"op": "update", "section": "10002", "set": {"title": "Cells"}},
        )
        assert status == 1
        assert [one["ok"] for one in results] == [True, False, True]
        assert (results[1]["line"], results[1]["code"], results[1]["field"]) == (
            2,
            "FIELD_LOCKED",
            "enrollment",
        )
        assert "kept by the SIS" in results[1]["message"]
        assert (title_of(first), title_of(second)) == ("Genes", "Cells")

    @pytest.mark.parametrize(
        ("edit", "code"),
        [
            ({"op": "update", "section": "404", "set": {"title": "x"}}, "NOT_FOUND"),
            ({"op": "update", "section": "10001", "set": {"tilte": "x"}}, "UNKNOWN_FIELD"),
            ({"op": "update", "section": "10001", "set": {"capacity": "many"}}, "INVALID_VALUE"),
            ({"op": "update", "section": "10001", "set": {"title": "x"}, "version": 7}, "STALE_VERSION"),
            ({"op": "create", "set": {"course": "BIO-101", "section_number": "01"}}, "NUMBER_TAKEN"),
            ({"op": "create", "set": {"section_number": "09"}}, "INVALID_VALUE"),
            ({"op": "delete", "section": "10001"}, "ACTION_REFUSED"),
            ({"op": "crosslist", "members": ["10001"]}, "INVALID_VALUE"),
            ({"op": "dissolve", "relationship": 404}, "NOT_FOUND"),
            ({"op": "update", "section": "", "set": {"title": "x"}}, "NOT_FOUND"),
        ],
    )
    def test_every_refusal_of_the_services_has_its_code_and_a_sentence(self, schedule, apply, edit, code):
        schedule.imported(crn="10001", number="01", enrollment=5)
        status, (result,) = apply(edit)
        assert (status, result["ok"], result["code"]) == (1, False, code)
        assert result["message"].endswith(".")

    @pytest.mark.parametrize(
        ("line", "says"),
        [
            (b"title = Genes", "malformed"),
            (b"[]", "object"),
            (b'{"op": "rename", "section": "1"}', "rename"),
            (b'{"section": "1"}', "op"),
            (b'{"op": "cancel"}', "section"),
            (b'{"op": "cancel", "section": "1", "why": "x"}', "why"),
            (b'{"op": "create", "set": {}, "section": "1"}', "section"),
            (b'{"op": "update", "section": "1", "set": [1]}', "set"),
            (b'{"op": "cancel", "section": "1", "version": "1"}', "version"),
            (b'{"op": "cancel", "section": "\xff"}', ""),
            (b'{"op": "cancel", "section": "1\\u0000"}', "NUL"),
            (b'{"op": "update", "section": "1", "set": {"title": ' + b"[" * 5000 + b"]" * 5000 + b"}}", ""),
        ],
    )
    def test_a_line_that_is_no_edit_is_refused_with_its_number_and_what_to_write(self, apply, line, says):
        status, (result,) = apply(b"", line)
        assert (status, result["line"], result["code"]) == (1, 2, "NOT_AN_EDIT")
        assert result["message"].startswith("Line 2: ")
        assert says in result["message"]
        assert '{"op": "update", "section": S, "set": {field: value}}' in result["message"]

    def test_a_user_without_the_right_is_told_all_locked_fields(self, schedule, apply):
        schedule.imported(crn="10001")
        schedule.user("VIEWER", departments=["BIO"], name="bob")
        edit = {"op": "update", "section": "10001", "set": {"title": "x", "notes": "y"}}
        status, (result,) = apply(edit, user="bob")
        assert (status, set(result["locked"])) == (1, {"title", "notes"})

    def test_a_relationship_of_another_term_is_not_dissolved(self, schedule, apply):
        group = schedule.crosslist(schedule.section(), schedule.section())
        fall = type(schedule.term).objects.create(
            code="20273", name="Fall", start_date="2027-09-01", end_date="2027-12-17"
        )
        status, (result,) = apply({"op": "dissolve", "relationship": group}, term=fall.pk)
        assert (status, result["code"], Relationship.objects.count()) == (1, "NOT_FOUND", 1)


class TestTheFile:
    def test_blank_lines_are_passed_over_and_counted(self, schedule, apply):
        schedule.imported(crn="10001")
        status, (result,) = apply(b"", b"  ", {"op": "cancel", "section": "10001"}, b"")
        assert (status, result["line"]) == (0, 3)

    def test_nothing_to_do_is_done(self, apply):
        assert apply(b"") == (0, [])

    def test_a_hyphen_reads_standard_input(self, schedule, monkeypatch):
        pk = schedule.imported(crn="10001")
        monkeypatch.setattr(sys, "stdin", Stdin(b'{"op": "cancel", "section": "10001"}\n'))
        out = io.StringIO()
        call_command("apply_edits", "-", "--term", "20271", "--user", "registrar", stdout=out)
        assert out.getvalue() == "1 applied, 0 refused.\n"
        assert Section.objects.get(pk=pk).status == "CANCELLED"

    def test_without_json_refusals_and_notes_are_lines(self, schedule, tmp_path):
        schedule.imported(crn="10001")
        file = tmp_path / "edits"
        file.write_text('{"op": "update", "section": "10001", "set": {"credits": 4}}\nnonsense\n')
        out = io.StringIO()
        with pytest.raises(SystemExit):
            call_command("apply_edits", str(file), "--term", "20271", "--user", "registrar", stdout=out)
        note, refusal, summary = out.getvalue().splitlines()
        assert note.startswith("line 1: note: Credits are 4.00")
        assert refusal.startswith("line 2: refused (NOT_AN_EDIT): ")
        assert summary == "1 applied, 1 refused."

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (("missing.jsonl", "--term", "20271", "--user", "registrar"), "'missing.jsonl' cannot be read"),
            ((".", "--term", "20271", "--user", "registrar"), "cannot be read"),
            (("-", "--term", "20279", "--user", "registrar"), "no term '20279'"),
            (("-", "--term", "20271", "--user", "nobody"), "no user 'nobody'"),
        ],
    )
    def test_what_cannot_begin_is_wrong_use(self, schedule, arguments, says):
        out, err = io.StringIO(), io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("apply_edits", *arguments, "--json", stdout=out, stderr=err)
        assert ended.value.code == 2
        assert says in err.getvalue()
        document = json.loads(out.getvalue())
        assert (document["results"], document["error"]["code"]) == ([], "WRONG_USE")

    def test_term_and_user_have_to_be_named(self, db):
        with pytest.raises(CommandError, match="--term, --user"):
            call_command("apply_edits", "-")


class TestNaming:
    """S: a crn, a SIS id, or SUBJECT-NUMBER-SECTIONNUMBER, tried in this order."""

    def test_a_crn_comes_before_a_sis_id_and_that_before_the_code(self, schedule):
        by_crn = schedule.imported(crn="X", sis_id="A")
        by_sis_id = schedule.imported(crn="B", sis_id="X", number="02")
        assert section_named("20271", "X") == by_crn
        Section.objects.filter(pk=by_crn).update(crn="C")
        assert section_named("20271", "X") == by_sis_id
        assert section_named("20271", "BIO-101-02") == by_sis_id

    @pytest.mark.parametrize(
        ("subject", "number", "section_number", "code"),
        [
            ("AS/RE", "100", "01", "AS/RE-100-01"),
            ("AS-RE", "100", "01", "AS-RE-100-01"),
            ("BIO", "1-H", "01", "BIO-1-H-01"),
            ("BIO", "100", "L-1", "BIO-100-L-1"),
        ],
    )
    def test_a_code_may_have_slashes_and_hyphens_of_its_own(
        self, schedule, subject, number, section_number, code
    ):
        pk = schedule.section(schedule.course(subject, number), section_number=section_number)
        assert section_named("20271", code) == pk

    def test_a_blank_name_is_nobody_not_everybody_without_a_crn(self, schedule):
        schedule.section()
        assert sections_by_code("20271", "") == []

    def test_another_term_is_not_searched(self, schedule):
        schedule.imported(crn="10001")
        assert sections_by_code("20273", "10001") == []

    def test_an_absurd_number_of_hyphens_is_just_not_found(self, schedule):
        schedule.section()
        assert sections_by_code("20271", "-" * 500) == []

    def test_an_ambiguous_name_is_refused_with_the_candidates(self, schedule, apply):
        schedule.imported(crn="10001", sis_id="S-A", number="01")
        cancelled = schedule.section(section_number="03")
        sections.cancel_section(cancelled, author=schedule.author())
        Section.objects.filter(pk=cancelled).update(section_number="01")
        status, (result,) = apply({"op": "cancel", "section": "BIO-101-01"})
        assert (status, result["code"]) == (1, "AMBIGUOUS")
        assert "BIO 101 01 (crn 10001, SIS id S-A, active)" in result["message"]
        assert "BIO 101 01 (crn none yet, SIS id none yet, cancelled)" in result["message"]
