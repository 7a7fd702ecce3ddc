"""Commands asked for what is not there, or in words that mean nothing: one sentence, status 2, no change."""

import pytest
from django.core.management import CommandError, call_command

from integration.models import TermSwitch
from scheduling.models import ChangeLog, User


@pytest.fixture
def section(schedule):
    return schedule.imported(schedule.course("BIO"), crn="10001", title="Cells")


WRONG = {
    ("section_status", "999", "10001"): "There is no term '999'; check its code.",
    ("section_status", "", "10001"): "There is no term ''; check its code.",
    ("section_status", "20271", "9"): "There is no section '9' in term 20271; give a crn",
    ("section_status", "20271", ""): "There is no section '' in term 20271; give a crn",
    ("explain", "999", "10001", "title"): "There is no term '999'; check its code.",
    ("explain", "20271", "9", "title"): "There is no section '9' in term 20271; give a crn",
    ("explain", "20271", "10001", "colour"): "Sections have no field 'colour'; there are crn, ",
    ("explain", "20271", "10001", ""): "Sections have no field ''; there are crn, ",
    ("can_edit", "nobody", "20271"): "There is no user 'nobody'; check the name.",
    ("can_edit", "", "20271"): "There is no user ''; check the name.",
    ("can_edit", "kim", "999"): "There is no term '999'; check its code.",
    ("can_edit", "kim", "20271", "--section", "9"): "There is no section '9' in term 20271; give a crn",
    ("can_edit", "kim", "20271", "--section", ""): "There is no section '' in term 20271; give a crn",
    ("can_edit", "kim", "20271", "--at", "2027-13-01"): "'2027-13-01' is no date and time; write it like",
    ("can_edit", "kim", "20271", "--at", ""): "'' is no date and time; write it like 2027-01-12T17:00.",
    ("enable_term", "20271", "--until", ""): "'' is no date; write it as YYYY-MM-DD.",
    ("enable_term", "20271", "--until", "2027-02-30"): "'2027-02-30' is no date; write it as YYYY-MM-DD.",
    ("enable_term", "20271", "--types", ""): "'' is no type of a term; there are courses, ",
    ("disable_term", "999"): "There is no term '999' here; check the code.",
    ("disable_term", "20271", "--types", "rooms"): "'rooms' is no type of a term; there are courses, ",
    ("make_user", ""): "'' cannot be a user's name. This field cannot be blank.",
    ("make_user", "a b"): "'a b' cannot be a user's name. Enter a valid username.",
    ("make_user", "x" * 200): "cannot be a user's name. Ensure this value has at most 150 characters",
    ("make_user", "ann", "--role", ""): "There is no role ''; choose among INSTRUCTOR, ",
    ("make_user", "ann", "--role", "VIEWER", "--department", ""): "There is no department ''",
    ("resolve_conflict", "999", "ours", "--user", "kim"): "There is no conflict 999.",
    ("resolve_conflict", "1", "ours", "--user", ""): "There is no user ''.",
    ("replay_outbound", "--term", ""): "There is no term '' here; check the code.",
    ("make_institution", "/proc/none", "--sections", "5"): "/proc/none cannot be written: No such file",
    ("make_institution", "new", "--sections", "0"): "--sections and --terms must be 1 or more.",
    ("sandbox_sis", "/nowhere"): "The exchange folder /nowhere is not there; check its name.",
    ("sandbox_sis", "/", "--port", "99999"): "--port is 99999; it must be 0 to 65535.",
    ("sandbox_sis", "/", "--port", "-1"): "--port is -1; it must be 0 to 65535.",
    ("sandbox_sis", "/", "--latency-ms", "-1"): "--latency-ms is -1; it must be 0 or more.",
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_a_wrong_argument_is_said_in_one_line_and_changes_nothing(schedule, section, monkeypatch, words):
    monkeypatch.setattr("sys.stdin", None)
    schedule.user("REGISTRAR", is_for_all=True, name="kim")
    before = ChangeLog.objects.count(), User.objects.count(), list(TermSwitch.objects.values())
    with pytest.raises(CommandError) as refusal:
        call_command(*words)
    assert refusal.value.returncode == 2
    assert WRONG[words] in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert (ChangeLog.objects.count(), User.objects.count(), list(TermSwitch.objects.values())) == before
