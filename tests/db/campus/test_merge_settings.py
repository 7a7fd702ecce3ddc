"""Merge settings: what may be said, versions that stay, and their audit."""

import pytest
from django.utils import timezone

from integration.fieldsets import section_policies
from integration.merge.policy import Removal, Source
from integration.models import MergeProfile, MergeProfileVersion, OutboundChange, TermSwitch
from integration.settings import (
    ConfigurationError,
    MergeSettings,
    TypeSettings,
    activate_profile,
    active_version,
    checked,
    create_profile,
    differences,
    read,
    restore_version,
    save_settings,
)
from integration.sis.port import Capabilities, MergeType
from scheduling.models import ChangeLog, CustomField
from scheduling.selectors import catalogue


def sections(**rules):
    return MergeSettings(types={"sections": TypeSettings(**rules)})


def save(document, actor=None):
    return save_settings(document, actor=actor, reason="Drafting begins", now=timezone.now())


def audit():
    rows = ChangeLog.objects.filter(record_type="merge_profile").order_by("id")
    return [(row.action, row.version, row.field, row.before, row.after) for row in rows]


# ---- as delivered


def test_a_fresh_database_has_every_type_enabled_no_term_on_and_nothing_to_send(db):
    settings = read(active_version())
    assert all(settings.of(one).is_enabled for one in MergeType)
    assert not TermSwitch.objects.exists()
    assert active_version().number == 1


def test_a_fresh_database_has_the_default_sources_of_truth(db):
    fields = catalogue()
    policies = section_policies(
        fields, read(active_version()).of(MergeType.SECTIONS), Capabilities(name="any")
    )
    sources = {one.name: one.source for one in policies}
    assert {sources[name] for name in ("crn", "enrollment", "waitlisted")} == {Source.ALWAYS_SIS}
    assert {sources[name] for name in ("meetings", "instructors", "capacity", "notes")} == {
        Source.PREFER_TANDEM
    }
    asked = ("title", "credits", "course", "part_of_term", "campus", "status")
    assert {sources[name] for name in asked} == {Source.ASK}


# ---- what may be said


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"types": {"classes": {}}}, "'classes' is no merge type; there are terms, departments"),
        (
            {"types": {"sections": {"sources": {"colour": "ASK"}}}},
            "Sections have no field 'colour'; there are crn",
        ),
        (
            {"types": {"sections": {"sources": {"title": "BOTH"}}}},
            "Sections: the source of truth of Title is 'BOTH'; write one of ALWAYS_SIS, ALWAYS_TANDEM",
        ),
        (
            {"types": {"sections": {"default_source": "BOTH"}}},
            "The default source of truth of sections is 'BOTH'",
        ),
        (
            {"types": {"sections": {"sources": {"crn": "ALWAYS_TANDEM"}}}},
            "CRN is kept by the SIS; its source of truth must stay ALWAYS_SIS",
        ),
        ({"types": {"sections": {"sent_fields": ["title", "crn"]}}}, "CRN can never be sent"),
        ({"types": {"sections": {"sent_fields": ["colour"]}}}, "Sections have no field 'colour'"),
        (
            {"types": {"sections": {"overrides": {"S1": {"enrollment": "PREFER_TANDEM"}}}}},
            "Section S1: Enrolled is kept by the SIS",
        ),
        (
            {"types": {"relationships": {"overrides": {"X1": {"capacity": "ASK"}}}}},
            "only single sections can be overridden",
        ),
        ({"types": {"relationships": {"sources": {"kind": "ASK"}}}}, "Kind is kept by the SIS"),
        ({"types": {"relationships": {"sources": {"title": "ASK"}}}}, "there are kind, capacity, members"),
        ({"types": {"courses": {"sources": {"title": "ALWAYS_TANDEM"}}}}, "Courses are only imported"),
        ({"types": {"rooms": {"sent_fields": ["capacity"]}}}, "Rooms are only imported"),
        ({"types": {"sections": {"sources": {"custom.fee": "PREFER_SIS"}}}}, "never imported"),
        ({"types": {"sections": {"colour": 1}}}, "These are no merge settings"),
        ({"types": {"sections": {"removal": "BURN"}}}, "These are no merge settings"),
        ({"types": {"sections": "off"}}, "These are no merge settings"),
        ({"types": ["sections"]}, "These are no merge settings"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_a_sentence(db, document, sentence):
    CustomField.objects.create(name="fee", label="Fee", kind="text")
    with pytest.raises(ConfigurationError, match=sentence):
        checked(document)


def test_everything_wrong_is_said_at_once(db):
    with pytest.raises(ConfigurationError) as error:
        checked({"types": {"classes": {}, "sections": {"sources": {"crn": "ASK"}, "sent_fields": ["crn"]}}})
    assert len(str(error.value).split(".")) > 3


def test_settings_that_may_be_said_are_taken_as_they_are(db):
    CustomField.objects.create(name="fee", label="Fee", kind="text")
    document = {
        "types": {
            "sections": {
                "sources": {"title": "PREFER_SIS", "crn": "ALWAYS_SIS", "custom.fee": "ALWAYS_TANDEM"},
                "sent_fields": ["title", "capacity"],
                "removal": "CANCEL",
                "overrides": {"S1": {"capacity": "ALWAYS_SIS"}},
            },
            "relationships": {"sources": {"members": "PREFER_TANDEM"}},
            "courses": {"is_enabled": False},
        },
        "subject_departments": {"AS/RE": "AS"},
    }
    settings = checked(document)
    assert settings.of(MergeType.SECTIONS).removal is Removal.CANCEL
    assert settings.of(MergeType.SECTIONS).sources["title"] is Source.PREFER_SIS
    assert not settings.of(MergeType.COURSES).is_enabled


def test_settings_that_cannot_be_are_not_saved(db):
    with pytest.raises(ConfigurationError):
        save(sections(sources={"crn": Source.ASK}))
    assert active_version().number == 1
    assert audit() == []


# ---- versions


def test_each_save_adds_a_version_and_the_old_ones_stay_as_they_were(db):
    save(sections(sources={"title": Source.PREFER_SIS}))
    save(sections(sources={"title": Source.PREFER_TANDEM}))
    documents = MergeProfileVersion.objects.order_by("number").values_list("number", "document", "reason")
    assert list(documents) == [
        (1, {}, "Delivered defaults"),
        (2, {"types": {"sections": {"sources": {"title": "PREFER_SIS"}}}}, "Drafting begins"),
        (3, {"types": {"sections": {"sources": {"title": "PREFER_TANDEM"}}}}, "Drafting begins"),
    ]
    assert active_version().number == 3


def test_saving_the_same_again_adds_nothing(db):
    first = save(sections(removal=Removal.CANCEL))
    assert save(sections(removal=Removal.CANCEL)) == first
    assert len(audit()) == 1


def test_every_changed_setting_is_audited_with_who_and_why(campus):
    save(sections(sources={"title": Source.PREFER_SIS}, removal=Removal.CANCEL), actor=campus.registrar)
    save(sections(sources={"notes": Source.ASK}), actor=campus.registrar)
    assert audit() == [
        ("UPDATE", 2, "sections.removal", None, "CANCEL"),
        ("UPDATE", 2, "sections.sources.title", None, "PREFER_SIS"),
        ("UPDATE", 3, "sections.removal", "CANCEL", None),
        ("UPDATE", 3, "sections.sources.notes", None, "ASK"),
        ("UPDATE", 3, "sections.sources.title", "PREFER_SIS", None),
    ]
    row = ChangeLog.objects.filter(record_type="merge_profile").first()
    assert (row.actor, row.actor_name, row.reason) == (campus.registrar, "kim", "Drafting begins")


def test_an_old_version_can_be_restored_as_the_newest(db):
    old = save(sections(removal=Removal.CANCEL))
    save(sections())
    restored = restore_version(old, actor=None, now=timezone.now())
    assert (restored.number, restored.document, restored.reason) == (4, old.document, "Version 2 restored")
    assert active_version() == restored


def test_differences_name_the_settings(db):
    assert differences(
        {"subject_departments": {"AS/RE": "AS"}, "types": {"sections": {"sources": {"title": "ASK"}}}},
        {"types": {"sections": {"sources": {"title": "ASK"}, "overrides": {"S1": {"title": "ASK"}}}}},
    ) == {
        "sections.overrides": (None, {"S1": {"title": "ASK"}}),
        "subject_departments.AS/RE": ("AS", None),
    }


# ---- profiles


def test_a_new_profile_rules_only_once_it_is_active(db):
    version = create_profile("Registration", sections(removal=Removal.CANCEL), actor=None, now=timezone.now())
    assert active_version().profile.name == "Default"
    activate_profile(version.profile, actor=None, now=timezone.now())
    assert active_version() == version
    assert MergeProfile.objects.filter(is_active=True).count() == 1
    assert audit() == [
        ("CREATE", 1, "", None, version.document),
        ("UPDATE", None, "is_active", "Default", "Registration"),
    ]


def test_activating_the_active_profile_changes_nothing(db):
    activate_profile(active_version().profile, actor=None, now=timezone.now())
    assert audit() == []


def test_a_profile_without_settings_cannot_rule(db):
    with pytest.raises(ConfigurationError, match="has no version yet"):
        activate_profile(MergeProfile.objects.create(name="Empty"), actor=None, now=timezone.now())
    assert active_version().profile.name == "Default"


@pytest.mark.parametrize("name", ["Default", "  ", ""])
def test_a_profile_needs_a_name_of_its_own(db, name):
    with pytest.raises(ConfigurationError, match="a name of its own"):
        create_profile(name, sections(), actor=None, now=timezone.now())


def test_without_an_active_profile_the_sentence_says_what_to_do(db):
    MergeProfile.objects.update(is_active=False)
    with pytest.raises(ConfigurationError, match="activate one in Merge Settings"):
        active_version()


def test_a_version_that_no_longer_fits_is_said_when_it_is_read(db):
    MergeProfileVersion.objects.update(document={"types": {"sections": {"removal": "BURN"}}})
    with pytest.raises(ConfigurationError, match=r"Default v1 cannot be read"):
        read(active_version())


# ---- what changed settings set free


def test_new_settings_release_what_the_sis_rejected(campus):
    campus.enable()
    campus.edit("S1", title="Mine")
    campus.adapter.faults([{"when": {"operation": "UPDATE"}, "then": "refuse"}])
    campus.sweep()
    assert campus.row("S1").state == OutboundChange.State.PARKED
    campus.settings(sections={"removal": "CANCEL"})
    assert campus.row("S1").state == OutboundChange.State.WAITING
    campus.sweep()
    assert campus.in_sis("S1")["title"] == "Mine"


def test_new_settings_hold_for_the_very_next_delivery(campus):
    campus.enable()
    campus.edit("S1", title="Mine", capacity=31)
    campus.settings(sections={"sent_fields": ("capacity",)})
    campus.sweep()
    assert (campus.in_sis("S1")["title"], campus.in_sis("S1")["capacity"]) == ("Title of S1", "31")
