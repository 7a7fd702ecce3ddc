"""Merge Settings: what each person may see, the form of a type, its difference, and two people at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from adminconsole.settings_saving import SettingsChanged, save_type
from integration.merge.policy import Removal, Source
from integration.models import MergeProfile, MergeProfileVersion, OutboundChange
from integration.settings import MergeSettings, TypeSettings, active_version, read, save_settings
from integration.sis.port import MergeType
from scheduling.models import ChangeLog, CustomField
from tests.campus import Campus
from tests.web.console.page_forms import post, words_of

OVERVIEW = "/console/settings/"
SECTIONS = "/console/settings/types/sections/"
RELATIONSHIPS = "/console/settings/types/relationships/"
PATHS = [OVERVIEW, *(f"/console/settings/types/{one.value}/" for one in MergeType)]
REFUSED = ["no product", "no role", "viewer", "scheduler", "registrar"]


def save(reason="", **types):
    document = MergeSettings(types={name: TypeSettings(**rules) for name, rules in types.items()})
    return save_settings(document, actor=None, reason=reason, now=timezone.now())


def rules(merge_type=MergeType.SECTIONS):
    return read(active_version()).of(merge_type)


def send(client, path=SECTIONS, *, page=None, step="preview", **options):
    """Open the page (or take an answer) and send its form."""
    return post(client, path, page or client.get(path), holds="version", step=step, **options)


def save_page(client, path=SECTIONS, **options):
    """Through the difference to the saved version, as a person does."""
    return send(client, path, page=send(client, path, **options), step="save")


# ---- who


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", REFUSED)
def test_only_the_admin_product_opens_and_sends_the_pages(person, kind, path):
    client = person(kind)
    for answer in (client.get(path), client.post(path, {"step": "save", "version": "1"})):
        assert answer.status_code == 403
        assert "Admin product" in answer.content.decode()
    assert MergeProfileVersion.objects.count() == 1


@pytest.mark.parametrize("path", PATHS)
def test_the_admin_opens_each_page_and_looking_changes_nothing(admin, path):
    before = active_version().pk
    assert words_of(admin.get(path, {"step": "save", "is_enabled": "", "set_all": "ASK"}))
    assert active_version().pk == before
    assert not ChangeLog.objects.exists()


def test_nobody_else_is_asked_to_sign_in(person):
    assert person("anonymous").post(SECTIONS).headers["Location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("path", ["/console/settings/types/nothing/", "/console/settings/types/SECTIONS/"])
def test_a_type_that_there_is_not_is_not_found(admin, path):
    assert admin.get(path).status_code == 404


def test_the_overview_takes_no_post(admin):
    assert admin.post(OVERVIEW).status_code == 405


# ---- the overview


def test_the_overview_says_in_one_line_what_is_set_for_each_type(admin):
    save(
        sections={
            "sources": {"title": Source.ASK, "notes": Source.ALWAYS_SIS},
            "sent_fields": ("title",),
            "removal": Removal.CANCEL,
            "overrides": {"S1": {"title": Source.ALWAYS_SIS}},
        },
        rooms={"is_enabled": False},
        reason="Published on Monday",
    )
    page = words_of(admin.get(OVERVIEW))
    assert "Sections On Field by field, as delivered 2 1 of 16 Cancelled 1" in page
    assert "Relationships On Field by field, as delivered 0 2 of 2 Deleted –" in page
    assert "Rooms Off Always SIS – Imported only Made inactive here" in page
    assert "Default Version 2" in page
    assert "Published on Monday" in page


@pytest.mark.parametrize("path", [OVERVIEW, SECTIONS])
def test_without_an_active_profile_the_pages_say_so_and_the_next_step(admin, path):
    MergeProfile.objects.update(is_active=False)
    assert "Activate one under Versions" in words_of(admin.get(path, follow=True))


@pytest.mark.parametrize("count", [0, 1, 30])
def test_a_page_costs_the_same_number_of_queries_however_much_is_set(admin, count):
    CustomField.objects.bulk_create(
        CustomField(name=f"f{number}", label=f"F{number}", kind="text") for number in range(count)
    )
    save(sections={"overrides": {f"S{number}": {"title": Source.ASK} for number in range(count)}})
    naming_the_sections = 1 if count else 0
    for path, most in ((OVERVIEW, QUERIES), (SECTIONS, QUERIES + naming_the_sections)):
        with CaptureQueriesContext(connection) as queries:
            admin.get(path)
        assert len(queries) == most, "\n".join(one["sql"] for one in queries)


QUERIES = 5
"""Session, user with rights, the version, the custom fields, the terms of the frame."""


# ---- the form


def test_what_the_sis_keeps_is_locked_with_its_reason(admin):
    page = admin.get(SECTIONS)
    assert "CRN Always SIS. The SIS keeps it, and nobody edits it in Tandem. Never sent" in words_of(page)
    assert 'name="source:crn"' not in page.content.decode()


def test_a_field_of_tandems_own_offers_no_choice_by_which_the_sis_would_win(admin):
    CustomField.objects.create(name="fee", label="Fee", kind="text", can_be_sent=True)
    page = admin.get(SECTIONS)
    assert "the SIS cannot win it" in words_of(page)
    assert 'id="source-custom.fee-PREFER_SIS"' not in page.content.decode()
    assert 'id="source-custom.fee-PREFER_TANDEM"' in page.content.decode()


def test_a_field_that_the_sis_does_not_take_is_marked(admin, settings, tmp_path):
    settings.SIS_URL = f"memory://{tmp_path}?fields=title"
    assert words_of(admin.get(SECTIONS)).count("This SIS does not take it.") == 15


def test_a_field_that_the_sis_does_not_show_is_marked(admin, settings):
    settings.SIS_URL, settings.SIS_API_KEY = "oneroster+https://sis.example.edu?token=/token", "id:secret"
    words = words_of(admin.get(SECTIONS))
    assert words.count("This SIS does not show it: it stays as it is in Tandem.") == 13


def test_each_source_of_truth_and_removal_stands_with_its_sentence(admin):
    page = words_of(admin.get(SECTIONS))
    for words in ("locked in Tandem", "overwritten when sent", "the SIS's stands", "held for a person"):
        assert words in page.replace("&#x27;", "'")
    assert "never asked to delete one with students" in page


def test_the_difference_comes_first_and_nothing_is_saved_by_it(admin):
    fields = {"source:title": "PREFER_SIS", "removal": "CANCEL"}
    page = words_of(send(admin, fields=fields, without=["sent:notes"]))
    assert "What a removal becomes Delete Cancel" in page
    assert "Title, source of truth As default (Ask) Prefer SIS" in page
    assert "Notes, may be sent Yes No" in page
    assert "Save 3 changes as version 2" in page
    assert active_version().number == 1


def test_confirming_saves_the_next_version_with_the_reason_and_the_audit(admin):
    overrides = {"add_id": ["S1", "", ""], "add_field": ["title", "", ""], "add_source": ["ASK", "", ""]}
    answer = save_page(
        admin,
        reason="Titles are the catalogue's",
        fields={"source:title": "PREFER_SIS", "default_source": "PREFER_TANDEM", **overrides},
        without=["sent:notes"],
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, OVERVIEW)
    saved = rules()
    assert saved.sources == {"title": Source.PREFER_SIS}
    assert saved.default_source is Source.PREFER_TANDEM
    assert saved.overrides == {"S1": {"title": Source.ASK}}
    assert "notes" not in saved.sent_fields
    assert len(saved.sent_fields) == 15
    version = active_version()
    assert (version.number, version.created_by, version.reason) == (
        2,
        admin.user,
        "Titles are the catalogue's",
    )
    fields = set(ChangeLog.objects.values_list("field", flat=True))
    assert fields == {
        "sections.sources.title",
        "sections.default_source",
        "sections.sent_fields",
        "sections.overrides",
    }
    assert set(ChangeLog.objects.values_list("source", "actor")) == {("FORM", admin.user.pk)}


def test_going_back_from_the_difference_keeps_every_choice(admin):
    shown = send(admin, fields={"source:title": "PREFER_SIS", "reason": "Why not"}, without=["sent:notes"])
    page = send(admin, page=shown, step="edit").content.decode()
    assert 'value="PREFER_SIS" aria-label="Title: Prefer SIS" checked' in page
    assert 'name="sent:notes" aria-label="Notes: may be sent">' in page
    assert 'value="Why not"' in page


def test_where_nothing_differs_the_page_says_so(admin):
    assert "there is nothing to save" in words_of(send(admin))
    assert "there is nothing to save" in words_of(send(admin, step="save"))
    assert active_version().number == 1


def test_ticks_for_all_fields_are_kept_as_all_so_that_later_fields_join_them(admin):
    save(sections={"sent_fields": ("title",)})
    save_page(admin, page=send(admin, fields={"set_sent": "yes"}, step=""))
    assert rules().sent_fields is None


def test_saving_the_same_ticks_again_is_no_change_of_them(admin):
    save(sections={"sent_fields": ("title", "notes")})
    ChangeLog.objects.all().delete()
    save_page(admin, fields={"removal": "CANCEL"})
    assert rules().sent_fields == ("title", "notes")
    assert list(ChangeLog.objects.values_list("field", flat=True)) == ["sections.removal"]


def test_a_columns_heading_sets_the_column_without_a_script(admin):
    CustomField.objects.create(name="fee", label="Fee", kind="text")
    page = send(admin, fields={"set_all": "PREFER_SIS"}, step="")
    assert page.status_code == 200
    save_page(admin, page=page)
    sources = rules().sources
    assert set(sources.values()) == {Source.PREFER_SIS}
    assert "title" in sources
    assert "crn" not in sources
    assert "custom.fee" not in sources
    save_page(admin, page=send(admin, fields={"set_all": "DEFAULT"}, step=""))
    assert rules().sources == {}


def test_a_rule_of_one_section_is_changed_and_taken_out(admin):
    save(sections={"overrides": {"S:1": {"title": Source.ASK, "notes": Source.ASK}}})
    page = words_of(send(admin, fields={"override:S:1:title": "", "override:S:1:notes": "ALWAYS_SIS"}))
    assert "Section S:1, Title Ask No exception" in page
    save_page(admin, fields={"override:S:1:title": "", "override:S:1:notes": "ALWAYS_SIS"})
    assert rules().overrides == {"S:1": {"notes": Source.ALWAYS_SIS}}


def test_a_section_that_is_not_here_is_said_and_one_that_is_gets_its_name(admin, tmp_path):
    Campus(folder=tmp_path / "sis").load()
    fields = {"add_id": ["S1", "typo"], "add_field": ["title"] * 2, "add_source": ["ASK"] * 2}
    page = words_of(send(admin, fields=fields))
    assert "no section with the SIS id typo." in page
    save_page(admin, fields=fields)
    assert "S1 BIO 101 A, Spring 2027" in words_of(admin.get(SECTIONS))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"add_id": [""], "add_field": ["title"]}, "Write the SIS id"),
        ({"add_id": ["S1"], "add_field": [""]}, "Choose the field of section S1"),
        ({"add_id": ["S1"], "add_field": ["title"], "add_source": [""]}, "Choose who wins in Title"),
        ({"add_id": ["S" * 65], "add_field": ["title"], "add_source": ["ASK"]}, "at most 64"),
        ({"add_id": ["S\x00"], "add_field": ["title"], "add_source": ["ASK"]}, "all of them visible"),
        ({"add_id": ["S1"], "add_field": ["crn"], "add_source": ["ASK"]}, "CRN is kept by the SIS"),
        ({"source:title": "NOBODY"}, "source of truth of Title is 'NOBODY'"),
        ({"source:custom.fee": "PREFER_SIS"}, "the SIS cannot win it"),
        ({"default_source": "NOBODY"}, "default source of truth"),
        ({"removal": "SHRED"}, "Choose what a removal becomes"),
        ({"reason": "r" * 501}, "500 are the most"),
    ],
)
@pytest.mark.parametrize("step", ["preview", "save"])
def test_what_cannot_be_is_refused_above_the_form_with_a_link_to_the_field(admin, step, fields, sentence):
    CustomField.objects.create(name="fee", label="Fee", kind="text", can_be_sent=True)
    answer = send(admin, step=step, fields=fields)
    page = answer.content.decode()
    assert sentence in words_of(answer, status=422).replace("&#x27;", "'")
    anchor = page.partition('<li><a href="#')[2].partition('"')[0]
    assert f'id="{anchor}"' in page or anchor.startswith("override-")
    assert active_version().number == 1


def test_two_rules_for_one_field_of_a_section_are_refused(admin):
    save(sections={"overrides": {"S1": {"title": Source.ASK}}})
    fields = {"add_id": ["S1"], "add_field": ["title"], "add_source": ["ALWAYS_SIS"]}
    assert "has a rule for Title already" in words_of(send(admin, fields=fields), status=422)


def test_a_field_that_is_gone_is_shown_as_leaving_the_settings(admin):
    field = CustomField.objects.create(name="fee", label="Fee", kind="text", can_be_sent=True)
    save(sections={"sources": {"custom.fee": Source.ASK}})
    field.delete()
    assert "custom.fee (no longer a field), source of truth Ask" in words_of(send(admin))
    save_page(admin)
    assert rules().sources == {}


@pytest.mark.parametrize("merge_type", [one for one in MergeType if one not in {"sections", "relationships"}])
def test_what_is_only_imported_can_be_turned_off_and_nothing_else(admin, merge_type):
    path = f"/console/settings/types/{merge_type.value}/"
    save_page(admin, path, without=["is_enabled"], fields={"default_source": "ASK", "removal": "CANCEL"})
    assert rules(merge_type) == TypeSettings(is_enabled=False)
    save_page(admin, path, fields={"is_enabled": "on"})
    assert rules(merge_type) == TypeSettings()


def test_the_rules_of_relationships_are_saved_and_what_nobody_chooses_is_locked(admin):
    page = words_of(admin.get(RELATIONSHIPS))
    assert "Always sent with its group" in page
    assert "a group of sections cannot be cancelled" in page
    save_page(admin, RELATIONSHIPS, fields={"source:members": "ALWAYS_SIS"})
    assert rules(MergeType.RELATIONSHIPS) == TypeSettings(sources={"members": Source.ALWAYS_SIS})


def test_saving_one_type_leaves_the_others_and_the_departments_of_subjects(admin):
    document = MergeSettings(
        types={"rooms": TypeSettings(is_enabled=False)}, subject_departments={"BIOL": "BIO"}
    )
    save_settings(document, actor=None, reason="", now=timezone.now())
    save_page(admin, fields={"removal": "CANCEL"})
    saved = read(active_version())
    assert saved.types["rooms"] == TypeSettings(is_enabled=False)
    assert saved.subject_departments == {"BIOL": "BIO"}


def test_how_many_rejected_changes_will_be_tried_again_is_said_before(admin, tmp_path):
    campus = Campus(folder=tmp_path / "sis")
    campus.load()
    campus.enable()
    campus.edit("S1", title="Other")
    OutboundChange.objects.update(state=OutboundChange.State.PARKED)
    page = words_of(send(admin, fields={"removal": "CANCEL"}))
    assert "1 rejected change will be tried again" in page
    save_page(admin, fields={"removal": "CANCEL"})
    assert OutboundChange.objects.get().state == OutboundChange.State.WAITING


# ---- two people at once


@pytest.mark.parametrize("step", ["preview", "save"])
def test_what_somebody_saved_meanwhile_is_shown_and_kept_below_the_own_choices(admin, step):
    form = admin.get(SECTIONS)
    save(sections={"sources": {"notes": Source.ALWAYS_SIS}})
    answer = send(admin, page=form, step=step, fields={"source:title": "PREFER_SIS"})
    page = words_of(answer, status=409)
    assert "Version 2 was saved while you worked" in page
    assert "Notes, source of truth: As default (Prefer Tandem) → Always SIS" in page
    assert "You both chose here" not in page
    assert active_version().number == 2
    save_page(admin, page=answer)
    assert rules().sources == {"title": Source.PREFER_SIS, "notes": Source.ALWAYS_SIS}


def test_a_choice_that_both_made_is_named_and_the_own_one_stands_in_the_form(admin):
    form = admin.get(SECTIONS)
    save(sections={"sources": {"title": Source.ALWAYS_SIS}})
    answer = send(admin, page=form, fields={"source:title": "PREFER_SIS"})
    assert "Title, source of truth: saved Always SIS, you chose Prefer SIS" in words_of(answer, status=409)
    save_page(admin, page=answer)
    assert rules().sources == {"title": Source.PREFER_SIS}


def test_a_save_from_a_difference_that_is_out_of_date_saves_nothing(admin):
    difference = send(admin, fields={"source:title": "PREFER_SIS"})
    save(rooms={"is_enabled": False})
    page = words_of(send(admin, page=difference, step="save"), status=409)
    assert "It changed nothing on this page" in page
    assert active_version().number == 2


def test_the_service_itself_saves_only_on_top_of_the_version_that_was_seen(admin):
    seen = active_version().pk
    save(rooms={"is_enabled": False})
    with pytest.raises(SettingsChanged):
        save_type(
            MergeType.SECTIONS,
            TypeSettings(removal=Removal.CANCEL),
            seen=seen,
            actor=admin.user,
            reason="",
            now=timezone.now(),
        )
    assert active_version().number == 2


@pytest.mark.parametrize("version", ["", "x", "²", "999999", "9" * 30])
def test_a_version_that_there_never_was_is_not_found(admin, version):
    assert admin.post(SECTIONS, {"version": version, "step": "save"}).status_code == 404
