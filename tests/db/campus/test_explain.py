"""Why a value won: base, Tandem's, the SIS's, the rule, the run and the person, for every field."""

import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command

from integration.models import Conflict, MergeRun
from integration.resolving import Choice
from scheduling.domain.errors import UnknownField
from scheduling.models import CustomField
from scheduling.selectors import catalogue
from tests.campus import TERM

KEYS = {"section", "field", "value", "base", "ours", "theirs", "rule", "sentence", "run", "actor", "at"}


def last_run():
    return MergeRun.objects.order_by("-id").first().pk


def both_edit(campus, *, source):
    """Notes edited on both sides, where the source of truth decides."""
    campus.settings(sections={"sources": {"notes": source}})
    campus.adapter.edit("S1", notes="Before")
    campus.merge()
    campus.enable()
    campus.edit("S1", notes="Mine")
    campus.adapter.edit("S1", notes="Theirs")


def three_values(found):
    return found["base"], found["ours"], found["theirs"]


def test_every_field_has_an_explanation_even_if_it_never_changed(campus):
    for field in catalogue():
        found = campus.explain("S1", field.name)
        assert found.keys() >= KEYS
        assert found["rule"] == "SIS_ONLY"
        assert found["base"] == found["ours"] == found["theirs"] == found["value"]
        assert found["run"] == MergeRun.objects.get(merge_type="sections").pk
        assert found["actor"] == "SIS import"
        assert found["sentence"].startswith("It came from the SIS when the section was imported.")
        assert json.loads(json.dumps(found)) == found


def test_meetings_and_instructors_are_given_whole(campus):
    [meeting] = campus.explain("S1", "meetings")["value"]
    assert (meeting["days"], meeting["room"]) == ("MWF", "101")
    [who] = campus.explain("S1", "instructors")["value"]
    assert (who["instructor"], who["is_primary"]) == ("I2", True)


def test_what_only_the_sis_changed_is_the_sis_s(campus):
    campus.adapter.edit("S1", title="Theirs")
    campus.merge()
    found = campus.explain("S1", "title")
    assert three_values(found) == ("Title of S1", "Title of S1", "Theirs")
    assert (found["value"], found["rule"]) == ("Theirs", "SIS_CHANGED")
    assert MergeRun.objects.get(pk=found["run"]).merge_type == "sections"
    assert found["actor"] == "SIS import"


def test_an_edit_that_no_merge_has_seen_is_told_by_what_the_sis_showed_last(campus):
    campus.edit("S1", title="Mine")
    found = campus.explain("S1", "title")
    assert three_values(found) == ("Title of S1", "Mine", "Title of S1")
    assert (found["value"], found["rule"], found["run"]) == ("Mine", "TANDEM_CHANGED", None)
    assert found["actor"] == "kim"
    assert "No merge has decided it yet" in found["sentence"]


def test_an_edit_that_a_merge_sent_names_the_run_and_the_person(campus):
    campus.enable()
    campus.edit("S1", title="Mine")
    campus.merge(sends=True)
    found = campus.explain("S1", "title")
    assert three_values(found) == ("Title of S1", "Mine", "Title of S1")
    assert (found["rule"], found["actor"]) == ("TANDEM_CHANGED", "kim")
    assert MergeRun.objects.get(pk=found["run"]).is_sending


def test_an_edit_that_was_sent_at_once_names_that_run_too(campus):
    campus.enable()
    campus.edit("S1", title="Mine")
    campus.sweep()
    found = campus.explain("S1", "title")
    assert (found["rule"], found["run"], found["actor"]) == ("TANDEM_CHANGED", last_run(), "kim")


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("source", "value", "actor"), [("PREFER_TANDEM", "Mine", "kim"), ("PREFER_SIS", "Theirs", "SIS import")]
)
def test_where_both_changed_it_both_values_are_kept_with_the_rule(campus, source, value, actor, at_once):
    both_edit(campus, source=source)
    if at_once:
        campus.sweep()
    else:
        campus.merge(sends=True)
    found = campus.explain("S1", "notes")
    assert three_values(found) == ("Before", "Mine", "Theirs")
    assert (found["value"], found["rule"], found["actor"]) == (value, source, actor)
    assert found["run"] is not None
    assert campus.in_sis("S1")["notes"] == value


def test_a_held_field_says_how_to_settle_it(campus):
    both_edit(campus, source="ASK")
    campus.merge(sends=True)
    found = campus.explain("S1", "notes")
    assert three_values(found) == ("Before", "Mine", "Theirs")
    assert (found["value"], found["rule"]) == ("Mine", "ASK")
    assert f"resolve_conflict {Conflict.objects.get().pk}" in found["sentence"]


@pytest.mark.parametrize(("choice", "value"), [(Choice.OURS, "Mine"), (Choice.THEIRS, "Theirs")])
def test_a_settled_field_names_who_settled_it(campus, choice, value):
    both_edit(campus, source="ASK")
    campus.merge(sends=True)
    campus.resolve(campus.conflict(), choice)
    found = campus.explain("S1", "notes")
    assert three_values(found) == ("Before", "Mine", "Theirs")
    assert (found["value"], found["rule"], found["actor"]) == (value, "RESOLVED", "kim")


def test_a_settled_field_is_the_sis_s_again_once_the_sis_changed_it(campus, clock):
    both_edit(campus, source="ASK")
    campus.merge(sends=True)
    campus.resolve(campus.conflict(), Choice.THEIRS)
    for value in ("Other", "Theirs"):
        clock.shift(dt.timedelta(hours=1))
        campus.adapter.edit("S1", notes=value)
        campus.merge()
    found = campus.explain("S1", "notes")
    assert (found["value"], found["rule"], found["actor"]) == ("Theirs", "SIS_CHANGED", "SIS import")


def test_a_conflict_that_settled_itself_explains_nothing_any_more(campus):
    both_edit(campus, source="ASK")
    campus.merge(sends=True)
    campus.edit("S1", notes="Theirs")
    campus.merge(sends=True)
    found = campus.explain("S1", "notes")
    assert (found["value"], found["actor"]) == ("Theirs", "kim")
    assert found["rule"] not in {"ASK", "RESOLVED"}


def test_a_person_s_edit_after_the_merge_outdates_the_merge_s_decision(campus, clock):
    campus.adapter.edit("S1", title="Theirs")
    campus.merge()
    clock.shift(dt.timedelta(hours=1))
    campus.edit("S1", title="Other")
    campus.edit("S1", title="Theirs")
    found = campus.explain("S1", "title")
    assert (found["value"], found["actor"]) == ("Theirs", "kim")
    assert found["rule"] != "SIS_CHANGED"


def test_a_field_that_is_not_sent_says_so(campus):
    campus.settings(sections={"sent_fields": ("capacity",)})
    campus.enable()
    campus.edit("S1", title="Mine")
    assert campus.explain("S1", "title")["rule"] == "PENDING"
    campus.merge(sends=True)
    found = campus.explain("S1", "title")
    assert three_values(found) == ("Title of S1", "Mine", "Title of S1")
    assert (found["rule"], found["run"] is not None) == ("PENDING", True)


def test_what_is_on_its_way_says_so_until_it_is_confirmed(campus_with):
    campus = campus_with("applies_later=3600")
    campus.enable()
    campus.edit("S1", title="Mine")
    campus.merge(sends=True)
    campus.merge()
    assert campus.explain("S1", "title")["rule"] == "IN_FLIGHT"
    campus.adapter.tick(3600)
    campus.merge()
    found = campus.explain("S1", "title")
    assert (found["value"], found["rule"], found["actor"]) == ("Mine", "TANDEM_CHANGED", "kim")


def test_enrolment_is_always_the_sis_s(campus):
    campus.adapter.edit("S1", enrollment="5")
    campus.merge()
    found = campus.explain("S1", "enrollment")
    assert (found["value"], found["rule"]) == (5, "ALWAYS_SIS")


def test_items_changed_on_both_sides_are_told_as_merged(campus):
    campus.enable()
    mine = {"instructor": "I1", "percent": 50, "is_primary": False}
    yours = {"instructor": "I2", "percent": 50, "is_primary": True}
    campus.edit("S1", instructors=[mine, {"instructor": "I2", "percent": 100, "is_primary": True}])
    campus.adapter.edit("S1", instructors=[yours])
    campus.merge(sends=True)
    found = campus.explain("S1", "instructors")
    assert found["rule"] == "MERGED"
    assert [one["instructor"] for one in found["value"]] == ["I1", "I2"]


def test_a_section_of_ours_has_no_sis_side_until_it_is_there(campus):
    made = campus.create(title="New")
    found = campus.explain(made, "title")
    assert three_values(found) == (None, "New", None)
    assert (found["rule"], found["actor"]) == ("TANDEM_ONLY", "kim")
    assert "The SIS does not have this section yet." in found["sentence"]
    campus.enable()
    campus.merge(sends=True)
    found = campus.explain(made, "title")
    assert (found["theirs"], found["rule"], found["actor"]) == ("New", "TANDEM_ONLY", "kim")


def test_what_the_sis_gave_to_a_section_of_ours_is_the_sis_s(campus):
    made = campus.create()
    campus.enable()
    campus.sweep()
    found = campus.explain(made, "crn")
    assert (found["rule"], found["actor"]) == ("ALWAYS_SIS", "SIS import")
    assert found["value"] == found["theirs"] is not None


def test_a_custom_field_that_the_sis_does_not_have_is_ours_alone(campus):
    CustomField.objects.create(name="lab_fee", label="Lab fee", kind="text")
    found = campus.explain("S1", "custom.lab_fee")
    assert (found["value"], found["theirs"]) == (None, None)
    campus.edit("S1", **{"custom.lab_fee": "20"})
    found = campus.explain("S1", "custom.lab_fee")
    assert three_values(found) == (None, "20", None)
    assert (found["rule"], found["actor"]) == ("TANDEM_ONLY", "kim")
    assert "The SIS has never shown this field." in found["sentence"]


def test_a_section_that_the_sis_removed_says_why_it_is_cancelled(campus):
    section = campus.id_of("S1")
    campus.settings(sections={"removal": "CANCEL"})
    campus.adapter.remove("S1")
    campus.merge()
    found = campus.explain(section, "status")
    assert (found["value"], found["ours"], found["rule"]) == ("CANCELLED", "ACTIVE", "SIS_REMOVED")


def test_an_unknown_field_is_refused_with_the_fields_there_are(campus):
    with pytest.raises(UnknownField, match=r"no field 'colour'; there are crn, course.*instructors"):
        campus.explain("S1", "colour")


# ---- the command


def test_the_command_prints_the_document(campus, capsys, settings):
    settings.SIS_URL = campus.url
    call_command("explain", TERM, "BIO-101-A", "title", "--json")
    assert json.loads(capsys.readouterr().out) == campus.explain("S1", "title")


def test_the_command_tells_it_in_plain_words(campus, capsys, settings):
    settings.SIS_URL = campus.url
    both_edit(campus, source="PREFER_TANDEM")
    campus.merge(sends=True)
    run = campus.explain("S1", "notes")["run"]
    call_command("explain", TERM, "S1", "notes")
    assert capsys.readouterr().out.splitlines() == [
        "Notes of BIO 101 A is Mine.",
        "  before: Before",
        "  Tandem: Mine",
        "  SIS:    Theirs",
        (
            "  Both sides changed it, and Merge Settings prefer Tandem; both values are kept. "
            f"kim, 12 Jan 2027, 17:00. Merge run {run}."
        ),
    ]


@pytest.mark.parametrize(
    ("section", "field", "sentence"),
    [("S9", "title", "no section"), ("S1", "colour", "there are crn, course")],
)
def test_the_command_refuses_what_does_not_exist(campus, section, field, sentence):
    with pytest.raises(CommandError, match=sentence) as error:
        call_command("explain", TERM, section, field)
    assert error.value.returncode == 2


def test_the_command_lists_the_candidates_of_an_ambiguous_name(campus):
    campus.adapter.edit("S2", section_number="A")
    campus.merge()
    with pytest.raises(CommandError, match=r"S1.*S2") as error:
        call_command("explain", TERM, "BIO-101-A", "title")
    assert error.value.returncode == 2
